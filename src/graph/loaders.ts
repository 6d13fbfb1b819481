import DataLoader from 'dataloader';
import { NotFoundError } from '../messaging/errors.ts';
import type { ConversationRef, MessageRef } from '../messaging/ids.ts';
import { conversationId, messageId } from '../messaging/ids.ts';
import type { PageRequest } from '../messaging/paging.ts';
import type {
  Conversation,
  ConversationFacts,
  Message,
  MessagePage,
  Outcome,
  Provider,
  ReadContext,
} from '../messaging/provider.ts';
import type { Accounts } from '../messaging/registry.ts';
import { traced } from './traced.ts';

/** How resolvers read from providers: every way dedupes within the operation, and groups where a provider allows it. */
export interface Loaders {
  /** A conversation with all facts; null for what does not exist. One provider may read many in one call. */
  readonly conversation: DataLoader<ConversationRef, Conversation | null, string>;
  /** A message; null for what does not exist. Those of one conversation are sought together. */
  readonly message: DataLoader<MessageRef, Message | null, string>;
  /** A message that others answer; null for what does not exist. Those of one conversation are sought together. */
  readonly replied: DataLoader<RepliedRef, Message | null, string>;
  /** A page of messages. Throws a `NotFoundError` where the conversation does not exist. */
  messagePage(conversation: ConversationRef, request: PageRequest): Promise<MessagePage>;
  /** One fact of a conversation, from an answer that told it by the way, else by reading the conversation. */
  conversationFact<K extends keyof ConversationFacts>(
    conversation: ConversationRef,
    name: K,
  ): Promise<ConversationFacts[K] | null>;
  /** What is known of a conversation need not be read. */
  tell(conversation: Conversation): void;
  /** Forgets what was read: a write may have changed it. */
  clear(): void;
}

/** Names a message as its provider does where another one answers it. */
export interface RepliedRef {
  readonly accountId: string;
  readonly conversationExternalId: string;
  readonly name: string;
}

export function createLoaders(accounts: Accounts, read: ReadContext): Loaders {
  return new OperationLoaders(accounts, read);
}

/** What an operation never asks for is never made: there is one of these for each event of each subscriber as well. */
class OperationLoaders implements Loaders {
  readonly #accounts: Accounts;
  readonly #read: ReadContext;
  #conversation: Loaders['conversation'] | undefined;
  #message: Loaders['message'] | undefined;
  #replied: Loaders['replied'] | undefined;
  /** What message pages told of their conversations. */
  #told: Map<string, Conversation> | undefined;

  constructor(accounts: Accounts, read: ReadContext) {
    this.#accounts = accounts;
    this.#read = read;
  }

