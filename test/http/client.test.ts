import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { Readable } from 'node:stream';
import { setImmediate as turnOfTheEventLoop } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { HttpBody } from '../../src/http/client.ts';
import type { MultipartField } from '../../src/http/multipart.ts';
import type { ParleyError } from '../../src/messaging/errors.ts';
import { ContractError, NotFoundError, ProviderError } from '../../src/messaging/errors.ts';
import type { Reader } from './outgoingClient.ts';
import {
  closeAll,
  closers,
  closing,
  contextOf,
  createClient,
  failureOf,
  json,
  never,
  PATH,
  TOKEN,
  upstream,
} from './outgoingClient.ts';
import type { Behaviour } from './upstream.ts';
import { closed, listen, startUpstream } from './upstream.ts';

// Words that may never be seen anywhere but on the wire, as the account's token and the call's path.
const UPSTREAM_TEXT = 'canary-upstream-text-77aa';
const QUERY = 'canary-query-b0b1';
const CANARIES = [TOKEN, UPSTREAM_TEXT, QUERY, PATH, '127.0.0.1'];

afterEach(closeAll);

/** A server that speaks bytes, not HTTP. */
async function rawUpstream(onRequest: (socket: Socket, index: number) => void) {
  let requests = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', () => {
      onRequest(socket, requests);
      requests += 1;
    });
  });
  const url = await listen(server);
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    return closed(server);
  });
  return { url, requests: () => requests };
}

/** Nothing of what the provider said, nor of where and as whom it was asked, is in what may be shown. */
function expectNothingGivenAway(error: ParleyError): void {
  const shown = [error.message, JSON.stringify(error), String(error), JSON.stringify(Object.entries(error))];
  for (const text of shown) for (const canary of CANARIES) expect(text).not.toContain(canary);
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    for (const canary of [TOKEN, UPSTREAM_TEXT]) expect(cause.message).not.toContain(canary);
  }
}

const status =
  (code: number, headers: Record<string, string> = {}): Behaviour =>
  (response) => {
    response.writeHead(code, { 'content-type': 'text/html', ...headers }).end(`<h1>${UPSTREAM_TEXT}</h1>`);
  };

const body =
  (text: string | Buffer, type: string | undefined = 'application/json'): Behaviour =>
  (response) => {
    if (type !== '') response.setHeader('content-type', type);
    response.end(text);
  };

const READERS: readonly Reader[] = ['undici', 'got'];

