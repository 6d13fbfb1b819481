import type { ErrorSource } from '../messaging/errors.ts';

/** What a call does: each kind has a time and a number of places of its own, so that none keeps the others from working. */
export type CallKind = 'read' | 'send' | 'upload';

export type CircuitState = 'closed' | 'half-open' | 'open';

/** Told what becomes of calls to providers, for metrics. */
export interface CallObserver {
  /** A call was made and is over, each retry by itself. `code` is `OK`, or the error's. */
  call(source: ErrorSource, call: { kind: CallKind; code: string; seconds: number }): void;
  /** A read is tried again. */
  retried(source: ErrorSource): void;
  /** A read was answered by another operation's call, or by what one was answered a moment ago. */
  shared(source: ErrorSource, how: 'in_flight' | 'cache'): void;
  /** A call was not made, to keep its account, or Parley, from worse. */
  refused(source: ErrorSource, why: 'circuit_open' | 'queue_full' | 'rate' | 'retry_budget'): void;
  /** Rows of an answer could not be read, and are missing. */
  lost(source: ErrorSource, call: string, count: number): void;
  /** An answer was none that the provider documents. */
  breached(source: ErrorSource): void;
}

/** Where nobody watches. */
export const NO_OBSERVER: CallObserver = {
  call: () => undefined,
  retried: () => undefined,
  shared: () => undefined,
  refused: () => undefined,
  lost: () => undefined,
  breached: () => undefined,
};
