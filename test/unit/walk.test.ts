import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { InputError } from '../../src/messaging/errors.ts';
import type { Page, PageRequest, Position } from '../../src/messaging/paging.ts';
import type { WalkOptions } from '../../src/providers/pact/walk.ts';
import { findRows, readPage } from '../../src/providers/pact/walk.ts';
import type { PactList, Row, Sort, TokenKind } from './pactList.ts';
import { createPactList, inOrder } from './pactList.ts';

type Direction = 'forward' | 'backward';

const UNREACHABLE = new Error('unreachable');

function walkOf(list: Pick<PactList, 'fetchPage'>, forward: Sort = 'asc'): WalkOptions<Row> {
  return {
    fetchPage: list.fetchPage,
    idOf: (row) => row.id,
    keyOf: (row) => row.time,
    forward,
    unreachable: () => UNREACHABLE,
  };
}

const idsOf = (rows: readonly Row[]) => rows.map((row) => row.id);
const idsIn = (page: Page<Row>) => page.items.map(({ item }) => item.id);

/** What a page has to be, from the list as it is and the row that the cursor names. */
function expectedPage(
  list: PactList,
  forward: Sort,
  request: Omit<PageRequest, 'from'> & { readonly cursor?: Row | undefined },
): { ids: string[]; hasMore: boolean } {
  const { direction, size, cursor, inclusive } = request;
  const sort = (direction === 'forward') === (forward === 'asc') ? 'asc' : 'desc';
  const walked = sort === 'asc' ? list.rows() : list.rows().toReversed();
  const sign = sort === 'asc' ? 1 : -1;
  const rows = walked.filter((row) => {
    const distance = cursor ? inOrder(row, cursor) * sign : 1;
    return distance > 0 || (distance === 0 && inclusive === true);
  });
  const ids = idsOf(rows.slice(0, size));
  return { ids: direction === 'forward' ? ids : ids.reverse(), hasMore: rows.length > size };
}

// --- random lists, and what happens to them ---

const sizes = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 200 }));
const directions = fc.constantFrom<Direction>('forward', 'backward');
const sorts = fc.constantFrom<Sort>('asc', 'desc');
const tokenKinds = fc.constantFrom<TokenKind>('keyset', 'offset');

interface Shape {
  /** The time between neighbours, over and over. */
  readonly gaps: readonly number[];
  /** How Pact orders rows of the same time. */
  readonly ties: 'by id' | 'its own';
  readonly max: number;
}

const MANY_TIES = [0, 0, 1, 0, 0, 0, 2];
const NO_TIES = [1, 7, 2];

function rowsOf({ max, gaps, ties }: Shape): fc.Arbitrary<Row[]> {
  return fc.nat({ max }).map((count) => {
    let time = 1_700_000_000_000;
    return Array.from({ length: count }, (_, index) => {
      time += gaps[index % gaps.length]!;
      // 7,919 is prime: a permutation without any order to rely on.
      return { id: String(index + 1), time, rank: ties === 'by id' ? index + 1 : (index * 7919) % 104_729 };
    });
  });
}

type Event =
  | { readonly what: 'nothing' }
  | { readonly what: 'arrivals'; readonly count: number; readonly gap: number }
  | { readonly what: 'the item of the cursor is deleted' }
  | { readonly what: 'tokens expire' };

const nothing = fc.constant<Event>({ what: 'nothing' });
const arrivals = (gap: fc.Arbitrary<number>) =>
  fc.record({ what: fc.constant('arrivals' as const), count: fc.integer({ min: 1, max: 30 }), gap });
const deletion = fc.constant<Event>({ what: 'the item of the cursor is deleted' });
const expiry = fc.constant<Event>({ what: 'tokens expire' });

interface Turns {
  readonly rows: fc.Arbitrary<Row[]>;
  readonly kinds: fc.Arbitrary<TokenKind>;
  readonly events: fc.Arbitrary<Event>;
}

