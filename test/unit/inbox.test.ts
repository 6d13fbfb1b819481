import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { emptyState } from '../../src/messaging/conversationState.ts';
import { encodeChangeCursor } from '../../src/messaging/cursors.ts';
import { InputError } from '../../src/messaging/errors.ts';
import type { InboxFilter } from '../../src/messaging/events.ts';
import type { ReadLatest } from '../../src/messaging/inbox.ts';
import { readInbox } from '../../src/messaging/inbox.ts';
import type { LiveStore } from '../../src/messaging/liveStore.ts';
import type { ConversationState as State } from '../../src/messaging/provider.ts';
import { stateKey } from '../../src/realtime/createIngest.ts';
import { createMemoryLiveStore } from '../../src/store/createMemoryLiveStore.ts';

jest.setTimeout(60_000);

const ACCOUNTS = ['acme', 'b', 'shop', 'Z'];
const START = Date.UTC(2024, 4, 1);

/** What is known of a conversation; null where that is not known. */
interface Known {
  readonly accountId: string;
  readonly externalId: string;
  /** The number of the instant. */
  readonly at: number;
  readonly title: string | null;
  readonly state: State | null;
  readonly unread: number | null;
}

function knownOf(known: Partial<Known> & Pick<Known, 'externalId' | 'at'>): Known {
  return { accountId: 'acme', title: null, state: null, unread: null, ...known };
}

async function createStore(conversations: readonly Known[]): Promise<LiveStore> {
  const live = createMemoryLiveStore({ keep: 1_000 });
  for (const known of conversations) expect(await write(live, known)).toBe(true);
  return live;
}

function write(
  live: LiveStore,
  { accountId, externalId, at, title, state, unread }: Known,
): Promise<boolean> {
  const when = new Date(START + at).toISOString();
  const text = JSON.stringify({
    ...emptyState({ accountId, externalId }),
    facts: {
      ...(title !== null && { title: [title, when] }),
      ...(state !== null && { state: [state, when] }),
      ...(unread !== null && { unreadCount: [unread, when] }),
    },
    activityAt: when,
  });
  const commit = { accountId, key: stateKey(externalId), expected: undefined, state: text };
  return live.commit({ ...commit, activityAt: START + at, changes: [] });
}

const readOf =
  (live: LiveStore): ReadLatest =>
  (accountId, after, count) =>
    live.latest(accountId, after, count);

interface Walk {
  readonly accountIds?: readonly string[];
  readonly filter?: InboxFilter;
  readonly sizes: readonly number[];
  readonly betweenPages?: (page: number) => Promise<unknown>;
}

/** Reads page after page to the end. */
async function walkAll(
  live: LiveStore,
  { accountIds = ACCOUNTS, filter = {}, sizes, betweenPages }: Walk,
): Promise<readonly string[]> {
  const met: string[] = [];
  let cursor: string | undefined;
  for (let number = 0; ; number += 1) {
    if (number > 0) await betweenPages?.(number);
    const size = sizes[number % sizes.length]!;
    const page = await readInbox({ accountIds, filter, size, cursor }, readOf(live));
    expect(page.items.length).toBeLessThanOrEqual(size);
    expect(page.hasPreviousPage).toBe(cursor !== undefined);
    met.push(...page.items.map(({ conversation }) => nameOf(conversation)));
    if (!page.hasNextPage) return met;
    // Where the last one stands is where the page ends, as long as the page is full.
    if (page.items.length === size) expect(page.end).toBe(page.cursorAt(size - 1));
    cursor = page.end;
  }
}

function nameOf({ accountId, externalId }: { accountId: string; externalId: string }): string {
  return `${accountId} ${externalId}`;
}

/** The whole of it: newest first, those of one instant by account, and those of one account backwards by the bytes of their ids. */
function sort(conversations: readonly Known[]): readonly Known[] {
  return conversations.toSorted(
    (a, b) =>
      b.at - a.at ||
      (a.accountId === b.accountId
        ? Buffer.compare(Buffer.from(b.externalId), Buffer.from(a.externalId))
        : Buffer.compare(Buffer.from(a.accountId), Buffer.from(b.accountId))),
  );
}

