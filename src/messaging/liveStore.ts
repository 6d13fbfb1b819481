import type { ChangeId } from './changes.ts';

/**
 * What all processes know together of what happens: the state of each conversation, the order of the inbox, and the log of changes. States
 * and changes are texts to it.
 *
 * Every method throws a `ParleyError` with the code `STORE_UNAVAILABLE`, retryable, where it can't be sure of what it answers.
 */
export interface LiveStore {
  /** The states of an account's keys; undefined for what is not known. */
  read(accountId: string, keys: readonly string[]): Promise<readonly (string | undefined)[]>;
  /** Writes a state and what there is to tell, all or nothing. False, and nothing written, where there is another state than `expected`. */
  commit(commit: Commit): Promise<boolean>;
  /** Up to `count` states in the order of activity, the latest first, those after a place alone. */
  latest(accountId: string, after: ActivityPlace | undefined, count: number): Promise<readonly ActiveState[]>;
  /**
   * Up to `count` changes of the accounts, those after a place alone, in order. Throws a `ParleyError` with the code `CURSOR_EXPIRED` where
   * some of them have been dropped for want of room.
   */
  changes(accountIds: readonly string[], after: ChangeId, count: number): Promise<readonly StoredChange[]>;
  /** Where the log stands. */
  position(): Promise<LogPosition>;
  /**
   * Calls a listener whenever there are changes: with the account, or with nothing where some may have been missed. The function that is
   * given back ends that.
   */
  follow(listener: (accountId?: string) => void): () => void;
}

export interface Commit {
  readonly accountId: string;
  readonly key: string;
  /** The state that it is made from; undefined for none. */
  readonly expected: string | undefined;
  readonly state: string;
  /** Milliseconds since 1970 of what happened last; undefined for what has no place in an inbox. */
  readonly activityAt?: number | undefined;
  readonly changes: readonly string[];
}

/** A place in the order of activity: newest first, then by key, backwards. */
export interface ActivityPlace {
  readonly activityAt: number;
  readonly key: string;
}

export interface ActiveState extends ActivityPlace {
  readonly state: string;
}

export interface StoredChange {
  readonly id: ChangeId;
  readonly accountId: string;
  readonly change: string;
}

export interface LogPosition {
  /** Changes with the log: one that was lost knows nothing of the places of another. */
  readonly epoch: string;
  /** Of the latest change; that before all where there is none. */
  readonly last: ChangeId;
  /** Milliseconds since 1970, by the log's own clock. */
  readonly now: number;
}

/** Milliseconds for which a state is kept after it was last written. */
export const STATE_TTL = 30 * 86_400_000;
/** The most conversations of an account that have a place in the inbox; those without activity for the longest time go first. */
export const MAX_ACTIVE = 100_000;
