import { once } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { fastify } from 'fastify';
import type { Client, ClientOptions } from 'graphql-ws';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { ParleyError } from '../../src/messaging/errors.ts';
import type { SubscriptionLimitOptions } from '../../src/realtime/transports/subscriptionLimits.ts';
import { createSubscriptionLimits } from '../../src/realtime/transports/subscriptionLimits.ts';
import type { WebSocketOptions, WebSocketTransport } from '../../src/realtime/transports/webSocket.ts';
import { addWebSocketTransport } from '../../src/realtime/transports/webSocket.ts';
import type { Feeds } from './subscriptions.ts';
import { authenticate, createCounts, createFeeds, event, SHUTTING_DOWN } from './subscriptions.ts';

const SUBSCRIPTION = 'subscription { n }';
const PROTOCOL = 'graphql-transport-ws';
const ALLOWED = 'https://app.example';

interface Started {
  readonly app: FastifyInstance;
  readonly transport: WebSocketTransport;
  readonly feeds: Feeds;
  readonly counts: ReturnType<typeof createCounts>;
  readonly url: string;
}

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function start(
  options: Partial<WebSocketOptions> & {
    feeds?: Feeds;
    limits?: never;
    limit?: SubscriptionLimitOptions;
  } = {},
): Promise<Started> {
  const { feeds = createFeeds(), limit, ...rest } = options;
  const counts = createCounts();
  const app = fastify();
  app.post('/graphql', (request) => ({ posted: request.body }));
  const transport = addWebSocketTransport(app, {
    ...{ subscribe: feeds.subscribe, authenticate, observer: counts.observer },
    checkOrigin: ({ origin }) => origin === undefined || origin === ALLOWED,
    admit: () => undefined,
    limits: createSubscriptionLimits(limit),
    ...rest,
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const url = `ws://127.0.0.1:${(app.server.address() as AddressInfo).port}/graphql`;
  undo.push(async () => {
    await transport.close(AbortSignal.abort());
    await app.close();
  });
  return { app, transport, feeds, counts, url };
}

function clientOf(url: string, options: Partial<ClientOptions> = {}): Client {
  const client = createClient({
    ...{ url, webSocketImpl: WebSocket, retryAttempts: 0 },
    connectionParams: { authorization: 'ann' },
    ...options,
  });
  undo.push(() => client.dispose());
  return client;
}

/** A socket that speaks the protocol by hand, let in. */
async function connected(url: string, options: object = {}): Promise<WebSocket> {
  const socket = opened(url, options);
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: 'ann' } }));
  expect(await messageOf(socket)).toEqual({ type: 'connection_ack' });
  return socket;
}

function opened(url: string, options: object = {}): WebSocket {
  const socket = new WebSocket(url, PROTOCOL, options);
  undo.push(() => socket.terminate());
  socket.on('error', () => undefined);
  return socket;
}

const subscribeAs = (id: string, query = SUBSCRIPTION) =>
  JSON.stringify({ id, type: 'subscribe', payload: { query } });

async function messageOf(socket: WebSocket): Promise<any> {
  const [data] = (await once(socket, 'message')) as [Buffer];
  return JSON.parse(data.toString());
}

async function closeOf(socket: WebSocket): Promise<[code: number, reason: string]> {
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  return [code, reason.toString()];
}

/** How a client was refused before it became a WebSocket. */
async function refusalOf(socket: WebSocket): Promise<{ answer: IncomingMessage; body: any }> {
  const [, answer] = (await once(socket, 'unexpected-response')) as [ClientRequest, IncomingMessage];
  let body = '';
  for await (const chunk of answer) body += String(chunk);
  return { answer, body: JSON.parse(body) };
}

