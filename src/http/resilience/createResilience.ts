import { setTimeout as wait } from 'node:timers/promises';
import type { ErrorSource } from '../../messaging/errors.ts';
import { ParleyError } from '../../messaging/errors.ts';
import type { AccountStatus } from '../../messaging/registry.ts';
import type { CallKind, CallObserver, CircuitState } from '../observer.ts';
import type { AdaptiveRate, CallRate } from './adaptiveRate.ts';
import { createAdaptiveRate } from './adaptiveRate.ts';
import type { CircuitOptions } from './circuit.ts';
import { createCircuit, NO_CIRCUIT } from './circuit.ts';
import { createHealth } from './health.ts';
import { NotMadeError } from './NotMadeError.ts';
import type { Places } from './places.ts';
import { createPlaces } from './places.ts';
import { retryReads } from './retry.ts';
import type { RetryBudget } from './retryBudget.ts';

/** What stands between operations and a provider that hangs, fails or is asked for too much. It runs functions, and knows no HTTP. */
export interface Resilience {
  run<T>(call: ResilientCall<T>): Promise<T>;
  /** A call that succeeded has turned out to be of no use. */
  spoiled(error: ParleyError): void;
  status(): AccountStatus;
  load(): AccountLoad;
}

/** How busy an account is. */
export interface AccountLoad {
  readonly circuit: CircuitState;
  readonly inFlight: Readonly<Record<CallKind, number>>;
  readonly queued: Readonly<Record<CallKind, number>>;
}

/** One call, which is a read that is tried again where that may help, or a write that never is. */
export interface ResilientCall<T> {
  readonly kind: CallKind;
  /** One try. Throws `ParleyError`s. */
  readonly attempt: () => Promise<T>;
  /** Aborts when nobody waits for it any more, or its time is over. */
  readonly signal: AbortSignal;
  /** Milliseconds that are left for all of it. */
  readonly left: () => number;
  /** Whether its operation may make another call. */
  readonly mayRetry: () => boolean;
  /** What it ends with where the signal aborts before it was made. */
  readonly ended: () => ParleyError;
}

/** The most calls of one account at once, by what they do, and of each kind that wait. */
export interface Concurrency {
  readonly reads: number;
  readonly sends: number;
  readonly uploads: number;
  readonly queue: number;
}

export interface ResilienceOptions {
  readonly source: ErrorSource;
  readonly maxRetries: number;
  readonly concurrency: Concurrency;
  /** Undefined for none. */
  readonly circuitBreaker: CircuitOptions | undefined;
  /** What the provider takes: of all calls but uploads, and of uploads. */
  readonly rates: { readonly calls: readonly CallRate[]; readonly uploads: readonly CallRate[] };
  readonly adaptiveRate: boolean;
  /** The rate of uploads, where it is not the account's alone; made of `rates` when absent. */
  readonly uploadRate?: AdaptiveRate | undefined;
  /** Milliseconds without an answer after which there is none, even where whoever asked has left. */
  readonly patience: number;
  /** Whether the credentials are the account's own, and not each caller's. */
  readonly ownCredentials: boolean;
  /** What all accounts of a provider share. */
  readonly shared: ProviderShare;
  readonly observer: CallObserver;
}

/** What all accounts of one provider share, since it is one provider that they ask. */
export interface ProviderShare {
  /** By what calls do, so that reads that hang leave room for sends. */
  readonly places: Readonly<Record<CallKind, Places>>;
  readonly retries: RetryBudget;
}

