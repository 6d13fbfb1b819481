import type { FetchPage, ListHabits } from './rankedView.ts';
import { ChangedError, MAX_CALLS, RankedView } from './rankedView.ts';
import type { PactV2MessageRow } from './wire.ts';

/** How the messages of one conversation are read. */
export interface Messages {
  readonly fetchPage: FetchPage<PactV2MessageRow>;
  readonly habits: ListHabits;
}

export interface BackWalk {
  /** Takes a row, newest first. A row may come again, where the list has changed meanwhile. */
  readonly take: (row: PactV2MessageRow) => unknown;
  /** Whether another page is worth its call, of so many that were made. */
  readonly goOn: (calls: number) => boolean;
}

/**
 * Walks through a conversation from the newest message back, in at most 20 calls. Gives how many it took, and whether the whole
 * conversation was seen.
 */
export async function walkBack(
  { fetchPage, habits }: Messages,
  { take, goOn }: BackWalk,
): Promise<{ readonly complete: boolean; readonly calls: number }> {
  const calls = { made: 0 };
  const mayGoOn = () => calls.made < MAX_CALLS && goOn(calls.made);
  const options = { fetchPage, habits, unreachable, idOf, timeOf };
  for (;;) {
    try {
      const view = new RankedView(options, calls, undefined);
      const complete = await walkOnce(view, habits, { take, mayGoOn });
      return { complete, calls: calls.made };
    } catch (error) {
      if (!(error instanceof ChangedError)) throw error;
      if (!mayGoOn()) return { complete: false, calls: calls.made };
    }
  }
}

const idOf = ({ id }: PactV2MessageRow) => id;
const timeOf = ({ time }: PactV2MessageRow) => time;

/** Whether all of it was seen. */
async function walkOnce(
  view: RankedView<PactV2MessageRow>,
  { perPage }: ListHabits,
  { take, mayGoOn }: { readonly take: BackWalk['take']; readonly mayGoOn: () => boolean },
): Promise<boolean> {
  await view.readNewest(perPage);
  for (let rank = view.total! - 1; rank >= 0; rank -= 1) {
    while (!view.has(rank)) {
      if (!mayGoOn()) return false;
      await view.read(rank, Math.max(-1, rank - perPage));
    }
    const row = view.at(rank);
    if (row) take(row);
  }
  return true;
}

function unreachable(): Error {
  return new Error('more calls than a search may make');
}
