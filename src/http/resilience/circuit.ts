import { circuitBreaker, CircuitState as State, CountBreaker, DelegateBackoff, handleWhen } from 'cockatiel';
import type { CircuitState } from '../observer.ts';

/** Keeps calls from a provider that answers none of them. */
export interface Circuit {
  readonly state: CircuitState;
  /** Milliseconds until a call may be tried again; 0 while calls are let through. */
  closedFor(): number;
  /** Runs a call that `closedFor` has let through. */
  run<T>(call: () => Promise<T>): Promise<T>;
}

/** When calls are given up for a while, and for how long. */
export interface CircuitOptions {
  /** It opens when more than this part of the last `window` calls failed, of `minimumCalls` at least. */
  readonly failureRatio: number;
  readonly minimumCalls: number;
  readonly window: number;
  /** Milliseconds until one call is let through to see; doubled each time that it fails, up to a minute. */
  readonly openFor: number;
}

export interface CircuitJudge {
  /** Whether an error, after so many milliseconds, says that the provider is not there. */
  readonly isFailure: (error: Error, milliseconds: number) => boolean;
  /** Whether an error says that there was no answer at all, for whatever reason. */
  readonly isUnanswered: (error: Error) => boolean;
}

const LONGEST_OPEN = 60_000;
/** Milliseconds after which a call that meets another one's probe may ask again. */
const PROBING = 1_000;

export function createCircuit(options: CircuitOptions, judge: CircuitJudge): Circuit {
  const { failureRatio, minimumCalls, window, openFor } = options;
  let pause = 0;
  let opensAt = 0;
  // Changes with the state: what was begun before says nothing about what is now.
  let era = 0;
  const policy = circuitBreaker(
    handleWhen((error) => error instanceof Failure),
    {
      breaker: new CountBreaker({
        threshold: failureRatio,
        size: Math.max(window, minimumCalls),
        minimumNumberOfCalls: minimumCalls,
      }),
      halfOpenAfter: new DelegateBackoff<{ readonly attempt: number }>(({ attempt }) => {
        pause = spread(Math.min(openFor * 2 ** (attempt - 1), LONGEST_OPEN));
        return pause;
      }),
    },
  );
  // By the policy's own clock it has opened by now: who is let through by this one must not be refused by that.
  policy.onBreak(() => {
    opensAt = Date.now() + pause;
  });
  policy.onStateChange(() => {
    era += 1;
  });

  return {
    get state() {
      return STATES[policy.state];
    },
    closedFor() {
      if (policy.state === State.Closed) return 0;
      // The policy would let others wait for the probe, which may hang as long as a call may take.
      if (policy.state === State.HalfOpen) return PROBING;
      return Math.max(0, opensAt - Date.now());
    },
    async run(call) {
      const isProbe = policy.state !== State.Closed;
      const began = { era, at: performance.now() };
      const outcome = await policy
        .execute(async () => {
          try {
            return { value: await call() };
          } catch (error) {
            return judgeError(error as Error, { isProbe, began });
          }
        })
        .catch((error: unknown) => {
          throw error instanceof Failure ? error.reason : error;
        });
      if ('refusal' in outcome) throw outcome.refusal;
      return outcome.value;
    },
  };

  /** What the policy is to make of an error: a failure, nothing, or an answer like any other. */
  function judgeError(
    error: Error,
    { isProbe, began }: { isProbe: boolean; began: { era: number; at: number } },
  ): { readonly refusal: Error } {
    const isOld = !isProbe && began.era !== era;
    // A probe that got no answer, because its caller left, has not shown that there is anybody.
    if (judge.isFailure(error, performance.now() - began.at) || (isProbe && judge.isUnanswered(error)))
      throw isOld ? error : new Failure(error);
    if (isOld || judge.isUnanswered(error)) throw error;
    return { refusal: error };
  }
}

/** What the policy counts. */
class Failure extends Error {
  readonly reason: Error;

  constructor(reason: Error) {
    super('a failure');
    this.reason = reason;
  }
}

/** A circuit that lets everything through. */
export const NO_CIRCUIT: Circuit = { state: 'closed', closedFor: () => 0, run: (call) => call() };

const STATES: Readonly<Record<State, CircuitState>> = {
  [State.Closed]: 'closed',
  [State.HalfOpen]: 'half-open',
  [State.Open]: 'open',
  [State.Isolated]: 'open',
};

// Many processes have seen the same outage, and must not all come back at once.
function spread(milliseconds: number): number {
  return milliseconds * (0.8 + Math.random() * 0.4);
}
