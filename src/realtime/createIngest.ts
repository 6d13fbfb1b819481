import type { Change, SettledMessage } from '../messaging/changes.ts';
import type { Applied, ConversationState, Place } from '../messaging/conversationState.ts';
import {
  activityOf,
  applyFacts,
  applyMessage,
  applyProgress,
  applyRead,
  emptyState,
  furthest,
  isAfter,
  newestKnown,
  toDelivery,
  wasHeardOf,
  withBaseline,
} from '../messaging/conversationState.ts';
import { ParleyError } from '../messaging/errors.ts';
import type { ConversationRef } from '../messaging/ids.ts';
import type { EventProgress, ProviderEvent } from '../messaging/live.ts';
import type { LiveStore } from '../messaging/liveStore.ts';
import type { Reading } from '../messaging/noticeReads.ts';
import type { Conversation, Message, ReadContext } from '../messaging/provider.ts';

/** Where events become changes: each has its effect once, however often and by whichever way it comes. */
export interface Ingest {
  /** Takes in what a provider tells. Throws `STORE_UNAVAILABLE` where that can't be remembered: then it may be told again. */
  take(accountId: string, event: TellingEvent, context: ReadContext): Promise<void>;
  /**
   * Takes in messages that were read from the end of a conversation's history, oldest first. What was there when it was looked at for the
   * first time is no news.
   */
  takeHistory(conversation: ConversationRef, history: History, context: ReadContext): Promise<void>;
  /**
   * Takes in what a list tells of a conversation. One that nobody knew is no news, nor are its messages up to then: it may be as old as
   * the account. Unless it was made after what the list has shown before.
   *
   * @param after when the newest conversation was made that the account's list had shown before; undefined for the first look at it
   * @returns whether it has messages of which nobody has heard
   */
  takeListed(conversation: Conversation, after: string | undefined): Promise<boolean>;
  /** Takes in what a read for a client has shown: the inbox has it, and of messages nobody is told. */
  takeRead(reading: Reading): Promise<void>;
  /** What is known of a conversation. */
  look(conversation: ConversationRef): Promise<ConversationState | undefined>;
}

/** All events but the one that tells nothing. */
export type TellingEvent = Exclude<ProviderEvent, { kind: 'STALE' }>;

export interface History {
  readonly messages: readonly Message[];
  readonly told?: Conversation | undefined;
}

/** What is known of a job. */
interface JobState {
  readonly messageId: string | null;
  readonly progress: EventProgress;
}

/** How often a state is looked at again because somebody else has changed it meanwhile. */
const MAX_TRIES = 100;
/** Milliseconds by which a provider's clock may be ahead. */
const CLOCK_DOUBT = 300_000;

