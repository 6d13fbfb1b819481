import type { Page, PageRequest } from '../../messaging/paging.ts';
import type { KnownPlace, RowOrder, Sort, WalkedRow } from './place.ts';
import {
  distanceBehind,
  hasPassed,
  opposite,
  parsePosition,
  placeRows,
  splitAt,
  toPosition,
} from './place.ts';
import type { FetchPage } from './seek.ts';
import { PER_PAGE, seek, wholeList } from './seek.ts';

/**
 * Pages through a Pact v1 list in both directions, over tokens that only lead forward.
 *
 * Going on in the direction of the walk that an item was met on starts from the token of its page. Going the other way
 * there is no token for: the item is sought again, from both ends of the list.
 */

export interface WalkOptions<Row> extends RowOrder<Row> {
  readonly fetchPage: FetchPage<Row>;
  /** Which of Pact's walks goes forward in our list. */
  readonly forward: Sort;
  /** Thrown when an item is too far from both ends. */
  readonly unreachable: () => Error;
}

/** The rows found, by id. `complete`: the whole list was seen, so that what is missing does not exist. */
export interface Found<Row> {
  readonly rows: ReadonlyMap<string, Row>;
  readonly complete: boolean;
}

/** The most calls that one page or one search may cost. */
const MAX_CALLS = 20;

/** One page of the list. Throws what `unreachable` gives, or an `InputError` for a place that is not one. */
export async function readPage<Row>(options: WalkOptions<Row>, request: PageRequest): Promise<Page<Row>> {
  const sort = request.direction === 'forward' ? options.forward : opposite(options.forward);
  const inclusive = request.inclusive ?? false;
  const place = request.from && parsePosition(request.from);
  const walk = { sort, size: request.size, inclusive };
  const walked = !place
    ? await walkOn(options, { sort, size: request.size, inclusive, token: undefined })
    : place.sort === sort
      ? await walkFrom(options, walk, place)
      : await turnRound(options, walk, place);
  return {
    // Walked backwards, the rows come in the order opposite to the list's.
    items: (request.direction === 'forward' ? walked.rows : walked.rows.toReversed()).map(({ row, at }) => ({
      item: row,
      position: toPosition(at, options.idOf(row), options.keyOf(row)),
    })),
    hasMore: walked.hasMore,
  };
}

/** Seeks rows by id from both ends of the list, together, in at most 20 calls. */
export async function findRows<Row>(options: WalkOptions<Row>, ids: readonly string[]): Promise<Found<Row>> {
  const { idOf } = options;
  const { asc, desc, complete } = await seek(options, {
    // Ids rise with time closely enough to tell which end is nearer.
    targets: new Map(ids.map((id) => [id, Number(id)])),
    measureOf: (row) => Number(idOf(row)),
    maxCalls: MAX_CALLS,
  });
  const wanted = new Set(ids);
  const rows = [...asc.rows, ...desc.rows].map(({ row }) => row).filter((row) => wanted.has(idOf(row)));
  return { rows: new Map(rows.map((row) => [idOf(row), row])), complete };
}

/** Which way to walk, how many rows to take, and whether the row at the place is one of them. */
interface Walk {
  readonly sort: Sort;
  readonly size: number;
  readonly inclusive: boolean;
}

interface Walked<Row> {
  /** In the order of the walk, each once. */
  readonly rows: readonly WalkedRow<Row>[];
  readonly hasMore: boolean;
}

/** Goes on from a place in the direction of the walk that it was met on. */
async function walkFrom<Row>(options: WalkOptions<Row>, walk: Walk, place: KnownPlace): Promise<Walked<Row>> {
  // The page behind the row begins where this one has to, unless the row itself is wanted.
  const behind = walk.inclusive ? undefined : place.next;
  const { sort, size, inclusive } = walk;
  const isBehind = behind !== undefined;
  return walkOn(options, { sort, size, inclusive, token: behind ?? place.token, place, isBehind });
}

interface WalkOn<Row> extends Walk {
  readonly token: string | undefined;
  /** Only rows from here on. */
  readonly place?: KnownPlace;
  /** Whether the token's page should begin right behind the place, and not hold it. */
  readonly isBehind?: boolean;
  /** Rows that were taken already. */
  readonly taken?: readonly WalkedRow<Row>[];
  /** Ids of rows that were met already, taken or not. */
  readonly met?: ReadonlySet<string>;
  readonly maxCalls?: number;
}

