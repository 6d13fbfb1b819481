import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AdaptiveRate, CallRate } from '../../src/http/resilience/adaptiveRate.ts';
import { createAdaptiveRate } from '../../src/http/resilience/adaptiveRate.ts';

/** What happens to a rate. Times are milliseconds. */
type Act =
  | { readonly is: 'take'; readonly most: number }
  | { readonly is: 'advance'; readonly by: number }
  | { readonly is: 'throttled' }
  | { readonly is: 'succeeded' };

const take = fc.record({
  is: fc.constant('take' as const),
  most: fc.oneof(fc.constant(Infinity), fc.integer({ min: 0, max: 20_000 })),
});
const advance = fc.record({
  is: fc.constant('advance' as const),
  by: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 5_000 })),
});
const throttled = fc.constant({ is: 'throttled' as const });
const succeeded = fc.constant({ is: 'succeeded' as const });

const callRate = fc.record({
  count: fc.integer({ min: 1, max: 6 }),
  per: fc.constantFrom(1_000, 2_500, 60_000),
});

/** A rate, and a clock that a test moves. */
function createTimed(known: readonly CallRate[] = [], adapts = true) {
  let now = 5_000;
  const rate = createAdaptiveRate({ known, adapts, now: () => now });
  return { rate, now: () => now, advance: (by: number) => void (now += by) };
}

/** When the calls are made that get a turn, in order. */
function live(known: readonly CallRate[], acts: readonly Act[], before?: (rate: AdaptiveRate) => void) {
  const { rate, now, advance } = createTimed(known);
  const turns: number[] = [];
  before?.(rate);
  for (const act of acts) {
    if (act.is === 'advance') advance(act.by);
    else if (act.is === 'throttled') rate.throttled();
    else if (act.is === 'succeeded') rate.succeeded();
    else {
      const wait = rate.take(act.most);
      if (wait !== undefined) turns.push(now() + wait);
    }
  }
  return { rate, turns: turns.toSorted((a, b) => a - b), now };
}

/** Takes turns one after the other, all asked for now; gives how long each has to wait. */
function takeMany(rate: AdaptiveRate, count: number): number[] {
  return Array.from({ length: count }, () => rate.take(Infinity)!);
}

const acts = (...kinds: fc.Arbitrary<Act>[]) => fc.array(fc.oneof(...kinds), { maxLength: 120, size: 'max' });

// Sums of fractions differ in their last digits.
const HAIR = 1e-6;

describe('a known rate', () => {
  it('is never gone beyond, in any stretch of its time, whatever is asked for when and answered how', () => {
    fc.assert(
      fc.property(
        fc.array(callRate, { minLength: 1, maxLength: 3 }),
        acts(take, take, advance, throttled, succeeded),
        (known, acts) => {
          const { turns } = live(known, acts);
          for (const { count, per } of known)
            for (let first = 0; first + count < turns.length; first += 1)
              expect(turns[first + count]! - turns[first]!).toBeGreaterThanOrEqual(per - HAIR);
        },
      ),
    );
  });

  it('makes nobody wait before it is reached, and then no longer than it has to', () => {
    const { rate, advance } = createTimed([{ count: 3, per: 1_000 }]);
    expect(takeMany(rate, 4)).toEqual([0, 0, 0, 1_000]);
    advance(1_000);
    expect(rate.wait()).toBe(0);
    expect(takeMany(rate, 3)).toEqual([0, 0, 1_000]);
  });

  it('is kept beside all others that are known', () => {
    const { rate } = createTimed([
      { count: 2, per: 1_000 },
      { count: 3, per: 60_000 },
    ]);
    expect(takeMany(rate, 4)).toEqual([0, 0, 1_000, 60_000]);
  });

  it('lets nobody wait longer than they may, and has taken no turn of those who may not', () => {
    fc.assert(
      fc.property(
        fc.array(callRate, { minLength: 1, maxLength: 2 }),
        acts(take, advance, throttled, succeeded),
        (known, acts) => {
          const [one, other] = [createTimed(known), createTimed(known)];
          for (const act of acts) {
            if (act.is === 'advance') for (const { advance } of [one, other]) advance(act.by);
            else if (act.is === 'throttled') for (const { rate } of [one, other]) rate.throttled();
            else if (act.is === 'succeeded') for (const { rate } of [one, other]) rate.succeeded();
            else {
              const expected = other.rate.wait();
              const wait = one.rate.take(act.most);
              if (expected > act.most) expect(wait).toBeUndefined();
              // Only what is given to the one is asked for of the other.
              else expect(other.rate.take(Infinity)).toBe(wait);
              if (wait !== undefined) expect(wait).toBe(expected);
            }
            expect(one.rate.wait()).toBe(other.rate.wait());
          }
        },
      ),
    );
  });
});

