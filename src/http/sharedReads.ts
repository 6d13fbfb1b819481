import { LRUCache } from 'lru-cache';
import type { Abort } from '../messaging/abort.ts';
import { createAbort } from '../messaging/abort.ts';
import type { ParleyError } from '../messaging/errors.ts';
import { onAbort } from './onAbort.ts';

/** Lets equal reads of one account share a call, whichever operations they belong to. */
export interface SharedReads {
  /**
   * Joins the call that is under way for the same key, or makes one. The key says everything that the answer depends on, the
   * credentials above all: nobody may be given what somebody else was answered.
   *
   * @param load is given what aborts once nobody waits any more, and may abort it for reasons of its own
   */
  read(key: string, reader: Reader, load: (abort: Abort) => Promise<ReadAnswer>): Promise<unknown>;
  /** Lets nobody join, or be given, what was asked for until now: a write may have changed it. */
  drop(): void;
}

/** One operation that waits for an answer. */
export interface Reader {
  /** One of them aborts when it waits no longer. The call itself ends with the last of its readers. */
  readonly signals: readonly AbortSignal[];
  /** What its read ends with then. */
  readonly ended: () => ParleyError;
  /** Told that there is an answer for it. */
  readonly answered?: () => void;
}

export interface ReadAnswer {
  readonly value: unknown;
  /** Characters. */
  readonly size: number;
}

export interface SharedReadsOptions {
  /** Milliseconds that an answer is given again; 0 for not at all. */
  readonly cacheFor: number;
  /** Told of each read that needs no call. */
  readonly shared: (how: 'in_flight' | 'cache') => void;
}

/** What is kept of one account at the most: answers, and characters of them. */
const MAX_ANSWERS = 1_000;
const MAX_CHARACTERS = 16 * 1024 * 1024;

interface SharedCall {
  readonly key: string;
  readonly answer: Promise<ReadAnswer>;
  readonly abort: Abort;
  readers: number;
  isOver: boolean;
}

export function createSharedReads({ cacheFor, shared }: SharedReadsOptions): SharedReads {
  const underWay = new Map<string, SharedCall>();
  const answers =
    cacheFor > 0
      ? new LRUCache<string, ReadAnswer>({
          max: MAX_ANSWERS,
          maxSize: MAX_CHARACTERS,
          maxEntrySize: MAX_CHARACTERS / 4,
          sizeCalculation: ({ size }) => Math.max(1, size),
          ttl: cacheFor,
        })
      : undefined;

  return {
    async read(key, reader, load) {
      if (reader.signals.some(({ aborted }) => aborted)) throw reader.ended();
      const kept = answers?.get(key);
      if (kept) {
        shared('cache');
        reader.answered?.();
        return kept.value;
      }
      const known = underWay.get(key);
      if (known) shared('in_flight');
      const { value } = await follow(known ?? begin(key, load), reader);
      reader.answered?.();
      return value;
    },
    drop() {
      underWay.clear();
      answers?.clear();
    },
  };

  function begin(key: string, load: (abort: Abort) => Promise<ReadAnswer>): SharedCall {
    const abort = createAbort();
    const call: SharedCall = { key, answer: load(abort), abort, readers: 0, isOver: false };
    underWay.set(key, call);
    call.answer.then(
      (answer) => {
        // One that nobody may join any more may be older than a write.
        if (end(call)) answers?.set(key, answer);
      },
      () => end(call),
    );
    return call;
  }

  /** Whether others could have joined it until now. */
  function end(call: SharedCall): boolean {
    call.isOver = true;
    return underWay.get(call.key) === call && underWay.delete(call.key);
  }

  async function follow(call: SharedCall, { signals, ended }: Reader): Promise<ReadAnswer> {
    call.readers += 1;
    let leave!: () => void;
    const left = new Promise<never>((_resolve, reject) => {
      leave = () => reject(ended());
      for (const signal of signals) onAbort(signal, leave);
    });
    try {
      return await Promise.race([call.answer, left]);
    } finally {
      for (const signal of signals) signal.removeEventListener('abort', leave);
      call.readers -= 1;
      if (call.readers === 0 && !call.isOver) {
        end(call);
        call.abort.abort();
      }
    }
  }
}
