import type { GraphQLResolveInfo } from 'graphql';
import { InputError, NotFoundError, ParleyError } from '../messaging/errors.ts';
import type { AttachmentRef, ConversationRef, MessageRef } from '../messaging/ids.ts';
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
const MESSAGE_KEY = new Set(['id', 'accountId', 'externalId', 'conversationExternalId']);
const ATTACHMENT_KEY = new Set(['id']);

export async function lookUpConversation(
  ref: ConversationRef,
  { context, info, trusted }: LookUp,
): Promise<Conversation | null> {
  const { loaders, registry } = context;
  if (!registry.get(ref.accountId)) return null;
  const fields = selectedFields(info, 'Conversation');
  if (trusted && asksOnlyFor(fields, CONVERSATION_KEY)) return ref;
  const messages = fields.find(({ name }) => name === 'messages');
  if (!messages) return loaders.conversation.load(ref);
  try {
    const page = await loaders.messagePage(ref, toMessagePageRequest(ref, messages.args));
    return page.conversation ?? ref;
  } catch (error) {
    if (error instanceof NotFoundError) return null;
    // A page that failed proves nothing either way: the field itself reports it.
    if (error instanceof ParleyError && !(error instanceof InputError)) return ref;
    throw error;
  }
}

export async function lookUpMessage(
  ref: MessageRef,
  { context, info, trusted }: LookUp,
): Promise<Message | null> {
  const { loaders, registry } = context;
  if (!registry.get(ref.accountId)) return null;
  // What is asked for is there; the rest is never read.
  if (trusted && asksOnlyFor(selectedFields(info, 'Message'), MESSAGE_KEY)) return ref as Message;
  return loaders.message.load(ref);
}

export async function lookUpAttachment(
  ref: AttachmentRef,
  { context, info, trusted }: LookUp,
): Promise<Attachment | null> {
  const { loaders, registry } = context;
  const { message: messageRef, key } = ref;
  if (!registry.get(messageRef.accountId)) return null;
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
