import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import type { Circuit, CircuitOptions } from '../../src/http/resilience/circuit.ts';
import { createCircuit, NO_CIRCUIT } from '../../src/http/resilience/circuit.ts';

const DOWN = 'nobody is there';
const LEFT = 'the caller has left';
const NO = 'a clear no';

const OPTIONS: CircuitOptions = { failureRatio: 0.5, minimumCalls: 4, window: 8, openFor: 5_000 };

const createTested = (changes: Partial<CircuitOptions> = {}) =>
  createCircuit(
    { ...OPTIONS, ...changes },
    {
      isFailure: ({ message }) => message === DOWN,
      isUnanswered: ({ message }) => message === LEFT,
    },
  );

/** A call that is under way until a test ends it. */
function begin(circuit: Circuit) {
  let answer!: () => void;
  let fail!: (why: string) => void;
  const over = circuit
    .run(
      () =>
        new Promise<string>((resolve, reject) => {
          answer = () => resolve('answered');
          fail = (why) => reject(new Error(why));
        }),
    )
    .catch((error: unknown) => (error as Error).message);
  return {
    answer: () => (answer(), over),
    fail: (why: string) => (fail(why), over),
  };
}

const succeed = (circuit: Circuit) => begin(circuit).answer();
const fail = (circuit: Circuit, why = DOWN) => begin(circuit).fail(why);

async function open(circuit: Circuit): Promise<void> {
  for (let calls = 0; calls < OPTIONS.minimumCalls && circuit.state === 'closed'; calls += 1)
    await fail(circuit);
  expect(circuit.state).toBe('open');
}

/** Lets the pause pass after which somebody may try. */
function waitUntilTried(circuit: Circuit): void {
  jest.advanceTimersByTime(Math.ceil(circuit.closedFor()));
  expect(circuit.closedFor()).toBe(0);
}

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
});
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