describe('a turn that is given back', () => {
  const five = [
    { count: 5, per: 1_200 },
    { count: 30, per: 61_000 },
  ];
  /** Takes a turn; gives when it is. */
  const turnOf = (rate: AdaptiveRate) => {
    rate.take(Infinity);
    return rate.taken;
  };

  it('is the next one’s, so that whoever comes and goes has nobody wait', () => {
    const { rate } = createTimed(five);
    takeMany(rate, 5);
    for (let times = 0; times < 200; times += 1) rate.giveBack(turnOf(rate));

    expect(rate.wait()).toBe(1_200);
    expect(takeMany(rate, 6)).toEqual([1_200, 1_200, 1_200, 1_200, 1_200, 2_400]);
  });

  it('is nobody’s when it is over, nor when the provider has got too much meanwhile', () => {
    const { rate, advance } = createTimed(five);
    takeMany(rate, 5);
    const late = turnOf(rate);
    advance(1_201);
    rate.giveBack(late);
    expect(takeMany(rate, 4)).toEqual([0, 0, 0, 0]);
    const [settled, spare] = [turnOf(rate), turnOf(rate)];
    rate.giveBack(settled);
    rate.throttled();
    rate.giveBack(spare);
    expect(rate.wait()).toBeGreaterThan(spare - 5_000 - 1_201);
  });

  it('is given once, and never has a known rate gone beyond', () => {
    const leave = fc.record({ is: fc.constant('leave' as const), which: fc.nat() });
    fc.assert(
      fc.property(
        fc.array(callRate, { minLength: 1, maxLength: 3 }),
        fc.array(fc.oneof(take, take, advance, leave, throttled, succeeded), { maxLength: 120, size: 'max' }),
        (known, acts) => {
          const { rate, now, advance } = createTimed(known);
          const turns: number[] = [];
          for (const act of acts) {
            if (act.is === 'advance') advance(act.by);
            else if (act.is === 'throttled') rate.throttled();
            else if (act.is === 'succeeded') rate.succeeded();
            else if (act.is === 'take') {
              if (rate.take(act.most) !== undefined) turns.push(rate.taken);
            } else {
              const waiting = turns.filter((turn) => turn > now());
              const turn = waiting[act.which % waiting.length];
              if (turn === undefined) continue;
              turns.splice(turns.indexOf(turn), 1);
              rate.giveBack(turn);
            }
          }
          const sorted = turns.toSorted((a, b) => a - b);
          for (const { count, per } of known)
            for (let index = count; index < sorted.length; index += 1)
              expect(sorted[index]! - sorted[index - count]!).toBeGreaterThanOrEqual(per - HAIR);
        },
      ),
    );
  });
});

