import { NotFoundError } from '../../../messaging/errors.ts';
import type { Outcome, ReadContext } from '../../../messaging/provider.ts';
import { MAX_CALLS } from './rankedView.ts';
import type { Messages } from './walkBack.ts';
import { walkBack } from './walkBack.ts';
import type { PactV2MessageRow } from './wire.ts';

/** How messages of one conversation are sought. */
export interface MessageSearch extends Messages {
  /** Throws a `NotFoundError` where it does not exist. */
  readonly fetchOne: (id: string) => Promise<PactV2MessageRow>;
  /** What is told of a message that is too far away to be found. */
  readonly unreachable: () => Error;
  /** Rows that the operation has met already. */
  readonly seen: () => Promise<PactV2MessageRow[]>;
}

type Found = Map<string, Outcome<PactV2MessageRow>>;

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
  let made = 0;
  if (ids.length > 1) {
    const wanted = new Set(ids);
    const { complete, calls } = await walkBack(search, {
      take: (row) => wanted.delete(row.id) && found.set(row.id, row),
      // Older pages too: as many as there are calls to be saved by them, and further where one by one would be too many.
      goOn: (calls) => calls <= wanted.size / 2 || calls + wanted.size > MAX_CALLS,
    });
    for (const id of complete ? wanted : []) found.set(id, null);
    made = calls;
  }
  const missing = ids.filter((id) => !found.has(id));
  await Promise.all(
    missing.map(async (id, index) => {
      found.set(id, index < MAX_CALLS - made ? await fetchOne(search, id) : search.unreachable());
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
  const seen = await search.seen();
  for (const row of seen) take(row);
  if (wanted.size === 0) return found;
  const { complete } = await walkBack(search, {
    take(row) {
      // What was answered may answer another one, which is the next that is asked for.
      seen.push(row);
      take(row);
    },
    goOn: () => wanted.size > 0,
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
