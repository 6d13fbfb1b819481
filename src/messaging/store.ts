/**
 * What outlives a request: small texts by key, each for a bounded time. It holds what must be the same for every process,
 * so that each change names what it expects to find.
 *
 * Every method throws a `ParleyError` with the code `STORE_UNAVAILABLE`, retryable, where it can't be sure of what it
 * answers; a write that failed so may have happened nevertheless. Times to live are milliseconds.
 */
export interface Store {
  get(key: string): Promise<string | undefined>;
  /** Writes what is not there yet. False, and nothing written, where there is something. */
  create(key: string, value: string, timeToLive: number): Promise<boolean>;
  /** Writes over exactly `expected`, atomically. False, and nothing written, where there is anything else or nothing. */
  replace(key: string, expected: string, value: string, timeToLive: number): Promise<boolean>;
  /** Removes exactly `expected`, atomically. False, and nothing removed, where there is anything else or nothing. */
  remove(key: string, expected: string): Promise<boolean>;
}
