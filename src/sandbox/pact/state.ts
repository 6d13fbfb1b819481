import { applyOverrides, type Overrides } from '../content/applyOverrides.ts';
import { comparePlaces, type Place } from './page.ts';
import type { PactConversationRow, PactMessageRow } from './rows.ts';

/** What one Pact company holds. */
export interface PactState {
  /** By id. */
  readonly conversations: readonly PactConversationRow[];
  conversation(id: number): PactConversationRow | undefined;
  /** By `created_at`, then id; throws `RangeError` for a conversation that does not exist. */
  messages(conversationId: number): readonly PactMessageRow[];
  addConversation(partial?: Overrides<PactConversationRow>): PactConversationRow;
  /** Throws `RangeError` for a conversation that does not exist. */
  addMessage(conversationId: number, partial?: Overrides<PactMessageRow>): PactMessageRow;
  /** The id that the next message gets unless one is given. */
  nextMessageId(): number;
  /** False when there was none. */
  deleteMessage(id: number): boolean;
}

/** A message's place in its list (pact.md: sorted by created_at; among equals by id is our assumption). */
export function messagePlace(row: PactMessageRow): Place {
  return { at: row.created_at, id: row.external_id };
}

/** A conversation's place in the list (pact.md: sorted by id). */
export function conversationPlace(row: PactConversationRow): Place {
  return { at: '', id: row.external_id };
}

/** An empty company; ids and times of what is added go up unless given. */
export function createPactState(): PactState {
  const conversations: PactConversationRow[] = [];
  const messagesOf = new Map<number, PactMessageRow[]>();
  let latestConversation = 0;
  let latestMessage = 0;
  let latestTime = Date.UTC(2025, 0, 1);

  const tick = (): string => new Date(latestTime + 1000).toISOString();
  const seen = (iso: string): void => {
    const time = Date.parse(iso);
    if (time > latestTime) latestTime = time;
  };
  const listOf = (conversationId: number): PactMessageRow[] => {
    const list = messagesOf.get(conversationId);
    if (!list) throw new RangeError(`the Pact emulator has no conversation ${conversationId}`);
    return list;
  };
  const find = (id: number): PactConversationRow | undefined =>
    conversations.find((row) => row.external_id === id);

  return {
    conversations,
    conversation: find,
    messages: listOf,

    addConversation(partial = {}) {
      const id = partial.external_id ?? latestConversation + 1;
      if (messagesOf.has(id)) throw new RangeError(`the Pact emulator already has a conversation ${id}`);
      const createdAt = partial.created_at ?? tick();
      const fresh: PactConversationRow = {
        external_id: id,
        name: `Customer ${id}`,
        channel_id: 381,
        channel_type: 'whatsapp',
        created_at: createdAt,
        created_at_timestamp: toSeconds(createdAt),
        avatar: '/avatars/original/missing.png',
        sender_external_id: `7925${String(id).padStart(7, '0')}`,
        meta: {},
      };
      const row = applyOverrides(fresh, partial);
      latestConversation = Math.max(latestConversation, id);
      seen(createdAt);
      messagesOf.set(id, []);
      insert(conversations, row, conversationPlace);
      return row;
    },

    addMessage(conversationId, partial = {}) {
      const list = listOf(conversationId);
      const conversation = find(conversationId);
      const id = partial.external_id ?? latestMessage + 1;
      const createdAt = partial.created_at ?? tick();
      const fresh: PactMessageRow = {
        external_id: id,
        channel_id: conversation?.channel_id ?? null,
        channel_type: conversation?.channel_type ?? 'whatsapp',
        message: `Message ${id}`,
        income: true,
        created_at: createdAt,
        created_at_timestamp: toSeconds(createdAt),
        attachments: [],
      };
      const row = applyOverrides(fresh, partial);
      latestMessage = Math.max(latestMessage, id);
      seen(createdAt);
      insert(list, row, messagePlace);
      if (conversation) conversations[conversations.indexOf(conversation)] = touched(conversation, row);
      return row;
    },

    nextMessageId: () => latestMessage + 1,

    deleteMessage(id) {
      for (const list of messagesOf.values()) {
        const index = list.findIndex((row) => row.external_id === id);
        if (index >= 0) {
          list.splice(index, 1);
          return true;
        }
      }
      return false;
    },
  };
}

/** Only rows that have the newer fields get them kept up to date: the others are old answers. */
function touched(conversation: PactConversationRow, message: PactMessageRow): PactConversationRow {
  const at = toSeconds(message.created_at);
  const later = (before: number | null | undefined): number => Math.max(before ?? 0, at);
  return {
    ...conversation,
    ...('last_message_at' in conversation && { last_message_at: later(conversation.last_message_at) }),
    ...('last_income_message_at' in conversation &&
      message.income && { last_income_message_at: later(conversation.last_income_message_at) }),
  };
}

function toSeconds(iso: string): number {
  return Math.floor(Date.parse(iso) / 1000);
}

// Nearly everything arrives at the end, so the place is sought from there.
function insert<Row>(rows: Row[], row: Row, placeOf: (row: Row) => Place): void {
  let index = rows.length;
  while (index > 0 && comparePlaces(placeOf(rows[index - 1] as Row), placeOf(row)) > 0) index -= 1;
  rows.splice(index, 0, row);
}
