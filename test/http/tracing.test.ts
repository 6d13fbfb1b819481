import { afterEach, describe, expect, it } from '@jest/globals';
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { pino } from 'pino';
import { sandboxAccounts } from '../../src/accounts.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import { findCanaries, phonesOf, secretsOf } from '../canaries.ts';
import { loadConfig } from '../../src/config/index.ts';
import { createSpanExporter } from '../../src/observability/createSpanExporter.ts';
import { run } from '../e2e/processes.ts';
import type { Harness, QueryOptions } from '../harness.ts';
import { startHarness } from '../harness.ts';
import type { Collector, SentSpan } from './collector.ts';
import { startCollector } from './collector.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

/** The spans of operations, in the order in which they ended; Parley has stopped by then. */
async function trace(
  operations: (readonly [document: string, options?: QueryOptions])[],
  environment: Record<string, string> = {},
  more?: (harness: Harness) => unknown,
): Promise<{ spans: readonly SentSpan[]; collector: Collector; harness: Harness }> {
  const collector = await startCollector();
  closers.push(() => collector.close());
  const harness = await startHarness({
    environment: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-collector-token=c0llector%20secret',
      ...environment,
    },
  });
  await more?.(harness);
  for (const [document, options] of operations) await harness.query(document, options);
  await harness.close();
  return { spans: collector.spans, collector, harness };
}

/** What is below what, as names. */
function treeOf(spans: readonly SentSpan[], parent?: string): unknown {
  return spans
    .filter(({ parentSpanId }) => (parentSpanId ?? '') === (parent ?? ''))
    .map((span) => {
      const below = treeOf(spans, span.spanId) as unknown[];
      return below.length > 0 ? { [span.name]: below } : span.name;
    })
    .sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
}

function valueOf(span: SentSpan | undefined, key: string): unknown {
  const value = span?.attributes.find((attribute) => attribute.key === key)?.value;
  return value && Object.values(value)[0];
}

