import { NotFoundError } from '../../../messaging/errors.ts';
import type { Outcome, ReadContext } from '../../../messaging/provider.ts';
import { ChangedError, RankedView } from './rankedView.ts';
import type { FetchPage, ListHabits } from './rankedView.ts';
import type { PactV2MessageRow } from './wire.ts';

/** How messages of one conversation are sought. */
export interface MessageSearch {
  readonly fetchPage: FetchPage<PactV2MessageRow>;
  /** Throws a `NotFoundError` where it does not exist. */
  readonly fetchOne: (id: string) => Promise<PactV2MessageRow>;
  readonly habits: ListHabits;
  /** What is too far away to be found. */
  readonly unreachable: () => Error;
  /** Rows that the operation has met already. */
  readonly seen: () => Promise<PactV2MessageRow[]>;
}

type Found = Map<string, Outcome<PactV2MessageRow>>;

/** The most calls that one search may cost. */
const MAX_CALLS = 20;

/** Rows of a conversation that an operation has met, to be found again without a call. */
export function rememberRows(key: string, context: ReadContext): Promise<PactV2MessageRow[]> {
  return context.share(key, () => Promise.resolve<PactV2MessageRow[]>([]));
}

/**
 * Messages by their ids: one by itself, several together on the newest page, since it is mostly those that are asked for, and what is not
 * there one by one.
 */
export async function findById(search: MessageSearch, ids: readonly string[]): Promise<Found> {
  const found: Found = new Map();
  let calls = 0;
  if (ids.length > 1) {
    const wanted = new Set(ids);
    // Older pages too: as many as there are calls to be saved by them, and further where one by one would be too many.
    const walked = await walkBack(search, {
      take: (row) => wanted.delete(row.id) && found.set(row.id, row),
      goOn: () => calls < MAX_CALLS && (calls <= wanted.size / 2 || calls + wanted.size > MAX_CALLS),
      made: () => (calls += 1),
    });
    for (const id of walked.complete ? wanted : []) found.set(id, null);
  }
  const missing = ids.filter((id) => !found.has(id));
  await Promise.all(
    missing.map(async (id, index) => {
      found.set(id, index < MAX_CALLS - calls ? await fetchOne(search, id) : search.unreachable());
    }),
  );
  return found;
}

/**
 * Messages by what their messenger calls them. There is no call for that: they are sought among the rows that are there already, and then
 * from the newest back.
 */
export async function findReplied(search: MessageSearch, names: readonly string[]): Promise<Found> {
  const found: Found = new Map();
  const wanted = new Set(names);
  const take = (row: PactV2MessageRow) => {
    const name = row.messengerId === null ? undefined : String(row.messengerId);
    if (name !== undefined && wanted.delete(name)) found.set(name, row);
  };
  for (const row of await search.seen()) take(row);
  if (wanted.size === 0) return found;
  let calls = 0;
  const { complete } = await walkBack(search, {
    take,
    goOn: () => wanted.size > 0 && calls < MAX_CALLS,
    made: () => (calls += 1),
  });
  for (const name of wanted) found.set(name, complete ? null : search.unreachable());
  return found;
}

async function fetchOne({ fetchOne: fetch }: MessageSearch, id: string): Promise<Outcome<PactV2MessageRow>> {
  try {
    return await fetch(id);
  } catch (error) {
    return error instanceof NotFoundError ? null : (error as Error);
  }
}

interface Walk {
  readonly take: (row: PactV2MessageRow) => unknown;
  /** Whether another page is worth its call. The first one is. */
  readonly goOn: () => boolean;
  readonly made: () => void;
}

/** Walks from the newest page back. `complete`: the whole list was seen. */
async function walkBack(
  { fetchPage, habits, unreachable }: MessageSearch,
  { take, goOn, made }: Walk,
): Promise<{ readonly complete: boolean }> {
  const options = {
    fetchPage(page: number, perPage: number) {
      made();
      return fetchPage(page, perPage);
    },
    ...{ habits, unreachable, maxCalls: MAX_CALLS },
    idOf: (row: PactV2MessageRow) => row.id,
    timeOf: (row: PactV2MessageRow) => Date.parse(row.sentAt),
  };
  for (;;) {
    const view = new RankedView<PactV2MessageRow>(options, undefined);
    try {
      await view.readNewest(habits.perPage);
      for (let rank = view.total! - 1; rank >= 0; rank -= 1) {
        if (!view.has(rank)) {
          if (!goOn()) return { complete: false };
          await view.read(rank, Math.max(-1, rank - habits.perPage));
          rank += 1;
          continue;
        }
        const row = view.at(rank);
        if (row) take(row);
      }
      return { complete: true };
    } catch (error) {
      if (!(error instanceof ChangedError)) throw error;
      if (!goOn()) return { complete: false };
    }
  }
}
