import type { PactEvents } from '../events.ts';
import type { PactConversationRow } from '../rows.ts';
import { findConversation, findIn, type PactHistory } from './history.ts';
import { contactIdOf, toConversationRow, toMessageRow } from './rows.ts';

/** Tells of what happens in a company as webhooks of v2 do (pact.md, "Webhooks v2"). */
export function createPactV2Events(history: PactHistory, post: (body: unknown) => void): PactEvents {
  const conversation = (event: 'create' | 'update', row: PactConversationRow): void =>
    post({ event, type: 'conversation', object: toConversationRow(history, row) });

  const message = (
    event: 'create' | 'update' | 'delete',
    conversationId: number,
    row: Parameters<PactEvents['message']>[1],
  ): void => {
    const found = findIn(history, conversationId, row.external_id);
    const conversationRow = toConversationRow(history, findConversation(history, conversationId));
    post({
      event,
      type: 'message',
      object: {
        // One that is in no list any more is deleted.
        ...toMessageRow(history, found ?? { conversationId, row, isDeleted: true }),
        contact: {
          id: contactIdOf(conversationId),
          name: conversationRow.sender_name,
          ...(conversationRow.sender_phone !== null && { phone: conversationRow.sender_phone }),
        },
        conversation: conversationRow,
      },
    });
  };

  return {
    conversation: (row) => conversation('create', row),
    conversationChanged: (row) => conversation('update', row),
    message: (conversationId, row) => message('create', conversationId, row),
    messageChanged: (conversationId, row) => message('update', conversationId, row),
    messageDeleted: (conversationId, row) => message('delete', conversationId, row),
    // There are neither acks nor jobs: what becomes of a message changes it.
    ack: () => undefined,
    job: () => undefined,
  };
}
