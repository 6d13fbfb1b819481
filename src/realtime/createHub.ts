import type { ChangeId, LoggedChange } from '../messaging/changes.ts';
import { compareChangeIds, conversationOf, cursorExpired, FIRST } from '../messaging/changes.ts';
import type { Change } from '../messaging/changes.ts';
import { ParleyError } from '../messaging/errors.ts';
import type { ConversationRef } from '../messaging/ids.ts';
import type { LiveStore, StoredChange } from '../messaging/liveStore.ts';

/** What somebody wants to be told. */
export interface Interest {
  readonly accountIds: readonly string[];
  /** Only this one of them; undefined for all. */
  readonly conversation?: ConversationRef | undefined;
  /** Only changes of these kinds; undefined for all. */
  readonly kinds?: readonly Change['kind'][] | undefined;
}

/** Tells many in one process what all processes write down. */
export interface Hub {
  /**
   * What happens from a place on, in order, each once. Ends when the signal aborts. Throws a `ParleyError` with the code
   * `SUBSCRIPTION_TOO_SLOW` for who takes too long to take what is told, and with `CURSOR_EXPIRED` once the log that they follow is lost:
   * what happened meanwhile nobody can tell.
   */
  follow(interest: Interest, after: ChangeId, signal: AbortSignal): AsyncGenerator<LoggedChange, void>;
  /** How many follow. */
  readonly size: number;
  close(): void;
}

export interface HubOptions {
  readonly live: LiveStore;
  /** The most changes that wait for one who follows. */
  readonly maxWaiting: number;
  /** Told of what went wrong in the background. */
  readonly report: (error: unknown, what: string) => void;
}

interface Follower {
  readonly interest: Interest;
  readonly accountIds: ReadonlySet<string>;
  /** Of the log that it follows. */
  readonly epoch: string;
  isLost: boolean;
  waiting: LoggedChange[];
  isOver: boolean;
  wake: () => void;
}

/** Changes read at once. */
const BATCH = 500;
/**
 * How many are woken at once. Between two turns others have theirs, and what the first were told goes out; all at once, thousands of
 * results would be in memory together, each half done.
 */
const TURN = 100;
/** Milliseconds before the log is asked again that could not be read. */
const RETRY_PAUSE = 500;

