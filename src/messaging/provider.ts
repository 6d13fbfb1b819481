import type { OpenLive, ProviderEvent } from './live.ts';
import type { ConversationRef, MessageRef, ParticipantRef, UploadRef } from './ids.ts';
import type {
  LostSend,
  LostStart,
  OutgoingFile,
  OutgoingMessage,
  Progress,
  SentSearch,
  StartConversation,
  Started,
  StartSearch,
} from './outgoing.ts';
import type { Page, PageRequest, Position } from './paging.ts';
import type { CallContext } from './upstreamCalls.ts';

/**
 * The port: what Parley asks of a provider, and the domain objects that answer.
 *
 * Instants are UTC ISO 8601 with milliseconds (`parseInstant`); URLs are absolute. Null means that the provider does
 * not say.
 */

export type ProviderName = 'PACT' | 'LETSTALK' | 'PIGEONS';

/** What a read needs of the operation that it serves. One of these lives as long as one GraphQL operation. */
export interface ReadContext extends CallContext {
  /** A header of the incoming request, by its lower-case name: a caller's own token, or the language they read. */
  header(name: string): string | undefined;
  /**
   * Runs `load` once an operation for each key, however often it is asked for, and lets all who ask share the answer.
   * A key begins with the account's id: two accounts never share.
   */
  share<T>(key: string, load: () => Promise<T>): Promise<T>;
}

/** One answer of several: null for what does not exist, an error for what could not be read. */
export type Outcome<T> = T | null | Error;

/**
 * A provider's adapter, bound to one account. A missing method is a missing capability, and `capabilitiesOf` says so
 * to clients. Methods throw `ParleyError`s; `NotFoundError` where the conversation that they speak of does not exist.
 */
export interface Provider {
  readonly name: ProviderName;
  /** What one message may carry, for the account as a whole. */
  readonly limits: MessageLimits;
  /** The narrower limits of one conversation, where they depend on more than the account. */
  limitsOf?(conversation: Conversation): MessageLimits;

  /** Whether a place that came back from a client is one that this adapter can have given out. */
  isPosition(position: Position): boolean;
  /** Whether a page of messages tells about its conversation as well. */
  readonly pagesTellConversation: boolean;

  /** The states that the provider says of a conversation; empty where it says none. */
  readonly knownStates: readonly ConversationState[];
  /** What its list of conversations is sorted by: `createdAt` or `lastActivityAt`, which the rows of the list then have. */
  readonly listedBy: 'CREATION' | 'ACTIVITY';
  /** A page of conversations, newest first, of the given states only (all of them when absent). */
  listConversations?(
    request: PageRequest & { readonly states?: readonly ConversationState[] },
    context: ReadContext,
  ): Promise<Page<Conversation>>;
  /** Reads conversations with every fact that the provider has, in the order of the ids. */
  loadConversations(externalIds: readonly string[], context: ReadContext): Promise<Outcome<Conversation>[]>;
  /** A page of a conversation's messages, oldest to newest. */
  loadMessages(conversationId: string, request: PageRequest, context: ReadContext): Promise<MessagePage>;
  /** Seeks messages of one conversation together, in the order of the ids, at a bounded price. */
  findMessages(
    conversationId: string,
    externalIds: readonly string[],
    context: ReadContext,
  ): Promise<Outcome<Message>[]>;
  /** Seeks the messages that others answer, by what `Message.repliedTo` calls them, in that order, at a bounded price. */
  loadReplied?(
    conversationId: string,
    names: readonly string[],
    context: ReadContext,
  ): Promise<Outcome<Message>[]>;

