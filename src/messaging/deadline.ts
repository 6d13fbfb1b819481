/** When something has to be over. */
export interface Deadline {
  /** Aborts when the time is over. */
  readonly signal: AbortSignal;
  /** Milliseconds that are left; 0 when it is over. */
  left(): number;
}

/** @param milliseconds from now on */
export function createDeadline(milliseconds: number): Deadline {
  const endsAt = performance.now() + milliseconds;
  return {
    signal: AbortSignal.timeout(milliseconds),
    left: () => Math.max(0, endsAt - performance.now()),
  };
}