export function createResilience(options: ResilienceOptions): Resilience {
  const { source, observer, shared, maxRetries, concurrency, circuitBreaker } = options;
  const { rates, adaptiveRate: adapts, patience } = options;
  const health = createHealth(options);
  const circuit = circuitBreaker ? createCircuit(circuitBreaker, { isFailure, isUnanswered }) : NO_CIRCUIT;
  const placesOf = mapKinds((kind) => createPlaces(concurrency[PLURALS[kind]], concurrency.queue));
  const calls = createAdaptiveRate({ known: rates.calls, adapts });
  const uploads = options.uploadRate ?? createAdaptiveRate({ known: rates.uploads, adapts });
  const rateOf = { read: calls, send: calls, upload: uploads };

  return {
    run(call) {
      if (call.kind !== 'read') return make(call);
      shared.retries.deposit();
      return retryReads(() => make(call), {
        signal: call.signal,
        maxRetries,
        left: call.left,
        mayRetry: () => call.mayRetry() && withdrawRetry(),
      });
    },
    spoiled: (error) => health.failed(error),
    status: () => (circuit.state === 'closed' ? health.status() : 'UNAVAILABLE'),
    load: () => ({
      circuit: circuit.state,
      inFlight: mapKinds((kind) => placesOf[kind].taken),
      queued: mapKinds((kind) => placesOf[kind].queued),
    }),
  };

  /** One try: in its place, at its turn, and only where somebody may be there. */
  async function make<T>(call: ResilientCall<T>): Promise<T> {
    const { kind, signal, ended } = call;
    checkCircuit();
    const wait = { signal, ended, full };
    const own = placesOf[kind];
    const common = shared.places[kind];
    // Waited for only where there is something to wait for: each `await` costs a turn.
    const place = own.take(wait);
    if (place) await place;
    try {
      checkCircuit();
      // The turn comes after the place: turns that were waited for in a queue would all be used at once.
      const turn = takeTurn(call);
      if (turn) await turn;
      const commonPlace = common.take(wait);
      if (commonPlace) await commonPlace;
      try {
        return await tryOnce(call);
      } finally {
        common.leave();
      }
    } finally {
      own.leave();
    }
  }

  async function tryOnce<T>({ kind, attempt }: ResilientCall<T>): Promise<T> {
    // What waited may find that those before it had no luck.
    checkCircuit();
    const startedAt = performance.now();
    try {
      const answer = await circuit.run(attempt);
      health.succeeded();
      rateOf[kind].succeeded();
      return answer;
    } catch (error) {
      if (error instanceof ParleyError) {
        if (error.code === 'PROVIDER_RATE_LIMITED') rateOf[kind].throttled();
        if (!isUnanswered(error) || isFailure(error, performance.now() - startedAt)) health.failed(error);
      }
      throw error;
    }
  }

  function takeTurn({ kind, signal, left, ended }: ResilientCall<unknown>): Promise<void> | undefined {
    const rate = rateOf[kind];
    const pause = rate.take(left());
    if (pause === undefined) {
      observer.refused(source, 'rate');
      throw new NotMadeError('PROVIDER_RATE_LIMITED', `${source.provider} takes no more calls for now.`, {
        source,
        retryAfter: toSeconds(rate.wait()),
      });
    }
    if (pause === 0) return undefined;
    const turn = rate.taken;
    return wait(pause, undefined, { signal }).catch(() => {
      rate.giveBack(turn);
      throw ended();
    });
  }

  function checkCircuit(): void {
    const closedFor = circuit.closedFor();
    if (closedFor === 0) return;
    observer.refused(source, 'circuit_open');
    throw new NotMadeError(
      'PROVIDER_UNAVAILABLE',
      `${source.provider} has not been answering: it is not asked for a while.`,
      { source, retryAfter: toSeconds(closedFor) },
    );
  }

  // A clear no to one request, or an answer that can't be read, says that somebody is there. That nobody was waited for any longer says
  // nothing, unless they have waited for long.
  function isFailure(error: Error, milliseconds: number): boolean {
    if (!(error instanceof ParleyError)) return false;
    if (isUnanswered(error)) return milliseconds >= patience;
    return error.code === 'PROVIDER_UNAVAILABLE' || error.code === 'PROVIDER_TIMEOUT';
  }

  function full(): ParleyError {
    observer.refused(source, 'queue_full');
    return new NotMadeError('OVERLOADED', 'Too many calls for this account are under way.', {
      source,
      retryAfter: 1,
    });
  }

  function withdrawRetry(): boolean {
    const granted = shared.retries.withdraw();
    if (granted) observer.retried(source);
    else observer.refused(source, 'retry_budget');
    return granted;
  }
}

const PLURALS = { read: 'reads', send: 'sends', upload: 'uploads' } as const;

export function mapKinds<T>(valueOf: (kind: CallKind) => T): Record<CallKind, T> {
  return { read: valueOf('read'), send: valueOf('send'), upload: valueOf('upload') };
}

function isUnanswered(error: Error): boolean {
  return error instanceof ParleyError && error.code === 'CANCELLED';
}

/** Whole seconds, from one on. */
function toSeconds(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1_000));
}