describe.each(READERS)('a read by %s', (reader) => {
  it('gives the JSON of the answer', async () => {
    const { url } = await upstream(body('{"a":[1,"я",null]}', 'application/json; charset=utf-8'));
    await expect(createClient(url, { reader }).get()).resolves.toEqual({ a: [1, 'я', null] });
  });

  it.each([
    'application/json',
    'application/problem+json',
    'text/json',
    'Application/JSON;charset=UTF-8',
    '',
  ])('takes the content type %j for JSON', async (type) => {
    const { url } = await upstream(body('[1]', type));
    await expect(createClient(url, { reader }).get()).resolves.toEqual([1]);
  });

  it('asks for JSON with the account’s credentials and the call’s own headers', async () => {
    const server = await upstream(json);
    await createClient(server.url, { reader }).get({ headers: { 'accept-language': 'ru' } });
    expect(server.received[0]!.method).toBe('GET');
    expect(server.received[0]!.headers).toMatchObject({
      accept: 'application/json',
      'accept-language': 'ru',
      'x-private-api-token': TOKEN,
    });
  });

  it('encodes the query, and leaves out what is undefined', async () => {
    const server = await upstream(json);
    await createClient(server.url, { reader }).get({
      path: '/messages',
      query: { 'cursor[type]': 'some_after', n: 0, none: undefined, odd: 'a&b=c #я+%', empty: '' },
    });
    const asked = new URL(server.received[0]!.url, server.url);
    expect(asked.pathname).toBe('/messages');
    expect([...asked.searchParams]).toEqual([
      ['cursor[type]', 'some_after'],
      ['n', '0'],
      ['odd', 'a&b=c #я+%'],
      ['empty', ''],
    ]);
    expect(server.received[0]!.url).not.toMatch(/[[\]# ]/);
  });

  it('has no question mark when there is nothing to ask', async () => {
    const server = await upstream(json);
    await createClient(server.url, { reader }).get({ path: '/x', query: { none: undefined } });
    expect(server.received[0]!.url).toBe('/x');
  });

  it.each(['/prefix/v1', '/prefix/v1/', '/prefix/v1///'])('keeps the base URL’s path %s', async (prefix) => {
    const server = await upstream(json);
    await createClient(server.url + prefix, { reader }).get({ path: '/a%2Fb/c', query: { q: 1 } });
    expect(server.received[0]!.url).toBe('/prefix/v1/a%2Fb/c?q=1');
  });

  it.each<[string, Behaviour]>([
    ['an HTML page', body(`<html>${UPSTREAM_TEXT}</html>`, 'text/html')],
    ['HTML that calls itself JSON', body(`<html>${UPSTREAM_TEXT}</html>`)],
    ['HTML without a type', body(`<html>${UPSTREAM_TEXT}</html>`, '')],
    ['JSON that calls itself HTML', body(`{"a":"${UPSTREAM_TEXT}"}`, 'text/html; x=application/json')],
    ['JSON that was cut short', body(`{"a":"${UPSTREAM_TEXT}`)],
    ['JSON with something behind it', body(`{"a":1} ${UPSTREAM_TEXT}`)],
    ['nothing', body('')],
    ['bytes that are no text', body(Buffer.from([0xff, 0xfe, 0x00]))],
    ['a redirect', status(302, { location: `/${UPSTREAM_TEXT}` })],
  ])('calls %s a breach of contract, without a word of it', async (_what, behaviour) => {
    const { url } = await upstream(behaviour);
    const error = await failureOf(createClient(url, { reader }).get());
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({
      code: 'PROVIDER_CONTRACT',
      retryable: false,
      source: { provider: 'PACT', accountId: 'sales' },
    });
    expectNothingGivenAway(error);
  });

  it('names the call in a breach of contract', async () => {
    const { url } = await upstream(body('x'));
    const error = await failureOf(createClient(url, { reader }).get());
    expect(error).toBeInstanceOf(ContractError);
    expect(error.message).toContain('"things"');
  });

  it.each([301, 302, 303, 307, 308])('does not follow a redirect (%i)', async (code) => {
    const target = await upstream(json);
    const { url } = await upstream(status(code, { location: `${target.url}/stolen` }));
    const error = await failureOf(createClient(url, { reader }).get());
    expect(error.code).toBe('PROVIDER_CONTRACT');
    expectNothingGivenAway(error);
    expect([target.connections(), target.received.length]).toEqual([0, 0]);
  });

  it.each([
    [401, 'PROVIDER_UNAUTHENTICATED', false],
    [402, 'PROVIDER_PAYMENT_REQUIRED', false],
    [403, 'PROVIDER_FORBIDDEN', false],
    [404, 'PROVIDER_REJECTED', false],
    [410, 'PROVIDER_GONE', false],
    [418, 'PROVIDER_REJECTED', false],
    [429, 'PROVIDER_RATE_LIMITED', true],
    [500, 'PROVIDER_UNAVAILABLE', true],
    [503, 'PROVIDER_UNAVAILABLE', true],
  ])('tells the status %i as %s', async (code, expected, retryable) => {
    const { url } = await upstream(status(code));
    const error = await failureOf(createClient(url, { reader }).get());
    expect(error).toMatchObject({ code: expected, retryable });
    expect(error instanceof NotFoundError).toBe(code === 404);
    expectNothingGivenAway(error);
  });

  it.each<[string, Behaviour]>([
    ['that says its length', body(`"${'x'.repeat(200_000)}"`)],
    [
      'that does not say its length',
      (response) => {
        response.setHeader('content-type', 'application/json');
        response.write('"');
        const timer = setInterval(() => response.write('x'.repeat(2_000)), 1);
        response.on('close', () => clearInterval(timer));
      },
    ],
  ])('stops reading an answer over the cap %s', async (_how, behaviour) => {
    const server = await upstream(behaviour);
    const arrival = server.arrival();
    const { get } = createClient(server.url, { reader, limits: { maxAnswerBytes: 10_000 } });
    const reading = failureOf(get());
    const { socket } = await arrival;
    const error = await reading;
    expect(error).toMatchObject({ code: 'PROVIDER_CONTRACT', retryable: false });
    expectNothingGivenAway(error);
    await closing(socket);
  });

  it('refuses an answer one byte over the cap, and takes one of just the cap', async () => {
    const { url } = await upstream((response, request) => {
      body(`"${'x'.repeat(request.url === '/over' ? 99 : 98)}"`)(response, request, 0);
    });
    const { get } = createClient(url, { reader, limits: { maxAnswerBytes: 100 } });
    await expect(get({ path: '/just' })).resolves.toBe('x'.repeat(98));
    expect(await failureOf(get({ path: '/over' }))).toMatchObject({ code: 'PROVIDER_CONTRACT' });
  });

  it('is unavailable, and worth another try, when nobody listens', async () => {
    const server = await startUpstream(json);
    await server.close();
    const error = await failureOf(createClient(server.url, { reader }).get());
    expect(error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE', retryable: true });
    expectNothingGivenAway(error);
  });

  it.each<[string, (socket: Socket) => void]>([
    ['before the answer', (socket) => socket.resetAndDestroy()],
    [
      'in the middle of the body',
      (socket) => {
        socket.write(
          `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{"a":"${UPSTREAM_TEXT}`,
          () => socket.destroy(),
        );
      },
    ],
    [
      'in the middle of the headers',
      (socket) => {
        socket.write(`HTTP/1.1 200 OK\r\nx-a: ${UPSTREAM_TEXT}`, () => socket.destroy());
      },
    ],
  ])('is unavailable, and worth another try, when the connection breaks %s', async (_when, behaviour) => {
    const { url } = await rawUpstream(behaviour);
    const error = await failureOf(createClient(url, { reader }).get());
    expect(error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE', retryable: true });
    expectNothingGivenAway(error);
  });

  it('gives nothing away of an answer that is not HTTP', async () => {
    const { url } = await rawUpstream((socket) => socket.end(`SSH-2.0-${UPSTREAM_TEXT}\r\n`));
    const error = await failureOf(createClient(url, { reader }).get());
    expect(error).toBeInstanceOf(ProviderError);
    expect(['PROVIDER_UNAVAILABLE', 'PROVIDER_CONTRACT']).toContain(error.code);
    expectNothingGivenAway(error);
  });

  it.each<[string, Behaviour]>([
    ['does not answer', never],
    [
      'stops after the headers',
      (response) => {
        response.setHeader('content-type', 'application/json').flushHeaders();
      },
    ],
    [
      'stops in the middle of the body',
      (response) => {
        response.setHeader('content-type', 'application/json').write(`{"a":"${UPSTREAM_TEXT}`);
      },
    ],
    [
      'trickles its body without end',
      (response) => {
        response.setHeader('content-type', 'application/json');
        const timer = setInterval(() => response.write(' '), 5);
        response.on('close', () => clearInterval(timer));
      },
    ],
  ])('keeps its deadline, and leaves, when the provider %s', async (_what, behaviour) => {
    const server = await upstream(behaviour);
    const arrival = server.arrival();
    const { get } = createClient(server.url, { reader, limits: { readTimeout: 150, maxRetries: 2 } });
    const reading = failureOf(get());
    const { socket } = await arrival;
    const left = closing(socket);
    const error = await reading;
    expect(error).toMatchObject({ code: 'PROVIDER_TIMEOUT', retryable: true });
    expectNothingGivenAway(error);
    await left;
    expect(server.received).toHaveLength(1);
  });

  it.each<[string, Behaviour]>([
    ['before the answer', never],
    [
      'in the middle of the body',
      (response) => {
        response.setHeader('content-type', 'application/json').write('{"a":');
      },
    ],
  ])('is given up when the caller goes away %s', async (_when, behaviour) => {
    const server = await upstream(behaviour);
    const arrival = server.arrival();
    const caller = new AbortController();
    const { get, health } = createClient(server.url, { reader, limits: { maxRetries: 2 } });
    const reading = failureOf(get({ context: contextOf(caller.signal) }));
    const { socket } = await arrival;
    const left = closing(socket);
    caller.abort();
    const error = await reading;
    expect(error).toMatchObject({ code: 'CANCELLED', retryable: false });
    expectNothingGivenAway(error);
    await left;
    expect(server.received).toHaveLength(1);
    expect(health.status()).toBe('OPERATIONAL');
  });

  it('is not even begun for a caller who has gone', async () => {
    const server = await upstream(json);
    const { get } = createClient(server.url, { reader });
    expect(await failureOf(get({ context: contextOf(AbortSignal.abort()) }))).toMatchObject({
      code: 'CANCELLED',
    });
    expect(server.received).toEqual([]);
  });

  it('leaves other reads alone when one is given up', async () => {
    const server = await upstream((response, request, index) => {
      if (request.url !== '/hang') json(response, request, index);
    });
    const caller = new AbortController();
    const arrival = server.arrival();
    const { get } = createClient(server.url, { reader });
    const hanging = failureOf(get({ path: '/hang', context: contextOf(caller.signal) }));
    await arrival;
    await expect(get({ path: '/other' })).resolves.toEqual({ ok: true });
    caller.abort();
    expect((await hanging).code).toBe('CANCELLED');
    await expect(get({ path: '/other' })).resolves.toEqual({ ok: true });
  });
});

describe.each(READERS)('an error of %s', (reader) => {
  it.each<[string, (socket: Socket) => void]>([
    ['a reset connection', (socket) => socket.resetAndDestroy()],
    ['an answer that is not HTTP', (socket) => socket.end(`SSH-2.0-${UPSTREAM_TEXT}\r\n`)],
    [
      'an answer cut short',
      (socket) => {
        socket.write(
          `HTTP/1.1 200 OK\r\nx-said: ${UPSTREAM_TEXT}\r\ncontent-length: 1000\r\n\r\n${UPSTREAM_TEXT}`,
          () => socket.destroy(),
        );
      },
    ],
    ['no answer in time', () => undefined],
  ])('over %s gives nothing away when it is printed with all its causes', async (_what, behaviour) => {
    const { url } = await rawUpstream(behaviour);
    const { get } = createClient(url, { reader, limits: { readTimeout: 150 } });
    const printed = inspect(await failureOf(get({ query: { phone: QUERY } })), { depth: 10 });
    for (const canary of [TOKEN, UPSTREAM_TEXT, QUERY, PATH]) expect(printed).not.toContain(canary);
  });
});

describe('reading again', () => {
  it.each([500, 502, 503, 504, 429])('is tried twice more after the status %i', async (code) => {
    const server = await upstream(status(code));
    const error = await failureOf(createClient(server.url, { limits: { maxRetries: 2 } }).get());
    expect(error.retryable).toBe(true);
    expect(server.received).toHaveLength(3);
  });

  it('is tried twice more after a reset', async () => {
    const server = await rawUpstream((socket) => socket.resetAndDestroy());
    const error = await failureOf(createClient(server.url, { limits: { maxRetries: 2 } }).get());
    expect(error.code).toBe('PROVIDER_UNAVAILABLE');
    expect(server.requests()).toBe(3);
  });

  it.each([400, 401, 402, 403, 404, 410, 422, 302])('is no use after the status %i', async (code) => {
    const server = await upstream(status(code));
    await failureOf(createClient(server.url, { limits: { maxRetries: 2 } }).get());
    expect(server.received).toHaveLength(1);
  });

  it('is no use after an answer that breaks the contract', async () => {
    const server = await upstream(body('<html>'));
    await failureOf(createClient(server.url, { limits: { maxRetries: 2 } }).get());
    expect(server.received).toHaveLength(1);
  });

  it('is not seen when it succeeds', async () => {
    const server = await upstream((response, request, index) => {
      (index < 2 ? status(503) : json)(response, request, index);
    });
    const { get, health } = createClient(server.url, { limits: { maxRetries: 2 } });
    await expect(get()).resolves.toEqual({ ok: true });
    expect(server.received).toHaveLength(3);
    expect(health.status()).toBe('OPERATIONAL');
  });

  it('waits for as long as the provider says, when that is short', async () => {
    const server = await upstream((response, request, index) => {
      (index === 0 ? status(429, { 'retry-after': '1' }) : json)(response, request, index);
    });
    await expect(createClient(server.url, { limits: { maxRetries: 2 } }).get()).resolves.toEqual({
      ok: true,
    });
    expect(server.received).toHaveLength(2);
  });

  it.each([429, 503])('leaves a long wait to the caller, and says how long (%i)', async (code) => {
    const server = await upstream(status(code, { 'retry-after': '17' }));
    const error = await failureOf(createClient(server.url, { limits: { maxRetries: 2 } }).get());
    expect(error).toMatchObject({ retryable: true, retryAfter: 17 });
    expect(server.received).toHaveLength(1);
  });

  it('says why the provider refused when the deadline passes while waiting for it', async () => {
    const server = await upstream(status(429, { 'retry-after': '2' }));
    const { get } = createClient(server.url, { limits: { maxRetries: 2, readTimeout: 150 } });
    expect(await failureOf(get())).toMatchObject({ code: 'PROVIDER_RATE_LIMITED', retryAfter: 2 });
    expect(server.received).toHaveLength(1);
  });

  it('stops when the caller goes away while waiting', async () => {
    const server = await upstream(status(429, { 'retry-after': '2' }));
    const caller = new AbortController();
    const arrival = server.arrival();
    const { get } = createClient(server.url, { limits: { maxRetries: 2 } });
    const reading = failureOf(get({ context: contextOf(caller.signal) }));
    await arrival;
    caller.abort();
    expect(['CANCELLED', 'PROVIDER_RATE_LIMITED']).toContain((await reading).code);
    expect(server.received).toHaveLength(1);
  });
});

describe('reads', () => {
  it('uses one connection for several reads, which do not go by got', async () => {
    const server = await upstream(json);
    const { get } = createClient(server.url);
    for (let i = 0; i < 4; i += 1) {
      await get();
      // A connection is free again when the answer's end has been worked off.
      await turnOfTheEventLoop();
    }
    expect(server.received).toHaveLength(4);
    expect(server.connections()).toBe(1);
  });
});

describe('a send', () => {
  const withFile = (): readonly MultipartField[] => [
    [
      'file',
      { fileName: 'фото.png', mimeType: 'image/png', body: Readable.from([Buffer.from('file contents')]) },
    ],
    ['note', 'a note'],
  ];
  const BODIES: readonly [string, () => HttpBody][] = [
    ['JSON', () => ({ json: { text: 'привет', list: [1, null] } })],
    ['a form', () => ({ form: new URLSearchParams([['message', 'привет & co']]) })],
    ['multipart', () => ({ multipart: withFile() })],
    ['no body', () => ({ json: undefined })],
  ];

  it('carries JSON', async () => {
    const server = await upstream(json);
    const sent = { text: 'привет', list: [1, null] };
    await expect(createClient(server.url).post({ json: sent })).resolves.toEqual({ ok: true });
    const [received] = server.received;
    expect(received!.method).toBe('POST');
    expect(received!.headers['content-type']).toMatch(/^application\/json/);
    expect(JSON.parse(received!.body.toString())).toEqual(sent);
  });

  it('carries a form with its repeated keys', async () => {
    const server = await upstream(json);
    const fields: [string, string][] = [
      ['message', 'привет & co'],
      ['attachments_ids[]', '1'],
      ['attachments_ids[]', '2'],
      ['empty', ''],
    ];
    await createClient(server.url).post({ form: new URLSearchParams(fields) });
    const [received] = server.received;
    expect(received!.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/);
    expect([...new URLSearchParams(received!.body.toString())]).toEqual(fields);
  });

  it.each([
    ['a 4xx', 422, true],
    ['a 429', 429, true],
    ['a 5xx', 500, false],
    ['a redirect', 302, false],
  ])('tells whether it was certainly refused: %s', async (_what, status, refused) => {
    const server = await upstream((response) => response.writeHead(status).end('{}'));
    const error = await failureOf(createClient(server.url).post({ json: {} }));
    expect(error.refused).toBe(refused);
  });

  it('was certainly refused where there was no connection', async () => {
    const error = await failureOf(createClient('http://127.0.0.1:1').post({ json: {} }));
    expect(error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE', refused: true });
  });

  it('may have happened where the connection broke after it was made', async () => {
    const server = await upstream((_response, { socket }) => socket.resetAndDestroy());
    const error = await failureOf(createClient(server.url).post({ json: {} }));
    expect(error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE', refused: false });
  });

  it('breaks off, and never ends as if it were whole, when its file breaks off', async () => {
    const server = await upstream(json);
    const body = Readable.from(
      (function* () {
        yield Buffer.alloc(100_000);
        throw new Error('the uploader is gone');
      })(),
    );
    const error = await failureOf(
      createClient(server.url).post({
        multipart: [['file', { fileName: 'a.bin', mimeType: 'application/octet-stream', body }]],
      }),
    );
    expect(error.refused).toBe(false);
    expect(server.received).toHaveLength(0);
  });

  it('carries files', async () => {
    const server = await upstream(json);
    await createClient(server.url).post({ multipart: withFile() });
    const [received] = server.received;
    const type = received!.headers['content-type']!;
    expect(type).toMatch(/^multipart\/form-data; ?boundary=/);
    const boundary = type.split('boundary=')[1]!;
    const parts = received!.body.toString().split(`--${boundary}`);
    expect(parts).toHaveLength(4);
    expect(parts[1]).toMatch(
      /^\r\nContent-Disposition: form-data; name="file"; filename="фото\.png"\r\nContent-Type: image\/png\r\n/i,
    );
    expect(parts[1]).toMatch(/\r\n\r\nfile contents\r\n$/);
    expect(parts[2]).toMatch(/name="note"\r\n(.+\r\n)?\r\na note\r\n$/);
  });

  it.each(BODIES.slice(0, 3))(
    'of %s carries the account’s credentials and the call’s headers',
    async (_what, make) => {
      const server = await upstream(json);
      await createClient(server.url).post(make(), { headers: { 'x-own': 'own' } });
      expect(server.received[0]!.headers).toMatchObject({
        'x-private-api-token': TOKEN,
        'x-own': 'own',
        accept: 'application/json',
      });
    },
  );

  it('goes out by the method that was asked for, also without a body', async () => {
    const server = await upstream(json);
    const { http, post } = createClient(server.url);
    await post({ json: {} }, { method: 'PUT' });
    await post({ json: {} }, { method: 'PATCH' });
    await http({
      call: 'delete',
      path: '/x',
      method: 'DELETE',
      context: contextOf(new AbortController().signal),
    });
    await http({
      call: 'close',
      path: '/x',
      method: 'POST',
      context: contextOf(new AbortController().signal),
    });
    expect(server.received.map(({ method }) => method)).toEqual(['PUT', 'PATCH', 'DELETE', 'POST']);
  });

  it.each(BODIES)('of %s is never repeated after a 500', async (_what, make) => {
    const server = await upstream(status(500));
    const error = await failureOf(createClient(server.url, { limits: { maxRetries: 2 } }).post(make()));
    expect(error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE', retryable: true });
    expect(server.received).toHaveLength(1);
  });

  it.each([429, 503, 413])('is never repeated after a %i, not even when asked to', async (code) => {
    const server = await upstream(status(code, { 'retry-after': '1' }));
    await failureOf(createClient(server.url, { limits: { maxRetries: 2 } }).post());
    expect(server.received).toHaveLength(1);
  });

  it.each(BODIES)('of %s is never repeated after a reset', async (_what, make) => {
    const server = await upstream((_response, { socket }) => socket.resetAndDestroy());
    const error = await failureOf(createClient(server.url, { limits: { maxRetries: 2 } }).post(make()));
    expect(error.code).toBe('PROVIDER_UNAVAILABLE');
    expectNothingGivenAway(error);
    expect(server.received).toHaveLength(1);
  });

  it.each(['PUT', 'DELETE', 'PATCH'] as const)('by %s is never repeated either', async (method) => {
    const server = await upstream(status(500));
    const { http } = createClient(server.url, { limits: { maxRetries: 2 } });
    await failureOf(
      http({ call: 'send', path: '/x', method, context: contextOf(new AbortController().signal) }),
    );
    expect(server.received).toHaveLength(1);
  });

  it('has a deadline of its own', async () => {
    const server = await upstream(never);
    const arrival = server.arrival();
    const { post } = createClient(server.url, { limits: { sendTimeout: 150 } });
    const sending = failureOf(post());
    const { socket } = await arrival;
    const left = closing(socket);
    expect(await sending).toMatchObject({ code: 'PROVIDER_TIMEOUT', retryable: true });
    await left;
    expect(server.received).toHaveLength(1);
  });

  it('is given up when the caller goes away', async () => {
    const server = await upstream(never);
    const arrival = server.arrival();
    const caller = new AbortController();
    const sending = failureOf(
      createClient(server.url).post(undefined, { context: contextOf(caller.signal) }),
    );
    const { socket } = await arrival;
    const left = closing(socket);
    caller.abort();
    expect((await sending).code).toBe('CANCELLED');
    await left;
  });

  it.each([301, 302, 303, 307, 308])('is not redirected (%i)', async (code) => {
    const target = await upstream(json);
    const server = await upstream(status(code, { location: `${target.url}/stolen` }));
    const error = await failureOf(createClient(server.url).post());
    expect(error.code).toBe('PROVIDER_CONTRACT');
    expect([target.connections(), server.received.length]).toEqual([0, 1]);
  });
});

describe('what is logged of a call', () => {
  it('names the call, never its URL, its query, its headers or an answer', async () => {
    const server = await upstream((response, request, index) => {
      const behaviours = [
        json,
        status(500),
        body(`<${UPSTREAM_TEXT}>`),
        status(302, { location: UPSTREAM_TEXT }),
      ];
      behaviours[index % 4]!(response, request, index);
    });
    const { get, post, logged } = createClient(server.url);
    const query = { phone: QUERY };
    const headers = { 'x-own': TOKEN };
    for (let i = 0; i < 4; i += 1) await get({ query, headers }).catch(() => undefined);
    for (let i = 0; i < 4; i += 1)
      await post({ json: { text: QUERY } }, { query, headers }).catch(() => undefined);
    await server.close();
    await get({ query, headers }).catch(() => undefined);
    await post({ json: { text: QUERY } }, { query, headers }).catch(() => undefined);
    expect(logged()).toContain('"call":"things"');
    expect(logged()).toContain('"call":"send"');
    for (const canary of CANARIES) expect(logged()).not.toContain(canary);
  });
});

describe('the health of an account', () => {
  const failing = (code: () => number): Behaviour => {
    return (response, request, index) => {
      const now = code();
      (now === 200 ? json : status(now))(response, request, index);
    };
  };

  it('goes from OPERATIONAL over DEGRADED to UNAVAILABLE, and back with the first success', async () => {
    let code = 200;
    const { url } = await upstream(failing(() => code));
    const { get, health } = createClient(url);
    expect(health.status()).toBe('OPERATIONAL');
    await get();
    expect(health.status()).toBe('OPERATIONAL');
    code = 500;
    const seen: string[] = [];
    for (let i = 0; i < 4; i += 1) {
      await failureOf(get());
      seen.push(health.status());
    }
    expect(seen).toEqual(['DEGRADED', 'DEGRADED', 'UNAVAILABLE', 'UNAVAILABLE']);
    code = 200;
    await get();
    expect(health.status()).toBe('OPERATIONAL');
  });

  it('is UNAVAILABLE after one read that failed for good', async () => {
    const { url } = await upstream(status(503));
    const { get, health } = createClient(url, { limits: { maxRetries: 2 } });
    await failureOf(get());
    expect(health.status()).toBe('UNAVAILABLE');
  });

  it('is UNAVAILABLE at once when the account’s credentials are refused, until they are taken', async () => {
    let code = 401;
    const { url } = await upstream(failing(() => code));
    const { get, health } = createClient(url);
    await failureOf(get());
    expect(health.status()).toBe('UNAVAILABLE');
    code = 200;
    await get();
    expect(health.status()).toBe('OPERATIONAL');
  });

  it('is not touched by refused credentials that are the caller’s own', async () => {
    const { url } = await upstream(status(401));
    const { get, health } = createClient(url, { ownCredentials: false });
    for (let i = 0; i < 5; i += 1) await failureOf(get());
    expect(health.status()).toBe('OPERATIONAL');
  });

  it.each([400, 403, 404, 410, 422])('is not touched by a clear no (%i)', async (code) => {
    const { url } = await upstream(status(code));
    const { get, health } = createClient(url);
    for (let i = 0; i < 5; i += 1) await failureOf(get());
    expect(health.status()).toBe('OPERATIONAL');
  });

  it('suffers from breaches, timeouts and sends as well', async () => {
    const { url } = await upstream((response, request, index) => {
      const behaviours = [body('<html>'), never, status(500)];
      behaviours[index]!(response, request, index);
    });
    const { get, post, health } = createClient(url, { limits: { readTimeout: 150 } });
    await failureOf(get());
    expect(health.status()).toBe('DEGRADED');
    await failureOf(get());
    await failureOf(post());
    expect(health.status()).toBe('UNAVAILABLE');
  });
});
