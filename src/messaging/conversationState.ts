import { createHash } from 'node:crypto';
import type { Change, SettledMessage } from './changes.ts';
import type { ConversationRef, MessageRef } from './ids.ts';
import type { EventProgress } from './live.ts';
import type { Conversation, ConversationFacts, Delivery, Message } from './provider.ts';

/**
 * What Parley remembers of a conversation: enough to tell what is new from what was told before, and to show it in the inbox. It is
 * made of events alone, and comes out the same whatever their order and number: each part of it only moves forward.
 */
export interface ConversationState {
  readonly ref: ConversationRef;
  /** Each fact with the instant that it speaks for; the latest wins. */
  readonly facts: { readonly [K in keyof ConversationFacts]?: readonly [ConversationFacts[K], string] };
  /** What was told of the conversation itself, by digest, the latest last: once is enough. */
  readonly told: readonly string[];
  /** When anything of it was last told; UTC ISO 8601. */
  readonly asOf: string;
  readonly lastMessage: SettledMessage | null;
  /** When something last happened in it; null where nothing tells. */
  readonly activityAt: string | null;
  /** By the provider's id: the newest messages, as far as they are known. */
  readonly messages: Readonly<Record<string, KnownMessage>>;
  /** Whatever stands up to this place was there before anybody watched; absent until its history was looked at. */
  readonly baseline?: Place;
  /**
   * What reads for clients have shown beyond that: it stands in the inbox, and is dropped once it has been heard of. Nobody is told of
   * it: messages are told in their order, by events or a look at the history.
   */
  readonly read?: {
    readonly lastMessage: SettledMessage | null;
    readonly activityAt: string | null;
  };
}

/** What is known of a message, to tell news from repetitions. */
export interface KnownMessage {
  /** Null while only events about it have come. */
  readonly sentAt: string | null;
  /** How far it has come; null where nobody says. */
  readonly progress: EventProgress | null;
  /** Who has reacted with what. */
  readonly reactions: readonly string[];
  /** All contents that it has had, by digest, the latest last. */
  readonly contents: readonly string[];
  /** Whether anybody was told that it is there: what was found in a history is only remembered. */
  readonly told?: true;
  /** Whether it was deleted, which nothing undoes: what still tells of it as it was, comes late. */
  readonly deleted?: true;
}

/** A place in a conversation's history. */
export interface Place {
  readonly sentAt: string;
  readonly externalId: string;
}

export interface Applied {
  readonly state: ConversationState;
  /** What there is to tell, in order. */
  readonly changes: readonly Change[];
}

/** How many messages of a conversation are remembered one by one, and of how many more that only events have named. */
const MAX_MESSAGES = 100;
const MAX_AWAITED = 100;
const MAX_DIGESTS = 16;

export function emptyState(ref: ConversationRef): ConversationState {
  const { accountId, externalId } = ref;
  const nothing = { facts: {}, told: [], asOf: NEVER, lastMessage: null, activityAt: null, messages: {} };
  return { ref: { accountId, externalId }, ...nothing };
}

/**
 * Takes in a message as it is now.
 *
 * @param isNews whether it is told where nothing was known of it; otherwise it is only remembered
 * @param isNew whether its provider says that it has just come: then it is told once, also where a look at the history was faster
 */
