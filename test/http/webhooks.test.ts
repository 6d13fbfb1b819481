import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { fastify } from 'fastify';
import { pino } from 'pino';
import { addBrowserSafety } from '../../src/browserSafety.ts';
import { answerErrorsAsGraphQL, linger } from '../../src/httpErrors.ts';
import { limitArrival } from '../../src/limitArrival.ts';
import { ContractError } from '../../src/messaging/errors.ts';
import type { ProviderEvent } from '../../src/messaging/live.ts';
import type { Provider } from '../../src/messaging/provider.ts';
import { createPactProvider } from '../../src/providers/pact/index.ts';
import { createSourceList } from '../../src/realtime/createSourceList.ts';
import type { WebhookAccount, WebhookRouteOptions } from '../../src/realtime/webhookRoute.ts';
import { addWebhookRoute } from '../../src/realtime/webhookRoute.ts';
import { startSandbox, wellKnown } from '../../src/sandbox/index.ts';
import { ACK, MESSAGE, PROBE } from '../fixtures/pactWebhooks.ts';

// As long as one may be, and longer than Fastify lets a parameter of a path be.
const SECRET = `canary_webhook-secret-${'x'.repeat(106)}`;
const OTHER_SECRET = 'canary_webhook-secret-of-another';
const DELIVERY = { type: 'message', event: 'ack', data: ACK };
const ONE_MEBIBYTE = 2 ** 20;

const provider: Provider = createPactProvider({
  ...{ accountId: 'sales', companyId: 154, baseUrl: 'https://api.pact.im', webhooks: true },
  http: () => Promise.reject(new Error('a webhook makes no call')),
  lost: () => undefined,
  breached: () => undefined,
});
const read = (body: unknown) => provider.readWebhook!(body);

let app: FastifyInstance;
let url: string;
let log: string;
let taken: { accountId: string; events: readonly ProviderEvent[] }[];
let answered: { accountId: string | null; outcome: string; error?: unknown }[];
let take: WebhookRouteOptions['take'];

const ACCOUNTS: ReadonlyMap<string, WebhookAccount> = new Map([
  ['sales', { secret: SECRET, read }],
  ['guarded', { secret: SECRET, read, allows: createSourceList(['192.0.2.0/24', '2001:db8::1']) }],
  ['at-home', { secret: SECRET, read, allows: createSourceList(['127.0.0.0/8']) }],
  [
    'broken',
    {
      secret: OTHER_SECRET,
      read: () => {
        throw new Error('a mistake of ours');
      },
    },
  ],
]);

beforeEach(() => {
  log = '';
  taken = [];
  answered = [];
  take = (accountId, events) => void taken.push({ accountId, events });
});
afterEach(() => app.close());

const options = (): WebhookRouteOptions => ({
  accounts: ACCOUNTS,
  take: (accountId, events) => take(accountId, events),
  answered: (accountId, outcome, error) =>
    answered.push({ accountId, outcome, ...(error !== undefined && { error }) }),
  linger,
});

async function listen(prepare?: (app: FastifyInstance) => void): Promise<void> {
  const stream = new PassThrough().on('data', (chunk: Buffer) => (log += chunk.toString()));
  app = fastify({ logger: { level: 'trace', stream }, forceCloseConnections: true });
  prepare?.(app);
  addWebhookRoute(app, options());
  url = await app.listen({ port: 0, host: '127.0.0.1' });
}

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${url}/webhooks/pact/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: body instanceof Uint8Array || typeof body === 'string' ? body : JSON.stringify(body),
  });

/** What was answered, without what is different each time. */
async function told(response: Response): Promise<unknown> {
  const headers = [...response.headers].filter(([name]) => name !== 'date' && name !== 'connection');
  return { status: response.status, headers, body: await response.json() };
}

const code = async (response: Response) =>
  ((await response.json()) as { errors: { extensions: { code: string } }[] }).errors[0]!.extensions.code;

