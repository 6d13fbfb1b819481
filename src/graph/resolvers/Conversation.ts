import { capabilitiesOf } from '../../messaging/capabilities.ts';
import { NotFoundError } from '../../messaging/errors.ts';
import type { ConversationRef } from '../../messaging/ids.ts';
import { conversationId, parseAccountId, parseConversationId, parseExternalId } from '../../messaging/ids.ts';
import { toMessageList } from '../../messaging/messageList.ts';
import type { Conversation as DomainConversation, ConversationFacts } from '../../messaging/provider.ts';
import type { ConversationResolvers } from '../../generated/resolvers.ts';
import type { GraphContext } from '../context.ts';
import { lookUpConversation } from '../lookUp.ts';
import { toMessagePageRequest } from '../pageArguments.ts';

export const Conversation: ConversationResolvers = {
  __resolveReference: (reference, context, info) =>
    lookUpConversation(toRef(reference), { context, info, trusted: true }),

  id: (conversation) => conversationId(conversation),
  account: ({ accountId }, _args, { accounts }) => accounts.get(accountId)!,

  title: (conversation, _args, context) => fact(conversation, 'title', context),
  state: (conversation, _args, context) => fact(conversation, 'state', context),
  participants: (conversation, _args, context) => fact(conversation, 'participants', context),
  createdAt: (conversation, _args, context) => fact(conversation, 'createdAt', context),
  lastActivityAt: (conversation, _args, context) => fact(conversation, 'lastActivityAt', context),
  lastMessageText: (conversation, _args, context) => fact(conversation, 'lastMessageText', context),
  unreadCount: (conversation, _args, context) => fact(conversation, 'unreadCount', context),
  providerDetails: (conversation, _args, context) => fact(conversation, 'providerDetails', context),

  async capabilities(conversation, _args, context) {
    const { provider, capabilities } = context.accounts.get(conversation.accountId)!;
    if (!provider.limitsOf) return capabilities;
    const providerDetails = await fact(conversation, 'providerDetails', context);
    return capabilitiesOf(provider, provider.limitsOf({ ...conversation, providerDetails }));
  },

  async messages(conversation, args, { loaders, accounts }) {
    const { provider } = accounts.get(conversation.accountId)!;
    const request = toMessagePageRequest(conversation, provider, args);
    try {
      return toMessageList(conversation, request, await loaders.messagePage(conversation, request));
    } catch (error) {
      if (error instanceof NotFoundError) return null;
      throw error;
    }
  },
};

/** A fact that the conversation brought along, else one that has to be read. */
function fact<K extends keyof ConversationFacts>(
  conversation: DomainConversation,
  name: K,
  { loaders }: GraphContext,
) {
  const facts: Partial<ConversationFacts> = conversation;
  const known = facts[name];
  return known !== undefined ? known : loaders.conversationFact(conversation, name);
}

function toRef(reference: object): ConversationRef {
  const { id, accountId, externalId } = reference as Partial<ConversationRef> & { id?: string };
  return id !== undefined
    ? parseConversationId(id, 'representations')
    : {
        accountId: parseAccountId(accountId!, 'representations'),
        externalId: parseExternalId(externalId!, 'representations'),
      };
}
