import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import type { Change, ChangeId } from '../../src/messaging/changes.ts';
import { FIRST } from '../../src/messaging/changes.ts';
import { ParleyError } from '../../src/messaging/errors.ts';
import type { LiveStore } from '../../src/messaging/liveStore.ts';
import type { Hub, Interest } from '../../src/realtime/createHub.ts';
import { createHub } from '../../src/realtime/createHub.ts';
import { createMemoryLiveStore } from '../../src/store/createMemoryLiveStore.ts';
import { eventually } from '../eventually.ts';

jest.setTimeout(60_000);

const LONG = 86_400_000;
const ALL: Interest = { accountIds: ['acme', 'shop'] };
const ACME: Interest = { accountIds: ['acme'] };

const opened: Hub[] = [];
afterEach(() => {
  for (const hub of opened.splice(0)) hub.close();
  jest.restoreAllMocks();
});

function open(live: LiveStore, maxWaiting = 1_000) {
  const reports: unknown[] = [];
  const hub = createHub({ live, maxWaiting, report: (error) => void reports.push(error) });
  opened.push(hub);
  return { hub, reports };
}

const createStore = (maxCharacters?: number) =>
  createMemoryLiveStore({ keep: LONG, ...(maxCharacters !== undefined && { maxCharacters }) });

let lastKey = 0;
/** Logs a change of a conversation, as whoever takes events does. */
function log(live: LiveStore, accountId: string, externalId: string, title: string): Promise<boolean> {
  const change: Change = { kind: 'CONVERSATION_UPDATED', conversation: { accountId, externalId, title } };
  lastKey += 1;
  const [key, state] = [String(lastKey), 'state'];
  return live.commit({ accountId, key, expected: undefined, state, changes: [JSON.stringify(change)] });
}

/** Somebody who follows, and what they have been told. */
interface Follower {
  readonly told: string[];
  readonly ids: ChangeId[];
  readonly end: AbortController;
  /** Settles when it is over; rejects with why. */
  readonly over: Promise<void>;
}

function follow(hub: Hub, interest: Interest, after: ChangeId): Follower {
  const [told, ids]: [string[], ChangeId[]] = [[], []];
  const end = new AbortController();
  const over = (async () => {
    for await (const { id, change } of hub.follow(interest, after, end.signal)) {
      told.push(titleOf(change));
      ids.push(id);
    }
  })();
  over.catch(() => undefined);
  return { told, ids, end, over };
}

function titleOf(change: Change): string {
  if (change.kind !== 'CONVERSATION_UPDATED') throw new Error(change.kind);
  return change.conversation.title!;
}

