import type { Readable } from 'node:stream';

/** A file that Parley keeps itself, for providers that have no upload call. */
export interface StagedFile {
  /** 256 random bits, URL-safe: whoever knows it may read the file, so that it never stands in a log. */
  readonly key: string;
  readonly fileName: string;
  readonly mimeType: string;
  /** Bytes. */
  readonly byteSize: number;
}

/**
 * Where uploaded files wait until a message takes them. Every method throws a `ParleyError` with the code
 * `STORAGE_UNAVAILABLE`, retryable, where the storage fails or is full.
 */
export interface Staging {
  /**
   * Keeps a file, whole or not at all: when `body` fails, or `signal` aborts, nothing of it is left, and the error is the
   * body's own, or `CANCELLED`. Holds a bounded part of it in memory.
   */
  write(
    file: { readonly fileName: string; readonly mimeType: string; readonly body: Readable },
    signal: AbortSignal,
  ): Promise<StagedFile>;
  /** What is known of a file; null where there is none, also for keys that can't be one. */
  find(key: string): Promise<StagedFile | null>;
  /** The file's bytes. Null where there is none. */
  read(key: string): Promise<Readable | null>;
  /** Marks a file as sent, so that it outlives the wait: a provider may hold its address for good. */
  keep(key: string): Promise<void>;
  /** Takes the mark away again. */
  release(key: string): Promise<void>;
  /**
   * Removes files whose time is over, and what an interrupted write left. Gives how many; throws at
   * the end where some could not be removed. Ages are milliseconds; that of a file begins before its first byte is written.
   */
  sweep(ages: { readonly unsent: number; readonly sent: number }): Promise<number>;
}