export function applyMessage(
  before: ConversationState,
  {
    message,
    told,
    isNews,
    isNew = false,
    now,
  }: {
    message: SettledMessage;
    told?: Conversation | undefined;
    isNews: boolean;
    isNew?: boolean;
    now: string;
  },
): Applied {
  const known = before.messages[message.externalId];
  if (known?.sentAt == null && isForgotten(before, message)) return { state: before, changes: [] };
  if (known?.deleted && !message.isDeleted) return { state: before, changes: [] };
  const seen = known ?? UNKNOWN_MESSAGE;
  const content = contentDigest(message);
  const isUnseen = seen.contents.length === 0;
  const isAdded = !seen.told && (isUnseen ? isNews : isNew);
  const isEdited = !isUnseen && !seen.contents.includes(content);
  const reactions = message.reactions.map(reactionKey);
  const hasReactions = reactions.some((key) => !seen.reactions.includes(key));
  const progress = furthest(seen.progress, toProgressOf(message));
  const next: KnownMessage = {
    sentAt: message.sentAt,
    progress,
    reactions: [...new Set([...seen.reactions, ...reactions])].sort(),
    contents: isUnseen || isEdited ? [...seen.contents, content].slice(-MAX_DIGESTS) : seen.contents,
    ...((seen.told ?? isAdded) && { told: true }),
    ...(message.isDeleted && { deleted: true }),
  };
  const current = withProgress(message, progress);
  const withFacts = told ? mergeFacts(before, told, message.sentAt) : before;
  const state = withoutHeard(
    withActivity(
      {
        ...withFacts,
        lastMessage: laterMessage(before.lastMessage, current, next),
        asOf: later(before.asOf, now),
      },
      message.externalId,
      next,
      message.sentAt,
    ),
  );
  const conversation = toConversation(state);
  const tell = (kind: 'MESSAGE_ADDED' | 'MESSAGE_UPDATED' | 'REACTIONS_UPDATED'): Change => ({
    ...{ kind, message: current, conversation },
  });
  const changes: Change[] = [];
  if (isAdded) {
    changes.push(tell('MESSAGE_ADDED'));
  } else if (!isUnseen) {
    if (isEdited) changes.push(tell('MESSAGE_UPDATED'));
    if (hasReactions) changes.push(tell('REACTIONS_UPDATED'));
    if (progress && !isSameProgress(progress, seen.progress))
      changes.push(deliveryChange(message, progress, now));
  }
  return { state: isSame(before, state) ? before : state, changes };
}

/** Takes in what a read for somebody has shown: the newest message of a conversation, facts of it, or both. */
export function applyRead(
  before: ConversationState,
  {
    conversation,
    newest,
    now,
  }: { conversation: Conversation; newest: SettledMessage | undefined; now: string },
): Applied {
  const { lastMessage } = before;
  const isLast = newest !== undefined && lastMessage?.externalId === newest.externalId;
  const shown = { activityAt: activityOf(before), lastMessage: lastMessageOf(before) };
  const isLater = newest !== undefined && !isLast && (!lastMessage || isAfter(newest, lastMessage));
  const happened = [shown.activityAt, conversation.lastActivityAt, newest?.sentAt, conversation.createdAt];
  const merged = mergeFacts(before, conversation, spokenFor(conversation));
  const state = withoutHeard({
    ...merged,
    // What it says itself is for events to tell: how far it has come is seen at a glance.
    lastMessage: isLast
      ? withProgress(lastMessage, furthest(toProgressOf(lastMessage), toProgressOf(newest)))
      : lastMessage,
    asOf: later(before.asOf, now),
    read: {
      lastMessage: isLater ? newest : (before.read?.lastMessage ?? null),
      activityAt: latest(happened),
    },
  });
  const isNews = wasHeardOf(before) && ownFacts(before) !== ownFacts(state);
  return {
    state: isSame(before, state) ? before : state,
    changes: isNews ? [{ kind: 'CONVERSATION_UPDATED', conversation: toConversation(state) }] : [],
  };
}

/** Whether anything was ever told of it, or its history looked at: what was only read has no past. */
export function wasHeardOf({ told, messages, baseline }: ConversationState): boolean {
  return baseline !== undefined || told.length > 0 || Object.keys(messages).length > 0;
}

/** The last message, whichever way it became known. */
export function lastMessageOf({ lastMessage, read }: ConversationState): SettledMessage | null {
  return read?.lastMessage ?? lastMessage;
}

/** When something last happened, whichever way that became known; null where nothing tells. */
export function activityOf({ activityAt, read }: ConversationState): string | null {
  return read?.activityAt ?? activityAt;
}

