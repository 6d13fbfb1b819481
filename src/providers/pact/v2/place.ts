import { InputError } from '../../../messaging/errors.ts';
import type { Position } from '../../../messaging/paging.ts';
import { isPactId } from '../wire.ts';

/**
 * Where a row of a numbered list stands.
 *
 * Page numbers count from the newest row, so that each arrival moves all rows on by one. Counted from the oldest they stay where they
 * are: that is a row's rank. A rank is no more than a good guess, since rows may go, or come in between; what the row is
 * and when it was says whether it is right.
 */
export interface RankedPlace {
  readonly id: string;
  /** What the list is sorted by, in milliseconds since 1970. */
  readonly time: number;
  /** From 0, which is the oldest row. */
  readonly rank: number;
  /** How many rows the list had then: with it, the first call is right where nothing has come since. */
  readonly total: number;
}

/** A place as clients carry it in their cursors. */
export function toPosition({ id, time, rank, total }: RankedPlace): Position {
  return [id, time, rank, total];
}

/** Whether this is a place that {@link toPosition} can have written. */
export function isPosition(position: Position): boolean {
  const [id, time, rank, total] = position;
  return (
    position.length === 4 &&
    typeof id === 'string' &&
    isPactId(id) &&
    Number.isSafeInteger(time) &&
    isRank(rank) &&
    isRank(total) &&
    Number(rank) < Number(total)
  );
}

/** A place as it comes back. Throws an {@link InputError} for what is not one. */
export function parsePosition(position: Position): RankedPlace {
  if (!isPosition(position)) throw new InputError('cursor', 'The cursor does not name a place in this list.');
  const [id, time, rank, total] = position as [string, number, number, number];
  return { id, time, rank, total };
}

function isRank(value: Position[number] | undefined): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= MAX_ROWS;
}

/** GraphQL's largest number, which no list of Pact's comes near. */
const MAX_ROWS = 2 ** 31 - 1;
