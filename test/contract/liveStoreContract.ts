import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { compareChangeIds, FIRST, isChangeId } from '../../src/messaging/changes.ts';
import type { ActivityPlace, Commit, LiveStore } from '../../src/messaging/liveStore.ts';
import { eventually } from '../eventually.ts';

/** What the suite needs of a kind of store: a new and empty one for each test. */
export interface LiveStoreSubject {
  readonly live: LiveStore;
  /** Another one on the same data, as another process has it; the same where there can be but one. */
  readonly other: LiveStore;
  /** Lets milliseconds pass, where the store's clock is the test's. */
  readonly advance?: (milliseconds: number) => void;
  readonly close: () => Promise<void>;
}

export interface LiveStoreOptions {
  /** Milliseconds for which changes are kept. */
  readonly keep: number;
  /** How many changes of {@link CHANGE_LENGTH} characters an account has room for. */
  readonly room: number;
}

export const CHANGE_LENGTH = 10;
const LONG = 86_400_000;

/** Every promise of the port, whatever is behind it. */
export function describeLiveStore(
  name: string,
  open: (options: LiveStoreOptions) => Promise<LiveStoreSubject>,
): void {
  describe(`the ${name} live store`, () => {
    let opened: LiveStoreSubject[] = [];
    afterEach(async () => {
      for (const subject of opened) await subject.close();
      opened = [];
    });

    async function create(options: Partial<LiveStoreOptions> = {}): Promise<LiveStoreSubject> {
      const subject = await open({ keep: LONG, room: 1_000, ...options });
      opened.push(subject);
      return subject;
    }

    const commitOf = (commit: Partial<Commit>): Commit => {
      return { accountId: 'acme', key: 'k', expected: undefined, state: 'state', changes: [], ...commit };
    };

    /** Commits changes, each to a state that nobody else has. */
    async function log(live: LiveStore, accountId: string, ...changes: readonly string[]): Promise<void> {
      expect(await live.commit(commitOf({ accountId, key: randomUUID(), changes }))).toBe(true);
    }

    async function changesOf(live: LiveStore, ...accountIds: readonly string[]): Promise<string[]> {
      const found = await live.changes(accountIds, FIRST, 1_000);
      return found.map(({ change }) => change);
    }

    describe('has states', () => {
      it('of which nothing is known before they are written', async () => {
        const { live } = await create();

        expect(await live.read('acme', ['a', 'b'])).toEqual([undefined, undefined]);
        expect(await live.read('acme', [])).toEqual([]);
        expect(await live.latest('acme', undefined, 10)).toEqual([]);
        expect(await live.changes(['acme'], FIRST, 10)).toEqual([]);
        expect(await live.changes([], FIRST, 10)).toEqual([]);
      });

      it('of many keys, in the order in which they are asked for', async () => {
        const { live, other } = await create();
        for (const key of ['a', 'b', 'c']) await live.commit(commitOf({ key, state: `state of ${key}` }));

        expect(await other.read('acme', ['c', 'x', 'a', 'c'])).toEqual([
          ...['state of c', undefined, 'state of a', 'state of c'],
        ]);
      });

      it('of each account by itself, and of keys that look alike', async () => {
        const { live } = await create();
        const keys = ['', ' ', ':', 'a', 'A', 'a:b', '{a}', 'é', 'e\u0301', '__proto__', 'constructor'];
        const pairs = ['acme', 'shop', '__proto__'].flatMap((id) => keys.map((key) => [id, key] as const));

        for (const [accountId, key] of pairs)
          expect(await live.commit(commitOf({ accountId, key, state: `${accountId} ${key}` }))).toBe(true);

        for (const [id, key] of pairs) expect(await live.read(id, [key])).toEqual([`${id} ${key}`]);
      });

      it.each([
        ['other scripts', 'Здравствуйте, 您好, שלום, नमस्ते 👩‍👩‍👧‍👦 \u{10FFFF}'],
        ['control and no characters', 'a\0b\r\n\u2028\u001B\uFEFF\uFFFF'],
        ['200 KB', 'é'.repeat(100_000)],
      ])('and changes that keep %s as they are', async (_what, text) => {
        const { live } = await create({ room: 1_000_000 });

        expect(await live.commit(commitOf({ state: text, changes: [text] }))).toBe(true);
        expect(await live.commit(commitOf({ expected: text, state: `${text}!` }))).toBe(true);

        expect(await live.read('acme', ['k'])).toEqual([`${text}!`]);
        expect(await changesOf(live, 'acme')).toEqual([text]);
      });
    });

    describe('commits', () => {
      it.each([
        ['something where nothing is', undefined, 'one'],
        ['nothing where something is', 'one', undefined],
        ['something else', 'one', 'two'],
        ['what differs in case', 'one', 'One'],
      ])('nothing at all to who expects %s', async (_what, state, expected) => {
        const { live } = await create();
        if (state !== undefined) await live.commit(commitOf({ state, activityAt: 5 }));
        const before = await live.position();
        const latest = await live.latest('acme', undefined, 10);

        const commit = commitOf({ expected, state: 'three', activityAt: 9, changes: ['told'] });
        expect(await live.commit(commit)).toBe(false);

        expect(await live.read('acme', ['k'])).toEqual([state]);
        expect(await live.latest('acme', undefined, 10)).toEqual(latest);
        expect(await changesOf(live, 'acme')).toEqual([]);
        expect((await live.position()).last).toBe(before.last);
      });

      it('the state, its place and its changes together to who expects what there is', async () => {
        const { live, other } = await create();
        await live.commit(commitOf({ state: 'one', activityAt: 5 }));

        const commit = { expected: 'one', state: 'two', activityAt: 9, changes: ['first', 'second'] };
        expect(await other.commit(commitOf(commit))).toBe(true);

        expect(await live.read('acme', ['k'])).toEqual(['two']);
        expect(await live.latest('acme', undefined, 10)).toEqual([{ key: 'k', activityAt: 9, state: 'two' }]);
        expect(await changesOf(live, 'acme')).toEqual(['first', 'second']);
      });

      it('one of fifty at once that expect the same, with its changes alone', async () => {
        const { live, other } = await create();
        await live.commit(commitOf({ state: 'before' }));
        const commits = Array.from({ length: 50 }, (_none, index) =>
          commitOf({ expected: 'before', state: `after ${index}`, changes: [`change ${index}`] }),
        );

        const done = await Promise.all(
          commits.map((commit, index) => (index % 2 === 0 ? live : other).commit(commit)),
        );

        expect(done.filter(Boolean)).toHaveLength(1);
        const winner = done.indexOf(true);
        expect(await live.read('acme', ['k'])).toEqual([`after ${winner}`]);
        expect(await changesOf(live, 'acme')).toEqual([`change ${winner}`]);
      });

      it('all of fifty at once to different states', async () => {
        const { live, other } = await create();
        const names = Array.from({ length: 50 }, (_none, index) => `change ${index}`);

        await Promise.all(names.map((name, index) => log(index % 2 === 0 ? live : other, 'acme', name)));

        expect((await changesOf(live, 'acme')).toSorted()).toEqual(names.toSorted());
      });
    });

    describe('has changes', () => {
      it('in the order of their commits over all accounts, under ids that rise', async () => {
        const { live, other } = await create();
        const names: string[] = [];
        for (let index = 0; index < 30; index += 1) {
          const told = Array.from({ length: 1 + (index % 3) }, (_none, number) => `${index} ${number}`);
          names.push(...told);
          await log(index % 2 === 0 ? live : other, `account${index % 4}`, ...told);
        }
        const accountIds = ['account2', 'account0', 'account3', 'account1'];

        const found = await live.changes(accountIds, FIRST, 1_000);

        expect(found.map(({ change }) => change)).toEqual(names);
        for (const { accountId, change } of found)
          expect(accountId).toBe(`account${Number(change.split(' ')[0]) % 4}`);
        const ids = found.map(({ id }) => id);
        expect(ids.every(isChangeId)).toBe(true);
        for (const [index, id] of ids.entries())
          if (index > 0) expect(compareChangeIds(ids[index - 1]!, id)).toBeLessThan(0);
        expect((await other.position()).last).toBe(ids.at(-1));
      });

      it('of the accounts alone that are asked for', async () => {
        const { live } = await create();
        for (const id of ['a', 'b', 'c']) await log(live, id, `of ${id}`);

        expect(await changesOf(live, 'c', 'a', 'x')).toEqual(['of a', 'of c']);
        expect(await changesOf(live, 'b')).toEqual(['of b']);
      });

      it('after a place without what is at the place, and as many as are asked for', async () => {
        const { live } = await create();
        const names = Array.from({ length: 20 }, (_none, index) => `change ${index}`);
        for (const [index, change] of names.entries()) await log(live, index % 3 === 0 ? 'a' : 'b', change);
        const all = await live.changes(['a', 'b'], FIRST, 100);

        for (const [index, { id }] of all.entries())
          expect(await live.changes(['a', 'b'], id, 100)).toEqual(all.slice(index + 1));
        for (const count of [1, 2, 7, 19, 20, 21]) {
          let after = FIRST;
          const walked = [];
          for (;;) {
            const page = await live.changes(['b', 'a'], after, count);
            walked.push(...page);
            expect(page.length).toBeLessThanOrEqual(count);
            if (page.length < count) break;
            after = page.at(-1)!.id;
          }
          expect(walked).toEqual(all);
        }
      });

      it('after the last place, once something happens', async () => {
        const { live, other } = await create();
        await log(live, 'a', 'before');
        const { last } = await live.position();

        expect(await live.changes(['a'], last, 10)).toEqual([]);
        await log(other, 'a', 'after');

        expect((await live.changes(['a'], last, 10)).map(({ change }) => change)).toEqual(['after']);
      });

      it('after a place that was told before there was any', async () => {
        const { live } = await create();
        const { last } = await live.position();

        await log(live, 'a', 'first', 'second');

        const found = await live.changes(['a'], last, 10);
        expect(found.map(({ change }) => change)).toEqual(['first', 'second']);
      });

      it('for as long as they are kept, from the next change on', async () => {
        const subject = await create({ keep: 1 });
        const { live } = subject;
        await log(live, 'a', 'old');
        // Until its clock has gone on.
        const first = await live.position();
        subject.advance?.(10);
        while ((await live.position()).now <= first.now + 1);

        await log(live, 'a', 'new');

        expect(await changesOf(live, 'a')).not.toContain('old');
      });

      it('as many as it has room for, and refuses places before those that it has dropped', async () => {
        const { live, other } = await create({ room: 5 });
        await log(live, 'quiet', 'of a quiet');
        const names = Array.from({ length: 8 }, (_none, index) => `change ${index}`.padEnd(CHANGE_LENGTH));
        const places = [(await live.position()).last];
        for (const change of names) {
          await log(live, 'busy', change);
          places.push((await live.position()).last);
        }

        for (const place of [FIRST, ...places.slice(0, 3)])
          await expect(other.changes(['quiet', 'busy'], place, 10)).rejects.toMatchObject({
            code: 'CURSOR_EXPIRED',
          });
        for (let index = 3; index < places.length; index += 1) {
          const found = await other.changes(['quiet', 'busy'], places[index]!, 10);
          expect(found.map(({ change }) => change)).toEqual(names.slice(index));
        }
        // What another account has dropped is nobody else's.
        expect(await changesOf(other, 'quiet')).toEqual(['of a quiet']);
      });

      it('that are dropped within one commit as well', async () => {
        const { live } = await create({ room: 3 });
        const names = Array.from({ length: 7 }, (_none, index) => `change ${index}`.padEnd(CHANGE_LENGTH));
        const { last } = await live.position();

        await log(live, 'a', ...names);

        await expect(live.changes(['a'], last, 10)).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });
      });
    });

    describe('has an order of activity', () => {
      /** Walks page after page, from a place on. */
      async function walk(live: LiveStore, count: number, start?: ActivityPlace): Promise<ActivityPlace[]> {
        const walked: ActivityPlace[] = [];
        let after = start;
        for (;;) {
          const page = await live.latest('acme', after, count);
          expect(page.length).toBeLessThanOrEqual(count);
          for (const { key, activityAt, state } of page) {
            expect(state).toBe(`state of ${key}`);
            walked.push({ key, activityAt });
          }
          if (page.length < count) return walked;
          after = walked.at(-1);
        }
      }

      // By bytes: neither as UTF-16 nor as any language has them.
      const KEYS = ['', 'A', 'B', 'a', 'a-', 'a.b', 'aB', 'ab', 'b', 'z', 'é', 'я', '\uFFFD', '\u{1F600}'];

      it('with the newest first, and those of one instant backwards by the bytes of their keys', async () => {
        const { live, other } = await create();
        const places = KEYS.map((key, index) => ({ key, activityAt: 1_714_521_600_000 + (index % 3) }));
        for (const { key, activityAt } of places.toSorted(() => -1))
          await live.commit(commitOf({ key, activityAt, state: `state of ${key}` }));
        await live.commit(commitOf({ accountId: 'shop', activityAt: 1 }));
        const sorted = places.toSorted(
          (a, b) => b.activityAt - a.activityAt || Buffer.compare(Buffer.from(b.key), Buffer.from(a.key)),
        );

        for (const count of [1, 2, 3, 5, KEYS.length, 100]) expect(await walk(other, count)).toEqual(sorted);
        for (const [index, place] of sorted.entries())
          expect(await walk(other, 4, place)).toEqual(sorted.slice(index + 1));
      });

      it('from a place on at which nothing is', async () => {
        const { live } = await create();
        for (const key of ['b', 'd', 'f'])
          await live.commit(commitOf({ key, activityAt: 5, state: `state of ${key}` }));
        const keysAfter = async (activityAt: number, key: string) =>
          (await walk(live, 2, { activityAt, key })).map((place) => place.key);

        expect(await keysAfter(5, 'e')).toEqual(['d', 'b']);
        expect(await keysAfter(5, '')).toEqual([]);
        expect(await keysAfter(5, '\u{10ffff}')).toEqual(['f', 'd', 'b']);
        expect(await keysAfter(6, '')).toEqual(['f', 'd', 'b']);
        expect(await keysAfter(4, '\u{10ffff}')).toEqual([]);
      });

      it('in which a state moves with each commit', async () => {
        const { live } = await create();
        const move = (key: string, expected: string | undefined, state: string, activityAt: number) =>
          live.commit(commitOf({ key, expected, state, activityAt }));
        await move('a', undefined, 'one', 1);
        await move('b', undefined, 'one', 2);

        await move('a', 'one', 'two', 3);

        expect(await live.latest('acme', undefined, 10)).toEqual([
          { key: 'a', activityAt: 3, state: 'two' },
          { key: 'b', activityAt: 2, state: 'one' },
        ]);
      });

      it('in which a state without activity has no place, also where it had one', async () => {
        const { live } = await create();
        await live.commit(commitOf({ key: 'a', state: 'one', activityAt: 1 }));
        await live.commit(commitOf({ key: 'b', state: 'one', activityAt: 2 }));
        await live.commit(commitOf({ key: 'never' }));

        await live.commit(commitOf({ key: 'b', expected: 'one', state: 'two' }));

        expect(await live.latest('acme', undefined, 10)).toEqual([{ key: 'a', activityAt: 1, state: 'one' }]);
        expect(await live.read('acme', ['b'])).toEqual(['two']);
      });
    });

    describe('has a position', () => {
      it('in a log of one name for all, which is not that of another log', async () => {
        const [{ live, other }, another] = [await create(), await create()];
        const { epoch } = await live.position();
        await log(live, 'a', 'change');

        expect((await live.position()).epoch).toBe(epoch);
        expect((await other.position()).epoch).toBe(epoch);
        expect((await another.live.position()).epoch).not.toBe(epoch);
      });

      it('that is the same for all who ask first at once', async () => {
        const { live, other } = await create();

        const positions = await Promise.all([live, other, live, other].map((each) => each.position()));

        expect(new Set(positions.map(({ epoch }) => epoch)).size).toBe(1);
      });
    });

    describe('wakes who follows', () => {
      it('when there are changes of whomever, and not when there are none', async () => {
        const { live, other } = await create();
        const woken: (string | undefined)[] = [];
        const unfollow = live.follow((accountId) => woken.push(accountId));
        // Another process has no need to know when this one has begun to listen.
        await eventually(async () => {
          await log(other, 'shop', 'change');
          expect(woken).toContain('shop');
        });

        await other.commit(commitOf({}));
        await log(live, 'last', 'change');
        await eventually(() => expect(woken).toContain('last'));

        expect(woken).not.toContain('acme');
        unfollow();
      });

      it('until they follow no more', async () => {
        const { live } = await create();
        const [gone, stays]: [(string | undefined)[], (string | undefined)[]] = [[], []];
        const unfollow = live.follow((accountId) => gone.push(accountId));
        live.follow((accountId) => stays.push(accountId));
        unfollow();

        await eventually(async () => {
          await log(live, 'a', 'change');
          expect(stays).toContain('a');
        });

        expect(gone).toEqual([]);
      });
    });
  });
}
