/** A number of places for work, and a queue before them. */
export interface Places {
  /** Work that has a place. */
  readonly taken: number;
  /** Work that waits for one. */
  readonly queued: number;
  /**
   * Runs work as soon as there is a place for it, in the order in which it came. Throws what `full` gives where even the queue is
   * full, and what `ended` gives where the signal aborts in the queue; from then on the work itself has to mind the signal.
   */
  run<T>(work: () => Promise<T>, wait: Wait): Promise<T>;
}

export interface Wait {
  readonly signal: AbortSignal;
  readonly ended: () => Error;
  readonly full: () => Error;
}

/**
 * Not cockatiel's bulkhead: in its queue, one that has left keeps its place, and at its turn lets the next one wait for ever
 * (as of 3.2.1).
 */
export function createPlaces(count: number, queue: number): Places {
  const waiting = new Set<() => void>();
  let taken = 0;

  return {
    get taken() {
      return taken;
    },
    get queued() {
      return waiting.size;
    },
    async run(work, wait) {
      if (wait.signal.aborted) throw wait.ended();
      if (taken < count) taken += 1;
      else await takeOver(wait);
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };

  /** Waits until somebody leaves their place to this one. */
  function takeOver({ signal, ended, full }: Wait): Promise<void> {
    if (waiting.size >= queue) return Promise.reject(full());
    return new Promise((resolve, reject) => {
      const begin = () => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = () => {
        waiting.delete(begin);
        reject(ended());
      };
      waiting.add(begin);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  /** Hands the place on at once, so that nobody who comes now can take it. */
  function leave(): void {
    const [next] = waiting;
    if (!next) {
      taken -= 1;
      return;
    }
    waiting.delete(next);
    next();
  }
}
