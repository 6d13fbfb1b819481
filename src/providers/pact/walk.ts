import type { Page, PageRequest, Position } from '../../messaging/paging.ts';
import { InputError } from '../../messaging/errors.ts';
import type { PactPage } from './wire.ts';

/**
 * Pages through a Pact v1 list in both directions, over tokens that only go forward.
 *
 * Pact walks a list from either end (`sort_direction`), a page at a time, and names each next page with an opaque
 * token. So an item's place is the walk it was met on, the token of its page, and the item itself; going on in that
 * walk's direction starts from that token. Going the other way there is no token for: the item is sought again from
 * both ends, by {@link seek}.
 *
 * The item itself is part of the place because tokens promise little: an unknown one silently answers the first page,
 * and nobody says whether pages shift when messages arrive. Rows that the item shows to be known already are dropped.
 */

export type Sort = 'asc' | 'desc';

/** Reads one page. `token` undefined: the first of the walk. `per`: 1 to 100. */
export type FetchPage<Row> = (request: {
  readonly sort: Sort;
  readonly token: string | undefined;
  readonly per: number;
}) => Promise<PactPage<Row>>;

export interface WalkOptions<Row> {
  readonly fetchPage: FetchPage<Row>;
  readonly idOf: (row: Row) => string;
  /** What Pact sorts this list by, ascending. */
  readonly keyOf: (row: Row) => number;
  /** Which of Pact's walks goes forward in our list. */
  readonly forward: Sort;
  /** Thrown when an item is too far from both ends. */
  readonly unreachable: () => Error;
}

/** What {@link seek} has seen. `complete`: the whole list, so that what is missing does not exist. */
export interface Found<Row> {
  readonly rows: ReadonlyMap<string, Row>;
  readonly complete: boolean;
}

/** The most rows that Pact gives in one page. */
const PER_PAGE = 100;
/** The most calls that one page or one search may cost. */
const MAX_CALLS = 20;

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

// --- going on from a place ---

/** Where a row was met: the walk, and the token of its page, or of the page after it when it was the last of its own. */
interface Place {
  readonly sort: Sort;
  readonly token: string | undefined;
  readonly isBeforePage: boolean;
}

interface KnownPlace extends Place {
  readonly id: string;
  readonly key: number;
}

