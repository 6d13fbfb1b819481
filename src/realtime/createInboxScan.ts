import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import { ParleyError } from '../messaging/errors.ts';
import type { ErrorCode } from '../messaging/errors.ts';
import { loggable } from '../messaging/loggable.ts';
import type { LiveStore } from '../messaging/liveStore.ts';
import type { Account } from '../messaging/registry.ts';
import { sourceOf } from '../messaging/registry.ts';
import type { Store } from '../messaging/store.ts';
import { createSystemContext } from '../messaging/systemContext.ts';
import { externalIdOf } from './createIngest.ts';
import type { Ingest } from './createIngest.ts';
import { createLease } from './createLease.ts';
import type { Sync } from './createSync.ts';
import { put } from './put.ts';

/** Looks at all conversations of an account now and then, so that the inbox knows also those of which nobody has heard. */
export interface InboxScan {
  /** Somebody looks at the inbox. */
  want(): void;
  /** How far it has come, by whichever process. */
  status(): Promise<ScanStatus | undefined>;
  close(): Promise<void>;
}

export interface ScanStatus {
  readonly startedAt: string;
  /** When all were last seen; null until they have been. */
  readonly finishedAt: string | null;
  /** Why the last one came to nothing; null where it did not. */
  readonly failure: { readonly code: ErrorCode; readonly message: string } | null;
}

export interface ScanTimes {
  /** Milliseconds between the beginnings of two scans. */
  readonly scanInterval: number;
  /** Milliseconds between two calls of a scan. */
  readonly scanPause: number;
}

export interface InboxScanOptions extends ScanTimes {
  readonly account: Account;
  readonly store: Store;
  readonly live: LiveStore;
  readonly ingest: Ingest;
  readonly sync: Sync;
  readonly log: Logger;
}

/** More than any account has: the inbox has no room for more. */
const MAX_PAGES = 1_000;
/** How many of the latest conversations are read for the message that the list did not tell. */
const MAX_FILLED = 100;
const LEASE_TIME = 60_000;
const STATUS_TTL = 30 * 86_400_000;

export function createInboxScan(options: InboxScanOptions): InboxScan {
  const { account, store, live, ingest, sync, log, scanInterval, scanPause } = options;
  const closing = new AbortController();
  const context = createSystemContext(closing.signal);
  const lease = createLease(store, `scan:${account.id}`, LEASE_TIME);
  const key = `scan:${account.id}`;
  let running: Promise<void> | undefined;
  let lookedAt = -Infinity;

  return {
    want() {
      if (!account.provider.listConversations || running || closing.signal.aborted) return;
      // Whether it is time again is known to all processes, and need not be asked with each look at the inbox.
      if (performance.now() - lookedAt < Math.min(scanInterval, 5_000)) return;
      lookedAt = performance.now();
      running = run().finally(() => (running = undefined));
    },
    status: read,
    async close() {
      closing.abort();
      await running;
    },
  };

  async function run(): Promise<void> {
    try {
      const known = await read();
      const startedAt = known ? Date.parse(known.startedAt) : 0;
      if (known?.finishedAt && Date.now() - startedAt < scanInterval) return;
      if (!(await lease.hold())) return;
      try {
        await scan(known?.finishedAt ?? null);
      } finally {
        await lease.release();
      }
    } catch (error) {
      if (closing.signal.aborted) return;
      log.warn({ ...sourceOf(account), ...loggable(error) }, 'a scan for the inbox');
    }
  }

  async function scan(finishedBefore: string | null): Promise<void> {
    const startedAt = new Date().toISOString();
    await write({ startedAt, finishedAt: finishedBefore, failure: null });
    try {
      const pause = async () => {
        await lease.hold();
        await wait(scanPause, undefined, { signal: closing.signal, ref: false });
      };
      await sync.list(account, { pages: MAX_PAGES, pause, reads: MAX_FILLED }, context);
      await write({ startedAt, finishedAt: new Date().toISOString(), failure: null });
      await fill(pause);
    } catch (error) {
      if (error instanceof ParleyError) {
        const failure = { code: error.code, message: error.message };
        await write({ startedAt, finishedAt: finishedBefore, failure });
      }
      throw error;
    }
  }

  /** Reads the last messages of the latest conversations, where the list did not tell them. */
  async function fill(pause: () => Promise<void>): Promise<void> {
    const latest = await live.latest(account.id, undefined, MAX_FILLED);
    for (const { key, activityAt } of latest) {
      const ref = { accountId: account.id, externalId: externalIdOf(key) };
      const state = await ingest.look(ref);
      const isKnown = state?.lastMessage && Date.parse(state.lastMessage.sentAt) >= activityAt;
      if (isKnown || state?.baseline) continue;
      await sync.conversation(account, ref.externalId, context);
      await pause();
    }
  }

  async function read(): Promise<ScanStatus | undefined> {
    const text = await store.get(key);
    return text === undefined ? undefined : (JSON.parse(text) as ScanStatus);
  }

  function write(status: ScanStatus): Promise<void> {
    return put(store, key, JSON.stringify(status), STATUS_TTL);
  }
}
