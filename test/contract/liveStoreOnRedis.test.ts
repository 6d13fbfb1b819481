import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import { FIRST } from '../../src/messaging/changes.ts';
import type { LiveStore } from '../../src/messaging/liveStore.ts';
import type { RedisStore } from '../../src/store/createRedisStore.ts';
import { createRedisStore } from '../../src/store/createRedisStore.ts';
import { eventually } from '../eventually.ts';
import type { StartedRedis } from '../redis.ts';
import { canStartRedis, startRedis } from '../redis.ts';
import { refusal } from './storeFailures.ts';

jest.setTimeout(40_000);

const LONG = 86_400_000;
const PREFIX = 'mine:';

(canStartRedis ? describe : describe.skip)('what is special about the live store of Redis', () => {
  let redis: StartedRedis;
  let admin: Redis;
  let opened: RedisStore[] = [];
  beforeAll(async () => {
    redis = (await startRedis({ durable: true }))!;
  });
  afterAll(() => redis.stop());
  beforeEach(async () => {
    admin = new Redis(redis.url, { retryStrategy: () => 20, disconnectTimeout: 10 });
    admin.on('error', () => undefined);
    await admin.flushall();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await Promise.all(opened.map((store) => store.close()));
    opened = [];
    admin.disconnect();
  });

  function open(commandTimeout = 2_000): { live: LiveStore; store: RedisStore } {
    const target = { kind: 'single', url: redis.url } as const;
    const store = createRedisStore({ target, keyPrefix: PREFIX, commandTimeout, report: () => undefined });
    opened.push(store);
    return { store, live: store.live(LONG) };
  }

  async function log(live: LiveStore, accountId: string, ...changes: readonly string[]): Promise<void> {
    const [key, state] = [randomUUID(), 'state'];
    const commit = { accountId, key, expected: undefined, state, activityAt: Date.now(), changes };
    expect(await live.commit(commit)).toBe(true);
  }

  /** Logs changes of an account of this name until somebody has been told by Redis itself of one. */
  async function untilTold(by: LiveStore, accountId: string, woken: readonly (string | undefined)[]) {
    await eventually(async () => {
      await log(by, accountId, 'change');
      expect(woken).toContain(accountId);
    });
  }

  const connections = async () => {
    const clients = String(await admin.client('LIST'));
    return clients.trim().split('\n').length;
  };

  it('gives every key the prefix, one slot, and an end', async () => {
    const { live } = open();
    await live.position();
    await log(live, 'acme', 'change');
    await live.commit({ accountId: 'acme', key: 'silent', expected: undefined, state: 's', changes: [] });

    const keys = await admin.keys('*');

    expect(keys.length).toBeGreaterThanOrEqual(5);
    for (const key of keys) {
      expect(key.startsWith(`${PREFIX}{live}`)).toBe(true);
      expect(await admin.pttl(key)).toBeGreaterThan(0);
    }
  });

  it('gives up the places of states that are gone, and misses none that is there', async () => {
    const { live } = open();
    const places = Array.from({ length: 30 }, (_, index) => ({ key: `k${index}`, activityAt: index }));
    for (const { key, activityAt } of places)
      await live.commit({ accountId: 'acme', key, expected: undefined, state: key, activityAt, changes: [] });
    const active = `${PREFIX}{live}:active:acme`;
    expect(await admin.zcard(active)).toBe(30);
    for (const { key, activityAt } of places)
      if (activityAt % 3 !== 0) await admin.del(`${PREFIX}{live}:state:acme:${key}`);

    const latest = await live.latest('acme', { activityAt: 20, key: 'k20' }, 5);
    expect(latest.map(({ key }) => key)).toEqual(['k18', 'k15', 'k12', 'k9', 'k6']);
    const all = await live.latest('acme', undefined, 7);
    expect(all.map(({ activityAt }) => activityAt)).toEqual([27, 24, 21, 18, 15, 12, 9]);
    await live.latest('acme', undefined, 30);

    expect(await admin.zcard(active)).toBe(10);
  });

  it('begins another log when Redis has lost everything', async () => {
    const { live } = open();
    await log(live, 'acme', 'change');
    const before = await live.position();

    await admin.flushall();

    const after = await live.position();
    expect(after.epoch).not.toBe(before.epoch);
    expect(await live.changes(['acme'], FIRST, 10)).toEqual([]);
    await log(live, 'acme', 'new');
    expect((await live.position()).epoch).toBe(after.epoch);
  });

  it('goes on with its log when Redis was restarted and has kept it', async () => {
    const { live } = open();
    await log(live, 'acme', 'before');
    const before = await live.position();

    await redis.restart();
    await eventually(() => live.position());
    await log(live, 'acme', 'after');

    expect((await live.position()).epoch).toBe(before.epoch);
    const found = await live.changes(['acme'], FIRST, 10);
    expect(found.map(({ change }) => change)).toEqual(['before', 'after']);
  });

  it('throws what may be tried again while Redis is down', async () => {
    const { live } = open();
    await log(live, 'acme', 'change');
    await redis.kill();

    await Promise.all([
      refusal(live.read('acme', ['k'])),
      refusal(live.latest('acme', undefined, 1)),
      refusal(live.changes(['acme'], FIRST, 1)),
      refusal(live.position()),
      refusal(live.commit({ accountId: 'acme', key: 'k', expected: undefined, state: 's', changes: [] })),
    ]);

    await redis.restart();
    await eventually(() => live.position());
  });

  it('is woken over one connection, which lasts', async () => {
    const [one, two] = [open(), open()];
    const woken: (string | undefined)[] = [];
    one.live.follow((accountId) => woken.push(accountId));
    await untilTold(two.live, 'begin', woken);
    const countOf = async () =>
      Number(/total_connections_received:(\d+)/.exec(await admin.info('stats'))?.[1]);
    const before = await countOf();

    for (let index = 0; index < 100; index += 1) {
      await log(two.live, `account ${index}`, 'change');
      await eventually(() => expect(woken).toContain(`account ${index}`));
    }

    expect(await countOf()).toBe(before);
  });

  it('is woken again after Redis was restarted, and told that it may have missed something', async () => {
    const [one, two] = [open(), open()];
    const woken: (string | undefined)[] = [];
    one.live.follow((accountId) => woken.push(accountId));
    await untilTold(two.live, 'before', woken);

    for (const name of ['once', 'twice']) {
      woken.length = 0;
      await redis.restart();
      await eventually(() => expect(woken).toContain(undefined));
      await eventually(() => two.live.position());
      await untilTold(two.live, name, woken);
    }
  });

  it('is woken although Redis was down when it began to follow', async () => {
    await redis.kill();
    const [one, two] = [open(50), open()];
    const woken: (string | undefined)[] = [];
    one.live.follow((accountId) => woken.push(accountId));
    // Until what was asked of Redis at first has been given up.
    await refusal(one.live.position());
    await redis.restart();

    await eventually(() => two.live.position());
    await untilTold(two.live, 'later', woken);
  });

  it('finds by itself what Redis has told nobody', async () => {
    const [one, two] = [open(), open()];
    const woken: (string | undefined)[] = [];
    one.live.follow((accountId) => woken.push(accountId));
    await untilTold(two.live, 'before', woken);
    await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    woken.length = 0;

    await log(two.live, 'missed', 'change');

    await eventually(() => expect(woken.length).toBeGreaterThan(0));
  });

  it('leaves neither connections nor timers when its store is closed', async () => {
    const [started, cleared] = [
      jest.spyOn(globalThis, 'setInterval'),
      jest.spyOn(globalThis, 'clearInterval'),
    ];
    const before = await connections();
    const { live, store } = open();
    const woken: (string | undefined)[] = [];
    live.follow((accountId) => woken.push(accountId));
    await untilTold(live, 'acme', woken);
    expect(await connections()).toBe(before + 2);

    await store.close();

    await eventually(async () => expect(await connections()).toBe(before));
    const ended = cleared.mock.calls.map(([timer]) => timer);
    for (const { value } of started.mock.results) expect(ended).toContain(value);
  });
});
