import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import type { Change, MessageChange } from '../../src/messaging/changes.ts';
import { FIRST } from '../../src/messaging/changes.ts';
import { readInbox } from '../../src/messaging/inbox.ts';
import type { EventProgress } from '../../src/messaging/live.ts';
import type { LiveStore } from '../../src/messaging/liveStore.ts';
import type { Reading } from '../../src/messaging/noticeReads.ts';
import type { Conversation, Delivery, Message, Reaction } from '../../src/messaging/provider.ts';
import { createSystemContext } from '../../src/messaging/systemContext.ts';
import type { Ingest, TellingEvent } from '../../src/realtime/createIngest.ts';
import { createIngest } from '../../src/realtime/createIngest.ts';
import { createMemoryLiveStore } from '../../src/store/createMemoryLiveStore.ts';

jest.setTimeout(60_000);

const ACCOUNTS = ['acme', 'shop'] as const;
const REF = { accountId: 'acme', externalId: 'c1' };
const DAY = 86_400_000;
const START = Date.UTC(2024, 4, 1);
const context = createSystemContext(new AbortController().signal);

/** The instant that is so many seconds after the first. */
const at = (second: number) => new Date(START + second * 1_000).toISOString();

interface MessageOptions {
  readonly conversation?: { readonly accountId: string; readonly externalId: string };
  readonly sentAt: number;
  readonly text?: string;
  readonly direction?: Message['direction'];
  readonly reactions?: readonly string[];
  readonly progress?: EventProgress | null;
}

function messageOf(
  externalId: string,
  {
    conversation = REF,
    sentAt,
    text = `text of ${externalId}`,
    direction = 'OUTBOUND',
    reactions = [],
    progress = null,
  }: MessageOptions,
): Message {
  const ref = {
    accountId: conversation.accountId,
    conversationExternalId: conversation.externalId,
    externalId,
  };
  const delivery: Delivery | null = progress && {
    ...{ id: null, evidence: 'HISTORY', asOf: at(sentAt), message: ref },
    ...progress,
  };
  return {
    ...ref,
    ...{
      direction,
      text,
      author: null,
      attachments: [],
      sentAt: at(sentAt),
      delivery,
      isDeleted: null,
      repliedTo: null,
    },
    content: { kind: 'TextContent', text },
    reactions: reactions.map((emoji): Reaction => {
      return {
        ...{ emoji, author: null, createdAt: null },
        providerDetails: { kind: 'PactReaction', raw: null },
      };
    }),
    providerDetails: {
      kind: 'LetstalkMessage',
      ...{ remoteId: null, internal: null, subject: null, contentType: null, repliedAt: null },
    },
  };
}

type State = EventProgress['state'];

function progressOf(state: State, second = 0): EventProgress {
  return {
    ...{ state, sentAt: null, deliveredAt: null, readAt: null, failureReason: null },
    ...(state === 'DELIVERED' && { deliveredAt: at(second + 10) }),
    ...(state === 'READ' && { readAt: at(second + 20) }),
    ...(state === 'FAILED' && { failureReason: 'no such number' }),
  };
}

function refOf({ accountId, conversationExternalId, externalId }: Message) {
  return { accountId, conversationExternalId, externalId };
}

interface World {
  readonly live: LiveStore;
  readonly ingest: Ingest;
  /** Takes events of the account, one after the other. */
  take(...events: readonly TellingEvent[]): Promise<void>;
  /** A look at the end of the history. */
  look(...messages: readonly Message[]): Promise<void>;
  /** What was told since this was last asked: the kind, and the message's id where there is one. */
  news(): Promise<string[]>;
  inbox(): Promise<readonly Row[]>;
}

function createWorld(): World {
  const live = createMemoryLiveStore({ keep: DAY });
  const ingest = createIngest({ live, now: Date.now });
  let seen = FIRST;
  return {
    live,
    ingest,
    async take(...events) {
      for (const event of events) await ingest.take('acme', event, context);
    },
    look: (...messages) => ingest.takeHistory(REF, { messages }, context),
    async news() {
      const found = await live.changes(ACCOUNTS, seen, 10_000);
      seen = found.at(-1)?.id ?? seen;
      return found.map(({ change }) => toWords(JSON.parse(change) as Change));
    },
    inbox: () => readRows(live),
  };
}

