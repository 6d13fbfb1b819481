import type { Emulators } from './emulators.ts';

/** The providers, running. */
export interface Sandbox extends Emulators {
  /** Ends every connection, also those that hang. */
  close(): Promise<void>;
  /** State back to the seed; logs and faults cleared. A request that hangs already goes on hanging. */
  reset(): void;
}