  get conversation(): Loaders['conversation'] {
    return (this.#conversation ??= new DataLoader(
      (refs) =>
        this.#traced('load conversations', refs, (context) =>
          loadGrouped(
            refs,
            ({ accountId }) => accountId,
            ({ accountId }) => this.#accounts.get(accountId)?.provider,
            (provider, group) =>
              provider.loadConversations(
                group.map(({ externalId }) => externalId),
                context,
              ),
          ),
        ),
      { cacheKeyFn: conversationId, maxBatchSize: MAX_BATCH_SIZE },
    ));
  }

  get message(): Loaders['message'] {
    return (this.#message ??= this.#inConversations('load messages', messageId, (provider, group, context) =>
      provider.findMessages(
        group[0]!.conversationExternalId,
        group.map(({ externalId }) => externalId),
        context,
      ),
    ));
  }

  get replied(): Loaders['replied'] {
    return (this.#replied ??= this.#inConversations(
      'load replied messages',
      repliedKey,
      (provider, group, context) =>
        provider.loadReplied?.(
          group[0]!.conversationExternalId,
          group.map(({ name }) => name),
          context,
        ) ?? Promise.resolve([]),
    ));
  }

  /** Loads messages, those of each conversation together. */
  #inConversations<Ref extends Pick<MessageRef, 'accountId' | 'conversationExternalId'>>(
    name: string,
    keyOf: (ref: Ref) => string,
    load: (
      provider: Provider,
      group: readonly Ref[],
      context: ReadContext,
    ) => Promise<readonly Outcome<Message>[]>,
  ): DataLoader<Ref, Message | null, string> {
    return new DataLoader(
      (refs) =>
        this.#traced(name, refs, (context) =>
          loadGrouped(
            refs,
            ({ accountId, conversationExternalId }) =>
              conversationId({ accountId, externalId: conversationExternalId }),
            ({ accountId }) => this.#accounts.get(accountId)?.provider,
            (provider, group) => load(provider, group, context),
          ),
        ),
      { cacheKeyFn: keyOf, maxBatchSize: MAX_BATCH_SIZE },
    );
  }

  messagePage(ref: ConversationRef, request: PageRequest): Promise<MessagePage> {
    const { provider } = this.#accounts.get(ref.accountId) ?? {};
    if (!provider) throw new Error('a message page was asked of an account that does not exist');
    const id = conversationId(ref);
    // Pages can't be batched: each is a call of its own, made once.
    return this.#read.share(`${ref.accountId} page ${id} ${JSON.stringify(request)}`, async () => {
      const page = await this.#traced('load message page', [ref], (context) =>
        provider.loadMessages(ref.externalId, request, context),
      );
      if (page.conversation) this.#tell(id, page.conversation);
      return page;
    });
  }

  async conversationFact<K extends keyof ConversationFacts>(ref: ConversationRef, name: K) {
    const toldFacts: Partial<ConversationFacts> | undefined = this.#told?.get(conversationId(ref));
    const fact = toldFacts?.[name];
    if (fact !== undefined) return fact;
    const facts: Partial<ConversationFacts> | null = await this.conversation.load(ref);
    return facts?.[name] ?? null;
  }

  tell(known: Conversation): void {
    this.#tell(conversationId(known), known);
  }

  clear(): void {
    this.#told = undefined;
    this.#conversation = undefined;
    this.#message = undefined;
    this.#replied = undefined;
  }

  #tell(id: string, known: Conversation): void {
    this.#told ??= new Map();
    this.#told.set(id, known);
  }

  #traced<T>(
    name: string,
    refs: readonly { readonly accountId: string }[],
    load: (context: ReadContext) => Promise<T>,
  ): Promise<T> {
    return traced({ read: this.#read, accounts: this.#accounts, refs, name }, load);
  }
}

function repliedKey({ accountId, conversationExternalId, name }: RepliedRef): string {
  return messageId({ accountId, conversationExternalId, externalId: name });
}

// More than an operation can reasonably name; DataLoader's own default has no bound.
const MAX_BATCH_SIZE = 1_000;

/** Loads keys group by group, and puts the outcomes back into the order of the keys. */
async function loadGrouped<Key, Value, Provider>(
  keys: readonly Key[],
  groupOf: (key: Key) => string,
  providerOf: (key: Key) => Provider | undefined,
  load: (provider: Provider, keys: readonly Key[]) => Promise<readonly Outcome<Value>[]>,
): Promise<Outcome<Value>[]> {
  const groups = new Map<string, number[]>();
  for (const [index, key] of keys.entries()) {
    const group = groups.get(groupOf(key));
    if (group) group.push(index);
    else groups.set(groupOf(key), [index]);
  }
  const outcomes = new Array<Outcome<Value>>(keys.length).fill(null);
  await Promise.all(
    [...groups.values()].map(async (indexes) => {
      const provider = providerOf(keys[indexes[0]!]!);
      if (!provider) return;
      const group = indexes.map((index) => keys[index]!);
      const loaded = await load(provider, group).catch((error: unknown) => group.map(() => toOutcome(error)));
      for (const [at, index] of indexes.entries()) outcomes[index] = loaded[at] ?? null;
    }),
  );
  return outcomes;
}

// Nothing exists in a conversation that does not.
function toOutcome(error: unknown): Error | null {
  return error instanceof NotFoundError ? null : (error as Error);
}
