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
  /** Whether an error says that the provider is not there. Others say nothing. */
  readonly isFailure: (error: Error) => boolean;
  /** Whether an error says that there was no answer at all, for whatever reason. */
  readonly isUnanswered: (error: Error) => boolean;
}

const LONGEST_OPEN = 60_000;
/** Milliseconds after which a call that meets another one's probe may ask again. */
const PROBING = 1_000;

export function createCircuit(options: CircuitOptions, judge: CircuitJudge): Circuit {
  const { failureRatio, minimumCalls, window, openFor } = options;
  let opensAt = 0;
  const policy = circuitBreaker(
    // A probe that got no answer, because its caller left, has not shown that there is anybody.
    handleWhen((error) => judge.isFailure(error) || (isProbing() && judge.isUnanswered(error))),
    {
      breaker: new CountBreaker({
        threshold: failureRatio,
        size: Math.max(window, minimumCalls),
        minimumNumberOfCalls: minimumCalls,
      }),
      halfOpenAfter: new DelegateBackoff<{ readonly attempt: number }>(({ attempt }) => {
        const pause = spread(Math.min(openFor * 2 ** (attempt - 1), LONGEST_OPEN));
        opensAt = Date.now() + pause;
        return pause;
      }),
    },
  );

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
    run: (call) => policy.execute(call),
  };

  function isProbing(): boolean {
    return policy.state === State.HalfOpen;
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
