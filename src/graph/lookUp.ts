import type { GraphQLResolveInfo } from 'graphql';
import { NotFoundError, ParleyError } from '../messaging/errors.ts';
import type { AttachmentRef, ConversationRef, MessageRef, UploadRef } from '../messaging/ids.ts';
import { isUploadId, parseAttachmentId, parseUploadId } from '../messaging/ids.ts';
import type { Attachment, Conversation, Message } from '../messaging/provider.ts';
import type { GraphContext } from './context.ts';
import { toMessagePageRequest } from './pageArguments.ts';
import { asksOnlyFor, selectedFields } from './selection.ts';

/**
 * How the graph gets from a name to an entity: null for what does not exist.
 *
 * A reference of another subgraph is trusted as long as nothing but its key is asked, and costs no call. Otherwise,
 * and for every root field, existence is checked by the cheapest read that the operation needs anyway.
 */
export interface LookUp {
  readonly context: GraphContext;
  readonly info: GraphQLResolveInfo;
  /** Whether the name comes from a subgraph that knows it to exist. */
  readonly trusted: boolean;
}

const CONVERSATION_KEY = new Set(['id', 'accountId', 'externalId']);
const CONVERSATION_KEY_AND_MESSAGES = new Set([...CONVERSATION_KEY, 'messages']);
const MESSAGE_KEY = new Set(['id', 'accountId', 'externalId', 'conversationExternalId']);
const ATTACHMENT_KEY = new Set(['id']);

export async function lookUpConversation(
  ref: ConversationRef,
  { context, info, trusted }: LookUp,
): Promise<Conversation | null> {
  const { loaders, accounts } = context;
  const account = accounts.get(ref.accountId);
  if (!account) return null;
  const fields = selectedFields(info, 'Conversation');
  if (trusted && asksOnlyFor(fields, CONVERSATION_KEY)) return ref;
  // Every page is checked before one is read.
  const pages = fields
    .filter(({ name }) => name === 'messages')
    .map(({ args }) => toMessagePageRequest(ref, account.provider, args));
  if (pages.length === 0) return loaders.conversation.load(ref);

  // Facts that no page tells are read at the same time, and not after it.
  const wantsFacts =
    !asksOnlyFor(fields, CONVERSATION_KEY_AND_MESSAGES) && !account.provider.pagesTellConversation;
  const [facts, ...reads] = await Promise.allSettled([
    wantsFacts ? loaders.conversation.load(ref) : undefined,
    ...pages.map((page) => loaders.messagePage(ref, page)),
  ]);
  if (facts.status === 'fulfilled' && facts.value !== undefined) return facts.value;
  const read = reads.find(({ status }) => status === 'fulfilled') ?? reads[0]!;
  if (read.status === 'fulfilled') return read.value.conversation ?? ref;
  if (read.reason instanceof NotFoundError) return null;
  // A page that failed proves nothing either way: the fields themselves report it.
  if (read.reason instanceof ParleyError) return ref;
  throw read.reason;
}

export async function lookUpMessage(
  ref: MessageRef,
  { context, info, trusted }: LookUp,
): Promise<Message | null> {
  const { loaders, accounts } = context;
  if (!accounts.get(ref.accountId)) return null;
  // What is asked for is there; the rest is never read.
  if (trusted && asksOnlyFor(selectedFields(info, 'Message'), MESSAGE_KEY)) return ref as Message;
  return loaders.message.load(ref);
}

/** Names an attachment of a message, or one that was uploaded. Throws an `InputError` that names `argument`. */
export function parseAnyAttachmentId(id: unknown, argument = 'id'): AttachmentRef | UploadRef {
  return isUploadId(id) ? parseUploadId(id, argument) : parseAttachmentId(id, argument);
}

export async function lookUpAttachment(
  ref: AttachmentRef | UploadRef,
  { context, info, trusted }: LookUp,
): Promise<Attachment | null> {
  const { loaders, accounts, uploading, caller } = context;
  if ('uploadId' in ref) return uploading.find(ref, caller);
  const { message: messageRef, key } = ref;
  if (!accounts.get(messageRef.accountId)) return null;
  if (trusted && asksOnlyFor(selectedFields(info, 'Attachment'), ATTACHMENT_KEY)) {
    const place = 'place' in key ? key.place : 0;
    return { message: messageRef, place, externalId: 'place' in key ? null : key.externalId } as Attachment;
  }
  const message = await loaders.message.load(messageRef);
  return (
    message?.attachments.find((attachment) =>
      'place' in key
        ? attachment.externalId === null && attachment.place === key.place
        : attachment.externalId === key.externalId,
    ) ?? null
  );
}