function toWords(change: Change): string {
  if (change.kind === 'CONVERSATION_UPDATED') return change.kind;
  if (change.kind === 'DELIVERY_UPDATED')
    return `${change.kind} ${change.message?.externalId ?? change.jobId} ${change.delivery.state}`;
  return `${change.kind} ${change.message.externalId}`;
}

/** What the inbox shows of a conversation. */
interface Row {
  readonly id: string;
  readonly activityAt: string;
  readonly title: string | null;
  readonly state: string | null;
  readonly unread: number | null;
  readonly last: {
    readonly id: string;
    readonly text: string | null;
    readonly direction: string | null;
    readonly delivery: string | null;
    readonly deliveredAt: string | null;
    readonly readAt: string | null;
    readonly reactions: readonly string[];
  } | null;
}

async function readRows(live: LiveStore): Promise<readonly Row[]> {
  const { items } = await readInbox(
    { accountIds: ACCOUNTS, filter: {}, size: 1_000, cursor: undefined },
    (id, after, count) => live.latest(id, after, count),
  );
  return items.map(({ conversation, lastMessage, lastActivityAt }) => {
    expect(conversation.lastMessageText).toBe(lastMessage?.text ?? null);
    return {
      id: `${conversation.accountId} ${conversation.externalId}`,
      activityAt: lastActivityAt,
      title: conversation.title ?? null,
      state: conversation.state ?? null,
      unread: conversation.unreadCount ?? null,
      last: lastMessage && {
        id: lastMessage.externalId,
        text: lastMessage.text,
        direction: lastMessage.direction,
        delivery: lastMessage.delivery?.state ?? null,
        deliveredAt: lastMessage.delivery?.deliveredAt ?? null,
        readAt: lastMessage.delivery?.readAt ?? null,
        reactions: lastMessage.reactions.map(({ emoji }) => emoji),
      },
    };
  });
}

/** Something that can be told, any number of times. */
type Tellable =
  | { readonly how: 'event'; readonly accountId: string; readonly event: TellingEvent }
  | { readonly how: 'list'; readonly conversation: Conversation }
  /** A read for a client has shown it as the newest. */
  | { readonly how: 'read'; readonly newest: Message };

function tell(ingest: Ingest, tellable: Tellable): Promise<unknown> {
  if (tellable.how === 'read') return ingest.takeRead(readingOf(tellable.newest));
  return tellable.how === 'list'
    ? ingest.takeListed(tellable.conversation, undefined)
    : ingest.take(tellable.accountId, tellable.event, context);
}

function readingOf(newest: Message, conversation: Partial<Conversation> = {}): Reading {
  const { accountId, conversationExternalId: externalId } = newest;
  return { conversation: { accountId, externalId, ...conversation }, newest };
}

// Once delivered, a message can't have failed.
const ORDER: readonly State[] = ['QUEUED', 'SENT', 'FAILED', 'DELIVERED', 'READ'];
const EMOJIS = ['👍', '❤️', '🎉'];

const directionOf = (number: number) => (number % 2 === 0 ? 'INBOUND' : 'OUTBOUND');

const facts = fc.record(
  {
    title: fc.option(fc.constantFrom('Ann', 'Ben', 'Cid')),
    state: fc.option(fc.constantFrom('OPEN', 'CLOSED', 'ARCHIVED')),
    unreadCount: fc.option(fc.nat({ max: 3 })),
  },
  { requiredKeys: [] },
);

/**
 * Everything that is told of one conversation. Which of two facts of one instant is true, nobody can know: each instant has its own, so
 * that messages that were sent at the same time bring the same, and events of the conversation have instants between those of messages.
 * Neither is it known which of two texts of a message came first where they are told in any order: nothing is edited here.
 */
