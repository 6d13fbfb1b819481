import type {
  InboxConnectionResolvers,
  InboxItemResolvers,
  InboxSourceResolvers,
} from '../../generated/resolvers.ts';
import { toSourceError } from './connections.ts';

export const InboxConnection: InboxConnectionResolvers = {
  edges: ({ items, cursorAt }) =>
    items.map((node, index) => ({
      node,
      get cursor() {
        return cursorAt(index);
      },
    })),
  nodes: ({ items }) => [...items],
  pageInfo: ({ items, hasNextPage, hasPreviousPage, from, cursorAt, end }) => ({
    hasNextPage,
    hasPreviousPage,
    get startCursor() {
      return items.length > 0 ? cursorAt(0) : (from ?? null);
    },
    endCursor: end ?? null,
  }),
};

export const InboxItem: InboxItemResolvers = {
  unreadCount: ({ conversation }) => conversation.unreadCount ?? null,
};

export const InboxSource: InboxSourceResolvers = {
  error: ({ error }, _args, { log }) => toSourceError(error, log),
};
