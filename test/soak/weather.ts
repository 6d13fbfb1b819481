import { setTimeout as wait } from 'node:timers/promises';
import { createRandom } from '../../src/sandbox/content/random.ts';
import type { Fault } from '../../src/sandbox/index.ts';
import type { Stage } from './stage.ts';

/** Faults that come and go, one provider at a time or several; and Redis, which is gone for a moment. */
export interface Weather {
  /** How often something went wrong on purpose. */
  readonly faults: () => number;
  readonly outages: () => number;
  /** Ends it; everything is well from then on. */
  clear(): Promise<void>;
}

const FAULTS: readonly Fault[] = [
  429,
  { status: 429, headers: { 'retry-after': '1' } },
  500,
  503,
  { reset: true },
  { hang: true },
  { hangBody: true },
  { truncate: true },
  { html: true },
  { delay: 300 },
  { acceptThen: 'reset' },
  { acceptThen: 500 },
  { acceptLate: 300 },
  { oversize: 4_000_000 },
];

/** Milliseconds between two changes, and between two outages of Redis. */
const CHANGE_EVERY = 700;
const OUTAGE_EVERY = 25_000;
const OUTAGE = 1_000;

export function makeWeather({ sandbox, redis }: Stage, seed: number): Weather {
  const random = createRandom(seed + 1);
  const ended = new AbortController();
  const emulators = [sandbox.pact, sandbox.letstalk, sandbox.pigeons];
  let faults = 0;
  let outages = 0;
  const sleep = (milliseconds: number) =>
    wait(milliseconds, undefined, { signal: ended.signal }).catch(() => undefined);

  const changing = (async () => {
    while (!ended.signal.aborted) {
      const emulator = random.pick(emulators);
      if (random.chance(0.4)) emulator.clearFaults();
      else emulator.failNext(random.pick(FAULTS), { times: random.between(1, 12) });
      faults += 1;
      await sleep(CHANGE_EVERY);
    }
  })();
  const breaking = (async () => {
    for (;;) {
      await sleep(OUTAGE_EVERY);
      if (ended.signal.aborted) return;
      await redis.kill();
      await sleep(OUTAGE);
      await redis.restart();
      outages += 1;
    }
  })();
  return {
    faults: () => faults,
    outages: () => outages,
    async clear() {
      ended.abort();
      await Promise.all([changing, breaking]);
      for (const emulator of emulators) emulator.clearFaults();
    },
  };
}
