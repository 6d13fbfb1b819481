import type { Logger } from 'pino';
import type { ParleyError } from '../../messaging/errors.ts';
import type {
  ConversationConnectionResolvers,
  ConversationSourceResolvers,
  MessageConnectionResolvers,
} from '../../generated/resolvers.ts';

export const ConversationConnection: ConversationConnectionResolvers = {
  edges: ({ items, cursorAt }) => items.map((node, index) => toEdge(node, index, cursorAt)),
  nodes: ({ items }) => [...items],
  pageInfo: (list) => toPageInfo(list, list.items.length),
};

export const ConversationSource: ConversationSourceResolvers = {
  answered: ({ error }) => error === undefined,
  error: ({ error }, _args, { log }) => toSourceError(error, log),
};

export const MessageConnection: MessageConnectionResolvers = {
  edges: ({ page, cursorAt }) => page.items.map(({ item }, index) => toEdge(item, index, cursorAt)),
  nodes: ({ page }) => page.items.map(({ item }) => item),
  pageInfo: (list) => toPageInfo(list, list.page.items.length),
};

/** Why an account gave nothing, as GraphQL shows it. */
export function toSourceError(error: ParleyError | undefined, log: Logger) {
  if (!error) return null;
  const { code, message, retryable, retryAfter, cause } = error;
  if (code === 'INTERNAL_SERVER_ERROR') log.error({ err: cause }, 'internal error');
  // A resolver that gives an `Error` has thrown it, for GraphQL.
  return { code, message, retryable, retryAfter: retryAfter ?? null };
}

interface CursorList {
  readonly from: string | undefined;
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly cursorAt: (index: number) => string;
}

// A cursor holds a place in every account's list: it is written when a client asks for it, and not before.
function toEdge<Node>(node: Node, index: number, cursorAt: CursorList['cursorAt']) {
  return {
    node,
    get cursor() {
      return cursorAt(index);
    },
  };
}

// An empty page lies where it was asked from: whoever goes on from its cursors loses no place.
function toPageInfo({ hasNextPage, hasPreviousPage, from, cursorAt }: CursorList, size: number) {
  return {
    hasNextPage,
    hasPreviousPage,
    get startCursor() {
      return size > 0 ? cursorAt(0) : (from ?? null);
    },
    get endCursor() {
      return size > 0 ? cursorAt(size - 1) : (from ?? null);
    },
  };
}
