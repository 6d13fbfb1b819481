import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { InputError } from '../../src/messaging/errors.ts';
import type { PageRequest, Position } from '../../src/messaging/paging.ts';
import type { NumberedListOptions } from '../../src/providers/pact/v2/numberedList.ts';
import { readPage } from '../../src/providers/pact/v2/numberedList.ts';
import { isPosition } from '../../src/providers/pact/v2/place.ts';
import { largestPage, MAX_CALLS, smallestPage } from '../../src/providers/pact/v2/rankedView.ts';

interface Row {
  readonly id: string;
  readonly time: number;
  /** The provider's own, undocumented order among rows of the same time. */
  readonly tie: number;
}

const UNREACHABLE = new Error('unreachable');
const START = 1_700_000_000_000;

/** A list of Pact v2 in memory, as pact.md describes one: numbered pages, sorted by a time. */
function createList(initial: readonly Row[], { oldestFirst = false, most = 150 } = {}) {
  let rows = initial.toSorted(inOrder);
  let nextId = Math.max(0, ...rows.map(({ id }) => Number(id))) + 1;
  let hook = () => {
    // Nothing happens unless a test says so.
  };
  const calls: number[] = [];
  return {
    oldestFirst,
    /** Oldest first. */
    rows: () => rows,
    calls,
    fetchPage: (page: number, asked: number) => {
      hook();
      const perPage = Math.min(asked, most);
      calls.push(perPage);
      const listed = oldestFirst ? rows : rows.toReversed();
      const begin = (page - 1) * perPage;
      return Promise.resolve({ rows: listed.slice(begin, begin + perPage), total: rows.length, perPage });
    },
    arrive(count: number, gap: number) {
      for (let i = 0; i < count; i += 1) {
        rows = [...rows, { id: String(nextId), time: (rows.at(-1)?.time ?? START) + gap, tie: nextId }];
        nextId += 1;
      }
    },
    /** Comes late, with a time of long ago, as an import does. */
    slipIn(time: number) {
      rows = [...rows, { id: String(nextId), time, tie: nextId }].toSorted(inOrder);
      nextId += 1;
    },
    remove(id: string) {
      rows = rows.filter((row) => row.id !== id);
    },
    /** Something happens to it, and it goes to the newest end. */
    touch(id: string) {
      const time = (rows.at(-1)?.time ?? START) + 1;
      rows = [...rows.filter((row) => row.id !== id), { id, time, tie: nextId++ }];
    },
    beforeFetch(next: () => void) {
      hook = next;
    },
  };
}

type List = ReturnType<typeof createList>;

function inOrder(a: Row, b: Row): number {
  return a.time - b.time || a.tie - b.tie;
}

function optionsOf(list: List, changes: Partial<NumberedListOptions<Row>> = {}): NumberedListOptions<Row> {
  return {
    fetchPage: list.fetchPage,
    idOf: ({ id }) => id,
    timeOf: ({ time }) => time,
    habits: { oldestFirst: undefined, perPage: 150 },
    oldestFirst: true,
    rowsMove: false,
    unreachable: () => UNREACHABLE,
    ...changes,
  };
}

const idsOf = (rows: readonly Row[]) => rows.map(({ id }) => id);

/** Rows with the time between neighbours given over and over. */
function rowsOf(count: number, gaps: readonly number[] = [1]): Row[] {
  let time = START;
  return Array.from({ length: count }, (_, index) => {
    time += gaps[index % gaps.length]!;
    // 7,919 is prime: an order that ids say nothing of.
    return { id: String(index + 1), time, tie: (index * 7919) % 104_729 };
  });
}

