import type { LetstalkEmulator } from './letstalk/createLetstalkEmulator.ts';
import type { PactEmulator } from './pact/createPactEmulator.ts';
import type { PigeonsEmulator } from './pigeons/createPigeonsEmulator.ts';

/** The three providers, running. */
export interface Sandbox {
  readonly pact: PactEmulator;
  readonly letstalk: LetstalkEmulator;
  readonly pigeons: PigeonsEmulator;
  /** Ends every connection, also those that hang. */
  close(): Promise<void>;
  /** State back to the seed; logs and faults cleared. A request that hangs already goes on hanging. */
  reset(): void;
}
