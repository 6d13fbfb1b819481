import type { PactMessageRow } from '../rows.ts';

/** How far a message of v2 has come (pact.md). */
export type PactMessageStatus = 'created' | 'sent' | 'delivered' | 'read' | 'error';

/** What only v2 tells of a message. What is not given is as `rows.ts` takes it to be. */
export interface PactMessageFacts {
  readonly status?: PactMessageStatus;
  /** Why it failed. */
  readonly details?: string | null;
  /** pact.md does not document the shape of an item. */
  readonly reactions?: readonly unknown[] | null;
  /** The messenger's id of the message that it answers. */
  readonly repliedToId?: string | null;
  /** The messenger's own id; null until the messenger has answered. */
  readonly externalId?: string | null;
  /** ISO; by which v2 sorts. The `created_at` of v1 unless given. */
  readonly externalCreatedAt?: string;
  /** ISO; when Pact has stored it. The `created_at` of v1 unless given. */
  readonly createdAt?: string;
}

export type PactOperationalState = 'open' | 'archived' | 'blocked';
export type PactRepliedState = 'initialized' | 'replied' | 'unreplied';

/** What only v2 tells of a conversation. */
export interface PactConversationFacts {
  readonly operationalState?: PactOperationalState;
  /** Holds until the next message; what the messages say unless given. */
  readonly repliedState?: PactRepliedState;
  readonly group?: boolean;
  /** ISO; its latest change that is no message. */
  readonly changedAt?: string;
}

/** A conversation's facts as they are kept. */
export interface KeptConversationFacts extends PactConversationFacts {
  /** The newest message when `repliedState` was said. */
  readonly repliedAfter?: number | null;
}

/** What v2 tells of the rows of a company and v1 does not, beside those rows: there is one state, and two views of it. */
export interface PactFacts {
  message(id: number): PactMessageFacts;
  /** Adds to what is known. */
  setMessage(id: number, facts: PactMessageFacts): void;
  conversation(id: number): KeptConversationFacts;
  /** Adds to what is known. */
  setConversation(id: number, facts: KeptConversationFacts): void;
  /** The deleted messages of a conversation, as they were: v1 does not list them any more. */
  deleted(conversationId: number): readonly PactMessageRow[];
  bury(conversationId: number, row: PactMessageRow): void;
  /** Whether any message stands at another time than v1 says. */
  isRedated(): boolean;
}

const NONE = Object.freeze({});

/** Nothing is known yet. */
export function createPactFacts(): PactFacts {
  const messages = new Map<number, PactMessageFacts>();
  const conversations = new Map<number, KeptConversationFacts>();
  const graves = new Map<number, PactMessageRow[]>();
  let redated = false;

  return {
    message: (id) => messages.get(id) ?? NONE,
    setMessage(id, facts) {
      messages.set(id, Object.assign({}, messages.get(id), facts));
      redated ||= facts.externalCreatedAt !== undefined;
    },
    conversation: (id) => conversations.get(id) ?? NONE,
    setConversation: (id, facts) =>
      void conversations.set(id, Object.assign({}, conversations.get(id), facts)),
    deleted: (conversationId) => graves.get(conversationId) ?? [],
    bury: (conversationId, row) =>
      void graves.set(conversationId, [...(graves.get(conversationId) ?? []), row]),
    isRedated: () => redated,
  };
}