function tellablesOf(accountId: string, externalId: string): fc.Arbitrary<readonly Tellable[]> {
  const conversation = { accountId, externalId };
  // Few instants, so that many messages are of the same.
  const instant = fc.nat({ max: 4 }).map((number) => number * 2);
  const message = fc.record({
    sentAt: instant,
    isCostly: fc.boolean(),
    bringsFacts: fc.boolean(),
    versions: fc.array(
      fc.record({ reactions: fc.nat({ max: EMOJIS.length }), state: fc.option(fc.constantFrom(...ORDER)) }),
      { minLength: 1, maxLength: 3 },
    ),
    progress: fc.uniqueArray(fc.constantFrom(...ORDER), { maxLength: 3 }),
    isTold: fc.boolean(),
    isRead: fc.boolean(),
  });
  const told = fc.record({ second: instant.map((second) => second + 1), isListed: fc.boolean() });
  return fc
    .record({
      factsAt: fc.array(facts, { minLength: 10, maxLength: 10 }),
      messages: fc.array(message, { maxLength: 6 }),
      toldAt: fc.array(told, { maxLength: 4 }),
    })
    .map(({ factsAt, messages, toldAt }) => [
      ...messages.flatMap(
        (
          { sentAt, isCostly, bringsFacts, versions, progress, isTold, isRead },
          index,
        ): readonly Tellable[] => {
          // As numbers, 10 comes after 9; as texts, before.
          const number = index + 7;
          const id = String(number);
          const known = directionOf(number);
          const isInbound = known === 'INBOUND';
          const options: MessageOptions = {
            conversation,
            sentAt,
            direction: isCostly ? () => Promise.resolve(known) : known,
          };
          const toEvent = (event: TellingEvent): Tellable => ({ how: 'event', accountId, event });
          const shown = versions.map(({ reactions, state }) =>
            messageOf(id, {
              ...options,
              reactions: EMOJIS.slice(0, reactions),
              progress: isInbound || state === null ? null : progressOf(state, sentAt),
            }),
          );
          const reads = isRead ? shown.map((newest): Tellable => ({ how: 'read', newest })) : [];
          const events = shown.map((message) =>
            toEvent({
              kind: 'MESSAGE',
              isNew: false,
              message,
              ...(bringsFacts && { conversation: { ...conversation, ...factsAt[sentAt] } }),
            }),
          );
          const message = refOf(messageOf(id, options));
          const deliveries = (isInbound ? [] : progress).map((state) =>
            toEvent({ kind: 'DELIVERY', message, progress: progressOf(state, sentAt) }),
          );
          return isTold ? [...events, ...deliveries, ...reads] : deliveries;
        },
      ),
      ...toldAt.map(({ second, isListed }): Tellable => {
        const told: Conversation = { ...conversation, ...factsAt[second], lastActivityAt: at(second) };
        return isListed
          ? { how: 'list', conversation: told }
          : { how: 'event', accountId, event: { kind: 'CONVERSATION', conversation: told } };
      }),
    ]);
}

const tellables: fc.Arbitrary<readonly Tellable[]> = fc
  .tuple(
    tellablesOf('acme', 'c1'),
    tellablesOf('acme', 'c2'),
    // The same name at another account is another conversation.
    tellablesOf('shop', 'c1'),
    tellablesOf('shop', 'd'),
  )
  .map((each) => each.flat());

/** All of them at least once, some more often, in any order; each by one of some who take them. */
const telling = fc.tuple(tellables, fc.array(fc.nat(), { maxLength: 30 })).chain(([all, again]) => {
  const repeated = all.length === 0 ? [] : again.map((index) => all[index % all.length]!);
  const sequence = [...all, ...repeated].map((tellable, index) => ({ tellable, by: again[index] ?? 0 }));
  const { length } = sequence;
  return fc.record({
    all: fc.constant(all),
    sequence: fc.shuffledSubarray(sequence, { minLength: length, maxLength: length }),
    takers: fc.integer({ min: 1, max: 4 }),
  });
});

/** The inbox from scratch: of everything that was told, whatever the order. */
function rowsOf(all: readonly Tellable[]): readonly Row[] {
  const ids = new Set(all.map(conversationIdOf));
  return [...ids]
    .map((id) =>
      rowOf(
        id,
        all.filter((tellable) => conversationIdOf(tellable) === id),
      ),
    )
    .filter((row) => row !== undefined)
    .sort((a, b) => {
      if (a.activityAt !== b.activityAt) return a.activityAt < b.activityAt ? 1 : -1;
      const [[left, one], [right, other]] = [a.id.split(' '), b.id.split(' ')];
      // Accounts forwards, and each one's conversations backwards.
      return left !== right ? (left! < right! ? -1 : 1) : one! < other! ? 1 : -1;
    });
}

