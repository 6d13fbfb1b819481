import type { Deadline } from './deadline.ts';
import { ParleyError } from './errors.ts';
import type { Span } from './span.ts';

/** What a call to a provider needs of the operation that it is made for. */
export interface CallContext {
  /** Aborts when the caller is gone. */
  readonly signal: AbortSignal;
  readonly calls: UpstreamCalls;
  /** What all reads of the operation share; absent for what belongs to a write, which takes the time that it takes. */
  readonly deadline?: Deadline | undefined;
  /** Whether what is read must be as it is now: a write goes by it. Otherwise an answer may be that of another operation. */
  readonly fresh?: boolean;
  /** Where its calls stand in the operation's trace; absent while nothing is traced. */
  readonly span?: Span | undefined;
}

/** Counts an operation's calls to providers. */
export interface UpstreamCalls {
  /** How many were made, each retry counted. */
  readonly count: number;
  /** Whether a call that failed may be made again. */
  readonly hasRoom: boolean;
  /** The same count for what belongs to a write, which goes on to its end whatever it has cost. */
  readonly ofWrites: UpstreamCalls;
  /** From now on no more than that may be asked for, by a write only where that is said. */
  limitTo(most: number, options: { readonly writesToo: boolean }): void;
  /** Asks for one more. Throws a `ParleyError` with the code `OPERATION_TOO_COSTLY` where an operation may make no more. */
  begin(): void;
  /** One goes out. */
  made(): void;
}

export function createUpstreamCalls(): UpstreamCalls {
  const most = { reads: Infinity, writes: Infinity };
  let begun = 0;
  let count = 0;
  const ofWrites = countFor('writes');
  return countFor('reads');

  function countFor(kind: keyof typeof most): UpstreamCalls {
    return {
      get count() {
        return count;
      },
      get hasRoom() {
        return count < most[kind];
      },
      get ofWrites() {
        return kind === 'writes' ? this : ofWrites;
      },
      limitTo(limit, { writesToo }) {
        most.reads = limit;
        if (writesToo) most.writes = limit;
      },
      begin() {
        begun += 1;
        if (begun > most[kind]) throw tooCostly(most[kind]);
      },
      made() {
        count += 1;
      },
    };
  }
}

function tooCostly(most: number): ParleyError {
  return new ParleyError(
    'OPERATION_TOO_COSTLY',
    `This operation has come to ${most} calls to providers, and may make no more. Ask for less at once.`,
  );
}
