import type { Logger } from 'pino';
import { ParleyError } from '../messaging/errors.ts';
import type { LiveConnection, ProviderEvent } from '../messaging/live.ts';
import { loggable } from '../messaging/loggable.ts';
import type { LiveStore } from '../messaging/liveStore.ts';
import type { ReadContext } from '../messaging/provider.ts';
import type { Account } from '../messaging/registry.ts';
import { sourceOf } from '../messaging/registry.ts';
import type { Store } from '../messaging/store.ts';
import { createSystemContext } from '../messaging/systemContext.ts';
import type { Ingest } from './createIngest.ts';
import { externalIdOf } from './createIngest.ts';
import { createLease } from './createLease.ts';
import type { PollNeed, PollTimes } from './createPolling.ts';
import { createPolling } from './createPolling.ts';
import type { Sync } from './createSync.ts';
import { put } from './put.ts';

/** Where the events of one account come from, for as long as somebody wants them. */
export interface AccountSource {
  /** Somebody follows the account, or one conversation of it, until the function is called that is given back. */
  watch(conversationId: string | undefined): () => void;
  /** Somebody wants to know what happens, for a while. */
  want(): void;
  /** Settles once what happened while nobody wanted to know is known; where it can't be read now, only when it can. */
  caughtUp(): Promise<void>;
  /** Takes what a webhook has brought. Throws where it can't be taken: then it has to come again. */
  take(events: readonly ProviderEvent[]): Promise<void>;
  /** Something was written to a conversation: where no event tells of it, it is looked at. */
  touched(conversationId: string): void;
  close(): Promise<void>;
}

export interface SourceTimes extends PollTimes {
  /** How long a connection outlives the last who wanted it. */
  readonly linger: number;
  /** How long a process that died keeps the connection from the others. */
  readonly leaseTime: number;
}

export interface AccountSourceOptions extends SourceTimes {
  readonly account: Account;
  readonly store: Store;
  readonly live: LiveStore;
  readonly ingest: Ingest;
  readonly sync: Sync;
  readonly log: Logger;
  /** Whether what happens is always wanted. */
  readonly always: boolean;
  /** Told when a connection comes and goes, and of each event. */
  readonly observer: SourceObserver;
}

export interface SourceObserver {
  /** Whether the connection is there; null where it is not to be: nobody wants it, or another process has it. */
  connected(accountId: string, isConnected: boolean | null): void;
  /** `outcome` is `TAKEN` or an error's code. */
  event(accountId: string, kind: ProviderEvent['kind'], outcome: string): void;
}

/** The most events that wait for what was missed before them; with more, what is missed is read instead. */
const MAX_WAITING = 10_000;
/** The most conversations that are looked at again because some of their events may have been missed. */
const MAX_RECENT = 200;
/** Milliseconds for which it is known that a connection has come. */
const GENERATION_TTL = 86_400_000;

