/**
 * Ends what is under way: an `AbortController` for what there is one of for each operation or call.
 *
 * Node 20 sets the prototype of every signal of an `AbortController` when it is made, so that V8 gives each a hidden class of its own:
 * some 700 bytes in the old generation, which only the large collections free, and code that has learned nothing of the next signal.
 */
export interface Abort {
  readonly signal: AbortSignal;
  /** Aborts the signal. Doing so again changes nothing. */
  abort(): void;
}

export function createAbort(): Abort {
  return new OwnAbort();
}

class OwnAbort implements Abort {
  readonly signal = new OwnSignal();

  abort(): void {
    this.signal.abort();
  }
}

/** Everything that takes a signal takes it, but what asks for Node's own class: `fetch` and `AbortSignal.any`. */
class OwnSignal extends EventTarget implements AbortSignal {
  aborted = false;
  reason: unknown = undefined;
  onabort: AbortSignal['onabort'] = null;

  abort(): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = new DOMException('This operation was aborted', 'AbortError');
    const event = new Event('abort');
    this.onabort?.(event);
    this.dispatchEvent(event);
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason as DOMException;
  }
}
