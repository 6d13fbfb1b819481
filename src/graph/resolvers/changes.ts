import type {
  ChangeResolvers,
  ChangeConnectionResolvers,
  ConversationUpdatedResolvers,
  MessageAddedResolvers,
} from '../../generated/resolvers.ts';
import type { MessageChange } from '../../messaging/changes.ts';
import type { Conversation } from '../../messaging/provider.ts';
import type { GraphContext } from '../context.ts';

export const Change: ChangeResolvers = { __resolveType: ({ kind }) => TYPES[kind] };

const TYPES = {
  MESSAGE_ADDED: 'MessageAdded',
  MESSAGE_UPDATED: 'MessageUpdated',
  REACTIONS_UPDATED: 'ReactionsUpdated',
  DELIVERY_UPDATED: 'DeliveryUpdated',
  CONVERSATION_UPDATED: 'ConversationUpdated',
} as const;

export const MessageAdded: MessageAddedResolvers = {
  message: (change, _args, context) => messageOf(change, context),
};
export const MessageUpdated = MessageAdded;
export const ReactionsUpdated = MessageAdded;

export const ConversationUpdated: ConversationUpdatedResolvers = {
  conversation: ({ conversation }) => withoutUnknown(conversation),
};

export const ChangeConnection: ChangeConnectionResolvers = {
  edges: ({ edges }) => [...edges],
  nodes: ({ edges }) => edges.map(({ node }) => node),
  pageInfo: ({ edges, hasNextPage, from, end }) => ({
    hasNextPage,
    hasPreviousPage: false,
    get startCursor() {
      return edges[0]?.cursor ?? from ?? end;
    },
    endCursor: end,
  }),
};

/** The message of a change. What is known of its conversation need not be read. */
export function messageOf({ message, conversation }: MessageChange, { loaders }: GraphContext) {
  loaders.tell(withoutUnknown(conversation));
  return message;
}

/** What is not known is read when it is asked for. */
export function withoutUnknown(conversation: Conversation): Conversation {
  const known = Object.entries(conversation).filter(([, value]) => value !== null);
  return Object.fromEntries(known) as Conversation;
}
