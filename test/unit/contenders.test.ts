import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Contender, Contenders } from '../../src/messaging/contenders.ts';
import { createContenders } from '../../src/messaging/contenders.ts';
import { ParleyError } from '../../src/messaging/errors.ts';
import type { Store } from '../../src/messaging/store.ts';
import { createMemoryStore } from '../../src/store/createMemoryStore.ts';

const DAY = 86_400_000;
const PLACE = 'acc:in:7:digest:0';
const NAMES = ['ann', 'ben', 'cyd', 'dan'] as const;

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();

/** A try in some minutes; its number tells it from other tries of the same part. */
function tryOf(who: string, from = 0, until = from + 5, number = 1): Contender {
  return { who, token: `${who}-${number}`, from: at(from), until: at(until) };
}

describe('a message of the history', () => {
  const open = () => createContenders(createMemoryStore(), DAY);

  it('is the only contender’s', async () => {
    const contenders = open();
    await contenders.enter(PLACE, tryOf('ann'));
    expect(await contenders.claim(PLACE, tryOf('ann'), ['m1'])).toBe('m1');
  });

  it('is nobody’s when there are two', async () => {
    const contenders = open();
    await contenders.enter(PLACE, tryOf('ann'));
    expect(await contenders.claim(PLACE, tryOf('ann'), ['m1', 'm2'])).toBeNull();
    expect(await contenders.claim(PLACE, tryOf('ann'), [])).toBeNull();
  });

  it.each([
    ['ends where the other begins', 5, 10],
    ['begins where the other ends', -5, 0],
    ['lies within the other', 1, 2],
    ['holds the other', -10, 20],
    // What was sent long ago may be delivered only now.
    ['is long over', -1_000, -900],
  ])('is nobody’s while a rival has none whose time %s', async (_what, from, until) => {
    const contenders = open();
    await contenders.enter(PLACE, tryOf('ann'));
    await contenders.enter(PLACE, tryOf('ben', from, until));
    expect(await contenders.claim(PLACE, tryOf('ann'), ['m1'])).toBeNull();
    await contenders.settle(PLACE, 'ben', 'm2');
    expect(await contenders.claim(PLACE, tryOf('ann'), ['m1', 'm2'])).toBe('m1');
  });

  it('is not kept from its sender by who was there at another time, elsewhere, or was refused', async () => {
    const contenders = open();
    await contenders.enter(PLACE, tryOf('ann'));
    await contenders.enter(PLACE, tryOf('ben', 6));
    await contenders.enter('elsewhere', tryOf('cyd'));
    await contenders.enter(PLACE, tryOf('dan'));
    await contenders.leave(PLACE, tryOf('dan'));
    expect(await contenders.claim(PLACE, tryOf('ann'), ['m1'])).toBe('m1');
  });

  it('stays with a rival whose earlier try is said to be refused late', async () => {
    const contenders = open();
    await contenders.enter(PLACE, tryOf('ann', 0, 5, 1));
    await contenders.enter(PLACE, tryOf('ann', 1, 6, 2));
    await contenders.leave(PLACE, tryOf('ann', 0, 5, 1));
    await contenders.enter(PLACE, tryOf('ben'));
    expect(await contenders.claim(PLACE, tryOf('ben'), ['m1'])).toBeNull();
  });

  it('stays with whom it was given to, whatever turns up later', async () => {
    const contenders = open();
    await contenders.enter(PLACE, tryOf('ann'));
    expect(await contenders.claim(PLACE, tryOf('ann'), ['m1'])).toBe('m1');
    await contenders.enter(PLACE, tryOf('ben', 1));
    expect(await contenders.claim(PLACE, tryOf('ann'), ['m1', 'm2'])).toBe('m1');
    // A history that does not show it is no reason to take another one as well.
    expect(await contenders.claim(PLACE, tryOf('ann'), ['m2'])).toBeNull();
    await contenders.leave(PLACE, tryOf('ben', 1));
    expect(await contenders.claim(PLACE, tryOf('cyd'), ['m1'])).toBeNull();
  });

  it('stays with whom the provider has named it to', async () => {
    const contenders = open();
    await contenders.enter(PLACE, tryOf('ann'));
    await contenders.settle(PLACE, 'ann', 'm1');
    expect(await contenders.claim(PLACE, tryOf('ann'), ['m1', 'm2'])).toBe('m1');
    expect(await contenders.claim(PLACE, tryOf('ben'), ['m1'])).toBeNull();
  });
});

