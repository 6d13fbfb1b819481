import type { FragmentDefinitionNode, SelectionSetNode } from 'graphql';
import { Kind } from 'graphql';
import { MAX_PARTS } from '../messaging/content.ts';
import { isUploadId, parseAttachmentId, parseConversationId, parseMessageId } from '../messaging/ids.ts';

/** A field of an operation, as far as its price goes. */
export interface PricedField {
  /** `Type.field`. */
  readonly coordinate: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** How many items its list may have; undefined for fields that are no list of ours. */
  readonly length: number | undefined;
  readonly selections: SelectionSetNode | undefined;
}

/** What a field costs in calls to providers. */
export interface FieldPrice {
  /** Of the field itself. */
  readonly calls: number;
  /** How often what is selected below it may be asked for anew. */
  readonly times: number;
}

export interface PriceOptions {
  /** The accounts that the caller may use. */
  readonly accountCount: number;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
}

type Price = (field: PricedField, options: PriceOptions) => FieldPrice;

/** Rows that every provider gives in one call. */
const ROWS_A_CALL = 100;

/** What a reference says, and what leads on without a call; the fields behind them have prices of their own. */
const CONVERSATION_KEYS = new Set(['__typename', 'id', 'accountId', 'externalId', 'account', 'messages']);
const MESSAGE_KEYS = new Set([
  ...['__typename', 'id', 'accountId', 'externalId', 'conversationExternalId', 'conversation'],
]);
const ATTACHMENT_KEYS = new Set(['__typename', 'id']);
const ALL_KEYS = new Set([...CONVERSATION_KEYS, ...MESSAGE_KEYS, ...ATTACHMENT_KEYS]);

const ONCE: Price = () => ({ calls: 1, times: 1 });
const LIST: Price = ({ length = 1 }) => ({ calls: Math.ceil(length / ROWS_A_CALL), times: length });
/** Reads the conversation for what it takes, and then writes. */
const WRITE: Price = () => ({ calls: 2, times: 1 });

/** A message or a conversation that is known by name, and read only for more than that. */
const named =
  (keys: ReadonlySet<string>): Price =>
  ({ selections }, { fragments }) => ({
    calls: asksBeyond(keys, namesIn(selections, fragments)) ? 1 : 0,
    times: 1,
  });

const lookUp: Price = ({ selections }, { fragments }) => {
  // A page answers as well whether the conversation exists.
  const names = namesIn(selections, fragments);
  const isPageAlone = names.has('messages') && !asksBeyond(CONVERSATION_KEYS, names);
  return { calls: isPageAlone ? 0 : 1, times: 1 };
};

/** What fields cost that call a provider; all others cost nothing, and repeat what is below them once for each of their items. */
const PRICES: Readonly<Record<string, Price>> = {
  'Query.conversation': lookUp,
  'Query.conversationByExternalId': lookUp,
  'Query.message': ONCE,
  'Query.attachment': ONCE,
  'Query.delivery': ONCE,
  'Query.conversations': ({ args, length = 1 }, { accountCount }) => {
    const { accountIds } = (args['filter'] ?? {}) as { accountIds?: readonly string[] | null };
    const accounts = Math.min(accountIds?.length ?? accountCount, accountCount);
    return { calls: accounts * Math.ceil(length / ROWS_A_CALL), times: length };
  },
  'Query._entities': priceOfReferences,
  'Account.conversations': LIST,
  // All messages of a page are of one conversation, which is read once.
  'Conversation.messages': (field, options) => ({ ...LIST(field, options), times: 1 }),
  // Those that the messages of a conversation answer are sought together.
  'Message.replyTo': ONCE,
  'Message.conversation': named(CONVERSATION_KEYS),
  'Delivery.message': named(MESSAGE_KEYS),
  'Mutation.sendMessage': priceOfSend,
  'Mutation.startConversation': WRITE,
  'Mutation.uploadAttachment': WRITE,
  'Mutation.addReaction': WRITE,
  'Mutation.markMessageRead': WRITE,
  'Mutation.closeConversation': WRITE,
  'Mutation.archiveConversation': WRITE,
  'Mutation.reopenConversation': WRITE,
  'Mutation.deleteMessages': WRITE,
  'SendMessagePayload.message': named(MESSAGE_KEYS),
  'AddReactionPayload.message': named(MESSAGE_KEYS),
  'MarkMessageReadPayload.message': named(MESSAGE_KEYS),
  'StartConversationPayload.conversation': named(CONVERSATION_KEYS),
  'CloseConversationPayload.conversation': named(CONVERSATION_KEYS),
  'ArchiveConversationPayload.conversation': named(CONVERSATION_KEYS),
  'ReopenConversationPayload.conversation': named(CONVERSATION_KEYS),
  'DeleteMessagesPayload.conversation': named(CONVERSATION_KEYS),
};

