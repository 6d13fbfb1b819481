import type { PigeonsState } from './state.ts';

/** Tells everybody in a conversation that something has happened. */
export type Announce = (conversationUuid: string, event: string, data: unknown) => void;

/**
 * The state, from now on announcing what happens in it. Only the name `message.sent` is documented (pigeons.md, "Events"); those of
 * reading and reacting, and what they carry, are ours.
 */
export function announced(state: PigeonsState, announce: Announce): PigeonsState {
  return {
    ...state,
    addMessage(conversationUuid, partial) {
      const row = state.addMessage(conversationUuid, partial);
      announce(conversationUuid, 'message.sent', row);
      return row;
    },
    markRead(messageId, at) {
      state.markRead(messageId, at);
      const { conversation_uuid, receiver } = state.message(messageId)!;
      announce(conversation_uuid, 'message.read', {
        message_id: messageId,
        reader_uuid: receiver?.uuid ?? null,
        read_at: at,
      });
    },
    addReaction(messageId, reaction) {
      const before = state.message(messageId);
      state.addReaction(messageId, reaction);
      const after = state.message(messageId)!;
      // The same one twice is none.
      if (after !== before)
        announce(after.conversation_uuid, 'reaction.added', { message_id: messageId, ...reaction });
    },
  };
}