describe('a long list', () => {
  it('never forgets who has no message yet, nor the latest who have one, and stays bounded', async () => {
    const isLost = fc.array(fc.boolean(), { minLength: 210, maxLength: 230, size: 'max' });
    await fc.assert(
      fc.asyncProperty(isLost, async (isLost) => {
        const store = createMemoryStore();
        const contenders = createContenders(store, DAY);
        for (const [index, lost] of isLost.entries()) {
          await contenders.enter(PLACE, tryOf(`${index}`));
          if (!lost) await contenders.settle(PLACE, `${index}`, `m${index}`);
        }
        const listed = JSON.parse((await store.get(`contenders:${PLACE}`))!) as { who: string }[];
        const names = new Set(listed.map(({ who }) => who));
        for (const [index, lost] of isLost.entries()) if (lost) expect(names).toContain(`${index}`);
        const settled = isLost.flatMap((lost, index) => (lost ? [] : [`${index}`]));
        const kept = settled.filter((who) => names.has(who));
        expect(kept).toEqual(settled.slice(settled.length - kept.length));
        // One stands for all who were left out.
        expect(listed).toHaveLength(201);
      }),
      { numRuns: 10 },
    );
  });

  it('gives nobody a message once it has left out whose it may be', async () => {
    const contenders = createContenders(createMemoryStore(), DAY);
    await contenders.enter(PLACE, tryOf('ann'));
    for (let index = 0; index < 199; index += 1) await contenders.settle(PLACE, `${index}`, `m${index}`);
    const all = Array.from({ length: 200 }, (_none, index) => `m${index}`);
    await contenders.settle(PLACE, 'a', 'm-a');
    expect(await contenders.claim(PLACE, tryOf('ann'), [...all.slice(0, 199), 'm-a'])).toBeNull();
  });

  it('of those who have no message is as long as it has to be', async () => {
    const store = createMemoryStore();
    const contenders = createContenders(store, DAY);
    for (let index = 0; index < 205; index += 1) await contenders.enter(PLACE, tryOf(`${index}`));
    expect(JSON.parse((await store.get(`contenders:${PLACE}`))!)).toHaveLength(205);
  });
});

describe('a list that everybody writes at once', () => {
  it('is given up as a store that does not answer, not written over', async () => {
    const store: Store = { ...createMemoryStore(), create: () => Promise.resolve(false) };
    const entering = createContenders(store, DAY).enter(PLACE, tryOf('ann'));
    await expect(entering).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });
  });
});

/** Messages of the history, with their minutes. */
const TIMES = { m1: 2, m2: 6, m3: 7, m4: 15 } as const;
type Message = keyof typeof TIMES;
const MESSAGES = Object.keys(TIMES) as Message[];

/** What a contender does next. */
type Act =
  | { readonly act: 'enter'; readonly from: number }
  | { readonly act: 'leave' }
  | { readonly act: 'settle'; readonly message: Message }
  | { readonly act: 'claim'; readonly candidates: readonly Message[] };

const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ act: fc.constant('enter' as const), from: fc.nat({ max: 12 }) }),
  fc.constant({ act: 'leave' as const }),
  fc.record({ act: fc.constant('settle' as const), message: fc.constantFrom(...MESSAGES) }),
  fc.record({ act: fc.constant('claim' as const), candidates: fc.subarray(MESSAGES) }),
);
const lives = fc.tuple(...NAMES.map(() => fc.array(act, { maxLength: 6 })));

