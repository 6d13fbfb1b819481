import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { loadConfig } from '../../src/config/index.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import type { ParleyServer } from '../../src/server.ts';
import { createServer } from '../../src/server.ts';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';

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
    expect((await fetch(server.metricsUrl!, { method: 'POST' })).status).toBe(405);
    expect(await (await fetch(new URL('/health/live', server.metricsUrl))).json()).toEqual({
      status: 'live',
    });
    expect(await (await fetch(new URL('/health/ready', server.metricsUrl))).json()).toEqual({
      status: 'ready',
    });
  });

  it('are nowhere unless somebody asks for them', async () => {
    const quiet = await createServer(loadConfig({ PORT: '0' }), { log: pino({ level: 'silent' }) });
    await quiet.listen();
    expect(quiet.metricsUrl).toBeUndefined();
    await quiet.close();
  });
});

describe('the metrics of providers, sends and the store', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness({
      callLimits: { circuitBreaker: { ...EAGER, openFor: 60_000 }, cacheFor: 60_000 },
    });
  });
  afterAll(() => harness.close());

  /** By how much figures have grown while something was done. */
  async function growth(act: () => Promise<unknown>): Promise<(figure: string) => number> {
    const before = await figures();
    await act();
    const after = await figures();
    return (figure) => (after.get(figure) ?? 0) - (before.get(figure) ?? 0);
  }

  async function figures(): Promise<Map<string, number>> {
    const text = await (await fetch(harness.metricsUrl)).text();
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(
      lines.map((line) => {
        const at = line.lastIndexOf(' ');
        return [line.slice(0, at), Number(line.slice(at + 1))];
      }),
    );
  }

  const account = (id: string, provider: string) => `account="${id}",provider="${provider}"`;
  const read = (externalId: string) =>
    harness.query(`{ conversationByExternalId(accountId: "sales", externalId: "${externalId}") { title } }`);

  it('count calls by account, what they do and how they end, and how long they take', async () => {
    const grew = await growth(() => read('8750'));
    const sales = account('sales', 'PACT');
    expect(grew(`parley_upstream_calls_total{${sales},kind="read",outcome="OK"}`)).toBe(1);
    expect(grew(`parley_upstream_call_duration_seconds_count{${sales},kind="read"}`)).toBe(1);
  });

  it('count reads that needed no call', async () => {
    await read('8751');
    const grew = await growth(() => read('8751'));
    expect(grew(`parley_upstream_shared_total{${account('sales', 'PACT')},how="cache"}`)).toBe(1);
  });

  it('count rows that could not be read', async () => {
    harness.sandbox.pigeons.failNext(
      { body: (body: any) => ({ ...body, data: ['no row', ...body.data] }) },
      { call: 'conversations' },
    );
    const grew = await growth(() =>
      harness.query('{ account(id: "app") { conversations { nodes { id } } } }'),
    );
    expect(grew(`parley_lost_rows_total{${account('app', 'PIGEONS')},call="conversations"}`)).toBe(1);
  });

  it('count sends by what whoever asked was told, and calls to the store', async () => {
    const { conversationByExternalId } = await harness.data(
      '{ conversationByExternalId(accountId: "support", externalId: "1484305") { id } }',
    );
    const send = (text: string) =>
      harness.query(
        `mutation ($input: SendMessageInput!) { sendMessage(input: $input) { userErrors { code } } }`,
        { variables: { input: { conversationId: conversationByExternalId.id, text, idempotencyKey: 'm1' } } },
      );
    const grew = await growth(async () => {
      await send('hello');
      await send('hello');
      await send('something else');
    });
    const sends = (outcome: string) =>
      grew(`parley_sends_total{${account('support', 'LETSTALK')},outcome="${outcome}"}`);
    expect([sends('SENT'), sends('REPEATED'), sends('CONFLICT')]).toEqual([1, 1, 1]);
    expect(grew('parley_store_calls_total{method="create",outcome="OK"}')).toBeGreaterThan(0);
    expect((await figures()).get('parley_store_usable')).toBe(1);
  });

  it('say what the circuit, the account and its retries are doing', async () => {
    const app = account('app', 'PIGEONS');
    const messages = `{ conversationByExternalId(accountId: "app", externalId: "${wellKnown.pigeons.documented}") { messages { nodes { id } } } }`;
    harness.sandbox.pigeons.failNext(500, { times: Infinity });
    const grew = await growth(() => harness.query(messages));
    expect(grew(`parley_upstream_retries_total{${app}}`)).toBeGreaterThan(0);
    await harness.query(messages);
    const now = await figures();
    expect(now.get(`parley_circuit_state{${app}}`)).toBe(2);
    expect(now.get(`parley_account_status{${app}}`)).toBe(2);
    expect(now.get(`parley_upstream_refused_total{${app},reason="circuit_open"}`)).toBeGreaterThan(0);
    expect(now.get(`parley_circuit_state{${account('sales', 'PACT')}}`)).toBe(0);
  });

  it('have what is known of the process', async () => {
    const now = await figures();
    expect(now.get('process_resident_memory_bytes')).toBeGreaterThan(0);
    expect(now.has('parley_event_loop_delay_seconds{quantile="0.99"}')).toBe(true);
    expect(now.get('parley_operations_in_flight')).toBe(0);
  });
});

const EAGER = { failureRatio: 0.5, minimumCalls: 2, window: 2 };
