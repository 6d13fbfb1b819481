import { listConversations } from '../../messaging/conversationList.ts';
import { parseAccountId } from '../../messaging/ids.ts';
import type { AccountResolvers } from '../../generated/resolvers.ts';
import { parsePageArguments } from '../pageArguments.ts';

export const Account: AccountResolvers = {
  __resolveReference: ({ id }, { registry }) => registry.get(parseAccountId(id, 'representations')) ?? null,
  provider: ({ provider }) => provider.name,
  status: (account) => account.status(),
  conversations: ({ id }, args, { registry, read }) =>
    listConversations(
      registry,
      { ...parsePageArguments(args, 'forward'), filter: { accountIds: [id] } },
      read,
    ),
};