const externalId = fc.oneof(
  fc.nat({ max: 120 }).map(String),
  fc.constantFrom('é', 'я', '\uFFFD', '\u{1F600}', '\u{10FFFF}', '__proto__', ' '),
);
const conversations = fc.uniqueArray(
  fc.record<Known>({
    accountId: fc.constantFrom(...ACCOUNTS),
    externalId,
    // Few instants, so that many are equal.
    at: fc.nat({ max: 6 }),
    title: fc.option(fc.constantFrom('Ann Müller', 'Ben', 'ÅNN', 'Анна')),
    state: fc.option(fc.constantFrom('OPEN', 'CLOSED', 'ARCHIVED', 'BLOCKED')),
    unread: fc.option(fc.nat({ max: 2 })),
  }),
  { selector: nameOf, maxLength: 60, size: 'max' },
);
const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });

describe('walking the inbox', () => {
  it('meets each conversation once, in order, whatever the sizes of the pages', async () => {
    await fc.assert(
      fc.asyncProperty(conversations, sizes, fc.subarray(ACCOUNTS), async (all, varying, accountIds) => {
        const live = await createStore(all);
        const wanted = all.filter(({ accountId }) => accountIds.includes(accountId));

        expect(await walkAll(live, { accountIds: accountIds.toReversed(), sizes: varying })).toEqual(
          sort(wanted).map(nameOf),
        );
      }),
      { numRuns: 80 },
    );
  });

  it('goes on from each edge with what comes after it', async () => {
    await fc.assert(
      fc.asyncProperty(conversations, async (all) => {
        const live = await createStore(all);
        const sorted = sort(all).map(nameOf);
        const query = { accountIds: ACCOUNTS, filter: {}, size: 100 };
        const whole = await readInbox({ ...query, cursor: undefined }, readOf(live));

        for (const index of sorted.keys()) {
          const { items } = await readInbox({ ...query, cursor: whole.cursorAt(index) }, readOf(live));
          expect(items.map(({ conversation }) => nameOf(conversation))).toEqual(sorted.slice(index + 1));
        }
      }),
      { numRuns: 30 },
    );
  });

  it('reads on beyond what it reads at once, also among conversations of one instant', async () => {
    const all = Array.from({ length: 250 }, (_none, index) =>
      ACCOUNTS.map((accountId) => knownOf({ accountId, externalId: String(index), at: index % 2 })),
    ).flat();
    const live = await createStore(all);

    for (const size of [7, 100, 333, 2_000])
      expect(await walkAll(live, { sizes: [size] })).toEqual(sort(all).map(nameOf));
  });

  it('loses and repeats nothing while others become the newest', async () => {
    await fc.assert(
      fc.asyncProperty(conversations, sizes, async (all, varying) => {
        const live = await createStore(all);
        const arrive = (number: number) =>
          write(live, knownOf({ accountId: 'b', externalId: `new ${number}`, at: 100 + number }));

        expect(await walkAll(live, { sizes: varying, betweenPages: arrive })).toEqual(sort(all).map(nameOf));
      }),
      { numRuns: 50 },
    );
  });

  it('ends at once where nothing is known', async () => {
    const live = await createStore([]);

    for (const accountIds of [ACCOUNTS, []]) {
      const page = await readInbox({ accountIds, filter: {}, size: 5, cursor: undefined }, readOf(live));
      expect(page).toMatchObject({ items: [], hasNextPage: false, hasPreviousPage: false, end: undefined });
    }
  });
});