export function createAccountSource(options: AccountSourceOptions): AccountSource {
  const { account, store, live, ingest, sync, log, observer } = options;
  const { provider } = account;
  const closing = new AbortController();
  const context: ReadContext = createSystemContext(closing.signal);
  const lease = createLease(store, `live:${account.id}`, options.leaseTime);
  /** Where it stands how often the connection has come: another one whenever some events may have been missed. */
  const generationKey = `live-generation:${account.id}`;
  /** How many watch each conversation; those of the account as a whole under no name. */
  const watchers = new Map<string | undefined, number>();
  let wantedUntil = -Infinity;
  let connection: LiveConnection | undefined;
  let isConnected = false;
  /** Events wait here for what was missed before them; undefined while nothing is. */
  let waiting: ProviderEvent[] | undefined;
  let queue: Promise<unknown> = Promise.resolve();
  let isGapOpen = false;
  let generation: string | undefined;
  /** Whether another process was last seen to have the connection. */
  let isElsewhere = false;
  let whenCurrent: (() => void)[] = [];
  let timer: NodeJS.Timeout | undefined;
  let round: Promise<void> | undefined;
  const stale = new Set<string>();
  /** What was last said of each kind of work, so that it is not said again with each round. */
  const said = new Map<string, string>();
  const polling = createPolling({ ...options, context });

  return {
    watch(conversationId) {
      watchers.set(conversationId, (watchers.get(conversationId) ?? 0) + 1);
      start();
      // From now on whatever comes is news.
      if (conversationId !== undefined) {
        look(conversationId);
        connection?.follow?.(conversationId);
      }
      return () => {
        const left = (watchers.get(conversationId) ?? 1) - 1;
        if (left === 0) watchers.delete(conversationId);
        else watchers.set(conversationId, left);
        want();
      };
    },
    want() {
      want();
      start();
    },
    async caughtUp() {
      want();
      start();
      if (!provider.openLive) await polling.catchUp();
      else if (!isCurrent()) await new Promise<void>((resolve) => whenCurrent.push(resolve));
    },
    async take(events) {
      for (const event of events) await takeOne(event);
    },
    touched(conversationId) {
      if (isWanted() && !isConnected) look(conversationId);
    },
    async close() {
      closing.abort();
      clearTimeout(timer);
      tellCurrent();
      await round;
      await disconnect();
      await queue;
    },
  };

  function want(): void {
    wantedUntil = performance.now() + options.linger;
  }

  function isWanted(): boolean {
    return watchers.size > 0 || wantsAll();
  }

  function wantsAll(): boolean {
    return options.always || watchers.has(undefined) || performance.now() < wantedUntil;
  }

  /** Whether all that has happened is known, as far as events go. */
  function isCurrent(): boolean {
    return isElsewhere || (isConnected && !isGapOpen && !waiting) || closing.signal.aborted;
  }

  function tellCurrent(): void {
    if (!isCurrent()) return;
    for (const resolve of whenCurrent) resolve();
    whenCurrent = [];
  }

  /** Rounds go on until nobody wants anything any more. */
  function start(): void {
    if (timer || closing.signal.aborted) return;
    timer = setTimeout(turn, 0);
    timer.unref();
  }

  function turn(): void {
    round = takeRound().finally(() => {
      round = undefined;
      timer = undefined;
      if (closing.signal.aborted || !isWanted()) return;
      timer = setTimeout(turn, Math.min(options.pollInterval, options.leaseTime / 3));
      timer.unref();
    });
  }

  async function takeRound(): Promise<void> {
    try {
      if (provider.openLive) await keepConnection();
      if (isWanted()) await polling.round(pollNeed());
      else await disconnect();
      said.clear();
    } catch (error) {
      // Whoever can't say that it has the connection has none: another one may.
      if (isStoreLost(error)) await disconnect();
      report(error, 'the events of an account');
    }
  }

  async function keepConnection(): Promise<void> {
    const isMine = isWanted() && (await lease.hold());
    isElsewhere = isWanted() && !isMine;
    if (!isMine) {
      await disconnect();
      await followGeneration();
      tellCurrent();
      return;
    }
    if (!connection) {
      observer.connected(account.id, false);
      connection = provider.openLive!({ event: receive, connected: opened, disconnected: lost }, context);
    }
    if (isGapOpen && isConnected) void closeGap();
  }

  /** Where another process has the connection: what it may have missed is read by each for the conversations watched there. */
  async function followGeneration(): Promise<void> {
    const known = await store.get(generationKey);
    const isNew = known !== generation && generation !== undefined;
    generation = known;
    if (isNew) for (const id of watched()) look(id);
  }

  async function disconnect(): Promise<void> {
    const open = connection;
    if (!open) return;
    connection = undefined;
    waiting = undefined;
    lost('closed');
    observer.connected(account.id, null);
    await open.close();
    await lease.release().catch(() => undefined);
  }

  function opened(): void {
    isConnected = true;
    observer.connected(account.id, true);
    log.info({ ...sourceOf(account) }, 'events of an account come by themselves');
    void closeGap();
  }

  function lost(reason: string): void {
    if (isConnected) {
      observer.connected(account.id, false);
      log.info({ ...sourceOf(account), reason }, 'events of an account do not come by themselves any more');
    }
    isConnected = false;
    isGapOpen = true;
  }

  /** What happened without the connection is read before what happens now goes on. */
  async function closeGap(): Promise<void> {
    if (waiting) return;
    waiting = [];
    isGapOpen = false;
    try {
      await enqueue(readGap);
      generation = `${Date.now()} ${Math.random()}`;
      await put(store, generationKey, generation, GENERATION_TTL);
    } catch (error) {
      isGapOpen = true;
      report(error, 'what was missed of an account');
    }
    const events = waiting as ProviderEvent[] | undefined;
    waiting = undefined;
    for (const event of events ?? []) receive(event);
    tellCurrent();
  }

  async function readGap(): Promise<void> {
    const recent = await live.latest(account.id, undefined, MAX_RECENT);
    const known = new Set([...watched(), ...recent.map(({ key }) => externalIdOf(key))]);
    if (connection?.follow) {
      for (const id of await polling.list()) connection.follow(id);
      for (const id of known) connection.follow(id);
    }
    await sync.conversations(account, [...known], context);
  }

  function receive(event: ProviderEvent): void {
    if (waiting) {
      if (waiting.length < MAX_WAITING) waiting.push(event);
      else isGapOpen = true;
      return;
    }
    void enqueue(async () => {
      // Behind one that was lost: the history has both, and tells them in their order.
      if (isConnected && isGapOpen) return;
      await takeOne(event);
    }).catch((error: unknown) => {
      // It is not lost: the history has what it told.
      isGapOpen = true;
      report(error, 'an event of an account');
    });
  }

  /** In the order of their arrival. */
  function enqueue(work: () => Promise<void>): Promise<void> {
    const own = queue.then(work, work);
    queue = own.catch(() => undefined);
    return own;
  }

  async function takeOne(event: ProviderEvent): Promise<void> {
    try {
      if (event.kind === 'STALE') {
        look(event.conversationExternalId);
        connection?.follow?.(event.conversationExternalId);
      } else {
        await ingest.take(account.id, event, context);
      }
      observer.event(account.id, event.kind, 'TAKEN');
    } catch (error) {
      observer.event(
        account.id,
        event.kind,
        error instanceof ParleyError ? error.code : 'INTERNAL_SERVER_ERROR',
      );
      throw error;
    }
  }

  /** Looks at a conversation soon; those asked for meanwhile are the same look. */
  function look(conversationId: string): void {
    if (stale.has(conversationId) || closing.signal.aborted) return;
    stale.add(conversationId);
    setImmediate(() => {
      stale.delete(conversationId);
      if (closing.signal.aborted) return;
      sync.conversation(account, conversationId, context).catch((error: unknown) => {
        report(error, 'the newest messages of a conversation');
      });
    });
  }

  function pollNeed(): PollNeed {
    const open = connection;
    return {
      ...{ watched: watched(), wantsAll: wantsAll(), isConnected },
      follow: open?.follow && ((conversationId) => open.follow!(conversationId)),
    };
  }

  function watched(): string[] {
    return [...watchers.keys()].filter((id) => id !== undefined);
  }

  function report(error: unknown, what: string): void {
    if (closing.signal.aborted) return;
    const { code } = error instanceof ParleyError ? error : {};
    if (code !== undefined && said.get(what) === code) return;
    said.set(what, code ?? '');
    log.warn({ ...sourceOf(account), ...loggable(error) }, what);
  }
}

function isStoreLost(error: unknown): boolean {
  return error instanceof ParleyError && error.code === 'STORE_UNAVAILABLE';
}
