import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import type { Cut, MergedPage, MergeRequest, MergeSource } from '../../src/messaging/merge.ts';
import { readMerged } from '../../src/messaging/merge.ts';
import type { PageRequest } from '../../src/messaging/paging.ts';
import { pageOf } from '../../src/messaging/paging.ts';

type Direction = MergeRequest['direction'];

/** `key` is what all lists are sorted by, the greatest first; `rank` rises along an item's own list. */
interface Item {
  readonly name: string;
  readonly key: number;
  readonly rank: number;
}

/** An account's list in memory, sorted from its head on. */
interface List extends MergeSource<Item> {
  readonly items: () => readonly Item[];
  /** Adds items at the head. */
  readonly arrive: (keys: readonly number[]) => void;
  readonly failNext: (error: Error) => void;
  readonly takeRequests: () => readonly PageRequest[];
}

interface ListOptions {
  /** Gives fewer items than asked for although there are more, but at least one. */
  readonly short?: boolean;
}

function createList(accountId: string, keys: readonly number[], { short = false }: ListOptions = {}): List {
  const descending = keys.toSorted((a, b) => b - a);
  let items = descending.map((key, rank): Item => ({ name: `${accountId}${rank}`, key, rank }));
  let requests: PageRequest[] = [];
  let failure: Error | undefined;
  return {
    accountId,
    items: () => items,
    arrive(arriving) {
      for (const key of arriving) {
        const rank = (items[0]?.rank ?? 0) - 1;
        items = [{ name: `${accountId}${rank}`, key: Math.max(key, items[0]?.key ?? key), rank }, ...items];
      }
    },
    failNext(error) {
      failure = error;
    },
    takeRequests() {
      const taken = requests;
      requests = [];
      return taken;
    },
    async read(request) {
      requests.push(request);
      const thrown = failure;
      failure = undefined;
      await Promise.resolve();
      if (thrown) throw thrown;
      const rank = request.from?.[0];
      const size = short ? Math.ceil(request.size / 2) : request.size;
      return pageOf(
        items,
        { ...request, size },
        (item) => [item.rank],
        (item) => item.rank - (rank as number),
      );
    },
  };
}

function greatestFirst(a: Item, b: Item): number {
  return b.key - a.key;
}

/** The whole merged list: sorted, and where keys are equal in the order of the lists. */
function mergedOf(lists: readonly List[]): string[] {
  return lists
    .flatMap((list) => list.items())
    .toSorted(greatestFirst)
    .map(({ name }) => name);
}

const namesOf = (page: MergedPage<Item>) => page.items.map(({ name }) => name);
const read = (lists: readonly List[], request: MergeRequest) => readMerged(lists, request, greatestFirst);
const directions = fc.constantFrom<Direction>('forward', 'backward');
const sizes = fc.integer({ min: 1, max: 12 });
const pageSizes = fc.array(sizes, { minLength: 1, maxLength: 6 });
// Few different keys, so that many are equal, within a list and between lists.
const keys = fc.integer({ min: 0, max: 15 });
const keysOfList = fc.array(keys, { maxLength: 25, size: 'max' });
const keysOfLists = fc.array(keysOfList, { maxLength: 5, size: 'max' });

const ACCOUNTS = 'ABCDE';

function listsOf(keysOfEach: readonly (readonly number[])[], options: ListOptions = {}): List[] {
  return keysOfEach.map((each, index) => createList(ACCOUNTS[index]!, each, options));
}

interface Walk {
  readonly direction: Direction;
  readonly sizes: readonly number[];
  readonly betweenPages?: (page: number) => void;
}

/** Walks page after page to the end; gives the items in the list's order, whatever the direction. */
async function walkAll(lists: readonly List[], walk: Walk): Promise<string[]> {
  let met: string[] = [];
  let from: Cut | undefined;
  for (let number = 0; number < 500; number += 1) {
    walk.betweenPages?.(number);
    const size = walk.sizes[number % walk.sizes.length]!;
    const page = await read(lists, { direction: walk.direction, size, ...(from && { from }) });
    const names = namesOf(page);
    expect(names.length).toBeLessThanOrEqual(size);
    met = walk.direction === 'forward' ? [...met, ...names] : [...names, ...met];
    const failed = page.outcomes.some(({ error }) => error !== undefined);
    if (!page.hasMore && !failed) return met;
    if (names.length > 0) from = page.cutAt(walk.direction === 'forward' ? names.length - 1 : 0);
  }
  throw new Error('the walk does not end');
}