/** Takes in how far a message has come. */
export function applyProgress(
  before: ConversationState,
  { message, progress: told, now }: { message: MessageRef; progress: EventProgress; now: string },
): Applied {
  const known = before.messages[message.externalId] ?? UNKNOWN_MESSAGE;
  const progress = furthest(known.progress, told);
  if (!progress || isSameProgress(progress, known.progress)) return { state: before, changes: [] };
  const { lastMessage } = before;
  const state = withActivity(
    {
      ...before,
      asOf: later(before.asOf, now),
      lastMessage:
        lastMessage?.externalId === message.externalId ? withProgress(lastMessage, progress) : lastMessage,
    },
    message.externalId,
    { ...known, progress },
    null,
  );
  // What can't be remembered would be told again with each repetition.
  if (!(message.externalId in state.messages)) return { state: before, changes: [] };
  return { state, changes: [deliveryChange(message, progress, now)] };
}

/** Takes in what is told of the conversation itself. A first look at one that was there before is no news. */
export function applyFacts(
  before: ConversationState,
  { conversation, isNews, now }: { conversation: Conversation; isNews: boolean; now: string },
): Applied {
  const digest = digestOf(conversation);
  if (before.told.includes(digest)) return { state: before, changes: [] };
  const merged = mergeFacts(before, conversation, spokenFor(conversation));
  const state = withoutHeard({
    ...merged,
    told: [...before.told, digest].slice(-MAX_DIGESTS),
    asOf: later(before.asOf, now),
    activityAt: latest([before.activityAt, conversation.lastActivityAt, conversation.createdAt]),
  });
  const shown = toConversation(state);
  const isChanged = JSON.stringify(toConversation(before)) !== JSON.stringify(shown);
  return {
    state,
    changes: isNews && isChanged ? [{ kind: 'CONVERSATION_UPDATED', conversation: shown }] : [],
  };
}

/** Remembers where its history stood when it was first looked at. Later looks change nothing. */
export function withBaseline(state: ConversationState, newest: Place | undefined): ConversationState {
  return state.baseline ? state : { ...state, baseline: newest ?? { sentAt: NEVER, externalId: '' } };
}

/** The newest message that events have told of, before its history was looked at. */
export function newestKnown({ messages }: ConversationState): Place | undefined {
  return Object.entries(messages)
    .flatMap(([externalId, { sentAt }]) => (sentAt === null ? [] : [{ sentAt, externalId }]))
    .reduce<Place | undefined>(
      (newest, place) => (newest && isAfter(newest, place) ? newest : place),
      undefined,
    );
}

/** The conversation as it is known: whatever is not, is null, and costs nobody a call. */
export function toConversation(state: ConversationState): Conversation {
  const { ref, facts } = state;
  const lastMessage = lastMessageOf(state);
  const fact = <K extends keyof ConversationFacts>(name: K): ConversationFacts[K] | null =>
    facts[name]?.[0] ?? null;
  const textAt = facts.lastMessageText?.[1] ?? NEVER;
  return {
    ...ref,
    title: fact('title'),
    state: fact('state'),
    participants: fact('participants'),
    createdAt: fact('createdAt'),
    lastActivityAt: activityOf(state),
    lastMessageText: lastMessage && lastMessage.sentAt >= textAt ? lastMessage.text : fact('lastMessageText'),
    unreadCount: fact('unreadCount'),
    providerDetails: fact('providerDetails'),
  };
}

/** Whether a place comes after another one. Ids that are numbers rise as numbers do. */
export function isAfter(a: Place, b: Place): boolean {
  return comparePlaces(a, b) > 0;
}

export function comparePlaces(a: Place, b: Place): number {
  if (a.sentAt !== b.sentAt) return a.sentAt < b.sentAt ? -1 : 1;
  if (a.externalId === b.externalId) return 0;
  const areNumbers = /^\d{1,15}$/.test(a.externalId) && /^\d{1,15}$/.test(b.externalId);
  if (areNumbers) return Number(a.externalId) - Number(b.externalId);
  return a.externalId < b.externalId ? -1 : 1;
}

