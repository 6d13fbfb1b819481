import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import { compareChangeIds, cursorExpired, timeOf } from '../messaging/changes.ts';
import type { ChangeId } from '../messaging/changes.ts';
import type { ChangePlace } from '../messaging/cursors.ts';
import type { Events, FollowRequest, InboxSource, PlacedChange } from '../messaging/events.ts';
import { ParleyError, UnsupportedError } from '../messaging/errors.ts';
import { loggable } from '../messaging/loggable.ts';
import { readInbox } from '../messaging/inbox.ts';
import type { ProviderEvent } from '../messaging/live.ts';
import type { LiveStore, LogPosition } from '../messaging/liveStore.ts';
import { narrowAccounts } from '../messaging/conversationList.ts';
import type { Account } from '../messaging/registry.ts';
import { sourceOf } from '../messaging/registry.ts';
import type { Store } from '../messaging/store.ts';
import type { AccountSource, SourceObserver, SourceTimes } from './createAccountSource.ts';
import { createAccountSource } from './createAccountSource.ts';
import { createHub } from './createHub.ts';
import { createIngest } from './createIngest.ts';
import type { InboxScan, ScanTimes } from './createInboxScan.ts';
import { createInboxScan } from './createInboxScan.ts';
import { createReadings } from './createReadings.ts';
import { createSync } from './createSync.ts';

export interface EventsOptions {
  readonly accounts: readonly Account[];
  readonly store: Store;
  readonly live: LiveStore;
  /** Milliseconds for which what happened can be asked for. */
  readonly window: number;
  /** The most changes that wait for one who follows. */
  readonly maxWaiting: number;
  /** Whether events are taken from the start on, and not only once somebody wants them. */
  readonly always: boolean;
  readonly times: SourceTimes & ScanTimes & CatchUpTimes;
  readonly log: Logger;
  readonly observer: SourceObserver;
  readonly now: () => number;
}

export interface CatchUpTimes {
  /** Milliseconds that who asks for changes waits for those that happened while nobody wanted to know. */
  readonly patience: number;
}

/** Everything that takes events, and tells them. */
export interface OpenEvents extends Events {
  /** Takes what a webhook has brought. Throws where it can't be taken: then it has to come again. */
  take(accountId: string, events: readonly ProviderEvent[]): Promise<void>;
  /** How many follow what happens, in this process. */
  readonly followers: number;
  /** Starts what is always wanted. */
  open(): void;
  close(): Promise<void>;
}

/** Milliseconds by which the clock of the log may be put back, such as when another Redis takes over. */
const CLOCK_DOUBT = 60_000;
/** Milliseconds after which it is asked again at the most whether it is time for a scan. */
const SCAN_CHECK = 30_000;

