import { personIds } from './people.ts';
import type { LetstalkConversationRow, LetstalkMessageRow } from './rows.ts';
import type { LetstalkState } from './state.ts';

/** Whoever hears of what happens. */
export type Publish = (payload: unknown, options: { readonly channel: string }) => void;

/** The channels of an agent and of a client, whose numbers are separate series (letstalk.md, "Events"). */
export const channelOf = {
  agent: (id: number): string => `user-${id}-channel`,
  client: (id: number): string => `client-${id}-channel`,
} as const;

/**
 * A state that tells of each change, whether it came over HTTP or from a test. letstalk.md names the payloads and shows only those of
 * a membership and, by a list's rows, of a message; what a change of a conversation says is our invention.
 */
export function announcing(state: LetstalkState, publish: Publish): LetstalkState {
  const toAgents = (payload: unknown): void => {
    for (const { id } of state.people.agents) publish(payload, { channel: channelOf.agent(id) });
  };
  const toAll = ({ client_id }: LetstalkConversationRow, payload: unknown): void => {
    toAgents(payload);
    publish(payload, { channel: channelOf.client(client_id) });
  };

  return {
    ...state,

    addConversation(partial) {
      const conversation = state.addConversation(partial);
      for (const member of membersOf(conversation))
        toAll(conversation, {
          namespace: 'conversation_memberships.create',
          data: { ...member, conversation_id: conversation.id, role: 'Member', conversation },
        });
      return conversation;
    },

    addMessage(conversationId, partial) {
      const before = state.conversation(conversationId);
      const row: LetstalkMessageRow = state.addMessage(conversationId, partial);
      const conversation = state.conversation(conversationId)!;
      const payload = { namespace: 'messages.create', data: row };
      if (row.internal) toAgents(payload);
      else toAll(conversation, payload);
      if (conversation.status !== before?.status)
        toAll(conversation, { namespace: 'conversations.update', data: conversation });
      return row;
    },
  };
}

// Its client, and the agent whose key reaches every conversation.
function membersOf({ client_id }: LetstalkConversationRow) {
  return [
    { person_id: client_id, person_type: 'Client' },
    { person_id: personIds.agent, person_type: 'User' },
  ] as const;
}
