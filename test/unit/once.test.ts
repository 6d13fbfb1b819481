import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { callAgain, codesOf, expectHonest, expectNoneTwice, stepsOf } from './onceChecks.ts';
import type { Fates, SendFate, StoreFate, Texts } from './onceWorld.ts';
import { createWorld, SETTLING, TIMEOUT, WELL } from './onceWorld.ts';

afterEach(() => {
  jest.restoreAllMocks();
});

const HI: Texts = ['Hi'];
const TWO: Texts = ['Hi', 'there'];
const BOTH = [
  { provider: 'keeps the names of sends', namesSends: true },
  { provider: 'knows messages by their content only', namesSends: false },
];
const sends = (...fates: SendFate[]): Fates => {
  const next = fates.values();
  return { ...WELL, send: () => next.next().value ?? 'ACCEPT' };
};

describe.each(BOTH)('where a provider $provider', ({ namesSends }) => {
  const begin = () => {
    const world = createWorld({ namesSends });
    return { world, here: world.open(), there: world.open() };
  };

  it.each<[SendFate, string[], string[]]>([
    ['ACCEPT', ['TAKEN'], []],
    ['JOB', ['TAKEN'], []],
    ['REFUSE', [], ['PROVIDER_RATE_LIMITED']],
    ['DROP_LOSE', ['LOST'], []],
  ])(
    'who calls while a send is in flight is told the same (%s), and nothing more is sent',
    async (fate, steps, codes) => {
      const { world, here, there } = begin();
      world.fates = sends(fate);
      const first = world.call(here, 'k', HI);
      await world.until(here, () => world.stored.length > 0 || first.told.length > 0);
      const others = [world.call(here, 'k', HI), world.call(there, 'k', HI)];
      await world.settle();
      for (const call of [first, ...others]) {
        expect(stepsOf(call)).toEqual(steps);
        expect(codesOf(call)).toEqual(codes);
      }
      expect([first, ...others].flatMap(({ told }) => told)).toHaveLength(1);
      expect(world.stored).toHaveLength(fate === 'ACCEPT' || fate === 'JOB' ? 1 : 0);
    },
  );

  it('who calls later is told the same', async () => {
    const { world, here, there } = begin();
    const first = world.call(here, 'k', TWO);
    await world.settle();
    const later = world.call(there, 'k', TWO);
    await world.settle();
    expect(later.result).toEqual(first.result);
    expect(stepsOf(later)).toEqual(['TAKEN', 'TAKEN']);
    expect(world.stored).toHaveLength(2);
  });

  it.each<SendFate>(['ACCEPT', 'DROP_LOSE'])(
    'another content under a key is refused, in flight and after (%s)',
    async (fate) => {
      const { world, here, there } = begin();
      world.fates = sends(fate);
      const first = world.call(here, 'k', HI);
      await world.until(here, () => first.told.length > 0);
      const early = world.call(there, 'k', ['Bye']);
      await world.settle(there);
      expect(first.result).toBeUndefined();
      await world.settle();
      const late = world.call(there, 'k', ['Bye']);
      await world.settle();
      for (const call of [early, late]) {
        expect(call.result).toMatchObject({
          errors: [{ code: 'IDEMPOTENCY_CONFLICT', field: ['input', 'idempotencyKey'] }],
        });
        expect(call.told).toEqual([]);
      }
    },
  );

  it('a refused key is free, for the same content and for another', async () => {
    for (const texts of [HI, ['Bye'], TWO]) {
      const { world, here, there } = begin();
      world.fates = sends('REFUSE', 'REFUSE');
      const refused = [world.call(here, 'k', HI)];
      await world.settle();
      refused.push(world.call(there, 'k', ['Bye']));
      await world.settle();
      for (const call of refused) expect(call.result).toMatchObject({ errors: [{ retryable: true }] });
      expect(world.stored).toEqual([]);
      const sent = world.call(here, 'k', texts);
      await world.settle();
      expect(stepsOf(sent)).toEqual(texts.map(() => 'TAKEN'));
      expect(world.stored.map(({ text }) => text)).toEqual(texts);
    }
  });

  it('a part that is refused leaves those before it sent, and is sent alone when it is called again', async () => {
    const { world, here, there } = begin();
    world.fates = sends('ACCEPT', 'REFUSE');
    const first = world.call(here, 'k', TWO);
    await world.settle();
    expect(stepsOf(first)).toEqual(['TAKEN', 'WAITING']);
    expect(codesOf(first)).toEqual(['PROVIDER_RATE_LIMITED']);
    const again = world.call(there, 'k', TWO);
    await world.settle();
    expect(stepsOf(again)).toEqual(['TAKEN', 'TAKEN']);
    expect(world.stored.map(({ text }) => text)).toEqual(TWO);
  });

  it('a content that would be split another way now is refused, and what was sent of it is told', async () => {
    const { world, here, there } = begin();
    world.fates = sends('ACCEPT', 'REFUSE');
    world.call(here, 'k', TWO);
    await world.settle();
    const again = world.call(there, 'k', TWO, { splitAs: ['Hi there'] });
    await world.settle();
    expect(codesOf(again)).toEqual(['IDEMPOTENCY_CONFLICT']);
    expect(stepsOf(again)).toEqual(['TAKEN', 'WAITING']);
    expect(world.stored.map(({ text }) => text)).toEqual(['Hi']);
  });

  it('who leaves while another one sends is let go, and takes nothing back', async () => {
    const { world, here, there } = begin();
    const first = world.call(here, 'k', HI);
    await world.until(here, () => world.stored.length > 0);
    const leaving = new AbortController();
    const left = world.call(there, 'k', HI, { signal: leaving.signal });
    const begun = world.now();
    await world.until(there, () => world.now() > begun);
    leaving.abort();
    await world.until(there, () => left.result !== undefined);
    expect(codesOf(left)).toEqual(['CANCELLED']);
    await world.settle();
    expect(stepsOf(first)).toEqual(['TAKEN']);
    expect(world.stored).toHaveLength(1);
  });

  it('who leaves while their own message is on its way still sends it', async () => {
    const { world, here } = begin();
    const leaving = new AbortController();
    const left = world.call(here, 'k', HI, { signal: leaving.signal });
    await world.until(here, () => world.stored.length > 0);
    leaving.abort();
    await world.settle();
    expect(stepsOf(left)).toEqual(['TAKEN']);
    expect(stepsOf(await callAgain(world, 'k', HI))).toEqual(['TAKEN']);
    expect(world.stored).toHaveLength(1);
  });

  it('a store that has forgotten what a call has sent meanwhile does not make that call send it again', async () => {
    const { world, here } = begin();
    const call = world.call(here, 'k', TWO);
    await world.until(here, () => world.stored.length > 0);
    world.forget();
    await world.settle();
    expect(stepsOf(call)).toEqual(['TAKEN', 'WAITING']);
    expect(codesOf(call)).toEqual(['STORE_UNAVAILABLE']);
    expect(world.stored.map(({ text }) => text)).toEqual(['Hi']);
  });

  it('an answer that is written late stands against a history that did not show the message', async () => {
    const { world, here, there } = begin();
    const first = world.call(here, 'k', HI);
    await world.until(here, () => first.told.length > 0);
    await world.advance(TIMEOUT + 2 * SETTLING);
    world.fates = { ...WELL, read: () => 'BLIND' };
    world.refresh(there, 'k', 0);
    await world.settle(there);
    await world.settle();
    expect(stepsOf(first)).toEqual(['TAKEN']);
    expect(stepsOf(await callAgain(world, 'k', HI))).toEqual(['TAKEN']);
    expect(world.stored).toHaveLength(1);
  });

  it('a process that stood still until others may have given it up sends nothing any more', async () => {
    const { world, here, there } = begin();
    const late = world.call(here, 'k', HI);
    // As far as its key is claimed, and no further.
    for (let step = 0; step < 4; step += 1) await world.step(0);
    await world.advance(TIMEOUT);
    world.refresh(there, 'k', 0);
    await world.settle(there);
    await world.settle();
    expect(codesOf(late)).toEqual(['PROVIDER_TIMEOUT']);
    expect(late.told).toEqual([]);
    expect(world.stored).toEqual([]);
    expect(stepsOf(await callAgain(world, 'k', HI))).toEqual(['TAKEN']);
  });

  it('what is known of a send is told also when the store is gone before its fate is', async () => {
    const { world, here, there } = begin();
    world.fates = sends('ACCEPT', 'DROP_LOSE');
    world.call(here, 'k', TWO);
    await world.settle();
    let calls = 0;
    world.fates = { ...WELL, store: () => ((calls += 1) > 1 ? 'FAIL' : 'ANSWER') };
    const again = world.call(there, 'k', TWO);
    await world.settle();
    expect(stepsOf(again)).toEqual(['TAKEN', 'LOST']);
    expect(codesOf(again)).toEqual(['STORE_UNAVAILABLE']);
  });

  const STEPS = Array.from({ length: 44 }, (_, index) => index);
  it.each(STEPS)('a process that dies at its step %d leaves a key that sends once', async (steps) => {
    for (const fate of ['ACCEPT', 'JOB', 'REFUSE', 'ACCEPT_LOSE', 'DROP_LOSE'] as const) {
      const { world, here, there } = begin();
      world.fates = sends(fate);
      world.call(here, 'k', TWO);
      for (let step = 0; step < steps; step += 1) await world.step(0);
      world.crash(here);
      const next = world.call(there, 'k', TWO);
      await world.settle();
      expectHonest(world, next);
      const last = await callAgain(world, 'k', TWO);
      expectHonest(world, last);
      expectNoneTwice(world);
      if (!namesSends) continue;
      expect(stepsOf(last)).toEqual(['TAKEN', 'TAKEN']);
      expect(world.stored).toHaveLength(2);
    }
  });

  const CALLS = Array.from({ length: 14 }, (_, index) => index);
  it.each(CALLS)(
    'a store that fails from its call %d on, for a while or once, costs no message',
    async (from) => {
      const failures = (['FAIL', 'DO_AND_FAIL'] as StoreFate[]).flatMap((how) =>
        [1, 2, 5, 100].flatMap((length) =>
          (['ACCEPT', 'JOB', 'REFUSE', 'ACCEPT_LOSE', 'DROP_LOSE'] as SendFate[]).map(
            (fate) => [how, length, fate] as const,
          ),
        ),
      );
      for (const [how, length, fate] of failures) {
        const { world, here, there } = begin();
        let calls = 0;
        const store = (): StoreFate => {
          calls += 1;
          return calls > from && calls <= from + length ? how : 'ANSWER';
        };
        world.fates = { ...sends(fate), store };
        const first = world.call(here, 'k', HI);
        await world.until(here, () => first.result !== undefined);
        const second = world.call(there, 'k', HI);
        await world.settle();
        for (const call of [first, second]) expectHonest(world, call);
        if (first.told.includes('REFUSED')) expect(codesOf(first)).toEqual(['PROVIDER_RATE_LIMITED']);
        const last = await callAgain(world, 'k', HI);
        expectHonest(world, last);
        expectNoneTwice(world);
        if (namesSends) expect(stepsOf(last)).toEqual(['TAKEN']);
      }
    },
  );
});

