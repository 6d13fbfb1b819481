import type { GraphQLResolveInfo } from 'graphql';
import type { MessageChange } from '../../messaging/changes.ts';
import { parseChangeCursor } from '../../messaging/cursors.ts';
import type { FollowRequest, PlacedChange } from '../../messaging/events.ts';
import { InputError, ParleyError } from '../../messaging/errors.ts';
import { parseConversationId, parseDeliveryId } from '../../messaging/ids.ts';
import type { Delivery } from '../../messaging/provider.ts';
import type { Account } from '../../messaging/registry.ts';
import { toChangeEdge } from '../changeList.ts';
import type { GraphContext } from '../context.ts';
import { followDelivery } from '../followDelivery.ts';
import { namedAccounts } from '../namedAccounts.ts';
import { messageOf, withoutUnknown } from './changes.ts';

interface Scope {
  readonly conversationId?: string | null;
  readonly accountIds?: readonly string[] | null;
  readonly after?: string | null;
}

type Kind = PlacedChange['change']['kind'];

// The types that codegen has for subscriptions know one type for what is told and what is shown: here they differ.
export const Subscription = {
  messageAdded: subscription(['MESSAGE_ADDED'], ({ change }, context) =>
    messageOf(change as MessageChange, context),
  ),
  messageUpdated: subscription(['MESSAGE_UPDATED', 'REACTIONS_UPDATED'], ({ change }, context) =>
    messageOf(change as MessageChange, context),
  ),
  conversationUpdated: subscription(['CONVERSATION_UPDATED'], ({ change }) =>
    change.kind === 'CONVERSATION_UPDATED' ? withoutUnknown(change.conversation) : null,
  ),
  changes: subscription(undefined, (placed) => toChangeEdge(placed)),
  deliveryUpdated: {
    subscribe: (_root: unknown, { id }: { id: string }, context: GraphContext) =>
      followDelivery(parseDeliveryId(id), context),
    resolve: (delivery: Delivery) => delivery,
  },
};

/** A field that tells changes of some kinds, or of all. */
function subscription<Shown>(
  kinds: readonly Kind[] | undefined,
  show: (placed: PlacedChange, context: GraphContext) => Shown,
) {
  return {
    subscribe(_root: unknown, scope: Scope, context: GraphContext) {
      return context.events.follow({ ...toRequest(scope, context), kinds });
    },
    resolve: (placed: PlacedChange, _scope: Scope, context: GraphContext, _info: GraphQLResolveInfo) => {
      // What somebody was allowed to see may not be theirs any more.
      if (!context.accounts.get(placed.accountId)) throw notAllowed();
      return show(placed, context);
    },
  };
}

function toRequest(
  { conversationId, accountIds, after }: Scope,
  { accounts, read }: GraphContext,
): FollowRequest {
  if (conversationId != null && accountIds != null)
    throw new InputError('accountIds', 'The arguments "conversationId" and "accountIds" exclude each other.');
  const place = after == null ? undefined : parseChangeCursor(after, 'after');
  const conversation =
    conversationId == null ? undefined : parseConversationId(conversationId, 'conversationId');
  return {
    accounts: conversation
      ? [accountOf(conversation.accountId)]
      : followable(namedAccounts(accounts, accountIds), accountIds),
    conversation,
    after: place,
    signal: read.signal,
  };

  function accountOf(id: string): Account {
    const account = accounts.get(id);
    // An account that does not exist and one that the caller may not use get the same words.
    if (!account)
      throw new InputError(
        'conversationId',
        'The argument "conversationId" names no conversation that can be followed.',
      );
    return account;
  }
}

/** Of all accounts, those that can be followed; those that are named have to be. */
function followable(
  accounts: readonly Account[],
  named: readonly string[] | null | undefined,
): readonly Account[] {
  return named == null ? accounts.filter(({ provider }) => !provider.actor) : accounts;
}

function notAllowed(): ParleyError {
  return new ParleyError('FORBIDDEN', 'This account is not among those that the caller may use any more.');
}
