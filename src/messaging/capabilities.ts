import type { MessageLimits, Provider } from './provider.ts';

/** What can be done with an account or a conversation: the schema's `Capabilities`, which describes each. */
export interface Capabilities extends MessageLimits {
  readonly listConversations: boolean;
  readonly startConversation: boolean;
  readonly closeConversation: boolean;
  readonly sendText: boolean;
  readonly sendAttachments: boolean;
  readonly reactions: boolean;
  readonly readReceipts: boolean;
  readonly archiveConversation: boolean;
  readonly liveEvents: boolean;
}

/** Derives capabilities from the methods that an adapter has, within the given limits. */
export function capabilitiesOf(provider: Provider, limits: MessageLimits = provider.limits): Capabilities {
  const sends = provider.sendMessage !== undefined;
  return {
    ...limits,
    listConversations: provider.listConversations !== undefined,
    startConversation: provider.startConversation !== undefined,
    closeConversation: provider.closeConversation !== undefined,
    sendText: sends,
    sendAttachments: sends && limits.maxAttachmentsPerMessage !== 0,
    sendActionList: sends && limits.sendActionList,
    sendButtons: sends && limits.sendButtons,
    reactions: provider.addReaction !== undefined,
    readReceipts: provider.markMessageRead !== undefined,
    replies: sends && limits.replies,
    deleteMessages: provider.deleteMessages !== undefined && limits.deleteMessages,
    // What can't be taken out again is no archive.
    archiveConversation:
      provider.archiveConversation !== undefined && provider.reopenConversation !== undefined,
    liveEvents: provider.openLive !== undefined || provider.readWebhook !== undefined,
  };
}
