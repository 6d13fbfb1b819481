import { setTimeout as wait } from 'node:timers/promises';
import { ParleyError } from '../messaging/errors.ts';

/**
 * Tries a read again while it fails in a way that may pass, with growing, jittered pauses. A time that the provider
 * named is kept if it is short; a longer one is the caller's to wait, who learns it from the error.
 */
export async function retryReads<T>(
  read: () => Promise<T>,
  { signal, maxRetries, mayRetry }: { signal: AbortSignal; maxRetries: number; mayRetry: () => boolean },
): Promise<T> {
  for (let retry = 0; ; retry += 1) {
    try {
      return await read();
    } catch (error) {
      const pause = pauseBefore(retry, error);
      if (retry === maxRetries || pause === undefined || signal.aborted || !mayRetry()) throw error;
      // When the caller leaves or the deadline passes meanwhile, what went wrong first is the better news.
      await wait(pause, undefined, { signal }).catch(() => Promise.reject(error as Error));
    }
  }
}

/** Milliseconds; undefined where another try is no use. */
function pauseBefore(retry: number, error: unknown): number | undefined {
  if (!(error instanceof ParleyError) || !error.retryable || error.code === 'PROVIDER_TIMEOUT')
    return undefined;
  if (error.retryAfter !== undefined) {
    return error.retryAfter <= MAX_RETRY_AFTER_SECONDS ? error.retryAfter * 1000 : undefined;
  }
  const ceiling = BASE_PAUSE * 2 ** retry;
  return ceiling / 2 + Math.random() * (ceiling / 2);
}

const BASE_PAUSE = 50;
const MAX_RETRY_AFTER_SECONDS = 2;
