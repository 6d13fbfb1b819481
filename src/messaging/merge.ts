import type { Page, PageRequest, Position } from './paging.ts';

/**
 * Merges lists that are sorted alike into one, page by page, without ever reading more of a list than a page.
 *
 * The merged list has no place of its own in any store: a place in it is a {@link Cut}, one place in each list.
 */

/** Where a cut goes through one account's list. `end` lies behind the last item; a list without a mark is uncut before its first. */
export type Mark = 'end' | { readonly side: 'after' | 'before'; readonly position: Position };

/** A place in a merged list: everything left of it in every list. `owner` names the account of the item right before it. */
export interface Cut {
  readonly owner: string;
  readonly marks: Readonly<Record<string, Mark>>;
}

/** One of the lists. */
export interface MergeSource<T> {
  readonly accountId: string;
  read(request: PageRequest): Promise<Page<T>>;
}

export interface MergeRequest {
  readonly direction: 'forward' | 'backward';
  readonly size: number;
  /** The cut at the item that a client's cursor names: the page starts behind it or ends before that item. */
  readonly from?: Cut;
}

export interface MergedPage<T> {
  readonly items: readonly T[];
  /** Whether any list that answered goes on in the direction of the walk. */
  readonly hasMore: boolean;
  /** The cut right behind `items[index]`. */
  cutAt(index: number): Cut;
  /** What became of each list, in the order of the sources: an error where it did not answer. */
  readonly outcomes: readonly { readonly accountId: string; readonly error: unknown }[];
}

/**
 * Reads one page. A list that fails costs its own items: it keeps its place in every cut of the page.
 *
 * @param compare the order that all lists have; where it says 0, the order of the sources decides
 */
export async function readMerged<T>(
  sources: readonly MergeSource<T>[],
  request: MergeRequest,
  compare: (a: T, b: T) => number,
): Promise<MergedPage<T>> {
  const reads = await Promise.all(sources.map((source) => readSource(source, request)));
  const picked = pick(reads, request, compare);
  return {
    items: picked.map(({ read, at }) => read.page.items[at]!.item),
    hasMore: reads.some((read) => read.page.hasMore || read.taken < read.page.items.length),
    cutAt: (index) => cutAt(index, picked, reads, request),
    outcomes: reads.map(({ accountId, error }) => ({ accountId, error })),
  };
}

interface SourceRead<T> {
  readonly accountId: string;
  readonly page: Page<T>;
  readonly error: unknown;
  /** How many of the page's items the merged page took. */
  taken: number;
}

interface Pick<T> {
  readonly read: SourceRead<T>;
  readonly at: number;
}

async function readSource<T>(source: MergeSource<T>, request: MergeRequest): Promise<SourceRead<T>> {
  const { accountId } = source;
  const sourceRequest = requestFor(accountId, request);
  if (!sourceRequest) return { accountId, page: EMPTY, error: undefined, taken: 0 };
  try {
    return { accountId, page: await source.read(sourceRequest), error: undefined, taken: 0 };
  } catch (error) {
    return { accountId, page: EMPTY, error: error ?? new Error('a list failed without an error'), taken: 0 };
  }
}

const EMPTY: Page<never> = { items: [], hasMore: false };

/** Undefined where the cut already says that there is nothing in this direction. */
function requestFor(accountId: string, { direction, size, from }: MergeRequest): PageRequest | undefined {
  if (!from) return { direction, size };
  const mark = markOf(from, accountId);
  if (mark === undefined) return direction === 'forward' ? { direction, size } : undefined;
  if (mark === 'end') return direction === 'backward' ? { direction, size } : undefined;
  const inclusive =
    direction === 'forward'
      ? mark.side === 'before'
      : // A cursor's own item is not before itself; the last items of the other lists are.
        mark.side === 'after' && accountId !== from.owner;
  return { direction, size, from: mark.position, inclusive };
}

function pick<T>(
  reads: readonly SourceRead<T>[],
  { direction, size }: MergeRequest,
  compare: (a: T, b: T) => number,
): Pick<T>[] {
  const forward = direction === 'forward';
  const picked: Pick<T>[] = [];
  const nextOf = ({ page, taken }: SourceRead<T>) => (forward ? taken : page.items.length - 1 - taken);
  while (picked.length < size) {
    let best: SourceRead<T> | undefined;
    for (const read of reads) {
      const item = read.page.items[nextOf(read)]?.item;
      if (item === undefined) continue;
      const order = best === undefined ? 0 : compare(item, best.page.items[nextOf(best)]!.item);
      if (best === undefined || (forward ? order < 0 : order >= 0)) best = read;
    }
    if (!best) break;
    picked.push({ read: best, at: nextOf(best) });
    best.taken += 1;
    // A list that came short of the page and goes on may have items between those that the others still hold.
    if (best.taken === best.page.items.length && best.page.hasMore && best.taken < size) break;
  }
  return forward ? picked : picked.reverse();
}

function cutAt<T>(
  index: number,
  picked: readonly Pick<T>[],
  reads: readonly SourceRead<T>[],
  request: MergeRequest,
): Cut {
  const marks = new Map<string, Mark>();
  for (const { accountId } of reads) {
    const mark = edgeMark(accountId, request);
    if (mark !== undefined) marks.set(accountId, mark);
  }
  // Backwards, so that what stays is the first item right of the cut, then forwards for the last one left of it.
  for (let i = picked.length - 1; i > index; i -= 1) mark(picked[i]!, 'before');
  for (let i = 0; i <= index; i += 1) mark(picked[i]!, 'after');
  return { owner: picked[index]!.read.accountId, marks: Object.fromEntries(marks) };

  function mark({ read, at }: Pick<T>, side: 'after' | 'before'): void {
    marks.set(read.accountId, { side, position: read.page.items[at]!.position });
  }
}

/** Where the page's edge that the walk came from goes through a list. */
function edgeMark(accountId: string, { direction, from }: MergeRequest): Mark | undefined {
  if (!from) return direction === 'backward' ? 'end' : undefined;
  const mark = markOf(from, accountId);
  // A page that ends before the cursor's own item ends before it in its own list, too.
  const isOwn = direction === 'backward' && accountId === from.owner && mark !== undefined && mark !== 'end';
  return isOwn ? { ...mark, side: 'before' } : mark;
}

function markOf(cut: Cut, accountId: string): Mark | undefined {
  return Object.hasOwn(cut.marks, accountId) ? cut.marks[accountId] : undefined;
}