export function createEvents(options: EventsOptions): OpenEvents {
  const { live, store, window, log, times } = options;
  const ingest = createIngest({ live, now: options.now });
  const sync = createSync(ingest);
  const readings = createReadings({ ingest, report });
  const hub = createHub({ live, maxWaiting: options.maxWaiting, report });
  const sources = new Map<string, AccountSource>();
  const scans = new Map<string, InboxScan>();
  /** Whose conversations stand in an inbox that somebody has asked this process for. */
  const indexed = new Set<string>();
  let scanning: NodeJS.Timeout | undefined;
  for (const account of options.accounts) {
    // Whoever brings credentials of their own is read for nobody else, nor without them.
    if (account.provider.actor) continue;
    const parts = { account, store, live, ingest, sync, log };
    sources.set(account.id, createAccountSource({ ...parts, ...times, ...options }));
    scans.set(account.id, createInboxScan({ ...parts, ...times }));
  }

  return {
    async *follow(request) {
      const { accounts, conversation, kinds, after, signal } = request;
      for (const account of accounts) checkOwn(account);
      const unwatch = watch(request);
      try {
        const position = await live.position();
        const start = after ? checkPlace(after, position) : position.last;
        const interest = { accountIds: accounts.map(({ id }) => id), conversation, kinds };
        for await (const change of hub.follow(interest, start, signal)) {
          yield { ...change, epoch: position.epoch } satisfies PlacedChange;
        }
      } finally {
        for (const end of unwatch) end();
      }
    },

    async changes({ accounts, after, count }) {
      const own = accounts.filter(({ id }) => sources.has(id));
      for (const { id } of own) sources.get(id)!.want();
      if (after) {
        checkPlace(after, await live.position());
        await catchUp(own);
      }
      const position = await live.position();
      const { epoch } = position;
      const now = placeOf(position);
      if (!after) return { epoch, changes: [], end: now, hasMore: false };
      const start = checkPlace(after, position);
      const found = await live.changes(
        own.map(({ id }) => id),
        start,
        count + 1,
      );
      const changes = found.slice(0, count).map(({ id, accountId, change }) => {
        return { id, accountId, change: JSON.parse(change) as PlacedChange['change'] };
      });
      const last = changes.at(-1)?.id ?? start;
      const hasMore = found.length > count;
      // Whoever asks again and again has seen that there was nothing: their cursor must not grow old.
      return { epoch, changes, end: hasMore ? last : laterOf(last, now), hasMore };
    },

    async inbox({ accounts, filter, size, cursor }) {
      const selected = narrowAccounts(accounts, filter);
      const own = selected.filter(({ id }) => sources.has(id));
      for (const { id } of own) {
        indexed.add(id);
        sources.get(id)!.want();
        scans.get(id)!.want();
      }
      const accountIds = own.map(({ id }) => id);
      const [page, told] = await Promise.all([
        readInbox({ accountIds, filter, size, cursor }, (id, after, count) => live.latest(id, after, count)),
        Promise.all(selected.map(sourceFor)),
      ]);
      return { ...page, sources: told };
    },

    async progressOf({ accountId, conversationExternalId, externalId }) {
      if (!sources.has(accountId)) return undefined;
      const state = await ingest.look({ accountId, externalId: conversationExternalId });
      return state?.messages[externalId]?.progress ?? undefined;
    },

    touched({ accountId, externalId }) {
      const source = sources.get(accountId);
      if (indexed.has(accountId)) source?.want();
      source?.touched(externalId);
    },

    noticed(reading) {
      if (indexed.has(reading.conversation.accountId)) readings.take(reading);
    },

    async take(accountId, events) {
      const source = sources.get(accountId);
      if (!source) throw new Error('events came for an account that takes none');
      await source.take(events);
    },

    get followers() {
      return hub.size;
    },

    open() {
      if (!options.always) return;
      for (const [id, source] of sources) {
        indexed.add(id);
        source.want();
      }
      scanAll();
      scanning = setInterval(scanAll, Math.min(times.scanInterval, SCAN_CHECK));
      scanning.unref();
    },

    async close() {
      clearInterval(scanning);
      hub.close();
      await Promise.all([readings, ...sources.values(), ...scans.values()].map((one) => one.close()));
    },
  };

  function scanAll(): void {
    for (const scan of scans.values()) scan.want();
  }

  /** What could not be read by then comes later, behind the place that the page ends with. */
  async function catchUp(accounts: readonly Account[]): Promise<void> {
    const caughtUp = accounts.map(async (account) => {
      try {
        await sources.get(account.id)!.caughtUp();
      } catch (error) {
        log.warn({ ...sourceOf(account), ...loggable(error) }, 'what was missed of an account');
      }
    });
    const timeout = new AbortController();
    const patience = wait(times.patience, undefined, { signal: timeout.signal, ref: false });
    await Promise.race([Promise.all(caughtUp), patience]);
    timeout.abort();
    await patience.catch(() => undefined);
  }

  function watch({ accounts, conversation }: FollowRequest): (() => void)[] {
    return accounts.map(({ id }) => sources.get(id)!.watch(conversation?.externalId));
  }

  function checkOwn(account: Account): void {
    if (sources.has(account.id)) return;
    throw new UnsupportedError(sourceOf(account), 'live events where callers bring tokens of their own');
  }

  function checkPlace({ epoch, id }: ChangePlace, position: LogPosition): ChangeId {
    if (epoch !== position.epoch) throw cursorExpired();
    if (timeOf(id) < position.now - window) throw cursorExpired();
    return id;
  }

  /** After all that has happened, and before all that will. */
  function placeOf({ last, now }: LogPosition): ChangeId {
    // A little before now: the clock may be put back by that, and still no change comes before this place.
    return laterOf(last, `${Math.floor(now - Math.min(CLOCK_DOUBT, window / 2))}-0`);
  }

  async function sourceFor(account: Account): Promise<InboxSource> {
    const scan = scans.get(account.id);
    if (!scan) return { account, completeness: 'NONE', asOf: null, error: undefined };
    const status = await scan.status();
    const { failure, finishedAt = null } = status ?? {};
    const error = failure
      ? new ParleyError(failure.code, failure.message, { source: sourceOf(account), retryable: true })
      : undefined;
    if (!account.provider.listConversations) return { account, completeness: 'PARTIAL', asOf: null, error };
    return { account, completeness: finishedAt === null ? 'FILLING' : 'COMPLETE', asOf: finishedAt, error };
  }

  function report(error: unknown, what: string): void {
    log.warn(loggable(error), what);
  }
}

function laterOf(a: ChangeId, b: ChangeId): ChangeId {
  return compareChangeIds(a, b) < 0 ? b : a;
}
