import { getEventListeners } from 'node:events';
import { setImmediate as turnOfTheEventLoop } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Places, Wait } from '../../src/http/resilience/places.ts';
import { createPlaces } from '../../src/http/resilience/places.ts';

async function runIn<T>(places: Places, work: () => Promise<T>, wait: Wait): Promise<T> {
  const place = places.take(wait);
  if (place) await place;
  try {
    return await work();
  } finally {
    places.leave();
  }
}

/** Work that a test lets end, in one of some places. */
function createWork(places: Places) {
  const caller = new AbortController();
  let hasBegun = false;
  let finish: () => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const outcome = runIn(
    places,
    () => {
      hasBegun = true;
      return new Promise<string>((resolve, reject) => {
        finish = () => resolve('done');
        fail = reject;
      });
    },
    { signal: caller.signal, ended: () => new Error('ended'), full: () => new Error('full') },
  ).catch((error: unknown) => (error as Error).message);
  return {
    caller,
    outcome,
    hasBegun: () => hasBegun,
    finish: () => (finish(), outcome),
    fail: (error: Error) => (fail(error), outcome),
  };
}

type Work = ReturnType<typeof createWork>;

describe('places', () => {
  it('are taken at once while there are any, and waited for in a queue after that', async () => {
    const places = createPlaces(2, 2);
    const works = Array.from({ length: 5 }, () => createWork(places));
    await turnOfTheEventLoop();
    expect(works.map(({ hasBegun }) => hasBegun())).toEqual([true, true, false, false, false]);
    expect([places.taken, places.queued]).toEqual([2, 2]);
    expect(await works[4]!.outcome).toBe('full');
    expect(works[4]!.hasBegun()).toBe(false);
  });

  it('pass on what their work gives, and how it fails', async () => {
    const places = createPlaces(1, 1);
    const [first, second] = [createWork(places), createWork(places)];
    expect(await first.finish()).toBe('done');
    await turnOfTheEventLoop();
    expect(await second.fail(new Error('an error of its own'))).toBe('an error of its own');
    expect([places.taken, places.queued]).toEqual([0, 0]);
  });

  it('refuse at once who has left already', async () => {
    const places = createPlaces(1, 1);
    let hasBegun = false;
    const running = runIn(places, () => Promise.resolve((hasBegun = true)), {
      ...{ signal: AbortSignal.abort(), ended: () => new Error('ended'), full: () => new Error('full') },
    });
    await expect(running).rejects.toThrow('ended');
    await turnOfTheEventLoop();
    expect([hasBegun, places.taken, places.queued]).toEqual([false, 0, 0]);
  });

  it('do not end work that has begun: it has to mind its caller itself', async () => {
    const work = createWork(createPlaces(1, 1));
    work.caller.abort();
    await turnOfTheEventLoop();
    expect(await work.finish()).toBe('done');
  });

  it('let go of who leaves the queue at once, and never begin their work', async () => {
    const places = createPlaces(1, 1);
    const [running, leaving] = [createWork(places), createWork(places)];
    leaving.caller.abort();
    expect(await leaving.outcome).toBe('ended');
    expect(places.queued).toBe(0);

    // Nobody is refused for one who has gone.
    const next = createWork(places);
    await running.finish();
    await turnOfTheEventLoop();
    expect([next.hasBegun(), leaving.hasBegun()]).toEqual([true, false]);
    expect(await next.finish()).toBe('done');
  });

  it('go to the next in the queue when the one before has left', async () => {
    const places = createPlaces(1, 5);
    const [running, leaving, next] = [createWork(places), createWork(places), createWork(places)];
    leaving.caller.abort();
    await running.finish();
    await turnOfTheEventLoop();
    expect(next.hasBegun()).toBe(true);
  });

  it('go to who has waited, not to who comes in the very moment', async () => {
    for (let steps = 0; steps < 12; steps += 1) {
      const places = createPlaces(1, 1);
      const [running, waiting] = [createWork(places), createWork(places)];
      void running.finish();
      for (let step = 0; step < steps; step += 1) await Promise.resolve();
      const newcomer = createWork(places);
      await turnOfTheEventLoop();
      expect([steps, waiting.hasBegun(), newcomer.hasBegun()]).toEqual([steps, true, false]);
      expect(await waiting.finish()).toBe('done');
    }
  });

  it('listen to nobody any more whose work is over', async () => {
    const places = createPlaces(1, 1);
    const [first, second, refused] = [createWork(places), createWork(places), createWork(places)];
    await refused.outcome;
    await first.finish();
    await turnOfTheEventLoop();
    await second.fail(new Error('failed'));
    for (const { caller } of [first, second, refused])
      expect(getEventListeners(caller.signal, 'abort')).toHaveLength(0);
  });
});

/** What happens to places: somebody comes, or one of those who are there is done or leaves. */
type Act = { readonly is: 'come' } | { readonly is: 'finish' | 'fail' | 'leave'; readonly which: number };

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ is: 'come' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      is: fc.constantFrom('finish' as const, 'fail' as const, 'leave' as const),
      which: fc.nat(100),
    }),
  },
);

describe('whoever comes, leaves and is done in whatever order,', () => {
  it('each place is used as long as somebody waits, first come first served, and the queue holds who is in it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 0, max: 4 }),
        fc.array(act, { maxLength: 50, size: 'max' }),
        async (count, queue, acts) => {
          const places = createPlaces(count, queue);
          const running: Work[] = [];
          const waiting: Work[] = [];
          for (const act of acts) {
            if (act.is === 'come') {
              const work = createWork(places);
              if (running.length < count) running.push(work);
              else if (waiting.length < queue) waiting.push(work);
              else expect(await work.outcome).toBe('full');
            } else if (act.is === 'leave') {
              const [work] = waiting.splice(act.which % Math.max(1, waiting.length), 1);
              work?.caller.abort();
              if (work) expect([await work.outcome, work.hasBegun()]).toEqual(['ended', false]);
            } else {
              const [work] = running.splice(act.which % Math.max(1, running.length), 1);
              if (work) await (act.is === 'fail' ? work.fail(new Error('failed')) : work.finish());
              const next = work && waiting.shift();
              if (next) running.push(next);
            }
            await turnOfTheEventLoop();
            expect([places.taken, places.queued]).toEqual([running.length, waiting.length]);
            expect(running.every(({ hasBegun }) => hasBegun())).toBe(true);
            expect(waiting.some(({ hasBegun }) => hasBegun())).toBe(false);
          }
        },
      ),
    );
  });
});
