import type { Contender, Contenders } from './contenders.ts';
import type { StartConversation } from './outgoing.ts';
import type { PartRecord, SendRecord, Try } from './sendRecord.ts';

/**
 * Who may own a message that a provider names by its content alone: the sends of one content into one conversation, and
 * the starts of one to the same contact.
 */
export interface Contention {
  /** Before a try. */
  enter(part: Contending, own: Try): Promise<void>;
  /** After a definite refusal of that try. */
  leave(part: Contending, own: Try): Promise<void>;
  /** When the provider has taken a part, and may have named its message. */
  settle(part: Contending, told: Told, own: Try | undefined): Promise<void>;
  /** The one candidate that can only be this lost part's own; null where it might be another one's. */
  claim<T extends Told & { readonly messageId: string }>(
    part: Contending,
    own: Try,
    candidates: readonly T[],
  ): Promise<T | null>;
}

/** A part of a send. */
export interface Contending {
  readonly scope: string;
  readonly record: SendRecord;
  readonly index: number;
}

/** What is known of where a part went. */
export interface Told {
  readonly conversationId: string | null;
  readonly messageId: string | null;
}

/**
 * Where a message of ours can stand in the history: providers' clocks go wrong, and a job that is delivered later makes its
 * message later. A clock that is slower than this leaves a send unknown; any more, and the same text that somebody wrote just
 * before would be taken for it.
 */
const CLOCK_SKEW = 3_000;
const LATE_DELIVERY = 300_000;

/** The time in which a try's message may stand in the history. */
export function windowOf({ from, until }: Pick<Try, 'from' | 'until'>): { from: string; until: string } {
  return {
    from: new Date(Date.parse(from) - CLOCK_SKEW).toISOString(),
    until: new Date(Date.parse(until) + LATE_DELIVERY).toISOString(),
  };
}

export function createContention(contenders: Contenders): Contention {
  return {
    async enter(part, own) {
      const contender = toContender(part, own);
      await contenders.enter(placeOf(part), contender);
      if (part.record.start) await contenders.enter(placeOfStarts(part), contender);
    },

    async leave(part, own) {
      const contender = toContender(part, own);
      await contenders.leave(placeOf(part), contender);
      if (part.record.start) await contenders.leave(placeOfStarts(part), contender);
    },

    async settle(part, { conversationId, messageId }, own) {
      if (messageId !== null) await contenders.settle(placeOf(part), whoOf(part), messageId);
      if (!part.record.start || conversationId === null) return;
      // The first message of a start stands in a conversation like any other: a send there must not take it for its own.
      const there = placeIn(conversationId, part);
      if (messageId !== null) await contenders.settle(there, whoOf(part), messageId);
      else if (own) await contenders.enter(there, toContender(part, own));
      await contenders.settle(placeOfStarts(part), whoOf(part), conversationId);
    },

    async claim(part, own, candidates) {
      const contender = toContender(part, own);
      if (part.record.start) return claimForStart(part, contender, candidates);
      // A start whose conversation nobody knows may have begun it with the same words.
      if (await contenders.isContended(placeOfStarts(part), contender.until)) return null;
      const ids = candidates.map(({ messageId }) => messageId);
      const claimed = await contenders.claim(placeOf(part), contender, ids);
      return candidates.find(({ messageId }) => messageId === claimed) ?? null;
    },
  };

  async function claimForStart<T extends Told & { readonly messageId: string }>(
    part: Contending,
    contender: Contender,
    candidates: readonly T[],
  ): Promise<T | null> {
    // What is a send's in its conversation is none of the start's, which would be bound to it.
    const free: T[] = [];
    for (const candidate of candidates) {
      const there = placeIn(candidate.conversationId!, part);
      const owned = await contenders.ownedByOthers(there, contender.who);
      if (!owned.has(candidate.messageId)) free.push(candidate);
    }
    const ids = free.map(({ messageId }) => messageId);
    const claimed = await contenders.claim(placeOf(part), contender, ids);
    const candidate = free.find(({ messageId }) => messageId === claimed);
    if (!candidate) return null;
    const there = placeIn(candidate.conversationId!, part);
    if ((await contenders.claim(there, contender, [candidate.messageId])) === null) return null;
    await contenders.settle(placeOfStarts(part), contender.who, candidate.conversationId!);
    return candidate;
  }
}

function toContender(part: Contending, own: Try): Contender {
  return { who: whoOf(part), token: own.token, ...windowOf(own) };
}

function whoOf({ scope, index }: Contending): string {
  return `${scope}:${index}`;
}

/** Where all stand that may be taken for each other. A start keeps its place when its conversation is known. */
function placeOf(part: Contending): string {
  const { accountId, conversationId, start } = part.record;
  if (!start) return placeIn(conversationId!, part);
  const contact = start.provider === 'PACT' ? contactOf(start) : [];
  return `${accountId}:start:${JSON.stringify(contact)}:${contentOf(part)}`;
}

/** Whoever is named by no id at VKontakte stands where they stood before anybody was: places outlive a deployment. */
function contactOf({ messenger, phone, username, vkontakteId }: PactStart): readonly (string | null)[] {
  return vkontakteId ? [messenger, vkontakteId] : [messenger, phone, username];
}

type PactStart = Extract<StartConversation, { provider: 'PACT' }>;

/** Where all starts of an account with that content stand until their conversation is known. */
function placeOfStarts(part: Contending): string {
  return `${part.record.accountId}:starts:${contentOf(part)}`;
}

function placeIn(conversationId: string, part: Contending): string {
  return `${part.record.accountId}:in:${conversationId}:${contentOf(part)}`;
}

function contentOf({ record, index }: Contending): string {
  const { digest, fileCount }: PartRecord = record.parts[index]!;
  return `${digest}:${fileCount}`;
}
