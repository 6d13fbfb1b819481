import type { Conversation, Message, Provider } from './provider.ts';

/** What a read for a client has shown of a conversation. */
export interface Reading {
  /** As far as its answer told of it: perhaps no more than which one. */
  readonly conversation: Conversation;
  /** The newest message of its history; undefined where that was not read, or there is none. */
  readonly newest?: Message | undefined;
}

/** The same provider, which says of each read what it has shown. The listener must neither throw nor take time. */
export function noticeReads(
  accountId: string,
  provider: Provider,
  noticed: (reading: Reading) => void,
): Provider {
  return {
    ...provider,
    ...(provider.listConversations && {
      async listConversations(request, context) {
        const page = await provider.listConversations!(request, context);
        for (const { item } of page.items) noticed({ conversation: item });
        return page;
      },
    }),
    async loadConversations(externalIds, context) {
      const outcomes = await provider.loadConversations(externalIds, context);
      for (const outcome of outcomes)
        if (outcome && !(outcome instanceof Error)) noticed({ conversation: outcome });
      return outcomes;
    },
    async loadMessages(externalId, request, context) {
      const page = await provider.loadMessages(externalId, request, context);
      const isNewest = request.direction === 'backward' ? request.from === undefined : !page.hasMore;
      const conversation = page.conversation ?? { accountId, externalId };
      if (isNewest || page.conversation)
        noticed({ conversation, newest: isNewest ? page.items.at(-1)?.item : undefined });
      return page;
    },
  };
}
