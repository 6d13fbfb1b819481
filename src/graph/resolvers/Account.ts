import { listConversations } from '../../messaging/conversationList.ts';
import { parseAccountId } from '../../messaging/ids.ts';
import type { AccountResolvers } from '../../generated/resolvers.ts';
import { parsePageArguments } from '../pageArguments.ts';

export const Account: AccountResolvers = {
  __resolveReference: ({ id }, { accounts }) => accounts.get(parseAccountId(id, 'representations')) ?? null,
  provider: ({ provider }) => provider.name,
  status: (account) => account.status(),
  conversations: ({ id }, args, { accounts, read }) => {
    const { direction, size, cursor } = parsePageArguments(args, 'forward');
    return listConversations(accounts, { direction, size, cursor, filter: { accountIds: [id] } }, read);
  },
};
