import type { RowOrder, Sort, WalkedRow } from './place.ts';
import { placeRows, walkOrder } from './place.ts';
import type { PactPage } from './wire.ts';

/** Reads one page. `token` undefined: the first of the walk. `per`: 1 to 100. */
export type FetchPage<Row> = (request: {
  readonly sort: Sort;
  readonly token: string | undefined;
  readonly per: number;
}) => Promise<PactPage<Row>>;

/** The most rows that Pact gives in one page. */
export const PER_PAGE = 100;

/** What a walk from one end has seen. */
export interface End<Row> {
  readonly sort: Sort;
  readonly rows: WalkedRow<Row>[];
  readonly ids: Set<string>;
  readonly tokens: Set<string>;
  calls: number;
  /** The token to go on with; undefined before the first page, null after the last. */
  next: string | null | undefined;
  /** Whether its tokens have led in a circle, so that it comes no further and proves nothing. */
  isStuck: boolean;
}

/** What a search has seen. */
export interface Sought<Row> {
  readonly asc: End<Row>;
  readonly desc: End<Row>;
  /** Whether the whole list was seen, so that what is missing does not exist. */
  readonly complete: boolean;
  readonly calls: number;
}

export interface SeekRequest<Row> {
  /** Ids, each with its measure. */
  readonly targets: ReadonlyMap<string, number>;
  /** A number that rises or falls along the list, to estimate distances by; what is found does not depend on it. */
  readonly measureOf: (row: Row) => number;
  readonly maxCalls: number;
  /** Whether an end has come so far that no target can be left behind it. */
  readonly isSettled?: (end: End<Row>) => boolean;
}

/**
 * Walks from both ends, always on from the one that seems nearer to what is still missing, until everything is found,
 * the walks meet, or the calls are used up.
 */
export async function seek<Row>(
  options: RowOrder<Row> & { readonly fetchPage: FetchPage<Row> },
  { targets, measureOf, maxCalls, isSettled = () => false }: SeekRequest<Row>,
): Promise<Sought<Row>> {
  const asc = createEnd<Row>('asc');
  const desc = createEnd<Row>('desc');
  const missing = new Map(targets);
  let complete = false;
  let settled = false;
  let calls = 0;
  while (calls < maxCalls && missing.size > 0 && !complete && !settled && !(asc.isStuck && desc.isStuck)) {
    const end = nearerEnd(asc, desc, [...missing.values()], measureOf);
    const other = end === asc ? desc : asc;
    const place = { sort: end.sort, token: end.next ?? undefined };
    const page = await options.fetchPage({ sort: place.sort, token: place.token, per: PER_PAGE });
    calls += 1;
    addRows(end, placeRows(page, place, options), options.idOf);
    for (const row of page.rows) missing.delete(options.idOf(row));
    end.calls += 1;
    end.isStuck = page.next !== null && end.tokens.has(page.next);
    end.next = end.isStuck ? null : page.next;
    if (end.next !== null) end.tokens.add(end.next);
    complete = page.next === null || page.rows.some((row) => other.ids.has(options.idOf(row)));
    settled = isSettled(end);
  }
  return { asc, desc, complete, calls };
}

function addRows<Row>(end: End<Row>, rows: readonly WalkedRow<Row>[], idOf: (row: Row) => string): void {
  for (const entry of rows) {
    const id = idOf(entry.row);
    // Pages that shift show rows twice.
    if (end.ids.has(id)) continue;
    end.ids.add(id);
    end.rows.push(entry);
  }
}

function createEnd<Row>(sort: Sort): End<Row> {
  return { sort, rows: [], ids: new Set(), tokens: new Set(), calls: 0, next: undefined, isStuck: false };
}

function nearerEnd<Row>(
  asc: End<Row>,
  desc: End<Row>,
  missing: readonly number[],
  measureOf: (row: Row) => number,
): End<Row> {
  if (asc.isStuck || desc.isStuck) return asc.isStuck ? desc : asc;
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

/** All rows of a list that was seen completely, in the order of the walk. */
export function wholeList<Row>(
  { asc, desc }: Sought<Row>,
  sort: Sort,
  order: RowOrder<Row>,
): WalkedRow<Row>[] {
  const { idOf } = order;
  const inOrder = walkOrder(sort, order);
  const [near, far] = sort === 'asc' ? [asc, desc] : [desc, asc];
  const rest = far.rows.filter(({ row }) => !near.ids.has(idOf(row))).toReversed();
  // What arrived during the search was seen by one walk only, and may belong before what the other one saw.
  return [...near.rows, ...rest].sort((a, b) => inOrder(a.row, b.row));
}
