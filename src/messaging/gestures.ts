import { isBlank, isCleanText } from './content.ts';
import { NotFoundError } from './errors.ts';
import type { Events } from './events.ts';
import type { ConversationRef, MessageRef } from './ids.ts';
import { loadLimits } from './loadLimits.ts';
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

/** What became of a change to a conversation. */
export interface ConversationResult {
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
  closeConversation(conversation: ConversationRef, caller: Caller): Promise<ConversationResult>;
  archiveConversation(conversation: ConversationRef, caller: Caller): Promise<ConversationResult>;
  reopenConversation(conversation: ConversationRef, caller: Caller): Promise<ConversationResult>;
  /** Deletes messages, all of them or none. What is wrong with one is told by its place. */
  deleteMessages(messages: readonly MessageRef[], caller: Caller): Promise<ConversationResult>;
}

export interface GesturesOptions {
  /** Who is told that something was written to a conversation. */
  readonly events: Pick<Events, 'touched'>;
}

/** The most messages that are deleted at once. */
const MAX_DELETED = 100;

export function createGestures({ events }: GesturesOptions): Gestures {
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

    closeConversation: (conversation, caller) => change('closeConversation', conversation, caller),
    archiveConversation: (conversation, caller) => change('archiveConversation', conversation, caller),
    reopenConversation: (conversation, caller) => change('reopenConversation', conversation, caller),

    async deleteMessages(messages, { accounts, read }) {
      const errors = checkDeletion(messages);
      if (errors.length > 0) return refusedChange(...errors);
      const { accountId, conversationExternalId } = messages[0]!;
      const conversation = { accountId, externalId: conversationExternalId };
      const provider = accounts.get(accountId)?.provider;
      if (!provider) return refusedChange(notFound('messageIds'));
      if (!provider.deleteMessages) return refusedChange(unsupported('messageIds', 'deleting messages'));
      const limits = await unlessMissing(loadLimits(provider, conversation, read));
      if (!limits) return refusedChange(notFound('messageIds'));
      if (!limits.deleteMessages) return refusedChange(NO_DELETION_HERE);
      const ids = new Set(messages.map(({ externalId }) => externalId));
      const deleting = provider.deleteMessages(conversationExternalId, [...ids], read);
      if (!(await unlessMissing(deleting.then(() => true)))) return refusedChange(notFound('messageIds'));
      events.touched(conversation);
      return { conversation, userErrors: [] };
    },
  };

  async function change(
    method: keyof typeof CHANGES,
    conversation: ConversationRef,
    { accounts, read }: Caller,
  ): Promise<ConversationResult> {
    const account = accounts.get(conversation.accountId);
    if (!account) return refusedChange(notFound('conversationId'));
    const { capability, what } = CHANGES[method];
    if (!account.capabilities[capability]) return refusedChange(unsupported('conversationId', what));
    const changing = account.provider[method]!(conversation.externalId, read);
    if (!(await unlessMissing(changing.then(() => true)))) return refusedChange(notFound('conversationId'));
    events.touched(conversation);
    return { conversation, userErrors: [] };
  }
}

const CHANGES = {
  closeConversation: { capability: 'closeConversation', what: 'closing conversations' },
  archiveConversation: { capability: 'archiveConversation', what: 'archiving conversations' },
  reopenConversation: { capability: 'archiveConversation', what: 'reopening conversations' },
} as const;

function refusedChange(...userErrors: readonly UserError[]): ConversationResult {
  return { conversation: null, userErrors };
}

/** What is wrong with messages that are to be deleted together. Asks nobody. */
function checkDeletion(messages: readonly MessageRef[]): UserError[] {
  if (messages.length === 0 || messages.length > MAX_DELETED) {
    const message = `One to ${MAX_DELETED} messages can be deleted at once; these are ${messages.length}.`;
    return [userError('BAD_USER_INPUT', 'messageIds', message)];
  }
  const { accountId, conversationExternalId } = messages[0]!;
  const message = 'All messages are of one conversation: this one is of another than the first.';
  return messages.flatMap((ref, index) =>
    ref.accountId === accountId && ref.conversationExternalId === conversationExternalId
      ? []
      : [userError('BAD_USER_INPUT', `messageIds.${index}`, message)],
  );
}

const NO_DELETION_HERE = userError(
  'UNSUPPORTED',
  'messageIds',
  'Messages of this conversation can not be deleted: see its capabilities.',
);

async function unlessMissing<T>(act: Promise<T>): Promise<T | null> {
  try {
    return await act;
  } catch (error) {
    if (error instanceof NotFoundError) return null;
    throw error;
  }
}
