/**
 * How a list is read: the vocabulary that the graph, the merge and the adapters share.
 *
 * A list has one order, which its cursors and pages keep whatever way it is walked in.
 */

/**
 * An item's place in a list, in its adapter's own words: JSON that only the adapter that made it reads, and that it
 * checks like any other input, since it comes back from clients.
 */
export type Position = readonly (string | number | null)[];

/** One page of a list. */
export interface PageRequest {
  /** `forward` takes what follows `from`, `backward` what precedes it. Both come in the list's own order. */
  readonly direction: 'forward' | 'backward';
  /** How many items at the most: 1 to 200. */
  readonly size: number;
  /** Where to go on. Absent: from the list's start when going forward, from its end when going backward. */
  readonly from?: Position;
  /** Whether the item at `from` is part of the page as well. */
  readonly inclusive?: boolean;
}

/** An item and its place. */
export interface Placed<T> {
  readonly item: T;
  readonly position: Position;
}

/** What a {@link PageRequest} gives. */
export interface Page<T> {
  readonly items: readonly Placed<T>[];
  /** Whether the list goes on in the direction of the walk. */
  readonly hasMore: boolean;
}

/** The same page of other things. */
export function mapPage<T, U>({ items, hasMore }: Page<T>, map: (item: T) => U): Page<U> {
  return { items: items.map(({ item, position }) => ({ item: map(item), position })), hasMore };
}

/**
 * A page of a list that is wholly in memory.
 *
 * @param sideOf on which side of the request's `from` an item lies, as a comparison in the list's order
 */
export function pageOf<T>(
  sorted: readonly T[],
  { direction, size, from, inclusive = false }: PageRequest,
  positionOf: (item: T) => Position,
  sideOf: ((item: T) => number) | undefined,
): Page<T> {
  const rows =
    from && sideOf
      ? sorted.filter((item) => {
          const side = sideOf(item);
          return side === 0 ? inclusive : side > 0 === (direction === 'forward');
        })
      : sorted;
  const chosen = direction === 'forward' ? rows.slice(0, size) : rows.slice(-size);
  return {
    items: chosen.map((item) => ({ item, position: positionOf(item) })),
    hasMore: rows.length > chosen.length,
  };
}
