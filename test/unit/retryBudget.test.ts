import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { RetryBudget } from '../../src/http/resilience/retryBudget.ts';
import { createRetryBudget } from '../../src/http/resilience/retryBudget.ts';

/** How many retries there are now. */
function takeAll(budget: RetryBudget): number {
  let taken = 0;
  while (budget.withdraw()) taken += 1;
  return taken;
}

describe('a retry budget', () => {
  it('has twenty retries at first, and one more for every five reads', () => {
    const budget = createRetryBudget();
    expect(takeAll(budget)).toBe(20);
    for (let rounds = 0; rounds < 50; rounds += 1) {
      for (let reads = 0; reads < 4; reads += 1) budget.deposit();
      expect(budget.withdraw()).toBe(false);
      budget.deposit();
      expect(takeAll(budget)).toBe(1);
    }
  });

  it('saves up no more than twenty, however many reads go well', () => {
    const budget = createRetryBudget();
    for (let reads = 0; reads < 10_000; reads += 1) budget.deposit();
    expect(takeAll(budget)).toBe(20);
  });

  it('never gives more than it has, whatever comes in which order', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 400, size: 'max' }), (acts) => {
        const budget = createRetryBudget();
        let [reads, retries] = [0, 0];
        for (const isRead of acts) {
          if (isRead) budget.deposit();
          else if (budget.withdraw()) retries += 1;
          if (isRead) reads += 1;
          expect(retries).toBeLessThanOrEqual(20 + reads / 5);
        }
      }),
    );
  });
});
