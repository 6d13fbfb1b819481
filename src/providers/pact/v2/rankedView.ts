import type { PactV2Page } from './wire.ts';

/** Reads one page by its number, from 1. */
export type FetchPage<Row> = (page: number, perPage: number) => Promise<PactV2Page<Row>>;

/**
 * What is learned of a list by its answers, and outlives them: pact.md names what it is sorted by and not which way, nor how many rows a
 * page may have at the most.
 */
export interface ListHabits {
  /** Whether the oldest rows come first; undefined until an answer has shown it, which is taken for no. */
  oldestFirst: boolean | undefined;
  /** The most rows that a page has. */
  perPage: number;
}

export interface ViewOptions<Row> {
  readonly fetchPage: FetchPage<Row>;
  readonly idOf: (row: Row) => string;
  /** What Pact sorts this list by, in milliseconds since 1970. */
  readonly timeOf: (row: Row) => number;
  readonly habits: ListHabits;
  /** Thrown where it would take more calls than there may be. */
  readonly unreachable: () => Error;
}

/** The most calls that one page or one search may cost, over all views of its list. */
export const MAX_CALLS = 20;

/** The calls of one page or one search. */
export interface CallCount {
  made: number;
}

/** The list has changed below a view, so that what it holds no longer fits together. */
export class ChangedError extends Error {}

/**
 * A numbered list as far as it has been read, by rank: 0 is the oldest row. Rows that arrive get ranks above all others and move none,
 * whatever they do to page numbers. Where a row turns up at another's rank, or the list has become shorter, a {@link ChangedError} is
 * thrown.
 */
export class RankedView<Row> {
  readonly #options: ViewOptions<Row>;
  readonly #count: CallCount;
  readonly #rows = new Map<number, Row | null>();
  #calls = 0;
  /** Whether arrivals have been in the way. */
  #isLate = false;
  /** The first page that had rows. */
  #first: Span | undefined;
  /** Whether the list may begin with the oldest rows, as one page of it does. */
  #isDoubtful = false;
  #total: number | undefined;

  /** @param total how many rows there are believed to be; undefined where nobody knows */
  constructor(options: ViewOptions<Row>, calls: CallCount, total: number | undefined) {
    this.#options = options;
    this.#count = calls;
    this.#total = total;
  }

  /** How many rows the list has, by its last answer. Undefined before the first. */
  get total(): number | undefined {
    return this.#calls > 0 ? this.#total : undefined;
  }

  /** Null for a row that can't be read; undefined for one that has not been. */
  at(rank: number): Row | null | undefined {
    return this.#rows.get(rank);
  }

  /** Whether another page may be read. */
  get mayRead(): boolean {
    return this.#count.made < MAX_CALLS;
  }

  has(rank: number): boolean {
    return this.#rows.has(rank);
  }

  rows(): Iterable<[number, Row | null]> {
    return this.#rows;
  }

