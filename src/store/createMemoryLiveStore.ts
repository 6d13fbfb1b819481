import { randomUUID } from 'node:crypto';
import type { ChangeId } from '../messaging/changes.ts';
import { compareChangeIds, cursorExpired, FIRST, timeOf } from '../messaging/changes.ts';
import type { ActivityPlace, LiveStore, StoredChange } from '../messaging/liveStore.ts';

export interface MemoryLiveStoreOptions {
  /** Milliseconds for which changes are kept. */
  readonly keep: number;
  /** The most states, and the most characters of changes, of an account; the oldest go first. */
  readonly maxStates?: number;
  readonly maxCharacters?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

interface Account {
  readonly states: Map<string, { state: string; activityAt: number | undefined }>;
  /** Newest first; undefined while it has to be sorted anew. */
  sorted: ActivityPlace[] | undefined;
  changes: StoredChange[];
  characters: number;
  /** The latest change that was dropped for want of room. */
  dropped: ChangeId;
}

/** A live store for one process, gone with it. What there is no room for goes, the oldest first. */
export function createMemoryLiveStore({
  keep,
  maxStates = 10_000,
  maxCharacters = 16_000_000,
  now = Date.now,
}: MemoryLiveStoreOptions): LiveStore {
  const epoch = randomUUID();
  const accounts = new Map<string, Account>();
  const listeners = new Set<(accountId?: string) => void>();
  let last: ChangeId = FIRST;

  return {
    read: (accountId, keys) =>
      Promise.resolve(keys.map((key) => accounts.get(accountId)?.states.get(key)?.state)),

    commit({ accountId, key, expected, state, activityAt, changes }) {
      const account = accountOf(accountId);
      if (account.states.get(key)?.state !== expected) return Promise.resolve(false);
      // Put last, so that whatever has not been touched for the longest time comes first.
      account.states.delete(key);
      account.states.set(key, { state, activityAt });
      account.sorted = undefined;
      for (const oldest of account.states.keys()) {
        if (account.states.size <= maxStates) break;
        account.states.delete(oldest);
      }
      for (const change of changes) {
        last = nextId();
        account.changes.push({ id: last, accountId, change });
        account.characters += change.length;
      }
      trim(account);
      if (changes.length > 0) for (const listener of listeners) listener(accountId);
      return Promise.resolve(true);
    },

    latest(accountId, after, count) {
      const account = accounts.get(accountId);
      if (!account) return Promise.resolve([]);
      account.sorted ??= sortByActivity(account);
      const { sorted, states } = account;
      const start = after ? firstAfter(sorted, after) : 0;
      return Promise.resolve(
        sorted
          .slice(start, start + count)
          .map((place) => ({ ...place, state: states.get(place.key)!.state })),
      );
    },

    changes(accountIds, after, count) {
      const asked = accountIds.flatMap((accountId) => accounts.get(accountId) ?? []);
      if (asked.some(({ dropped }) => compareChangeIds(after, dropped) < 0))
        return Promise.reject(cursorExpired());
      const found = asked.flatMap(({ changes }) => {
        const start = firstBehind(changes, after);
        return changes.slice(start, start + count);
      });
      return Promise.resolve(found.sort((a, b) => compareChangeIds(a.id, b.id)).slice(0, count));
    },

    position: () => Promise.resolve({ epoch, last, now: now() }),

    follow(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };

  function accountOf(accountId: string): Account {
    const known = accounts.get(accountId);
    if (known) return known;
    const account: Account = {
      states: new Map(),
      sorted: undefined,
      changes: [],
      characters: 0,
      dropped: FIRST,
    };
    accounts.set(accountId, account);
    return account;
  }

  function nextId(): ChangeId {
    // A clock that is put back must not bring a change before another one.
    const time = Math.max(now(), timeOf(last));
    const number = time === timeOf(last) ? Number(last.slice(last.indexOf('-') + 1)) + 1 : 0;
    return `${time}-${number}`;
  }

  function trim(account: Account): void {
    const oldest = now() - keep;
    let over = 0;
    while (over < account.changes.length) {
      const { id, change } = account.changes[over]!;
      const isOver = timeOf(id) < oldest;
      if (!isOver && account.characters <= maxCharacters) break;
      if (!isOver) account.dropped = id;
      account.characters -= change.length;
      over += 1;
    }
    if (over > 0) account.changes = account.changes.slice(over);
  }
}

function sortByActivity({ states }: Account): ActivityPlace[] {
  return [...states]
    .flatMap(([key, { activityAt }]) => (activityAt === undefined ? [] : [{ activityAt, key }]))
    .sort(compareActivity);
}

/** Newest first, and those of one instant as Redis has them, backwards by their keys' bytes. */
export function compareActivity(a: ActivityPlace, b: ActivityPlace): number {
  return b.activityAt - a.activityAt || Buffer.compare(Buffer.from(b.key), Buffer.from(a.key));
}

function firstAfter(sorted: readonly ActivityPlace[], after: ActivityPlace): number {
  return bisect(sorted, (place) => compareActivity(place, after) > 0);
}

function firstBehind(changes: readonly StoredChange[], after: ChangeId): number {
  return bisect(changes, ({ id }) => compareChangeIds(id, after) > 0);
}

/** The first place from which on something holds. */
function bisect<T>(items: readonly T[], holds: (item: T) => boolean): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(items[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}
