import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { fastify } from 'fastify';
import type { ClientOptions } from 'graphql-sse';
import { createClient } from 'graphql-sse';
import type { ParleyError } from '../../src/messaging/errors.ts';
import { parseSubscriptionRequest } from '../../src/realtime/transports/parseSubscriptionRequest.ts';
import type { SseOptions } from '../../src/realtime/transports/sse.ts';
import { createSseTransport } from '../../src/realtime/transports/sse.ts';
import type { SubscriptionLimitOptions } from '../../src/realtime/transports/subscriptionLimits.ts';
import { createSubscriptionLimits } from '../../src/realtime/transports/subscriptionLimits.ts';
import type { Feeds } from './subscriptions.ts';
import { authenticate, createCounts, createFeeds, event, SHUTTING_DOWN } from './subscriptions.ts';

const SUBSCRIPTION = 'subscription { n }';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function start(
  options: Partial<SseOptions> & { feeds?: Feeds; limit?: SubscriptionLimitOptions } = {},
) {
  const { feeds = createFeeds(), limit, ...rest } = options;
  const counts = createCounts();
  const transport = createSseTransport({
    ...{ subscribe: feeds.subscribe, observer: counts.observer },
    limits: createSubscriptionLimits(limit),
    ...rest,
  });
  const app = fastify();
  app.setErrorHandler((error: ParleyError, _request, reply) => reply.code(429).send({ code: error.code }));
  const handle = async (request: FastifyRequest, reply: FastifyReply) => {
    const viewer = await authenticate(request.headers);
    const subscription = parseSubscriptionRequest(request.method === 'GET' ? request.query : request.body);
    void reply.header('access-control-allow-origin', 'https://app.example');
    if (!transport.wants(request.headers, subscription)) return { json: true };
    await transport.serve(request, reply, subscription, viewer);
    return undefined;
  };
  app.get('/graphql', handle);
  app.post('/graphql', handle);
  const url = `${await app.listen({ port: 0, host: '127.0.0.1' })}/graphql`;
  undo.push(async () => {
    await transport.close(AbortSignal.abort());
    await app.close();
  });
  return { transport, feeds, counts, url };
}

function clientOf(url: string, options: Partial<ClientOptions> = {}) {
  const client = createClient({
    ...{ url, retryAttempts: 0 },
    headers: { authorization: 'ann' },
    ...options,
  });
  undo.push(() => client.dispose());
  return client;
}

const post = (url: string, accept: string, body: object = { query: SUBSCRIPTION }) =>
  fetch(url, {
    method: 'POST',
    headers: { accept, authorization: 'ann', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

async function collect<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const each of iterable) all.push(each);
  return all;
}

/** A client that reads by hand. */
async function subscribed(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  undo.push(() => socket.destroy());
  await once(socket, 'connect');
  socket.write(REQUEST);
  return socket;
}

const BODY = JSON.stringify({ query: SUBSCRIPTION });
const REQUEST =
  `POST /graphql HTTP/1.1\r\nhost: h\r\nauthorization: ann\r\naccept: text/event-stream\r\n` +
  `content-type: application/json\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`;

describe('a subscription over server-sent events', () => {
  it('brings its events in order, and completes', async () => {
    const { url, feeds, counts } = await start();
    const begins = feeds.next();
    const received = collect(clientOf(url).iterate({ query: SUBSCRIPTION, variables: { a: 1 } }));
    const feed = await begins;
    expect(counts.open()).toBe(1);
    feed.push(event(1), event(2), event(3));
    feed.end();
    expect(await received).toEqual([event(1), event(2), event(3)]);
    expect(feed.request).toMatchObject({ query: SUBSCRIPTION, variables: { a: 1 } });
    expect(feed.subscriber).toMatchObject({ viewer: { id: 'ann' }, headers: { authorization: 'ann' } });
    await counts.whenClosed(1);
    expect(counts.closed).toEqual(['completed']);
  });

  it('is in the form that is documented, and kept from caches', async () => {
    const { url, feeds } = await start();
    const begins = feeds.next();
    const answering = post(url, 'text/event-stream');
    const feed = await begins;
    feed.push(event(1));
    feed.end();
    const answer = await answering;
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      'access-control-allow-origin': 'https://app.example',
    });
    expect(await answer.text()).toBe(
      ':\n\nevent: next\ndata: {"data":{"n":1}}\n\nevent: complete\ndata:\n\n',
    );
  });

  it('may be asked for by GET, as browsers do', async () => {
    const { url, feeds } = await start();
    const begins = feeds.next();
    const parameters = new URLSearchParams({ query: SUBSCRIPTION, variables: '{"a":1}' });
    const answering = fetch(`${url}?${parameters.toString()}`, {
      headers: { accept: 'text/event-stream', authorization: 'ann' },
    });
    const feed = await begins;
    expect(feed.request).toMatchObject({ query: SUBSCRIPTION, variables: { a: 1 } });
    feed.end();
    expect(await (await answering).text()).toContain('event: complete');
  });

  it('that never begins is answered with its errors, and completes', async () => {
    const error = { message: 'No.', extensions: { code: 'FORBIDDEN' } };
    const { url } = await start({ feeds: createFeeds(() => ({ errors: [error] })) });
    expect(await collect(clientOf(url).iterate({ query: SUBSCRIPTION }))).toEqual([{ errors: [error] }]);
  });

  it.each(['query', 'mutation'])('is the only thing that goes this way: a %s is refused', async (kind) => {
    const { url, feeds } = await start();
    expect(await collect(clientOf(url).iterate({ query: `${kind} { n }` }))).toEqual([
      {
        errors: [
          {
            message: expect.stringContaining(`A ${kind} is sent by POST`),
            extensions: { code: 'BAD_REQUEST' },
          },
        ],
      },
    ]);
    expect(feeds.all).toHaveLength(0);
  });

  it('is what a client means that takes JSON as well; its queries stay as they are', async () => {
    const { url, feeds } = await start();
    const accept = 'application/graphql-response+json, application/json, text/event-stream, multipart/mixed';
    expect(await (await post(url, accept, { query: '{ n }' })).json()).toEqual({ json: true });
    expect(await (await post(url, 'application/json, text/event-stream;q=0')).json()).toEqual({ json: true });
    const begins = feeds.next();
    const answering = post(url, accept);
    (await begins).end();
    expect((await answering).headers.get('content-type')).toMatch('text/event-stream');
  });

  it('ends when its client is gone', async () => {
    const { url, feeds, counts } = await start();
    const begins = feeds.next();
    const socket = await subscribed(url);
    const feed = await begins;
    socket.destroy();
    await feed.returned;
    await counts.whenClosed(1);
    expect(feed.subscriber.signal.aborted).toBe(true);
    expect(counts.closed).toEqual(['left']);
  });

  it('ends when its client is gone, also where its answer waits for that of another one', async () => {
    const { url, feeds, counts } = await start();
    const begins = feeds.next();
    const socket = await subscribed(url);
    await begins;
    const waits = feeds.next();
    socket.write(REQUEST);
    const feed = await waits;
    socket.destroy();
    await feed.returned;
    await counts.whenClosed(2);
    expect(counts.closed).toEqual(['left', 'left']);
  });

  it('shows that it is there while nothing happens', async () => {
    const { url, feeds } = await start({ heartbeat: 1 });
    const begins = feeds.next();
    const socket = await subscribed(url);
    const feed = await begins;
    let received = '';
    socket.on('data', (chunk) => (received += String(chunk)));
    while (received.split(':\n\n').length < 5) await once(socket, 'data');
    feed.push(event(1));
    feed.end();
    while (!received.includes('event: complete')) await once(socket, 'data');
    expect(received).toContain('event: next\ndata: {"data":{"n":1}}\n\n');
  });
});