export function createIngest({
  live,
  now,
}: {
  readonly live: LiveStore;
  readonly now: () => number;
}): Ingest {
  /** Those of this process take turns, so that they don't get in each other's way. */
  const turns = new Map<string, Promise<unknown>>();

  return {
    async take(accountId, event, context) {
      switch (event.kind) {
        case 'MESSAGE': {
          const { message, conversation: told, isNew } = event;
          const settled = await settle(message, context);
          return update(conversationRefOf(message), (state) =>
            applyMessage(state, { message: settled, told, isNews: true, isNew, now: instant() }),
          );
        }
        case 'DELIVERY': {
          const { message, progress } = event;
          return update(conversationRefOf(message), (state) =>
            applyProgress(state, { message, progress, now: instant() }),
          );
        }
        case 'CONVERSATION': {
          const { conversation } = event;
          return update(conversation, (state) =>
            applyFacts(state, { conversation, isNews: true, now: instant() }),
          );
        }
        case 'JOB':
          return takeJob(accountId, event);
      }
    },

    async takeHistory(conversation, { messages, told }, context) {
      const settled = await Promise.all(messages.map((message) => settle(message, context)));
      await update(conversation, (state) => {
        const based = withBaseline(state, newestKnown(state) ?? toPlace(settled.at(-1)));
        const start: Applied = { state: based, changes: [] };
        return settled.reduce(({ state, changes }, message) => {
          // Facts speak for the newest of them.
          const isNewest = message === settled.at(-1);
          const isNews = isAfter(message, based.baseline!);
          const next = applyMessage(state, {
            message,
            told: isNewest ? told : undefined,
            isNews,
            now: instant(),
          });
          return { state: next.state, changes: [...changes, ...next.changes] };
        }, start);
      });
    },

    async takeListed(conversation, after) {
      const { lastActivityAt, createdAt } = conversation;
      const isMadeSince = createdAt != null && after !== undefined && createdAt > after;
      let isStale = false;
      await update(conversation, (state, isNew) => {
        const isFresh = isNew && isMadeSince;
        const isNewer = lastActivityAt != null && lastActivityAt > (state.activityAt ?? '');
        isStale = isFresh || (!isNew && isNewer);
        const start = isFresh ? undefined : toBaseline(lastActivityAt);
        const isBased = isNew && (isFresh || start !== undefined);
        const based = isBased ? withBaseline(state, start) : state;
        return applyFacts(based, { conversation, isNews: !isNew || isFresh, now: instant() });
      });
      return isStale;
    },

    takeRead: ({ conversation, newest }) =>
      update(conversation, (state) =>
        applyRead(state, { conversation, newest: newest && withoutCall(newest), now: instant() }),
      ),

    async look({ accountId, externalId }) {
      const [text] = await live.read(accountId, [stateKey(externalId)]);
      return text === undefined ? undefined : (JSON.parse(text) as ConversationState);
    },
  };

  function instant(): string {
    return new Date(now()).toISOString();
  }

  function update(
    { accountId, externalId }: ConversationRef,
    apply: (state: ConversationState, isNew: boolean) => Applied,
  ): Promise<void> {
    return change<ConversationState>(accountId, stateKey(externalId), (known) => {
      const before = known ?? emptyState({ accountId, externalId });
      const { state, changes } = apply(before, !wasHeardOf(before));
      if (state === before && changes.length === 0) return undefined;
      const happened = activityOf(state);
      // What is said to happen in the future must not stand above what happens.
      const latest = now() + CLOCK_DOUBT;
      const activityAt = happened === null ? undefined : Math.min(Date.parse(happened), latest);
      return { state, changes, activityAt };
    });
  }

  function takeJob(
    accountId: string,
    { jobId, messageId, progress }: Extract<ProviderEvent, { kind: 'JOB' }>,
  ) {
    return change<JobState>(accountId, `job:${jobId}`, (known) => {
      const next: JobState = {
        messageId: messageId ?? known?.messageId ?? null,
        progress: furthest(known?.progress ?? null, progress)!,
      };
      if (known && JSON.stringify(next) === JSON.stringify(known)) return undefined;
      // Its conversation is not told by the event: whoever waits for the job knows it.
      const delivery = toDelivery(null, next.progress, instant());
      return {
        state: next,
        changes: [{ kind: 'DELIVERY_UPDATED', accountId, message: null, jobId, delivery }],
        activityAt: undefined,
      };
    });
  }

  /** Changes a state, and tells of it: all or nothing, over exactly what was read. */
  async function change<State>(
    accountId: string,
    key: string,
    apply: (
      known: State | undefined,
    ) => { state: State; changes: readonly Change[]; activityAt: number | undefined } | undefined,
  ): Promise<void> {
    await inTurn(`${accountId} ${key}`, async () => {
      for (let tries = 0; tries < MAX_TRIES; tries += 1) {
        const [expected] = await live.read(accountId, [key]);
        const next = apply(expected === undefined ? undefined : (JSON.parse(expected) as State));
        if (!next) return;
        const { activityAt } = next;
        const changes = next.changes.map((change) => JSON.stringify(change));
        const state = JSON.stringify(next.state);
        if (await live.commit({ accountId, key, expected, state, activityAt, changes })) return;
      }
      throw new ParleyError('STORE_UNAVAILABLE', 'Too many change the same conversation at once.', {
        retryable: true,
      });
    });
  }

  async function inTurn(key: string, work: () => Promise<void>): Promise<void> {
    const before = turns.get(key) ?? Promise.resolve();
    const own = before.then(work, work);
    turns.set(key, own);
    try {
      await own;
    } finally {
      if (turns.get(key) === own) turns.delete(key);
    }
  }
}

/** The key of a conversation's state; jobs have others. */
export function stateKey(externalId: string): string {
  return `conversation:${externalId}`;
}

/** The conversation of a key that {@link stateKey} has given. */
export function externalIdOf(key: string): string {
  return key.slice('conversation:'.length);
}

function conversationRefOf({
  accountId,
  conversationExternalId,
}: Pick<Message, 'accountId' | 'conversationExternalId'>) {
  return { accountId, externalId: conversationExternalId };
}

function toPlace(message: Message | undefined): Place | undefined {
  return message && { sentAt: message.sentAt, externalId: message.externalId };
}

/** Behind all messages up to an instant. Some providers tell it in whole seconds: what came later in that second is taken for old. */
function toBaseline(lastActivityAt: string | null | undefined): Place | undefined {
  return lastActivityAt == null
    ? undefined
    : { sentAt: lastActivityAt.replace('.000Z', '.999Z'), externalId: LAST_ID };
}

const LAST_ID = '\u{10ffff}';

/** Where it costs a call to know who has sent it, a read that somebody else has asked for makes none. */
function withoutCall({ direction, ...message }: Message): SettledMessage {
  return { ...message, direction: typeof direction === 'function' ? null : direction };
}

/** Finds out who has sent a message, where that costs a call; nobody knows where it fails. */
async function settle(message: Message, context: ReadContext): Promise<SettledMessage> {
  const { direction } = message;
  if (typeof direction !== 'function') return { ...message, direction };
  return { ...message, direction: await direction(context).catch(() => null) };
}
