import type { BulkheadPolicy } from 'cockatiel';
import { bulkhead, BulkheadRejectedError } from 'cockatiel';

/** A number of places for work, and a queue before them. */
export interface Places {
  /** Work that has a place. */
  readonly taken: number;
  /** Work that waits for one. */
  readonly queued: number;
  /**
   * Runs work as soon as there is a place for it. Throws what `full` gives where even the queue is full, and what `ended` gives where
   * the signal aborts in the queue; from then on the work itself has to mind the signal.
   */
  run<T>(work: () => Promise<T>, wait: Wait): Promise<T>;
}

export interface Wait {
  readonly signal: AbortSignal;
  readonly ended: () => Error;
  readonly full: () => Error;
}

export function createPlaces(count: number, queue: number): Places {
  const policy: BulkheadPolicy = bulkhead(count, queue);
  return {
    get taken() {
      return count - policy.executionSlots;
    },
    get queued() {
      return queue - policy.queueSlots;
    },
    run(work, { signal, ended, full }) {
      if (signal.aborted) return Promise.reject(ended());
      let hasBegun = false;
      const running = policy.execute(() => {
        hasBegun = true;
        return work();
      }, signal);
      return new Promise((resolve, reject) => {
        // The policy notices only at its turn that nobody waits any more.
        const leave = () => {
          if (!hasBegun) reject(ended());
        };
        signal.addEventListener('abort', leave, { once: true });
        const done = () => signal.removeEventListener('abort', leave);
        running.then(
          (value) => {
            done();
            resolve(value);
          },
          (error: unknown) => {
            done();
            reject(error instanceof BulkheadRejectedError ? full() : (error as Error));
          },
        );
      });
    },
  };
}