describe('a subscription over a WebSocket', () => {
  it('brings its events in order, and completes', async () => {
    const { url, feeds, counts } = await start();
    const client = clientOf(url);
    const begins = feeds.next();
    const received = collect(client.iterate({ query: SUBSCRIPTION, variables: { a: 1 } }));
    const feed = await begins;
    feed.push(event(1), event(2));
    feed.push({ ...event(3), extensions: { cursor: 'c' } });
    feed.end();
    expect(await received).toEqual([event(1), event(2), { ...event(3), extensions: { cursor: 'c' } }]);
    expect(feed.request).toMatchObject({ query: SUBSCRIPTION, variables: { a: 1 } });
    expect(feed.subscriber.viewer.id).toBe('ann');
    expect(feed.subscriber.signal.aborted).toBe(false);
    expect(counts.open()).toBe(1);
  });

  it('that never begins is answered with its errors', async () => {
    const error = { message: 'No.', path: ['n'], extensions: { code: 'FORBIDDEN' } };
    const { url } = await start({ feeds: createFeeds(() => ({ errors: [error] })) });
    await expect(collect(clientOf(url).iterate({ query: SUBSCRIPTION }))).rejects.toEqual([error]);
  });

  it('whose last result is an error ends with it', async () => {
    const { url, feeds } = await start();
    const begins = feeds.next();
    const received = collect(clientOf(url).iterate({ query: SUBSCRIPTION }));
    const feed = await begins;
    const last = { errors: [{ message: 'Late.', extensions: { code: 'UNAUTHENTICATED' } }] };
    feed.push(event(1), last);
    feed.end();
    expect(await received).toEqual([event(1), last]);
  });

  it('that breaks says no more than that', async () => {
    const broken = {
      next: () => Promise.reject(new Error('secret')),
      [Symbol.asyncIterator]: () => broken,
    };
    const { url, counts } = await start({ feeds: createFeeds(() => ({ results: broken })) });
    expect(await collect(clientOf(url).iterate({ query: SUBSCRIPTION }))).toEqual([
      { errors: [{ message: expect.any(String), extensions: { code: 'INTERNAL_SERVER_ERROR' } }] },
    ]);
    expect(counts.failures).toEqual([new Error('secret')]);
  });

  it.each([
    ['query', '{ n }'],
    ['query', 'fragment subscription on Q { n } query A { n }'],
    ['mutation', 'mutation A($a: I = { b: 1 }) @d(a: { b: 1 }) { n }'],
  ])('is the only thing that goes this way: a %s is refused', async (kind, query) => {
    const { url, feeds } = await start();
    await expect(collect(clientOf(url).iterate({ query }))).rejects.toEqual([
      { message: expect.stringContaining(`A ${kind} is sent by POST`), extensions: { code: 'BAD_REQUEST' } },
    ]);
    expect(feeds.all).toHaveLength(0);
  });

  it('ends when the client says so, which keeps its connection', async () => {
    const { url, feeds, counts } = await start();
    const socket = await connected(url);
    const begins = feeds.next();
    socket.send(subscribeAs('a'));
    const feed = await begins;
    feed.push(event(1));
    expect(await messageOf(socket)).toEqual({ id: 'a', type: 'next', payload: event(1) });
    socket.send(JSON.stringify({ id: 'a', type: 'complete' }));
    await feed.returned;
    expect(feed.subscriber.signal.aborted).toBe(true);
    expect(counts.open()).toBe(1);
  });

  it('ends when its client is gone', async () => {
    const { url, feeds, counts } = await start();
    const socket = await connected(url);
    const begins = feeds.next();
    socket.send(subscribeAs('a'));
    const feed = await begins;
    socket.terminate();
    await feed.returned;
    await counts.whenClosed(1);
    expect(feed.subscriber.signal.aborted).toBe(true);
    expect(counts.closed).toEqual(['left']);
  });

  it('is given back when its client goes before it has begun', async () => {
    const feeds = createFeeds();
    let begin: () => void = () => undefined;
    let asked: () => void = () => undefined;
    const isAsked = new Promise<void>((resolve) => (asked = resolve));
    const mayBegin = new Promise<void>((resolve) => (begin = resolve));
    const { url, counts } = await start({
      feeds: {
        ...feeds,
        async subscribe(request, subscriber) {
          asked();
          await mayBegin;
          return feeds.subscribe(request, subscriber);
        },
      },
    });
    const socket = await connected(url);
    socket.send(subscribeAs('a'));
    await isAsked;
    socket.terminate();
    await counts.whenClosed(1);
    const begins = feeds.next();
    begin();
    const feed = await begins;
    await feed.returned;
    expect(feed.subscriber.signal.aborted).toBe(true);
  });
});