/** Reads page after page, each from the cursor of any edge met so far, in any direction and size. */
async function expectEveryTurnRight({ rows, kinds, events }: Turns): Promise<void> {
  const step = fc.record({
    event: events,
    // Mostly the newest edges; sometimes one of long ago.
    edge: fc.oneof({ weight: 3, arbitrary: fc.nat({ max: 3 }) }, fc.nat({ max: 500 })),
    direction: directions,
    size: sizes,
    inclusive: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      rows,
      kinds,
      sorts,
      fc.array(step, { minLength: 2, maxLength: 12, size: 'max' }),
      async (initial, kind, forward, steps) => {
        const list = createPactList(initial, kind);
        const walk = walkOf(list, forward);
        let edges: { item: Row; position: Position }[] = [];
        for (const { event, edge, direction, size, inclusive } of steps) {
          const cursor = edges.at(-1 - (edge % Math.max(1, edges.length)));
          happen(list, event, cursor?.item);
          const page = await readPage(walk, {
            direction,
            size,
            ...(cursor && { from: cursor.position, inclusive }),
          });
          expect({ ids: idsIn(page), hasMore: page.hasMore }).toEqual(
            expectedPage(list, forward, { direction, size, inclusive, cursor: cursor?.item }),
          );
          expect(list.takeCalls().every((per) => per >= 1 && per <= 100)).toBe(true);
          // In the order of the walk: the last is where a client that goes on would go on from.
          edges = [...edges, ...(direction === 'forward' ? page.items : page.items.toReversed())];
        }
      },
    ),
    { numRuns: 100 },
  );
}

function happen(list: PactList, event: Event, cursor: Row | undefined): void {
  switch (event.what) {
    case 'arrivals':
      list.arrive(event.count, event.gap);
      break;
    case 'the item of the cursor is deleted':
      if (cursor) list.remove(cursor.id);
      break;
    case 'tokens expire':
      list.expireTokens();
      break;
    case 'nothing':
  }
}

/** Walks page after page to the end; gives the ids in the order in which they were met. */
async function walkAll(
  walk: WalkOptions<Row>,
  direction: Direction,
  pageSizes: readonly number[],
  betweenPages: (page: number) => void = () => undefined,
): Promise<string[]> {
  const met: string[] = [];
  let from: Position | undefined;
  for (let number = 0; met.length < 1_000; number += 1) {
    const size = pageSizes[number % pageSizes.length]!;
    const page = await readPage(walk, { direction, size, ...(from && { from }) });
    met.push(...(direction === 'forward' ? idsIn(page) : idsIn(page).reverse()));
    if (!page.hasMore) return met;
    from = page.items.at(direction === 'forward' ? -1 : 0)!.position;
    betweenPages(number);
  }
  throw new Error('the walk does not end');
}

const pageSizes = fc.array(sizes, { minLength: 1, maxLength: 5 });

describe('paging through a Pact list', () => {
  it('gives every row exactly once, in the same order both ways, whatever the page sizes', async () => {
    await fc.assert(
      fc.asyncProperty(
        rowsOf({ max: 450, gaps: MANY_TIES, ties: 'its own' }),
        tokenKinds,
        sorts,
        pageSizes,
        async (rows, kind, forward, varying) => {
          const list = createPactList(rows, kind);
          const ids = idsOf(forward === 'asc' ? list.rows() : list.rows().toReversed());
          expect(await walkAll(walkOf(list, forward), 'forward', varying)).toEqual(ids);
          expect(await walkAll(walkOf(list, forward), 'backward', varying)).toEqual(ids.toReversed());
        },
      ),
      { numRuns: 100 },
    );
  });

  it('can turn round at any edge', async () => {
    const rows = rowsOf({ max: 450, gaps: NO_TIES, ties: 'by id' });
    await expectEveryTurnRight({ rows, kinds: tokenKinds, events: nothing });
  });

  it('can turn round at any edge among rows of the very same time', async () => {
    const rows = rowsOf({ max: 450, gaps: MANY_TIES, ties: 'its own' });
    await expectEveryTurnRight({ rows, kinds: tokenKinds, events: nothing });
  });

  it('can turn round at any edge of a list where all rows have one time', async () => {
    const rows = rowsOf({ max: 450, gaps: [0], ties: 'its own' });
    await expectEveryTurnRight({ rows, kinds: tokenKinds, events: nothing });
  });
});