  /**
   * Whether the name that Parley gives a send is kept by the provider and found in its history. Otherwise a message is
   * known by its content alone.
   */
  readonly namesSends: boolean;
  /**
   * Who acts, where each caller brings credentials of their own: part of what tells one caller's sends from another's.
   * Throws where that can't be known.
   */
  actor?(context: ReadContext): Promise<string>;
  /**
   * Sends one message, once: whatever goes wrong is the caller's to judge, by the error's `refused`. Everything that can
   * be refused without a call is refused before it.
   */
  sendMessage?(message: OutgoingMessage, context: ReadContext): Promise<Progress>;
  /**
   * Asks what has become of a send. Only called while its progress is not final. The conversation is null where a start has
   * not got one yet, and may be told by the answer.
   */
  loadProgress?(
    conversationId: string | null,
    progress: Progress,
    context: ReadContext,
  ): Promise<Started | null>;
  /** Looks through the history for a send whose answer was lost. Changes nothing. */
  findSent?(conversationId: string, lost: LostSend, context: ReadContext): Promise<SentSearch>;
  /** Streams a file to the provider, and gives the provider's id of it. A provider without the method gets it with the message. */
  uploadFile?(conversationId: string, file: OutgoingFile, context: ReadContext): Promise<string>;
  /** Adds the account's reaction to a message. The same one twice is one. */
  addReaction?(message: MessageRef, emoji: string, context: ReadContext): Promise<'ADDED' | 'UNCHANGED'>;
  /** Marks a message as read by the account. Twice is as good as once. */
  markMessageRead?(message: MessageRef, context: ReadContext): Promise<void>;
  /** Starts a conversation, once, as `sendMessage` sends. */
  startConversation?(start: StartConversation, context: ReadContext): Promise<Started>;
  /** Looks for a conversation whose start was not answered. */
  findStarted?(lost: LostStart, context: ReadContext): Promise<StartSearch>;
  /** Closes a conversation. Twice is as good as once. */
  closeConversation?(conversationId: string, context: ReadContext): Promise<void>;
  /** Puts a conversation away. Twice is as good as once. */
  archiveConversation?(conversationId: string, context: ReadContext): Promise<void>;
  /** Takes a conversation out of the archive. Twice is as good as once. */
  reopenConversation?(conversationId: string, context: ReadContext): Promise<void>;
  /** Deletes messages of one conversation for everybody in it, all of them or none. Twice is as good as once. */
  deleteMessages?(
    conversationId: string,
    externalIds: readonly string[],
    context: ReadContext,
  ): Promise<void>;

  /** Opens the connection on which the provider tells what happens. Never where each caller brings credentials of their own. */
  readonly openLive?: OpenLive;
  /**
   * What a webhook's body tells, in the order in which it happened; empty for what is of no concern, a probe for one. Throws a
   * `ContractError` for what is not what the provider documents. Makes no call.
   */
  readWebhook?(body: unknown): readonly ProviderEvent[];
}

/** A page of messages, and what its answer said about the conversation, where it said anything. */
export interface MessagePage extends Page<Message> {
  readonly conversation?: Conversation;
}

/** What one message may carry. Null where the provider names no limit. */
export interface MessageLimits {
  /** Unicode code points. */
  readonly maxTextLength: number | null;
  readonly maxAttachmentsPerMessage: number | null;
  readonly textWithAttachment: 'ALLOWED' | 'REQUIRED' | 'FORBIDDEN';
  readonly attachmentMimeTypes: readonly string[] | null;
  /** The types that a text can accompany, `image/*` for all pictures; null for any. */
  readonly textWithAttachmentMimeTypes: readonly string[] | null;
  /** Bytes. */
  readonly maxAttachmentBytes: number | null;
  readonly sendActionList: boolean;
  readonly sendButtons: boolean;
  /** Whether a message can answer another one. */
  readonly replies: boolean;
  /** Whether messages can be deleted, where the adapter has the method. */
  readonly deleteMessages: boolean;
}

export type ConversationState = 'OPEN' | 'CLOSED' | 'ARCHIVED' | 'BLOCKED';

/** What can be known of a conversation. Null: the provider does not say. */
export interface ConversationFacts {
  readonly title: string | null;
  readonly state: ConversationState | null;
  readonly participants: readonly Participant[] | null;
  readonly createdAt: string | null;
  readonly lastActivityAt: string | null;
  readonly lastMessageText: string | null;
  readonly unreadCount: number | null;
  readonly providerDetails: ConversationDetails | null;
}

/** A conversation. A fact that is absent was not part of the answer that it came from, and costs a read. */
export type Conversation = ConversationRef & Partial<ConversationFacts>;

export type ConversationDetails =
  | {
      readonly kind: 'PactConversation';
      readonly channelId: string | null;
      readonly channelType: string | null;
      readonly senderExternalId: string | null;
      readonly avatarUrl: string | null;
      readonly lastInboundMessageAt: string | null;
      readonly meta: JsonObject | null;
      readonly repliedState: 'INITIALIZED' | 'REPLIED' | 'UNREPLIED' | null;
      readonly isGroup: boolean | null;
    }
  | {
      readonly kind: 'LetstalkConversation';
      readonly typeName: string | null;
      readonly clientName: string | null;
      readonly clientAvatarUrl: string | null;
    }
  | {
      readonly kind: 'PigeonsConversation';
      readonly taggableType: string | null;
      readonly taggableId: string | null;
      readonly taggableTitle: string | null;
      readonly updatedAt: string | null;
    };

export type MessageDirection = 'INBOUND' | 'OUTBOUND';

export interface Message extends MessageRef {
  /** A function where it costs a call to know who "I" am. */
  readonly direction: MessageDirection | null | ((context: ReadContext) => Promise<MessageDirection | null>);
  readonly author: Participant | null;
  readonly text: string | null;
  readonly content: MessageContent;
  readonly attachments: readonly Attachment[];
  readonly reactions: readonly Reaction[];
  readonly sentAt: string;
  readonly delivery: Delivery | null;
  /** Whether it was deleted, and has no text and no files any more; null where the provider does not say. */
  readonly isDeleted: boolean | null;
  /** What the provider calls the message that this one answers: for `loadReplied` alone to read. */
  readonly repliedTo: string | null;
  readonly providerDetails: MessageDetails;
}

