/** When something has to be over. */
export interface Deadline {
  /** Aborts when the time is over. */
  readonly signal: AbortSignal;
  /** Milliseconds that are left; 0 when it is over. */
  left(): number;
  /** Lets go of its timer, once nobody looks at it any more. It never aborts then. */
  end(): void;
}

/** @param milliseconds from now on */
export function createDeadline(milliseconds: number): Deadline {
  const endsAt = performance.now() + milliseconds;
  const over = new AbortController();
  // Not `AbortSignal.timeout`, whose timer can't be stopped: each of many short calls would hold one to its end.
  const timer = setTimeout(() => over.abort(), milliseconds);
  timer.unref();
  return {
    signal: over.signal,
    left: () => Math.max(0, endsAt - performance.now()),
    end: () => clearTimeout(timer),
  };
}