describe('walking a merged list', () => {
  it.each([
    ['', { short: false }],
    [', of lists whose pages come short', { short: true }],
  ] as const)(
    'gives every item exactly once, in the same order both ways, whatever the page sizes%s',
    async (_what, options) => {
      await fc.assert(
        fc.asyncProperty(keysOfLists, pageSizes, async (each, varying) => {
          const lists = listsOf(each, options);
          expect(await walkAll(lists, { direction: 'forward', sizes: varying })).toEqual(mergedOf(lists));
          expect(await walkAll(lists, { direction: 'backward', sizes: varying })).toEqual(mergedOf(lists));
        }),
        { numRuns: 150 },
      );
    },
  );

  it.each([
    ['', { short: false }],
    [', of lists whose pages come short', { short: true }],
  ] as const)(
    'can turn round at any edge, and knows at each page whether there is more%s',
    async (_what, options) => {
      const step = fc.record({
        edge: fc.oneof({ weight: 3, arbitrary: fc.nat({ max: 3 }) }, fc.nat({ max: 200 })),
        direction: directions,
        size: sizes,
      });
      await fc.assert(
        fc.asyncProperty(
          keysOfLists,
          fc.array(step, { minLength: 2, maxLength: 20, size: 'max' }),
          async (each, steps) => {
            const lists = listsOf(each, options);
            const merged = mergedOf(lists);
            let edges: { name: string; cut: Cut }[] = [];
            for (const { edge, direction, size } of steps) {
              const cursor = edges.at(-1 - (edge % Math.max(1, edges.length)));
              const page = await read(lists, { direction, size, ...(cursor && { from: cursor.cut }) });
              const at = cursor ? merged.indexOf(cursor.name) : direction === 'forward' ? -1 : merged.length;
              const there = direction === 'forward' ? merged.slice(at + 1) : merged.slice(0, at);
              const names = namesOf(page);
              // A short page of one list ends the merged page; it is never empty while there is more.
              if (options.short) expect(names.length).toBeGreaterThanOrEqual(Math.min(1, there.length));
              else expect(names).toHaveLength(Math.min(size, there.length));
              const { length } = names;
              expect(names).toEqual(
                direction === 'forward' ? there.slice(0, length) : there.slice(there.length - length),
              );
              expect(page.hasMore).toBe(there.length > names.length);
              const found = names.map((name, index) => ({ name, cut: page.cutAt(index) }));
              edges = [...edges, ...(direction === 'forward' ? found : found.reverse())];
            }
          },
        ),
        { numRuns: 200 },
      );
    },
  );

  it('asks no list for more than the page, and none that has nothing in that direction', async () => {
    await fc.assert(
      fc.asyncProperty(
        keysOfLists,
        directions,
        fc.array(fc.record({ edge: fc.nat(), direction: directions, size: sizes }), {
          minLength: 1,
          maxLength: 10,
        }),
        async (each, _direction, steps) => {
          const lists = listsOf(each);
          let from: Cut | undefined;
          for (const { edge, direction, size } of steps) {
            const page = await read(lists, { direction, size, ...(from && { from }) });
            for (const list of lists) {
              const requests = list.takeRequests();
              expect(requests.length).toBeLessThanOrEqual(1);
              for (const request of requests) {
                expect(request.size).toBeLessThanOrEqual(size);
                expect(request.direction).toBe(direction);
              }
              const mark = from?.marks[list.accountId];
              const isNothingThere = direction === 'forward' ? mark === 'end' : from && mark === undefined;
              if (isNothingThere) expect(requests).toEqual([]);
            }
            if (page.items.length === 0) return;
            from = page.cutAt(edge % page.items.length);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('has an empty page and nothing more when there is no list, or only empty ones', async () => {
    for (const lists of [[], listsOf([[]]), listsOf([[], [], []])]) {
      for (const direction of ['forward', 'backward'] as const) {
        const page = await read(lists, { direction, size: 5 });
        expect([page.items, page.hasMore]).toEqual([[], false]);
        expect(page.outcomes).toEqual(lists.map(({ accountId }) => ({ accountId, error: undefined })));
      }
    }
  });

  it('keeps accounts apart whose ids are names of JavaScript’s own', async () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
    const lists = names.map((name, index) => createList(name, [index, index + 1, index + 2]));
    for (const direction of ['forward', 'backward'] as const) {
      expect(await walkAll(lists, { direction, sizes: [1, 2] })).toEqual(mergedOf(lists));
    }
  });
});

describe('walking a merged list that changes', () => {
  it('loses and repeats nothing while items arrive at the heads of lists', async () => {
    await fc.assert(
      fc.asyncProperty(
        keysOfLists,
        directions,
        pageSizes,
        // Only so often: backwards, the walk goes on into what arrived.
        fc.array(fc.record({ list: fc.nat(), keys: fc.array(fc.nat({ max: 30 }), { maxLength: 4 }) }), {
          maxLength: 20,
          size: 'max',
        }),
        async (each, direction, varying, arrivals) => {
          const lists = listsOf(each);
          const original = mergedOf(lists);
          const met = await walkAll(lists, {
            direction,
            sizes: varying,
            betweenPages: (number) => {
              const arrival = arrivals[number];
              if (arrival && number > 0) lists.at(arrival.list % lists.length)?.arrive(arrival.keys);
            },
          });
          expect(new Set(met).size).toBe(met.length);
          const wasThere = new Set(original);
          expect(met.filter((name) => wasThere.has(name))).toEqual(original);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('turns round at any edge into exactly what lay on the other side, while items arrive at the heads', async () => {
    await fc.assert(
      fc.asyncProperty(keysOfLists, pageSizes, fc.nat(), fc.nat(), async (each, varying, turnAt, edge) => {
        const lists = listsOf(each);
        const original = mergedOf(lists);
        let from: Cut | undefined;
        let page = await read(lists, { direction: 'forward', size: varying[0]! });
        for (let number = 1; page.hasMore && number <= turnAt % 6; number += 1) {
          from = page.cutAt(page.items.length - 1);
          page = await read(lists, { direction: 'forward', size: varying[number % varying.length]!, from });
        }
        if (page.items.length === 0) return;
        const index = edge % page.items.length;
        const at = original.indexOf(page.items[index]!.name);
        lists[edge % lists.length]?.arrive([20, 21]);
        const back = await read(lists, { direction: 'backward', size: 500, from: page.cutAt(index) });
        const wasThere = new Set(original);
        expect(namesOf(back).filter((name) => wasThere.has(name))).toEqual(original.slice(0, at));
        const on = await read(lists, { direction: 'forward', size: 500, from: page.cutAt(index) });
        expect(namesOf(on).filter((name) => wasThere.has(name))).toEqual(original.slice(at + 1));
      }),
      { numRuns: 150 },
    );
  });
});

describe('a list that fails', () => {
  it('loses nothing once it answers again, repeats nothing, and is named with its error', async () => {
    await fc.assert(
      fc.asyncProperty(
        keysOfLists,
        directions,
        pageSizes,
        fc.array(fc.array(fc.nat({ max: 4 }), { maxLength: 5 }), { maxLength: 15, size: 'max' }),
        async (each, direction, varying, failures) => {
          const lists = listsOf(each);
          const met = await walkAll(lists, {
            direction,
            sizes: varying,
            betweenPages: (number) => {
              for (const failing of failures[number] ?? []) lists[failing]?.failNext(new Error('down'));
            },
          });
          expect(met.toSorted()).toEqual(mergedOf(lists).toSorted());
          for (const { accountId } of lists) {
            const own = met.filter((name) => name.startsWith(accountId));
            expect(own).toEqual(mergedOf(lists).filter((name) => name.startsWith(accountId)));
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('costs its own items and no others', async () => {
    await fc.assert(
      fc.asyncProperty(keysOfLists, directions, sizes, fc.nat(), async (each, direction, size, failing) => {
        const lists = listsOf(each);
        const broken = lists[failing % Math.max(1, lists.length)];
        const error = new Error('down');
        broken?.failNext(error);
        const page = await read(lists, { direction, size });
        const others = mergedOf(lists.filter((list) => list !== broken));
        expect(namesOf(page)).toEqual(
          direction === 'forward' ? others.slice(0, size) : others.slice(Math.max(0, others.length - size)),
        );
        expect(page.hasMore).toBe(others.length > size);
        expect(page.outcomes).toEqual(
          lists.map((list) => ({
            accountId: list.accountId,
            error: list === broken ? error : undefined,
          })),
        );
      }),
      { numRuns: 150 },
    );
  });

  it('is seen to fail also when it throws nothing, or at once', async () => {
    const lists = listsOf([[3, 1], [2]]);
    const sources: MergeSource<Item>[] = [
      lists[0]!,
      { accountId: 'B', read: jest.fn<List['read']>().mockRejectedValue(undefined) },
      {
        accountId: 'C',
        read: () => {
          throw new Error('at once');
        },
      },
    ];
    const page = await readMerged(sources, { direction: 'forward', size: 5 }, greatestFirst);
    expect(namesOf(page)).toEqual(['A0', 'A1']);
    expect(page.outcomes.map(({ error }) => error)).toEqual([
      undefined,
      expect.any(Error),
      new Error('at once'),
    ]);
  });

  it('keeps its place in the cut of every item of the page', async () => {
    const lists = listsOf([
      [9, 7, 5, 3, 1],
      [8, 6, 4, 2, 0],
    ]);
    const first = await read(lists, { direction: 'forward', size: 4 });
    const from = first.cutAt(3);
    for (let index = 0; index < 2; index += 1) {
      lists[1]!.failNext(new Error('down'));
      const second = await read(lists, { direction: 'forward', size: 2, from });
      expect(namesOf(second)).toEqual(['A2', 'A3']);
      expect(second.cutAt(index).marks['B']).toEqual(from.marks['B']);
    }
  });
});
