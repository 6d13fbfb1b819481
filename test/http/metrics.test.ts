import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { loadConfig } from '../../src/config/index.ts';
import type { ParleyServer } from '../../src/server.ts';
import { createServer } from '../../src/server.ts';

describe('the metrics', () => {
  let server: ParleyServer;
  let url: string;
  beforeAll(async () => {
    const config = loadConfig({ PORT: '0', METRICS_PORT: '0', MAX_COST: '30' });
    server = await createServer(config, { log: pino({ level: 'silent' }) });
    url = await server.listen();
  });
  afterAll(() => server.close());

  const ask = (query: unknown, headers: Record<string, string> = {}) =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query }),
    }).then((response) => response.text());

  /** A figure by its name and labels, as they are written; 0 where it is not there. */
  async function read(): Promise<(figure: string) => number> {
    const response = await fetch(server.metricsUrl!);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    const lines = (await response.text()).split('\n');
    return (figure) =>
      Number(
        lines
          .find((line) => line.startsWith(`${figure} `))
          ?.split(' ')
          .at(-1) ?? 0,
      );
  }

  it('count operations, what they could have cost, and what they did', async () => {
    await ask('{ conversations(first: 5) { nodes { id messages(last: 1) { nodes { id } } } } }');
    await ask('{ message(id: "bad") { id } }');
    await ask('{ conversations(first: 200) { nodes { messages(last: 1) { nodes { id } } } } }');
    await ask('{');
    const figure = await read();
    expect(figure('parley_operations_total{type="query",outcome="ok"}')).toBe(1);
    expect(figure('parley_operations_total{type="query",outcome="errors"}')).toBe(1);
    expect(figure('parley_operations_total{type="query",outcome="refused"}')).toBe(1);
    expect(figure('parley_operations_total{type="unknown",outcome="refused"}')).toBe(1);
    // Two accounts' lists and five pages; the list of three accounts is what can be told before.
    expect(figure('parley_operation_upstream_calls_sum{type="query"}')).toBe(7);
    expect(figure('parley_operation_cost_sum{type="query"}')).toBe(8 + 1 + 206);
    expect(figure('parley_operation_duration_seconds_count{type="query"}')).toBe(3);
  });

  it('count what did not get as far as GraphQL, by code', async () => {
    await fetch(`${url}/nowhere`);
    await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{',
    });
    const figure = await read();
    expect(figure('parley_refused_requests_total{code="NOT_FOUND"}')).toBe(1);
    expect(figure('parley_refused_requests_total{code="BAD_REQUEST"}')).toBe(1);
  });

  it('are on a port of their own, and nothing else is there', async () => {
    expect((await fetch(`${url}/metrics`)).status).toBe(404);
    expect((await fetch(new URL('/graphql', server.metricsUrl))).status).toBe(404);
    expect((await fetch(server.metricsUrl!, { method: 'POST' })).status).toBe(404);
  });

  it('are nowhere unless somebody asks for them', async () => {
    const quiet = await createServer(loadConfig({ PORT: '0' }), { log: pino({ level: 'silent' }) });
    await quiet.listen();
    expect(quiet.metricsUrl).toBeUndefined();
    await quiet.close();
  });
});