/**
 * What a field may cost at the most of what is usual: a search for an old message, or a page in the other direction, can take
 * more calls, which are counted when they are made.
 */
export function priceOf(field: PricedField, options: PriceOptions): FieldPrice {
  return PRICES[field.coordinate]?.(field, options) ?? { calls: 0, times: field.length ?? 1 };
}

/** With `splitIfNeeded`, each file may become a message. */
function priceOfSend({ args }: PricedField): FieldPrice {
  const { attachmentIds } = (args['input'] ?? {}) as { attachmentIds?: readonly string[] | null };
  return { calls: 2 + Math.min(attachmentIds?.length ?? 0, MAX_PARTS), times: 1 };
}

/** References to messages of one conversation are read together, and those of which only the key is asked not at all. */
function priceOfReferences({ args, selections }: PricedField, { fragments }: PriceOptions): FieldPrice {
  const references = args['representations'] as readonly unknown[];
  const conversations = new Set(references.map(placeOf)).size;
  return {
    calls: asksBeyond(ALL_KEYS, namesIn(selections, fragments)) ? conversations : 0,
    times: conversations,
  };
}

/** The conversation that a reference leads to. */
function placeOf(reference: unknown): string {
  const { __typename, id, accountId, conversationExternalId, externalId } = reference as Record<
    string,
    unknown
  >;
  // What is malformed, however deeply, is refused when it is resolved.
  if (id !== undefined && typeof id !== 'string') return MALFORMED;
  try {
    if (id === undefined) return toPlace(accountId, conversationExternalId ?? externalId);
    if (__typename === 'Message') return placeOf(parseMessageId(id));
    if (__typename === 'Conversation') return placeOf(parseConversationId(id));
    if (__typename === 'Attachment' && !isUploadId(id)) return placeOf(parseAttachmentId(id).message);
  } catch {
    return MALFORMED;
  }
  return JSON.stringify([__typename, id]);
}

const MALFORMED = '';

function toPlace(...names: readonly unknown[]): string {
  return names.every((name) => typeof name === 'string') ? JSON.stringify(names) : MALFORMED;
}

function asksBeyond(keys: ReadonlySet<string>, names: ReadonlySet<string>): boolean {
  return [...names].some((name) => !keys.has(name));
}

/** The fields that are selected at one level, whatever their types. */
function namesIn(
  selections: SelectionSetNode | undefined,
  fragments: PriceOptions['fragments'],
  names = new Set<string>(),
  seen = new Set<string>(),
): ReadonlySet<string> {
  for (const selection of selections?.selections ?? []) {
    if (selection.kind === Kind.FIELD) {
      names.add(selection.name.value);
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      namesIn(selection.selectionSet, fragments, names, seen);
    } else if (!seen.has(selection.name.value)) {
      seen.add(selection.name.value);
      namesIn(fragments.get(selection.name.value)?.selectionSet, fragments, names, seen);
    }
  }
  return names;
}
