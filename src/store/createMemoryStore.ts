import { ParleyError } from '../messaging/errors.ts';
import type { Store } from '../messaging/store.ts';

export interface MemoryStoreOptions {
  /** The most entries at once. */
  readonly maxEntries?: number;
  /** Milliseconds, from any instant on. */
  readonly now?: () => number;
}

interface Entry {
  readonly value: string;
  readonly expiresAt: number;
}

/** Entries looked at with each write. More than the one that a write adds, so that what is over can't pile up. */
const SWEPT_PER_WRITE = 2;
/** The same where there is no room left; not all of them, which would stop everything else for a while. */
const SWEPT_WHEN_FULL = 1_000;

/**
 * A store for one process, gone with it. When it is full, nothing new gets in: to push out the record of a send would
 * let its key send once more.
 */
export function createMemoryStore({
  maxEntries = 1_000_000,
  // No wall clock: one that is put forward would end every record at once.
  now = () => performance.now(),
}: MemoryStoreOptions = {}): Store {
  const entries = new Map<string, Entry>();
  let places = entries.entries();

  return {
    get: (key) => Promise.resolve(read(key)),

    create(key, value, timeToLive) {
      sweep(SWEPT_PER_WRITE);
      if (read(key) !== undefined) return Promise.resolve(false);
      if (entries.size >= maxEntries) sweep(SWEPT_WHEN_FULL);
      if (entries.size >= maxEntries) return Promise.reject(full(maxEntries));
      entries.set(key, { value, expiresAt: now() + timeToLive });
      return Promise.resolve(true);
    },

    replace(key, expected, value, timeToLive) {
      sweep(SWEPT_PER_WRITE);
      if (read(key) !== expected) return Promise.resolve(false);
      entries.set(key, { value, expiresAt: now() + timeToLive });
      return Promise.resolve(true);
    },

    remove: (key, expected) => Promise.resolve(read(key) === expected && entries.delete(key)),
  };

  function read(key: string): string | undefined {
    const entry = entries.get(key);
    if (!entry || entry.expiresAt > now()) return entry?.value;
    entries.delete(key);
    return undefined;
  }

  // Goes round through all entries, a few at a time: a map's iterator stays right while the map changes.
  function sweep(count: number): void {
    for (let left = Math.min(count, entries.size); left > 0; left -= 1) {
      let place = places.next();
      if (place.done) {
        places = entries.entries();
        place = places.next();
      }
      if (place.value && place.value[1].expiresAt <= now()) entries.delete(place.value[0]);
    }
  }
}

function full(maxEntries: number): ParleyError {
  return new ParleyError(
    'STORE_UNAVAILABLE',
    `Parley's memory holds ${maxEntries} entries, and takes no more until some are over. Use Redis for so many.`,
    { retryable: true },
  );
}
