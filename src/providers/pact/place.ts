import { InputError } from '../../messaging/errors.ts';
import type { Position } from '../../messaging/paging.ts';
import type { PactPage } from './wire.ts';

/**
 * Where rows of a Pact v1 list stand.
 *
 * Pact walks a list from either end (`sort_direction`), a page at a time, and names each next page with an opaque
 * token. So an item's place is the walk that it was met on, the token of its page, and the item itself.
 *
 * The item itself is part of its place because tokens promise little: an unknown one silently answers the first page,
 * and nobody says whether pages shift when messages arrive. {@link rowsBehind} drops the rows that the item shows to be
 * known already.
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

/** Where a row was met: the walk, and the token of its page, or of the page after it when it was the last of its own. */
export interface Place {
  readonly sort: Sort;
  readonly token: string | undefined;
  readonly isBeforePage: boolean;
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

/** The rows of a page with their places. */
export function placeRows<Row>(
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

/** The rows behind a place in the walk's direction, or from it on when `inclusive`. */
export function rowsBehind<Row>(
  placed: readonly WalkedRow<Row>[],
  mark: KnownPlace,
  { idOf, keyOf }: RowOrder<Row>,
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

// A place as clients carry it in their cursors, and bring it back.

export function toPosition({ sort, token, isBeforePage }: Place, id: string, key: number): Position {
  return [sort, token ?? null, isBeforePage ? 1 : 0, id, key];
}

/** Throws an {@link InputError} for what {@link toPosition} has not written. */
export function parsePosition(position: Position): KnownPlace {
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