/** The store in memory takes no time: whatever it leads to is done after some turns. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 50; turns += 1) await turn();
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

async function lastOf(live: LiveStore): Promise<ChangeId> {
  return (await live.position()).last;
}

describe('following', () => {
  it('tells what happens from then on, in order, to each of those whom it concerns', async () => {
    const live = createStore();
    const { hub } = open(live);
    await log(live, 'acme', 'c1', 'before');
    const start = await lastOf(live);
    const all = follow(hub, ALL, start);
    const acme = follow(hub, ACME, start);
    const one = follow(hub, { ...ACME, conversation: { accountId: 'acme', externalId: 'c1' } }, start);
    await settle();

    await log(live, 'acme', 'c1', '1');
    await log(live, 'shop', 'c1', '2');
    await log(live, 'acme', 'c2', '3');
    await log(live, 'acme', 'c1', '4');
    await log(live, 'else', 'c1', '5');
    await settle();

    expect(all.told).toEqual(['1', '2', '3', '4']);
    expect(acme.told).toEqual(['1', '3', '4']);
    expect(one.told).toEqual(['1', '4']);
  });

  it('tells what has happened since a place, with whatever happens meanwhile', async () => {
    const live = createStore();
    const { hub } = open(live);
    for (let index = 0; index < 1_200; index += 1) await log(live, 'acme', 'c1', String(index));
    const places = (await live.changes(['acme'], FIRST, 2_000)).map(({ id }) => id);
    const followers = [0, 499, 500, 699, 1_199].map((index) => [index, places[index]!] as const);
    const following = followers.map(([index, place]) => [index, follow(hub, ACME, place)] as const);

    for (let index = 1_200; index < 1_300; index += 1) await log(live, 'acme', 'c1', String(index));
    await settle();

    for (const [index, { told }] of following)
      expect(told).toEqual(Array.from({ length: 1_299 - index }, (_none, rank) => String(index + 1 + rank)));
  });

  it('misses nothing that happens just when it has read what happened before', async () => {
    for (let moments = 0; moments < 40; moments += 1) {
      const live = createStore();
      const { hub } = open(live);
      const { told } = follow(hub, ACME, FIRST);
      await settle();

      void log(live, 'acme', 'c1', 'one');
      for (let moment = 0; moment < moments; moment += 1) await Promise.resolve();
      void log(live, 'acme', 'c1', 'two');
      await settle();

      expect(told).toEqual(['one', 'two']);
    }
  });

  it('tells each change exactly once and in order, whenever who begins to follow', async () => {
    const accountId = fc.constantFrom('acme', 'shop', 'quiet');
    const externalId = fc.constantFrom('c1', 'c2');
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('log' as const), accountId, externalId }) },
      fc.record({
        kind: fc.constant('follow' as const),
        accountIds: fc.uniqueArray(accountId, { minLength: 1, maxLength: 3 }),
        externalId: fc.option(externalId),
        // From now on, or from a place among those that there are by then.
        from: fc.option(fc.nat()),
      }),
      fc.record({ kind: fc.constant('leave' as const), who: fc.nat() }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 40, size: 'max' }),
        fc.scheduler(),
        async (steps, scheduler) => {
          const live = createStore();
          const { hub } = open(createSlowStore(live, scheduler));
          const logged: { id: ChangeId; accountId: string; externalId: string; title: string }[] = [];
          const follower: { follower: Follower; interest: Interest; after: ChangeId; isGone: boolean }[] = [];
          const logOne = async (account: string, conversation: string, title: string) => {
            await log(live, account, conversation, title);
            logged.push({
              ...{ accountId: account, externalId: conversation, title },
              id: await lastOf(live),
            });
          };
          const take = async () => {
            for (const [index, one] of steps.entries()) {
              await scheduler.schedule(Promise.resolve(), one.kind);
              if (one.kind === 'log') await logOne(one.accountId, one.externalId, String(index));
              if (one.kind === 'follow') {
                const [first] = one.accountIds;
                const interest: Interest =
                  one.externalId === null
                    ? { accountIds: one.accountIds }
                    : {
                        accountIds: [first!],
                        conversation: { accountId: first!, externalId: one.externalId },
                      };
                const place = one.from === null ? undefined : logged[one.from % (logged.length + 1)]?.id;
                const after = one.from === null ? await lastOf(live) : (place ?? FIRST);
                follower.push({
                  ...{ follower: follow(hub, interest, after), interest, after, isGone: false },
                });
              }
              const leaving = one.kind === 'leave' && follower[one.who % follower.length];
              if (leaving) {
                leaving.follower.end.abort();
                leaving.isGone = true;
              }
            }
          };
          await scheduler.waitFor(take());
          await scheduler.waitIdle();
          await settle();
          await scheduler.waitIdle();

          for (const { follower: own, interest, after, isGone } of follower) {
            const { conversation, accountIds } = interest;
            const place = logged.findIndex(({ id }) => id === after);
            const titles = logged
              .slice(place + 1)
              .filter((change) => accountIds.includes(change.accountId))
              .filter(({ externalId }) => !conversation || externalId === conversation.externalId)
              .map(({ title }) => title);
            // Who has left has not been told all.
            expect(own.told).toEqual(isGone ? titles.slice(0, own.told.length) : titles);
            own.end.abort();
          }
          await scheduler.waitIdle();
          await settle();
          await scheduler.waitIdle();
          expect(hub.size).toBe(0);
          hub.close();
        },
      ),
      { numRuns: 60 },
    );
  });

  /** Answers one after the other, as over one connection; the scheduler says when. Others write meanwhile. */
  function createSlowStore(live: LiveStore, scheduler: fc.Scheduler): LiveStore {
    let queue: Promise<unknown> = Promise.resolve();
    const inTurn = <T>(label: string, call: () => Promise<T>): Promise<T> => {
      const own = queue.then(() => scheduler.schedule(Promise.resolve(), label)).then(call);
      queue = own;
      return own.then(async (answer) => {
        await scheduler.schedule(Promise.resolve(), `answer of ${label}`);
        return answer;
      });
    };
    return {
      ...live,
      changes: (...args) => inTurn('changes', () => live.changes(...args)),
      position: () => inTurn('position', () => live.position()),
    };
  }
});

