/** The course of stopping: what is under way may end, is told to end, and is cut off, all of it in time. */
export interface Shutdown {
  /** Aborts when operations are told to end. */
  readonly signal: AbortSignal;
  /** Begins. `cut` is called when even the answers that say so have not gone out. */
  begin(cut: () => void): void;
  /** Milliseconds that are left. */
  left(): number;
  /** It is over. */
  end(): void;
}

/** The part of the grace that is kept for answers and records after operations were told to end, and its most in milliseconds. */
const RESERVE = { part: 0.25, most: 3_000 };

/** @param grace milliseconds from begin to end */
export function createShutdown(grace: number): Shutdown {
  const told = new AbortController();
  const reserve = Math.min(grace * RESERVE.part, RESERVE.most);
  const timers: NodeJS.Timeout[] = [];
  let endsAt = Infinity;
  return {
    signal: told.signal,
    begin(cut) {
      endsAt = performance.now() + grace;
      timers.push(
        setTimeout(() => told.abort(), grace - reserve),
        setTimeout(cut, grace - reserve / 2),
      );
    },
    left: () => Math.max(0, endsAt - performance.now()),
    end() {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
