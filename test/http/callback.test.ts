import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { fastify } from 'fastify';
import type { CallbackOptions } from '../../src/realtime/transports/callback.ts';
import { createCallbackTransport } from '../../src/realtime/transports/callback.ts';
import { parseSubscriptionRequest } from '../../src/realtime/transports/parseSubscriptionRequest.ts';
import type { SubscriptionLimitOptions } from '../../src/realtime/transports/subscriptionLimits.ts';
import { createSubscriptionLimits } from '../../src/realtime/transports/subscriptionLimits.ts';
import type { Feeds } from './subscriptions.ts';
import { createCounts, createFeeds, event, SHUTTING_DOWN, viewerOf } from './subscriptions.ts';
import { startUpstream } from './upstream.ts';

const SUBSCRIPTION = 'subscription { n }';
const ACCEPT = 'application/json;callbackSpec=1.0';
const PROTOCOL = 'callback/1.0';
const ID = { id: 'sub-1', verifier: 'secret' };

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

type Answer = (call: any, response: ServerResponse) => boolean;

/** A router that answers as documented, unless a test answers first. */
async function startRouter(answer: Answer = () => false) {
  const calls: any[] = [];
  const waiting: (() => void)[] = [];
  const upstream = await startUpstream((response, { body }) => {
    const call = JSON.parse(body.toString());
    calls.push(call);
    for (const wake of waiting.splice(0)) wake();
    if (answer(call, response)) return;
    if (call.action === 'check') response.setHeader('subscription-protocol', PROTOCOL);
    response.writeHead({ check: 204, next: 200, complete: 202 }[call.action as 'next']).end();
  });
  undo.push(() => upstream.close());
  return {
    ...{ calls, upstream },
    host: new URL(upstream.url).host,
    callbackUrl: `${upstream.url}/callback/sub-1?token=hidden`,
    actions: () => calls.map(({ action }) => action),
    async whenCalled(action: string, count = 1) {
      while (calls.filter((call) => call.action === action).length < count)
        await new Promise<void>((resolve) => waiting.push(resolve));
    },
  };
}

const status = (code: number) => (response: ServerResponse) => {
  response.writeHead(code).end();
  return true;
};

async function start(
  options: Partial<CallbackOptions> & {
    router?: Awaited<ReturnType<typeof startRouter>>;
    feeds?: Feeds;
    limit?: SubscriptionLimitOptions;
    viaRouter?: boolean;
  } = {},
) {
  const { router = await startRouter(), feeds = createFeeds(), limit, viaRouter = true, ...rest } = options;
  const counts = createCounts();
  const transport = createCallbackTransport({
    ...{ subscribe: feeds.subscribe, observer: counts.observer, hosts: [router.host] },
    ...{ limits: createSubscriptionLimits(limit), retryPauses: [1, 1] },
    ...rest,
  });
  const app = fastify();
  app.post('/graphql', async (request: FastifyRequest, reply: FastifyReply) => {
    if (!transport.wants(request.headers)) return { json: true };
    const subscription = parseSubscriptionRequest(request.body);
    await transport.serve(request, reply, subscription, viewerOf('ann', viaRouter));
    return reply;
  });
  const url = `${await app.listen({ port: 0, host: '127.0.0.1' })}/graphql`;
  undo.push(async () => {
    await transport.close(AbortSignal.abort());
    await app.close();
  });
  const ask = async (more: object = {}, query = SUBSCRIPTION, accept = ACCEPT) => {
    const subscription = {
      ...{ callbackUrl: router.callbackUrl, subscriptionId: 'sub-1', verifier: 'secret' },
      ...{ heartbeatIntervalMs: 0, ...more },
    };
    const answer = await fetch(url, {
      method: 'POST',
      headers: { accept, 'content-type': 'application/json' },
      body: JSON.stringify({ query, extensions: { subscription } }),
    });
    return {
      status: answer.status,
      protocol: answer.headers.get('subscription-protocol'),
      body: (await answer.json()) as any,
    };
  };
  /** Begins one that lasts. */
  const begin = async (more: object = {}) => {
    const begins = feeds.next();
    expect(await ask(more)).toEqual({ status: 200, protocol: PROTOCOL, body: { data: null } });
    return begins;
  };
  return { router, transport, feeds, counts, ask, begin, url };
}

