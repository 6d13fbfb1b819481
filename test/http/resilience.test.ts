import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { setImmediate as turnOfTheEventLoop } from 'node:timers/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { CallLimits } from '../../src/callLimits.ts';
import type { CallObserver } from '../../src/http/observer.ts';
import { NO_OBSERVER } from '../../src/http/observer.ts';
import { createProviderShares } from '../../src/http/resilience/createProviderShares.ts';
import { createDeadline } from '../../src/messaging/deadline.ts';
import { createUpstreamCalls } from '../../src/messaging/upstreamCalls.ts';
import type { Client } from './outgoingClient.ts';
import {
  closeAll,
  contextOf,
  createClient,
  failureOf,
  json,
  never,
  PATH,
  upstream,
} from './outgoingClient.ts';
import type { Behaviour, Upstream } from './upstream.ts';

afterEach(closeAll);
afterEach(() => {
  jest.restoreAllMocks();
});

const answerWith = (status: number, headers: Record<string, string> = {}): Behaviour => {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end('{"ok":true}');
  };
};

/** A far side that answers when a test says so. */
async function holding() {
  const held: { url: string; response: ServerResponse }[] = [];
  const server = await upstream((response, { url }) => held.push({ url, response }));
  return {
    ...server,
    /** The paths of the requests that have come, in order. */
    paths: () => server.received.map(({ url }) => url),
    /** Settles when so many requests have come. */
    async arrived(count: number) {
      while (server.received.length < count) await turnOfTheEventLoop();
    },
    /** Answers all that are held. */
    release(status = 200) {
      for (const { response } of held.splice(0))
        response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    },
    /** Answers those of one path. */
    answer(path: string) {
      for (const { url, response } of held)
        if (url === path) response.setHeader('content-type', 'application/json').end('{}');
      held.splice(0, held.length, ...held.filter(({ url }) => url !== path));
    },
    releaseFirst() {
      held.shift()!.response.setHeader('content-type', 'application/json').end('{}');
    },
  };
}

/** Lets whatever is on its way over the loopback arrive, were there anything: other requests come and go on it. */
async function letArrive(other: Client): Promise<void> {
  for (let rounds = 0; rounds < 5; rounds += 1) await other.get({ path: '/' });
}

/** Files as an upload carries them. */
function fileBody() {
  const body = Readable.from([Buffer.alloc(10)]);
  const multipart = [['file', { fileName: 'a.png', mimeType: 'image/png', body }]] as const;
  return { body, multipart };
}

/** Remembers what it is told, in order. */
function createRecorder(): { observer: CallObserver; told: string[] } {
  const told: string[] = [];
  return {
    told,
    observer: {
      ...NO_OBSERVER,
      call: (_source, { kind, code }) => void told.push(`${kind} ${code}`),
      retried: () => void told.push('retried'),
      shared: (_source, how) => void told.push(how),
      refused: (_source, why) => void told.push(why),
    },
  };
}

/** Nothing but what a test is about. */
const PLAIN: Partial<CallLimits> = { circuitBreaker: undefined, adaptiveRate: false };

