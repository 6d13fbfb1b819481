import type { Config } from './config/index.ts';
import type { Rate } from './config/quantities.ts';
import type { LiveStore } from './messaging/liveStore.ts';
import type { RateLimit } from './messaging/rateLimit.ts';
import type { Store } from './messaging/store.ts';
import { createMemoryLiveStore } from './store/createMemoryLiveStore.ts';
import { createMemoryStore } from './store/createMemoryStore.ts';
import { createRateLimit } from './store/createRateLimit.ts';
import { createRedisStore } from './store/createRedisStore.ts';
import type { StoreObserver } from './store/observeStore.ts';
import { observeLiveStore, observeStore } from './store/observeStore.ts';

/** What outlives a request: in Redis for many processes, in memory for one. */
export interface Stores {
  readonly store: Store;
  readonly live: LiveStore;
  /** Milliseconds since 1970, by one clock for all processes: whether a send is overdue must not depend on who looks. */
  readonly now: () => number;
  /** Whether they can be used, as last seen. */
  readonly isUsable: () => boolean;
  /** A limit for each viewer, which processes that share a store count together. */
  readonly rateLimit: (what: string, rate: Rate) => RateLimit;
  readonly close: () => Promise<void>;
}

export interface StoresOptions {
  readonly config: Pick<Config, 'redis' | 'events'>;
  readonly report: (error: unknown, what: string) => void;
  readonly observer: StoreObserver;
}

/** Neither throws nor waits when Redis is down. */
export function openStores({ config: { redis, events }, report, observer }: StoresOptions): Stores {
  if (!redis) {
    return {
      store: observeStore(createMemoryStore(), observer),
      live: observeLiveStore(createMemoryLiveStore({ keep: events.window }), observer),
      now: Date.now,
      rateLimit: (what, rate) => createRateLimit({ what, ...rate }),
      isUsable: () => true,
      close: () => Promise.resolve(),
    };
  }
  const store = createRedisStore({ ...redis, report });
  return {
    store: observeStore(store, observer),
    live: observeLiveStore(store.live(events.window), observer),
    now: () => store.now(),
    rateLimit: (what, rate) => store.rateLimit(what, rate),
    isUsable: () => store.isUsable(),
    close: () => store.close(),
  };
}
