import type { Logger } from 'pino';
import type { ParleyError } from '../../messaging/errors.ts';
import type {
  ConversationConnectionResolvers,
  ConversationSourceResolvers,
  MessageConnectionResolvers,
} from '../../generated/resolvers.ts';

export const ConversationConnection: ConversationConnectionResolvers = {
  edges: ({ items, cursorAt }) => items.map((node, index) => new Edge(node, index, cursorAt)),
  nodes: ({ items }) => [...items],
  pageInfo: (list) => new PageInfo(list, list.items.length),
};

export const ConversationSource: ConversationSourceResolvers = {
  answered: ({ error }) => error === undefined,
  error: ({ error }, _args, { log }) => toSourceError(error, log),
};

export const MessageConnection: MessageConnectionResolvers = {
  edges: ({ page, cursorAt }) => page.items.map(({ item }, index) => new Edge(item, index, cursorAt)),
  nodes: ({ page }) => page.items.map(({ item }) => item),
  pageInfo: (list) => new PageInfo(list, list.page.items.length),
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

/** A cursor holds a place in every account's list: it is written when a client asks for it, and not before. */
class Edge<Node> {
  readonly node: Node;
  readonly #index: number;
  readonly #cursorAt: CursorList['cursorAt'];

  constructor(node: Node, index: number, cursorAt: CursorList['cursorAt']) {
    this.node = node;
    this.#index = index;
    this.#cursorAt = cursorAt;
  }

  get cursor(): string {
    return this.#cursorAt(this.#index);
  }
}

/** An empty page lies where it was asked from: whoever goes on from its cursors loses no place. */
class PageInfo {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly #list: CursorList;
  readonly #size: number;

  constructor(list: CursorList, size: number) {
    this.hasNextPage = list.hasNextPage;
    this.hasPreviousPage = list.hasPreviousPage;
    this.#list = list;
    this.#size = size;
  }

  get startCursor(): string | null {
    return this.#cursorOr(0);
  }

  get endCursor(): string | null {
    return this.#cursorOr(this.#size - 1);
  }

  #cursorOr(index: number): string | null {
    return this.#size > 0 ? this.#list.cursorAt(index) : (this.#list.from ?? null);
  }
}
