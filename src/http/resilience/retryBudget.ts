/** How many reads may be tried again, so that a provider that is in trouble is not asked three times as often for it. */
export interface RetryBudget {
  /** A read is asked for. */
  deposit(): void;
  /** Takes one retry out of it. False where there is none left. */
  withdraw(): boolean;
}

/** Retries for each read that is made, and those there are at first. */
const RATIO = 0.2;
const RESERVE = 20;

/** Shared by all accounts of a provider, since it is the provider that they are a burden to. */
export function createRetryBudget(): RetryBudget {
  let left = RESERVE;
  return {
    deposit() {
      left = Math.min(RESERVE, left + RATIO);
    },
    withdraw() {
      if (left < 1) return false;
      left -= 1;
      return true;
    },
  };
}
