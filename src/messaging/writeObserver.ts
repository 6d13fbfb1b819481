import type { ErrorSource } from './errors.ts';

/** How a send has ended for whoever asked: sent just now, or before; in doubt; refused; or asked for with a key of something else. */
export type SendOutcome = 'SENT' | 'REPEATED' | 'UNKNOWN' | 'REFUSED' | 'CONFLICT';

/** Told what becomes of writes, for metrics. */
export interface WriteObserver {
  sent(source: ErrorSource, outcome: SendOutcome): void;
  /** An upload is over; `outcome` is `OK`, or a code. */
  uploaded(source: ErrorSource, outcome: string, bytes: number): void;
}
