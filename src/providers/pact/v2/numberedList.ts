import type { Page, PageRequest } from '../../../messaging/paging.ts';
import type { RankedPlace } from './place.ts';
import { parsePosition, toPosition } from './place.ts';
import type { ViewOptions } from './rankedView.ts';
import { ChangedError, RankedView } from './rankedView.ts';

/** Pages through a numbered list in both directions, while rows arrive, go or move. */
export interface NumberedListOptions<Row> extends ViewOptions<Row> {
  /** Whether our list begins with the oldest row. */
  readonly oldestFirst: boolean;
  /** Whether a row goes to the newest end when something happens to it, so that its place is a time and not a row. */
  readonly rowsMove: boolean;
}

/** How often a page is begun anew, because the list has changed below it. */
const MAX_RESTARTS = 3;

/**
 * One page of the list. `accepts` leaves rows out, which makes a page shorter, but not empty unless it is the last. Throws what
 * `unreachable` gives, or an `InputError` for a place that is not one.
 */
export async function readPage<Row>(
  options: NumberedListOptions<Row>,
  request: PageRequest,
  accepts: (row: Row) => boolean = () => true,
): Promise<Page<Row>> {
  const place = request.from && parsePosition(request.from);
  const calls = { made: 0 };
  for (let restarts = 0; ; restarts += 1) {
    try {
      return await readOnce(options, new RankedView(options, calls, place?.total), {
        request,
        place,
        accepts,
      });
    } catch (error) {
      if (!(error instanceof ChangedError)) throw error;
      if (restarts === MAX_RESTARTS) throw options.unreachable();
    }
  }
}

interface Reading<Row> {
  readonly request: PageRequest;
  readonly place: RankedPlace | undefined;
  readonly accepts: (row: Row) => boolean;
}

async function readOnce<Row>(
  options: NumberedListOptions<Row>,
  view: RankedView<Row>,
  { request: { direction, size, inclusive = false }, place, accepts }: Reading<Row>,
): Promise<Page<Row>> {
  const { idOf, timeOf } = options;
  const upwards = (direction === 'forward') === options.oldestFirst;
  const step = upwards ? 1 : -1;
  let rank = place
    ? startAt(await findPlace(options, view, place, { upwards, size }), { upwards, inclusive })
    : await startAtEnd(view, upwards, size);

  const ids = new Set<string>();
  const rows: { readonly row: Row; readonly rank: number }[] = [];
  let looked = 0;
  const isWithin = () => rank >= 0 && rank < view.total!;
  while (isWithin() && rows.length < size && (looked < size || rows.length === 0)) {
    if (!view.has(rank)) {
      // What there is by then is a page, too.
      if (!view.mayRead && rows.length > 0) break;
      const stretch = size > looked ? size - looked : options.habits.perPage;
      await view.read(rank, bounded(rank + step * stretch, view.total!));
      continue;
    }
    const row = view.at(rank);
    if (row && !ids.has(idOf(row))) {
      looked += 1;
      ids.add(idOf(row));
      if (accepts(row)) rows.push({ row, rank });
    }
    rank += step;
  }
  const total = view.total!;
  const items = rows.map(({ row, rank: at }) => ({
    item: row,
    position: toPosition({ id: idOf(row), time: timeOf(row), rank: at, total }),
  }));
  return { items: direction === 'forward' ? items : items.reverse(), hasMore: isWithin() };
}

/** The end of a stretch of ranks, on either side of which there is nothing. */
function bounded(rank: number, total: number): number {
  return Math.max(-1, Math.min(rank, total));
}

async function startAtEnd<Row>(view: RankedView<Row>, upwards: boolean, size: number): Promise<number> {
  if (upwards) await view.readOldest(size);
  else await view.readNewest(size);
  return upwards ? 0 : view.total! - 1;
}

/** A place among the ranks: everything below `below` is older, everything from `above` on newer. Between them is its row, if it is there. */
interface Split {
  readonly below: number;
  readonly above: number;
}

function startAt({ below, above }: Split, { upwards, inclusive }: { upwards: boolean; inclusive: boolean }) {
  if (upwards) return inclusive ? below : above;
  return inclusive ? above - 1 : below - 1;
}

/**
 * Finds where a place is now. Right away where nothing but arrivals has changed the list; otherwise by its time, halving what lies
 * between rows that are certainly older and rows that are certainly newer.
 */
async function findPlace<Row>(
  options: NumberedListOptions<Row>,
  view: RankedView<Row>,
  place: RankedPlace,
  walk: { readonly upwards: boolean; readonly size: number },
): Promise<Split> {
  // With the row itself, which shows whether it is there, comes what is wanted on its side.
  const towards = walk.upwards ? place.rank + walk.size + 1 : place.rank - walk.size - 1;
  await view.read(place.rank, bounded(towards, place.total));
  for (;;) {
    const split = splitAt(options, view, place);
    if ('below' in split) return split;
    const { unknown } = split;
    if (unknown === place.rank) await view.read(unknown, bounded(towards, view.total!));
    else await view.readAround(unknown);
  }
}

/** The split, or a rank that has to be read to find it. */
function splitAt<Row>(
  { idOf, timeOf, rowsMove }: NumberedListOptions<Row>,
  view: RankedView<Row>,
  place: RankedPlace,
): Split | { readonly unknown: number } {
  let below = 0;
  let above = view.total!;
  for (const [rank, row] of view.rows()) {
    if (!row) continue;
    const distance = timeOf(row) - place.time;
    if (idOf(row) === place.id && (distance === 0 || !rowsMove)) return { below: rank, above: rank + 1 };
    if (distance < 0) below = Math.max(below, rank + 1);
    if (distance > 0) above = Math.min(above, rank);
  }
  // Rows that do not stand where their time says: what can't be halved is taken as it was.
  if (below > above) {
    const split = Math.min(place.rank, view.total!);
    return { below: split, above: split };
  }
  // Where only arrivals have changed the list, it stands where it stood.
  if (place.rank >= below && place.rank < above && !view.has(place.rank)) return { unknown: place.rank };
  const unknown = nearestUnknown(view, below, above);
  if (unknown !== undefined) return { unknown };
  // The row is gone. Among those of its very time, it was where its rank says: that is the best guess there is.
  const split = Math.min(Math.max(place.rank, below), above);
  return { below: split, above: split };
}

/** The rank between those two that has not been read and is nearest to the middle; undefined where all have been. */
function nearestUnknown<Row>(view: RankedView<Row>, below: number, above: number): number | undefined {
  const middle = Math.floor((below + above) / 2);
  for (let distance = 0; distance <= above - below; distance += 1) {
    for (const rank of [middle - distance, middle + distance])
      if (rank >= below && rank < above && !view.has(rank)) return rank;
  }
  return undefined;
}
