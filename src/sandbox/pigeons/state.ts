import { applyOverrides, type Overrides } from '../content/applyOverrides.ts';
import { createRandom } from '../content/random.ts';
import type {
  PigeonsConversationRow,
  PigeonsMessageRow,
  PigeonsParticipantRow,
  PigeonsPersonRow,
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
      conversations.set(conversationUuid, withMessage(conversation, row));
      return row;
    },
  };
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
