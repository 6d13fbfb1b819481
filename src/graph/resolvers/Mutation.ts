import type { ErrorCode } from '../../messaging/errors.ts';
import { ParleyError } from '../../messaging/errors.ts';
import { parseConversationId, parseMessageId } from '../../messaging/ids.ts';
import type { UserError } from '../../messaging/userErrors.ts';
import { toUserErrors } from '../../messaging/userErrors.ts';
import type { MutationResolvers } from '../../generated/resolvers.ts';
import type { GraphContext } from '../context.ts';
import { toContent, toStart, toTraits } from '../inputs.ts';

export const Mutation: MutationResolvers = {
  sendMessage: (_root, { input }, context) =>
    write(context, NOTHING_SENT, () => {
      const conversation = parseConversationId(input.conversationId, 'conversationId');
      const content = toContent(input);
      return context.sending.sendMessage(
        { conversation, content, key: input.idempotencyKey },
        context.caller,
      );
    }),

  startConversation: (_root, { input }, context) =>
    write(context, NOTHING_SENT, () => context.sending.startConversation(toStart(input), context.caller)),

  uploadAttachment: (_root, { input }, context) =>
    write(context, { attachment: null }, async () => {
      const conversation = parseConversationId(input.conversationId, 'conversationId');
      const { file, idempotencyKey } = input;
      const request = { conversation, file, traits: toTraits(input), key: idempotencyKey ?? null };
      const uploaded = await context.uploading.upload(request, context.caller);
      return 'message' in uploaded
        ? { attachment: uploaded, userErrors: [] }
        : { attachment: null, userErrors: uploaded };
    }),

  addReaction: (_root, { input: { messageId, emoji } }, context) =>
    write(context, { message: null, outcome: null }, () =>
      context.gestures.addReaction(parseMessageId(messageId, 'messageId'), emoji, context.caller),
    ),

  markMessageRead: (_root, { input: { messageId } }, context) =>
    write(context, { message: null }, () =>
      context.gestures.markMessageRead(parseMessageId(messageId, 'messageId'), context.caller),
    ),

  closeConversation: (_root, { input: { conversationId } }, context) =>
    write(context, { conversation: null }, () =>
      context.gestures.closeConversation(
        parseConversationId(conversationId, 'conversationId'),
        context.caller,
      ),
    ),

  archiveConversation: (_root, { input: { conversationId } }, context) =>
    write(context, { conversation: null }, () =>
      context.gestures.archiveConversation(
        parseConversationId(conversationId, 'conversationId'),
        context.caller,
      ),
    ),

  reopenConversation: (_root, { input: { conversationId } }, context) =>
    write(context, { conversation: null }, () =>
      context.gestures.reopenConversation(
        parseConversationId(conversationId, 'conversationId'),
        context.caller,
      ),
    ),

  deleteMessages: (_root, { input: { messageIds } }, context) =>
    write(context, { conversation: null }, () => {
      const messages = messageIds.map((id, index) => parseMessageId(id, `messageIds.${index}`));
      return context.gestures.deleteMessages(messages, context.caller);
    }),
};

const NOT_BEGUN =
  'The operation was ended before this was begun: its caller went away, or Parley is stopping.';

/** What is wrong on our side, and no caller's affair. */
const OURS: ReadonlySet<ErrorCode> = new Set(['STORAGE_UNAVAILABLE', 'STORE_UNAVAILABLE']);

const NOTHING_SENT = { parts: [], conversation: null };

/** Runs a write. What a client can expect to go wrong becomes part of the payload, beside `nothing`. */
async function write<Payload extends Refusable>(
  context: GraphContext,
  nothing: Omit<Payload, 'userErrors'>,
  act: () => Promise<Payload>,
): Promise<Payload | (Omit<Payload, 'userErrors'> & Refusable)> {
  const payload = await attempt(context, nothing, act);
  for (const { code } of payload.userErrors) context.refusals.add(code);
  return payload;
}

interface Refusable {
  readonly userErrors: readonly UserError[];
}

async function attempt<Payload extends Refusable>(
  { forget, log, read }: GraphContext,
  nothing: Omit<Payload, 'userErrors'>,
  act: () => Promise<Payload>,
): Promise<Payload | (Omit<Payload, 'userErrors'> & Refusable)> {
  try {
    // Whoever has gone, or is told that Parley stops, asks again for what was not begun.
    if (read.signal.aborted)
      throw new ParleyError('CANCELLED', NOT_BEGUN, { refused: true, retryable: true });
    return await act();
  } catch (error) {
    // The only place where whoever runs Parley learns why files, or keys, can't be kept.
    if (error instanceof ParleyError && OURS.has(error.code))
      log.warn({ code: error.code, err: error.cause }, error.message);
    return { ...nothing, userErrors: toUserErrors(error) };
  } finally {
    forget();
  }
}
