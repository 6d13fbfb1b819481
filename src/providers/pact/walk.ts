import type { Page, PageRequest } from '../../messaging/paging.ts';
import type { KnownPlace, RowOrder, Sort, WalkedRow } from './place.ts';
import { opposite, parsePosition, placeRows, rowsBehind, toPosition } from './place.ts';
import type { End, FetchPage } from './seek.ts';
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
  const walked = await walkFrom(options, sort, place, request.size, inclusive);
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
  // Ids rise with time closely enough to tell which end is nearer; whether a row is found does not depend on it.
  const targets = new Map(ids.map((id) => [id, Number(id)]));
  const { ends, complete } = await seek(options, targets, (row) => Number(options.idOf(row)), MAX_CALLS);
  const rows = new Map<string, Row>();
  for (const end of [ends.asc, ends.desc]) {
    for (const { row } of end.rows) if (targets.has(options.idOf(row))) rows.set(options.idOf(row), row);
  }
  return { rows, complete };
}

interface Walked<Row> {
  /** In the order of the walk. */
  readonly rows: readonly WalkedRow<Row>[];
  readonly hasMore: boolean;
}

async function walkFrom<Row>(
  options: WalkOptions<Row>,
  sort: Sort,
  place: KnownPlace | undefined,
  size: number,
  inclusive: boolean,
): Promise<Walked<Row>> {
  if (!place) return walkOn(options, { sort, token: undefined, size });
  // The page behind the item does not hold the item itself.
  if (place.sort === sort && !(inclusive && place.isBeforePage)) {
    return walkOn(options, { sort, token: place.token, size, behind: place, inclusive });
  }
  return turnRound(options, sort, place, size, inclusive);
}

interface WalkOn {
  readonly sort: Sort;
  readonly token: string | undefined;
  readonly size: number;
  /** Only rows behind this one. */
  readonly behind?: KnownPlace;
  readonly inclusive?: boolean;
}

async function walkOn<Row>(
  options: WalkOptions<Row>,
  { sort, size, behind, inclusive, ...from }: WalkOn,
): Promise<Walked<Row>> {
  const rows: WalkedRow<Row>[] = [];
  const seen = new Set<string>();
  let mark = behind;
  let token: string | undefined = from.token;
  const tokens = new Set([token]);
  for (let calls = 0; calls < MAX_CALLS; calls += 1) {
    // Before the item is passed, its page is read whole: it may stand anywhere in it.
    const isExact = !mark || (calls === 0 && mark.isBeforePage);
    const page = await options.fetchPage({
      sort,
      token,
      per: isExact ? Math.min(PER_PAGE, size - rows.length) : PER_PAGE,
    });
    const placed = placeRows(page, { sort, token });
    const fresh = mark ? rowsBehind(placed, mark, options, sort, inclusive ?? false) : placed;
    if (fresh.length > 0) mark = undefined;
    for (const entry of fresh) {
      const id = options.idOf(entry.row);
      if (seen.has(id)) continue;
      if (rows.length === size) return { rows, hasMore: true };
      seen.add(id);
      rows.push(entry);
    }
    // A token that comes again leads in a circle.
    if (page.next === null || tokens.has(page.next)) return { rows, hasMore: false };
    if (rows.length === size) return { rows, hasMore: true };
    token = page.next;
    tokens.add(token);
  }
  if (rows.length === 0) throw options.unreachable();
  return { rows, hasMore: true };
}

async function turnRound<Row>(
  options: WalkOptions<Row>,
  sort: Sort,
  place: KnownPlace,
  size: number,
  inclusive: boolean,
): Promise<Walked<Row>> {
  const { idOf, keyOf } = options;
  // What fills the page after the item is found comes out of the same allowance.
  const maxCalls = MAX_CALLS - Math.ceil(size / PER_PAGE);
  const { ends, complete } = await seek(options, new Map([[place.id, place.key]]), keyOf, maxCalls);
  const indexIn = (end: End<Row>) => end.rows.findIndex(({ row }) => idOf(row) === place.id);

  const along = ends[sort];
  const alongIndex = indexIn(along);
  if (alongIndex >= 0) {
    const rows = along.rows.slice(inclusive ? alongIndex : alongIndex + 1);
    return rows.length >= size || along.next === null
      ? cut(rows, size, along.next !== null)
      : join(rows, await walkOn(options, { sort, token: along.next, size: size - rows.length }));
  }

  const against = ends[opposite(sort)];
  const againstIndex = indexIn(against);
  // That walk began where this one leads, so that it holds all there is.
  if (againstIndex >= 0)
    return cut(against.rows.slice(0, againstIndex + (inclusive ? 1 : 0)).toReversed(), size, false);

  if (!complete) throw options.unreachable();
  // The item is gone, but the whole list is known: its key says where it was.
  return cut(
    rowsBehind(wholeList(ends, sort, idOf), { ...place, isBeforePage: false }, options, sort, inclusive),
    size,
    false,
  );
}

function cut<Row>(rows: readonly WalkedRow<Row>[], size: number, goesOn: boolean): Walked<Row> {
  return { rows: rows.slice(0, size), hasMore: goesOn || rows.length > size };
}

function join<Row>(rows: readonly WalkedRow<Row>[], rest: Walked<Row>): Walked<Row> {
  return { rows: [...rows, ...rest.rows], hasMore: rest.hasMore };
}
