import { applyOverrides, type Overrides } from '../content/applyOverrides.ts';
import { createRandom } from '../content/random.ts';
import { personIds, type LetstalkPeople } from './people.ts';
import type { LetstalkConversationRow, LetstalkMessageRow } from './rows.ts';
import { toLetstalkDate } from './toLetstalkDate.ts';

/** What one Letstalk organisation holds. */
export interface LetstalkState {
  readonly people: LetstalkPeople;
  /** By id. */
  conversations(): readonly LetstalkConversationRow[];
  conversation(id: number): LetstalkConversationRow | undefined;
  /** As a list answers them now, oldest (smallest id) first; throws `RangeError` for a conversation that does not exist. */
  messages(conversationId: number): readonly LetstalkMessageRow[];
  addConversation(partial?: Overrides<LetstalkConversationRow>): LetstalkConversationRow;
  /** In place of what was there. Throws `RangeError` for a conversation that does not exist. */
  setMetadata(conversationId: number, metadata: LetstalkConversationRow['metadata']): void;
  /**
   * By the conversation's client unless `person` is given. A `SYSTEM` message with content `closed` closes the conversation.
   * Throws `RangeError` for a conversation that does not exist.
   */
  addMessage(conversationId: number, partial?: Overrides<LetstalkMessageRow>): LetstalkMessageRow;
}

/** An empty organisation; ids and times of what is added go up unless given. */
export function createLetstalkState(people: LetstalkPeople): LetstalkState {
  const random = createRandom(1484305);
  const conversations = new Map<number, LetstalkConversationRow>();
  // Rows as a list answers them, the conversation's fields included: rewritten when the conversation changes, which is rare.
  const messagesOf = new Map<number, LetstalkMessageRow[]>();
  let latestConversation = 0;
  let latestMessage = 0;
  let latestTime = Date.UTC(2019, 0, 1);

  const must = (id: number): LetstalkConversationRow => {
    const conversation = conversations.get(id);
    if (!conversation) throw new RangeError(`the Letstalk emulator has no conversation ${id}`);
    return conversation;
  };
  const close = (conversation: LetstalkConversationRow): void => {
    conversations.set(conversation.id, { ...conversation, status: 'Closed' });
    const rows = messagesOf.get(conversation.id) ?? [];
    messagesOf.set(
      conversation.id,
      rows.map((row) => ({ ...row, conversation_status: 'Closed' })),
    );
  };

  return {
    people,
    conversations: () => [...conversations.values()].sort((a, b) => a.id - b.id),
    conversation: (id) => conversations.get(id),
    messages: (conversationId) => messagesOf.get(must(conversationId).id) ?? [],

    addConversation(partial = {}) {
      const id = partial.id ?? latestConversation + 1;
      if (conversations.has(id))
        throw new RangeError(`the Letstalk emulator already has a conversation ${id}`);
      const fresh: LetstalkConversationRow = {
        ...{ id, issue: `Conversation ${id}`, type_name: 'normal', status: 'Open' },
        ...{ client_id: personIds.client, metadata: {} },
      };
      const row = applyOverrides(fresh, partial);
      latestConversation = Math.max(latestConversation, id);
      conversations.set(id, row);
      messagesOf.set(id, []);
      return row;
    },

    setMetadata(conversationId, metadata) {
      conversations.set(conversationId, { ...must(conversationId), metadata });
    },

    addMessage(conversationId, partial = {}) {
      const conversation = must(conversationId);
      const id = partial.id ?? latestMessage + 1;
      const createdAt = partial.created_at ?? toLetstalkDate(latestTime + 1000);
      const client = people.author(conversation.client_id);
      const person = partial.person === undefined ? client : partial.person;
      const fresh: LetstalkMessageRow = {
        id,
        subject: null,
        content: `Message ${id}`,
        type: 'NORMAL',
        created_at: createdAt,
        content_type: 'text/plain',
        conversation_id: conversationId,
        remote_id: random.uuid(),
        internal: false,
        replied_on: createdAt,
        conversation_type_name: conversation.type_name,
        conversation_internal_issue: conversation.issue,
        client_name: client.name,
        client_avatar: client.avatar,
        conversation_status: conversation.status,
        person_type: person?.type ?? null,
        person_id: person?.id ?? null,
        person,
      };
      const row = applyOverrides(fresh, partial);
      latestMessage = Math.max(latestMessage, id);
      latestTime = Math.max(latestTime, Date.parse(createdAt) || 0);
      const list = messagesOf.get(conversationId) ?? [];
      list.push(row);
      if ((list.at(-2)?.id ?? 0) > id) list.sort((a, b) => a.id - b.id);
      if (row.type !== 'SYSTEM' || row.content !== 'closed') return row;
      close(conversation);
      return { ...row, conversation_status: 'Closed' };
    },
  };
}