describe('who takes too slowly', () => {
  /** Takes one change, and then no more until asked. */
  async function begin(live: LiveStore, hub: Hub, interest: Interest = ACME) {
    const end = new AbortController();
    const changes = hub.follow(interest, await lastOf(live), end.signal);
    const first = changes.next();
    await settle();
    await log(live, 'acme', 'c1', 'first');
    expect(titleOf((await first).value!.change)).toBe('first');
    return { changes, end };
  }

  it('gets as many as may wait, and is then told that it is too slow', async () => {
    const live = createStore();
    const { hub } = open(live, 10);
    const { changes } = await begin(live, hub);

    for (let index = 0; index < 10; index += 1) await log(live, 'acme', 'c1', String(index));
    await settle();
    for (let index = 0; index < 10; index += 1)
      expect(titleOf((await changes.next()).value!.change)).toBe(String(index));
    for (let index = 0; index < 11; index += 1) await log(live, 'acme', 'c1', String(index));
    await settle();

    await expect(changes.next()).rejects.toMatchObject({ code: 'SUBSCRIPTION_TOO_SLOW', retryable: true });
    expect(hub.size).toBe(0);
  });

  it('is told nothing more once something was left out, also when some of what waited was taken', async () => {
    const live = createStore();
    const { hub } = open(live, 10);
    const { changes } = await begin(live, hub);
    for (let index = 0; index < 5; index += 1) await log(live, 'acme', 'c1', String(index));
    await settle();
    for (let index = 0; index < 2; index += 1) await changes.next();

    for (let index = 0; index < 20; index += 1) await log(live, 'acme', 'c1', String(index));
    await settle();

    await expect(changes.next()).rejects.toMatchObject({ code: 'SUBSCRIPTION_TOO_SLOW' });
  });

  it('holds no more than may wait, however much happens', async () => {
    const live = createStore();
    const { hub } = open(live, 5);
    const { changes } = await begin(live, hub);
    const made: WeakRef<object>[] = [];
    const parse = JSON.parse.bind(JSON);
    // Whatever the hub makes of what the log tells.
    const spy = jest.spyOn(JSON, 'parse').mockImplementation((text) => {
      const value = parse(text) as object;
      made.push(new WeakRef(value));
      return value;
    });
    const countHeld = async () => {
      spy.mockClear();
      await settle();
      collectGarbage();
      return made.filter((reference) => reference.deref() !== undefined).length;
    };

    for (let index = 0; index < 5; index += 1) await log(live, 'acme', 'c1', String(index));
    expect(await countHeld()).toBe(5);
    for (let index = 0; index < 2; index += 1) await changes.next();
    for (let index = 0; index < 50; index += 1) {
      await log(live, 'acme', 'c1', String(index));
      // With the one that is being told.
      expect(await countHeld()).toBeLessThanOrEqual(6);
    }

    expect(made).toHaveLength(55);
    await changes.return();
  });

  it('is nobody who takes all at once, however much is found at once', async () => {
    const store = createStore();
    let wake: () => void = () => undefined;
    const live: LiveStore = { ...store, follow: (listener) => store.follow(() => (wake = listener)) };
    const { hub } = open(live);
    const followers = Array.from({ length: 250 }, () => follow(hub, ACME, FIRST));
    await settle();
    const titles = Array.from({ length: 2_500 }, (_none, index) => String(index));
    for (const title of titles) await log(store, 'acme', 'c1', title);

    wake();
    await settle();

    for (const { told } of followers) expect(told).toEqual(titles);
  });

  it('keeps nobody else waiting', async () => {
    const live = createStore();
    const { hub } = open(live, 10);
    const { changes } = await begin(live, hub);
    const quick = follow(hub, ACME, await lastOf(live));
    await settle();

    for (let index = 0; index < 100; index += 1) {
      await log(live, 'acme', 'c1', String(index));
      await settle();
    }

    expect(quick.told).toHaveLength(100);
    await expect(changes.next()).rejects.toMatchObject({ code: 'SUBSCRIPTION_TOO_SLOW' });
  });

  it('is nobody who has just come, however much has happened while nobody followed', async () => {
    const live = createStore(10_000);
    const { hub } = open(live, 10);
    const first = follow(hub, ACME, await lastOf(live));
    await settle();
    first.end.abort();
    await first.over;
    for (let index = 0; index < 300; index += 1) await log(live, 'acme', 'c1', String(index));

    const second = follow(hub, ACME, await lastOf(live));
    await settle();
    await log(live, 'acme', 'c1', 'new');
    await settle();

    expect(second.told).toEqual(['new']);
  });

  it('is nobody who comes for another account, of which much has happened and been dropped', async () => {
    const live = createStore(10_000);
    const { hub } = open(live, 10);
    const acme = follow(hub, ACME, await lastOf(live));
    await settle();
    for (let index = 0; index < 300; index += 1) await log(live, 'shop', 'c1', String(index));
    await settle();

    const shop = follow(hub, { accountIds: ['shop'] }, await lastOf(live));
    await settle();
    await log(live, 'shop', 'c1', 'of the shop');
    await log(live, 'acme', 'c1', 'of acme');
    await settle();

    expect(shop.told).toEqual(['of the shop']);
    expect(acme.told).toEqual(['of acme']);
  });

  it('may be slow with what had happened before, of which nothing waits', async () => {
    const live = createStore();
    const { hub } = open(live, 10);
    for (let index = 0; index < 100; index += 1) await log(live, 'acme', 'c1', String(index));
    const end = new AbortController();
    const changes = hub.follow(ACME, FIRST, end.signal);
    const told: string[] = [];

    for (let index = 0; index < 200; index += 1) {
      told.push(titleOf((await changes.next()).value!.change));
      if (index < 100) await log(live, 'acme', 'c1', String(100 + index));
      await settle();
    }

    expect(told).toEqual(Array.from({ length: 200 }, (_none, index) => String(index)));
    await changes.return();
  });

  it('hears from the log itself that a place is too old', async () => {
    const live = createStore(1_000);
    const { hub } = open(live);
    for (let index = 0; index < 100; index += 1) await log(live, 'acme', 'c1', String(index));

    const { over } = follow(hub, ACME, FIRST);

    await expect(over).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });
    expect(hub.size).toBe(0);
  });
});

