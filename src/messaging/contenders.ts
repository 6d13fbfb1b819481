import type { Store } from './store.ts';
import { ParleyError } from './errors.ts';

/**
 * Who may own a message that can be told by its content alone. All sends of one content into one conversation stand in one
 * list, from before they are tried until they are forgotten: a message of the history is evidence for a lost send only
 * when no other one has it, nor could have it.
 */
export interface Contenders {
  /** Before a try. */
  enter(place: string, contender: Contender): Promise<void>;
  /** After a definite refusal of that try: nothing of it is in the history. May come late, when another try has begun. */
  leave(place: string, refused: Contender): Promise<void>;
  /** When the provider has named the message. */
  settle(place: string, who: string, messageId: string): Promise<void>;
  /**
   * Gives a lost send the one message that can only be its own, and nobody else from then on. Null where there is none, or
   * where it might as well be another one's. What one was given stays its own, and nothing else is given to it.
   */
  claim(place: string, contender: Contender, candidates: readonly string[]): Promise<string | null>;
  /** Whether anybody there is without a message who may have one from before the end of that time. */
  isContended(place: string, until: string): Promise<boolean>;
  /** The messages there that are somebody else's. */
  ownedByOthers(place: string, who: string): Promise<ReadonlySet<string | null>>;
}

/** One try, at the earliest and at the latest; UTC ISO 8601. */
export interface Contender {
  readonly who: string;
  /** Tells its tries apart. */
  readonly token: string;
  readonly from: string;
  readonly until: string;
}

interface Entry extends Contender {
  readonly messageId: string | null;
}

export function createContenders(store: Store, timeToLive: number): Contenders {
  return {
    enter: (place, contender) =>
      update(place, (entries) => [...without(entries, is(contender.who)), { ...contender, messageId: null }]),
    leave: (place, { who, token }) =>
      update(place, (entries) => without(entries, (entry) => entry.who === who && entry.token === token)),
    // Its time is of interest only as long as its message is not known.
    settle: (place, who, messageId) =>
      update(place, (entries) => [
        ...without(entries, is(who)),
        { who, token: '', from: '', until: '', messageId },
      ]),

    async claim(place, contender, candidates) {
      let claimed: string | null = null;
      await update(place, (entries) => {
        const own = entries.find(is(contender.who))?.messageId ?? null;
        if (own !== null) {
          claimed = candidates.includes(own) ? own : null;
          return entries;
        }
        const others = without(entries, is(contender.who));
        claimed = onlyCandidate(others, contender, candidates);
        return claimed === null ? entries : [...others, { ...contender, messageId: claimed }];
      });
      return claimed;
    },

    isContended: async (place, until) => hasRival((await read(place)).entries, until),
    ownedByOthers: async (place, who) =>
      new Set(without((await read(place)).entries, is(who)).map(({ messageId }) => messageId)),
  };

  async function read(place: string): Promise<{ text: string | undefined; entries: readonly Entry[] }> {
    const text = await store.get(keyOf(place));
    return { text, entries: text === undefined ? [] : (JSON.parse(text) as readonly Entry[]) };
  }

  async function update(
    place: string,
    change: (entries: readonly Entry[]) => readonly Entry[],
  ): Promise<void> {
    const key = keyOf(place);
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const { text, entries } = await read(place);
      const changed = change(entries);
      if (changed === entries) return;
      const next = JSON.stringify(bounded(changed));
      const written =
        text === undefined
          ? await store.create(key, next, timeToLive)
          : await store.replace(key, text, next, timeToLive);
      if (written) return;
    }
    throw new ParleyError('STORE_UNAVAILABLE', 'Too many sends of the same text at once. Try again.', {
      retryable: true,
    });
  }
}

/** Each failed try means that another one got through: this many at once is no use of a conversation. */
const MAX_TRIES = 100;
const MAX_ENTRIES = 200;

function keyOf(place: string): string {
  return `contenders:${place}`;
}

function onlyCandidate(
  others: readonly Entry[],
  { until }: Contender,
  candidates: readonly string[],
): string | null {
  const taken = new Set(others.map(({ messageId }) => messageId));
  const free = candidates.filter((id) => !taken.has(id));
  return free.length === 1 && !hasRival(others, until) ? free[0]! : null;
}

// However long ago one was sent: a message that is delivered by a job may be days late.
function hasRival(others: readonly Entry[], until: string): boolean {
  return others.some(({ messageId, from }) => messageId === null && from <= until);
}

function is(who: string): (entry: Entry) => boolean {
  return (entry) => entry.who === who;
}

function without(entries: readonly Entry[], isMeant: (entry: Entry) => boolean): readonly Entry[] {
  return entries.some(isMeant) ? entries.filter((entry) => !isMeant(entry)) : entries;
}

/** Stands for those who are left out: any message might be one of theirs. */
const FORGOTTEN: Entry = { who: '', token: '', from: '', until: '', messageId: null };

// The oldest of those that have their message are left out, for that price.
function bounded(entries: readonly Entry[]): readonly Entry[] {
  const kept = without(entries, is(FORGOTTEN.who));
  let excess = kept.length - MAX_ENTRIES;
  const latest = kept.filter(({ messageId }) => messageId === null || excess-- <= 0);
  return latest.length === kept.length ? entries : [FORGOTTEN, ...latest];
}