describe('a filter', () => {
  const filter = fc.record<InboxFilter>(
    {
      states: fc.subarray<State>(['OPEN', 'CLOSED', 'ARCHIVED', 'BLOCKED']),
      unread: fc.boolean(),
      text: fc.constantFrom('ann', 'MÜLLER', 'Mu\u0308ller', 'А', 'nobody', ''),
    },
    { requiredKeys: [] },
  );
  const LOWER: Record<string, string> = { 'Ann Müller': 'ann müller', Ben: 'ben', ÅNN: 'ånn', Анна: 'анна' };
  const TEXTS: Record<string, string> = {
    ...{ ann: 'ann', MÜLLER: 'müller', 'Mu\u0308ller': 'müller', А: 'а', nobody: 'nobody', '': '' },
  };

  function isWanted({ title, state, unread }: Known, wanted: InboxFilter): boolean {
    if (wanted.states && (state === null || !wanted.states.includes(state))) return false;
    if (wanted.unread === true && !(unread !== null && unread > 0)) return false;
    if (wanted.unread === false && unread !== 0) return false;
    return wanted.text === undefined || (title === null ? '' : LOWER[title]!).includes(TEXTS[wanted.text]!);
  }

  it('leaves out what does not fit, and what is not known to fit', async () => {
    await fc.assert(
      fc.asyncProperty(conversations, filter, sizes, async (all, wanted, varying) => {
        const live = await createStore(all);

        expect(await walkAll(live, { filter: wanted, sizes: varying })).toEqual(
          sort(all.filter((known) => isWanted(known, wanted))).map(nameOf),
        );
      }),
      { numRuns: 100 },
    );
  });

  it('refuses the cursor of another one, and of another list', async () => {
    const live = await createStore([1, 2, 3].map((at) => knownOf({ externalId: String(at), at })));
    const read = (wanted: InboxFilter, cursor?: string) =>
      readInbox({ accountIds: ACCOUNTS, filter: wanted, size: 2, cursor }, readOf(live));
    const filters: InboxFilter[] = [
      ...[{}, { text: '' }, { text: 'a' }, { states: [] }, { states: ['OPEN'] }, { unread: false }],
      ...[{ unread: true }, { accountIds: ['acme'] }, { providers: ['PACT'] }, { providers: ['PIGEONS'] }],
    ] as const;
    const first = await read({});

    for (const other of filters.slice(1))
      await expect(read(other, first.end)).rejects.toBeInstanceOf(InputError);
    for (const cursor of ['', 'x', '!', encodeChangeCursor({ epoch: 'e', id: '1-1' })])
      await expect(read({}, cursor)).rejects.toMatchObject({ code: 'BAD_USER_INPUT', argument: 'after' });
  });

  it('is the same in another order, and with repetitions', async () => {
    const open = [1, 2, 3].map((at) => knownOf({ externalId: String(at), at, state: 'OPEN' }));
    const live = await createStore(open);
    const read = (states: readonly State[], accountIds: readonly string[], cursor?: string) =>
      readInbox({ accountIds: ACCOUNTS, filter: { states, accountIds }, size: 2, cursor }, readOf(live));
    const { end } = await read(['OPEN', 'CLOSED'], ['acme', 'shop']);

    const next = await read(['CLOSED', 'OPEN', 'OPEN'], ['shop', 'acme', 'shop'], end);

    expect(next.items.map(({ conversation }) => conversation.externalId)).toEqual(['1']);
  });

  it('that hardly anything fits looks at a bounded number of them, and goes on from there', async () => {
    const rare = knownOf({ externalId: 'rare', at: 0, title: 'rare' });
    const all = [
      ...Array.from({ length: 12_000 }, (_none, index) =>
        knownOf({ accountId: ACCOUNTS[index % 2]!, externalId: String(index), at: 10 + (index % 5_000) }),
      ),
      rare,
    ];
    const live = createMemoryLiveStore({ keep: 1_000, maxStates: 20_000 });
    for (const known of all) await write(live, known);
    let rows = 0;
    const read: ReadLatest = async (...args) => {
      const found = await live.latest(...args);
      rows += found.length;
      return found;
    };
    const found: number[] = [];
    let cursor: string | undefined;

    for (;;) {
      rows = 0;
      const page = await readInbox(
        { accountIds: ACCOUNTS, filter: { text: 'rare' }, size: 10, cursor },
        read,
      );
      // No more than what it looks at, and what it has read ahead of each account.
      expect(rows).toBeLessThanOrEqual(5_000 + ACCOUNTS.length * 100);
      found.push(page.items.length);
      if (!page.hasNextPage) break;
      cursor = page.end;
    }

    expect(found).toEqual([0, 0, 1]);
  });
});

describe('what the inbox shows', () => {
  it('is what is known, null for what is not, and when something last happened', async () => {
    const live = await createStore([
      knownOf({ externalId: '1', at: 1_000, title: 'Ann', state: 'OPEN', unread: 2 }),
      knownOf({ externalId: '2', at: 0 }),
    ]);

    const { items } = await readInbox(
      { accountIds: ['acme'], filter: {}, size: 5, cursor: undefined },
      readOf(live),
    );

    expect(items).toMatchObject([
      {
        conversation: { accountId: 'acme', externalId: '1', title: 'Ann', state: 'OPEN', unreadCount: 2 },
        lastMessage: null,
        lastActivityAt: '2024-05-01T00:00:01.000Z',
      },
      {
        conversation: { externalId: '2', title: null, state: null, unreadCount: null, participants: null },
        lastActivityAt: '2024-05-01T00:00:00.000Z',
      },
    ]);
  });
});