interface WalkedRow<Row> {
  readonly row: Row;
  readonly at: Place;
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

function placeRows<Row>(
  page: PactPage<Row>,
  { sort, token }: { sort: Sort; token: string | undefined },
): WalkedRow<Row>[] {
  const last = page.rows.length - 1;
  return page.rows.map((row, index) => ({
    row,
    at:
      index === last && page.next !== null
        ? { sort, token: page.next, isBeforePage: true }
        : { sort, token, isBeforePage: false },
  }));
}

function rowsBehind<Row>(
  placed: readonly WalkedRow<Row>[],
  mark: KnownPlace,
  { idOf, keyOf }: WalkOptions<Row>,
  sort: Sort,
  inclusive: boolean,
): readonly WalkedRow<Row>[] {
  const index = placed.findIndex(({ row }) => idOf(row) === mark.id);
  if (index >= 0) return placed.slice(inclusive ? index : index + 1);
  const sign = sort === 'asc' ? 1 : -1;
  return placed.filter(({ row }) => {
    const distance = (keyOf(row) - mark.key) * sign;
    if (distance !== 0) return distance > 0;
    // Rows of the very same time: those of the page behind the item are behind it, else their ids decide.
    return mark.isBeforePage || (Number(idOf(row)) - Number(mark.id)) * sign > 0;
  });
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

// --- seeking from both ends ---

/** What a walk from one end has seen. */
interface End<Row> {
  readonly sort: Sort;
  readonly rows: WalkedRow<Row>[];
  readonly ids: Set<string>;
  readonly tokens: Set<string>;
  calls: number;
  /** The token to go on with; undefined before the first page, null after the last. */
  next: string | null | undefined;
}

interface Seeked<Row> {
  readonly ends: {
    readonly asc: End<Row> & { next: string | null };
    readonly desc: End<Row> & { next: string | null };
  };
  readonly complete: boolean;
}

/**
 * Walks from both ends, always on from the one that seems nearer to what is still missing, until everything is found,
 * the walks meet, or the calls are used up.
 *
 * @param targets ids with their measure
 * @param measureOf a number that rises along the list, to estimate distances by
 */
async function seek<Row>(
  options: WalkOptions<Row>,
  targets: ReadonlyMap<string, number>,
  measureOf: (row: Row) => number,
  maxCalls: number,
): Promise<Seeked<Row>> {
  const asc = createEnd<Row>('asc');
  const desc = createEnd<Row>('desc');
  const missing = new Map(targets);
  let complete = false;
  for (let calls = 0; calls < maxCalls && missing.size > 0 && !complete; calls += 1) {
    const end = nearerEnd(asc, desc, [...missing.values()], measureOf);
    const other = end === asc ? desc : asc;
    const page = await options.fetchPage({ sort: end.sort, token: end.next ?? undefined, per: PER_PAGE });
    let met = false;
    for (const entry of placeRows(page, { sort: end.sort, token: end.next ?? undefined })) {
      const id = options.idOf(entry.row);
      if (end.ids.has(id)) continue;
      end.ids.add(id);
      end.rows.push(entry);
      missing.delete(id);
      met ||= other.ids.has(id);
    }
    end.calls += 1;
    end.next = page.next === null || end.tokens.has(page.next) ? null : page.next;
    if (end.next !== null) end.tokens.add(end.next);
    complete = met || end.next === null;
  }
  return { ends: { asc: settled(asc), desc: settled(desc) }, complete };
}

function createEnd<Row>(sort: Sort): End<Row> {
  return { sort, rows: [], ids: new Set(), tokens: new Set(), calls: 0, next: undefined };
}

function settled<Row>(end: End<Row>): End<Row> & { next: string | null } {
  return { ...end, next: end.next ?? null };
}

function nearerEnd<Row>(
  asc: End<Row>,
  desc: End<Row>,
  missing: readonly number[],
  measureOf: (row: Row) => number,
): End<Row> {
  // Recent messages are asked for most.
  if (desc.calls === 0) return desc;
  const fromNewest = callsLeft(desc, missing, measureOf);
  if (asc.calls === 0) return fromNewest <= WORTH_GUESSING ? desc : asc;
  return callsLeft(asc, missing, measureOf) < fromNewest ? asc : desc;
}

// As near as this, learning how far the other end is costs as much as it could save.
const WORTH_GUESSING = 2;

/**
 * How many calls from this end to the nearest target, if rows lie as densely as so far. Zero when the walk should have
 * met all of them already: then they probably do not exist, and the shortest proof is to walk on.
 */
function callsLeft<Row>(end: End<Row>, targets: readonly number[], measureOf: (row: Row) => number): number {
  const first = end.rows[0];
  const last = end.rows.at(-1);
  if (!first || !last) return end.calls;
  const reached = measureOf(last.row);
  const covered = reached - measureOf(first.row);
  // The walk's own way: ids may run against time.
  const distances = targets.map((target) => (target - reached) * Math.sign(covered));
  const ahead = distances.filter((distance) => distance > 0);
  return ahead.length > 0 ? (Math.min(...ahead) / Math.abs(covered)) * end.calls : 0;
}

function wholeList<Row>(
  { asc, desc }: Seeked<Row>['ends'],
  sort: Sort,
  idOf: (row: Row) => string,
): WalkedRow<Row>[] {
  const [near, far] = sort === 'asc' ? [asc, desc] : [desc, asc];
  return [...near.rows, ...far.rows.filter(({ row }) => !near.ids.has(idOf(row))).toReversed()];
}

// --- places as clients carry them ---

function toPosition({ sort, token, isBeforePage }: Place, id: string, key: number): Position {
  return [sort, token ?? null, isBeforePage ? 1 : 0, id, key];
}

function parsePosition(position: Position): KnownPlace {
  const [sort, token, isBeforePage, id, key] = position;
  if (
    position.length !== 5 ||
    (sort !== 'asc' && sort !== 'desc') ||
    !(token === null || (typeof token === 'string' && token.length > 0 && token.length <= 255)) ||
    !(isBeforePage === 0 || (isBeforePage === 1 && token !== null)) ||
    typeof id !== 'string' ||
    !/^\d{1,19}$/.test(id) ||
    typeof key !== 'number' ||
    !Number.isFinite(key)
  ) {
    throw new InputError('cursor', 'The cursor does not name a place in this list.');
  }
  return { sort, token: token ?? undefined, isBeforePage: isBeforePage === 1, id, key };
}

function opposite(sort: Sort): Sort {
  return sort === 'asc' ? 'desc' : 'asc';
}
