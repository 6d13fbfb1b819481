import { isAfter, newestKnown } from '../messaging/conversationState.ts';
import type { ErrorCode } from '../messaging/errors.ts';
import { NotFoundError, ParleyError } from '../messaging/errors.ts';
import type { Position } from '../messaging/paging.ts';
import type { Conversation, Message, ReadContext } from '../messaging/provider.ts';
import type { Account } from '../messaging/registry.ts';
import type { Ingest } from './createIngest.ts';

/** Brings what is known of conversations up to what their provider has. */
export interface Sync {
  /**
   * Reads a conversation's newest messages, back to one that is known: a call where nothing is new. Those who ask for the same one
   * meanwhile share that.
   *
   * @returns whether there is such a conversation
   */
  conversation(account: Account, externalId: string, context: ReadContext): Promise<boolean>;
  /**
   * The same for several, a few at once. All of them are read, also where some fail, unless the provider or the store is not there; the
   * first failure is thrown.
   */
  conversations(
    account: Account,
    externalIds: readonly string[],
    context: ReadContext,
    choice?: Choice,
  ): Promise<void>;
  /** Reads the first page of the list, or all of it, and the messages of whatever is newer there than known. */
  list(account: Account, options: ListOptions, context: ReadContext): Promise<Listed>;
}

export interface Choice {
  /** Whether a conversation may be looked at now. */
  mayLook(externalId: string): Promise<boolean>;
  /** Told of one that does not exist. */
  absent(externalId: string): void;
}

export interface ListOptions {
  /** The most pages. */
  readonly pages: number;
  /** Called after each page; what it gives is waited for. */
  readonly pause?: (listed: number) => Promise<void>;
  /** The most conversations whose messages are read because the list shows that they have new ones. */
  readonly reads: number;
}

export interface Listed {
  readonly externalIds: readonly string[];
  /** Those of which the list does not say when something last happened there. */
  readonly silent: ReadonlySet<string>;
}

const PAGE = 20;
/** The most pages of one conversation: what came before was missed for longer than anybody waits. */
const MAX_PAGES = 10;
const LIST_PAGE = 100;
/** Conversations of one account that are read at once. */
const CONCURRENCY = 4;

export function createSync(ingest: Ingest): Sync {
  const underWay = new Map<string, Promise<boolean>>();
  /** When the newest conversation of each account was made that a list has shown: what is newer has come since. */
  const newestCreated = new Map<string, string>();

  return {
    conversation,

    async conversations(account, externalIds, context, choice) {
      const left = [...externalIds];
      let failure: unknown;
      const worker = async () => {
        for (let id = left.shift(); id !== undefined && !context.signal.aborted; id = left.shift()) {
          try {
            if (choice && !(await choice.mayLook(id))) continue;
            if (!(await conversation(account, id, context))) choice?.absent(id);
          } catch (error) {
            failure ??= error;
            // Who is not there is not asked a hundred times more.
            if (isNotThere(error)) left.length = 0;
          }
        }
      };
      await Promise.all(Array.from({ length: CONCURRENCY }, worker));
      if (failure !== undefined) throw failure as Error;
    },

    async list(account, { pages, pause, reads }, context) {
      const externalIds: string[] = [];
      const silent = new Set<string>();
      if (!account.provider.listConversations) return { externalIds, silent };
      const stale: string[] = [];
      const before = newestCreated.get(account.id);
      let newest = before ?? '';
      let from: Position | undefined;
      for (let page = 0; page < pages; page += 1) {
        const request = { direction: 'forward', size: LIST_PAGE, ...(from && { from }) } as const;
        const { items, hasMore } = await account.provider.listConversations(request, context);
        for (const { item } of items) {
          const { externalId, createdAt, lastActivityAt } = item;
          const isStale = await ingest.takeListed(item, before);
          externalIds.push(externalId);
          if (createdAt != null && createdAt > newest) newest = createdAt;
          if (isStale) stale.push(externalId);
          if (lastActivityAt == null) silent.add(externalId);
        }
        from = items.at(-1)?.position;
        if (!hasMore || !from) break;
        await pause?.(externalIds.length);
      }
      newestCreated.set(account.id, newest);
      for (const externalId of stale.slice(0, reads)) await conversation(account, externalId, context);
      return { externalIds, silent };
    },
  };

  function conversation(account: Account, externalId: string, context: ReadContext): Promise<boolean> {
    const key = `${account.id} ${externalId}`;
    const known = underWay.get(key);
    if (known) return known;
    const reading = readBack(account, externalId, context).finally(() => underWay.delete(key));
    underWay.set(key, reading);
    return reading;
  }

  async function readBack(
    { id: accountId, provider }: Account,
    externalId: string,
    context: ReadContext,
  ): Promise<boolean> {
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
      if (!answer) return false;
      messages = [...answer.items.map(({ item }) => item), ...messages];
      told ??= answer.conversation;
      from = answer.items[0]?.position;
      const oldest = messages[0];
      const isReached = !limit || !oldest || !isAfter(oldest, limit) || oldest.externalId in known!.messages;
      if (isReached || !answer.hasMore || !from) break;
    }
    await ingest.takeHistory(ref, { messages, told }, context);
    return true;
  }
}

function isNotThere(error: unknown): boolean {
  return error instanceof ParleyError && NOT_THERE.has(error.code);
}

const NOT_THERE: ReadonlySet<string> = new Set<ErrorCode>([
  'STORE_UNAVAILABLE',
  'PROVIDER_UNAVAILABLE',
  'PROVIDER_TIMEOUT',
  'OVERLOADED',
]);