describe('the end', () => {
  it('comes at once for who waits, and leaves nothing', async () => {
    const live = createStore();
    const { hub } = open(live);
    const followers = [ALL, ACME, { ...ACME, conversation: { accountId: 'acme', externalId: 'c1' } }].map(
      (interest) => follow(hub, interest, FIRST),
    );
    await settle();
    expect(hub.size).toBe(3);

    for (const [index, { end, over }] of followers.entries()) {
      end.abort();
      await over;
      expect(hub.size).toBe(2 - index);
    }
  });

  it('tells nothing more to who has gone while there was something', async () => {
    const live = createStore();
    const { hub } = open(live);
    await log(live, 'acme', 'c1', 'before');
    const gone = AbortSignal.abort();

    expect(await hub.follow(ACME, FIRST, gone).next()).toEqual({ done: true, value: undefined });
    const end = new AbortController();
    const changes = hub.follow(ACME, FIRST, end.signal);
    await changes.next();
    const next = changes.next();
    await settle();
    await log(live, 'acme', 'c1', 'first');
    await log(live, 'acme', 'c1', 'second');
    await next;
    end.abort();

    expect(await changes.next()).toEqual({ done: true, value: undefined });
    expect(hub.size).toBe(0);
  });

  it('leaves nothing of who stops taking by themselves', async () => {
    const live = createStore();
    const { hub } = open(live);
    await log(live, 'acme', 'c1', 'one');
    for await (const { change } of hub.follow(ACME, FIRST, new AbortController().signal)) {
      expect(titleOf(change)).toBe('one');
      expect(hub.size).toBe(1);
      break;
    }

    expect(hub.size).toBe(0);
  });

  it('comes, as for an old cursor, for who follows a log that is lost, and not for who comes after that', async () => {
    const store = createStore();
    let epoch = 'before';
    let wake: () => void = () => undefined;
    const live: LiveStore = {
      ...store,
      position: async () => ({ ...(await store.position()), epoch }),
      follow: (listener) => store.follow((wake = listener)),
    };
    const { hub } = open(live);
    const old = hub.follow(ACME, FIRST, new AbortController().signal).next();
    await eventually(() => expect(hub.size).toBe(1));
    epoch = 'after';
    const next = hub.follow(ACME, FIRST, new AbortController().signal).next();
    await eventually(() => expect(hub.size).toBe(2));

    wake();
    await expect(old).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });
    await eventually(() => expect(hub.size).toBe(1));
    hub.close();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  it('comes for all when the hub is closed, also for who comes later', async () => {
    const live = createStore();
    const listeners = new Set<unknown>();
    const { hub } = open({
      ...live,
      follow(listener) {
        const unfollow = live.follow(listener);
        listeners.add(listener);
        return () => {
          listeners.delete(listener);
          unfollow();
        };
      },
    });
    const followers = [ALL, ACME].map((interest) => follow(hub, interest, FIRST));
    await settle();
    expect(listeners.size).toBe(1);

    hub.close();

    for (const { over } of followers) await over;
    await follow(hub, ACME, FIRST).over;
    expect(hub.size).toBe(0);
    expect(listeners.size).toBe(0);
  });

  it('leaves nobody listening where it is closed while the first one comes', async () => {
    const live = createStore();
    let listening = 0;
    const { hub } = open({
      ...live,
      follow(listener) {
        listening += 1;
        return live.follow(listener);
      },
    });
    const { over } = follow(hub, ACME, FIRST);

    hub.close();

    await over;
    expect(listening).toBe(0);
  });
});

