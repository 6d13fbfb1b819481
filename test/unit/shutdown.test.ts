import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { createShutdown } from '../../src/shutdown.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** What happens while the grace passes, with the milliseconds that were left then. */
function stop(grace: number): { told: number; cut: number } {
  const shutdown = createShutdown(grace);
  const seen = { told: NaN, cut: NaN };
  shutdown.signal.addEventListener('abort', () => (seen.told = shutdown.left()));
  shutdown.begin(() => (seen.cut = shutdown.left()));
  jest.advanceTimersByTime(grace);
  shutdown.end();
  return seen;
}

describe('stopping', () => {
  it('tells operations to end three seconds before the grace is over, and cuts what is left in the middle of that', () => {
    expect(stop(25_000)).toEqual({ told: 3_000, cut: 1_500 });
  });

  it('keeps a quarter of a short grace for that', () => {
    expect(stop(2_000)).toEqual({ told: 500, cut: 250 });
  });

  it('tells first, and cuts later, and is still in time, whatever the grace', () => {
    fc.assert(
      fc.property(fc.integer({ min: 8, max: 2 ** 31 - 1 }), (grace) => {
        const { told, cut } = stop(grace);
        expect(told).toBeLessThan(grace);
        expect(cut).toBeLessThan(told);
        expect(cut).toBeGreaterThan(0);
      }),
    );
  });

  it('neither tells nor cuts anybody when all was over before', () => {
    const shutdown = createShutdown(10_000);
    const cut = jest.fn();
    shutdown.begin(cut);
    jest.advanceTimersByTime(1_000);
    expect(shutdown.left()).toBe(9_000);
    shutdown.end();
    jest.advanceTimersByTime(60_000);
    expect([shutdown.signal.aborted, cut.mock.calls.length, jest.getTimerCount()]).toEqual([false, 0, 0]);
    expect(shutdown.left()).toBe(0);
  });

  it('has all the time there is until it begins', () => {
    expect(createShutdown(10).left()).toBe(Infinity);
  });
});
