import type { MessageLimits, Provider } from './provider.ts';

/** What can be done with an account or a conversation: the schema's `Capabilities`, which describes each. */
export interface Capabilities extends MessageLimits {
  readonly listConversations: boolean;
  readonly startConversation: boolean;
  readonly closeConversation: boolean;
  readonly sendText: boolean;
  readonly sendAttachments: boolean;
  readonly sendActionList: boolean;
  readonly sendButtons: boolean;
  readonly reactions: boolean;
  readonly readReceipts: boolean;
  readonly replies: boolean;
  readonly deleteMessages: boolean;
  readonly liveEvents: boolean;
}

/** Derives capabilities from the methods that an adapter has, within the given limits. */
export function capabilitiesOf(provider: Provider, limits: MessageLimits = provider.limits): Capabilities {
  return { listConversations: provider.listConversations !== undefined, ...NO_WRITES, ...limits };
}

// The port reads only: it has no method yet that writes or listens, so no adapter can have the capability.
const NO_WRITES = {
  startConversation: false,
  closeConversation: false,
  sendText: false,
  sendAttachments: false,
  sendActionList: false,
  sendButtons: false,
  reactions: false,
  readReceipts: false,
  replies: false,
  deleteMessages: false,
  liveEvents: false,
};