describe('a trace', () => {
  it('has the operation, each batch of a loader, and the calls to providers that it took', async () => {
    const { spans } = await trace([
      [
        `query Inbox {
          account(id: "sales") { conversations(first: 2) { nodes { messages(last: 1) { nodes { text } } } } }
          a: conversationByExternalId(accountId: "sales", externalId: "8750") { title }
          b: conversationByExternalId(accountId: "sales", externalId: "8751") { title }
        }`,
      ],
    ]);
    expect(treeOf(spans)).toEqual([
      {
        'query Inbox': [
          'PACT conversations',
          { 'load conversations': ['PACT conversation', 'PACT conversation'] },
          { 'load message page': ['PACT messages'] },
          { 'load message page': ['PACT messages'] },
        ],
      },
    ]);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    const operation = spans.find(({ name }) => name === 'query Inbox');
    expect(operation?.kind).toBe(2);
    expect(valueOf(operation, 'graphql.operation.type')).toBe('query');
    expect(valueOf(operation, 'parley.upstream_calls')).toBe(5);
    expect(valueOf(operation, 'parley.outcome')).toBe('ok');
    const call = spans.find(({ name }) => name === 'PACT conversation');
    expect(call?.kind).toBe(3);
    expect(valueOf(call, 'parley.account')).toBe('sales');
    expect(valueOf(call, 'http.response.status_code')).toBe(200);
    const batch = spans.find(({ name }) => name === 'load conversations');
    expect(batch?.kind).toBe(1);
    expect(valueOf(batch, 'parley.batch.size')).toBe(2);
    expect(valueOf(batch, 'parley.accounts')).toBe('sales');
  });

  it('says of a batch that some of it has failed, and nothing of accounts that are not the caller’s', async () => {
    const document = `query ($references: [_Any!]!) {
      _entities(representations: $references) { ... on Conversation { title } }
    }`;
    const references = [
      ...[{ accountId: 'support', externalId: String(wellKnown.letstalk.documented) }],
      ...['sales', 'somebody-elses'].map((accountId) => ({ accountId, externalId: '8750' })),
    ].map((keys) => ({ __typename: 'Conversation', ...keys }));
    const { spans, collector } = await trace([[document, { variables: { references } }]], {}, (harness) =>
      harness.sandbox.pact.failNext(403),
    );
    const batch = spans.find(({ name }) => name === 'load conversations');
    expect(valueOf(batch, 'parley.accounts')).toBe('sales,support');
    expect(batch?.status.code).toBe(2);
    expect(valueOf(batch, 'error.type')).toBe('PROVIDER_FORBIDDEN');
    expect(collector.received()).not.toContain('somebody-elses');
  });

  it('has the operation of a caller who went away, as what it was', async () => {
    const { spans } = await trace([], {}, async (harness) => {
      const caller = new AbortController();
      const arrived = new Promise<void>((resolve) => {
        harness.sandbox.pact.failNext({ hang: true }, { match: () => (resolve(), true) });
      });
      const asking = fetch(`${harness.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          query: 'query Left { conversationByExternalId(accountId: "sales", externalId: "8750") { title } }',
        }),
        signal: caller.signal,
      });
      await arrived;
      caller.abort();
      await expect(asking).rejects.toThrow();
      while (!harness.logged().includes('"operation":"Left"'))
        await new Promise((resolve) => setImmediate(resolve));
    });
    expect(treeOf(spans)).toEqual([{ 'query Left': [{ 'load conversations': ['PACT conversation'] }] }]);
    expect(spans.map((span) => valueOf(span, 'error.type'))).toEqual(['CANCELLED', 'CANCELLED', 'CANCELLED']);
    expect(
      valueOf(
        spans.find(({ name }) => name === 'query Left'),
        'parley.upstream_calls',
      ),
    ).toBe(1);
  });

  it('has an operation that was refused, with nothing of its document', async () => {
    const { spans, collector } = await trace(
      [
        ['{ words_of_a_customer'],
        ['query Bad { words_of_a_customer }'],
        ['query Costly { conversations(first: 200) { nodes { messages(last: 1) { nodes { id } } } } }'],
      ],
      { MAX_COST: '30' },
    );
    const told = spans.map((span) => [
      span.name,
      valueOf(span, 'parley.outcome'),
      valueOf(span, 'error.type'),
    ]);
    expect(told).toEqual([
      ['operation', 'refused', 'GRAPHQL_PARSE_FAILED'],
      ['operation', 'refused', 'GRAPHQL_VALIDATION_FAILED'],
      ['query Costly', 'refused', 'OPERATION_TOO_COSTLY'],
    ]);
    expect(collector.received()).not.toContain('words_of_a_customer');
  });

  it('has entities in batches, and what a write does below the operation', async () => {
    const { spans } = await trace([
      [
        `query ($references: [_Any!]!) { _entities(representations: $references) { ... on Conversation { title } } }`,
        {
          variables: {
            references: ['8750', '8751'].map((externalId) => ({
              ...{ __typename: 'Conversation', accountId: 'sales', externalId },
            })),
          },
        },
      ],
      [
        `mutation Send($id: ID!) {
          sendMessage(input: { conversationId: $id, text: "hello", idempotencyKey: "t1" }) { delivery { state } }
        }`,
        {
          variables: { id: Buffer.from(`c:support:${wellKnown.letstalk.documented}`).toString('base64url') },
        },
      ],
    ]);
    expect(treeOf(spans)).toEqual([
      { 'mutation Send': ['LETSTALK sendMessage'] },
      { query: [{ 'load conversations': ['PACT conversation', 'PACT conversation'] }] },
    ]);
  });

  it('goes on the one that the request belongs to, and is told in the log', async () => {
    const traceparent = `00-${TRACE}-${PARENT}-01`;
    const { spans, harness } = await trace([['{ accounts { id } }', { headers: { traceparent } }]]);
    expect(spans).toMatchObject([{ traceId: TRACE, parentSpanId: PARENT }]);
    expect(harness.logged()).toContain(`"traceId":"${TRACE}"`);
  });

  it('goes on with the state that came along, where it is one, and is not too long', async () => {
    const traceparent = `00-${TRACE}-${PARENT}-01`;
    const states = ['ot=th:8,vendor=x', `vendor=${'x'.repeat(600)}`, 'no state at all'];
    const { spans } = await trace(
      states.map((tracestate) => ['{ accounts { id } }', { headers: { traceparent, tracestate } }]),
    );
    expect(spans.map(({ traceState }) => traceState ?? '')).toEqual(['ot=th:8,vendor=x', '', '']);
  });

  it('is not kept where whoever began it does not keep it, nor beyond the ratio', async () => {
    const unsampled = { headers: { traceparent: `00-${TRACE}-${PARENT}-00` } };
    expect((await trace([['{ accounts { id } }', unsampled]])).spans).toEqual([]);
    const never = { OTEL_TRACES_SAMPLER_ARG: '0' };
    expect((await trace([['{ accounts { id } }']], never)).spans).toEqual([]);
  });

  it.each([
    ['no traceparent', 'garbage'],
    ['one of zeros', `00-${'0'.repeat(32)}-${PARENT}-01`],
    ['one that is too long', `00-${TRACE}-${PARENT}-01-${'x'.repeat(5_000)}`],
  ])('begins anew for %s', async (_what, traceparent) => {
    const { spans } = await trace([['{ accounts { id } }', { headers: { traceparent } }]]);
    expect(spans).toHaveLength(1);
    expect(spans[0]!.traceId).not.toBe(TRACE);
    expect(spans[0]!.parentSpanId ?? '').toBe('');
  });

  it('says what went wrong by its code, and nothing that anybody wrote', async () => {
    const collector = await startCollector();
    closers.push(() => collector.close());
    const environment = {
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/own/path`,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-collector-token=c0llector%20secret',
    };
    const harness = await startHarness({ environment });
    const secrets = [
      ...secretsOf({
        ...loadConfig(environment),
        accounts: sandboxAccounts(harness.sandbox),
        tracing: undefined,
      }),
      ...phonesOf(harness.sandbox),
      { what: 'the text of a customer', value: 'private words' },
      { what: 'the text of a provider', value: 'upstream words' },
    ];
    harness.sandbox.pact.failNext({ status: 403, body: 'upstream words' }, { call: 'conversation' });
    await harness.query(
      'query Failing { conversationByExternalId(accountId: "sales", externalId: "8750") { title } }',
    );
    await harness.query(
      `mutation ($id: ID!) {
        sendMessage(input: { conversationId: $id, text: "private words", idempotencyKey: "t2" }) { delivery { state } }
      }`,
      { variables: { id: Buffer.from(`c:support:${wellKnown.letstalk.documented}`).toString('base64url') } },
    );
    await harness.query('{ private_words_are_no_field }');
    await harness.close();

    const failing = collector.spans.find(({ name }) => name === 'query Failing');
    expect(failing?.status).toMatchObject({ code: 2, message: 'PROVIDER_FORBIDDEN' });
    const call = collector.spans.find(({ name }) => name === 'PACT conversation');
    expect(valueOf(call, 'error.type')).toBe('PROVIDER_FORBIDDEN');
    expect(collector.received()).toContain('/own/path');
    expect(collector.received()).toContain('c0llector secret');
    expect(findCanaries(secrets, collector.received())).toEqual([]);
    expect(harness.logged()).not.toContain('c0llector');
    expect(JSON.stringify(collector.spans)).not.toContain('8750');
  });

  it.each<[string, Parameters<typeof startCollector>[0], warnings: number]>([
    // What is still being tried when Parley ends is given up without a word.
    ['answers nothing', () => undefined, 0],
    ['is out of order', (response) => response.writeHead(500).end(), 1],
    ['does not want them', (response) => response.writeHead(400).end(), 1],
  ])('holds up neither answers nor the end when the collector %s', async (_how, answer, warnings) => {
    const collector = await startCollector(answer);
    closers.push(() => collector.close());
    const harness = await startHarness({ environment: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } });
    expect(await harness.data('{ accounts { id } }')).toMatchObject({ accounts: expect.any(Array) });
    await harness.close();
    expect(collector.spans.length).toBeGreaterThan(0);
    expect(harness.logged().split('traces can not be sent').length - 1).toBe(warnings);
    // Nor is anything left over that would keep the process.
    while ((await collector.connections()) > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  it('that can not be sent is told once until one can again, by the status alone', async () => {
    const statuses = [401, 401, 200, 503, 401];
    const collector = await startCollector((response) => {
      const status = statuses.shift() ?? 200;
      // With a reason to wait that is longer than it takes.
      response.writeHead(status, { 'retry-after': '60' }).end(status === 200 ? '{}' : 'c0llector secret');
    });
    closers.push(() => collector.close());
    const lines: string[] = [];
    const config = {
      ...{ url: collector.url, serviceName: 'parley', ratio: 1 },
      headers: { authorization: 'Bearer c0llector secret' },
    };
    const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
    const exporter = createSpanExporter(config, { log, signal: new AbortController().signal });
    const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
    for (let sent = 1; sent <= 5; sent += 1) {
      provider.getTracer('test').startSpan('one').end();
      while (collector.spans.length < sent) await new Promise((resolve) => setImmediate(resolve));
      await exporter.forceFlush?.();
    }
    const warnings = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(warnings).toMatchObject([
      { level: 40, status: 401, spans: 1 },
      { level: 40, spans: 1 },
    ]);
    expect(lines.join('')).not.toMatch(/c0llector|127\.0\.0\.1/);
  });

  it('is not even thought of where nobody wants any', async () => {
    const loaded = `
      const { createServer } = await import('./src/server.ts');
      const { loadConfig } = await import('./src/config/index.ts');
      const server = await createServer(loadConfig({ PORT: '0', ...JSON.parse(process.argv[1]) }));
      await server.listen();
      const { createRequire } = process.getBuiltinModule('node:module');
      const files = Object.keys(createRequire(import.meta.url).cache);
      console.log('loaded ' + files.some((file) => file.includes('@opentelemetry/sdk-trace')));
      await server.close();
      process.exit(0);`;
    const answers = [{}, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }].map(async (environment) => {
      const args = ['--import', 'tsx', '--input-type=module', '--eval', loaded, JSON.stringify(environment)];
      return (await run(process.execPath, args).ended).stdout.trim();
    });
    expect(await Promise.all(answers)).toEqual(['loaded false', 'loaded true']);
  }, 60_000);
});
