import { afterEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import type { Call, Process, ReadFate, SendFate, StoreFate, Texts, World } from './onceWorld.ts';
import { callAgain, codesOf, expectHonest, expectNoneTwice, stepsOf } from './onceChecks.ts';
import { createWorld, SETTLING, TIMEOUT } from './onceWorld.ts';

afterEach(() => {
  jest.restoreAllMocks();
});

const KEYS = ['k1', 'k2', 'k3'] as const;
/** Two keys with the same text contend for the same message; another text is another content. */
const CONTENTS: readonly Texts[] = [['Hi'], ['Hi', 'there'], ['Bye']];

/** What happens next in a world. */
type Act =
  | { readonly act: 'call'; readonly process: number; readonly key: string; readonly texts: Texts }
  | { readonly act: 'refresh'; readonly process: number; readonly key: string; readonly part: number }
  | { readonly act: 'steps'; readonly picks: readonly number[] }
  | { readonly act: 'crash'; readonly process: number }
  | { readonly act: 'advance'; readonly milliseconds: number };

const process = fc.nat({ max: 2 });
const key = fc.constantFrom(...KEYS);
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      act: fc.constant('call' as const),
      process,
      key,
      texts: fc.constantFrom(CONTENTS[0]!, ...CONTENTS),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      act: fc.constant('steps' as const),
      picks: fc.array(fc.nat({ max: 11 }), { minLength: 1, maxLength: 14 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ act: fc.constant('refresh' as const), process, key, part: fc.nat({ max: 1 }) }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('crash' as const), process }) },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant('advance' as const),
      milliseconds: fc.constantFrom(1, 1_000, TIMEOUT, TIMEOUT + 2_001, SETTLING, 2 * SETTLING),
    }),
  },
);

/** What goes wrong, call by call; everything goes well after that. */
const luck = fc.record({
  sends: fc.array(
    fc.constantFrom<SendFate>('ACCEPT', 'JOB', 'REFUSE', 'ACCEPT_LOSE', 'LATE_LOSE', 'DROP_LOSE'),
    { maxLength: 12 },
  ),
  reads: fc.array(fc.constantFrom<ReadFate>('ANSWER', 'ANSWER', 'SHORT', 'FAIL'), { maxLength: 12 }),
  stores: fc.array(
    fc.oneof(
      { weight: 9, arbitrary: fc.constant<StoreFate>('ANSWER') },
      { weight: 1, arbitrary: fc.constantFrom<StoreFate>('FAIL', 'DO_AND_FAIL') },
    ),
    { maxLength: 120 },
  ),
});

async function live(world: World, acts: readonly Act[]): Promise<Call[]> {
  const processes: Process[] = [world.open(), world.open(), world.open()];
  const calls: Call[] = [];
  for (const act of acts) {
    switch (act.act) {
      case 'call':
        calls.push(world.call(processes[act.process]!, act.key, act.texts));
        break;
      case 'refresh':
        world.refresh(processes[act.process]!, act.key, act.part);
        break;
      case 'steps':
        for (const pick of act.picks) await world.step(pick);
        break;
      case 'crash':
        world.crash(processes[act.process]!);
        processes[act.process] = world.open();
        break;
      case 'advance':
        await world.advance(act.milliseconds);
    }
  }
  return calls;
}

/** Lets a world live by chance, until everything is well and over. */
async function liveThrough(
  namesSends: boolean,
  acts: readonly Act[],
  { sends, reads, stores }: { sends: SendFate[]; reads: ReadFate[]; stores: StoreFate[] },
): Promise<World> {
  const world = createWorld({ namesSends });
  const [send, read, store] = [sends.values(), reads.values(), stores.values()];
  world.fates = {
    send: () => send.next().value ?? 'ACCEPT',
    read: () => read.next().value ?? 'ANSWER',
    store: () => store.next().value ?? 'ANSWER',
  };
  const calls = await live(world, acts);
  await world.settle();
  expectNoneTwice(world);
  for (const call of calls) expectHonest(world, call);
  const used = new Set(calls.map((call) => call.key));
  for (const key of used) {
    const again: Call[] = [];
    for (const texts of CONTENTS) again.push(await callAgain(world, key, texts));
    for (const call of again) expectHonest(world, call);
    expectNoneTwice(world);
    // One content has the key, and the others are told so.
    const owners = again.filter((call) => !codesOf(call).includes('IDEMPOTENCY_CONFLICT'));
    expect(owners).toHaveLength(1);
    const [owner] = owners;
    const steps = stepsOf(owner!);
    const sent = world.stored.filter((message) => message.key === key);
    expect(sent.every(({ part, text }) => owner!.texts[part] === text)).toBe(true);
    if (steps.every((at) => at === 'TAKEN')) {
      expect(sent).toHaveLength(owner!.texts.length);
      continue;
    }
    // What is not known is so for a reason: the name of a send settles it, and a text that nobody else sends.
    expect(namesSends).toBe(false);
    const part = steps.findIndex((at) => at !== 'TAKEN');
    expect(steps[part]).toBe('LOST');
    const isUnique = used.size === 1;
    if (isUnique) expect(sent.filter((message) => message.part === part)).toEqual([]);
  }
  return world;
}

const acts = fc.array(act, { minLength: 4, maxLength: 30, size: 'max' });

describe('whatever many processes do at once, however the provider and the store fail them, and whenever one dies,', () => {
  it.each([
    ['keeps the names of sends, each message goes out once and is known in the end', true],
    ['knows messages by their content only, each goes out once at most, and is nobody else’s', false],
  ])(
    'where a provider %s',
    async (_what, namesSends) => {
      await fc.assert(
        fc.asyncProperty(acts, luck, async (acts, luck) => {
          await liveThrough(namesSends, acts, luck);
        }),
        { numRuns: 150 },
      );
    },
    60_000,
  );
});