describe('a webhook', () => {
  beforeEach(() => listen());

  it('is answered 200 once its events are taken on', async () => {
    let accept: () => void = () => undefined;
    const accepted = new Promise<void>((resolve) => (accept = resolve));
    let isAsked: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => (isAsked = resolve));
    take = (accountId, events) => {
      taken.push({ accountId, events });
      isAsked();
      return accepted;
    };
    const answer = post(`sales/${SECRET}`, DELIVERY);
    await asked;
    expect(answered).toEqual([]);
    accept();
    expect(await told(await answer)).toMatchObject({ status: 200, body: {} });
    expect(taken).toEqual([{ accountId: 'sales', events: [expect.objectContaining({ kind: 'DELIVERY' })] }]);
    expect(answered).toEqual([{ accountId: 'sales', outcome: 'accepted' }]);
  });

  it('gives all of its events together, in their order', async () => {
    expect((await post(`sales/${SECRET}`, { type: 'message', event: 'new', data: MESSAGE })).status).toBe(
      200,
    );
    expect(taken.map(({ events }) => events.map(({ kind }) => kind))).toEqual([['MESSAGE', 'JOB']]);
  });

  it.each(['application/json; charset=utf-8', 'text/plain', 'application/octet-stream'])(
    'is JSON, also where it says that it is %s',
    async (type) => {
      expect((await post(`sales/${SECRET}`, DELIVERY, { 'content-type': type })).status).toBe(200);
      expect(taken).toHaveLength(1);
    },
  );

  it('is JSON, also where it does not say what it is', async () => {
    const untyped = httpRequest(`${url}/webhooks/pact/sales/${SECRET}`, { method: 'POST' });
    untyped.end(JSON.stringify(DELIVERY));
    const [answer] = await once(untyped, 'response');
    answer.resume();
    expect(answer.statusCode).toBe(200);
    expect(taken).toHaveLength(1);
  });

  it('that only tries whether somebody is there is answered 200', async () => {
    expect(await told(await post(`sales/${SECRET}`, PROBE))).toMatchObject({ status: 200, body: {} });
    expect(taken).toEqual([{ accountId: 'sales', events: [] }]);
  });

  it('is to no one but those who know where to: what is unknown, wrong or from elsewhere looks the same', async () => {
    const paths = [
      ...['', '/', 'sales', 'sales/', '/sales', `/${SECRET}`, SECRET],
      ...[`nobody/${SECRET}`, `sales/${SECRET}x`, `sales/${SECRET.slice(0, -1)}`, `sales/${OTHER_SECRET}`],
      ...[`sales/${SECRET}/more`, `sales//${SECRET}`, `sales/${SECRET}%2F`, `SALES/${SECRET}`],
      ...['constructor/x', '__proto__/x', `guarded/${SECRET}`, `guarded/${OTHER_SECRET}`],
      ...[`broken/${SECRET}`, `sales/${'y'.repeat(8_000)}`],
    ];
    const answers = [];
    for (const path of paths) answers.push(await told(await post(path, DELIVERY)));
    expect(answers[0]).toMatchObject({
      status: 404,
      body: { errors: [{ message: 'There is no such webhook.', extensions: { code: 'NOT_FOUND' } }] },
    });
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(taken).toEqual([]);
    expect(answered).toEqual(paths.map(() => ({ accountId: null, outcome: 'refused' })));
  });

  it('from a stranger is not read: its answer comes before its body', async () => {
    const stranger = httpRequest(`${url}/webhooks/pact/sales/x`, {
      method: 'POST',
      headers: { 'content-length': 10 * ONE_MEBIBYTE },
    });
    stranger.flushHeaders();
    const [answer] = await once(stranger, 'response');
    expect(answer.statusCode).toBe(404);
    stranger.on('error', () => undefined).destroy();
  });

  it('may come from where its account says', async () => {
    expect((await post(`at-home/${SECRET}`, DELIVERY)).status).toBe(200);
    expect((await post(`at-home/${SECRET}`, DELIVERY, { 'x-forwarded-for': '192.0.2.1' })).status).toBe(200);
    const forged = await post(`guarded/${SECRET}`, DELIVERY, { 'x-forwarded-for': '192.0.2.1' });
    expect(forged.status).toBe(404);
  });

  it.each(['GET', 'PUT', 'DELETE', 'PATCH', 'HEAD'])('is no %s', async (method) => {
    expect((await fetch(`${url}/webhooks/pact/sales/${SECRET}`, { method })).status).toBe(404);
    expect(taken).toEqual([]);
  });

  it('of more than a mebibyte is refused by its length, before it has come', async () => {
    const huge = httpRequest(`${url}/webhooks/pact/sales/${SECRET}`, {
      method: 'POST',
      headers: { 'content-length': ONE_MEBIBYTE + 1 },
    });
    huge.flushHeaders();
    const [answer] = await once(huge, 'response');
    const chunks = await answer.toArray();
    expect([answer.statusCode, JSON.parse(Buffer.concat(chunks).toString())]).toMatchObject([
      413,
      { errors: [{ extensions: { code: 'PAYLOAD_TOO_LARGE' } }] },
    ]);
    huge.on('error', () => undefined).destroy();
    expect(answered).toEqual([{ accountId: 'sales', outcome: 'too_large' }]);
  });

  it('of a mebibyte that does not say how long it is, and one byte more, is refused', async () => {
    const huge = httpRequest(`${url}/webhooks/pact/sales/${SECRET}`, { method: 'POST' });
    huge.end(Buffer.alloc(ONE_MEBIBYTE + 1, ' '));
    const [answer] = await once(huge, 'response');
    expect(answer.statusCode).toBe(413);
    answer.resume();
    await once(answer, 'end');
  });

  it('of a mebibyte is taken', async () => {
    const text = JSON.stringify(DELIVERY);
    expect((await post(`sales/${SECRET}`, text.padEnd(ONE_MEBIBYTE))).status).toBe(200);
  });

  it.each<[string, string | Uint8Array]>([
    ['no JSON', 'a canary that is no JSON'],
    ['half of it', '{"type":"message","event":"ack","data":{'],
    ['nothing', ''],
    ['a form', 'type=message&event=ack'],
    ['no UTF-8', new Uint8Array([0x22, 0xff, 0xfe, 0x22])],
  ])('that is %s is refused, and not quoted', async (_what, body) => {
    const answer = await post(`sales/${SECRET}`, body);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({
      errors: [
        {
          message: "The webhook can't be read: its body is JSON, in UTF-8.",
          extensions: { code: 'BAD_REQUEST' },
        },
      ],
    });
    expect(taken).toEqual([]);
    expect(answered).toEqual([{ accountId: 'sales', outcome: 'unreadable' }]);
  });

  it('that is not what the provider documents is refused, by the name of what is wrong', async () => {
    const data = { ...ACK, external_id: '<b>79250000001</b>' };
    const answer = await post(`sales/${SECRET}`, { type: 'message', event: 'ack', data });
    expect(answer.status).toBe(400);
    const text = await answer.text();
    expect(JSON.parse(text)).toMatchObject({
      errors: [
        {
          message: expect.stringContaining('at data.external_id'),
          extensions: { code: 'PROVIDER_CONTRACT' },
        },
      ],
    });
    expect(text).not.toContain('79250000001');
    expect(answered).toEqual([{ accountId: 'sales', outcome: 'breached', error: expect.any(ContractError) }]);
  });

  it('that can not be taken on is to be posted again', async () => {
    const full = new Error('the queue is full');
    take = () => Promise.reject(full);
    const answer = await post(`sales/${SECRET}`, DELIVERY);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
    expect(await code(answer)).toBe('OVERLOADED');
    expect(answered).toEqual([
      { accountId: 'sales', outcome: 'overloaded', error: expect.objectContaining({ cause: full }) },
    ]);
    take = () => {
      throw full;
    };
    expect((await post(`sales/${SECRET}`, DELIVERY)).status).toBe(503);
  });

  it('that Parley fails to read is answered in our words', async () => {
    const answer = await post(`broken/${OTHER_SECRET}`, DELIVERY);
    expect(answer.status).toBe(500);
    expect(await code(answer)).toBe('INTERNAL_SERVER_ERROR');
    expect(answered).toMatchObject([{ accountId: 'broken', outcome: 'failed' }]);
  });

  it('never gets its address or its body into the log', async () => {
    take = () => Promise.reject(new Error('full'));
    for (const path of [`sales/${SECRET}`, `guarded/${SECRET}`, `sales/${SECRET}x`, `broken/${OTHER_SECRET}`])
      for (const body of [DELIVERY, 'a canary that is no JSON', [1], { ...DELIVERY, data: { a: 'canary' } }])
        await post(path, body);
    expect(log).not.toMatch(/canary/);
    expect(String(answered.map(({ error }) => error))).not.toMatch(/canary/);
  });
});