function rowOf(id: string, told: readonly Tellable[]): Row | undefined {
  const events = told.flatMap((tellable) => (tellable.how === 'event' ? [tellable.event] : []));
  const messages = events.flatMap((event) => (event.kind === 'MESSAGE' ? [event.message] : []));
  const own = told.flatMap((tellable): Conversation[] => {
    if (tellable.how === 'list') return [tellable.conversation];
    if (tellable.how === 'read') return [];
    return tellable.event.kind === 'CONVERSATION' ? [tellable.event.conversation] : [];
  });
  const instants = [...messages.map(({ sentAt }) => sentAt), ...own.map((each) => each.lastActivityAt!)];
  const activityAt = instants.sort().at(-1);
  if (activityAt === undefined) return undefined;
  const known = [
    ...own.map((conversation) => ({ conversation, from: conversation.lastActivityAt! })),
    ...events.flatMap((event) =>
      event.kind === 'MESSAGE' && event.conversation
        ? [{ conversation: event.conversation, from: event.message.sentAt }]
        : [],
    ),
  ].sort((a, b) => (a.from < b.from ? -1 : 1));
  const fact = <K extends 'title' | 'state' | 'unreadCount'>(name: K) =>
    known.map(({ conversation }) => conversation[name]).findLast((value) => value != null) ?? null;
  return {
    ...{ id, activityAt },
    ...{ title: fact('title'), state: fact('state'), unread: fact('unreadCount') },
    last: lastOf(messages, events),
  };
}

function lastOf(messages: readonly Message[], events: readonly TellingEvent[]): Row['last'] {
  const newest = messages
    .toSorted((a, b) =>
      a.sentAt === b.sentAt ? Number(a.externalId) - Number(b.externalId) : a.sentAt < b.sentAt ? -1 : 1,
    )
    .at(-1);
  if (!newest) return null;
  const same = messages.filter(({ externalId }) => externalId === newest.externalId);
  const progress = [
    ...same.map(({ delivery }) => delivery),
    ...events.map((event) =>
      event.kind === 'DELIVERY' && event.message.externalId === newest.externalId ? event.progress : null,
    ),
  ].filter((each) => each !== null);
  const counts = same.map(({ reactions }) => reactions.length);
  const last = (instants: readonly (string | null)[]) => instants.find((instant) => instant !== null) ?? null;
  return {
    id: newest.externalId,
    text: newest.text,
    direction: directionOf(Number(newest.externalId)),
    delivery: ORDER.findLast((state) => progress.some((each) => each.state === state)) ?? null,
    deliveredAt: last(progress.map(({ deliveredAt }) => deliveredAt)),
    readAt: last(progress.map(({ readAt }) => readAt)),
    reactions: EMOJIS.slice(0, Math.max(...counts)),
  };
}

function conversationIdOf(tellable: Tellable): string {
  if (tellable.how === 'list') return idOf(tellable.conversation);
  if (tellable.how === 'read') return idOf(readingOf(tellable.newest).conversation);
  const { event, accountId } = tellable;
  if (event.kind === 'JOB') throw new Error('a job has no conversation');
  if (event.kind === 'CONVERSATION') return idOf(event.conversation);
  return idOf({ accountId, externalId: event.message.conversationExternalId });
}

function idOf({ accountId, externalId }: { accountId: string; externalId: string }): string {
  return `${accountId} ${externalId}`;
}

