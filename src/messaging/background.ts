import { setTimeout as wait } from 'node:timers/promises';

/** Work that has to be done although nobody waits for it: what became of a send has to be written down. */
export interface Background {
  /** Does the work now; where that fails, again and again for a while, behind the caller's back. */
  surely<T>(work: () => Promise<T>, what: string): Promise<T | undefined>;
  /** Lets `idle` wait for some work. */
  track<T>(work: Promise<T>): Promise<T>;
  /** Resolves when nothing is under way any more. */
  idle(): Promise<void>;
}

/** Milliseconds between tries: some 30 seconds together. */
const PAUSES = [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000];

/** `report` is told of work that was given up, and of each that had to wait. */
export function createBackground(report: (error: unknown, what: string) => void): Background {
  const underWay = new Set<Promise<unknown>>();
  const stopping = new AbortController();

  const track = <T>(work: Promise<T>): Promise<T> => {
    const settled: Promise<unknown> = work.then(
      () => underWay.delete(settled),
      () => underWay.delete(settled),
    );
    underWay.add(settled);
    return work;
  };

  return {
    track,
    async surely(work, what) {
      try {
        return await work();
      } catch (error) {
        report(error, what);
        void track(again(work, what));
        return undefined;
      }
    },
    async idle() {
      // Nobody waits out the pauses: what can't be done now is not done by a process that ends.
      stopping.abort();
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
  };

  async function again(work: () => Promise<unknown>, what: string): Promise<void> {
    for (const pause of PAUSES) {
      await wait(pause, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
      try {
        await work();
        return;
      } catch (error) {
        if (pause === PAUSES.at(-1) || stopping.signal.aborted) {
          report(error, what);
          return;
        }
      }
    }
  }
}