export type MessageContent =
  | { readonly kind: 'TextContent'; readonly text: string | null }
  | {
      readonly kind: 'MediaContent';
      readonly text: string | null;
      readonly attachments: readonly Attachment[];
    }
  | {
      readonly kind: 'ActionListContent';
      readonly title: string | null;
      readonly viewType: 'LIST' | 'PILL' | null;
      readonly showItemIcons: boolean | null;
      readonly items: readonly ActionItem[];
    }
  | {
      readonly kind: 'SystemContent';
      readonly event: 'CONVERSATION_CLOSED' | 'OTHER';
      readonly text: string | null;
    };

export type ActionItem =
  | {
      readonly kind: 'LinkAction';
      readonly label: string;
      readonly url: string | null;
      readonly target: string | null;
    }
  | { readonly kind: 'QuickReplyAction'; readonly label: string; readonly message: string };

export type MessageDetails =
  | {
      readonly kind: 'PactMessage';
      readonly channelId: string | null;
      readonly channelType: string | null;
      /** The messenger's own id of it. */
      readonly messengerId: string | null;
    }
  | {
      readonly kind: 'LetstalkMessage';
      readonly remoteId: string | null;
      readonly internal: boolean | null;
      readonly subject: string | null;
      readonly contentType: string | null;
      readonly repliedAt: string | null;
    }
  | {
      readonly kind: 'PigeonsMessage';
      readonly contextType: string | null;
      readonly receiver: Participant | null;
      readonly device: PigeonsDevice | null;
      readonly metadata: JsonObject | null;
    };

export interface PigeonsDevice {
  readonly type: string | null;
  readonly os: string | null;
  readonly osVersion: string | null;
  readonly appVersion: string | null;
  readonly model: string | null;
  readonly browser: string | null;
  readonly browserVersion: string | null;
}

export interface Attachment {
  /** The message that it belongs to, or the upload that no message has taken yet. */
  readonly message: MessageRef | UploadRef;
  /** From 0, in the message. */
  readonly place: number;
  /** The provider's own id, or null where it gives none. */
  readonly externalId: string | null;
  readonly fileName: string | null;
  readonly mimeType: string | null;
  readonly byteSize: number | null;
  readonly url: string | null;
  readonly media: AttachmentMedia;
  readonly providerDetails: AttachmentDetails | null;
}

export type AttachmentMedia =
  | {
      readonly kind: 'ImageMedia' | 'VideoMedia';
      readonly width: number | null;
      readonly height: number | null;
      readonly previewUrl: string | null;
    }
  | { readonly kind: 'AudioMedia'; readonly isVoiceMessage: boolean | null }
  | { readonly kind: 'FileMedia'; readonly previewUrl: string | null };

export type AttachmentDetails =
  | {
      readonly kind: 'PactAttachment';
      readonly externalId: string | null;
      readonly aspectRatio: number | null;
    }
  | { readonly kind: 'LetstalkAttachment'; readonly remoteId: string | null }
  | { readonly kind: 'PigeonsAttachment'; readonly raw: JsonObject | null }
  | { readonly kind: 'StagedAttachment'; readonly expiresAt: string | null };

export interface Reaction {
  readonly emoji: string;
  readonly author: Participant | null;
  readonly createdAt: string | null;
  readonly providerDetails: ReactionDetails;
}

export type ReactionDetails =
  | { readonly kind: 'PigeonsReaction'; readonly userUuid: string | null }
  | { readonly kind: 'PactReaction'; readonly raw: JsonObject | null };

export type ParticipantKind = 'CUSTOMER' | 'AGENT' | 'USER' | 'SYSTEM';

export interface Participant extends ParticipantRef {
  readonly name: string | null;
  readonly avatarUrl: string | null;
  readonly email: string | null;
  readonly phone: string | null;
}

/** What is known of a message's way. */
export interface Delivery {
  /** Its global id, for a send that went through Parley. */
  readonly id: string | null;
  readonly state: 'QUEUED' | 'SENT' | 'DELIVERED' | 'READ' | 'FAILED' | 'UNKNOWN';
  readonly evidence: 'RESPONSE' | 'JOB' | 'HISTORY' | 'EVENT' | 'NONE';
  readonly asOf: string;
  readonly message: MessageRef | null;
  readonly sentAt: string | null;
  readonly deliveredAt: string | null;
  readonly readAt: string | null;
  readonly failureReason: string | null;
}

export type JsonObject = Readonly<Record<string, unknown>>;
