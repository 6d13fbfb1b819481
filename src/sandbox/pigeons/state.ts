import { applyOverrides, type Overrides } from '../content/applyOverrides.ts';
import { createRandom } from '../content/random.ts';
import type {
  PigeonsConversationRow,
  PigeonsMessageRow,
  PigeonsParticipantRow,
  PigeonsPersonRow,
  PigeonsReactionRow,
  PigeonsUser,
} from './rows.ts';
import { toPigeonsDate } from './toPigeonsDate.ts';

/** What one Pigeons platform holds. */
export interface PigeonsState {
  /** The main one first. */
  readonly users: readonly PigeonsUser[];
  /** In the order in which they were made. */
  conversations(): readonly PigeonsConversationRow[];
  conversation(uuid: string): PigeonsConversationRow | undefined;
  /** In the order of arrival (an answer shuffles them); throws `RangeError` for a conversation that does not exist. */
  messages(conversationUuid: string): readonly PigeonsMessageRow[];
  /** Between the first two users unless `participants` is given. */
  addConversation(partial?: Overrides<PigeonsConversationRow>): PigeonsConversationRow;
  /**
   * To the main user (else to the first participant) from another participant, unless `sender` or `receiver` say otherwise; unread,
   * and the conversation's `last_message_*` follow. Throws `RangeError` for a conversation that does not exist.
   */
  addMessage(conversationUuid: string, partial?: Overrides<PigeonsMessageRow>): PigeonsMessageRow;
  message(id: string): PigeonsMessageRow | undefined;
  /** By its receiver, whose unread count goes down. Throws `RangeError` for a message that does not exist. */
  markRead(messageId: string, at: string): void;
  /** Unless it is there already. Throws `RangeError` for a message that does not exist. */
  addReaction(messageId: string, reaction: PigeonsReactionRow): void;
}

/** A user as a participant of a conversation that has been used. */
export function participantRow(user: PigeonsUser, joinedAt: string): PigeonsParticipantRow {
  return {
    ...{ uuid: user.uuid, name: user.name, email: user.email, avatar: user.avatar, avatar_url: user.avatar },
    pivot: { unread_count: 0, last_read_at: null, joined_at: joinedAt },
  };
}

/** An empty platform; times of what is added go up unless given. */
export function createPigeonsState(users: readonly PigeonsUser[], publicKey: string): PigeonsState {
  const random = createRandom(550);
  const conversations = new Map<string, PigeonsConversationRow>();
  const messagesOf = new Map<string, PigeonsMessageRow[]>();
  let latestMessage = 123456789;
  let latestTime = Date.UTC(2025, 0, 1);

  const tick = (): string => toPigeonsDate(latestTime + 1000);
  const seen = (at: string | null): void => {
    latestTime = Math.max(latestTime, Date.parse(at ?? '') || 0);
  };
  const listOf = (uuid: string): PigeonsMessageRow[] => {
    const list = messagesOf.get(uuid);
    if (!list) throw new RangeError(`the Pigeons emulator has no conversation ${uuid}`);
    return list;
  };
  const find = (id: string): PigeonsMessageRow | undefined => {
    for (const list of messagesOf.values()) {
      const row = list.find((other) => other.id === id);
      if (row) return row;
    }
    return undefined;
  };
  const change = (id: string, to: (row: PigeonsMessageRow) => PigeonsMessageRow): PigeonsMessageRow => {
    const before = find(id);
    if (!before) throw new RangeError(`the Pigeons emulator has no message ${id}`);
    const list = listOf(before.conversation_uuid);
    const after = to(before);
    list[list.indexOf(before)] = after;
    return after;
  };

  return {
    users,
    conversations: () => [...conversations.values()],
    conversation: (uuid) => conversations.get(uuid),
    messages: listOf,

    addConversation(partial = {}) {
      const uuid = partial.uuid ?? random.uuid();
      if (conversations.has(uuid))
        throw new RangeError(`the Pigeons emulator already has a conversation ${uuid}`);
      const createdAt = partial.created_at ?? tick();
      const fresh: PigeonsConversationRow = {
        uuid,
        taggable_type: null,
        taggable_id: null,
        last_message_text: null,
        last_message_at: null,
        is_archived: false,
        created_at: createdAt,
        updated_at: createdAt,
        taggable_info: [],
        participants: users.slice(0, 2).map((user) => participantRow(user, createdAt)),
      };
      const row = applyOverrides(fresh, partial);
      seen(createdAt);
      conversations.set(uuid, row);
      messagesOf.set(uuid, []);
      return row;
    },

    addMessage(conversationUuid, partial = {}) {
      const list = listOf(conversationUuid);
      const conversation = conversations.get(conversationUuid)!;
      const [sender, receiver] = usualPair(conversation, users);
      latestMessage += 1;
      const id = partial.message_id ?? partial.id ?? `msg_${latestMessage}`;
      const sentAt = partial.timestamps?.sent_at ?? tick();
      const fresh: PigeonsMessageRow = {
        message_id: id,
        id,
        conversation_uuid: conversationUuid,
        sender,
        receiver,
        context: { text: `Message ${id}`, type: 'text' },
        attachments: [],
        metadata: [],
        reactions: [],
        status: { sent: true, delivered: true, read: false },
        timestamps: { sent_at: sentAt, delivered_at: sentAt },
        pbk: publicKey,
        device: [],
      };
      const row = applyOverrides(fresh, partial);
      seen(sentAt);
      list.push(row);
      conversations.set(conversationUuid, withMessage(complete(conversation, users, sentAt), row));
      return row;
    },

    message: find,

    markRead(messageId, at) {
      const row = change(messageId, readAt(at));
      const conversation = conversations.get(row.conversation_uuid)!;
      conversations.set(conversation.uuid, withReading(conversation, row.receiver?.uuid, at));
    },

    addReaction(messageId, reaction) {
      change(messageId, (row) => {
        const { reactions } = row;
        const there = reactions?.some(
          ({ user_uuid, emoji }) => user_uuid === reaction.user_uuid && emoji === reaction.emoji,
        );
        return there ? row : { ...row, reactions: [...(reactions ?? []), reaction] };
      });
    },
  };
}

