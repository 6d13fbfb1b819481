import { ParleyError } from '../messaging/errors.ts';
import type { Store } from '../messaging/store.ts';

/** Told of each call to a store, for metrics. `outcome` is `OK`, or the error's code. */
export interface StoreObserver {
  call(method: keyof Store, outcome: string, seconds: number): void;
}

/** The same store, with somebody who watches. */
export function observeStore(store: Store, observer: StoreObserver): Store {
  return {
    get: (key) => watch('get', () => store.get(key)),
    create: (key, value, timeToLive) => watch('create', () => store.create(key, value, timeToLive)),
    replace: (key, expected, value, timeToLive) =>
      watch('replace', () => store.replace(key, expected, value, timeToLive)),
    remove: (key, expected) => watch('remove', () => store.remove(key, expected)),
  };

  async function watch<T>(method: keyof Store, call: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    let outcome = 'OK';
    try {
      return await call();
    } catch (error) {
      outcome = error instanceof ParleyError ? error.code : 'INTERNAL_SERVER_ERROR';
      throw error;
    } finally {
      observer.call(method, outcome, (performance.now() - startedAt) / 1_000);
    }
  }
}
