import { ParleyError } from './errors.ts';

/** What a call to a provider needs of the operation that it is made for. */
export interface CallContext {
  /** Aborts when the caller is gone. */
  readonly signal: AbortSignal;
  readonly calls: UpstreamCalls;
}

/** Counts an operation's calls to providers. */
export interface UpstreamCalls {
  /** How many were made, each retry counted. */
  readonly count: number;
  /** From now on no more than that may be asked for; the retries of a call are not counted against it. */
  limitTo(most: number): void;
  /** Asks for one more. Throws a `ParleyError` with the code `OPERATION_TOO_COSTLY` where an operation may make no more. */
  begin(): void;
  /** One goes out. */
  made(): void;
}

export function createUpstreamCalls(): UpstreamCalls {
  let most = Infinity;
  let begun = 0;
  let count = 0;
  return {
    get count() {
      return count;
    },
    limitTo(limit) {
      most = limit;
    },
    begin() {
      begun += 1;
      if (begun > most) {
        throw new ParleyError(
          'OPERATION_TOO_COSTLY',
          `This operation has come to ${most} calls to providers, and may make no more. Ask for less at once.`,
        );
      }
    },
    made() {
      count += 1;
    },
  };
}