describe('reads that are tried again', () => {
  it('are no more than a fifth and twenty of all, over all accounts of a provider', async () => {
    const server = await upstream(answerWith(500));
    const { observer, told } = createRecorder();
    const shared = createProviderShares()('pact', 256);
    const clients = Array.from({ length: 4 }, () =>
      createClient(server.url, { limits: { ...PLAIN, maxRetries: 2 }, shared, observer }),
    );
    const reads = 200;
    for (let round = 0; round < 4; round += 1)
      await Promise.all(
        Array.from({ length: reads / 4 }, (_, index) =>
          failureOf(clients[index % 4]!.get({ path: `/${round}/${index}` })),
        ),
      );
    expect(server.received.length).toBeGreaterThan(reads + 20);
    expect(server.received.length).toBeLessThanOrEqual(reads * 1.2 + 20);
    expect(told.filter((what) => what === 'retried')).toHaveLength(server.received.length - reads);
    expect(told).toContain('retry_budget');
  });

  it('are none for an operation that may make no more calls', async () => {
    const server = await upstream(answerWith(503));
    const calls = createUpstreamCalls();
    calls.limitTo(2, { writesToo: false });
    const { get } = createClient(server.url, { limits: { ...PLAIN, maxRetries: 5 } });
    await failureOf(get({ context: contextOf(new AbortController().signal, { calls }) }));
    expect(server.received).toHaveLength(2);
  });

  it('end with why they had to be, when the circuit opens meanwhile', async () => {
    const server = await upstream(answerWith(503, { 'retry-after': '1' }));
    const { get } = createClient(server.url, {
      limits: {
        maxRetries: 2,
        circuitBreaker: { failureRatio: 0.5, minimumCalls: 1, window: 1, openFor: 60_000 },
      },
    });
    expect(await failureOf(get())).toMatchObject({ code: 'PROVIDER_UNAVAILABLE', retryAfter: 1 });
    expect(server.received).toHaveLength(1);
  });
});