describe('what is told in any order, any number of times, by several at once', () => {
  const RUNS = { numRuns: 100 };

  /** Takes turns of the scheduler's choosing between every two calls of the store. */
  function createSlowStore(live: LiveStore, scheduler: fc.Scheduler): LiveStore {
    const turn = (call: string) => scheduler.schedule(Promise.resolve(), call);
    return {
      ...live,
      read: (...args) => turn('read').then(() => live.read(...args)),
      commit: (...args) => turn('commit').then(() => live.commit(...args)),
    };
  }

  type Sequence = readonly { readonly tellable: Tellable; readonly by: number }[];

  async function tellAll(live: LiveStore, takers: number, sequence: Sequence): Promise<void> {
    await Promise.all(
      Array.from({ length: takers }, async (_none, taker) => {
        const ingest = createIngest({ live, now: () => START });
        for (const { tellable, by } of sequence) if (by % takers === taker) await tell(ingest, tellable);
      }),
    );
  }

  async function changesOf(live: LiveStore): Promise<readonly Change[]> {
    const found = await live.changes(ACCOUNTS, FIRST, 10_000);
    return found.map(({ change }) => JSON.parse(change) as Change);
  }

  it('makes the inbox that all of it makes', async () => {
    await fc.assert(
      fc.asyncProperty(telling, fc.scheduler(), async ({ all, sequence, takers }, scheduler) => {
        const live = createMemoryLiveStore({ keep: DAY });
        await scheduler.waitFor(tellAll(createSlowStore(live, scheduler), takers, sequence));

        expect(await readRows(live)).toEqual(rowsOf(all));
      }),
      RUNS,
    );
  });

  it('tells of each message exactly once, and moves its delivery forward alone', async () => {
    await fc.assert(
      fc.asyncProperty(telling, fc.scheduler(), async ({ all, sequence, takers }, scheduler) => {
        const live = createMemoryLiveStore({ keep: DAY });
        await scheduler.waitFor(tellAll(createSlowStore(live, scheduler), takers, sequence));

        const changes = await changesOf(live);
        const added = changes.flatMap((change) => (change.kind === 'MESSAGE_ADDED' ? [nameOf(change)] : []));
        const told = all.flatMap((tellable) =>
          tellable.how === 'event' && tellable.event.kind === 'MESSAGE'
            ? [Object.values(refOf(tellable.event.message)).join(' ')]
            : [],
        );
        expect(added.toSorted()).toEqual([...new Set(told)].sort());
        expect(changes.map(({ kind }) => kind)).not.toContain('MESSAGE_UPDATED');
        const ways = new Map<string, string[]>();
        for (const change of changes) {
          const [name, delivery] = deliveryOf(change);
          const way = ways.get(name) ?? [];
          ways.set(name, way);
          // Each instant becomes known once, as well.
          if (delivery)
            way.push(`${ORDER.indexOf(delivery.state as State)}${delivery.deliveredAt}${delivery.readAt}`);
        }
        for (const way of ways.values()) {
          const ranks = way.map((step) => Number(step[0]));
          expect(ranks).toEqual(ranks.toSorted());
        }
        const steps = changes.flatMap((change) =>
          change.kind === 'DELIVERY_UPDATED' ? [JSON.stringify(change)] : [],
        );
        expect(new Set(steps).size).toBe(steps.length);
      }),
      RUNS,
    );
  });

  it('tells nothing when all of it is told again, in another order', async () => {
    await fc.assert(
      fc.asyncProperty(telling, fc.scheduler(), async ({ sequence, takers }, scheduler) => {
        const live = createMemoryLiveStore({ keep: DAY });
        await tellAll(live, 1, sequence);
        const rows = await readRows(live);
        const before = await live.position();

        const slow = createSlowStore(live, scheduler);
        await scheduler.waitFor(tellAll(slow, takers, sequence.toReversed()));

        expect((await live.position()).last).toBe(before.last);
        expect(await readRows(live)).toEqual(rows);
      }),
      RUNS,
    );
  });
});

function nameOf({ message }: MessageChange): string {
  return Object.values(refOf(message)).join(' ');
}

function deliveryOf(change: Change): readonly [string, Delivery | null] {
  if (change.kind === 'CONVERSATION_UPDATED') return ['', null];
  if (change.kind === 'DELIVERY_UPDATED') return [Object.values(change.message!).join(' '), change.delivery];
  return [nameOf(change), change.message.delivery];
}

