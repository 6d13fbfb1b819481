import { InputError } from '../../messaging/errors.ts';
import type { Position } from '../../messaging/paging.ts';
import type { PactPage } from './wire.ts';
import { isPactId, MAX_TOKEN_LENGTH } from './wire.ts';

/**
 * Where rows of a Pact v1 list stand.
 *
 * Pact walks a list from either end (`sort_direction`), a page at a time, and names each next page with an opaque
 * token. So a row's place is the walk that it was met on, the token of its page, and the row itself.
 *
 * The row itself is part of its place because tokens promise little: an unknown one silently answers the first page,
 * and nobody says whether pages shift when messages arrive.
 */

export type Sort = 'asc' | 'desc';

export function opposite(sort: Sort): Sort {
  return sort === 'asc' ? 'desc' : 'asc';
}

/** How rows are told apart and ordered. */
export interface RowOrder<Row> {
  readonly idOf: (row: Row) => string;
  /** What Pact sorts this list by, ascending. */
  readonly keyOf: (row: Row) => number;
}

/** The order in which a walk meets rows: by key, up or down. */
export function walkOrder<Row>(sort: Sort, { keyOf }: RowOrder<Row>): (a: Row, b: Row) => number {
  const sign = signOf(sort);
  return (a, b) => (keyOf(a) - keyOf(b)) * sign;
}

/** How far behind a place a row lies in the walk: negative before it, zero for the very same key. */
export function distanceBehind<Row>(
  row: Row,
  place: KnownPlace,
  sort: Sort,
  { keyOf }: RowOrder<Row>,
): number {
  return (keyOf(row) - place.key) * signOf(sort);
}

function signOf(sort: Sort): 1 | -1 {
  return sort === 'asc' ? 1 : -1;
}

/** Where a row was met. */
export interface Place {
  readonly sort: Sort;
  /** The token of the row's page; undefined for the first page of the walk. */
  readonly token: string | undefined;
  /** The token of the page after it, when the row was the last of its own. */
  readonly next: string | undefined;
}

/** A place with the row that stands there. */
export interface KnownPlace extends Place {
  readonly id: string;
  readonly key: number;
}

export interface WalkedRow<Row> {
  readonly row: Row;
  readonly at: Place;
}

/** The rows of a page with their places, in the order of the walk, which the provider may not have kept. */
export function placeRows<Row>(
  page: PactPage<Row>,
  { sort, token }: Pick<Place, 'sort' | 'token'>,
  order: RowOrder<Row>,
): WalkedRow<Row>[] {
  const last = page.rows.length - 1;
  // All but the last of a page have the same.
  const at: Place = { sort, token, next: undefined };
  return page.rows.toSorted(walkOrder(sort, order)).map((row, index) => {
    return { row, at: index === last ? { sort, token, next: page.next ?? undefined } : at };
  });
}

/** A place among the rows of a walk: everything before `before` lies on the near side, everything from `behind` on the far side. */
export interface Split {
  readonly before: number;
  readonly behind: number;
}

/**
 * Splits the rows of a walk at a place. Where its row is gone, its key says where it was; rows of the very same key are
 * then ordered by id, which is the best guess there is.
 */
export function splitAt<Row>(
  walked: readonly WalkedRow<Row>[],
  place: KnownPlace,
  sort: Sort,
  order: RowOrder<Row>,
): Split {
  const index = walked.findIndex(({ row }) => order.idOf(row) === place.id);
  if (index >= 0) return { before: index, behind: index + 1 };
  const at = walked.findIndex(
    ({ row }) =>
      (distanceBehind(row, place, sort, order) ||
        (Number(order.idOf(row)) - Number(place.id)) * signOf(sort)) > 0,
  );
  const split = at >= 0 ? at : walked.length;
  return { before: split, behind: split };
}

/** Whether the rows of a walk have come to a place: its row is among them, or one that its key shows to lie behind it. */
export function hasPassed<Row>(
  walked: readonly WalkedRow<Row>[],
  place: KnownPlace,
  sort: Sort,
  order: RowOrder<Row>,
): boolean {
  return walked.some(
    ({ row }) => order.idOf(row) === place.id || distanceBehind(row, place, sort, order) > 0,
  );
}

/** A place as clients carry it in their cursors. */
export function toPosition({ sort, token, next }: Place, id: string, key: number): Position {
  return [sort, token ?? null, next ?? null, id, key];
}

/** Whether this is a place that {@link toPosition} can have written. */
export function isPosition(position: Position): boolean {
  const [sort, token, next, id, key] = position;
  return (
    position.length === 5 &&
    (sort === 'asc' || sort === 'desc') &&
    isToken(token) &&
    isToken(next) &&
    typeof id === 'string' &&
    isPactId(id) &&
    typeof key === 'number' &&
    Number.isFinite(key)
  );
}

/** A place as it comes back. Throws an {@link InputError} for what is not one. */
export function parsePosition(position: Position): KnownPlace {
  if (!isPosition(position)) throw new InputError('cursor', 'The cursor does not name a place in this list.');
  const [sort, token, next, id, key] = position as [Sort, string | null, string | null, string, number];
  return { sort, token: token ?? undefined, next: next ?? undefined, id, key };
}

function isToken(value: Position[number] | undefined): boolean {
  return (
    value === null || (typeof value === 'string' && value.length > 0 && value.length <= MAX_TOKEN_LENGTH)
  );
}
