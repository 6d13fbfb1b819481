import type { ConversationRef } from './ids.ts';
import type { MessageLimits, Provider, ReadContext } from './provider.ts';

/** What a conversation takes. Only a messenger-dependent provider has to be asked; null for what it does not have. */
export async function loadLimits(
  provider: Provider,
  { externalId }: ConversationRef,
  read: ReadContext,
): Promise<MessageLimits | null> {
  if (!provider.limitsOf) return provider.limits;
  const [conversation] = await provider.loadConversations([externalId], read);
  if (conversation instanceof Error) throw conversation;
  return conversation ? provider.limitsOf(conversation) : null;
}
