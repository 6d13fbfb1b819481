import type { Cluster, Redis } from 'ioredis';
import type { ParleyError } from '../messaging/errors.ts';
import type { LiveStore } from '../messaging/liveStore.ts';
import type { RateLimit } from '../messaging/rateLimit.ts';
import type { Store } from '../messaging/store.ts';
import { createRateLimit } from './createRateLimit.ts';
import type { RedisLiveStore } from './createRedisLiveStore.ts';
import { createRedisLiveStore } from './createRedisLiveStore.ts';
import { createRedisConnection } from './createRedisConnection.ts';
import { createTrust } from './createTrust.ts';
import { createUsability } from './createUsability.ts';
import { isVague, storeError, toStoreError } from './errors.ts';
import type { RedisTarget } from './redisTarget.ts';

/** A store that has to be closed. */
export interface RedisStore extends Store {
  /** Milliseconds since 1970, by the one clock that all who use this Redis share; this machine's own until a call has been made. */
  now(): number;
  /**
   * Whether it can be used, as last seen: from connections that came and went, and from what became of calls. While it can't,
   * it is looked at again, so that this becomes true by itself.
   */
  isUsable(): boolean;
  /** A limit that all processes count together. Fails open, as the store itself does not. */
  rateLimit(what: string, rate: { readonly count: number; readonly per: number }): RateLimit;
  /** What all processes know together of what happens; changes are kept for so many milliseconds. It ends with this store. */
  live(keep: number): LiveStore;
  /** Lets calls that are under way end; later ones throw. */
  close(): Promise<void>;
}

export interface RedisStoreOptions {
  readonly target: RedisTarget;
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
/** Milliseconds between two looks at a Redis that can't be used. */
const PROBE_PAUSE = 500;

/**
 * A store for many processes. It fails closed: every method throws while Redis is down, slow, or set up so that it may forget.
 * It comes back by itself. Making one neither throws nor waits when Redis is down; it throws for a URL that is malformed.
 */
export function createRedisStore({
  target,
  keyPrefix = 'parley:',
  commandTimeout = 2_000,
  report,
  now = () => performance.now(),
  wallClock = Date.now,
}: RedisStoreOptions): RedisStore {
  // By how much Redis's clock is ahead of this machine's, as last seen.
  let ahead = 0;
  let isClosed = false;
  const told = new Set<string>();
  /** The name of the last key for which a call has failed. */
  let failedName: string | undefined;
  const usability = createUsability({ probe, pause: PROBE_PAUSE });
  const connection = createRedisConnection({
    target,
    commandTimeout,
    opened: () => usability.look(),
    lost() {
      trust.forget();
      usability.doubt();
    },
    report: (error) => tell(error, 'the connection to Redis'),
  });
  const redis = withScripts(connection.client);
  const trust = createTrust({
    loadInfo,
    maxAge: TRUST,
    report: (error) => tell(error, 'how Redis is set up'),
    now,
  });
  const nameOf = (key: string) => keyPrefix + key;
  const lives: RedisLiveStore[] = [];

  return {
    async get(key) {
      return (await call(key, (name) => redis.get(name))) ?? undefined;
    },
    async create(key, value, timeToLive) {
      return (await call(key, (name) => redis.set(name, value, 'PX', toPx(timeToLive), 'NX'))) === 'OK';
    },
    async replace(key, expected, value, timeToLive) {
      return (await call(key, (name) => redis.parleyReplace(name, expected, value, toPx(timeToLive)))) === 1;
    },
    async remove(key, expected) {
      return (await call(key, (name) => redis.parleyRemove(name, expected))) === 1;
    },
    now: () => Math.round(wallClock() + ahead),
    isUsable: () => usability.isUsable(),
    rateLimit: (what, rate) =>
      createRateLimit({
        ...{ what, ...rate },
        shared: {
          ...{ redis: connection.client, keyPrefix },
          isUsable: () => usability.isUsable(),
          failed(thrown) {
            const error = toStoreError(thrown);
            // A connection that is not there says by itself why.
            if (!isVague(error)) tell(error, 'a limit that Redis counts');
          },
        },
      }),
    live(keep) {
      const live = createRedisLiveStore({ ...{ client: connection.client, keyPrefix, keep }, run });
      lives.push(live);
      return live;
    },
    close() {
      isClosed = true;
      for (const live of lives) live.close();
      usability.close();
      return connection.close();
    },
  };

  async function call<T>(key: string, command: (name: string) => Promise<T>): Promise<T> {
    const name = nameOf(key);
    try {
      return await run(() => command(name));
    } catch (error) {
      failedName = name;
      throw error;
    }
  }

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
    } catch (thrown) {
      const error = toStoreError(thrown);
      tell(error, 'a call to Redis');
      throw error;
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

  /** Whatever is told shows that Redis can't be used. */
  function tell(error: ParleyError, what: string): void {
    if (isClosed) return;
    usability.doubt();
    if (told.has(error.message)) return;
    told.add(error.message);
    report(error, what);
  }

  /** A Redis may answer, and refuse to write: only a write shows that it does so no more. */
  async function probe(): Promise<void> {
    const name = failedName;
    await run(async () => {
      // In a cluster, the braces bring it to the primary that failed.
      if (name !== undefined) await redis.set(`${nameOf('probe')}:{${name}}`, '', 'PX', 1);
    });
    failedName = undefined;
    told.clear();
  }

  async function loadInfo(): Promise<readonly string[]> {
    const infos = await connection.loadInfo();
    // By way of a key, since in a cluster the one who has that key is the same for all processes. The key itself never is.
    ahead = toMilliseconds(await redis.parleyTime(nameOf('clock'))) - wallClock();
    return infos;
  }
}

/** Redis tells its time in seconds and microseconds. */
function toMilliseconds([seconds, microseconds]: readonly string[]): number {
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
  parleyTime(key: string): Promise<readonly string[]>;
}

type Commands = Pick<Redis, 'get' | 'set'> & Scripts;

// Redis runs a script as a whole, with nothing in between. Each has one key, so that a cluster takes it as well.
function withScripts(redis: Redis | Cluster): Commands {
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
  redis.defineCommand('parleyTime', { numberOfKeys: 1, lua: `return redis.call('TIME')` });
  return redis as Commands & (Redis | Cluster);
}
