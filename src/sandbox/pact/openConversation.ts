import type { PactCompany } from './company.ts';
import type { PactConversationRow } from './rows.ts';

// The seed's channels of the messengers in which a conversation can be started; the last one has no conversation there.
const channelIds = {
  whatsapp: 381,
  telegram_personal: 440,
  vkontakte: 399,
  whatsapp_business: 433,
  max: 452,
} as const;

/** Whom a first message goes to. */
export interface PactContact {
  /** The messenger, which is also the type of its channel. */
  readonly provider: keyof typeof channelIds;
  /** A phone number, a user name or an id. */
  readonly contact: string;
}

/** The conversation with somebody, which is begun unless there is one. */
export function openConversation(
  { state, written, events }: Pick<PactCompany, 'state' | 'written' | 'events'>,
  { provider, contact }: PactContact,
): { readonly conversation: PactConversationRow; readonly isNew: boolean } {
  const known = state.conversations.find(
    (row) => row.channel_type === provider && row.sender_external_id === contact,
  );
  if (known) return { conversation: known, isNew: false };
  const conversation = state.addConversation({
    name: contact,
    sender_external_id: contact,
    channel_id: channelIds[provider],
    channel_type: provider,
    created_at: new Date().toISOString(),
    ...{ last_message_at: 0, last_income_message_at: null },
  });
  written.addConversation(conversation.external_id);
  events.conversation(conversation);
  return { conversation, isNew: true };
}