/** A store whose every call waits for its turn, and may fail before or after it has been done. */
function slowly(store: Store, scheduler: fc.Scheduler, fates: Iterator<Fate>): Store {
  const slow = async <T>(work: () => Promise<T>): Promise<T> => {
    const fate = fates.next().value as Fate;
    await scheduler.schedule(Promise.resolve());
    if (fate === 'fail') throw new ParleyError('STORE_UNAVAILABLE', 'The store is away.');
    const answer = await work();
    if (fate === 'lose') throw new ParleyError('STORE_UNAVAILABLE', 'The store’s answer is lost.');
    await scheduler.schedule(Promise.resolve());
    return answer;
  };
  return {
    get: (key) => slow(() => store.get(key)),
    create: (...call) => slow(() => store.create(...call)),
    replace: (...call) => slow(() => store.replace(...call)),
    remove: (...call) => slow(() => store.remove(...call)),
  };
}

type Fate = 'answer' | 'fail' | 'lose';
const fates = fc.infiniteStream(
  fc.oneof(
    { weight: 8, arbitrary: fc.constant<Fate>('answer') },
    { weight: 2, arbitrary: fc.constantFrom<Fate>('fail', 'lose') },
  ),
);

/** Whose each message is, and which have been shown to anybody. */
interface History {
  readonly owners: Map<string, string>;
  readonly shown: Set<string>;
}

/**
 * One contender, by the rules that sends keep: it is tried again only when it was refused, which may be told late; the
 * provider gives each message to one, within its time; who has one is not tried again.
 */
async function live(who: string, acts: readonly Act[], contenders: Contenders, { owners, shown }: History) {
  const late: Promise<unknown>[] = [];
  let own: { contender: Contender; isIn: (message: Message) => boolean; past: Set<string> } | undefined;
  let given: string | undefined;
  for (const [index, act] of acts.entries()) {
    try {
      if (act.act === 'enter' && !own) {
        const { from } = act;
        const contender = tryOf(who, from, from + 5, index);
        await contenders.enter(PLACE, contender);
        const isIn = (message: Message) => TIMES[message] >= from && TIMES[message] <= from + 5;
        own = { contender, isIn, past: new Set(shown) };
      } else if (act.act === 'leave' && own && given === undefined) {
        const { contender } = own;
        own = undefined;
        late.push(contenders.leave(PLACE, contender).catch(() => contenders.leave(PLACE, contender)));
      } else if (act.act === 'settle' && own?.isIn(act.message) && given === undefined) {
        // What stood in the history before it was sent is another one's.
        if (owners.has(act.message) || own.past.has(act.message)) continue;
        given = act.message;
        owners.set(act.message, who);
        await contenders.settle(PLACE, who, act.message);
      } else if (act.act === 'claim' && own) {
        // A history shows what the provider has made of it, also where that could not be written down.
        const seen = MESSAGES.filter((each) => each === given || act.candidates.includes(each));
        const candidates = seen.filter(own.isIn);
        for (const each of candidates) shown.add(each);
        const claimed = await contenders.claim(PLACE, own.contender, candidates);
        if (claimed === null) continue;
        expect(owners.get(claimed) ?? who).toBe(who);
        expect(given ?? claimed).toBe(claimed);
        owners.set(claimed, who);
        given = claimed;
      }
    } catch (error) {
      if (!(error instanceof ParleyError)) throw error;
    }
  }
  await Promise.allSettled(late);
}

describe('whatever many contenders do at once, and however the store fails them,', () => {
  it('a message is given to one of them at most, and each gets one at most', async () => {
    await fc.assert(
      fc.asyncProperty(lives, fates, fc.scheduler(), async (lives, fates, scheduler) => {
        const store = createMemoryStore();
        const contenders = createContenders(slowly(store, scheduler, fates), DAY);
        const history = { owners: new Map<string, string>(), shown: new Set<string>() };
        const all = NAMES.map((who, index) => live(who, lives[index]!, contenders, history));
        await scheduler.waitFor(Promise.all(all));
        const listed = JSON.parse((await store.get(`contenders:${PLACE}`)) ?? '[]') as {
          who: string;
          messageId: string | null;
        }[];
        expect(new Set(listed.map(({ who }) => who)).size).toBe(listed.length);
      }),
      { numRuns: 300 },
    );
  });
});