describe('a subscription by callback', () => {
  it('is checked, and its events are sent in order, and its end', async () => {
    const { router, begin, counts } = await start();
    const feed = await begin();
    expect(router.calls).toEqual([{ kind: 'subscription', action: 'check', ...ID }]);
    expect(feed.subscriber.viewer).toMatchObject({ id: 'ann', viaRouter: true });
    expect(counts.open()).toBe(1);
    feed.push(event(1), event(2));
    feed.end();
    await counts.whenClosed(1);
    expect(router.calls.slice(1)).toEqual([
      { kind: 'subscription', action: 'next', payload: event(1), ...ID },
      { kind: 'subscription', action: 'next', payload: event(2), ...ID },
      { kind: 'subscription', action: 'complete', ...ID },
    ]);
    expect(counts.closed).toEqual(['completed']);
    for (const { method, url, headers } of router.upstream.received) {
      expect({ method, url }).toEqual({ method: 'POST', url: '/callback/sub-1?token=hidden' });
      expect(headers).toMatchObject({
        'subscription-protocol': PROTOCOL,
        'content-type': 'application/json',
      });
    }
  });

  it('that never begins is completed with its errors', async () => {
    const errors = [{ message: 'No.', extensions: { code: 'FORBIDDEN' } }];
    const { router, ask, counts } = await start({ feeds: createFeeds(() => ({ errors })) });
    expect(await ask()).toMatchObject({ status: 200, body: { data: null } });
    await counts.whenClosed(1);
    expect(router.calls.at(-1)).toEqual({ kind: 'subscription', action: 'complete', errors, ...ID });
  });

  it('sends one event at a time, and takes the next one only when that has arrived', async () => {
    const kept: ServerResponse[] = [];
    const router = await startRouter(({ action }, response) => action === 'next' && kept.push(response) > 0);
    const { begin, counts } = await start({ router });
    const feed = await begin();
    feed.push(event(1), event(2), event(3));
    feed.end();
    for (let count = 1; count <= 3; count += 1) {
      await router.whenCalled('next', count);
      expect(feed.taken).toBe(count);
      kept.pop()!.writeHead(200).end();
    }
    await counts.whenClosed(1);
    expect(router.actions()).toEqual(['check', 'next', 'next', 'next', 'complete']);
  });

  it('shows that it is there', async () => {
    const { router, begin } = await start({ heartbeatFloor: 1 });
    const feed = await begin({ heartbeatIntervalMs: 1 });
    await router.whenCalled('check', 4);
    feed.push(event(1));
    await router.whenCalled('next');
    await router.whenCalled('check', 6);
    feed.end();
    await router.whenCalled('complete');
  });

  it('sends an event again that was not heard, and others after it', async () => {
    let refusals = 2;
    const router = await startRouter(
      ({ action }, response) => action === 'next' && refusals-- > 0 && status(503)(response),
    );
    const { begin, counts } = await start({ router });
    const feed = await begin();
    feed.push(event(1), event(2));
    feed.end();
    await counts.whenClosed(1);
    expect(router.calls.filter(({ action }) => action === 'next').map(({ payload }) => payload)).toEqual([
      ...[event(1), event(1), event(1)],
      event(2),
    ]);
  });

  it('ends when an event is not heard after all, of which the client learns', async () => {
    const router = await startRouter(({ action }, response) => action === 'next' && status(500)(response));
    const { begin, counts } = await start({ router });
    const feed = await begin();
    feed.push(event(1), event(2));
    await feed.returned;
    await counts.whenClosed(1);
    expect(router.actions()).toEqual(['check', 'next', 'next', 'next', 'complete']);
    expect(router.calls.at(-1).errors[0].extensions).toMatchObject({ retryable: true });
    expect(counts.closed).toEqual(['silent']);
    expect(feed.subscriber.signal.aborted).toBe(true);
  });

  it.each([404, 401, 302])('ends at once when an event is answered with %i', async (code) => {
    const router = await startRouter(({ action }, response) => {
      if (action !== 'next') return false;
      response.setHeader('location', '/elsewhere');
      return status(code)(response);
    });
    const { begin, counts } = await start({ router });
    const feed = await begin();
    feed.push(event(1), event(2));
    await feed.returned;
    await counts.whenClosed(1);
    expect(router.actions()).toEqual(['check', 'next']);
    expect(counts.closed).toEqual(['left']);
  });

  it('ends when a heartbeat finds that its client is gone', async () => {
    let checks = 0;
    const router = await startRouter(
      ({ action }, response) => action === 'check' && ++checks > 2 && status(404)(response),
    );
    const { begin, counts } = await start({ router, heartbeatFloor: 1 });
    const feed = await begin({ heartbeatIntervalMs: 1 });
    await feed.returned;
    await counts.whenClosed(1);
    expect(router.actions()).toEqual(['check', 'check', 'check']);
  });

  it('ends when several heartbeats in a row are not heard', async () => {
    let checks = 0;
    const router = await startRouter(
      ({ action }, response) => action === 'check' && ++checks > 1 && status(500)(response),
    );
    const { begin, counts } = await start({ router, heartbeatFloor: 1, maxFailures: 2 });
    const feed = await begin({ heartbeatIntervalMs: 1 });
    await feed.returned;
    await counts.whenClosed(1);
    expect(router.actions()).toEqual(['check', 'check', 'check']);
    expect(counts.closed).toEqual(['silent']);
  });

  it('does not wait for a router that does not answer', async () => {
    const router = await startRouter(({ action }) => action === 'next');
    const { begin, counts } = await start({ router, deadline: 500, retryPauses: [] });
    const feed = await begin();
    feed.push(event(1));
    await feed.returned;
    await counts.whenClosed(1);
    expect(counts.closed).toEqual(['silent']);
  });
});

