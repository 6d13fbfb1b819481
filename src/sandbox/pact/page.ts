import { createHash } from 'node:crypto';

/** Which way a list runs; `asc` is the default (pact.md). */
export type Direction = 'asc' | 'desc';

/** A row's place in its list: `at` first, `id` among equals. */
export interface Place {
  readonly at: string;
  readonly id: number;
}

/** What a page is cut from. */
export interface PageQuery<Row> {
  /** Ascending by place. */
  readonly rows: readonly Row[];
  readonly placeOf: (row: Row) => Place;
  /** Names the list: a token is unknown to every other one. */
  readonly list: string;
  readonly direction: Direction;
  readonly per: number;
  /** A token from an earlier page; anything else gives the first page. */
  readonly from: string | undefined;
  /** Issue tokens that count rows instead of naming one, so that arrivals shift the pages behind them. */
  readonly offsetTokens: boolean;
}

/** A page and the token of the next one, undefined on the last. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly next: string | undefined;
}

type Position = { readonly after: Place } | { readonly skip: number };

/** Cuts a page as pact.md describes: opaque tokens under 256 characters, that survive a change of `per` but not of direction. */
export function pageOf<Row>(query: PageQuery<Row>): Page<Row> {
  const { rows, placeOf, direction, per } = query;
  const ordered = direction === 'asc' ? rows : rows.toReversed();
  const sign = direction === 'asc' ? 1 : -1;
  const position = openToken(query.from, query.list, direction);
  let start = 0;
  if (position && 'skip' in position) start = position.skip;
  else if (position) {
    const index = ordered.findIndex((row) => comparePlaces(placeOf(row), position.after) * sign > 0);
    start = index < 0 ? ordered.length : index;
  }
  const page = ordered.slice(start, start + per);
  const last = page.at(-1);
  if (!last || start + per >= ordered.length) return { rows: page, next: undefined };
  const next: Position = query.offsetTokens ? { skip: start + per } : { after: placeOf(last) };
  return { rows: page, next: sealToken(next, query.list, direction) };
}

/** Negative when `a` stands before `b` in an ascending list. */
export function comparePlaces(a: Place, b: Place): number {
  // All dates are ISO in UTC, so their text sorts as they do; one that a test made up still sorts somewhere.
  if (a.at !== b.at) return a.at < b.at ? -1 : 1;
  return a.id - b.id;
}

function sealToken(position: Position, list: string, direction: Direction): string {
  const text = JSON.stringify('skip' in position ? position.skip : [position.after.at, position.after.id]);
  return `${Buffer.from(text).toString('base64url')}.${seal(text, list, direction)}`;
}

function openToken(token: string | undefined, list: string, direction: Direction): Position | undefined {
  const [encoded, mark] = (token ?? '').split('.');
  if (!encoded || !mark) return undefined;
  const text = Buffer.from(encoded, 'base64url').toString();
  if (seal(text, list, direction) !== mark) return undefined;
  const value = JSON.parse(text) as number | [string, number];
  return typeof value === 'number' ? { skip: value } : { after: { at: value[0], id: value[1] } };
}

// Ties a token to its list and direction, and keeps anybody from reading it as more than an opaque string.
function seal(text: string, list: string, direction: Direction): string {
  return createHash('sha256').update(`${list} ${direction} ${text}`).digest('base64url').slice(0, 10);
}