describe('a webhook to a whole server', () => {
  const prepare = (hostNames?: ReadonlySet<string>) => (server: FastifyInstance) => {
    limitArrival(server, 30_000);
    addBrowserSafety(server, { corsOrigins: [], requestHeaders: [], hostNames });
    // As the graph has it, which is stricter.
    server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, _body, done) =>
      done(new Error('not for webhooks')),
    );
    answerErrorsAsGraphQL(server, {
      ...{ maxRequestBytes: 1_024, challenge: 'Bearer', refused: () => undefined },
      log: pino({ level: 'silent' }),
    });
  };

  it('passes what is there for browsers and for the graph', async () => {
    await listen(prepare());
    const long = { ...MESSAGE, message: 'x'.repeat(5_000) };
    const answer = await post(`sales/${SECRET}`, { type: 'message', event: 'new', data: long });
    expect([answer.status, answer.headers.get('x-content-type-options')]).toEqual([200, 'nosniff']);
    expect(taken).toHaveLength(1);
    expect((await post('sales/x', DELIVERY)).status).toBe(404);
    expect((await fetch(`${url}/webhooks/pact/sales/${SECRET}`)).status).toBe(404);
  });

  it('is refused under a name by which the server is not to be called, as everything is', async () => {
    await listen(prepare(new Set(['parley.example'])));
    const answer = await post(`sales/${SECRET}`, DELIVERY);
    expect(answer.status).toBe(400);
    expect(await code(answer)).toBe('BAD_REQUEST');
    expect([taken, answered]).toEqual([[], []]);
  });
});

describe('webhooks of the sandbox', () => {
  it('come through, and again where they were not taken on', async () => {
    const sandbox = await startSandbox();
    try {
      await listen();
      let tries = 0;
      take = (accountId, events) => {
        tries += 1;
        if (tries === 1) throw new Error('full');
        taken.push({ accountId, events });
      };
      sandbox.pact.setWebhook(`${url}/webhooks/pact/sales/${SECRET}`, { pause: 0 });
      const { external_id } = sandbox.pact.addMessage(wellKnown.pact.documented, { message: 'Hi' });
      sandbox.pact.webhook.ack(external_id, 3);
      await sandbox.pact.webhook.settled();
      expect(sandbox.pact.webhook.delivered().map(({ status }) => status)).toEqual([503, 200, 200]);
      const ref = {
        conversationExternalId: String(wellKnown.pact.documented),
        externalId: String(external_id),
      };
      expect(taken.flatMap(({ events }) => events)).toMatchObject([
        { kind: 'MESSAGE', message: { ...ref, text: 'Hi', direction: 'INBOUND' } },
        { kind: 'DELIVERY', message: ref, progress: { state: 'READ' } },
      ]);
    } finally {
      await sandbox.close();
    }
  });
});