describe('a circuit', () => {
  it('lets calls through, with what they answer and how they fail', async () => {
    const circuit = createTested();
    expect(circuit.closedFor()).toBe(0);
    expect(await succeed(circuit)).toBe('answered');
    expect(await fail(circuit)).toBe(DOWN);
    expect(await fail(circuit, NO)).toBe(NO);
    expect(circuit.state).toBe('closed');
  });

  it('opens with the first failure after which more than its part of the last calls have failed, of enough of them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          failureRatio: fc.constantFrom(0.1, 0.34, 0.5, 0.8),
          minimumCalls: fc.integer({ min: 1, max: 6 }),
          window: fc.integer({ min: 1, max: 8 }),
        }),
        fc.array(fc.constantFrom('answered', NO, DOWN, DOWN, LEFT), { maxLength: 30, size: 'max' }),
        async (options, outcomes) => {
          const circuit = createTested(options);
          const seen: string[] = [];
          for (const outcome of outcomes) {
            await (outcome === 'answered' ? succeed(circuit) : fail(circuit, outcome));
            // Who leaves says nothing; a clear no is an answer.
            if (outcome !== LEFT) seen.push(outcome);
            // A window that can't hold as many calls as it takes would never open.
            const last = seen.slice(-Math.max(options.window, options.minimumCalls));
            const failures = last.filter((one) => one === DOWN).length;
            const isOpen =
              outcome === DOWN &&
              last.length >= options.minimumCalls &&
              failures > options.failureRatio * last.length;
            expect(circuit.state).toBe(isOpen ? 'open' : 'closed');
            if (isOpen) return;
          }
        },
      ),
    );
  });

  it('never opens by clear refusals, nor by callers who leave, however many', async () => {
    const circuit = createTested();
    for (let calls = 0; calls < 100; calls += 1) await fail(circuit, calls % 2 ? NO : LEFT);
    expect([circuit.state, circuit.closedFor()]).toEqual(['closed', 0]);
  });

  it('stays open for a time that is spread by a fifth at the most, and lets one try after that', async () => {
    for (const chance of [0, 0.5, 0.999]) {
      jest.spyOn(Math, 'random').mockReturnValue(chance);
      const circuit = createTested();
      await open(circuit);
      const closedFor = circuit.closedFor();
      expect(closedFor).toBeGreaterThan(5_000 * (0.8 + 0.4 * chance) - 1);
      expect(closedFor).toBeLessThanOrEqual(5_000 * (0.8 + 0.4 * chance));
      jest.advanceTimersByTime(3_900);
      expect(circuit.closedFor()).toBeGreaterThan(0);
      expect(circuit.state).toBe('open');
      waitUntilTried(circuit);
    }
  });

  it('lets nobody else try while the one that tries has no answer', async () => {
    const circuit = createTested();
    await open(circuit);
    waitUntilTried(circuit);
    const probe = begin(circuit);
    expect(circuit.state).toBe('half-open');
    expect(circuit.closedFor()).toBeGreaterThan(0);
    jest.advanceTimersByTime(3_600_000);
    expect(circuit.closedFor()).toBeGreaterThan(0);
    await probe.answer();
    expect(circuit.closedFor()).toBe(0);
  });

  it.each([
    ['an answer', undefined],
    ['a clear no', NO],
  ])('closes by %s to the one that tries, and forgets what was before', async (_what, no) => {
    const circuit = createTested();
    await open(circuit);
    waitUntilTried(circuit);
    await (no ? fail(circuit, no) : succeed(circuit));
    expect([circuit.state, circuit.closedFor()]).toEqual(['closed', 0]);
    // Of so few calls, failures do not count yet.
    for (let calls = 0; calls < 2; calls += 1) await fail(circuit);
    expect(circuit.state).toBe('closed');
  });

  it.each([
    ['fails', DOWN],
    ['is given up before there was an answer', LEFT],
  ])('opens again when the one that tries %s', async (_how, why) => {
    const circuit = createTested();
    await open(circuit);
    waitUntilTried(circuit);
    expect(await fail(circuit, why)).toBe(why);
    expect(circuit.state).toBe('open');
    expect(circuit.closedFor()).toBeGreaterThan(0);
  });

  it('doubles its pause with each try that fails, up to a minute, and begins anew once it was closed', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0.5);
    const circuit = createTested();
    await open(circuit);
    const pauses: number[] = [];
    for (let tries = 0; tries < 6; tries += 1) {
      pauses.push(Math.round(circuit.closedFor() / 1_000));
      waitUntilTried(circuit);
      await fail(circuit);
    }
    expect(pauses).toEqual([5, 10, 20, 40, 60, 60]);
    waitUntilTried(circuit);
    await succeed(circuit);
    await open(circuit);
    expect(Math.round(circuit.closedFor() / 1_000)).toBe(5);
  });

  it('makes the call that it has let through, also where the clock went on while it opened', async () => {
    let now = Date.now();
    let goesOn = true;
    jest.spyOn(Date, 'now').mockImplementation(() => (goesOn ? (now += 1) : now));
    for (const chance of [0, 0.25, 0.5, 0.75]) {
      jest.spyOn(Math, 'random').mockReturnValue(chance);
      const circuit = createTested({ openFor: 1_000 });
      goesOn = true;
      await open(circuit);
      goesOn = false;
      while (circuit.closedFor() > 0) {
        now += 1;
        jest.advanceTimersByTime(1);
      }
      expect(await succeed(circuit)).toBe('answered');
    }
  });
});

describe('a call from before a circuit opened', () => {
  it.each([
    ['fails', DOWN],
    ['is given up', LEFT],
  ])('does not end the try of another one when it %s', async (_how, why) => {
    const circuit = createTested();
    const old = begin(circuit);
    await open(circuit);
    waitUntilTried(circuit);
    const probe = begin(circuit);

    expect(await old.fail(why)).toBe(why);
    expect(circuit.state).toBe('half-open');
    await probe.answer();
    expect(circuit.state).toBe('closed');
  });

  it('does not open it again once somebody was answered', async () => {
    const circuit = createTested();
    const old = Array.from({ length: 20 }, () => begin(circuit));
    await open(circuit);
    waitUntilTried(circuit);
    await succeed(circuit);

    for (const call of old) await call.fail(DOWN);
    expect(circuit.state).toBe('closed');
  });

  it('neither opens it for longer nor closes it while it is open', async () => {
    const circuit = createTested();
    const [failing, answered] = [begin(circuit), begin(circuit)];
    await open(circuit);
    const closedFor = circuit.closedFor();

    await failing.fail(DOWN);
    expect(await answered.answer()).toBe('answered');
    expect([circuit.state, circuit.closedFor()]).toEqual(['open', closedFor]);
  });
});

describe('no circuit', () => {
  it('lets everything through', async () => {
    for (let calls = 0; calls < 50; calls += 1) expect(await fail(NO_CIRCUIT)).toBe(DOWN);
    expect([NO_CIRCUIT.state, NO_CIRCUIT.closedFor()]).toEqual(['closed', 0]);
    expect(await succeed(NO_CIRCUIT)).toBe('answered');
  });
});
