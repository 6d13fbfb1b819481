import { listConversations } from '../../messaging/conversationList.ts';
import {
  parseAccountId,
  parseConversationId,
  parseDeliveryId,
  parseExternalId,
  parseMessageId,
} from '../../messaging/ids.ts';
import type { QueryResolvers } from '../../generated/resolvers.ts';
import { lookUpAttachment, lookUpConversation, lookUpMessage, parseAnyAttachmentId } from '../lookUp.ts';
import { parsePageArguments } from '../pageArguments.ts';

export const Query: QueryResolvers = {
  accounts: (_root, _args, { accounts }) => [...accounts.all],

  account: (_root, { id }, { accounts }) => accounts.get(parseAccountId(id, 'id')) ?? null,

  conversation: (_root, { id }, context, info) =>
    lookUpConversation(parseConversationId(id), { context, info, trusted: false }),

  conversationByExternalId: (_root, { accountId, externalId }, context, info) =>
    lookUpConversation(
      {
        accountId: parseAccountId(accountId, 'accountId'),
        externalId: parseExternalId(externalId, 'externalId'),
      },
      { context, info, trusted: false },
    ),

  message: (_root, { id }, context, info) =>
    lookUpMessage(parseMessageId(id), { context, info, trusted: false }),

  attachment: (_root, { id }, context, info) =>
    lookUpAttachment(parseAnyAttachmentId(id), { context, info, trusted: false }),

  delivery: (_root, { id }, { sending, caller, read }) =>
    // What a query looks for takes no longer than all else that it reads.
    sending.delivery(parseDeliveryId(id), { ...caller, read: { ...caller.read, deadline: read.deadline } }),

  conversations: (_root, { filter, ...page }, { accounts, read }) =>
    listConversations(
      accounts,
      {
        ...parsePageArguments(page, 'forward'),
        filter: {
          accountIds: filter?.accountIds ?? undefined,
          providers: filter?.providers ?? undefined,
          states: filter?.states ?? undefined,
        },
      },
      read,
    ),
};