describe('limits of server-sent events', () => {
  it('are told to a viewer with too many, in an answer like any other', async () => {
    const { url, feeds, counts } = await start({ limit: { connectionsPerViewer: 1 } });
    const begins = feeds.next();
    const first = await subscribed(url);
    await begins;
    const answer = await post(url, 'text/event-stream');
    expect(answer.status).toBe(429);
    expect(await answer.json()).toEqual({ code: 'RATE_LIMITED' });
    first.destroy();
    await counts.whenClosed(2);
    const begin = feeds.next();
    const third = await subscribed(url);
    await begin;
    third.destroy();
  });

  it('hold for the process', async () => {
    const { url } = await start({ limit: { connections: 0 } });
    expect(await (await post(url, 'text/event-stream')).json()).toEqual({ code: 'OVERLOADED' });
  });
});

describe('a listener that does not take what it is sent', () => {
  it('is cut off, and until then little is kept for it', async () => {
    const { url, feeds, counts } = await start({ drainTimeout: 50, heartbeat: 1 });
    const begins = feeds.next();
    const socket = await subscribed(url);
    socket.pause();
    const feed = await begins;
    const large = { data: { text: 'x'.repeat(1_000_000) } };
    feed.push(...Array.from({ length: 200 }, () => large));
    await feed.returned;
    await counts.whenClosed(1);
    expect(counts.closed).toEqual(['slow']);
    // What the kernel took, and one more.
    expect(feed.taken).toBeLessThan(50);
  });
});

describe('Parley, when it stops', () => {
  it('says so to each listener, and completes', async () => {
    const { url, feeds, transport, counts } = await start();
    const begins = feeds.next();
    const received = collect(clientOf(url).iterate({ query: SUBSCRIPTION }));
    await begins;
    await transport.close(new AbortController().signal);
    expect(await received).toEqual([SHUTTING_DOWN]);
    expect(counts.closed).toEqual(['stopped']);
    expect(await (await post(url, 'text/event-stream')).json()).toEqual({ code: 'OVERLOADED' });
  });

  it('cuts off who does not go in time', async () => {
    const stuck = { next: () => new Promise<never>(() => undefined), [Symbol.asyncIterator]: () => stuck };
    const { url, transport, counts } = await start({ feeds: createFeeds(() => ({ results: stuck })) });
    const socket = await subscribed(url);
    await once(socket, 'data');
    const deadline = new AbortController();
    const closing = transport.close(deadline.signal);
    deadline.abort();
    await closing;
    await counts.whenClosed(1);
    expect(counts.closed).toEqual(['stopped']);
  });
});
