import type { Contender, Contenders } from './contenders.ts';
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
 * Where a message of ours can stand in the history: providers' clocks go wrong by seconds, and a job that is delivered
 * later makes its message later. Wider, and the same text of another sender would be taken for it.
 */
const CLOCK_SKEW = 60_000;
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
    enter: (part, own) => contenders.enter(placeOf(part), toContender(part, own)),
    leave: (part, own) => contenders.leave(placeOf(part), toContender(part, own)),

    async settle(part, { conversationId, messageId }, own) {
      if (messageId !== null) await contenders.settle(placeOf(part), whoOf(part), messageId);
      if (!part.record.start || conversationId === null) return;
      // The first message of a start stands in a conversation like any other: a send there must not take it for its own.
      const there = placeIn(conversationId, part);
      if (messageId !== null) await contenders.settle(there, whoOf(part), messageId);
      else if (own) await contenders.enter(there, toContender(part, own));
    },

    async claim(part, own, candidates) {
      const contender = toContender(part, own);
      const ids = candidates.map(({ messageId }) => messageId);
      const claimed = await contenders.claim(placeOf(part), contender, ids);
      const candidate = candidates.find(({ messageId }) => messageId === claimed);
      if (!candidate || !part.record.start || candidate.conversationId === null) return candidate ?? null;
      const there = placeIn(candidate.conversationId, part);
      return (await contenders.claim(there, contender, [candidate.messageId])) === null ? null : candidate;
    },
  };
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
  const contact = start.provider === 'PACT' ? [start.messenger, start.phone, start.username] : [];
  return `${accountId}:start:${JSON.stringify(contact)}:${contentOf(part)}`;
}

function placeIn(conversationId: string, part: Contending): string {
  return `${part.record.accountId}:in:${conversationId}:${contentOf(part)}`;
}

function contentOf({ record, index }: Contending): string {
  const { digest, fileCount }: PartRecord = record.parts[index]!;
  return `${digest}:${fileCount}`;
}
