import { isBlank, isCleanText } from './content.ts';
import { NotFoundError } from './errors.ts';
import type { ConversationRef, MessageRef } from './ids.ts';
import type { UserError } from './userErrors.ts';
import { notFound, unsupported, userError } from './userErrors.ts';
import type { Caller } from './viewer.ts';

/** What became of a reaction: the message that has it, or what kept it from being added. */
export interface ReactionResult {
  readonly message: MessageRef | null;
  readonly outcome: 'ADDED' | 'UNCHANGED' | null;
  readonly userErrors: readonly UserError[];
}

/** What became of a read receipt. */
export interface ReadResult {
  readonly message: MessageRef | null;
  readonly userErrors: readonly UserError[];
}

/** What became of closing a conversation. */
export interface CloseResult {
  readonly conversation: ConversationRef | null;
  readonly userErrors: readonly UserError[];
}

/**
 * Writes that may be repeated without harm, so that they need no key. They throw the provider's errors, but for what does
 * not exist: that is a user error.
 */
export interface Gestures {
  addReaction(message: MessageRef, emoji: string, caller: Caller): Promise<ReactionResult>;
  markMessageRead(message: MessageRef, caller: Caller): Promise<ReadResult>;
  closeConversation(conversation: ConversationRef, caller: Caller): Promise<CloseResult>;
}

export function createGestures(): Gestures {
  return {
    async addReaction(message, emoji, { accounts, read }) {
      const refused = (...userErrors: UserError[]) => ({ message: null, outcome: null, userErrors });
      const provider = accounts.get(message.accountId)?.provider;
      if (!provider) return refused(notFound('messageId'));
      if (!provider.addReaction) return refused(unsupported('messageId', 'reactions'));
      if (isBlank(emoji) || !isCleanText(emoji))
        return refused(userError('BAD_USER_INPUT', 'emoji', 'This must be an emoji.'));
      const outcome = await unlessMissing(provider.addReaction(message, emoji, read));
      return outcome ? { message, outcome, userErrors: [] } : refused(notFound('messageId'));
    },

    async markMessageRead(message, { accounts, read }) {
      const refused = (error: UserError) => ({ message: null, userErrors: [error] });
      const provider = accounts.get(message.accountId)?.provider;
      if (!provider) return refused(notFound('messageId'));
      if (!provider.markMessageRead) return refused(unsupported('messageId', 'read receipts'));
      const done = await unlessMissing(provider.markMessageRead(message, read).then(() => true));
      return done ? { message, userErrors: [] } : refused(notFound('messageId'));
    },

    async closeConversation(conversation, { accounts, read }) {
      const refused = (error: UserError) => ({ conversation: null, userErrors: [error] });
      const provider = accounts.get(conversation.accountId)?.provider;
      if (!provider) return refused(notFound('conversationId'));
      if (!provider.closeConversation) return refused(unsupported('conversationId', 'closing conversations'));
      const closing = provider.closeConversation(conversation.externalId, read);
      const done = await unlessMissing(closing.then(() => true));
      return done ? { conversation, userErrors: [] } : refused(notFound('conversationId'));
    },
  };
}

async function unlessMissing<T>(act: Promise<T>): Promise<T | null> {
  try {
    return await act;
  } catch (error) {
    if (error instanceof NotFoundError) return null;
    throw error;
  }
}