describe('who opens a WebSocket', () => {
  it.each([
    [{ authorization: 'bob' }, 'bob'],
    [{ Authorization: 'bob' }, 'bob'],
    [{ 'x-api-key': 'bob' }, 'bob'],
    [{ 'X-API-Key': 'bob' }, 'bob'],
  ])('may say who they are when it is open: %j', async (connectionParams, name) => {
    const { url, feeds } = await start();
    const begins = feeds.next();
    void collect(clientOf(url, { connectionParams }).iterate({ query: SUBSCRIPTION })).catch(() => undefined);
    expect((await begins).subscriber.viewer.id).toBe(name);
  });

  it('may say it in headers, which the subscription sees', async () => {
    const { url, feeds } = await start();
    const socket = opened(url, { headers: { authorization: 'eve', 'x-other': '1' } });
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init' }));
    await messageOf(socket);
    const begins = feeds.next();
    socket.send(subscribeAs('a'));
    const { viewer, headers } = (await begins).subscriber;
    expect(viewer.id).toBe('eve');
    expect(headers).toMatchObject({ authorization: 'eve', 'x-other': '1' });
  });

  it.each([
    [{}, 4401, 'Unauthorized'],
    [{ authorization: 'banned' }, 4403, 'Forbidden'],
    [{ authorization: 'later' }, 1013, 'Try again later'],
    [{ authorization: 1 }, 4401, 'Unauthorized'],
  ])('is refused with %j: %i', async (payload, code, words) => {
    const { url, counts } = await start();
    const socket = opened(url);
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init', payload }));
    expect(await closeOf(socket)).toEqual([code, words]);
    await counts.whenClosed(1);
    expect(counts.closed).toEqual(['refused']);
  });

  it('and says nothing then is closed', async () => {
    const { url } = await start({ initTimeout: 1 });
    expect(await closeOf(opened(url))).toEqual([4408, 'Connection initialisation timeout']);
  });

  it('and subscribes before saying who they are is closed', async () => {
    const { url, feeds } = await start();
    const socket = opened(url);
    await once(socket, 'open');
    socket.send(subscribeAs('a'));
    expect(await closeOf(socket)).toEqual([4401, 'Unauthorized']);
    expect(feeds.all).toHaveLength(0);
  });

  it.each([
    ['no message', 'nonsense', 4400],
    ['a message that only servers send', JSON.stringify({ type: 'connection_ack' }), 4400],
    ['bytes', Buffer.from([1]), 1003],
    ['a message that is too long', 'x'.repeat(1_001), 1009],
  ])('and sends %s is closed', async (_what, message, code) => {
    const { url, counts } = await start({ maxPayload: 1_000 });
    const socket = await connected(url);
    socket.send(message);
    expect((await closeOf(socket))[0]).toBe(code);
    await counts.whenClosed(1);
  });

  it('from a page of another origin is refused before that', async () => {
    const { url, counts } = await start({ answerHeaders: { 'x-content-type-options': 'nosniff' } });
    const { answer, body } = await refusalOf(opened(url, { origin: 'https://evil.example' }));
    expect(answer.statusCode).toBe(403);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(body.errors[0].extensions).toEqual({ code: 'FORBIDDEN' });
    const allowed = opened(url, { origin: ALLOWED });
    await once(allowed, 'open');
    expect(counts.open()).toBe(1);
  });

  it('while Parley takes on no more is told when to come again', async () => {
    const { url } = await start({
      admit() {
        throw new ParleyError('OVERLOADED', 'Busy.', { retryable: true, retryAfter: 7 });
      },
    });
    const { answer, body } = await refusalOf(opened(url));
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('7');
    expect(body.errors[0].extensions).toEqual({ code: 'OVERLOADED', retryable: true, retryAfter: 7 });
  });

  it.each([
    ['another sub-protocol', 'GET', 'sec-websocket-protocol: graphql-ws\r\nsec-websocket-version: 13'],
    ['no sub-protocol', 'GET', 'sec-websocket-version: 13'],
    ['another version', 'GET', `sec-websocket-protocol: ${PROTOCOL}\r\nsec-websocket-version: 12`],
    ['no key', 'GET', `sec-websocket-protocol: ${PROTOCOL}\r\nsec-websocket-version: 13`],
  ])('with %s is told that this is no handshake', async (_what, method, lines) => {
    const { url } = await start({ limit: { connections: 1 } });
    const answer = await raw(
      url,
      `${method} /graphql HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\nupgrade: websocket\r\n${lines}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(answer).toContain('"code":"BAD_REQUEST"');
    // It holds no place.
    await connected(url);
  });
});

describe('a request that asks to become something else than a WebSocket', () => {
  it.each([
    ['HTTP/2', 'h2c', '/graphql', /^HTTP\/1.1 200 [^]*\{"posted":\{"query":"\{ a \}"\}\}$/],
    ['a WebSocket elsewhere', 'websocket', '/elsewhere', /^HTTP\/1.1 404 /],
  ])('%s is answered as if it did not', async (_what, protocol, path, expected) => {
    const { url } = await start();
    const body = JSON.stringify({ query: '{ a }' });
    const head = [
      `POST ${path} HTTP/1.1`,
      'host: h',
      `connection: Upgrade, HTTP2-Settings, close`,
      `upgrade: ${protocol}`,
      'http2-settings: AAMAAABkAAQCAAAAAAIAAAAA',
      'content-type: application/json',
      `content-length: ${body.length}`,
    ].join('\r\n');
    expect(await raw(url, `${head}\r\n\r\n${body}`)).toMatch(expected);
  });
});

describe('limits of WebSockets', () => {
  it('are told to a viewer with too many connections', async () => {
    const { url } = await start({ limit: { connectionsPerViewer: 1 } });
    const first = await connected(url);
    const second = opened(url);
    await once(second, 'open');
    second.send(JSON.stringify({ type: 'connection_init', payload: { authorization: 'ann' } }));
    expect(await closeOf(second)).toEqual([4429, 'Too many connections']);
    first.close();
    await once(first, 'close');
  });

  it('hold no place for a client that is refused, and does not take it in', async () => {
    const { url, counts } = await start({ initTimeout: 1, closeTimeout: 1 });
    const socket = opened(url);
    await once(socket, 'open');
    // It neither sees that it is closed, nor says that it has seen it.
    socket.pause();
    await counts.whenClosed(1);
    expect(counts.closed).toEqual(['refused']);
  });

  it('hold for the process, which has room again once one has gone', async () => {
    const { url, counts } = await start({ limit: { connections: 1 } });
    const first = await connected(url);
    const { answer, body } = await refusalOf(opened(url));
    expect(answer.statusCode).toBe(503);
    expect(body.errors[0].extensions).toMatchObject({ code: 'OVERLOADED', retryable: true });
    first.close();
    await counts.whenClosed(1);
    await connected(url);
  });

  it('hold for the subscriptions of a connection, which keeps those it has', async () => {
    const { url, feeds } = await start({ maxSubscriptions: 1 });
    const socket = await connected(url);
    const begins = feeds.next();
    socket.send(subscribeAs('a'));
    const feed = await begins;
    socket.send(subscribeAs('b'));
    expect(await messageOf(socket)).toEqual({
      ...{ id: 'b', type: 'error' },
      payload: [{ message: expect.any(String), extensions: { code: 'RATE_LIMITED' } }],
    });
    feed.push(event(1));
    expect(await messageOf(socket)).toMatchObject({ id: 'a', type: 'next' });
  });

  it('hold for who subscribes and takes it back without end', async () => {
    const feeds = createFeeds();
    const never = new Promise<never>(() => undefined);
    const { url } = await start({ maxSubscriptions: 1, feeds: { ...feeds, subscribe: () => never } });
    const socket = await connected(url);
    socket.send(subscribeAs('a'));
    socket.send(JSON.stringify({ id: 'a', type: 'complete' }));
    socket.send(subscribeAs('b'));
    expect(await messageOf(socket)).toMatchObject({ id: 'b', type: 'error' });
  });
});

describe('a client that does not take what it is sent', () => {
  it('is cut off, and until then little is kept for it', async () => {
    const { url, feeds, counts } = await start({ drainTimeout: 50 });
    const socket = await connected(url);
    const begins = feeds.next();
    socket.send(subscribeAs('a'));
    const feed = await begins;
    socket.pause();
    const large = { data: { text: 'x'.repeat(1_000_000) } };
    feed.push(...Array.from({ length: 200 }, () => large));
    await feed.returned;
    await counts.whenClosed(1);
    expect(counts.closed).toEqual(['slow']);
    // What the kernel took, and one more.
    expect(feed.taken).toBeLessThan(50);
  });

  it('but asks without end is cut off as well', async () => {
    const { url, counts } = await start({ drainTimeout: 50 });
    const socket = await connected(url);
    socket.pause();
    const ping = JSON.stringify({ type: 'ping', payload: { text: 'x'.repeat(60_000) } });
    const sendMore = () => socket.send(ping, (error) => error ?? sendMore());
    for (let index = 0; index < 300; index += 1) sendMore();
    await counts.whenClosed(1);
    expect(counts.closed).toEqual(['slow']);
  });
});

describe('a client that no longer answers', () => {
  it('is cut off', async () => {
    const { url, counts } = await start({ heartbeat: 20 });
    await connected(url, { autoPong: false });
    await counts.whenClosed(1);
    expect(counts.closed).toEqual(['silent']);
  });

  it('to pings is asked again for as long as it does', async () => {
    const { url, counts } = await start({ heartbeat: 150 });
    const socket = await connected(url);
    for (let count = 0; count < 3; count += 1) await once(socket, 'ping');
    expect(counts.open()).toBe(1);
  });
});

describe('Parley, when it stops', () => {
  it('says so to each subscription, completes it, and closes', async () => {
    const { url, feeds, transport, counts } = await start();
    const socket = await connected(url);
    const messages: any[] = [];
    socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString())));
    const begins = feeds.next();
    socket.send(subscribeAs('a'));
    await begins;
    const closing = transport.close(new AbortController().signal);
    expect(await closeOf(socket)).toEqual([1001, 'Going away']);
    await closing;
    expect(messages).toEqual([
      { id: 'a', type: 'next', payload: SHUTTING_DOWN },
      { id: 'a', type: 'complete' },
    ]);
    expect(counts.closed).toEqual(['stopped']);
  });

  it('cuts off who does not go in time', async () => {
    const { url, feeds, transport, counts } = await start();
    const socket = await connected(url);
    const begins = feeds.next();
    socket.send(subscribeAs('a'));
    const feed = await begins;
    socket.pause();
    const deadline = new AbortController();
    const closing = transport.close(deadline.signal);
    deadline.abort();
    await closing;
    await feed.returned;
    expect(counts.closed).toEqual(['stopped']);
  });

  it('lets nobody in any more', async () => {
    const { url, feeds, transport } = await start();
    const socket = await connected(url);
    const begins = feeds.next();
    socket.send(subscribeAs('a'));
    await begins;
    socket.pause();
    const deadline = new AbortController();
    const closing = transport.close(deadline.signal);
    const { answer } = await refusalOf(opened(url));
    expect(answer.statusCode).toBe(503);
    deadline.abort();
    await closing;
  });

  it('leaves nothing behind', async () => {
    const { url, app, transport } = await start();
    const before = app.server.listenerCount('upgrade');
    await connected(url);
    await transport.close(AbortSignal.abort());
    expect(app.server.listenerCount('upgrade')).toBe(before - 1);
    // It would wait for a socket.
    await app.close();
  });
});

async function collect<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const each of iterable) all.push(each);
  return all;
}

/** What a server answers to these bytes, until it closes. */
async function raw(url: string, bytes: string): Promise<string> {
  const { port } = new URL(url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.end(bytes);
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}