describe('a callback address', () => {
  it.each([
    ['is not taken from who is no router', { viaRouter: false }],
    ['is not taken while none is allowed', { hosts: [] }],
    ['of a host that is not listed is not asked', { hosts: ['router.example'] }],
    ['of another port of a host is not asked', { hosts: ['127.0.0.1'] }],
  ])('%s', async (_what, options) => {
    const { router, ask, feeds } = await start(options);
    expect(await ask()).toMatchObject({
      ...{ status: 403, protocol: PROTOCOL },
      body: { errors: [{ extensions: { code: 'FORBIDDEN' } }] },
    });
    expect(router.upstream.connections()).toBe(0);
    expect(feeds.all).toHaveLength(0);
  });

  it.each([
    [{ callbackUrl: undefined }],
    [{ callbackUrl: 'nonsense' }],
    [{ callbackUrl: 'ftp://127.0.0.1/' }],
    [{ callbackUrl: 'http://user:hidden@127.0.0.1/' }],
    [{ subscriptionId: 1 }],
    [{ verifier: '' }],
    [{ heartbeatIntervalMs: -1 }],
    [{ heartbeatIntervalMs: 'often' }],
  ])('that is not one is refused: %j', async (more) => {
    const { router, ask } = await start();
    const { status: code, body } = await ask(more);
    expect({ code, body }).toMatchObject({
      code: 400,
      body: { errors: [{ extensions: { code: 'BAD_REQUEST' } }] },
    });
    expect(JSON.stringify(body)).not.toMatch(/secret|hidden/);
    expect(router.calls).toHaveLength(0);
  });

  it.each([
    ['does not know the subscription', 404, false],
    ['answers like any web server', 200, false],
    ['leads elsewhere', 307, false],
    ['is not well', 503, true],
  ])('that %s gets no events', async (_what, code, retryable) => {
    const router = await startRouter((_call, response) => {
      response.setHeader('location', '/elsewhere');
      return status(code)(response);
    });
    const { ask, feeds, counts } = await start({ router });
    const { status: answered, body } = await ask();
    expect(answered).toBe(400);
    expect(body.errors).toEqual([
      {
        message: expect.any(String),
        extensions: { code: 'BAD_REQUEST', ...(retryable && { retryable: true }) },
      },
    ]);
    expect(JSON.stringify(body)).not.toMatch(/secret|hidden/);
    expect(router.actions()).toEqual(['check']);
    expect(feeds.all).toHaveLength(0);
    expect(counts.open()).toBe(0);
  });

  it('that nobody answers at gets no events', async () => {
    const router = await startRouter();
    await router.upstream.close();
    const { ask } = await start({ router });
    expect((await ask()).body.errors[0].extensions).toEqual({ code: 'BAD_REQUEST', retryable: true });
  });

  it('is only for subscriptions, and only for who asks for it', async () => {
    const { router, ask } = await start();
    expect((await ask({}, 'mutation { n }')).body.errors[0].extensions).toEqual({ code: 'BAD_REQUEST' });
    expect((await ask({}, SUBSCRIPTION, 'application/json')).body).toEqual({ json: true });
    expect(router.calls).toHaveLength(0);
  });

  it('counts among the connections of a viewer, until it is over', async () => {
    const { begin, ask, counts } = await start({ limit: { connectionsPerViewer: 1 } });
    const feed = await begin();
    expect(await ask()).toMatchObject({
      status: 429,
      body: { errors: [{ extensions: { code: 'RATE_LIMITED', retryable: true } }] },
    });
    feed.end();
    await counts.whenClosed(1);
    await begin();
  });
});

describe('Parley, when it stops', () => {
  it('says so to each router, and completes', async () => {
    const { router, begin, transport, ask, counts } = await start();
    await begin();
    await transport.close(new AbortController().signal);
    expect(router.calls.slice(1)).toEqual([
      { kind: 'subscription', action: 'next', payload: SHUTTING_DOWN, ...ID },
      { kind: 'subscription', action: 'complete', ...ID },
    ]);
    expect(counts.closed).toEqual(['stopped']);
    expect(await ask()).toMatchObject({
      status: 503,
      body: { errors: [{ extensions: { code: 'OVERLOADED' } }] },
    });
  });

  it('does not wait for routers for longer than it may', async () => {
    const router = await startRouter(({ action }) => action === 'next');
    const { begin, transport, counts } = await start({ router });
    const feed = await begin();
    feed.push(event(1));
    await router.whenCalled('next');
    const deadline = new AbortController();
    const closing = transport.close(deadline.signal);
    deadline.abort();
    await closing;
    await feed.returned;
    await counts.whenClosed(1);
    expect(counts.closed).toEqual(['stopped']);
  });
});
