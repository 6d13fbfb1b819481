import { InputError } from '../../messaging/errors.ts';
import { parseChangeCursor } from '../../messaging/cursors.ts';
import { toChangeList } from '../changeList.ts';
import { namedAccounts } from '../namedAccounts.ts';
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

  changes: async (_root, { after, first, accountIds }, { accounts, events }) => {
    const { size, cursor } = parsePageArguments({ after: after ?? null, first: first ?? null }, 'forward');
    const page = await events.changes({
      accounts: namedAccounts(accounts, accountIds),
      after: cursor && parseChangeCursor(cursor.value, 'after'),
      count: size,
    });
    return toChangeList(page, cursor?.value);
  },

  inbox: (_root, { filter, after, first }, { accounts, events }) => {
    const { size, cursor } = parsePageArguments({ after: after ?? null, first: first ?? null }, 'forward');
    const text = filter?.text ?? undefined;
    if (text !== undefined && text.length > MAX_SEARCH_LENGTH)
      throw new InputError(
        'filter.text',
        `The argument "filter.text" has at most ${MAX_SEARCH_LENGTH} characters.`,
      );
    return events.inbox({
      ...{ accounts, size, cursor: cursor?.value },
      filter: {
        accountIds: filter?.accountIds ?? undefined,
        providers: filter?.providers ?? undefined,
        states: filter?.states ?? undefined,
        unread: filter?.unread ?? undefined,
        text,
      },
    });
  },

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

const MAX_SEARCH_LENGTH = 200;