describe('a lost answer', () => {
  const lose = async (namesSends: boolean, fate: SendFate) => {
    const world = createWorld({ namesSends });
    const here = world.open();
    world.fates = sends(fate);
    const first = world.call(here, 'k', HI);
    await world.until(here, () => first.told.includes('LOST'));
    const from = world.now();
    await world.settle();
    expect(stepsOf(first)).toEqual(['LOST']);
    expect(codesOf(first)).toEqual([]);
    const again = async () => {
      const call = world.call(here, 'k', HI);
      await world.settle();
      return call;
    };
    return { world, here, from, again };
  };

  it('is sent once more only after its time, a settling time, and a complete history without it', async () => {
    const { world, from, again } = await lose(true, 'DROP_LOSE');
    expect(stepsOf(await again())).toEqual(['LOST']);
    await world.advance(from + TIMEOUT + SETTLING - 1 - world.now());
    expect(stepsOf(await again())).toEqual(['LOST']);
    await world.advance(1);
    for (const fate of ['SHORT', 'FAIL'] as const) {
      world.fates = { ...WELL, read: () => fate };
      expect(stepsOf(await again())).toEqual(['LOST']);
    }
    expect(world.stored).toEqual([]);
    world.fates = WELL;
    const sent = await again();
    expect(stepsOf(sent)).toEqual(['TAKEN']);
    expect(sent.result).toMatchObject({ record: { parts: [{ attempt: 2 }] } });
    expect(world.stored).toHaveLength(1);
  });

  it('that others have found to be certainly unsent meanwhile is sent by the call that is still there', async () => {
    const world = createWorld({ namesSends: true });
    const [here, there] = [world.open(), world.open()];
    world.fates = sends('DROP_LOSE');
    const slow = world.call(here, 'k', HI);
    await world.until(here, () => slow.told.length > 0);
    await world.advance(TIMEOUT + 2 * SETTLING);
    world.refresh(there, 'k', 0);
    await world.settle(there);
    await world.settle();
    expect(slow.told).toEqual(['LOST', 'ACCEPTED']);
    expect(stepsOf(slow)).toEqual(['TAKEN']);
    expect(world.stored).toHaveLength(1);
  });

  it('is never sent by asking what has become of it', async () => {
    const { world, here } = await lose(true, 'DROP_LOSE');
    await world.advance(10 * SETTLING);
    world.refresh(here, 'k', 0);
    await world.settle();
    expect(world.stored).toEqual([]);
    expect(await callAgain(world, 'k', HI)).toMatchObject({ told: ['ACCEPTED'] });
  });

  it.each([true, false])(
    'is known by its message when that was taken (a provider that names: %s)',
    async (names) => {
      for (const fate of ['ACCEPT_LOSE', 'LATE_LOSE'] as const) {
        const { world, again } = await lose(names, fate);
        await world.advance(TIMEOUT + SETTLING);
        expect(stepsOf(await again())).toEqual(['TAKEN']);
        expect(world.stored).toHaveLength(1);
      }
    },
  );

  it('stays unknown where absence is never certain', async () => {
    const { world } = await lose(false, 'DROP_LOSE');
    expect(stepsOf(await callAgain(world, 'k', HI))).toEqual(['LOST']);
    expect(world.stored).toEqual([]);
  });

  it('is not settled by the message of another key that says the same', async () => {
    const { world, here, again } = await lose(false, 'DROP_LOSE');
    const other = world.call(here, 'other', HI);
    await world.settle();
    expect(stepsOf(other)).toEqual(['TAKEN']);
    expect(stepsOf(await again())).toEqual(['LOST']);
  });

  it('of two that say the same stays unknown for both while one message could be either’s', async () => {
    const { world, here, again } = await lose(false, 'ACCEPT_LOSE');
    world.fates = sends('DROP_LOSE');
    const other = world.call(here, 'other', HI);
    await world.settle();
    expect(stepsOf(other)).toEqual(['LOST']);
    expect(stepsOf(await again())).toEqual(['LOST']);
  });

  it('is not taken for another one’s because an earlier refusal of it was written down late', async () => {
    const world = createWorld({ namesSends: false });
    const [here, there] = [world.open(), world.open()];
    // The first try is refused, and the store is away when that would take it off the list of who may own a message.
    let calls = 0;
    world.fates = {
      ...sends('REFUSE', 'ACCEPT_LOSE', 'DROP_LOSE'),
      store: () => ((calls += 1) === REFUSAL_LEAVES ? 'FAIL' : 'ANSWER'),
    };
    const refused = world.call(here, 'k', HI);
    await world.until(here, () => refused.result !== undefined);
    expect(refused.told).toEqual(['REFUSED']);
    const own = world.call(there, 'k', HI);
    await world.settle(there);
    expect(stepsOf(own)).toEqual(['LOST']);
    await world.settle(here);
    const other = world.call(there, 'other', HI);
    await world.settle(there);
    world.fates = WELL;
    expect(stepsOf(await callAgain(world, 'other', HI))).toEqual(['LOST']);
    expect(other.told).toEqual(['LOST']);
    expect(world.stored.map(({ key }) => key)).toEqual(['k']);
  });
});

/** Which call of the store it is: after the record was read and written, and the try was entered. */
const REFUSAL_LEAVES = 5;
