import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import type { ParleyError } from '../../src/messaging/errors.ts';
import type { RedisStore, RedisStoreOptions } from '../../src/store/createRedisStore.ts';
import { createRedisStore } from '../../src/store/createRedisStore.ts';
import { createUsability } from '../../src/store/createUsability.ts';
import type { StartedRedis } from '../redis.ts';
import { canStartRedis, startRedis } from '../redis.ts';
import { refusal } from './storeFailures.ts';

jest.setTimeout(30_000);

const LONG = 60_000;

(canStartRedis ? describe : describe.skip)('whether a Redis store can be used', () => {
  let redis: StartedRedis;
  let admin: Redis;
  let store: RedisStore;
  let reported: ParleyError[];
  beforeEach(async () => {
    redis = (await startRedis({ durable: true }))!;
    admin = new Redis(redis.url, { retryStrategy: () => 20 });
    admin.on('error', () => undefined);
    reported = [];
  });
  afterEach(async () => {
    redis.thaw();
    await store.close();
    admin.disconnect();
    await redis.stop();
  });

  function open(options: Partial<RedisStoreOptions> = {}): void {
    const target = { kind: 'single', url: redis.url } as const;
    store = createRedisStore({ target, report: (error) => void reported.push(error), ...options });
  }

  /** What is not asked for anything has to notice by itself. */
  async function untilItIs(usable: boolean): Promise<void> {
    while (store.isUsable() !== usable) await turn();
  }

  it('is known without a call when Redis goes, and when it comes back', async () => {
    open();
    await store.create('a', 'one', LONG);
    expect(store.isUsable()).toBe(true);

    await redis.kill();
    await untilItIs(false);
    await redis.restart();
    await untilItIs(true);

    await redis.kill();
    await untilItIs(false);
    await redis.restart();
    await untilItIs(true);
    expect(await store.get('a')).toBe('one');
  });

  it('is known without a call when Redis is not there at the beginning', async () => {
    await redis.kill();
    open();

    await untilItIs(false);
    await redis.restart();
    await untilItIs(true);
  });

  it('is known by a call when Redis does not answer, and without one when it does again', async () => {
    open({ commandTimeout: 200 });
    await store.create('a', 'one', LONG);
    redis.freeze();

    await refusal(store.get('a'));
    expect(store.isUsable()).toBe(false);
    redis.thaw();

    await untilItIs(true);
  });

  it('is known without a call when Redis may forget', async () => {
    await admin.config('SET', 'maxmemory', '100mb');
    await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
    open();

    await untilItIs(false);
    expect(reported.map(({ message }) => message)).toEqual([expect.stringContaining('noeviction')]);
    await admin.config('SET', 'maxmemory-policy', 'noeviction');
    await untilItIs(true);

    expect(reported).toHaveLength(1);
  });

  it.each([
    ['is full', ['maxmemory', '1'], ['maxmemory', '0']],
    ['misses its replicas', ['min-replicas-to-write', '1'], ['min-replicas-to-write', '0']],
  ] as const)(
    'is known by a write when Redis %s, and by no read that it is right',
    async (_what, bad, good) => {
      open();
      await store.create('a', 'one', LONG);
      await admin.config('SET', ...bad);
      const { message } = await refusal(store.create('b', 'one', LONG));

      // Longer than it takes to be looked at again.
      const witness = store.now() + 1_500;
      while (store.now() < witness) {
        expect(await store.get('a')).toBe('one');
        expect(store.isUsable()).toBe(false);
      }
      await admin.config('SET', ...good);

      await untilItIs(true);
      expect(reported.map((error) => error.message)).toEqual([message]);
    },
  );

  it('costs nothing while all is well', async () => {
    open();
    await store.create('a', 'one', LONG);
    await admin.config('RESETSTAT');

    for (let asked = 0; asked < 1_000; asked += 1) expect(store.isUsable()).toBe(true);

    await store.get('a');
    const commands = (await admin.info('commandstats')).matchAll(/^cmdstat_([a-z|]+):/gm);
    expect([...commands].map(([, name]) => name)).not.toContainEqual(
      expect.stringMatching(/^(set|eval|info)/),
    );
  });

  it('keeps no key of its own', async () => {
    open();
    await admin.config('SET', 'maxmemory', '1');
    await refusal(store.create('a', 'one', LONG));
    await untilItIs(false);
    await admin.config('SET', 'maxmemory', '0');
    await untilItIs(true);

    while ((await admin.dbsize()) > 0) await turn();
  });
});

describe('what is looked at while there is a doubt', () => {
  it('stays unusable where something shows so after the look has begun', async () => {
    const looks: (() => void)[] = [];
    const probe = () => new Promise<void>((resolve) => looks.push(resolve));
    const usability = createUsability({ probe, pause: 1 });
    usability.look();

    usability.doubt();
    looks[0]!();
    while (looks.length < 2) await turn();

    expect(usability.isUsable()).toBe(false);
    looks[1]!();
    while (!usability.isUsable()) await turn();
    usability.close();
  });

  it('is looked at by one at a time, and not any more when it is closed', async () => {
    const probe = jest.fn(() => Promise.reject(new Error('not yet')));
    const usability = createUsability({ probe, pause: 1 });
    usability.look();
    usability.look();
    usability.doubt();
    usability.doubt();
    expect(probe).toHaveBeenCalledTimes(1);
    while (probe.mock.calls.length < 3) await turn();

    usability.close();
    await turn();
    const { length } = probe.mock.calls;
    usability.doubt();
    usability.look();

    expect(probe).toHaveBeenCalledTimes(length);
    expect(usability.isUsable()).toBe(false);
  });
});
