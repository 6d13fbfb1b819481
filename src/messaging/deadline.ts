import type { Abort } from './abort.ts';
import { createAbort } from './abort.ts';
/** When something has to be over. */
export interface Deadline {
  /** Aborts when the time is over. */
  readonly signal: AbortSignal;
  /** Milliseconds that are left; 0 when it is over. */
  left(): number;
  /** Lets go of its timer, once nobody looks at it any more. It never aborts then. */
  end(): void;
  /** Counts anew, with another signal: the one that it had never aborts. */
  renew(): void;
}

/** @param milliseconds from now on */
export function createDeadline(milliseconds: number): Deadline {
  return new TimedDeadline(milliseconds);
}

/** It costs nothing until somebody looks at its signal: most deadlines are of what waits for nobody. */
class TimedDeadline implements Deadline {
  readonly #milliseconds: number;
  #endsAt: number;
  #over: Abort | undefined;
  #timer: NodeJS.Timeout | undefined;
  #hasEnded = false;

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
    this.#endsAt = performance.now() + milliseconds;
  }

  get signal(): AbortSignal {
    this.#over ??= this.#watch();
    return this.#over.signal;
  }

  left(): number {
    return Math.max(0, this.#endsAt - performance.now());
  }

  end(): void {
    this.#hasEnded = true;
    clearTimeout(this.#timer);
  }

  renew(): void {
    clearTimeout(this.#timer);
    this.#over = undefined;
    this.#hasEnded = false;
    this.#endsAt = performance.now() + this.#milliseconds;
  }

  #watch(): Abort {
    const over = createAbort();
    if (this.#hasEnded) return over;
    const left = this.left();
    if (left === 0) {
      over.abort();
      return over;
    }
    // Not `AbortSignal.timeout`, whose timer can't be stopped: each of many short calls would hold one to its end.
    this.#timer = setTimeout(() => over.abort(), Math.ceil(left));
    this.#timer.unref();
    return over;
  }
}
