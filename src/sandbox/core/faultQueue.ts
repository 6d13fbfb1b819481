import type { Fault } from './Fault.ts';
import type { LoggedRequest } from './requestLog.ts';

/** A fault in its long form. */
export type ActiveFault = Exclude<Fault, number>;

/** Which requests a fault waits for. */
export interface FaultOptions {
  /** How many requests it hits; 1 unless given, `Infinity` allowed. */
  readonly times?: number;
  /** Only requests of that call; any request (files too) unless given. */
  readonly call?: string;
  /** Only requests for which it says true; it sees the request as logged, its status still null. */
  readonly match?: (request: LoggedRequest) => boolean;
}

/** The faults that wait at one emulator. */
export interface FaultQueue {
  /** Throws `RangeError` for a status, delay, size or number of times that makes no sense. */
  readonly add: (fault: Fault, options?: FaultOptions) => void;
  /** Takes the oldest fault that waits for this request, counting it as used. */
  take(request: LoggedRequest): ActiveFault | undefined;
  readonly clear: () => void;
}

/** Faults are used in the order in which they were switched on; one request meets at most one of them. */
export function createFaultQueue(): FaultQueue {
  let waiting: { fault: ActiveFault; left: number; options: FaultOptions }[] = [];
  return {
    add(fault, options = {}) {
      const active = typeof fault === 'number' ? { status: fault } : fault;
      assertSensible(active, options.times ?? 1);
      waiting.push({ fault: active, left: options.times ?? 1, options });
    },
    take(request) {
      const found = waiting.find(
        ({ options: { call, match } }) =>
          (call === undefined || call === request.call) && (match === undefined || match(request)),
      );
      if (!found) return undefined;
      found.left -= 1;
      if (found.left <= 0) waiting = waiting.filter((other) => other !== found);
      return found.fault;
    },
    clear() {
      waiting = [];
    },
  };
}

// A typo in a test (`failNext({ status: 4290 })`) should fail where it stands, not as a strange answer later.
function assertSensible(fault: ActiveFault, times: number): void {
  if (times !== Infinity && !(Number.isInteger(times) && times > 0)) {
    throw new RangeError(`times must be a positive integer or Infinity, not ${times}`);
  }
  const status = 'status' in fault ? fault.status : 'acceptThen' in fault ? fault.acceptThen : 200;
  if (typeof status === 'number' && !(Number.isInteger(status) && status >= 200 && status <= 599)) {
    throw new RangeError(`status must be 200 to 599, not ${status}`);
  }
  const milliseconds = 'delay' in fault ? fault.delay : 'acceptLate' in fault ? fault.acceptLate : 0;
  if (!(Number.isFinite(milliseconds) && milliseconds >= 0)) {
    throw new RangeError(`a delay must be milliseconds, not ${milliseconds}`);
  }
  if ('oversize' in fault && !(Number.isInteger(fault.oversize) && fault.oversize > 0)) {
    throw new RangeError(`oversize must be a number of bytes, not ${fault.oversize}`);
  }
}