describe('a provider that answers hardly any call', () => {
  const circuitBreaker = { failureRatio: 0.5, minimumCalls: 4, window: 8, openFor: 60_000 };

  /** An account of which nobody expects anything any more. */
  async function openCircuit(openFor = 60_000, failing: Behaviour = answerWith(500)) {
    let behaviour = failing;
    const server = await upstream((...request) => behaviour(...request));
    const { observer, told } = createRecorder();
    const client = createClient(server.url, {
      limits: { circuitBreaker: { ...circuitBreaker, openFor }, adaptiveRate: false, readTimeout: 200 },
      observer,
    });
    for (let calls = 0; calls < 4; calls += 1) await failureOf(client.get());
    expect(client.health.load().circuit).not.toBe('closed');
    return { server, client, told, behave: (next: Behaviour) => (behaviour = next) };
  }

  it.each<[string, Behaviour]>([
    ['fails on its side', answerWith(500)],
    ['does not answer', never],
    ['breaks connections', (_response, { socket }) => void socket.resetAndDestroy()],
  ])('is not called for a while, neither to read nor to write, since it %s', async (_how, failing) => {
    const { server, client, told } = await openCircuit(60_000, failing);
    const { body, multipart } = fileBody();
    const notMade = { code: 'PROVIDER_UNAVAILABLE', refused: true, retryable: true, retryAfter: 60 };
    for (const call of [client.get(), client.post(), client.post({ multipart })]) {
      const error = await failureOf(call);
      expect(error).toMatchObject({ ...notMade, retryAfter: expect.any(Number) });
      expect(error.retryAfter).toBeGreaterThanOrEqual(40);
      expect(error.retryAfter).toBeLessThanOrEqual(72);
    }
    expect(body.destroyed).toBe(true);
    expect(client.health.status()).toBe('UNAVAILABLE');
    expect(server.received).toHaveLength(4);
    expect(told.slice(4)).toEqual(['circuit_open', 'circuit_open', 'circuit_open']);
  });

  it.each([400, 401, 402, 403, 404, 410, 422, 429, 302])(
    'is another one than one that refuses (%i)',
    async (status) => {
      const server = await upstream(answerWith(status));
      const { get, health } = createClient(server.url, {
        limits: { circuitBreaker: { ...circuitBreaker, minimumCalls: 1 }, adaptiveRate: false },
      });
      for (let calls = 0; calls < 10; calls += 1) await failureOf(get());
      expect([server.received.length, health.load().circuit]).toEqual([10, 'closed']);
    },
  );

  it('is asked by one alone after that, while all others are told at once, and then by all again', async () => {
    const { server, client, behave } = await openCircuit(20);
    let probe!: ServerResponse;
    behave((response) => (probe = response));
    const arrival = server.arrival();
    // Whoever finds the pause over is the one who tries.
    let probing: Promise<unknown> | undefined;
    void arrival.then(() => (probing ??= Promise.resolve()));
    const tries: Promise<unknown>[] = [];
    while (!probing) {
      const trying = client.get({ path: `/${tries.length}` });
      trying.catch(() => undefined);
      tries.push(trying);
      await turnOfTheEventLoop();
    }
    expect(client.health.load().circuit).toBe('half-open');
    expect(client.health.status()).toBe('UNAVAILABLE');
    for (const other of [client.get({ path: '/other' }), client.post()])
      expect(await failureOf(other)).toMatchObject({
        ...{ code: 'PROVIDER_UNAVAILABLE', refused: true, retryAfter: expect.any(Number) },
      });
    expect(server.received).toHaveLength(5);

    behave(json);
    probe.setHeader('content-type', 'application/json').end('{"ok":true}');
    expect((await Promise.allSettled(tries)).filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect([client.health.load().circuit, client.health.status()]).toEqual(['closed', 'OPERATIONAL']);
    expect(await Promise.all([client.get({ path: '/a' }), client.get({ path: '/b' })])).toHaveLength(2);
  });

  it('is not taken to be back by a caller who leaves before there was an answer', async () => {
    const { server, client, behave } = await openCircuit(20);
    behave(never);
    const caller = new AbortController();
    const arrival = server.arrival().then(() => 'arrived');
    const tries: Promise<unknown>[] = [];
    for (;;) {
      tries.push(failureOf(client.get({ context: contextOf(caller.signal) })));
      if ((await Promise.race([arrival, turnOfTheEventLoop('not yet')])) === 'arrived') break;
    }
    caller.abort();
    await Promise.all(tries);
    expect(client.health.load().circuit).toBe('open');
  });

  it.each([
    ['is known by callers who wait for long and leave', 50, ['DEGRADED', 'DEGRADED', 'UNAVAILABLE'], 'open'],
    ['is not known by callers who leave soon', 60_000, new Array(4).fill('OPERATIONAL'), 'closed'],
  ])('%s', async (_what, patience, statuses, circuit) => {
    const server = await upstream(never);
    const { get, health } = createClient(server.url, { limits: { circuitBreaker }, patience });
    const seen: string[] = [];
    for (const path of ['/0', '/1', '/2', '/3'].slice(0, statuses.length)) {
      const deadline = createDeadline(100);
      const context = contextOf(new AbortController().signal, { deadline });
      expect(await failureOf(get({ path, context }))).toMatchObject({ code: 'PROVIDER_TIMEOUT' });
      // The call itself is over a moment after its last reader has left.
      while (health.load().inFlight.read > 0) await turnOfTheEventLoop();
      seen.push(health.status());
    }
    expect(seen).toEqual(statuses);
    if (circuit === 'open') {
      const context = contextOf(new AbortController().signal, { deadline: createDeadline(100) });
      await failureOf(get({ context }));
      while (health.load().inFlight.read > 0) await turnOfTheEventLoop();
    }
    expect(health.load().circuit).toBe(circuit);
  });

  it.each<[string, Partial<CallLimits>, number]>([
    ['of their account', { concurrency: { reads: 1, sends: 1, uploads: 1, queue: 10 } }, 256],
    ['at their provider', {}, 1],
    // Nor is a turn waited for, or used up.
    [
      'with one turn for all',
      {
        concurrency: { reads: 1, sends: 1, uploads: 1, queue: 10 },
        rates: { calls: [{ count: 1, per: 60_000 }], uploads: [] },
      },
      256,
    ],
  ])('is not asked by those who have waited for a place %s meanwhile', async (_where, limits, maxCalls) => {
    const server = await holding();
    const client = createClient(server.url, {
      limits: { circuitBreaker: { ...circuitBreaker, minimumCalls: 1 }, adaptiveRate: false, ...limits },
      shared: createProviderShares()('pact', maxCalls),
    });
    const reads = Array.from({ length: 5 }, (_, index) => failureOf(client.get({ path: `/${index}` })));
    await server.arrived(1);
    server.release(500);
    for (const error of await Promise.all(reads)) expect(error.code).toBe('PROVIDER_UNAVAILABLE');
    expect(server.received).toHaveLength(1);
  });
});

describe('calls of an account', () => {
  const concurrency = { reads: 2, sends: 1, uploads: 1, queue: 3 };

  it('are so many at once, in the order in which they were asked for, and of each kind by themselves', async () => {
    const server = await holding();
    const client = createClient(server.url, { limits: { ...PLAIN, concurrency } });
    const reads = Array.from({ length: 5 }, (_, index) => client.get({ path: `/${index}` }));
    await server.arrived(2);
    const writes = [
      client.post(undefined, { path: '/send' }),
      client.post({ multipart: fileBody().multipart }, { path: '/upload' }),
    ];
    await server.arrived(4);
    expect(server.paths().toSorted()).toEqual(['/0', '/1', '/send', '/upload']);
    expect(client.health.load()).toMatchObject({
      inFlight: { read: 2, send: 1, upload: 1 },
      queued: { read: 3, send: 0, upload: 0 },
    });
    for (let answered = 1; answered <= 3; answered += 1) {
      server.releaseFirst();
      await server.arrived(4 + Math.min(answered, 2));
    }
    server.release();
    await server.arrived(7);
    server.release();
    await Promise.all([...reads, ...writes]);
    expect(server.paths().slice(4)).toEqual(['/2', '/3', '/4']);
    expect(client.health.load()).toMatchObject({
      inFlight: { read: 0, send: 0, upload: 0 },
      queued: { read: 0, send: 0, upload: 0 },
    });
  });

  it('are refused when too many wait already, and nothing has been done', async () => {
    const server = await holding();
    const { observer, told } = createRecorder();
    const client = createClient(server.url, { limits: { ...PLAIN, concurrency }, observer });
    const waiting = Array.from({ length: 5 }, (_, index) => client.get({ path: `/${index}` }));
    const sending = Array.from({ length: 4 }, () => client.post());
    const overloaded = { code: 'OVERLOADED', refused: true, retryable: true, retryAfter: 1 };
    expect(await failureOf(client.get({ path: '/one-too-many' }))).toMatchObject(overloaded);
    expect(await failureOf(client.post())).toMatchObject(overloaded);
    expect(told).toEqual(['queue_full', 'queue_full']);
    // Neither says anything of the provider.
    expect(client.health.status()).toBe('OPERATIONAL');
    let answered = 0;
    const all = Promise.all([...waiting, ...sending]).then(() => (answered += 1));
    while (answered === 0) {
      server.release();
      await turnOfTheEventLoop();
    }
    await all;
    expect(server.received).toHaveLength(9);
  });

  it('are not made for callers who have left the queue, who are told at once', async () => {
    const server = await holding();
    const client = createClient(server.url, { limits: { ...PLAIN, concurrency } });
    const other = createClient((await upstream(json)).url);
    const reads = Array.from({ length: 2 }, (_, index) => client.get({ path: `/${index}` }));
    await server.arrived(2);
    const caller = new AbortController();
    const context = contextOf(caller.signal);
    const leaving = [
      failureOf(client.get({ path: '/left', context })),
      failureOf(client.get({ path: '/left-too', context })),
    ];
    caller.abort();
    for (const error of await Promise.all(leaving)) expect(error.code).toBe('CANCELLED');
    // Those who come next wait behind nobody.
    const next = client.get({ path: '/next' });
    server.releaseFirst();
    await server.arrived(3);
    server.release();
    await Promise.all([...reads, next]);
    await letArrive(other);
    expect(server.paths()).toEqual(['/0', '/1', '/next']);
    expect(client.health.status()).toBe('OPERATIONAL');
  });

  it('share so many places with the provider’s other accounts, whose own they keep', async () => {
    const server = await holding();
    const shared = createProviderShares()('pact', 3);
    const clients = [1, 2].map(() => createClient(server.url, { limits: PLAIN, shared }));
    const reads = Array.from({ length: 10 }, (_, index) => clients[index % 2]!.get({ path: `/${index}` }));
    await server.arrived(3);
    for (let answered = 0; answered < 10; answered += 1) {
      expect(server.received.length - answered).toBeLessThanOrEqual(3);
      server.releaseFirst();
      await server.arrived(Math.min(10, answered + 4));
    }
    await Promise.all(reads);
  });

  it('are of one provider where their share is, and of another where it is not', () => {
    const shareOf = createProviderShares();
    expect(shareOf('pact', 3)).toBe(shareOf('pact', 3));
    expect(shareOf('pact', 3)).not.toBe(shareOf('letstalk', 3));
    expect(createProviderShares()('pact', 3)).not.toBe(shareOf('pact', 3));
  });
});

describe('the time of a call', () => {
  it('is over also for who still waits for a place: nothing has been done then', async () => {
    const server = await upstream(never);
    const shared = createProviderShares()('pact', 1);
    const slow = createClient(server.url, { limits: PLAIN, shared });
    const client = createClient(server.url, {
      limits: { ...PLAIN, readTimeout: 100, sendTimeout: 100, uploadTimeout: 100 },
      shared,
    });
    const { body, multipart } = fileBody();
    const arrivals = [slow.get(), slow.post(), slow.post({ multipart: fileBody().multipart })];
    for (const call of arrivals) call.catch(() => undefined);
    while (server.received.length < 3) await turnOfTheEventLoop();

    for (const call of [client.get(), client.post(), client.post({ multipart })])
      expect(await failureOf(call)).toMatchObject({
        ...{ code: 'PROVIDER_TIMEOUT', refused: true, retryable: true },
      });
    expect(body.destroyed).toBe(true);
    expect(server.received).toHaveLength(3);
    expect(client.health.status()).toBe('OPERATIONAL');
  });

  it('holds its retries as well, and what went wrong first is told', async () => {
    const server = await upstream((response, request, index) => {
      (index === 0 ? answerWith(503) : never)(response, request, index);
    });
    const { get } = createClient(server.url, { limits: { ...PLAIN, maxRetries: 5, readTimeout: 400 } });
    expect(await failureOf(get())).toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
    expect(server.received).toHaveLength(2);
  });

  it('is cut by its operation’s, and nothing more is asked once that is over', async () => {
    const server = await upstream(never);
    const deadline = createDeadline(100);
    const context = contextOf(new AbortController().signal, { deadline });
    const { get } = createClient(server.url, { limits: { ...PLAIN, maxRetries: 2 } });
    const timedOut = { code: 'PROVIDER_TIMEOUT', retryable: true };
    expect(await failureOf(get({ context }))).toMatchObject(timedOut);
    expect(await failureOf(get({ context, path: '/next' }))).toMatchObject(timedOut);
    expect(server.received).toHaveLength(1);
  });

  it.each([429, 503])(
    'is not waited away for an operation that has less left than the provider wants (%i)',
    async (status) => {
      const server = await upstream(answerWith(status, { 'retry-after': '3' }));
      const deadline = createDeadline(2_000);
      const { get } = createClient(server.url, { limits: { ...PLAIN, maxRetries: 2 } });
      const error = await failureOf(get({ context: contextOf(new AbortController().signal, { deadline }) }));
      expect(error).toMatchObject({ retryable: true, retryAfter: 3 });
      expect(server.received).toHaveLength(1);
    },
  );
});

describe('a rate', () => {
  const rates = { calls: [{ count: 1, per: 60_000 }], uploads: [{ count: 1, per: 30_000 }] };

  it('that is used up refuses what it could not let through in time, of calls and uploads by themselves', async () => {
    const server = await upstream(json);
    const { observer, told } = createRecorder();
    const client = createClient(server.url, {
      limits: { ...PLAIN, rates, uploadTimeout: 5_000 },
      observer,
    });
    await client.get();
    await client.post({ multipart: fileBody().multipart });
    const { body, multipart } = fileBody();
    const refused = { code: 'PROVIDER_RATE_LIMITED', refused: true, retryable: true };
    expect(await failureOf(client.get({ path: '/next' }))).toMatchObject({ ...refused, retryAfter: 60 });
    expect(await failureOf(client.post())).toMatchObject({ ...refused, retryAfter: 60 });
    expect(await failureOf(client.post({ multipart }))).toMatchObject({ ...refused, retryAfter: 30 });
    expect(body.destroyed).toBe(true);
    expect(server.received).toHaveLength(2);
    expect(told).toEqual(['read OK', 'upload OK', 'rate', 'rate', 'rate']);
    // The provider has said nothing of the kind.
    expect(client.health.status()).toBe('OPERATIONAL');
  });

  it('is not waited for by an operation that has less time left', async () => {
    const server = await upstream(json);
    const client = createClient(server.url, {
      limits: { ...PLAIN, rates: { calls: [{ count: 1, per: 4_000 }], uploads: [] } },
    });
    await client.get();
    const context = contextOf(new AbortController().signal, { deadline: createDeadline(2_000) });
    expect(await failureOf(client.get({ path: '/next', context }))).toMatchObject({
      code: 'PROVIDER_RATE_LIMITED',
    });
  });

  it('lets its callers leave while they wait for their turn', async () => {
    const server = await upstream(json);
    const client = createClient(server.url, {
      limits: { ...PLAIN, rates, readTimeout: 120_000, sendTimeout: 120_000 },
    });
    await client.get();
    const caller = new AbortController();
    const context = contextOf(caller.signal);
    const waiting = [
      failureOf(client.get({ path: '/next', context })),
      failureOf(client.post(undefined, { context })),
    ];
    await turnOfTheEventLoop();
    expect(client.health.load().inFlight).toMatchObject({ read: 1, send: 1 });
    caller.abort();
    for (const error of await Promise.all(waiting))
      expect(error).toMatchObject({ code: 'CANCELLED', refused: true });
    await turnOfTheEventLoop();
    expect(client.health.load().inFlight).toMatchObject({ read: 0, send: 0 });
    expect(server.received).toHaveLength(1);
  });

  it('is as it was for those who come after callers that have left', async () => {
    const server = await upstream(json);
    const client = createClient(server.url, {
      limits: { ...PLAIN, rates: { calls: [{ count: 1, per: 1_000 }], uploads: [] }, sendTimeout: 5_000 },
    });
    await client.post();
    for (let callers = 0; callers < 20; callers += 1) {
      const caller = new AbortController();
      const left = failureOf(client.post(undefined, { context: contextOf(caller.signal) }));
      await turnOfTheEventLoop();
      caller.abort();
      expect(await left).toMatchObject({ code: 'CANCELLED', refused: true });
    }

    await client.post();

    expect(server.received).toHaveLength(2);
  });

  it('is kept at the provider, also by those who have waited for a place', async () => {
    const server = await holding();
    const times: number[] = [];
    const client = createClient(server.url, {
      limits: {
        ...PLAIN,
        rates: { calls: [{ count: 3, per: 1_000 }], uploads: [] },
        concurrency: { reads: 3, sends: 1, uploads: 1, queue: 20 },
      },
    });
    const reads = Array.from({ length: 9 }, (_, index) => client.get({ path: `/${index}` }));
    await server.arrived(3);
    // All turns but those after two more seconds are over before there is a place.
    await new Promise((resolve) => setTimeout(resolve, 2_200));
    let over = false;
    const all = Promise.all(reads).finally(() => (over = true));
    const isOver = () => over;
    while (!isOver()) {
      while (times.length < server.received.length) times.push(performance.now());
      server.release();
      await turnOfTheEventLoop();
    }
    await all;
    // One after another they come within milliseconds; three a second is far from that, on any machine.
    expect(times[8]! - times[5]!).toBeGreaterThan(500);
  });

  it('is lowered by "too many requests", for reads and sends, not for uploads', async () => {
    const server = await upstream((response, request, index) => {
      (index === 0 ? answerWith(429) : json)(response, request, index);
    });
    const client = createClient(server.url, {
      limits: { circuitBreaker: undefined, readTimeout: 300, sendTimeout: 300 },
    });
    expect(await failureOf(client.get())).toMatchObject({ code: 'PROVIDER_RATE_LIMITED' });
    for (const call of [client.get({ path: '/next' }), client.post()])
      expect(await failureOf(call)).toMatchObject({ code: 'PROVIDER_RATE_LIMITED', retryAfter: 1 });
    expect(server.received).toHaveLength(1);
    await client.post({ multipart: fileBody().multipart });
    expect(server.received).toHaveLength(2);
  });
});

describe('what is read while something is written', () => {
  /** Waits for the next request that comes to a far side. */
  const next = (server: Awaited<ReturnType<typeof holding>>) => server.arrived(server.received.length + 1);

  it('is not what was asked for before the write was', async () => {
    const server = await holding();
    const { get, post } = createClient(server.url, { limits: PLAIN });
    const calls = [];
    for (const begin of [() => get(), () => post(), () => get()]) {
      calls.push(begin());
      await next(server);
    }
    server.release();
    await Promise.all(calls);
  });

  it.each([0, 3_600_000])('is not read by those who come after the write (cache %i)', async (cacheFor) => {
    const server = await holding();
    const { get, post } = createClient(server.url, { limits: { ...PLAIN, cacheFor } });
    const writing = post();
    await next(server);
    const whileWriting = [get({ path: '/under-way' }), get({ path: '/kept' })];
    await server.arrived(3);
    server.answer('/kept');
    await whileWriting[1];
    server.answer(`/${PATH}`);
    await writing;
    const after = [get({ path: '/under-way' }), get({ path: '/kept' })];
    await server.arrived(5);
    server.release();
    await Promise.all([...whileWriting, ...after]);
  });
});

describe('a call that is over', () => {
  it('leaves no timer of its time behind', async () => {
    const TIME = 98_765;
    const set = jest.spyOn(globalThis, 'setTimeout');
    const cleared = jest.spyOn(globalThis, 'clearTimeout');
    const server = await upstream((response, request, index) => {
      (index % 2 ? json : answerWith(404))(response, request, index);
    });
    const { get, post } = createClient(server.url, {
      limits: { ...PLAIN, readTimeout: TIME, sendTimeout: TIME, uploadTimeout: TIME },
    });
    for (let calls = 0; calls < 2; calls += 1) {
      await get({ path: `/${calls}` }).catch(() => undefined);
      await post().catch(() => undefined);
      await post({ multipart: fileBody().multipart }).catch(() => undefined);
    }
    const timers = set.mock.results.filter((_result, index) => set.mock.calls[index]![1] === TIME);
    const gone = new Set<unknown>(cleared.mock.calls.map(([timer]) => timer));
    expect(timers.length).toBeGreaterThanOrEqual(6);
    expect(timers.filter(({ value }) => !gone.has(value))).toEqual([]);
  });
});

describe('files of an upload', () => {
  const refusals: [string, Partial<CallLimits>][] = [
    ['too many wait', { concurrency: { reads: 1, sends: 1, uploads: 1, queue: 0 } }],
    ['its caller has gone', {}],
  ];
  it.each(refusals)('are let go when nothing was sent, since %s', async (_why, limits) => {
    const server = await upstream(never);
    const client = createClient(server.url, { limits: { ...PLAIN, ...limits } });
    const first = new AbortController();
    const { multipart } = fileBody();
    const busy = client.post({ multipart }, { context: contextOf(first.signal) });
    busy.catch(() => undefined);
    while (server.received.length === 0) await turnOfTheEventLoop();
    const second = fileBody();
    const gone = contextOf(AbortSignal.abort());
    const context = 'concurrency' in limits ? contextOf(new AbortController().signal) : gone;
    expect(await failureOf(client.post({ multipart: second.multipart }, { context }))).toMatchObject({
      refused: true,
    });
    expect(second.body.destroyed).toBe(true);
    first.abort();
    await failureOf(busy);
  });

  it.each([200, 500])('are let go when it is over (%i)', async (status) => {
    const server: Upstream = await upstream(answerWith(status));
    const { body, multipart } = fileBody();
    await createClient(server.url, { limits: PLAIN })
      .post({ multipart })
      .catch(() => undefined);
    expect(body.destroyed).toBe(true);
  });
});
