import type { Abort } from '../messaging/abort.ts';
import { createAbort } from '../messaging/abort.ts';
import { onAbort } from './onAbort.ts';

/** What ends a call before it is answered. */
export interface Ending {
  readonly signal: AbortSignal;
  /** Who has ended it: whoever waited, or its deadline; undefined while nobody has. */
  readonly by: 'CALLER' | 'DEADLINE' | undefined;
  /** Milliseconds that are left. */
  left(): number;
  /** Lets go of its timer, and of its caller. */
  over(): void;
}

/**
 * A deadline for what has an end of its own already. One controller and one timer: there is one of these for each call.
 *
 * @param abort aborted by whoever waits no longer
 */
export function createEnding(abort: Abort, milliseconds: number): Ending {
  return new TimedEnding(abort, milliseconds);
}

/** The same for callers whose signals are not ours to abort: the first of them ends it. */
export function endingWith(callers: readonly AbortSignal[], milliseconds: number): Ending {
  const abort = createAbort();
  const pass = () => abort.abort();
  if (callers.some(({ aborted }) => aborted)) pass();
  for (const caller of callers) onAbort(caller, pass);
  return new TimedEnding(abort, milliseconds, () => {
    for (const caller of callers) caller.removeEventListener('abort', pass);
  });
}

class TimedEnding implements Ending {
  readonly signal: AbortSignal;
  readonly #endsAt: number;
  readonly #timer: NodeJS.Timeout;
  readonly #leave: (() => void) | undefined;
  #isLate = false;

  constructor(abort: Abort, milliseconds: number, leave?: () => void) {
    this.signal = abort.signal;
    this.#endsAt = performance.now() + milliseconds;
    this.#leave = leave;
    this.#timer = setTimeout(() => {
      this.#isLate = !abort.signal.aborted;
      abort.abort();
    }, Math.ceil(milliseconds));
    this.#timer.unref();
  }

  get by(): 'CALLER' | 'DEADLINE' | undefined {
    if (!this.signal.aborted) return undefined;
    return this.#isLate ? 'DEADLINE' : 'CALLER';
  }

  left(): number {
    return Math.max(0, this.#endsAt - performance.now());
  }

  over(): void {
    clearTimeout(this.#timer);
    this.#leave?.();
  }
}