/** Walks to the end of the list; gives the ids in the list's order. */
async function walk(
  options: NumberedListOptions<Row>,
  direction: PageRequest['direction'],
  sizes: readonly number[],
  between: () => void = () => undefined,
): Promise<string[]> {
  let ids: string[] = [];
  let from: Position | undefined;
  for (let pages = 0; pages < 3_000; pages += 1) {
    const size = sizes[pages % sizes.length]!;
    const { items, hasMore } = await readPage(options, { direction, size, ...(from && { from }) });
    const page = items.map(({ item }) => item.id);
    ids = direction === 'forward' ? [...ids, ...page] : [...page, ...ids];
    if (!hasMore) return ids;
    from = (direction === 'forward' ? items.at(-1) : items[0])!.position;
    between();
  }
  throw new Error('the walk does not end');
}

const directions = fc.constantFrom('forward' as const, 'backward' as const);
const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 200 })), {
  minLength: 1,
  maxLength: 4,
});
const gaps = fc.constantFrom<readonly number[]>([1], [0, 0, 1], [0], [1, 7, 2], [0, 0, 0, 0, 60_000]);
const shapes = fc
  .record({ count: fc.nat({ max: 400 }), gaps, oldestFirst: fc.boolean(), most: fc.constantFrom(25, 150) })
  // Which way rows of one time are sorted, no answer shows.
  .filter(({ gaps: between, oldestFirst }) => !oldestFirst || !between.includes(0));
const lists = shapes.map(listOf);

interface Shape {
  readonly count: number;
  readonly gaps: readonly number[];
  readonly oldestFirst: boolean;
  readonly most: number;
}

function listOf({ count, gaps: between, ...habits }: Shape): List {
  return createList(rowsOf(count, between), habits);
}

