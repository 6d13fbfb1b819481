import type { WalkOptions } from '../../src/providers/pact/walk.ts';

/** Which way Pact walks a list. */
export type Sort = WalkOptions<Row>['forward'];

/** A row of a Pact list. Pact sorts by `time`; `rank` is its own, undocumented order among rows of the same time. */
export interface Row {
  readonly id: string;
  readonly time: number;
  readonly rank: number;
}

/** A keyset token names the row that its page follows; an offset token counts rows, so that arrivals shift its page. */
export type TokenKind = 'keyset' | 'offset';

/** A Pact v1 list in memory, as pact.md describes one. */
export interface PactList {
  readonly fetchPage: WalkOptions<Row>['fetchPage'];
  /** Ascending. */
  rows(): readonly Row[];
  /** Adds newer rows, `gap` apart in time. */
  arrive(count: number, gap: number): void;
  remove(id: string): void;
  /** Makes every token that was given out so far unknown. */
  expireTokens(): void;
  /** Runs before each page is read. */
  beforeFetch(hook: () => void): void;
  /** The `per` of each call since the last time that this was asked. */
  takeCalls(): readonly number[];
}

export function createPactList(initial: readonly Row[], kind: TokenKind): PactList {
  let rows: Row[] = initial.toSorted(inOrder);
  let nextId = Math.max(0, ...rows.map(({ id }) => Number(id))) + 1;
  let calls: number[] = [];
  let hook = () => {
    // Nothing happens unless a test says so.
  };
  let issued = 0;
  const tokens = new Map<string, { sort: Sort; skip: number; after: Row }>();

  const startOf = (walked: readonly Row[], sort: Sort, token: string | undefined): number => {
    const known = token === undefined ? undefined : tokens.get(token);
    // Unknown tokens, and those of the other direction, silently answer the first page.
    if (known?.sort !== sort) return 0;
    if (kind === 'offset') return known.skip;
    const sign = sort === 'asc' ? 1 : -1;
    const index = walked.findIndex((row) => inOrder(row, known.after) * sign > 0);
    return index < 0 ? walked.length : index;
  };

  return {
    rows: () => rows,
    fetchPage({ sort, token, per }) {
      hook();
      calls.push(per);
      const walked = sort === 'asc' ? rows : rows.toReversed();
      const start = startOf(walked, sort, token);
      const page = walked.slice(start, start + per);
      if (start + per >= walked.length || page.length === 0)
        return Promise.resolve({ rows: page, next: null });
      issued += 1;
      const next = `token ${issued}`;
      tokens.set(next, { sort, skip: start + per, after: page.at(-1)! });
      return Promise.resolve({ rows: page, next });
    },
    arrive(count, gap) {
      for (let i = 0; i < count; i += 1) {
        rows.push({ id: String(nextId), time: (rows.at(-1)?.time ?? 1) + gap, rank: nextId });
        nextId += 1;
      }
    },
    remove(id) {
      rows = rows.filter((row) => row.id !== id);
    },
    expireTokens: () => tokens.clear(),
    beforeFetch(next) {
      hook = next;
    },
    takeCalls() {
      const taken = calls;
      calls = [];
      return taken;
    },
  };
}

export function inOrder(a: Row, b: Row): number {
  return a.time - b.time || a.rank - b.rank;
}
