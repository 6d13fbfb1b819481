import { LRUCache } from 'lru-cache';
import type { Reading } from '../messaging/noticeReads.ts';
import type { Ingest } from './createIngest.ts';

/** Takes what reads for clients have shown to the inbox, behind their backs. */
export interface Readings {
  take(reading: Reading): void;
  /** Drops what waits; settles once nothing is under way. */
  close(): Promise<void>;
}

export interface ReadingsOptions {
  readonly ingest: Pick<Ingest, 'takeRead'>;
  readonly report: (error: unknown, what: string) => void;
}

/** Conversations whose readings wait. With more, some are dropped: the inbox learns of those by a scan. */
const MAX_WAITING = 1_000;
/** How many are taken at once. */
const CONCURRENCY = 4;
/** Readings that are known to have been taken; after a while they are taken again, since a store can lose what it has. */
const MAX_KNOWN = 10_000;
const KNOWN_FOR = 60_000;

export function createReadings({ ingest, report }: ReadingsOptions): Readings {
  /** What each conversation was last read to be. */
  const known = new LRUCache<string, string>({ max: MAX_KNOWN, ttl: KNOWN_FOR });
  const waiting = new Map<string, Reading>();
  let isClosed = false;
  let workers: Promise<void>[] = [];

  return {
    take(reading) {
      const { accountId, externalId } = reading.conversation;
      const key = `${accountId} ${externalId}`;
      if (isClosed || (waiting.size >= MAX_WAITING && !waiting.has(key))) return;
      const parts = [
        [`${key} facts`, factsPrint(reading)],
        [`${key} newest`, newestPrint(reading)],
      ] as const;
      const news = parts.filter(([name, print]) => print !== undefined && known.get(name) !== print);
      if (news.length === 0) return;
      for (const [name, print] of news) known.set(name, print);
      const before = waiting.get(key);
      waiting.set(key, {
        conversation: { ...before?.conversation, ...reading.conversation },
        newest: reading.newest ?? before?.newest,
      });
      if (workers.length < CONCURRENCY) start();
    },
    async close() {
      isClosed = true;
      waiting.clear();
      await Promise.all(workers);
    },
  };

  function start(): void {
    const worker = work().finally(() => (workers = workers.filter((one) => one !== worker)));
    workers.push(worker);
  }

  async function work(): Promise<void> {
    // Whoever has read is answered first.
    await new Promise(setImmediate);
    for (const [key, reading] of waiting) {
      waiting.delete(key);
      try {
        await ingest.takeRead(reading);
      } catch (error) {
        // Where one can't be remembered, none of those behind it can. All are taken when they are read again.
        waiting.clear();
        known.clear();
        report(error, 'what was read, for the inbox');
      }
    }
  }
}

/** Undefined where nothing was told but which conversation it is. */
function factsPrint({ conversation }: Reading): string | undefined {
  const { accountId: _accountId, externalId: _externalId, ...facts } = conversation;
  return Object.keys(facts).length > 0 ? JSON.stringify(facts) : undefined;
}

function newestPrint({ newest }: Reading): string | undefined {
  if (!newest) return undefined;
  const { externalId, sentAt, delivery } = newest;
  return [externalId, sentAt, delivery?.state, delivery?.deliveredAt, delivery?.readAt].join(' ');
}