/** Nobody stays "right after creation" once something has been written (pigeons.md shows no other moment). */
function complete(
  conversation: PigeonsConversationRow,
  users: readonly PigeonsUser[],
  joinedAt: string,
): PigeonsConversationRow {
  if (conversation.participants.every(({ pivot }) => pivot !== undefined)) return conversation;
  const participants = conversation.participants.map((participant) => {
    const user = users.find(({ uuid }) => uuid === participant.uuid);
    return participant.pivot || !user ? participant : participantRow(user, joinedAt);
  });
  return { ...conversation, participants };
}

function readAt(at: string): (row: PigeonsMessageRow) => PigeonsMessageRow {
  return (row) => ({
    ...row,
    status: { ...row.status, delivered: true, read: true },
    timestamps: { ...row.timestamps, delivered_at: row.timestamps.delivered_at ?? at, read_at: at },
  });
}

function withReading(
  conversation: PigeonsConversationRow,
  reader: string | undefined,
  at: string,
): PigeonsConversationRow {
  const participants = conversation.participants.map((participant) => {
    const { pivot } = participant;
    if (!pivot || participant.uuid !== reader) return participant;
    const unread_count = Math.max(0, pivot.unread_count - 1);
    return { ...participant, pivot: { ...pivot, unread_count, last_read_at: at } };
  });
  return { ...conversation, participants };
}

function usualPair(
  conversation: PigeonsConversationRow,
  users: readonly PigeonsUser[],
): [PigeonsPersonRow | null, PigeonsPersonRow | null] {
  const people = conversation.participants.map(({ uuid }) => {
    const user = users.find((other) => other.uuid === uuid);
    return { uuid, name: user?.name ?? null, avatar: user?.avatar ?? null };
  });
  const receiver = people.find(({ uuid }) => uuid === users[0]?.uuid) ?? people[0] ?? null;
  return [people.find((person) => person !== receiver) ?? null, receiver];
}

function withMessage(
  conversation: PigeonsConversationRow,
  message: PigeonsMessageRow,
): PigeonsConversationRow {
  const at = message.timestamps.sent_at;
  const newest = Date.parse(at) >= (Date.parse(conversation.last_message_at ?? '') || 0);
  const participants = conversation.participants.map((participant) => {
    const { pivot } = participant;
    if (pivot === undefined || message.receiver?.uuid !== participant.uuid) return participant;
    const seen = message.status.read
      ? { last_read_at: message.timestamps.read_at ?? at }
      : { unread_count: pivot.unread_count + 1 };
    return { ...participant, pivot: { ...pivot, ...seen } };
  });
  if (!newest) return { ...conversation, participants };
  return {
    ...conversation,
    participants,
    last_message_text: message.context.text,
    last_message_at: at,
    updated_at: at,
  };
}