describe('a store that fails', () => {
  function createBroken(live: LiveStore) {
    const failure = new ParleyError('STORE_UNAVAILABLE', 'down', { retryable: true });
    let isBroken = false;
    const orFail = <T>(call: () => Promise<T>) => (isBroken ? Promise.reject(failure) : call());
    return {
      failure,
      store: {
        ...live,
        changes: (...args: Parameters<LiveStore['changes']>) => orFail(() => live.changes(...args)),
        position: () => orFail(() => live.position()),
      },
      breakDown: () => (isBroken = true),
      mend: () => (isBroken = false),
    };
  }

  it('costs who follows nothing: all of it is told once the store is there again', async () => {
    const live = createStore();
    const { store, failure, breakDown, mend } = createBroken(live);
    const { hub, reports } = open(store);
    const { told } = follow(hub, ACME, FIRST);
    await settle();
    await log(live, 'acme', 'c1', 'before');
    await settle();

    breakDown();
    for (let index = 0; index < 3; index += 1) await log(live, 'acme', 'c1', String(index));
    await settle();
    expect(told).toEqual(['before']);
    expect(reports).toContain(failure);
    mend();

    // By itself: nothing else happens.
    await eventually(() => expect(told).toEqual(['before', '0', '1', '2']));
  });

  it('is told to who begins to follow, of whom nothing is left', async () => {
    const { store, failure, breakDown, mend } = createBroken(createStore());
    const { hub } = open(store);
    breakDown();

    await expect(follow(hub, ACME, FIRST).over).rejects.toBe(failure);
    expect(hub.size).toBe(0);
    mend();

    const follower = follow(hub, ACME, FIRST);
    await settle();
    await log(store, 'acme', 'c1', 'after');
    await settle();
    expect(follower.told).toEqual(['after']);
  });

  it('is asked no more once the hub is closed', async () => {
    const live = createStore();
    const { store, breakDown } = createBroken(live);
    const { hub, reports } = open(store);
    follow(hub, ACME, FIRST);
    await settle();
    breakDown();
    await log(live, 'acme', 'c1', 'change');

    hub.close();
    await settle();

    expect(reports).toEqual([]);
  });
});