/** Which of two says more of a message's way; once delivered, it can't fail any more. */
export function furthest(known: EventProgress | null, told: EventProgress | null): EventProgress | null {
  if (!known || !told) return known ?? told;
  const [least, most] = [known, told].sort((a, b) => RANKS[a.state] - RANKS[b.state]) as [
    EventProgress,
    EventProgress,
  ];
  const ahead = most.state === 'FAILED' && RANKS[least.state] >= RANKS.DELIVERED ? least : most;
  const behind = ahead === most ? least : most;
  return {
    ...ahead,
    sentAt: earlier(ahead.sentAt, behind.sentAt),
    deliveredAt: earlier(ahead.deliveredAt, behind.deliveredAt),
    readAt: earlier(ahead.readAt, behind.readAt),
  };
}

const RANKS = { QUEUED: 1, SENT: 2, DELIVERED: 3, READ: 4, FAILED: 5 } as const;

const NEVER = '';

const UNKNOWN_MESSAGE: KnownMessage = { sentAt: null, progress: null, reactions: [], contents: [] };

/** What is older than all that is remembered, where no more can be, is no news. */
function isForgotten({ messages }: ConversationState, message: Place): boolean {
  const known = Object.entries(messages).flatMap(([externalId, { sentAt }]) =>
    sentAt === null ? [] : [{ sentAt, externalId }],
  );
  return known.length >= MAX_MESSAGES && known.every((place) => isAfter(place, message));
}

function withActivity(
  state: ConversationState,
  externalId: string,
  message: KnownMessage,
  sentAt: string | null,
): ConversationState {
  const entries = Object.entries({ ...state.messages, [externalId]: message });
  // In the order of time, so that the same messages make the same state, and the oldest go.
  const sorted = entries.sort(([a, left], [b, right]) =>
    comparePlaces(
      { sentAt: left.sentAt ?? NEVER, externalId: a },
      { sentAt: right.sentAt ?? NEVER, externalId: b },
    ),
  );
  const awaited = sorted.filter(([, { sentAt }]) => sentAt === null);
  const known = sorted.slice(awaited.length);
  return {
    ...state,
    messages: Object.fromEntries([...awaited.slice(-MAX_AWAITED), ...known.slice(-MAX_MESSAGES)]),
    activityAt: sentAt === null ? state.activityAt : later(state.activityAt ?? NEVER, sentAt),
  };
}

/** What was read, as far as it is beyond what was heard of. */
function withoutHeard({ read, ...state }: ConversationState): ConversationState {
  if (!read) return state;
  const { lastMessage, activityAt } = state;
  const isAhead = read.lastMessage && (!lastMessage || isAfter(read.lastMessage, lastMessage));
  const isLater = read.activityAt !== null && read.activityAt > (activityAt ?? NEVER);
  if (!isAhead && !isLater) return state;
  return {
    ...state,
    read: {
      lastMessage: isAhead ? read.lastMessage : null,
      activityAt: isLater ? read.activityAt : activityAt,
    },
  };
}

/** The instant that a conversation's facts speak for. */
function spokenFor({ lastActivityAt, providerDetails: details }: Conversation): string {
  const updatedAt = details && 'updatedAt' in details ? (details.updatedAt ?? NEVER) : NEVER;
  return later(lastActivityAt ?? NEVER, updatedAt);
}

/** What is told of a conversation by itself; its last message is told as such. */
function ownFacts({ facts: { lastMessageText: _text, ...facts } }: ConversationState): string {
  return JSON.stringify(Object.entries(facts).map(([name, [value]]) => [name, value]));
}

function latest(instants: readonly (string | null | undefined)[]): string | null {
  const told = instants.filter((instant) => instant != null);
  return told.length > 0 ? told.reduce(later) : null;
}