describe('paging through a Pact list that changes', () => {
  it('takes arrivals for what they are when tokens name rows', async () => {
    await expectEveryTurnRight({
      rows: rowsOf({ max: 300, gaps: MANY_TIES, ties: 'its own' }),
      kinds: fc.constant('keyset'),
      events: fc.oneof(nothing, arrivals(fc.constant(1))),
    });
  });

  it('takes arrivals for what they are when tokens count rows', async () => {
    await expectEveryTurnRight({
      rows: rowsOf({ max: 300, gaps: NO_TIES, ties: 'by id' }),
      kinds: fc.constant('offset'),
      events: fc.oneof(nothing, arrivals(fc.constant(1))),
    });
  });

  it('takes arrivals for what they are when tokens count rows and many have the very same time', async () => {
    await expectEveryTurnRight({
      rows: rowsOf({ max: 300, gaps: MANY_TIES, ties: 'by id' }),
      kinds: fc.constant('offset'),
      events: fc.oneof(nothing, arrivals(fc.constantFrom(0, 1))),
    });
  });

  it.each([
    ['', NO_TIES],
    [' and many have the very same time', MANY_TIES],
  ] as const)(
    'walks back in time without losing or repeating what was there at the start, while messages arrive%s',
    async (_what, gaps) => {
      await fc.assert(
        fc.asyncProperty(
          rowsOf({ max: 450, gaps, ties: 'by id' }),
          tokenKinds,
          pageSizes,
          fc.integer({ min: 1, max: 40 }),
          async (rows, kind, varying, count) => {
            const list = createPactList(rows, kind);
            const ids = idsOf(list.rows());
            const met = await walkAll(walkOf(list), 'backward', varying, () => list.arrive(count, 1));
            expect(met).toEqual(ids.toReversed());
          },
        ),
        { numRuns: 100 },
      );
    },
  );

  it('walks forward into what arrived meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(
        rowsOf({ max: 300, gaps: MANY_TIES, ties: 'by id' }),
        tokenKinds,
        pageSizes,
        async (rows, kind, varying) => {
          const list = createPactList(rows, kind);
          const met = await walkAll(walkOf(list), 'forward', varying, (number) => {
            if (number < 10) list.arrive(5, 1);
          });
          expect(met).toEqual(idsOf(list.rows()));
        },
      ),
      { numRuns: 100 },
    );
  });

  it('loses and repeats nothing while messages arrive between the calls of one page', async () => {
    await fc.assert(
      fc.asyncProperty(
        rowsOf({ max: 450, gaps: NO_TIES, ties: 'by id' }),
        tokenKinds,
        pageSizes,
        fc.integer({ min: 1, max: 3 }),
        // Going on from the middle of a page reads that page again.
        fc.integer({ min: 2, max: 100 }),
        async (rows, kind, varying, count, dropped) => {
          const list = createPactList(rows, kind);
          const ids = idsOf(list.rows()).reverse();
          list.beforeFetch(() => list.arrive(count, 1));
          const walk = walkOf(list);
          const original = new Set(ids);
          const met: string[] = [];
          let from: Position | undefined;
          // What arrives before the first call is met as well.
          for (let number = 0; number < ids.length + 20; number += 1) {
            const size = varying[number % varying.length]!;
            const page = await readPage(walk, { direction: 'backward', size, ...(from && { from }) });
            // The client keeps only part of the page, and goes on from there.
            const kept = page.items.toReversed().slice(0, number % 2 === 0 ? dropped : undefined);
            met.push(...kept.map(({ item }) => item.id).filter((id) => original.has(id)));
            if (!page.hasMore && kept.length === page.items.length) break;
            from = kept.at(-1)!.position;
          }
          expect(met).toEqual(ids);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('turns round without repeating a row while messages arrive between the calls of one page', async () => {
    await fc.assert(
      fc.asyncProperty(
        rowsOf({ max: 450, gaps: NO_TIES, ties: 'by id' }).filter((rows) => rows.length > 0),
        tokenKinds,
        fc.nat({ max: 199 }),
        sizes,
        async (rows, kind, edge, size) => {
          const list = createPactList(rows, kind);
          const walk = walkOf(list);
          const first = await readPage(walk, { direction: 'forward', size: 200 });
          const { item, position } = first.items[edge % first.items.length]!;
          list.beforeFetch(() => list.arrive(2, 1));
          const page = await readPage(walk, { direction: 'backward', size, from: position });
          const index = rows.findIndex(({ id }) => id === item.id);
          expect(idsIn(page)).toEqual(idsOf(rows.slice(Math.max(0, index - size), index)));
        },
      ),
      { numRuns: 100 },
    );
  });

  it('goes on from an item that was deleted', async () => {
    await expectEveryTurnRight({
      rows: rowsOf({ max: 300, gaps: NO_TIES, ties: 'by id' }),
      kinds: fc.constant('keyset'),
      events: fc.oneof(nothing, deletion),
    });
  });

  it('goes on from an item that was deleted among others of the very same time', async () => {
    await expectEveryTurnRight({
      rows: rowsOf({ max: 300, gaps: MANY_TIES, ties: 'by id' }),
      kinds: fc.constant('keyset'),
      events: fc.oneof(nothing, deletion),
    });
  });

  it('goes on from an item in the middle of a page that was deleted, also when tokens count rows', async () => {
    await fc.assert(
      fc.asyncProperty(
        rowsOf({ max: 300, gaps: MANY_TIES, ties: 'by id' }).filter((rows) => rows.length >= 3),
        directions,
        fc.integer({ min: 2, max: 100 }),
        fc.nat(),
        sizes,
        async (rows, direction, first, edge, size) => {
          const list = createPactList(rows, 'offset');
          const walk = walkOf(list);
          const { items } = await readPage(walk, { direction, size: first });
          // The last of a page is followed by a token of its own, which a deletion shifts: nobody can tell.
          const cut = direction === 'forward' ? items.slice(0, -1) : items.slice(1);
          const { item, position } = cut[edge % cut.length]!;
          list.remove(item.id);
          const page = await readPage(walk, { direction, size, from: position });
          expect({ ids: idsIn(page), hasMore: page.hasMore }).toEqual(
            expectedPage(list, 'asc', { direction, size, cursor: item }),
          );
        },
      ),
      { numRuns: 100 },
    );
  });

  it('turns round at a deleted item that was near an end of a long list', async () => {
    const list = createPactList(steadyRows(5_000), 'keyset');
    const { items } = await readPage(walkOf(list), { direction: 'backward', size: 100 });
    const { item, position } = items[50]!;
    list.remove(item.id);
    const page = await readPage(walkOf(list), { direction: 'forward', size: 20, from: position });
    expect(idsIn(page)).toEqual(
      expectedPage(list, 'asc', { direction: 'forward', size: 20, cursor: item }).ids,
    );
  });

  it('goes on after every token has expired', async () => {
    await expectEveryTurnRight({
      rows: rowsOf({ max: 450, gaps: NO_TIES, ties: 'by id' }),
      kinds: tokenKinds,
      events: fc.oneof(nothing, expiry),
    });
  });

  it('goes on after every token has expired among rows of the very same time', async () => {
    await expectEveryTurnRight({
      rows: rowsOf({ max: 450, gaps: MANY_TIES, ties: 'by id' }),
      kinds: tokenKinds,
      events: fc.oneof(nothing, expiry),
    });
  });
});

function steadyRows(count: number): Row[] {
  return Array.from({ length: count }, (_, index) => ({
    id: String(index + 1),
    time: 1_700_000_000_000 + index * 60_000,
    rank: index + 1,
  }));
}

/** Lists whose density changes: bursts of one time, silences of years. */
function unevenRows(max: number, ids: 'with time' | 'against time' = 'with time'): fc.Arbitrary<Row[]> {
  const stretch = fc.record({
    length: fc.integer({ min: 1, max: 900 }),
    gap: fc.constantFrom(0, 1, 1_000, 60_000, 86_400_000, 31_536_000_000),
  });
  return fc.array(stretch, { minLength: 1, maxLength: 8, size: 'max' }).map((stretches) => {
    let time = 1_000_000_000_000;
    const times = stretches.flatMap(({ length, gap }) => Array.from({ length }, () => (time += gap)));
    const count = Math.min(max, times.length);
    return times.slice(0, count).map((at, index) => ({
      id: String(ids === 'with time' ? index + 1 : count - index),
      time: at,
      rank: index,
    }));
  });
}

/** The position of the row at `index` of the list, met on a walk in the given direction. */
async function positionAt(
  list: PactList,
  index: number,
  direction: Direction,
  size = 100,
): Promise<Position> {
  let from: Position | undefined;
  const { id } = list.rows()[index]!;
  for (let read = 0; read <= list.rows().length; read += size) {
    const page = await readPage(walkOf(list), { direction, size, ...(from && { from }) });
    const edge = page.items.find(({ item }) => item.id === id);
    if (edge) {
      list.takeCalls();
      return edge.position;
    }
    from = page.items.at(direction === 'forward' ? -1 : 0)!.position;
  }
  throw new Error('the walk never met the row');
}

describe('the price of a page', () => {
  it('is at most two calls per 100 rows when going on from any edge of the walk', async () => {
    await fc.assert(
      fc.asyncProperty(
        rowsOf({ max: 900, gaps: MANY_TIES, ties: 'its own' }),
        tokenKinds,
        directions,
        fc.array(fc.record({ size: sizes, edge: fc.nat() }), { minLength: 2, maxLength: 10, size: 'max' }),
        async (rows, kind, direction, steps) => {
          const list = createPactList(rows, kind);
          let from: Position | undefined;
          for (const { size, edge } of steps) {
            const { items } = await readPage(walkOf(list), { direction, size, ...(from && { from }) });
            expect(list.takeCalls().length).toBeLessThanOrEqual(2 * Math.ceil(size / 100));
            if (items.length === 0) return;
            from = items[edge % items.length]!.position;
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('is at most two calls per 100 rows also when the page begins with the item of the cursor', async () => {
    await fc.assert(
      fc.asyncProperty(
        rowsOf({ max: 900, gaps: NO_TIES, ties: 'by id' }).filter((rows) => rows.length > 0),
        tokenKinds,
        directions,
        sizes,
        sizes,
        fc.nat(),
        async (rows, kind, direction, first, size, edge) => {
          const list = createPactList(rows, kind);
          const { items } = await readPage(walkOf(list), { direction, size: first });
          list.takeCalls();
          const from = items[edge % items.length]!.position;
          await readPage(walkOf(list), { direction, size, from, inclusive: true });
          expect(list.takeCalls().length).toBeLessThanOrEqual(2 * Math.ceil(size / 100));
        },
      ),
      { numRuns: 100 },
    );
  });

  it('goes on deep inside a long list when the page begins with the item of the cursor', async () => {
    const list = createPactList(steadyRows(5_000), 'keyset');
    const from = await positionAt(list, 2_499, 'forward');
    const page = await readPage(walkOf(list), { direction: 'forward', size: 3, from, inclusive: true });
    expect(idsIn(page)).toEqual(['2500', '2501', '2502']);
  });

  it('is one call per 100 rows when walking page after page with tokens that name rows', async () => {
    await fc.assert(
      fc.asyncProperty(
        rowsOf({ max: 900, gaps: NO_TIES, ties: 'its own' }),
        directions,
        sizes,
        async (rows, direction, size) => {
          const list = createPactList(rows, 'keyset');
          let from: Position | undefined;
          for (let read = 0; read <= rows.length; read += size) {
            const { items, hasMore } = await readPage(walkOf(list), {
              direction,
              size,
              ...(from && { from }),
            });
            expect(list.takeCalls().length).toBeLessThanOrEqual(Math.ceil(size / 100));
            if (!hasMore) return;
            from = items.at(direction === 'forward' ? -1 : 0)!.position;
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('asks for no more rows than the page shows when nothing has to be skipped', async () => {
    const list = createPactList(steadyRows(500), 'keyset');
    const { items } = await readPage(walkOf(list), { direction: 'backward', size: 20 });
    await readPage(walkOf(list), { direction: 'backward', size: 150, from: items[0]!.position });
    expect(list.takeCalls()).toEqual([20, 100, 50]);
  });

  it('is at most 20 calls when turning round anywhere in a list of up to 2,000 rows', async () => {
    await fc.assert(
      fc.asyncProperty(
        unevenRows(2_000),
        tokenKinds,
        fc.double({ min: 0, max: 1, noNaN: true }),
        directions,
        fc.integer({ min: 1, max: 200 }),
        async (rows, kind, share, direction, size) => {
          const list = createPactList(rows, kind);
          const index = Math.min(rows.length - 1, Math.floor(share * rows.length));
          const from = await positionAt(list, index, direction === 'forward' ? 'backward' : 'forward');
          const page = await readPage(walkOf(list), { direction, size, from });
          expect({ ids: idsIn(page), hasMore: page.hasMore }).toEqual(
            expectedPage(list, 'asc', { direction, size, cursor: list.rows()[index] }),
          );
          expect(list.takeCalls().length).toBeLessThanOrEqual(20);
        },
      ),
      { numRuns: 150 },
    );
  });

  it.each([
    ['forward', 50, 1],
    ['forward', 50, 200],
    ['forward', 1_000, 200],
    ['forward', 1_950, 1],
    ['backward', 50, 200],
    ['backward', 1_000, 200],
    ['backward', 1_950, 1],
  ] as const)(
    'is at most 20 calls when turning %s at row %i of 2,000 for %i rows, where times say nothing of distances',
    async (direction, index, size) => {
      const oneTime = steadyRows(2_000).map((row) => ({ ...row, time: 1_700_000_000_000 }));
      // Dense where the walks begin, then ever sparser: both ends always seem far.
      let time = 0;
      const dense = steadyRows(2_000).map((row, i) => {
        time += 2 ** Math.min(i / 50, (1_999 - i) / 50, 30);
        return { ...row, time: Math.round(time) };
      });
      for (const rows of [oneTime, dense]) {
        const list = createPactList(rows, 'keyset');
        const from = await positionAt(list, index, direction === 'forward' ? 'backward' : 'forward');
        const page = await readPage(walkOf(list), { direction, size, from });
        expect(idsIn(page)).toEqual(
          expectedPage(list, 'asc', { direction, size, cursor: list.rows()[index] }).ids,
        );
        expect(list.takeCalls().length).toBeLessThanOrEqual(20);
      }
    },
  );

  it.each([
    ['forward', 30, 1],
    ['backward', 30, 2],
    ['forward', 4_970, 1],
    ['backward', 4_970, 1],
  ] as const)(
    'is small when turning %s near an end of a list of any length (row %i)',
    async (direction, index, pages) => {
      const list = createPactList(steadyRows(5_000), 'keyset');
      const from = await positionAt(list, index, direction === 'forward' ? 'backward' : 'forward');
      const page = await readPage(walkOf(list), { direction, size: 20, from });
      expect(idsIn(page)).toEqual(
        expectedPage(list, 'asc', { direction, size: 20, cursor: list.rows()[index] }).ids,
      );
      // One to learn how far the other end is.
      expect(list.takeCalls().length).toBeLessThanOrEqual(pages + 1);
    },
  );

  it.each(['forward', 'backward'] as const)(
    'ends in the error for what is out of reach when turning %s in the middle of 5,000 rows',
    async (direction) => {
      const list = createPactList(steadyRows(5_000), 'keyset');
      const from = await positionAt(list, 2_500, direction === 'forward' ? 'backward' : 'forward');
      await expect(readPage(walkOf(list), { direction, size: 20, from })).rejects.toBe(UNREACHABLE);
      expect(list.takeCalls().length).toBeLessThanOrEqual(20);
    },
  );

  it('ends in the error for what is out of reach when the tokens of a far place have expired', async () => {
    const list = createPactList(steadyRows(5_000), 'keyset');
    const from = await positionAt(list, 2_500, 'forward');
    list.expireTokens();
    await expect(readPage(walkOf(list), { direction: 'forward', size: 20, from })).rejects.toBe(UNREACHABLE);
    expect(list.takeCalls().length).toBeLessThanOrEqual(20);
  });
});

describe('a Pact that makes no sense', () => {
  it('costs at most 20 calls a page, which has no row twice and none too many', async () => {
    const row = fc
      .record({ id: fc.nat({ max: 60 }).map(String), time: fc.nat({ max: 5 }) })
      .map((fields): Row => ({ ...fields, rank: 0 }));
    const answer = fc.record({
      rows: fc.array(row, { maxLength: 6 }),
      next: fc.oneof(
        { weight: 1, arbitrary: fc.constant(null) },
        { weight: 9, arbitrary: fc.nat().map(String) },
      ),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(answer, { minLength: 1, maxLength: 60, size: 'max' }),
        fc.array(fc.record({ edge: fc.nat(), direction: directions, size: sizes, inclusive: fc.boolean() }), {
          minLength: 1,
          maxLength: 5,
        }),
        async (answers, steps) => {
          let calls = 0;
          const walk = walkOf({
            fetchPage: ({ per }) => {
              calls += 1;
              const page = answers[calls % answers.length]!;
              return Promise.resolve({ ...page, rows: page.rows.slice(0, per) });
            },
          });
          let edges: readonly Position[] = [];
          for (const { edge, direction, size, inclusive } of steps) {
            calls = 0;
            const from = edges[edge % Math.max(1, edges.length)];
            const page = await readPage(walk, { direction, size, ...(from && { from, inclusive }) }).catch(
              (error: unknown) => {
                expect(error).toBe(UNREACHABLE);
              },
            );
            expect(calls).toBeLessThanOrEqual(20);
            if (!page) continue;
            expect(new Set(idsIn(page)).size).toBe(page.items.length);
            expect(page.items.length).toBeLessThanOrEqual(size);
            edges = page.items.map(({ position }) => position);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('ends the walk where a token leads in a circle', async () => {
    const circle = (walked: number) => ({
      rows: steadyRows(30).slice(walked * 10, walked * 10 + 10),
      next: ['a', 'b', 'a'][walked]!,
    });
    let calls = 0;
    const walk = walkOf({ fetchPage: () => Promise.resolve(circle(calls++ % 3)) });
    const page = await readPage(walk, { direction: 'forward', size: 200 });
    expect(idsIn(page)).toEqual(idsOf(steadyRows(30)));
    expect(calls).toBe(3);
    expect(page.hasMore).toBe(false);
  });

  it('ends the walk after 20 empty pages, and the search as well', async () => {
    let calls = 0;
    const walk = walkOf({
      fetchPage: () => {
        calls += 1;
        return Promise.resolve({ rows: [], next: `token ${calls}` });
      },
    });
    await readPage(walk, { direction: 'forward', size: 200 }).catch((error: unknown) => {
      expect(error).toBe(UNREACHABLE);
    });
    expect(calls).toBeLessThanOrEqual(20);
    calls = 0;
    const { rows, complete } = await findRows(walk, ['1']);
    expect([rows.size, complete]).toEqual([0, false]);
    expect(calls).toBeLessThanOrEqual(20);
  });

  it('costs at most 20 calls when empty pages follow the item that the walk turns round at', async () => {
    const rows = steadyRows(120);
    let calls = 0;
    const walk = walkOf({
      fetchPage: ({ sort, token, per }) => {
        calls += 1;
        const page = (sort === 'asc' ? rows : rows.toReversed()).slice(0, per);
        return Promise.resolve({ rows: token === undefined ? page : [], next: `token ${calls}` });
      },
    });
    const { items } = await readPage(walk, { direction: 'forward', size: 50 });
    calls = 0;
    await readPage(walk, { direction: 'backward', size: 200, from: items[49]!.position });
    expect(calls).toBeLessThanOrEqual(20);
  });

  it('passes a failed call on', async () => {
    const failure = new Error('down');
    const walk = walkOf({ fetchPage: () => Promise.reject(failure) });
    await expect(readPage(walk, { direction: 'forward', size: 1 })).rejects.toBe(failure);
    await expect(findRows(walk, ['1'])).rejects.toBe(failure);
  });
});

describe('a place that comes back from a client', () => {
  const list = createPactList(steadyRows(150), 'keyset');

  /** Places as they were given out: in the middle and at the end of a page, of both walks. */
  async function genuinePositions(): Promise<Position[]> {
    const pages = await Promise.all(
      (['forward', 'backward'] as const).map((direction) => readPage(walkOf(list), { direction, size: 10 })),
    );
    return pages.flatMap(({ items }) => [items[0]!, items[4]!, items[9]!].map(({ position }) => position));
  }

  const replaceEach = (position: Position, value: string | number) =>
    position.map((_, index) => position.with(index, value));

  it.each<[string, (genuine: Position) => Position[]]>([
    ['nothing', () => [[]]],
    ['too little', (genuine) => genuine.map((_, index) => genuine.toSpliced(index, 1))],
    [
      'too much',
      (genuine) => [
        [...genuine, 1],
        [null, ...genuine],
        [...genuine, ...genuine],
      ],
    ],
    ['a text longer than any', (genuine) => replaceEach(genuine, 'x'.repeat(256))],
    ['a walk that there is not', (genuine) => [genuine.with(genuine.findIndex(isSort), 'up')]],
    ['infinity', (genuine) => replaceEach(genuine, Infinity)],
    ['no number', (genuine) => replaceEach(genuine, NaN)],
    ['nothing but null', (genuine) => [genuine.map(() => null)]],
    ['an empty text', (genuine) => replaceEach(genuine, '')],
    ['an SQL injection for the id', (genuine) => [genuine.with(genuine.findLastIndex(isDigits), '1 or 1=1')]],
  ])('is refused without a call when it holds %s', async (_what, tamper) => {
    for (const from of (await genuinePositions()).flatMap(tamper)) {
      for (const direction of ['forward', 'backward'] as const) {
        list.takeCalls();
        const reading = readPage(walkOf(list), { direction, size: 5, from });
        await expect(reading).rejects.toBeInstanceOf(InputError);
        await expect(reading).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
        expect(list.takeCalls()).toEqual([]);
      }
    }
  });

  it('does no harm however it was tampered with', async () => {
    const genuine = await genuinePositions();
    const part = fc.oneof(
      fc.constantFrom(...genuine.flat(), '9'.repeat(19), 0, 1, -1, null),
      fc.string(),
      fc.double(),
      fc.nat().map(String),
    );
    const tampered = fc
      .tuple(fc.constantFrom(...genuine), fc.array(fc.tuple(fc.nat({ max: 4 }), part), { maxLength: 4 }))
      .map(([position, changes]) =>
        changes.reduce((changed, [index, value]) => changed.with(index, value), position),
      );
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.array(part, { maxLength: 7 }), tampered),
        directions,
        fc.boolean(),
        async (from, direction, inclusive) => {
          list.takeCalls();
          await readPage(walkOf(list), { direction, size: 5, from, inclusive }).catch((error: unknown) => {
            if (error !== UNREACHABLE) expect(error).toBeInstanceOf(InputError);
          });
          expect(list.takeCalls().length).toBeLessThanOrEqual(20);
        },
      ),
      { numRuns: 200 },
    );
  });
});

function isSort(part: Position[number]): boolean {
  return part === 'asc' || part === 'desc';
}

function isDigits(part: Position[number]): boolean {
  return typeof part === 'string' && /^\d+$/.test(part);
}

describe('seeking rows by id', () => {
  it('costs one call when all are among the newest 100', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 100, max: 2_000 }),
        fc.uniqueArray(fc.nat({ max: 99 }), { minLength: 1, maxLength: 50, size: 'max' }),
        async (count, ages) => {
          const list = createPactList(steadyRows(count), 'keyset');
          const ids = ages.map((age) => String(count - age));
          const { rows } = await findRows(walkOf(list), ids);
          expect([...rows.keys()].sort()).toEqual(ids.sort());
          expect(list.takeCalls()).toEqual([100]);
        },
      ),
      { numRuns: 50 },
    );
  });

  it.each(['with time', 'against time'] as const)(
    'finds ids that run %s anywhere in a list of up to 2,000 rows, in at most 20 calls',
    async (ids) => {
      await fc.assert(
        fc.asyncProperty(
          unevenRows(2_000, ids),
          tokenKinds,
          fc.array(fc.nat(), { minLength: 1, maxLength: 30, size: 'max' }),
          async (initial, kind, picks) => {
            const list = createPactList(initial, kind);
            const wanted = [...new Set(picks.map((pick) => list.rows()[pick % initial.length]!.id))];
            const { rows } = await findRows(walkOf(list), wanted);
            expect([...rows.keys()].sort()).toEqual(wanted.sort());
            for (const [id, row] of rows) expect(row.id).toBe(id);
            expect(list.takeCalls().length).toBeLessThanOrEqual(20);
          },
        ),
        { numRuns: 60 },
      );
    },
  );

  it('walks from the nearer end', async () => {
    const list = createPactList(steadyRows(5_000), 'keyset');
    const { rows } = await findRows(walkOf(list), ['150']);
    expect([...rows.keys()]).toEqual(['150']);
    // One from the newest to learn the distance, two from the oldest.
    expect(list.takeCalls()).toHaveLength(3);
  });

  it('says of ids that are nowhere that they do not exist once the whole list was seen', async () => {
    await fc.assert(
      fc.asyncProperty(
        unevenRows(1_999),
        tokenKinds,
        fc.array(fc.integer({ min: 2_001, max: 10_000_000 }).map(String), { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        async (initial, kind, absent, withPresent) => {
          const list = createPactList(initial, kind);
          const wanted = withPresent ? [...absent, initial[0]!.id] : absent;
          const { rows, complete } = await findRows(walkOf(list), wanted);
          expect(complete).toBe(true);
          expect([...rows.keys()]).toEqual(withPresent ? [initial[0]!.id] : []);
          expect(list.takeCalls().length).toBeLessThanOrEqual(20);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('says of an id in an empty list that it does not exist, at one call', async () => {
    const list = createPactList([], 'keyset');
    const { rows, complete } = await findRows(walkOf(list), ['1']);
    expect([rows.size, complete, list.takeCalls().length]).toEqual([0, true, 1]);
  });

  it('does not say that an id is nowhere when there is more than it may read', async () => {
    const list = createPactList(steadyRows(5_000), 'keyset');
    const { rows, complete } = await findRows(walkOf(list), ['2500', '4990']);
    expect([...rows.keys()]).toEqual(['4990']);
    expect(complete).toBe(false);
    expect(list.takeCalls()).toHaveLength(20);
  });

  it('asks for nothing when nothing is sought', async () => {
    const list = createPactList(steadyRows(10), 'keyset');
    expect((await findRows(walkOf(list), [])).rows.size).toBe(0);
    expect(list.takeCalls()).toEqual([]);
  });
});
