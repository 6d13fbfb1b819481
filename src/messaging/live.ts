import type { MessageRef } from './ids.ts';
import type { Conversation, Delivery, Message, ReadContext } from './provider.ts';

/**
 * What a provider tells of its own accord. The same thing may be told any number of times and in any order, by any number of ways (a
 * connection, a webhook, a page that was read): whoever takes events gives each effect once.
 */
export type ProviderEvent =
  /** A message as it is now; what the event said of its conversation comes with it. */
  | {
      readonly kind: 'MESSAGE';
      readonly message: Message;
      readonly conversation?: Conversation;
      /** Whether the provider says that it has just come; otherwise it may be any. */
      readonly isNew: boolean;
    }
  /** How far a message has come. */
  | { readonly kind: 'DELIVERY'; readonly message: MessageRef; readonly progress: EventProgress }
  /** What has become of a send that its provider answered with a job; the job's id is of the account. */
  | {
      readonly kind: 'JOB';
      readonly jobId: string;
      /** The provider's own id of the message, where the event names it. */
      readonly messageId: string | null;
      readonly progress: EventProgress;
    }
  /** What is known of a conversation now: facts that the event did not tell are absent. */
  | { readonly kind: 'CONVERSATION'; readonly conversation: Conversation }
  /** Something has happened in a conversation that the event does not tell: its newest messages have to be read. */
  | { readonly kind: 'STALE'; readonly conversationExternalId: string };

/** What an event says of a message's way; null for an instant that it does not tell. */
export type EventProgress = Pick<Delivery, 'sentAt' | 'deliveredAt' | 'readAt' | 'failureReason'> & {
  readonly state: 'QUEUED' | 'SENT' | 'DELIVERED' | 'READ' | 'FAILED';
};

/** Whoever a live connection tells. Its methods never throw. */
export interface LiveListener {
  event(event: ProviderEvent): void;
  /** The connection is there, for the first time or again: whatever happened before may have been missed. */
  connected(): void;
  /** The connection is lost. It comes back by itself; the reason holds no secret. */
  disconnected(reason: string): void;
}

/** A provider's live connection: connects, and connects again, until it is closed. */
export interface LiveConnection {
  /**
   * Where a provider has a channel for each conversation: listens to one more, from now on and after each reconnection. Once for each
   * conversation is enough. Absent where the account's own channel tells of all of them. False when there are too many to follow.
   */
  follow?(conversationExternalId: string): boolean;
  /** Ends it, and every timer and socket of it. Tells nobody any more. */
  close(): Promise<void>;
}

/** How an adapter opens its live connection. The context is Parley's own: it brings no caller's credentials, and ends with the connection. */
export type OpenLive = (listener: LiveListener, context: ReadContext) => LiveConnection;