describe('a rate of which nothing is known', () => {
  it('makes nobody wait', () => {
    const { rate } = createTimed();
    expect(new Set(takeMany(rate, 2_000))).toEqual(new Set([0]));
  });

  it('is half of what it was in the last second, once the provider gets too much', () => {
    const { rate, advance } = createTimed();
    takeMany(rate, 100);
    advance(5_000);
    for (let calls = 0; calls < 10; calls += 1) {
      advance(90);
      rate.take(Infinity);
    }
    rate.throttled();
    expect(takeMany(rate, 3)).toEqual([200, 400, 600]);
  });

  it('is lowered once for all who are refused together, and again a second later', () => {
    const { rate, advance } = createTimed();
    takeMany(rate, 40);
    rate.throttled();
    const afterOne = rate.wait();
    rate.throttled();
    advance(10);
    rate.throttled();
    expect(rate.wait()).toBe(afterOne - 10);
    expect(afterOne).toBe(1_000 / 20);

    advance(990);
    rate.throttled();
    expect(rate.take(Infinity)).toBeGreaterThanOrEqual(1_000 / 10);
  });

  it('gives no turn a second time that has been given, when the provider gets too much once more', () => {
    const { rate, advance } = createTimed();
    rate.take(Infinity);
    rate.throttled();
    expect(takeMany(rate, 5)).toEqual([1_000, 2_000, 3_000, 4_000, 5_000]);
    advance(2_000);
    rate.throttled();
    expect(rate.take(Infinity)).toBe(4_000);
  });

  it('never becomes more by what the provider refuses', () => {
    fc.assert(
      fc.property(acts(take, advance, throttled), (acts) => {
        const { turns } = live([], acts, (rate) => {
          rate.take(Infinity);
          rate.throttled();
        });
        for (let index = 1; index < turns.length; index += 1)
          expect(turns[index]! - turns[index - 1]!).toBeGreaterThanOrEqual(1_000 - HAIR);
      }),
    );
  });

  it('never falls below one call a second, however often the provider refuses', () => {
    const { rate, advance } = createTimed();
    takeMany(rate, 3);
    for (let refusals = 0; refusals < 100; refusals += 1) {
      rate.throttled();
      advance(1_000);
    }
    expect(rate.wait()).toBeLessThanOrEqual(1_000);
    expect(takeMany(rate, 3).map((wait, index) => wait - 1_000 * index)).toEqual([0, 0, 0]);
  });

  it('is not slower for who comes after many that are all refused', () => {
    const { rate, advance } = createTimed();
    rate.take(Infinity);
    rate.throttled();
    takeMany(rate, 10);
    for (let refusals = 0; refusals < 10; refusals += 1) {
      advance(1_000);
      rate.throttled();
    }
    expect(rate.take(Infinity)).toBe(1_000);
  });

  it('grows with each call that succeeds, and ends at twice what was too much', () => {
    const { rate, advance } = createTimed();
    takeMany(rate, 10);
    rate.throttled();
    let last = Infinity;
    let successes = 0;
    for (;;) {
      advance(60_000);
      const [first, second] = takeMany(rate, 2);
      expect(first).toBe(0);
      if (second === 0) break;
      expect(second).toBeLessThan(last);
      // Up to 20 a second: anything more is no limit any more.
      expect(second).toBeGreaterThanOrEqual(1_000 / 20 - HAIR);
      last = second!;
      rate.succeeded();
      successes += 1;
      expect(successes).toBeLessThan(100);
    }
    expect(successes).toBeGreaterThan(5);
    expect(new Set(takeMany(rate, 500))).toEqual(new Set([0]));
  });

  it('may be told not to listen', () => {
    const { rate } = createTimed([], false);
    takeMany(rate, 10);
    rate.throttled();
    expect(takeMany(rate, 10)).toEqual(new Array(10).fill(0));
  });
});

describe('a known rate that is too much nevertheless', () => {
  it('is halved by what was called, not by what waits for its turn', () => {
    const { rate, advance } = createTimed([{ count: 5, per: 1_000 }]);
    // Turns for the next twelve seconds.
    takeMany(rate, 60);
    advance(1_900);
    rate.throttled();
    advance(10_000);
    const [first, second, third] = takeMany(rate, 3);
    expect(second! - first!).toBeGreaterThanOrEqual(1_000 / 2.5 - HAIR);
    expect(third! - second!).toBeGreaterThanOrEqual(1_000 / 2.5 - HAIR);
  });
});
