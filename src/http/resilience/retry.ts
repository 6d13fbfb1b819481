import { setTimeout as wait } from 'node:timers/promises';
import { ParleyError } from '../../messaging/errors.ts';
import { NotMadeError } from './NotMadeError.ts';

export interface RetryOptions {
  readonly signal: AbortSignal;
  readonly maxRetries: number;
  /** Milliseconds that are left for all of it. */
  readonly left: () => number;
  /** Asked before each retry. */
  readonly mayRetry: () => boolean;
}

/**
 * Tries a read again while it fails in a way that may pass, with growing, jittered pauses. A time that the provider
 * named is kept if there is so much left; a longer one is the caller's to wait, who learns it from the error.
 *
 * Cockatiel's own retry pauses on after its signal has aborted, and would keep a caller who has left.
 */
export async function retryReads<T>(
  read: () => Promise<T>,
  { signal, maxRetries, left, mayRetry }: RetryOptions,
): Promise<T> {
  let first: Error | undefined;
  for (let retry = 0; ; retry += 1) {
    try {
      return await read();
    } catch (error) {
      // That it could not be tried again, or not in time, says less than why it had to be.
      if (first && (error instanceof NotMadeError || signal.aborted)) throw first;
      first ??= error as Error;
      const pause = pauseBefore(retry, error);
      if (retry === maxRetries || pause === undefined || signal.aborted) throw error;
      if (pause + SHORTEST_TRY > left() || !mayRetry()) throw error;
      // When the caller leaves or the deadline passes meanwhile, what went wrong first is the better news.
      await wait(pause, undefined, { signal }).catch(() => Promise.reject(error as Error));
    }
  }
}

/** Milliseconds; undefined where another try is no use. */
function pauseBefore(retry: number, error: unknown): number | undefined {
  if (!(error instanceof ParleyError) || !error.retryable || error.code === 'PROVIDER_TIMEOUT')
    return undefined;
  if (error instanceof NotMadeError) return undefined;
  if (error.retryAfter !== undefined) return error.retryAfter * 1_000;
  const ceiling = BASE_PAUSE * 2 ** retry;
  return ceiling / 2 + Math.random() * (ceiling / 2);
}

const BASE_PAUSE = 50;
/** Milliseconds that a try needs to be worth making. */
const SHORTEST_TRY = 50;
