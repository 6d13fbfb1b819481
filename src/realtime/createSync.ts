import { isAfter, newestKnown } from '../messaging/conversationState.ts';
import { NotFoundError } from '../messaging/errors.ts';
import type { ConversationRef } from '../messaging/ids.ts';
import type { Position } from '../messaging/paging.ts';
import type { Conversation, Message, ReadContext } from '../messaging/provider.ts';
import type { Account } from '../messaging/registry.ts';
import type { Ingest } from './createIngest.ts';

/** Brings what is known of conversations up to what their provider has. */
export interface Sync {
  /**
   * Reads a conversation's newest messages, back to one that is known: a call where nothing is new. Those who ask for the same one
   * meanwhile share that.
   */
  conversation(account: Account, externalId: string, context: ReadContext): Promise<void>;
  /** Reads the first page of the list, or all of it, and the messages of whatever is newer there than known. */
  list(account: Account, options: ListOptions, context: ReadContext): Promise<readonly ConversationRef[]>;
}

export interface ListOptions {
  /** The most pages. */
  readonly pages: number;
  /** Called after each page; what it gives is waited for. */
  readonly pause?: (listed: number) => Promise<void>;
  /** The most conversations whose messages are read because the list shows that they have new ones. */
  readonly reads: number;
}

const PAGE = 20;
/** The most pages of one conversation: what came before was missed for longer than anybody waits. */
const MAX_PAGES = 10;
const LIST_PAGE = 100;

export function createSync(ingest: Ingest): Sync {
  const underWay = new Map<string, Promise<void>>();
  /** When the newest conversation of each account was made that a list has shown: what is newer has come since. */
  const newestCreated = new Map<string, string>();

  return {
    conversation(account, externalId, context) {
      const key = `${account.id} ${externalId}`;
      const known = underWay.get(key);
      if (known) return known;
      const reading = readBack(account, externalId, context).finally(() => underWay.delete(key));
      underWay.set(key, reading);
      return reading;
    },

    async list(account, { pages, pause, reads }, context) {
      if (!account.provider.listConversations) return [];
      const listed: ConversationRef[] = [];
      const stale: string[] = [];
      const before = newestCreated.get(account.id);
      let newest = before ?? '';
      let from: Position | undefined;
      for (let page = 0; page < pages; page += 1) {
        const request = { direction: 'forward', size: LIST_PAGE, ...(from && { from }) } as const;
        const { items, hasMore } = await account.provider.listConversations(request, context);
        for (const { item } of items) {
          const { accountId, externalId, lastActivityAt, createdAt } = item;
          const known = await ingest.look(item);
          const isFresh = !known && createdAt != null && before !== undefined && createdAt > before;
          await ingest.takeListed(item, isFresh);
          listed.push({ accountId, externalId });
          if (createdAt != null && createdAt > newest) newest = createdAt;
          const isNewer = lastActivityAt != null && lastActivityAt > (known?.activityAt ?? '');
          if (isFresh || (known && isNewer)) stale.push(externalId);
        }
        from = items.at(-1)?.position;
        if (!hasMore || !from) break;
        await pause?.(listed.length);
      }
      newestCreated.set(account.id, newest);
      for (const externalId of stale.slice(0, reads)) await this.conversation(account, externalId, context);
      return listed;
    },
  };

  async function readBack(
    { id: accountId, provider }: Account,
    externalId: string,
    context: ReadContext,
  ): Promise<void> {
    const ref = { accountId, externalId };
    const known = await ingest.look(ref);
    const newest = known && newestKnown(known);
    const limit = known?.baseline ?? newest;
    let messages: readonly Message[] = [];
    let told: Conversation | undefined;
    let from: Position | undefined;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const request = { direction: 'backward', size: PAGE, ...(from && { from }) } as const;
      const answer = await provider.loadMessages(externalId, request, context).catch((error: unknown) => {
        // What does not exist has no news.
        if (error instanceof NotFoundError) return undefined;
        throw error;
      });
      if (!answer) return;
      messages = [...answer.items.map(({ item }) => item), ...messages];
      told ??= answer.conversation;
      from = answer.items[0]?.position;
      const oldest = messages[0];
      const isReached = !limit || !oldest || !isAfter(oldest, limit) || oldest.externalId in known!.messages;
      if (isReached || !answer.hasMore || !from) break;
    }
    await ingest.takeHistory(ref, { messages, told }, context);
  }
}