describe('what is told of messages', () => {
  const told = (message: Message): TellingEvent => ({ kind: 'MESSAGE', message, isNew: false });
  const delivery = (externalId: string, state: State): TellingEvent => {
    return {
      kind: 'DELIVERY',
      message: refOf(messageOf(externalId, { sentAt: 0 })),
      progress: progressOf(state),
    };
  };
  /** The messages from one number to another, each sent a second after the one before. */
  const messages = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_none, index) =>
      messageOf(String(from + index), { sentAt: from + index }),
    );

  it('tells an edit once, shows it in the inbox, and takes no older version for another edit', async () => {
    const versions = Array.from({ length: 10 }, (_none, index) => `version ${index}`);
    const world = createWorld();

    for (const [index, text] of versions.entries()) {
      const edited = messageOf('7', { sentAt: 1, text });
      await world.take(told(edited), told(edited));
      expect(await world.news()).toEqual([index === 0 ? 'MESSAGE_ADDED 7' : 'MESSAGE_UPDATED 7']);
      expect((await world.inbox())[0]?.last?.text).toBe(text);
    }
    // With more than ever was known of it, so that it is told for that.
    await world.take(told(messageOf('7', { sentAt: 1, text: versions[3]!, reactions: ['👍'] })));

    expect(await world.news()).toEqual(['REACTIONS_UPDATED 7']);
    expect((await world.inbox())[0]?.last?.text).toBe('version 9');
  });

  it.each([
    ['before', ['MESSAGE_ADDED 7', 'MESSAGE_UPDATED 7']],
    ['after', ['MESSAGE_ADDED 7']],
  ])('shows no message again that was deleted, its words having come %s', async (when, expected) => {
    const world = createWorld();
    const words = messageOf('7', { sentAt: 1 });
    const deleted: Message = {
      ...messageOf('7', { sentAt: 1, text: '' }),
      isDeleted: true,
    };
    const order = when === 'before' ? [words, deleted, words] : [deleted, words, deleted];

    for (const message of order) await world.take({ kind: 'MESSAGE', message, isNew: message === words });

    expect(await world.news()).toEqual(expected);
    expect((await world.inbox())[0]?.last?.text).toBe('');
  });

  it('tells a reaction once, and a delivery that came with the message itself', async () => {
    const world = createWorld();
    const [plain, liked] = [[], ['👍']].map((reactions) => messageOf('7', { sentAt: 1, reactions }));
    const delivered = messageOf('7', { sentAt: 1, progress: progressOf('DELIVERED') });

    await world.take(told(plain!), told(liked!), told(plain!), told(liked!));
    await world.take(told(delivered), told(plain!), delivery('7', 'DELIVERED'), delivery('7', 'SENT'));

    expect(await world.news()).toEqual([
      'MESSAGE_ADDED 7',
      'REACTIONS_UPDATED 7',
      'DELIVERY_UPDATED 7 DELIVERED',
    ]);
  });

  it('tells how far a message has come before the message itself, which then has come as far', async () => {
    const world = createWorld();

    await world.take(delivery('7', 'READ'));
    expect(await world.inbox()).toEqual([]);
    await world.take(told(messageOf('7', { sentAt: 1, progress: progressOf('SENT') })));

    expect(await world.news()).toEqual(['DELIVERY_UPDATED 7 READ', 'MESSAGE_ADDED 7']);
    expect((await world.inbox())[0]?.last?.delivery).toBe('READ');
  });

  it('does not believe that a message failed which was delivered, whichever it is told first', async () => {
    const world = createWorld();

    await world.take(
      told(messageOf('7', { sentAt: 1 })),
      delivery('7', 'DELIVERED'),
      delivery('7', 'FAILED'),
    );
    await world.take(
      told(messageOf('8', { sentAt: 2 })),
      delivery('8', 'FAILED'),
      delivery('8', 'DELIVERED'),
    );

    expect(await world.news()).toEqual([
      ...['MESSAGE_ADDED 7', 'DELIVERY_UPDATED 7 DELIVERED'],
      ...['MESSAGE_ADDED 8', 'DELIVERY_UPDATED 8 FAILED', 'DELIVERY_UPDATED 8 DELIVERED'],
    ]);
    const state = await world.ingest.look(REF);
    expect(state?.messages['7']?.progress).toMatchObject({ state: 'DELIVERED', failureReason: null });
  });

  it('tells what became of a job, and nothing when that is told again', async () => {
    const world = createWorld();
    const job = (state: State): TellingEvent => {
      return { kind: 'JOB', jobId: 'j', messageId: null, progress: progressOf(state) };
    };

    await world.take(
      job('SENT'),
      job('SENT'),
      job('DELIVERED'),
      job('FAILED'),
      job('QUEUED'),
      job('DELIVERED'),
    );

    expect(await world.news()).toEqual(['DELIVERY_UPDATED j SENT', 'DELIVERY_UPDATED j DELIVERED']);
    expect(await world.inbox()).toEqual([]);
  });

  it('tells nothing of messages that are older than all that it remembers', async () => {
    const world = createWorld();
    await world.take(...messages(1, 150).map(told));
    expect(await world.news()).toHaveLength(150);

    // Although something is known of one of them, which is told for itself.
    await world.take(delivery('20', 'READ'), ...messages(1, 50).map(told), delivery('20', 'READ'));

    expect(await world.news()).toEqual(['DELIVERY_UPDATED 20 READ']);
    await world.take(...messages(51, 150).map(told));
    expect(await world.news()).toEqual([]);
  });

  it('tells a delivery once in a conversation of which it remembers as much as it can', async () => {
    const world = createWorld();
    await world.take(...messages(1, 120).map(told));
    await world.news();

    await world.take(delivery('121', 'SENT'), delivery('121', 'SENT'), told(messages(121, 121)[0]!));

    expect(await world.news()).toEqual(['DELIVERY_UPDATED 121 SENT', 'MESSAGE_ADDED 121']);
    expect((await world.inbox())[0]?.last?.delivery).toBe('SENT');
  });

  it('takes new messages after any number of deliveries whose messages nobody has told', async () => {
    const world = createWorld();
    const deliveries = Array.from({ length: 300 }, (_none, index) => delivery(String(index + 1), 'READ'));
    await world.take(...deliveries);
    expect(await world.news()).toHaveLength(300);
    await world.take(delivery('300', 'READ'));
    expect(await world.news()).toEqual([]);

    await world.take(told(messages(400, 400)[0]!), told(messages(399, 399)[0]!));

    expect(await world.news()).toEqual(['MESSAGE_ADDED 400', 'MESSAGE_ADDED 399']);
    expect(Object.keys((await world.ingest.look(REF))!.messages).length).toBeLessThanOrEqual(200);
  });

  it('remembers no more of a conversation, however much is told of it', async () => {
    const world = createWorld();
    const conversation = (index: number): TellingEvent => {
      return {
        kind: 'CONVERSATION',
        conversation: { ...REF, title: `title ${index}`, lastActivityAt: at(index) },
      };
    };
    const size = async () => JSON.stringify(await world.ingest.look(REF)).length;
    const tellMore = async (from: number) => {
      for (let index = from; index < from + 300; index += 1)
        await world.take(
          told(messages(index, index)[0]!),
          delivery(`${index}9999`, 'SENT'),
          conversation(index),
        );
    };

    await tellMore(1_000);
    const first = await size();
    await tellMore(2_000);

    expect(await size()).toBe(first);
  });

  it('remembers who had sent a message as unknown where that can’t be found out', async () => {
    const world = createWorld();

    await world.take(told(messageOf('7', { sentAt: 1, direction: () => Promise.reject(new Error('down')) })));

    expect(await world.news()).toEqual(['MESSAGE_ADDED 7']);
    expect((await world.inbox())[0]?.last?.direction).toBeNull();
  });

  describe('by looking at the history', () => {
    it('tells nothing of what was there at the first look, and what is newer at later ones', async () => {
      const world = createWorld();

      await world.look(...messages(1, 5));
      expect(await world.news()).toEqual([]);
      expect((await world.inbox())[0]?.last?.id).toBe('5');
      await world.look(...messages(3, 7));
      await world.look(...messages(3, 7));

      expect(await world.news()).toEqual(['MESSAGE_ADDED 6', 'MESSAGE_ADDED 7']);
    });

    it('tells the first message of a conversation in which nothing was at the first look', async () => {
      const world = createWorld();

      await world.look();
      await world.look(...messages(1, 1));

      expect(await world.news()).toEqual(['MESSAGE_ADDED 1']);
    });

    it('tells what is newer than the messages that events had told before the first look', async () => {
      const world = createWorld();
      await world.take(told(messages(4, 4)[0]!));

      await world.look(...messages(1, 6));

      expect(await world.news()).toEqual(['MESSAGE_ADDED 4', 'MESSAGE_ADDED 5', 'MESSAGE_ADDED 6']);
    });

    it('tells a message once that an event tells as well, whichever is first', async () => {
      const world = createWorld();
      await world.look(...messages(1, 3));

      await world.take(told(messages(4, 4)[0]!));
      await world.look(...messages(1, 5));
      await world.take(told(messages(5, 5)[0]!), told(messages(2, 2)[0]!));

      expect(await world.news()).toEqual(['MESSAGE_ADDED 4', 'MESSAGE_ADDED 5']);
    });

    it('tells what has become of a message that was there', async () => {
      const world = createWorld();
      await world.look(...messages(1, 3));

      await world.look(...messages(1, 2), messageOf('3', { sentAt: 3, progress: progressOf('READ') }));
      await world.look(...messages(1, 2), messageOf('3', { sentAt: 3, text: 'edited' }));

      expect(await world.news()).toEqual(['DELIVERY_UPDATED 3 READ', 'MESSAGE_UPDATED 3']);
    });
  });

  describe('of what reads have shown', () => {
    const read = (world: World, number: number, conversation?: Partial<Conversation>) =>
      world.ingest.takeRead(readingOf(messageOf(String(number), { sentAt: number }), conversation));

    it('shows it in the inbox, tells nobody, and tells all of it in order once it is heard of', async () => {
      const world = createWorld();
      await world.look(...messages(1, 3));

      await read(world, 6);
      expect(await world.news()).toEqual([]);
      expect(await world.inbox()).toMatchObject([{ activityAt: at(6), last: { id: '6' } }]);

      await world.look(...messages(1, 6));
      expect(await world.news()).toEqual(['MESSAGE_ADDED 4', 'MESSAGE_ADDED 5', 'MESSAGE_ADDED 6']);
      expect(await world.inbox()).toMatchObject([{ activityAt: at(6), last: { id: '6' } }]);
    });

    it('takes what a list shows then for as new as without it', async () => {
      const world = createWorld();
      await world.look(...messages(1, 3));
      await read(world, 6, { title: 'Ann', lastActivityAt: at(6) });
      expect(await world.news()).toEqual(['CONVERSATION_UPDATED']);

      expect(await world.ingest.takeListed({ ...REF, lastActivityAt: at(6) }, undefined)).toBe(true);
      expect(await world.news()).toEqual([]);
    });

    it('is no past: what a list brings then is no news', async () => {
      const world = createWorld();
      await read(world, 6, { title: 'Ann' });

      expect(await world.ingest.takeListed({ ...REF, title: 'Ben', lastActivityAt: at(7) }, undefined)).toBe(
        false,
      );
      await world.look(...messages(1, 7));

      expect(await world.news()).toEqual([]);
      expect(await world.inbox()).toMatchObject([{ title: 'Ben', activityAt: at(7), last: { id: '7' } }]);
    });

    it('shows how far the last message has come, and tells of it once an event does', async () => {
      const world = createWorld();
      await world.look(...messages(1, 3));
      const seen = messageOf('3', { sentAt: 3, progress: progressOf('READ') });

      await world.ingest.takeRead(readingOf(seen));
      expect(await world.news()).toEqual([]);
      expect(await world.inbox()).toMatchObject([{ last: { id: '3', delivery: 'READ' } }]);

      await world.take(delivery('3', 'READ'));
      expect(await world.news()).toEqual(['DELIVERY_UPDATED 3 READ']);
    });
  });

  describe('of a conversation itself', () => {
    it('tells nothing of one that a list brings for the first time, and what is new of it later', async () => {
      const world = createWorld();

      await world.ingest.takeListed({ ...REF, title: 'Ann', lastActivityAt: at(1) }, undefined);
      expect(await world.news()).toEqual([]);
      expect(await world.inbox()).toMatchObject([{ title: 'Ann', activityAt: at(1), last: null }]);
      await world.ingest.takeListed({ ...REF, title: 'Ann', lastActivityAt: at(1) }, undefined);
      expect(await world.news()).toEqual([]);
      await world.ingest.takeListed({ ...REF, title: 'Ben', lastActivityAt: at(2) }, undefined);

      expect(await world.news()).toEqual(['CONVERSATION_UPDATED']);
    });

    it('puts none that speaks of the future above what happens', async () => {
      const live = createMemoryLiveStore({ keep: DAY });
      let second = 0;
      const ingest = createIngest({ live, now: () => START + second * 1_000 });
      const other = { accountId: 'acme', externalId: 'c2' };
      await ingest.takeListed({ ...REF, lastActivityAt: '9999-12-31T23:59:59.000Z' }, undefined);
      second = 600;
      await ingest.takeListed({ ...other, lastActivityAt: at(600) }, undefined);

      expect((await readRows(live)).map(({ id }) => id)).toEqual(['acme c2', 'acme c1']);
    });

    it('believes the later of two facts, and keeps what a provider has said when it says nothing', async () => {
      const world = createWorld();
      const take = (title: string | null, second: number) =>
        world.take({
          kind: 'CONVERSATION',
          conversation: { ...REF, title, lastActivityAt: at(second) },
        });

      await take('Ben', 5);
      await take('Ann', 3);
      await take(null, 9);
      await take('Cid', 7);

      expect((await world.inbox())[0]).toMatchObject({ title: 'Cid', activityAt: at(9) });
    });
  });
});