export function createHub({ live, maxWaiting, report }: HubOptions): Hub {
  const followers = new Set<Follower>();
  /** By account, or by account and conversation. */
  const interested = new Map<string, Set<Follower>>();
  /** How many are interested in each account. */
  const accounts = new Map<string, number>();
  /** Who has something to take, the first told first. */
  const due = new Set<Follower>();
  let turn: NodeJS.Immediate | undefined;
  let after: ChangeId | undefined;
  let isPumping = false;
  let isAskedAgain = false;
  const closing = new AbortController();
  let unfollow: (() => void) | undefined;
  let retry: NodeJS.Timeout | undefined;
  // As it is by now, whatever it was before something was waited for.
  const isClosed = () => closing.signal.aborted;
  const isOver = (follower: Follower) => follower.isOver;
  const isLost = (follower: Follower) => follower.isLost;

  return {
    async *follow(interest, start, signal) {
      const follower = await add(interest);
      const wake = () => follower.wake();
      const isGone = () => signal.aborted;
      signal.addEventListener('abort', wake);
      try {
        let last = start;
        // What the log holds comes first; what is told meanwhile waits, or, where it is too much, is read with the rest.
        for (;;) {
          const page = await live.changes(interest.accountIds, last, BATCH);
          for (const stored of page) {
            if (isGone()) return;
            last = stored.id;
            const change = toLogged(stored);
            if (isWanted(change, interest)) yield change;
          }
          if (page.length < BATCH && !isOver(follower)) break;
          follower.isOver = false;
        }
        while (!isGone() && !isClosed()) {
          if (isLost(follower)) throw cursorExpired();
          if (isOver(follower)) throw tooSlow(maxWaiting);
          const change = follower.waiting.shift();
          if (!change) {
            await new Promise<void>((resolve) => (follower.wake = resolve));
          } else if (compareChangeIds(change.id, last) > 0) {
            last = change.id;
            yield change;
          }
        }
      } finally {
        signal.removeEventListener('abort', wake);
        remove(follower);
      }
    },
    get size() {
      return followers.size;
    },
    close() {
      closing.abort();
      unfollow?.();
      clearTimeout(retry);
      clearImmediate(turn);
      for (const follower of followers) follower.wake();
    },
  };

  async function add(interest: Interest): Promise<Follower> {
    const { epoch, last } = await live.position();
    after ??= last;
    if (!isClosed()) unfollow ??= live.follow(() => pump());
    const accountIds = new Set(interest.accountIds);
    const start = { waiting: [], isOver: false, isLost: false, wake: () => undefined };
    const follower: Follower = { interest, accountIds, epoch, ...start };
    followers.add(follower);
    for (const key of keysOf(follower)) {
      const set = interested.get(key) ?? new Set();
      set.add(follower);
      interested.set(key, set);
    }
    for (const id of accountIds) accounts.set(id, (accounts.get(id) ?? 0) + 1);
    return follower;
  }

  function remove(follower: Follower): void {
    if (!followers.delete(follower)) return;
    due.delete(follower);
    for (const key of keysOf(follower)) {
      const set = interested.get(key)!;
      set.delete(follower);
      if (set.size === 0) interested.delete(key);
    }
    for (const id of follower.accountIds) {
      const count = accounts.get(id)! - 1;
      if (count === 0) accounts.delete(id);
      else accounts.set(id, count);
    }
  }

  /** Reads what is new, one batch after the other; once more where somebody asks meanwhile. */
  function pump(): void {
    isAskedAgain = true;
    if (!isPumping) void readWhileAsked();
  }

  async function readWhileAsked(): Promise<void> {
    isPumping = true;
    while (isAskedAgain && !isClosed()) {
      isAskedAgain = false;
      try {
        await readOn();
      } catch (error) {
        if (isClosed()) break;
        report(error, 'changes for those who follow them');
        clearTimeout(retry);
        retry = setTimeout(pump, RETRY_PAUSE);
        retry.unref();
      }
    }
    isPumping = false;
  }

  async function readOn(): Promise<void> {
    // Before anybody knows who follows what: whoever comes later has read up to there.
    const { epoch, last } = await live.position();
    for (const follower of followers) {
      if (follower.epoch === epoch) continue;
      follower.isLost = true;
      follower.wake();
    }
    for (;;) {
      const ids = [...accounts.keys()];
      const page = ids.length === 0 ? [] : await readPage(ids);
      for (const stored of page) {
        after = stored.id;
        tell(toLogged(stored));
      }
      if (page.length < BATCH) break;
      // Or who takes all at once would be too slow for what was found at once.
      while (due.size > 0 && !isClosed()) await new Promise((resolve) => setImmediate(resolve));
    }
    // What nobody follows has to be read by nobody.
    if (compareChangeIds(last, after ?? FIRST) > 0) after = last;
  }

  function readPage(ids: readonly string[]): Promise<readonly StoredChange[]> {
    return live.changes(ids, after ?? FIRST, BATCH).catch((error: unknown) => {
      // So far behind that changes were dropped: who follows goes on from what there is.
      if (error instanceof ParleyError && error.code === 'CURSOR_EXPIRED') return skip();
      throw error;
    });
  }

  async function skip(): Promise<readonly StoredChange[]> {
    after = (await live.position()).last;
    for (const follower of followers) overrun(follower);
    return [];
  }

  function tell(change: LoggedChange): void {
    const conversation = conversationOf(change.change);
    const keys = [
      change.accountId,
      ...(conversation === undefined ? [] : [keyOf(change.accountId, conversation)]),
    ];
    for (const key of keys) {
      for (const follower of interested.get(key) ?? []) {
        if (!isOfKind(change, follower.interest)) continue;
        if (follower.waiting.length >= maxWaiting) {
          overrun(follower);
          continue;
        }
        follower.waiting.push(change);
        wakeInTurn(follower);
      }
    }
  }

  function wakeInTurn(follower: Follower): void {
    due.add(follower);
    turn ??= setImmediate(wakeNext);
  }

  function wakeNext(): void {
    let left = TURN;
    for (const follower of due) {
      if (left === 0) break;
      left -= 1;
      due.delete(follower);
      follower.wake();
    }
    turn = due.size > 0 ? setImmediate(wakeNext) : undefined;
  }

  function overrun(follower: Follower): void {
    follower.isOver = true;
    follower.waiting = [];
    follower.wake();
  }
}

function keysOf({ interest }: Follower): readonly string[] {
  const { conversation, accountIds } = interest;
  return conversation ? [keyOf(conversation.accountId, conversation.externalId)] : accountIds;
}

// No account's id has a space.
function keyOf(accountId: string, conversationId: string): string {
  return `${accountId} ${conversationId}`;
}

function isWanted(logged: LoggedChange, interest: Interest): boolean {
  const { conversation } = interest;
  if (conversation && conversationOf(logged.change) !== conversation.externalId) return false;
  return isOfKind(logged, interest);
}

function isOfKind({ change }: LoggedChange, { kinds }: Interest): boolean {
  return !kinds || kinds.includes(change.kind);
}

function toLogged({ id, accountId, change }: StoredChange): LoggedChange {
  return { id, accountId, change: JSON.parse(change) as Change };
}

function tooSlow(most: number): ParleyError {
  return new ParleyError(
    'SUBSCRIPTION_TOO_SLOW',
    `More than ${most} events wait for this client: it takes them too slowly. What it has not got is at \`changes\`, from its last cursor on.`,
    { retryable: true },
  );
}
