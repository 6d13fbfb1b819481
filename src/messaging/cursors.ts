import { createHash } from 'node:crypto';
import { InputError } from './errors.ts';
import type { Position } from './paging.ts';
import type { Cut, Mark } from './merge.ts';

/**
 * Cursors: opaque to clients, to us the list that they belong to and a place in it. A cursor of another list is
 * refused: its place would mean something else there.
 */

/** The cursor of a place in one provider's list. `list` is the list's name, the same for every page of it. */
export function encodeCursor(list: string, position: Position): string {
  return encode([digest(list), ...position]);
}

/** Reads what {@link encodeCursor} wrote. Throws an {@link InputError} that names `argument`. */
export function parseCursor(list: string, cursor: string, argument: string): Position {
  const position = decode(list, cursor, argument);
  return isPosition(position) ? position : malformed(argument);
}

/** The cursor of a place in a list that is merged over accounts. */
export function encodeMergedCursor(list: string, { owner, marks }: Cut): string {
  const entries = Object.entries(marks).map(([accountId, mark]) => [
    accountId,
    mark === 'end' ? 'end' : [mark.side, ...mark.position],
  ]);
  return encode([digest(list), owner, Object.fromEntries(entries)]);
}

/** Reads what {@link encodeMergedCursor} wrote. Throws an {@link InputError} that names `argument`. */
export function parseMergedCursor(list: string, cursor: string, argument: string): Cut {
  const rest = decode(list, cursor, argument);
  const [owner, entries] = rest;
  if (typeof owner !== 'string' || typeof entries !== 'object' || entries === null || rest.length !== 2) {
    return malformed(argument);
  }
  const marks = new Map<string, Mark>();
  for (const [accountId, value] of Object.entries(entries)) marks.set(accountId, parseMark(value, argument));
  return { owner, marks: Object.fromEntries(marks) };
}

/** Whether a text has the form of a cursor, of whatever list. Costs no knowledge of the list. */
export function isCursor(cursor: string): boolean {
  return decodeArray(cursor) !== undefined;
}

function parseMark(value: unknown, argument: string): Mark {
  if (value === 'end') return 'end';
  if (!Array.isArray(value)) return malformed(argument);
  const [side, ...position] = value as unknown[];
  if ((side !== 'after' && side !== 'before') || !isPosition(position)) return malformed(argument);
  return { side, position };
}

function encode(parts: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

function decode(list: string, cursor: string, argument: string): readonly unknown[] {
  const parts = decodeArray(cursor) ?? malformed(argument);
  const [head, ...rest] = parts;
  if (head !== digest(list)) {
    throw new InputError(argument, `The argument "${argument}" is a cursor of another list.`);
  }
  return rest;
}

function decodeArray(cursor: string): readonly unknown[] | undefined {
  if (cursor.length > MAX_CURSOR_LENGTH || !/^[A-Za-z0-9_-]+$/.test(cursor)) return undefined;
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(parts) && typeof parts[0] === 'string' ? parts : undefined;
  } catch {
    return undefined;
  }
}

function isPosition(value: readonly unknown[]): value is Position {
  return (
    value.length > 0 &&
    value.length <= 8 &&
    value.every(
      (part) => part === null || typeof part === 'number' || (typeof part === 'string' && part.length <= 300),
    )
  );
}

// Short, since a cursor stands on every edge; it tells lists apart, it protects nothing.
function digest(list: string): string {
  return createHash('sha256').update(list).digest('base64url').slice(0, 8);
}

// A merged cursor holds a place for each account, and Pact's page tokens have up to 255 characters.
const MAX_CURSOR_LENGTH = 262_144;

function malformed(argument: string): never {
  throw new InputError(argument, `The argument "${argument}" is not a valid cursor.`);
}
