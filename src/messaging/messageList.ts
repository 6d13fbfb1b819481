import { encodeCursor, parseCursor } from './cursors.ts';
import type { ConversationRef } from './ids.ts';
import { conversationId } from './ids.ts';
import type { PageRequest, Position } from './paging.ts';
import type { MessagePage, Provider } from './provider.ts';

/** A page of one conversation's messages, oldest to newest, with what it takes to go on from it. */
export interface MessageList {
  readonly page: MessagePage;
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  /** The cursor that the page was asked from. */
  readonly from: string | undefined;
  /** The cursor of the message at that place in the page. */
  readonly cursorAt: (index: number) => string;
}

/** Dresses the page that answered `request`; its cursors are written only when asked for. */
export function toMessageList(
  conversation: ConversationRef,
  request: PageRequest,
  page: MessagePage,
): MessageList {
  const { direction, from } = request;
  const cursorOf = (position: Position) => encodeCursor(listName(conversation), position);
  return {
    page,
    from: from && cursorOf(from),
    // The cursor's own message lies on the other side: there is always something there.
    hasNextPage: direction === 'forward' ? page.hasMore : from !== undefined,
    hasPreviousPage: direction === 'backward' ? page.hasMore : from !== undefined,
    cursorAt: (index) => cursorOf(page.items[index]!.position),
  };
}

/**
 * The place that a cursor of this conversation's messages names, as the account's provider knows it. Throws an
 * `InputError` that names `argument`.
 */
export function parseMessageCursor(
  conversation: ConversationRef,
  provider: Provider,
  cursor: string,
  argument: string,
): Position {
  return parseCursor(listName(conversation), cursor, argument, (position) => provider.isPosition(position));
}

function listName(conversation: ConversationRef): string {
  return `messages of ${conversationId(conversation)}`;
}