describe('pages by number', () => {
  it('give every row once, whatever the sizes, both ways', async () => {
    await fc.assert(
      fc.asyncProperty(lists, directions, sizes, async (list, direction, pageSizes) => {
        expect(await walk(optionsOf(list), direction, pageSizes)).toEqual(idsOf(list.rows()));
      }),
    );
  });

  it('are turned round at any place', async () => {
    await fc.assert(
      fc.asyncProperty(
        lists.filter((list) => list.rows().length > 0),
        ...[fc.nat(), fc.integer({ min: 1, max: 60 }), directions, fc.boolean()],
        async (list, seed, size, direction, inclusive) => {
          const options = optionsOf(list);
          const all = idsOf(list.rows());
          const first = await readPage(options, { direction, size });
          const { item, position } = first.items[seed % first.items.length]!;
          const at = all.indexOf(item.id);

          const older = await readPage(options, { direction: 'backward', size, from: position, inclusive });
          const newer = await readPage(options, { direction: 'forward', size, from: position, inclusive });

          const until = inclusive ? at + 1 : at;
          const from = inclusive ? at : at + 1;
          expect(older.items.map((row) => row.item.id)).toEqual(all.slice(Math.max(0, until - size), until));
          expect(older.hasMore).toBe(until > size);
          expect(newer.items.map((row) => row.item.id)).toEqual(all.slice(from, from + size));
          expect(newer.hasMore).toBe(from + size < all.length);
          expect(isPosition(position)).toBe(true);
        },
      ),
    );
  });

  it('lose and repeat nothing while rows arrive, between pages and between the calls of one', async () => {
    await fc.assert(
      fc.asyncProperty(
        ...[shapes, directions, sizes, fc.nat({ max: 8 }), fc.constantFrom(0, 1, 1_000)],
        async (shape, direction, pageSizes, count, gap) => {
          const list = listOf(shape);
          const before = idsOf(list.rows());
          let arrivals = 0;
          const arrive = () => {
            arrivals += 1;
            if (arrivals <= 20) list.arrive(count, list.oldestFirst ? gap + 1 : gap);
          };
          list.beforeFetch(arrive);

          const walked = await walk(optionsOf(list), direction, pageSizes, arrive);

          if (direction === 'forward') expect(walked).toEqual(idsOf(list.rows()));
          // What has come behind the walk's back is for whoever looks there.
          else expect(walked.slice(0, before.length)).toEqual(before);
          expect(new Set(walked).size).toBe(walked.length);
        },
      ),
    );
  });

  it('lose and repeat nothing that stays while others go, and come late', async () => {
    await fc.assert(
      fc.asyncProperty(
        ...[shapes, directions, sizes, fc.infiniteStream(fc.nat())],
        async (shape, direction, pageSizes, random) => {
          const list = listOf(shape);
          const before = idsOf(list.rows());
          const gone = new Set<string>();
          const next = () => random.next().value as number;
          let changes = 0;
          const walked = await walk(optionsOf(list), direction, pageSizes, () => {
            changes += 1;
            if (changes > 30 || list.rows().length === 0) return;
            const { id, time } = list.rows()[next() % list.rows().length]!;
            if (changes % 3 === 0) list.slipIn(time);
            else {
              gone.add(id);
              list.remove(id);
            }
          });

          // Where the cursor's own row is gone, nothing says which of the rows of its very time came before it.
          if (!shape.gaps.includes(0) || gone.size === 0) {
            expect(new Set(walked).size).toBe(walked.length);
            const met = new Set(walked);
            expect(before.filter((id) => !gone.has(id) && !met.has(id))).toEqual([]);
          }
        },
      ),
    );
  });

  it('begin anew where a row goes between the calls of one page', async () => {
    const list = createList(rowsOf(400));
    const options = optionsOf(list);
    const { items } = await readPage(options, { direction: 'forward', size: 10 });
    let fetched = 0;
    list.beforeFetch(() => {
      fetched += 1;
      // A row that the page has taken already: all that follow move up by one.
      if (fetched === 2) list.remove('30');
    });

    const page = await readPage(options, {
      ...{ direction: 'forward', size: 200 },
      from: items.at(-1)!.position,
    });

    const all = idsOf(list.rows());
    expect(page.items.map(({ item }) => item.id)).toEqual(all.slice(10, 210));
  });

  it('whose rows go to the newest end are walked from there, none of those that stay lost, none twice', async () => {
    await fc.assert(
      fc.asyncProperty(...[shapes, sizes, fc.infiniteStream(fc.nat())], async (shape, pageSizes, random) => {
        const list = listOf(shape);
        const before = idsOf(list.rows()).reverse();
        const touched = new Set<string>();
        let changes = 0;
        const options = optionsOf(list, { oldestFirst: false, rowsMove: true });
        const walked = await walk(options, 'forward', pageSizes, () => {
          changes += 1;
          if (changes > 30) return;
          const { id } = list.rows()[(random.next().value as number) % list.rows().length]!;
          touched.add(id);
          list.touch(id);
        });

        expect(new Set(walked).size).toBe(walked.length);
        if (new Set(list.rows().map(({ time }) => time)).size === list.rows().length)
          expect(walked.filter((id) => !touched.has(id))).toEqual(before.filter((id) => !touched.has(id)));
      }),
    );
  });

  it('cost one call each on the way back, and two where something has come since', async () => {
    const list = createList(rowsOf(2_000));
    const options = optionsOf(list);
    const newest = await readPage(options, { direction: 'backward', size: 20 });
    const next = await readPage(options, {
      ...{ direction: 'backward', size: 20 },
      from: newest.items[0]!.position,
    });
    expect(list.calls).toHaveLength(2);

    list.arrive(30, 1);
    await readPage(options, { direction: 'backward', size: 20, from: next.items[0]!.position });

    expect(list.calls).toHaveLength(4);
  });

  it('leave rows out, and go on until there is one', async () => {
    const list = createList(rowsOf(1_000));
    const options = optionsOf(list);
    const accepts = ({ id }: Row) => Number(id) % 400 === 0;

    const page = await readPage(options, { direction: 'forward', size: 10 }, accepts);

    expect(page.items.map(({ item }) => item.id)).toEqual(['400']);
    expect(page.hasMore).toBe(true);
    const rest = { direction: 'forward', size: 10, from: page.items[0]!.position } as const;
    expect((await readPage(options, rest, accepts)).items.map(({ item }) => item.id)).toEqual(['800']);
    const none = await readPage(options, { direction: 'forward', size: 10 }, () => false);
    expect(none).toEqual({ items: [], hasMore: false });
  });

  it('are given up where that takes more calls than a page may cost', async () => {
    const list = createList(rowsOf(MAX_CALLS * 150 + 1_000));
    const reading = readPage(optionsOf(list), { direction: 'forward', size: 10 }, () => false);

    await expect(reading).rejects.toBe(UNREACHABLE);
    expect(list.calls).toHaveLength(MAX_CALLS);
  });

  it('are given up where the list never stands still', async () => {
    const list = createList(rowsOf(3_000));
    list.beforeFetch(() => list.remove(list.rows().at(-1)!.id));

    const reading = readPage(optionsOf(list), { direction: 'backward', size: 200 });

    await expect(reading).rejects.toBe(UNREACHABLE);
  });

  it('are read right where each says how many rows it has, and not how many it could have', async () => {
    const list = createList(rowsOf(333));
    const fetchPage = async (page: number, perPage: number) => {
      const answer = await list.fetchPage(page, perPage);
      return { ...answer, perPage: answer.rows.length };
    };
    for (const direction of ['forward', 'backward'] as const)
      expect(await walk(optionsOf(list, { fetchPage }), direction, [20, 7])).toEqual(idsOf(list.rows()));
  });

  it('are read right where the newest come first, and the rows of each the other way', async () => {
    const list = createList(rowsOf(733));
    const fetchPage = async (page: number, perPage: number) => {
      const answer = await list.fetchPage(page, perPage);
      return { ...answer, rows: answer.rows.toReversed() };
    };
    for (const direction of ['forward', 'backward'] as const)
      expect(await walk(optionsOf(list, { fetchPage }), direction, [20, 7, 200])).toEqual(idsOf(list.rows()));
  });

  it('skip what can not be read, and nothing else', async () => {
    const list = createList(rowsOf(300));
    const fetchPage = async (page: number, perPage: number) => {
      const answer = await list.fetchPage(page, perPage);
      return { ...answer, rows: answer.rows.map((row) => (Number(row.id) % 5 === 0 ? null : row)) };
    };

    const walked = await walk(optionsOf(list, { fetchPage }), 'backward', [1, 20]);

    expect(walked).toEqual(idsOf(list.rows()).filter((id) => Number(id) % 5 !== 0));
  });

  it.each<[string, Position]>([
    ['of v1', ['asc', null, null, '1', START]],
    ['of nothing', []],
    ['with an id that is none', ['../x', START, 0, 1]],
    ['with a rank below the first', ['1', START, -1, 1]],
    ['with a rank past the last', ['1', START, 1, 1]],
    ['with a rank past what there can be', ['1', START, 2 ** 40, 2 ** 41]],
    ['with half a rank', ['1', START, 0.5, 2]],
    ['without a time', ['1', null, 0, 1]],
  ])('refuse a place %s before any call', async (_what, from) => {
    const list = createList(rowsOf(3));

    expect(isPosition(from)).toBe(false);
    await expect(readPage(optionsOf(list), { direction: 'forward', size: 1, from })).rejects.toBeInstanceOf(
      InputError,
    );
    expect(list.calls).toEqual([]);
  });

  it.each([
    ['smallest', smallestPage, (sizes: number[]) => sizes],
    ['largest', largestPage, (sizes: number[]) => sizes.toReversed()],
  ] as const)('are the %s that hold what is wanted', (_what, choose, inOrderOf) => {
    fc.assert(
      fc.property(fc.nat({ max: 100_000 }), fc.nat({ max: 220 }), (first, more) => {
        const last = first + more;
        const holds = (perPage: number) => Math.floor(first / perPage) === Math.floor(last / perPage);
        const sizes = Array.from({ length: Math.max(0, 150 - more) }, (_, index) => more + 1 + index);
        const best = inOrderOf(sizes).find(holds) ?? (choose === largestPage ? 150 : undefined);
        const found = choose(first, last, 150);
        expect(found?.perPage).toBe(best);
        if (found) expect(found.page).toBe(Math.floor(first / found.perPage) + 1);
      }),
    );
  });
});
