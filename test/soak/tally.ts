/** How things have ended, by what they were; and what nobody should have seen. */
export interface Tally {
  count(what: string, outcome: string): void;
  /** Something that fails the soak. */
  complain(problem: string): void;
  /** By what was done, in the order of its first appearance: the outcomes, the most frequent first. */
  totals(): readonly (readonly [what: string, outcomes: readonly (readonly [string, number])[]])[];
  readonly requests: () => number;
  /** How often one outcome was had, whatever was done. */
  of(outcome: string): number;
  /** Each with how often, the first ones only. */
  problems(): readonly string[];
  /** Of all complaints. */
  readonly complaints: () => number;
}

/** A soak that goes wrong all the time would fill the memory with it. */
const MOST_PROBLEMS = 30;

export function createTally(): Tally {
  const counts = new Map<string, Map<string, number>>();
  const problems = new Map<string, number>();
  let requests = 0;
  let complaints = 0;
  return {
    count(what, outcome) {
      requests += 1;
      const outcomes = counts.get(what) ?? new Map<string, number>();
      counts.set(what, outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1));
    },
    complain(problem) {
      complaints += 1;
      if (problems.size < MOST_PROBLEMS || problems.has(problem))
        problems.set(problem, (problems.get(problem) ?? 0) + 1);
    },
    totals: () =>
      [...counts].map(([what, outcomes]) => [what, [...outcomes].sort(([, a], [, b]) => b - a)] as const),
    requests: () => requests,
    of: (outcome) => [...counts.values()].reduce((sum, outcomes) => sum + (outcomes.get(outcome) ?? 0), 0),
    problems: () =>
      [...problems].map(([problem, times]) => (times > 1 ? `${problem} (${times} times)` : problem)),
    complaints: () => complaints,
  };
}
