import type { Redis } from 'ioredis';
import type { ParleyError } from '../messaging/errors.ts';
import type { RateLimit } from '../messaging/rateLimit.ts';
import type { Store } from '../messaging/store.ts';
import { createRateLimit } from './createRateLimit.ts';
import { createRedisConnection } from './createRedisConnection.ts';
import { createTrust } from './createTrust.ts';
import { storeError, toStoreError } from './errors.ts';

/** A store that has to be closed. */
export interface RedisStore extends Store {
  /** Milliseconds since 1970, by the one clock that all who use this Redis share; this machine's own until a call has been made. */
  now(): number;
  /** A limit that all processes count together. Fails open, as the store itself does not. */
  rateLimit(what: string, rate: { readonly count: number; readonly per: number }): RateLimit;
  /** Lets calls that are under way end; later ones throw. */
  close(): Promise<void>;
}

export interface RedisStoreOptions {
  /** `redis://`, or `rediss://` for TLS, with user name, password and the database's number where there are any. */
  readonly url: string;
  /** Stands before every key, for a Redis that others use as well. Default `parley:`. */
  readonly keyPrefix?: string;
  /** Milliseconds that a call may take, whatever happens. Default 2,000. */
  readonly commandTimeout?: number;
  /** Told why Redis can't be used, each reason once until it can again. Without its URL, which holds a password. */
  readonly report: (error: ParleyError, what: string) => void;
  /** Milliseconds, from any instant on. */
  readonly now?: () => number;
  /** Milliseconds since 1970, by this machine's clock. */
  readonly wallClock?: () => number;
}

/** Milliseconds for which Redis is taken to be set up as it was. */
const TRUST = 60_000;

/**
 * A store for many processes. It fails closed: every method throws while Redis is down, slow, or set up so that it may forget.
 * It comes back by itself. Making one neither throws nor waits when Redis is down; it throws for a URL that is malformed.
 */
export function createRedisStore({
  url,
  keyPrefix = 'parley:',
  commandTimeout = 2_000,
  report,
  now = () => performance.now(),
  wallClock = Date.now,
}: RedisStoreOptions): RedisStore {
  // By how much Redis's clock is ahead of this machine's, as last seen.
  let ahead = 0;
  const connection = createRedisConnection({
    url,
    commandTimeout,
    lost: () => trust.forget(),
    report: (error) => report(error, 'the connection to Redis'),
  });
  const redis = withScripts(connection.redis);
  const trust = createTrust({
    loadInfo,
    maxAge: TRUST,
    report: (error) => report(error, 'how Redis is set up'),
    now,
  });
  const nameOf = (key: string) => keyPrefix + key;

  return {
    async get(key) {
      return (await run(() => redis.get(nameOf(key)))) ?? undefined;
    },
    async create(key, value, timeToLive) {
      const answer = await run(() => redis.set(nameOf(key), value, 'PX', toPx(timeToLive), 'NX'));
      return answer === 'OK';
    },
    async replace(key, expected, value, timeToLive) {
      const count = await run(() => redis.parleyReplace(nameOf(key), expected, value, toPx(timeToLive)));
      return count === 1;
    },
    async remove(key, expected) {
      return (await run(() => redis.parleyRemove(nameOf(key), expected))) === 1;
    },
    now: () => Math.round(wallClock() + ahead),
    rateLimit: (what, rate) =>
      createRateLimit({ what, ...rate, shared: { redis: connection.redis, keyPrefix } }),
    close: () => connection.close(),
  };

  /** Runs a command once, over a connection that is there and can be trusted, or throws. */
  async function run<T>(command: () => Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    let isOver = false;
    const deadline = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        isOver = true;
        reject(storeError(`Redis does not answer within ${commandTimeout} ms. ${MAYBE_DONE}`));
      }, commandTimeout);
    });
    try {
      return await Promise.race([deadline, prepare().then(command)]);
    } catch (error) {
      throw toStoreError(error);
    } finally {
      clearTimeout(timer);
    }

    async function prepare(): Promise<void> {
      await connection.whenReady();
      await trust.ensure();
      // The caller has been told that it failed: what was not begun by then is left undone.
      if (isOver) throw storeError('The time for this call is over.');
    }
  }

  async function loadInfo(): Promise<string> {
    // One at a time: before Redis 7, INFO knows no more than one section.
    const [memory, replication, time] = await Promise.all([
      redis.info('memory'),
      redis.info('replication'),
      redis.time(),
    ]);
    ahead = toMilliseconds(time) - wallClock();
    const info = `${memory}\n${replication}`;
    // After a failover the same name leads to the new primary, but only who connects again gets there.
    if (/^role:slave/m.test(info)) redis.disconnect(true);
    return info;
  }
}

/** Redis tells its time in seconds and microseconds. */
function toMilliseconds([seconds, microseconds]: readonly (string | number)[]): number {
  return Number(seconds) * 1000 + Number(microseconds) / 1000;
}

const MAYBE_DONE = 'What it was asked for may have happened nevertheless.';

/** Redis takes whole milliseconds, from one on. */
function toPx(timeToLive: number): number {
  return Math.max(1, Math.ceil(timeToLive));
}

interface Scripts {
  parleyReplace(key: string, expected: string, value: string, px: number): Promise<number>;
  parleyRemove(key: string, expected: string): Promise<number>;
}

// Redis runs a script as a whole, with nothing in between.
function withScripts(redis: Redis): Redis & Scripts {
  redis.defineCommand('parleyReplace', {
    numberOfKeys: 1,
    lua: `
      if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
      redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
      return 1`,
  });
  redis.defineCommand('parleyRemove', {
    numberOfKeys: 1,
    lua: `
      if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
      return redis.call('DEL', KEYS[1])`,
  });
  return redis as Redis & Scripts;
}
