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
  /** Whether any read has been answered, by a call of its own or by another operation's. */
  readonly hasAnswer: boolean;
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
  /** A read has its answer. */
  answered(): void;
}

export function createUpstreamCalls(): UpstreamCalls {
  return new CountedCalls(
    { begun: 0, made: 0, hasAnswer: false, reads: Infinity, writes: Infinity },
    'reads',
  );
}

interface Counts {
  begun: number;
  made: number;
  hasAnswer: boolean;
  /** The most of each kind. */
  reads: number;
  writes: number;
}

class CountedCalls implements UpstreamCalls {
  readonly #counts: Counts;
  readonly #kind: 'reads' | 'writes';

  constructor(counts: Counts, kind: 'reads' | 'writes') {
    this.#counts = counts;
    this.#kind = kind;
  }

  get count(): number {
    return this.#counts.made;
  }

  get hasAnswer(): boolean {
    return this.#counts.hasAnswer;
  }

  get hasRoom(): boolean {
    return this.#counts.made < this.#counts[this.#kind];
  }

  get ofWrites(): UpstreamCalls {
    return this.#kind === 'writes' ? this : new CountedCalls(this.#counts, 'writes');
  }

  limitTo(limit: number, { writesToo }: { readonly writesToo: boolean }): void {
    this.#counts.reads = limit;
    if (writesToo) this.#counts.writes = limit;
  }

  begin(): void {
    this.#counts.begun += 1;
    const most = this.#counts[this.#kind];
    if (this.#counts.begun > most) throw tooCostly(most);
  }

  made(): void {
    this.#counts.made += 1;
  }

  answered(): void {
    this.#counts.hasAnswer = true;
  }
}

function tooCostly(most: number): ParleyError {
  return new ParleyError(
    'OPERATION_TOO_COSTLY',
    `This operation has come to ${most} calls to providers, and may make no more. Ask for less at once.`,
  );
}
