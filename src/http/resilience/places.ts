/** A number of places for work, and a queue before them. */
export interface Places {
  /** Work that has a place. */
  readonly taken: number;
  /** Work that waits for one. */
  readonly queued: number;
  /**
   * Takes a place, in the order of coming: at once, or where something is given back, when that has settled. Throws, or rejects with,
   * what `full` gives where even the queue is full, and what `ended` gives where the signal aborts in the queue; whoever has a place
   * minds the signal by themselves.
   */
  take(wait: Wait): Promise<void> | undefined;
  /** Gives a place up that was taken. */
  leave(): void;
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
    take,
    leave,
  };

  function take(wait: Wait): Promise<void> | undefined {
    if (wait.signal.aborted) throw wait.ended();
    if (taken >= count) return takeOver(wait);
    taken += 1;
    return undefined;
  }

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
