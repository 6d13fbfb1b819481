import type { Fault } from './Fault.ts';
import type { FaultOptions } from './faultQueue.ts';
import type { LoggedRequest, RequestLog } from './requestLog.ts';
import type { RequestHandler, UpgradeHandler } from './listener.ts';

/** What every provider's emulator offers to a test. */
export interface Emulator {
  /** Base URL, e.g. `http://127.0.0.1:41234`; the provider's paths are appended to it. */
  readonly url: string;
  /** The names that `failNext`'s `call` and the log use for this provider's calls. */
  readonly calls: readonly string[];
  /** Every request that arrived, in order; live, and bounded (the latest 10,000 at least). */
  readonly requests: RequestLog['entries'];
  clearRequests(): void;
  /** Switches a fault on for the next request(s). Throws `RangeError` for values that make no sense. */
  failNext(fault: Fault, options?: FaultOptions): void;
  clearFaults(): void;
}

/** An emulator together with what the sandbox needs to serve it. */
export interface MountedEmulator<E extends Emulator> {
  readonly emulator: E;
  /** Beginnings of the paths that belong to this provider, for serving several on one port. */
  readonly prefixes: readonly string[];
  readonly handle: RequestHandler;
  /** Absent where the provider speaks nothing but HTTP. */
  readonly upgrade?: UpgradeHandler;
  /** State back to the seed, log and faults cleared. */
  reset(): void;
  /** Ends delays and what came of upgrades; other sockets are the listener's. */
  close(): Promise<void>;
}

export type { Fault, FaultOptions, LoggedRequest };