function mergeFacts(before: ConversationState, told: Conversation, at: string): ConversationState {
  const facts: Record<string, readonly [unknown, string]> = {
    ...(before.facts as Record<string, [unknown, string]>),
  };
  for (const name of FACTS) {
    const value = told[name];
    // What a provider does not say now is no reason to forget what it has said.
    if (value === undefined || value === null) continue;
    const known = facts[name];
    if (!known || at >= known[1]) facts[name] = [value, at];
  }
  return { ...before, facts: facts };
}

/** What happened last is known by itself. */
const FACTS = [
  ...(['title', 'state', 'participants', 'createdAt'] as const),
  ...(['lastMessageText', 'unreadCount', 'providerDetails'] as const),
];

function laterMessage(
  known: SettledMessage | null,
  message: SettledMessage,
  { progress, contents }: KnownMessage,
): SettledMessage {
  if (!known) return message;
  if (message.externalId !== known.externalId) return isAfter(message, known) ? message : known;
  // The same message twice: the one with the later content, then the one that says more, whichever came first.
  const isMore = versionOf(message, contents) > versionOf(known, contents);
  return isMore ? message : withProgress(known, progress);
}

/** How far it has come is no part of it: that is known of the message, whichever version told it. */
function versionOf({ delivery: _delivery, ...rest }: SettledMessage, contents: readonly string[]): string {
  const content = contents.indexOf(contentDigest(rest));
  const counts = [content + 1, rest.reactions.length].map((count) => String(count).padStart(6, '0'));
  return [...counts, digestOf(rest)].join(' ');
}

function contentDigest({
  text,
  content,
  attachments,
  isDeleted,
}: Pick<Message, 'text' | 'content' | 'attachments' | 'isDeleted'>): string {
  // An address may be signed anew each time.
  const files = attachments.map(({ url: _url, media: _media, ...attachment }) => attachment);
  const said = [text, content.kind === 'MediaContent' ? 'MediaContent' : content, files];
  return digestOf(isDeleted ? [...said, 'deleted'] : said);
}

function reactionKey({ emoji, author }: Message['reactions'][number]): string {
  return JSON.stringify([author?.externalId ?? null, emoji]);
}

function toProgressOf({ delivery }: SettledMessage): EventProgress | null {
  return delivery && toProgress(delivery);
}

function toProgress({ state, sentAt, deliveredAt, readAt, failureReason }: Delivery): EventProgress | null {
  return state === 'UNKNOWN' ? null : { state, sentAt, deliveredAt, readAt, failureReason };
}

function withProgress(message: SettledMessage, progress: EventProgress | null): SettledMessage {
  const { delivery } = message;
  if (!progress || isSameProgress(progress, toProgressOf(message))) return message;
  return { ...message, delivery: toDelivery(message, progress, delivery?.asOf ?? message.sentAt) };
}

function isSameProgress(a: EventProgress, b: EventProgress | null): boolean {
  return b !== null && a.state === b.state && a.deliveredAt === b.deliveredAt && a.readAt === b.readAt;
}

function deliveryChange(message: MessageRef, progress: EventProgress, now: string): Change {
  const { accountId, conversationExternalId, externalId } = message;
  const ref = { accountId, conversationExternalId, externalId };
  return {
    kind: 'DELIVERY_UPDATED',
    accountId,
    message: ref,
    jobId: null,
    delivery: toDelivery(ref, progress, now),
  };
}

/** What events tell of a message's way. */
export function toDelivery(message: MessageRef | null, progress: EventProgress, asOf: string): Delivery {
  const { accountId, conversationExternalId, externalId } = message ?? {};
  return {
    ...progress,
    ...{ id: null, evidence: 'EVENT', asOf },
    message: message && {
      accountId: accountId!,
      conversationExternalId: conversationExternalId!,
      externalId: externalId!,
    },
  };
}

function isSame(before: ConversationState, after: ConversationState): boolean {
  return JSON.stringify({ ...before, asOf: '' }) === JSON.stringify({ ...after, asOf: '' });
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 16);
}

function later(a: string, b: string): string {
  return a > b ? a : b;
}

function earlier(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}
