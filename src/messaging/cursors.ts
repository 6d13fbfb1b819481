import { createHash } from 'node:crypto';
import type { ChangeId } from './changes.ts';
import { isChangeId } from './changes.ts';
import { InputError } from './errors.ts';
import { isExternalId } from './ids.ts';
import type { Position } from './paging.ts';
import type { Cut, Mark } from './merge.ts';

/**
 * Cursors: opaque to clients, to us the list that they belong to and a place in it. A cursor of another list is
 * refused: its place would mean something else there.
 */

/** Which kind of list a cursor belongs to: a conversation's messages, conversations, changes ("events"), or the inbox. */
export type CursorKind = 'messages' | 'conversations' | 'events' | 'inbox';

/** The cursor of a place among a conversation's messages. `list` is the list's name, the same for every page of it. */
export function encodeCursor(list: string, position: Position): string {
  return encode([nameOf('messages', list), ...position]);
}

/**
 * Reads what {@link encodeCursor} wrote. Throws an {@link InputError} that names `argument`.
 *
 * @param isKnown whether the list's own adapter can have given out a place
 */
export function parseCursor(
  list: string,
  cursor: string,
  argument: string,
  isKnown: (position: Position) => boolean = () => true,
): Position {
  const position = decode(nameOf('messages', list), cursor, argument);
  return isPosition(position) && isKnown(position) ? position : malformed(argument);
}

/** The cursor of a place in a list that is merged over accounts. */
export function encodeMergedCursor(list: string, { owner, marks }: Cut): string {
  const entries = Object.entries(marks).map(([accountId, mark]) => [
    accountId,
    mark === 'end' ? 'end' : [mark.side, ...mark.position],
  ]);
  return encode([nameOf('conversations', list), owner, Object.fromEntries(entries)]);
}

/**
 * Reads what {@link encodeMergedCursor} wrote. Throws an {@link InputError} that names `argument`.
 *
 * @param isKnown whether an account's adapter can have given out a place; true for accounts that take no part
 */
export function parseMergedCursor(
  list: string,
  cursor: string,
  argument: string,
  isKnown: (accountId: string, position: Position) => boolean = () => true,
): Cut {
  const rest = decode(nameOf('conversations', list), cursor, argument);
  const [owner, entries] = rest;
  if (typeof owner !== 'string' || typeof entries !== 'object' || entries === null || rest.length !== 2) {
    return malformed(argument);
  }
  const marks = new Map<string, Mark>();
  for (const [accountId, value] of Object.entries(entries)) {
    const mark = parseMark(value, argument);
    if (mark !== 'end' && !isKnown(accountId, mark.position)) return malformed(argument);
    marks.set(accountId, mark);
  }
  return { owner, marks: Object.fromEntries(marks) };
}

/** The cursor of a change: the same for everybody, since each list of changes is a part of one. */
export function encodeChangeCursor({ epoch, id }: ChangePlace): string {
  return encode([nameOf('events', ''), epoch, id]);
}

/** A change's place in a log that has a name. */
export interface ChangePlace {
  readonly epoch: string;
  readonly id: ChangeId;
}

/** Reads what {@link encodeChangeCursor} wrote. Throws an {@link InputError} that names `argument`. */
export function parseChangeCursor(cursor: string, argument: string): ChangePlace {
  const [epoch, id, ...rest] = decode(nameOf('events', ''), cursor, argument);
  const isPlace = typeof epoch === 'string' && isChangeId(id) && rest.length === 0;
  return isPlace ? { epoch, id } : malformed(argument);
}

/** A place in an inbox. */
export interface InboxPlace {
  /** Milliseconds since 1970. */
  readonly activityAt: number;
  readonly accountId: string;
  readonly externalId: string;
}

/** The cursor of a place in an inbox. `list` names the filter that it was given under. */
export function encodeInboxCursor(list: string, { activityAt, accountId, externalId }: InboxPlace): string {
  return encode([nameOf('inbox', list), activityAt, accountId, externalId]);
}

/** Reads what {@link encodeInboxCursor} wrote. Throws an {@link InputError} that names `argument`. */
export function parseInboxCursor(list: string, cursor: string, argument: string): InboxPlace {
  const [activityAt, accountId, externalId, ...rest] = decode(nameOf('inbox', list), cursor, argument);
  const isPlace =
    Number.isSafeInteger(activityAt) &&
    typeof accountId === 'string' &&
    isExternalId(externalId) &&
    rest.length === 0;
  return isPlace ? { activityAt: activityAt as number, accountId, externalId } : malformed(argument);
}

/**
 * Throws an {@link InputError} that names `argument` for what can't be a cursor of any list of the kind: as much as can
 * be said without knowing which list is meant.
 */
export function checkCursor(kind: CursorKind, cursor: string, argument: string): void {
  const [name] = decodeArray(cursor) ?? malformed(argument);
  if (!(name as string).startsWith(kind[0]!)) otherList(argument);
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

function decode(name: string, cursor: string, argument: string): readonly unknown[] {
  const [head, ...rest] = decodeArray(cursor) ?? malformed(argument);
  return head === name ? rest : otherList(argument);
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
function nameOf(kind: CursorKind, list: string): string {
  return kind[0]! + createHash('sha256').update(list).digest('base64url').slice(0, 8);
}

// A merged cursor holds a place for each account, and Pact's page tokens have up to 255 characters.
const MAX_CURSOR_LENGTH = 262_144;

function otherList(argument: string): never {
  throw new InputError(argument, `The argument "${argument}" is a cursor of another list.`);
}

function malformed(argument: string): never {
  throw new InputError(argument, `The argument "${argument}" is not a valid cursor.`);
}
