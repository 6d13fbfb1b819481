import type { MessageRef } from '../../messaging/ids.ts';
import { messageId, parseAccountId, parseExternalId, parseMessageId } from '../../messaging/ids.ts';
import type { MessageResolvers } from '../../generated/resolvers.ts';
import { lookUpMessage } from '../lookUp.ts';

export const Message: MessageResolvers = {
  __resolveReference: (reference, context, info) =>
    lookUpMessage(toRef(reference), { context, info, trusted: true }),

  id: (message) => messageId(message),
  // What it says of its conversation is read only when asked for.
  conversation: ({ accountId, conversationExternalId }) => ({
    accountId,
    externalId: conversationExternalId,
  }),
  // Absent in what was told before anybody asked for it.
  replyTo: ({ accountId, conversationExternalId, repliedTo }, _args, { loaders }) =>
    repliedTo == null ? null : loaders.replied.load({ accountId, conversationExternalId, name: repliedTo }),
  direction: ({ direction }, _args, { read }) =>
    typeof direction === 'function' ? direction(read) : direction,
};

function toRef(reference: object): MessageRef {
  const { id, accountId, conversationExternalId, externalId } = reference as Partial<MessageRef> & {
    id?: string;
  };
  return id !== undefined
    ? parseMessageId(id, 'representations')
    : {
        accountId: parseAccountId(accountId!, 'representations'),
        conversationExternalId: parseExternalId(conversationExternalId!, 'representations'),
        externalId: parseExternalId(externalId!, 'representations'),
      };
}