  /** Reads at least the newest row, and up to so many where one call gives them. */
  async readNewest(count: number): Promise<void> {
    const { habits } = this.#options;
    // Which page the newest are on, an answer of several rows tells.
    if (habits.oldestFirst !== false && this.#total === undefined) await this.#read(1, habits.perPage);
    else if (habits.oldestFirst) await this.read(Math.max(0, this.#total! - count), this.#total!);
    else await this.#read(1, Math.min(count, habits.perPage));
  }

  /** Reads at least the oldest row, and up to so many where one call gives them. */
  async readOldest(count: number): Promise<void> {
    const { habits } = this.#options;
    if (habits.oldestFirst) await this.#read(1, Math.min(count, habits.perPage));
    else if (this.#total === undefined) await this.#read(1, habits.perPage);
    else await this.read(0, Math.min(count, this.#total));
  }

  /**
   * Reads the row at `from`, unless arrivals are in the way, and those on the way to `to`, which is not read, as far as one page has
   * them. `to` may lie on either side. On the way up the row before `from` is read once more: had one gone below it, it would stand
   * elsewhere.
   */
  async read(from: number, to: number): Promise<void> {
    const { habits } = this.#options;
    if (habits.oldestFirst === undefined && this.#calls === 0) return this.#read(1, habits.perPage);
    const total = this.#total!;
    const [low, high] = to > from ? [this.has(from - 1) ? from - 1 : from, to] : [to + 1, from + 1];
    const indexOf = (rank: number) => (habits.oldestFirst ? rank : total - 1 - rank);
    const [first, last] = [indexOf(low), indexOf(high - 1)].sort((a, b) => a - b) as [number, number];
    // Rows that come before the answer does push what was wanted off the end of the page.
    const margin = habits.oldestFirst || !this.#isLate ? 0 : Math.floor(habits.perPage / 3);
    const needed = indexOf(from);
    const { page, perPage } =
      smallestPage(first, last + margin, habits.perPage) ??
      largestPage(needed, needed + margin, habits.perPage);
    await this.#read(page, perPage);
    if (!this.has(from)) this.#isLate = true;
  }

  /** Reads a whole page that has that row, unless arrivals are in the way. */
  async readAround(rank: number): Promise<void> {
    const { oldestFirst, perPage } = this.#options.habits;
    const index = oldestFirst ? rank : this.#total! - 1 - rank;
    await this.#read(Math.floor(index / perPage) + 1, perPage);
  }

  async #read(page: number, asked: number): Promise<void> {
    const { fetchPage, habits, unreachable, timeOf } = this.#options;
    if (!this.mayRead) throw unreachable();
    this.#calls += 1;
    this.#count.made += 1;
    const answer = await fetchPage(page, asked);
    const { rows } = answer;
    // What is there is there, whatever is said of how much it is.
    const total = page === 1 ? Math.max(answer.total, Math.min(rows.length, asked)) : answer.total;
    const perPage = pageSizeOf(answer, page, asked);
    // Whoever gives less than was asked for has named the most.
    if (perPage < asked && rows.length > 0) habits.perPage = Math.max(perPage, FEWEST_ROWS);
    if (this.#calls > 1 && total < this.#total!) throw new ChangedError('the list is shorter');
    this.#total = total;
    const begin = (page - 1) * perPage;
    const end = Math.min(begin + perPage, total);
    const whole = rows.slice(0, Math.max(0, end - begin));
    const there = whole.filter((row) => row !== null);
    const times = there.map(timeOf);
    const order = orderOf(times);
    const oldestFirst = this.#learnOrder(times, order, begin);
    // All of one time, or in no order at all, they are sorted; the other way, they are turned round.
    const sorted =
      order === undefined
        ? sortRows(whole, there, oldestFirst, timeOf)
        : order === oldestFirst
          ? whole
          : whole.toReversed();
    // Where an answer has fewer rows than it should, there are none to wait for.
    for (let index = begin; index < end; index += 1)
      this.#put(oldestFirst ? index : total - 1 - index, sorted[index - begin] ?? null);
    const isProvable = total > perPage && this.#calls === 1 && this.mayRead;
    if (this.#isDoubtful && isProvable) await this.#read(page === 1 ? 2 : 1, asked);
  }

  #put(rank: number, row: Row | null): void {
    const { idOf } = this.#options;
    const known = this.#rows.get(rank);
    if (known && row && idOf(known) !== idOf(row)) throw new ChangedError('a row has moved');
    this.#rows.set(rank, row ?? known ?? null);
  }

  /**
   * Whether the list begins with the oldest rows. What two pages show of each other counts. What one page shows of itself does where it is
   * what was assumed; otherwise it is doubtful, since its rows need not stand as the pages do.
   */
  #learnOrder(times: readonly number[], order: boolean | undefined, begin: number): boolean {
    const { habits } = this.#options;
    if (times.length === 0) return habits.oldestFirst ?? false;
    const span = { begin, oldest: Math.min(...times), newest: Math.max(...times) };
    const shown = this.#first && orderOfSpans(this.#first, span);
    if (shown !== undefined) {
      const isNews = shown !== (habits.oldestFirst ?? false);
      habits.oldestFirst = shown;
      if (isNews) throw new ChangedError('the list is sorted the other way');
    }
    this.#first ??= span;
    // A message that its messenger has not dated yet may stand wrong between two; that is no habit.
    if (habits.oldestFirst === undefined && order === false && times.length >= 3) habits.oldestFirst = false;
    this.#isDoubtful = habits.oldestFirst === undefined && order === true;
    return habits.oldestFirst ?? false;
  }
}

/** The times of a page. */
interface Span {
  readonly begin: number;
  readonly oldest: number;
  readonly newest: number;
}

/** Whether the later of two pages has the newer rows; undefined where they do not show it. */
function orderOfSpans(one: Span, other: Span): boolean | undefined {
  const [first, second] = one.begin < other.begin ? [one, other] : [other, one];
  if (first.begin === second.begin) return undefined;
  if (first.newest < second.oldest) return true;
  return first.oldest > second.newest ? false : undefined;
}

/** Fewer rows than any page may have, so that one strange answer does not make each page after it as small. */
const FEWEST_ROWS = 10;

/** More rows than any page has. */
const MOST_ROWS = 1_000;

/** How many rows a page has where so many were asked for: what its answer says of that, unless the answer itself shows otherwise. */
function pageSizeOf({ rows, total, perPage }: PactV2Page<unknown>, page: number, asked: number): number {
  // A last page may say how many rows it has.
  const isLast = (page - 1) * asked + rows.length === total;
  return isLast || perPage < rows.length || perPage > MOST_ROWS ? asked : perPage;
}

/** Whether the times rise; undefined where they are all the same, or neither rise nor fall. */
function orderOf(times: readonly number[]): boolean | undefined {
  const rises = times.some((time, index) => index > 0 && time > times[index - 1]!);
  const falls = times.some((time, index) => index > 0 && time < times[index - 1]!);
  return rises === falls ? undefined : rises;
}

/** The rows of a page sorted by time; where one can't be read stays as it is. */
function sortRows<Row>(
  rows: readonly (Row | null)[],
  there: readonly Row[],
  oldestFirst: boolean,
  timeOf: (row: Row) => number,
): readonly (Row | null)[] {
  const sorted = there.toSorted((a, b) => (timeOf(a) - timeOf(b)) * (oldestFirst ? 1 : -1));
  let next = 0;
  return rows.map((row) => (row === null ? null : sorted[next++]!));
}

/** A page's number, from 1, and how many rows it has. */
interface PageChoice {
  readonly page: number;
  readonly perPage: number;
}

/** The smallest page, of so many rows at the most, that holds the rows with the indices from `first` to `last`, if any does. */
export function smallestPage(first: number, last: number, most: number): PageChoice | undefined {
  for (let perPage = last - first + 1; perPage <= most; perPage += 1) {
    const page = Math.floor(first / perPage);
    if (page === Math.floor(last / perPage)) return { page: page + 1, perPage };
  }
  return undefined;
}

/** The largest page that holds them; where none does, the largest that holds the first of them. */
export function largestPage(first: number, last: number, most: number): PageChoice {
  for (let perPage = most; perPage > last - first; perPage -= 1) {
    const page = Math.floor(first / perPage);
    if (page === Math.floor(last / perPage)) return { page: page + 1, perPage };
  }
  return { page: Math.floor(first / most) + 1, perPage: most };
}
