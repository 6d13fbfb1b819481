import { ParleyError } from '../messaging/errors.ts';
import type { LiveStore } from '../messaging/liveStore.ts';
import type { Store } from '../messaging/store.ts';

/** Told of each call to a store, for metrics. `outcome` is `OK`, or the error's code. */
export interface StoreObserver {
  call(method: keyof Store | Exclude<keyof LiveStore, 'follow'>, outcome: string, seconds: number): void;
}

/** The same store, with somebody who watches. */
export function observeStore(store: Store, observer: StoreObserver): Store {
  const watch = createWatch(observer);
  return {
    get: (key) => watch('get', () => store.get(key)),
    create: (key, value, timeToLive) => watch('create', () => store.create(key, value, timeToLive)),
    replace: (key, expected, value, timeToLive) =>
      watch('replace', () => store.replace(key, expected, value, timeToLive)),
    remove: (key, expected) => watch('remove', () => store.remove(key, expected)),
  };
}

/** The same for what is remembered of events. */
export function observeLiveStore(live: LiveStore, observer: StoreObserver): LiveStore {
  const watch = createWatch(observer);
  return {
    read: (accountId, keys) => watch('read', () => live.read(accountId, keys)),
    commit: (commit) => watch('commit', () => live.commit(commit)),
    latest: (accountId, after, count) => watch('latest', () => live.latest(accountId, after, count)),
    changes: (accountIds, after, count) => watch('changes', () => live.changes(accountIds, after, count)),
    position: () => watch('position', () => live.position()),
    follow: (listener) => live.follow(listener),
  };
}

function createWatch(observer: StoreObserver) {
  return async <T>(method: Parameters<StoreObserver['call']>[0], call: () => Promise<T>): Promise<T> => {
    const startedAt = performance.now();
    let outcome = 'OK';
    try {
      return await call();
    } catch (error) {
      const code = error instanceof ParleyError ? error.code : 'INTERNAL_SERVER_ERROR';
      // A cursor that is too old is no failure of the store.
      if (code !== 'CURSOR_EXPIRED') outcome = code;
      throw error;
    } finally {
      observer.call(method, outcome, (performance.now() - startedAt) / 1_000);
    }
  };
}