async function walkOn<Row>(options: WalkOptions<Row>, request: WalkOn<Row>): Promise<Walked<Row>> {
  const { sort, size, place, isBehind = false, taken = [], maxCalls = MAX_CALLS } = request;
  const rows = [...taken];
  // Where messages arrive, pages may shift and show rows again: each counts once.
  const met = new Set(request.met);
  const tokens = new Set([request.token]);
  let token = request.token;
  let unplaced: WalkedRow<Row>[] | undefined = place && [];
  let isExact = !place || isBehind;
  for (let calls = 0; calls < maxCalls; calls += 1) {
    // Where it is not known to begin right where the rows are wanted, a page is read whole.
    const per = isExact ? Math.min(PER_PAGE, size - rows.length) : PER_PAGE;
    const page = await options.fetchPage({ sort, token, per });
    // A token that comes again leads in a circle.
    const next = page.next !== null && !tokens.has(page.next) ? page.next : null;
    let fresh: readonly WalkedRow<Row>[] = placeRows(page, { sort, token }, options);
    if (place && unplaced) {
      unplaced.push(...fresh);
      fresh = [];
      if (next === null || hasPassed(unplaced, place, sort, options)) {
        fresh = rowsFrom(unplaced, place, request, options);
        const wanted = new Set(fresh);
        for (const entry of unplaced) if (!wanted.has(entry)) met.add(options.idOf(entry.row));
        unplaced = undefined;
      }
    }
    const before = rows.length;
    for (const entry of fresh) {
      const id = options.idOf(entry.row);
      if (met.has(id)) continue;
      if (rows.length === size) return { rows, hasMore: true };
      met.add(id);
      rows.push(entry);
    }
    if (next === null) return { rows, hasMore: false };
    if (rows.length === size) return { rows, hasMore: true };
    isExact = rows.length > before;
    token = next;
    tokens.add(token);
  }
  if (rows.length === 0) throw options.unreachable();
  return { rows, hasMore: true };
}

/** The rows of a walk that lie behind a place, and the place's own when it is wanted. */
function rowsFrom<Row>(
  walked: readonly WalkedRow<Row>[],
  place: KnownPlace,
  { sort, inclusive, isBehind = false }: Pick<WalkOn<Row>, 'sort' | 'inclusive' | 'isBehind'>,
  options: WalkOptions<Row>,
): readonly WalkedRow<Row>[] {
  const { before, behind } = splitAt(walked, place, sort, options);
  if (before !== behind) return walked.slice(inclusive ? before : behind);
  // On the pages behind a place, rows of the very same key are behind it, whatever their ids.
  return isBehind
    ? walked.filter(({ row }) => distanceBehind(row, place, sort, options) >= 0)
    : walked.slice(behind);
}

/** Goes on from a place in the direction opposite to the walk that it was met on. */
async function turnRound<Row>(
  options: WalkOptions<Row>,
  walk: Walk,
  place: KnownPlace,
): Promise<Walked<Row>> {
  const { sort, size, inclusive } = walk;
  const sought = await seek(options, {
    targets: new Map([[place.id, place.key]]),
    measureOf: options.keyOf,
    maxCalls: MAX_CALLS,
    isSettled: (end) => hasPassed(end.rows, place, end.sort, options),
  });
  const along = sought[sort];
  const against = sought[opposite(sort)];

  if (sought.complete)
    return cut(rowsFrom(wholeList(sought, sort, options), place, walk, options), size, false);

  if (hasPassed(along.rows, place, sort, options)) {
    const rows = rowsFrom(along.rows, place, walk, options);
    if (rows.length >= size || along.next == null) return cut(rows, size, !along.isStuck);
    const maxCalls = MAX_CALLS - sought.calls;
    return walkOn(options, { ...walk, token: along.next, taken: rows, met: along.ids, maxCalls });
  }

  if (hasPassed(against.rows, place, opposite(sort), options)) {
    // That walk began where this one leads, so that it holds all there is.
    const { before, behind } = splitAt(against.rows, place, opposite(sort), options);
    return cut(against.rows.slice(0, inclusive ? behind : before).toReversed(), size, false);
  }
  throw options.unreachable();
}

function cut<Row>(rows: readonly WalkedRow<Row>[], size: number, goesOn: boolean): Walked<Row> {
  return { rows: rows.slice(0, size), hasMore: goesOn || rows.length > size };
}
