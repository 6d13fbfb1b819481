import type { JsonObject } from '../messaging/provider.ts';
import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { ReactionResult as ReactionResultModel, ConversationResult as ConversationResultModel, ReadResult as ReadResultModel } from '../messaging/gestures.ts';
import type { Account as AccountModel } from '../messaging/registry.ts';
import type { Attachment as AttachmentModel, AttachmentDetails as AttachmentDetailsModel, AttachmentMedia as AttachmentMediaModel, ActionItem as ActionItemModel, Conversation as ConversationModel, ConversationDetails as ConversationDetailsModel, Delivery as DeliveryModel, Message as MessageModel, MessageContent as MessageContentModel, MessageDetails as MessageDetailsModel, Participant as ParticipantModel, Reaction as ReactionModel, ReactionDetails as ReactionDetailsModel } from '../messaging/provider.ts';
import type { Capabilities as CapabilitiesModel } from '../messaging/capabilities.ts';
import type { Change as ChangeModel, ConversationChange as ConversationChangeModel, DeliveryChange as DeliveryChangeModel, MessageChange as MessageChangeModel } from '../messaging/changes.ts';
import type { ChangeList as ChangeListModel, ChangeEdge as ChangeEdgeModel } from '../graph/changeList.ts';
import type { ConversationList as ConversationListModel, ConversationListSource as ConversationListSourceModel } from '../messaging/conversationList.ts';
import type { InboxPage as InboxPageModel, InboxItem as InboxItemModel, InboxSource as InboxSourceModel } from '../messaging/events.ts';
import type { MessageList as MessageListModel } from '../messaging/messageList.ts';
import type { SendResult as SendResultModel } from '../messaging/sending.ts';
import type { UserError as UserErrorModel } from '../messaging/userErrors.ts';
import type { GraphContext } from '../graph/context.ts';
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type Omit<T, K extends keyof T> = Pick<T, Exclude<keyof T, K>>;
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** An instant in ISO 8601 with milliseconds, always in UTC: `2025-11-02T10:30:00.000Z`. */
  DateTime: { input: string; output: string; }
  /** A JSON object whose keys the provider, not Parley, decides. */
  JSONObject: { input: JsonObject; output: JsonObject; }
  /** An absolute `http` or `https` address. */
  URL: { input: string; output: string; }
  /** A file of a multipart request: null in the request's variables, at the place that the request's `map` names. */
  Upload: { input: Promise<import('../messaging/incomingFile.ts').IncomingFile>; output: Promise<import('../messaging/incomingFile.ts').IncomingFile>; }
  _FieldSet: { input: string; output: string; }
};

/** One set of credentials at one provider. Several accounts of one provider are normal. */
export type Account = {
  readonly __typename?: 'Account';
  /** What can be done with this account, and within which limits. A conversation may have narrower ones: before sending, ask `Conversation.capabilities`. */
  readonly capabilities: Capabilities;
  /**
   * This account's conversations, newest created first; at Pact with `apiVersion: v2` in the accounts file, by their last activity.
   * A provider that does not answer is no error: it stands in `sources`.
   */
  readonly conversations: ConversationConnection;
  /** The id that it has in the accounts file, verbatim. */
  readonly id: Scalars['ID']['output'];
  /** A name for people, from the accounts file. */
  readonly name: Scalars['String']['output'];
  /** The provider that serves this account. */
  readonly provider: Provider;
  /** How the provider has been answering for this account, as last seen. Asking costs no call to it. */
  readonly status: AccountStatus;
};


/** One set of credentials at one provider. Several accounts of one provider are normal. */
export type AccountConversationsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
};

/** How a provider has been answering lately. */
export type AccountStatus =
  /** The last call failed, but not several in a row. */
  | 'DEGRADED'
  /** The last call was answered, or none has been made yet. */
  | 'OPERATIONAL'
  /** Several calls in a row failed, and the provider is not asked for a while; or it refuses the account's credentials. */
  | 'UNAVAILABLE';

/** Something to choose in an action list. */
export type ActionItem = LinkAction | QuickReplyAction;

/** Something to choose: exactly one of the fields. */
export type ActionItemInput =
  /** Opens a page. */
  { readonly link: LinkActionInput; readonly quickReply?: never; }
  |  /** Writes a message for the one who chooses it. */
  { readonly link?: never; readonly quickReply: QuickReplyActionInput; };

/** A list to choose from. */
export type ActionListContent = {
  readonly __typename?: 'ActionListContent';
  /** What can be chosen. */
  readonly items: ReadonlyArray<ActionItem>;
  /** Whether the items are to be shown with icons. Null when the provider does not say. */
  readonly showItemIcons?: Maybe<Scalars['Boolean']['output']>;
  /** What stands above the items. */
  readonly title?: Maybe<Scalars['String']['output']>;
  /** How the items are to be shown. */
  readonly viewType?: Maybe<ActionListView>;
};

/** A list of links and quick replies. */
export type ActionListInput = {
  /** What can be chosen: 1 to 50 items. */
  readonly items: ReadonlyArray<ActionItemInput>;
  /** Whether to show the items with icons. The provider decides when absent. */
  readonly showItemIcons?: InputMaybe<Scalars['Boolean']['input']>;
  /** What stands above the items. */
  readonly title: Scalars['String']['input'];
  /** How to show the items. The provider decides when absent. */
  readonly viewType?: InputMaybe<ActionListView>;
};

/** How the items of an action list are shown. */
export type ActionListView =
  /** One below the other. */
  | 'LIST'
  /** As pills beside each other. */
  | 'PILL';

/** An emoji for a message. */
export type AddReactionInput = {
  /** The emoji. A provider may limit its length, since one emoji can be many characters. It can't be taken away again. */
  readonly emoji: Scalars['String']['input'];
  /** The message, by its `Message.id`. */
  readonly messageId: Scalars['ID']['input'];
};

/** What became of a reaction. */
export type AddReactionPayload = {
  readonly __typename?: 'AddReactionPayload';
  /** The message with its reactions as they are now. Null when it could not be done. */
  readonly message?: Maybe<Message>;
  /** Whether anything changed. Null when it could not be done. */
  readonly outcome?: Maybe<ReactionOutcome>;
  /** Why it could not be done. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** A conversation to put away. */
export type ArchiveConversationInput = {
  /** The conversation, by its `Conversation.id`. */
  readonly conversationId: Scalars['ID']['input'];
};

/** What became of putting a conversation away. */
export type ArchiveConversationPayload = {
  readonly __typename?: 'ArchiveConversationPayload';
  /** The conversation as it is now. Null when it could not be put away. */
  readonly conversation?: Maybe<Conversation>;
  /** Why it could not be put away. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** A file of a message, or one that was uploaded to be sent. */
export type Attachment = {
  readonly __typename?: 'Attachment';
  /** The file's size in bytes. Null when the provider does not say, or from 2 GiB on. */
  readonly byteSize?: Maybe<Scalars['Int']['output']>;
  /** The file's name. Null when the provider does not say. */
  readonly fileName?: Maybe<Scalars['String']['output']>;
  /** Global, opaque and URL-safe. An attachment that its provider gives no id is named by its message and its place in it, an uploaded one by its upload. */
  readonly id: Scalars['ID']['output'];
  /** What kind of file it is, with what is known of that kind, to be told apart by `__typename`. */
  readonly media: AttachmentMedia;
  /** The file's MIME type, as the provider says it. Null when it does not. */
  readonly mimeType?: Maybe<Scalars['String']['output']>;
  /** What only this provider can say. */
  readonly providerDetails?: Maybe<AttachmentDetails>;
  /** Where the file can be read. Null when the provider gives no address. */
  readonly url?: Maybe<Scalars['URL']['output']>;
};

/** What only one provider can say about an attachment. */
export type AttachmentDetails = LetstalkAttachment | PactAttachment | PigeonsAttachment | StagedAttachment;

/** What kind of file an attachment is. */
export type AttachmentMedia = AudioMedia | FileMedia | ImageMedia | VideoMedia;

/** A sound. */
export type AudioMedia = {
  readonly __typename?: 'AudioMedia';
  /** True for one recorded and sent on the spot (push to talk). Null when the provider does not say. */
  readonly isVoiceMessage?: Maybe<Scalars['Boolean']['output']>;
};

/**
 * What can be done, known before a client tries. A false value means that the provider can't, or that Parley does not do it for this provider.
 * Limits are the provider's own.
 */
export type Capabilities = {
  readonly __typename?: 'Capabilities';
  /** A conversation can be put away with `archiveConversation`, and taken out again with `reopenConversation`. */
  readonly archiveConversation: Scalars['Boolean']['output'];
  /** The MIME types that an attachment may have. Null when the provider takes any. */
  readonly attachmentMimeTypes?: Maybe<ReadonlyArray<Scalars['String']['output']>>;
  /** A conversation can be closed. */
  readonly closeConversation: Scalars['Boolean']['output'];
  /** Messages can be deleted with `deleteMessages`. An account says whether they can be in any of its conversations: ask the conversation. */
  readonly deleteMessages: Scalars['Boolean']['output'];
  /** The account's conversations can be listed. Otherwise they are reached with `Query.conversationByExternalId`. */
  readonly listConversations: Scalars['Boolean']['output'];
  /** Changes arrive by themselves, without polling. */
  readonly liveEvents: Scalars['Boolean']['output'];
  /** The largest attachment in bytes. Null when the provider names no limit. */
  readonly maxAttachmentBytes?: Maybe<Scalars['Int']['output']>;
  /** The most attachments that one message can carry. Null when the provider names no limit. */
  readonly maxAttachmentsPerMessage?: Maybe<Scalars['Int']['output']>;
  /** The longest text of one message in Unicode code points. Null when the provider names no limit. */
  readonly maxTextLength?: Maybe<Scalars['Int']['output']>;
  /** A reaction can be added to a message. Reading the reactions of others is possible wherever the provider gives them. */
  readonly reactions: Scalars['Boolean']['output'];
  /** A message can be marked as read. */
  readonly readReceipts: Scalars['Boolean']['output'];
  /** A message can be a reply to another one: `SendMessageInput.replyTo`. Reading what others reply to is possible wherever the provider says it. */
  readonly replies: Scalars['Boolean']['output'];
  /** A message can offer a list of links and quick replies. */
  readonly sendActionList: Scalars['Boolean']['output'];
  /** A message can carry attachments. */
  readonly sendAttachments: Scalars['Boolean']['output'];
  /** A message can carry reply buttons. */
  readonly sendButtons: Scalars['Boolean']['output'];
  /** A text message can be sent. */
  readonly sendText: Scalars['Boolean']['output'];
  /** A new conversation can be started. */
  readonly startConversation: Scalars['Boolean']['output'];
  /** Whether a message with attachments may, must or must not have a text as well. */
  readonly textWithAttachment: TextWithAttachment;
  /**
   * The MIME types of the attachments that a text can stand beside, `image/*` for all pictures: WhatsApp has captions on pictures alone.
   * Null when any can.
   */
  readonly textWithAttachmentMimeTypes?: Maybe<ReadonlyArray<Scalars['String']['output']>>;
};

/** Something that has happened. */
export type Change = ConversationUpdated | DeliveryUpdated | MessageAdded | MessageUpdated | ReactionsUpdated;

/** A page of changes, oldest first. */
export type ChangeConnection = {
  readonly __typename?: 'ChangeConnection';
  /** The changes with their cursors. */
  readonly edges: ReadonlyArray<ChangeEdge>;
  /** The changes, for callers who go on from `pageInfo` alone. */
  readonly nodes: ReadonlyArray<Change>;
  /** How to go on: `endCursor` is never null, also of an empty page, and `hasPreviousPage` is always false. */
  readonly pageInfo: PageInfo;
};

/** One change. */
export type ChangeEdge = {
  readonly __typename?: 'ChangeEdge';
  /** Its place among all changes, for `after` here and of every subscription. */
  readonly cursor: Scalars['String']['output'];
  /** What has happened. */
  readonly node: Change;
};

/** A conversation to close. */
export type CloseConversationInput = {
  /** The conversation, by its `Conversation.id`. */
  readonly conversationId: Scalars['ID']['input'];
};

/** What became of closing a conversation. */
export type CloseConversationPayload = {
  readonly __typename?: 'CloseConversationPayload';
  /** The conversation as it is now. Null when it could not be closed. */
  readonly conversation?: Maybe<Conversation>;
  /** Why it could not be closed. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** A thread of messages with one customer, or between users, at one provider. */
export type Conversation = {
  readonly __typename?: 'Conversation';
  /** The account that it belongs to. */
  readonly account: Account;
  /** The id of the account that it belongs to. */
  readonly accountId: Scalars['ID']['output'];
  /** What can be done in this conversation: the account's capabilities, narrowed to the messenger behind it. Null when they could not be read. */
  readonly capabilities?: Maybe<Capabilities>;
  /** When it began. Null when the provider does not say. */
  readonly createdAt?: Maybe<Scalars['DateTime']['output']>;
  /** The provider's own id. */
  readonly externalId: Scalars['String']['output'];
  /** Global, opaque, URL-safe and stable. */
  readonly id: Scalars['ID']['output'];
  /** When something last happened in it. Null when nothing has yet, or the provider does not say. */
  readonly lastActivityAt?: Maybe<Scalars['DateTime']['output']>;
  /** The text of the newest message. Null when there is none, or the provider does not say. */
  readonly lastMessageText?: Maybe<Scalars['String']['output']>;
  /**
   * Its messages, oldest to newest. `last` and `before` page back in time, which is the common case; `first` and `after` forward.
   * Null, with an error, when the provider does not answer; null without one when the conversation does not exist.
   */
  readonly messages?: Maybe<MessageConnection>;
  /** Who takes part, as far as the provider says. Null when it does not. */
  readonly participants?: Maybe<ReadonlyArray<Participant>>;
  /** What only this provider can say. */
  readonly providerDetails?: Maybe<ConversationDetails>;
  /** Null when the provider does not say. */
  readonly state?: Maybe<ConversationState>;
  /** What a person would call it: the contact's name, the issue or the subject. Null when the provider gives none. */
  readonly title?: Maybe<Scalars['String']['output']>;
  /** How many messages the account has not read. Null when the provider does not say. */
  readonly unreadCount?: Maybe<Scalars['Int']['output']>;
};


/** A thread of messages with one customer, or between users, at one provider. */
export type ConversationMessagesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
};

/** A page of conversations. */
export type ConversationConnection = {
  readonly __typename?: 'ConversationConnection';
  /** The conversations with their cursors. */
  readonly edges: ReadonlyArray<ConversationEdge>;
  /** The conversations, for callers who need no cursor of their own for each. */
  readonly nodes: ReadonlyArray<Conversation>;
  /** How to go on in either direction. */
  readonly pageInfo: PageInfo;
  /** Which accounts this page came from, and what became of those that did not answer. */
  readonly sources: ReadonlyArray<ConversationSource>;
};

/** What only one provider can say about a conversation. */
export type ConversationDetails = LetstalkConversation | PactConversation | PigeonsConversation;

/** One conversation in a page. */
export type ConversationEdge = {
  readonly __typename?: 'ConversationEdge';
  /** Its place in this list, for `after` and `before`. */
  readonly cursor: Scalars['String']['output'];
  /** The conversation. */
  readonly node: Conversation;
};

/** Narrows `Query.conversations`. The conditions apply together; an absent or null one does not narrow, an empty list matches nothing. */
export type ConversationFilter = {
  /** Only these accounts. An account that does not exist, or that the caller may not use, is the error `BAD_USER_INPUT`. */
  readonly accountIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
  /** Only accounts of these providers. */
  readonly providers?: InputMaybe<ReadonlyArray<Provider>>;
  /**
   * Only conversations in one of these states. An account whose provider does not say a conversation's state takes no part,
   * unless `accountIds` or `providers` names it: then its source says `UNSUPPORTED`.
   */
  readonly states?: InputMaybe<ReadonlyArray<ConversationState>>;
};

/** What one account gave to a page of conversations. */
export type ConversationSource = {
  readonly __typename?: 'ConversationSource';
  /** The account that was asked. */
  readonly account: Account;
  /** False when its rows are missing from this page. They are not lost: the page's cursors keep the account's place. */
  readonly answered: Scalars['Boolean']['output'];
  /** Why it did not answer. Null when it did. */
  readonly error?: Maybe<SourceError>;
};

/** Where a conversation stands. */
export type ConversationState =
  /** Put away, and still readable. */
  | 'ARCHIVED'
  /** No message gets through. */
  | 'BLOCKED'
  /** Ended: the provider decides whether a message reopens it. */
  | 'CLOSED'
  /** Going on. */
  | 'OPEN';

/** A conversation is new, or has changed. */
export type ConversationUpdated = {
  readonly __typename?: 'ConversationUpdated';
  /** The conversation, as it was then. What was not known of it then is read from the provider when it is asked for. */
  readonly conversation: Conversation;
};

/** Messages to delete. */
export type DeleteMessagesInput = {
  /** The messages, by their `Message.id`: 1 to 100, all of one conversation. */
  readonly messageIds: ReadonlyArray<Scalars['ID']['input']>;
};

/** What became of deleting messages. */
export type DeleteMessagesPayload = {
  readonly __typename?: 'DeleteMessagesPayload';
  /** The conversation as it is now: select its `messages` for a cache to learn of it. Null when they could not be deleted. */
  readonly conversation?: Maybe<Conversation>;
  /** Why they could not be deleted. One that is of another conversation is about its place: `["input", "messageIds", "3"]` is the fourth; one that is not there is about all of them. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** What is known of a message's way, and how it is known. States only move forward. */
export type Delivery = {
  readonly __typename?: 'Delivery';
  /** When this was known. */
  readonly asOf: Scalars['DateTime']['output'];
  /** When it reached the recipient's device. Null when it has not, or the provider does not say. */
  readonly deliveredAt?: Maybe<Scalars['DateTime']['output']>;
  /** Where the state is known from. */
  readonly evidence: DeliveryEvidence;
  /** Why it failed, in words for a developer. Null unless `state` is `FAILED`. */
  readonly failureReason?: Maybe<Scalars['String']['output']>;
  /** Present when it can be asked for again with `Query.delivery`: a send that Parley has tried. Null for what a provider's history tells. */
  readonly id?: Maybe<Scalars['ID']['output']>;
  /** The message. Null until the provider has named it, which at a start not every one does. */
  readonly message?: Maybe<Message>;
  /** When the recipient read it. Null when nobody has, or the provider does not say. */
  readonly readAt?: Maybe<Scalars['DateTime']['output']>;
  /** When it was sent. Null when not known. */
  readonly sentAt?: Maybe<Scalars['DateTime']['output']>;
  /** How far the message has come. */
  readonly state: DeliveryState;
};

/** Where the state of a delivery is known from. */
export type DeliveryEvidence =
  /** An event that the provider sent. */
  | 'EVENT'
  /** The conversation's history. */
  | 'HISTORY'
  /** The provider's delivery job. */
  | 'JOB'
  /** Nothing yet. */
  | 'NONE'
  /** The provider's answer to the send. */
  | 'RESPONSE';

/** How far a message has come. */
export type DeliveryState =
  /** On the recipient's device. */
  | 'DELIVERED'
  /**
   * It will not arrive. With the evidence `NONE` it was not sent, and the same mutation with the same key sends it, as a delivery of another
   * id; otherwise the provider could not deliver it, and only a new key sends it again.
   */
  | 'FAILED'
  /** Accepted, and not yet sent on. */
  | 'QUEUED'
  /** Read by the recipient. */
  | 'READ'
  /** Sent on by the provider. */
  | 'SENT'
  /** Nobody can say yet: the provider's answer was lost. It is neither sent again nor given up: repeat the same key, or read `Query.delivery`. */
  | 'UNKNOWN';

/** A message has come further on its way: it was sent, delivered or read, or has failed. */
export type DeliveryUpdated = {
  readonly __typename?: 'DeliveryUpdated';
  /** How far it had come. Its `id` is null, and its `message` where the provider speaks only of a job of its own (Pact with `apiVersion: v1`): follow a send of yours with `deliveryUpdated`. */
  readonly delivery: Delivery;
};

/** The device that a message is written on. */
export type DeviceInput = {
  /** The app's version. */
  readonly appVersion?: InputMaybe<Scalars['String']['input']>;
  /** The browser, for a web app. */
  readonly browser?: InputMaybe<Scalars['String']['input']>;
  /** The browser's version. */
  readonly browserVersion?: InputMaybe<Scalars['String']['input']>;
  /** The device's model. */
  readonly model?: InputMaybe<Scalars['String']['input']>;
  /** The operating system, such as `iOS`: 1 to 100 characters, as for each of the others. */
  readonly os: Scalars['String']['input'];
  /** The operating system's version. */
  readonly osVersion?: InputMaybe<Scalars['String']['input']>;
  /** What kind of device it is. */
  readonly type: DeviceType;
};

/** A kind of device. */
export type DeviceType =
  /** A program on a computer. */
  | 'DESKTOP'
  /** A phone or tablet. */
  | 'MOBILE'
  /** A browser. */
  | 'WEB';

/** The codes of `SourceError.code`, and of the `extensions.code` of errors that come while an operation runs. What is refused before has codes of its own. */
export type ErrorCode =
  /** The answer, or the list of its errors, would be longer than Parley sends. Ask for smaller pages, or for less at once. */
  | 'ANSWER_TOO_LARGE'
  /** Who the caller is can't be found out now: the identity provider does not answer. The same request may succeed later. */
  | 'AUTHENTICATION_UNAVAILABLE'
  /** The request breaks the protocol that it uses. */
  | 'BAD_REQUEST'
  /** An argument is malformed, out of range or does not fit the others; `extensions.argument` names it. */
  | 'BAD_USER_INPUT'
  /** The operation was ended before its answer was there: the caller went away, or Parley is stopping. */
  | 'CANCELLED'
  /** What has happened since the cursor is not known any more: read anew, and go on from a new cursor. */
  | 'CURSOR_EXPIRED'
  /** The cursor is too far from both ends of the list for a bounded number of calls: start again from either end. */
  | 'CURSOR_UNREACHABLE'
  /** The caller may not do this: a scope is missing, which the message names. */
  | 'FORBIDDEN'
  /** A fault of Parley's own. */
  | 'INTERNAL_SERVER_ERROR'
  /** The message is too far from both ends of its conversation for a bounded number of calls. */
  | 'MESSAGE_UNREACHABLE'
  /** The operation would come, or has come, to more calls to providers than one may make. Ask for less at once. */
  | 'OPERATION_TOO_COSTLY'
  /** More is being asked of Parley, or by it of this account, than it can do at once: nothing was done. The same request may succeed after `retryAfter` seconds. */
  | 'OVERLOADED'
  /** The request, or a file in it, is larger than Parley takes. */
  | 'PAYLOAD_TOO_LARGE'
  /** The graph answers only operations that its operator has listed, and this is none of them. */
  | 'PERSISTED_QUERY_NOT_IN_LIST'
  /** The provider's answer is not what its documentation says. */
  | 'PROVIDER_CONTRACT'
  /** The provider's answer is that this account may not see or do this. */
  | 'PROVIDER_FORBIDDEN'
  /** The provider says that it is gone for good. */
  | 'PROVIDER_GONE'
  /** The provider wants to be paid. */
  | 'PROVIDER_PAYMENT_REQUIRED'
  /** Too many requests to the provider: `retryAfter` says when to come back, if the provider did. */
  | 'PROVIDER_RATE_LIMITED'
  /** The provider refuses the request for another reason. */
  | 'PROVIDER_REJECTED'
  /** The provider did not answer in time. */
  | 'PROVIDER_TIMEOUT'
  /** The provider refuses the account's credentials. */
  | 'PROVIDER_UNAUTHENTICATED'
  /** The provider can't be reached, or fails on its side. */
  | 'PROVIDER_UNAVAILABLE'
  /** The caller asks for too much in too short a time: `retryAfter` says when to come back. */
  | 'RATE_LIMITED'
  /** The request stopped arriving, or took too long to. */
  | 'REQUEST_TIMEOUT'
  /** This needs a setting of the account that its operator has not made; the message names it. */
  | 'SETTING_MISSING'
  /** A subscription ends because this process of Parley stops. Subscribe again, from the last cursor on. */
  | 'SHUTTING_DOWN'
  /** Parley's place for files can't be reached, or is full. The same request may succeed later. */
  | 'STORAGE_UNAVAILABLE'
  /** Parley's store can't be reached, or can't be trusted: nothing was sent. The same request may succeed later. */
  | 'STORE_UNAVAILABLE'
  /** A subscriber takes events too slowly, and is told no more. What it has not got is at `changes`, from its last cursor on. */
  | 'SUBSCRIPTION_TOO_SLOW'
  /** The caller did not say who they are, or the token that this account needs from the caller is missing. */
  | 'UNAUTHENTICATED'
  /** The provider can't do this. */
  | 'UNSUPPORTED';

/** Any other file, and any whose type the provider does not say. */
export type FileMedia = {
  readonly __typename?: 'FileMedia';
  /** A picture to show for it. Null when there is none. */
  readonly previewUrl?: Maybe<Scalars['URL']['output']>;
};

/** A picture. */
export type ImageMedia = {
  readonly __typename?: 'ImageMedia';
  /** Pixels. Null when the provider does not say. */
  readonly height?: Maybe<Scalars['Int']['output']>;
  /** A smaller picture to show first. Null when there is none. */
  readonly previewUrl?: Maybe<Scalars['URL']['output']>;
  /** Pixels. Null when the provider does not say. */
  readonly width?: Maybe<Scalars['Int']['output']>;
};

/** How much of an account the inbox knows. */
export type InboxCompleteness =
  /** All of its conversations, as of `InboxSource.asOf`, and whatever was heard since. */
  | 'COMPLETE'
  /** Those found so far: the first look at all of them is under way, or has failed. Ask again. */
  | 'FILLING'
  /** None: each caller brings a token of their own to this account, with which nothing is read but what they ask for. */
  | 'NONE'
  /** Only those of which something was heard, or which somebody follows: the provider can't list conversations. */
  | 'PARTIAL';

/** A page of the inbox. */
export type InboxConnection = {
  readonly __typename?: 'InboxConnection';
  /** The conversations with their cursors. */
  readonly edges: ReadonlyArray<InboxEdge>;
  /** The conversations, for callers who need no cursor of their own for each. */
  readonly nodes: ReadonlyArray<InboxItem>;
  /** How to go on, to older activity. What happens meanwhile moves conversations to the top, above the pages that were read: subscribe to hear of it. A page can be short, or empty, although there is more. */
  readonly pageInfo: PageInfo;
  /** How much of each account the inbox knows. */
  readonly sources: ReadonlyArray<InboxSource>;
};

/** One conversation in a page of the inbox. */
export type InboxEdge = {
  readonly __typename?: 'InboxEdge';
  /** Its place in the list, for `after`. */
  readonly cursor: Scalars['String']['output'];
  /** The conversation and what is new in it. */
  readonly node: InboxItem;
};

/** Narrows `Query.inbox`. The conditions apply together; an absent or null one does not narrow, an empty list matches nothing. */
export type InboxFilter = {
  /** Only these accounts. An account that does not exist, or that the caller may not use, is the error `BAD_USER_INPUT`. */
  readonly accountIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
  /** Only accounts of these providers. */
  readonly providers?: InputMaybe<ReadonlyArray<Provider>>;
  /** Only conversations in one of these states; those of which no state is known are in none. */
  readonly states?: InputMaybe<ReadonlyArray<ConversationState>>;
  /** Only conversations whose title has this text in it, in capitals or not. At most 200 characters. */
  readonly text?: InputMaybe<Scalars['String']['input']>;
  /** Only conversations with unread messages, or only those without. Where the provider does not say (`unreadCount` is null), they are in neither. */
  readonly unread?: InputMaybe<Scalars['Boolean']['input']>;
};

/** A conversation as the inbox knows it. */
export type InboxItem = {
  readonly __typename?: 'InboxItem';
  /** When Parley last learned anything of it. */
  readonly asOf: Scalars['DateTime']['output'];
  /** The conversation. What the inbox does not know of it is null; `messages` is read from the provider, for each row that asks for it. */
  readonly conversation: Conversation;
  /** When something last happened in it. */
  readonly lastActivityAt: Scalars['DateTime']['output'];
  /** The newest message that Parley has read or heard of. Null while it knows of the conversation alone. */
  readonly lastMessage?: Maybe<Message>;
  /** How many messages the account's user has not read, as the provider counts. Null when it does not say (Pact, Letstalk). */
  readonly unreadCount?: Maybe<Scalars['Int']['output']>;
};

/** How much of an account the inbox knows. */
export type InboxSource = {
  readonly __typename?: 'InboxSource';
  /** The account. */
  readonly account: Account;
  /** When all of its conversations were last looked at. Null while they have not been. */
  readonly asOf?: Maybe<Scalars['DateTime']['output']>;
  /** Whether all of its conversations are known. */
  readonly completeness: InboxCompleteness;
  /** Why the last look at all of its conversations failed. Null when it did not. */
  readonly error?: Maybe<SourceError>;
};

/** What only Letstalk says about an attachment. */
export type LetstalkAttachment = {
  readonly __typename?: 'LetstalkAttachment';
  /** The GUID that the sender of the file's message gave it. */
  readonly remoteId?: Maybe<Scalars['String']['output']>;
};

/** What only Letstalk says about a conversation. It comes with the newest message, so that an empty conversation has none of it. */
export type LetstalkConversation = {
  readonly __typename?: 'LetstalkConversation';
  /** The picture of the client who asks. */
  readonly clientAvatarUrl?: Maybe<Scalars['URL']['output']>;
  /** The name of the client who asks. */
  readonly clientName?: Maybe<Scalars['String']['output']>;
  /** The kind of conversation, in the organisation's own words. */
  readonly typeName?: Maybe<Scalars['String']['output']>;
};

/** What only Letstalk says about a message. */
export type LetstalkMessage = {
  readonly __typename?: 'LetstalkMessage';
  /** The MIME type as Letstalk gives it: `text/plain`, `actionable/list` or the type of the file. */
  readonly contentType?: Maybe<Scalars['String']['output']>;
  /** A note between agents. Only accounts whose role is agent ever see one. */
  readonly internal?: Maybe<Scalars['Boolean']['output']>;
  /** The GUID that its sender gave it. */
  readonly remoteId?: Maybe<Scalars['String']['output']>;
  /** When it was answered, as Letstalk gives it. */
  readonly repliedAt?: Maybe<Scalars['DateTime']['output']>;
  /** The subject, for messages that came by e-mail. */
  readonly subject?: Maybe<Scalars['String']['output']>;
};

/** Opens a page. */
export type LinkAction = {
  readonly __typename?: 'LinkAction';
  /** The words on it. */
  readonly label: Scalars['String']['output'];
  /** Where it opens: `_blank` or `_parent`. Null when the provider does not say. */
  readonly target?: Maybe<Scalars['String']['output']>;
  /** The page that it opens. Null when the provider gives no valid address. */
  readonly url?: Maybe<Scalars['URL']['output']>;
};

/** Opens a page. */
export type LinkActionInput = {
  /** The words on it. */
  readonly label: Scalars['String']['input'];
  /** Where it opens. The provider decides when absent. */
  readonly target?: InputMaybe<LinkTarget>;
  /** The page that it opens. */
  readonly url: Scalars['URL']['input'];
};

/** Where a link opens. */
export type LinkTarget =
  /** In a new window or tab: `_blank` to browsers. */
  | 'BLANK'
  /** In the window that shows the conversation: `_parent` to browsers. */
  | 'PARENT';

/** A message to mark as read. */
export type MarkMessageReadInput = {
  /** The message, by its `Message.id`: one that came in. */
  readonly messageId: Scalars['ID']['input'];
};

/** What became of a read receipt. */
export type MarkMessageReadPayload = {
  readonly __typename?: 'MarkMessageReadPayload';
  /** The message as it is now. Null when it could not be done. */
  readonly message?: Maybe<Message>;
  /** Why it could not be done. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** Files, with or without words. */
export type MediaContent = {
  readonly __typename?: 'MediaContent';
  /** The files; the same as `Message.attachments`. Empty when the provider names a kind of file and gives none. */
  readonly attachments: ReadonlyArray<Attachment>;
  /** The words beside the files. Null when there are none. */
  readonly text?: Maybe<Scalars['String']['output']>;
};

/** One message of a conversation. */
export type Message = {
  readonly __typename?: 'Message';
  /** The id of the account that it belongs to. */
  readonly accountId: Scalars['ID']['output'];
  /** Its files, in the provider's order. */
  readonly attachments: ReadonlyArray<Attachment>;
  /** Who wrote it. Null when the provider does not say. */
  readonly author?: Maybe<Participant>;
  /** What it is made of, to be told apart by `__typename`. */
  readonly content: MessageContent;
  /** The conversation that it stands in. */
  readonly conversation: Conversation;
  /** The provider's own id of the conversation. */
  readonly conversationExternalId: Scalars['String']['output'];
  /**
   * What the provider's history tells of its way to the recipient. Null when it does not, as at Letstalk and at Pact, unless the account has
   * `apiVersion: v2` in the accounts file: of a message that you send, keep the `Delivery.id` of the payload.
   */
  readonly delivery?: Maybe<Delivery>;
  /** Whether it came in or went out, seen from the account. Null when that can't be known. */
  readonly direction?: Maybe<MessageDirection>;
  /** The provider's own id. */
  readonly externalId: Scalars['String']['output'];
  /** Global, opaque, URL-safe and stable. */
  readonly id: Scalars['ID']['output'];
  /**
   * Whether it was deleted: it keeps its place, and its words and files are gone, so that `text` is null and `attachments` is empty. Null when
   * the provider does not say: today only Pact does, where the account has `apiVersion: v2` in the accounts file.
   */
  readonly isDeleted?: Maybe<Scalars['Boolean']['output']>;
  /** What only this provider can say. */
  readonly providerDetails?: Maybe<MessageDetails>;
  /** Who reacted with what, in the provider's order. */
  readonly reactions: ReadonlyArray<Reaction>;
  /**
   * The message that it answers, as when somebody swipes one to reply. Null when it answers none, when the provider does not say which, and when that
   * message is not there any more; the error `MESSAGE_UNREACHABLE` when it is too old to be found. It costs nothing beside a page that has it as
   * well, and else a call or a few. A reply to a reply can be asked for in turn.
   */
  readonly replyTo?: Maybe<Message>;
  /** When it was written. */
  readonly sentAt: Scalars['DateTime']['output'];
  /** Its words: the text, the caption or the title of an action list. Null when it has none. */
  readonly text?: Maybe<Scalars['String']['output']>;
};

/** A message is there that was not there before. */
export type MessageAdded = {
  readonly __typename?: 'MessageAdded';
  /** The message, as it was then. */
  readonly message: Message;
};

/** A page of messages, oldest to newest. */
export type MessageConnection = {
  readonly __typename?: 'MessageConnection';
  /** The messages with their cursors. */
  readonly edges: ReadonlyArray<MessageEdge>;
  /** The messages, for callers who need no cursor of their own for each. */
  readonly nodes: ReadonlyArray<Message>;
  /** How to go on in either direction. */
  readonly pageInfo: PageInfo;
};

/** What a message is made of. */
export type MessageContent = ActionListContent | MediaContent | SystemContent | TextContent;

/** What only one provider can say about a message. */
export type MessageDetails = LetstalkMessage | PactMessage | PigeonsMessage;

/** Which way a message went, seen from the account. */
export type MessageDirection =
  /** From the customer, or from the other side. */
  | 'INBOUND'
  /** From this account. */
  | 'OUTBOUND';

/** One message in a page. */
export type MessageEdge = {
  readonly __typename?: 'MessageEdge';
  /** Its place in this list, for `after` and `before`. */
  readonly cursor: Scalars['String']['output'];
  /** The message. */
  readonly node: Message;
};

/** A message's text or files have changed, or it was deleted and has none any more. */
export type MessageUpdated = {
  readonly __typename?: 'MessageUpdated';
  /** The message, as it was then. */
  readonly message: Message;
};

/**
 * Where writing starts. What a client can expect to go wrong, and handle, stands in a payload's `userErrors`; a payload is null only when
 * something broke, and an error says what. After a write, the rest of the same operation reads what was written.
 */
export type Mutation = {
  readonly __typename?: 'Mutation';
  /** Adds an emoji of the account's to a message. Adding the same one again changes nothing. */
  readonly addReaction?: Maybe<AddReactionPayload>;
  /**
   * Puts a conversation away: it is `ARCHIVED`, and can still be read. Archiving an archived one changes nothing. Where
   * `Capabilities.archiveConversation` is true.
   */
  readonly archiveConversation?: Maybe<ArchiveConversationPayload>;
  /** Closes a conversation. Closing a closed one changes nothing. */
  readonly closeConversation?: Maybe<CloseConversationPayload>;
  /**
   * Deletes messages of one conversation, for everybody in it: all of them or none, whoever wrote them. They keep their places, without words
   * and files. Deleting deleted ones changes nothing. Where the conversation's `Capabilities.deleteMessages` is true. It can't be undone, which is why
   * it takes the scope that conversations are changed with, and not the one for sending.
   */
  readonly deleteMessages?: Maybe<DeleteMessagesPayload>;
  /** Marks a message as read by the account. Doing so again changes nothing. */
  readonly markMessageRead?: Maybe<MarkMessageReadPayload>;
  /**
   * Takes a conversation out of the archive: the opposite of `archiveConversation`, and not of `closeConversation`. Reopening an open one changes
   * nothing; one that is blocked is `PROVIDER_REJECTED`. Where `Capabilities.archiveConversation` is true.
   */
  readonly reopenConversation?: Maybe<ReopenConversationPayload>;
  /**
   * Sends a message, once: the same `idempotencyKey` never sends twice, whatever becomes of the connection, the server or the provider's
   * answer. Without an answer, or while `delivery.state` is `UNKNOWN`, repeat it with the same key. While it is `QUEUED`, read
   * `Query.delivery`: a repetition answers what is known by then, and does not ask the provider.
   */
  readonly sendMessage?: Maybe<SendMessagePayload>;
  /** Starts a conversation, once for each `idempotencyKey`. A provider that already has a conversation with that person may answer with it. */
  readonly startConversation?: Maybe<StartConversationPayload>;
  /**
   * Uploads a file for a conversation, to be sent with `sendMessage(attachmentIds:)`. It comes as a multipart request
   * (https://github.com/jaydenseric/graphql-multipart-request-spec) with the header `apollo-require-preflight: true`.
   */
  readonly uploadAttachment?: Maybe<UploadAttachmentPayload>;
};


/**
 * Where writing starts. What a client can expect to go wrong, and handle, stands in a payload's `userErrors`; a payload is null only when
 * something broke, and an error says what. After a write, the rest of the same operation reads what was written.
 */
export type MutationAddReactionArgs = {
  input: AddReactionInput;
};


/**
 * Where writing starts. What a client can expect to go wrong, and handle, stands in a payload's `userErrors`; a payload is null only when
 * something broke, and an error says what. After a write, the rest of the same operation reads what was written.
 */
export type MutationArchiveConversationArgs = {
  input: ArchiveConversationInput;
};


/**
 * Where writing starts. What a client can expect to go wrong, and handle, stands in a payload's `userErrors`; a payload is null only when
 * something broke, and an error says what. After a write, the rest of the same operation reads what was written.
 */
export type MutationCloseConversationArgs = {
  input: CloseConversationInput;
};


/**
 * Where writing starts. What a client can expect to go wrong, and handle, stands in a payload's `userErrors`; a payload is null only when
 * something broke, and an error says what. After a write, the rest of the same operation reads what was written.
 */
export type MutationDeleteMessagesArgs = {
  input: DeleteMessagesInput;
};


/**
 * Where writing starts. What a client can expect to go wrong, and handle, stands in a payload's `userErrors`; a payload is null only when
 * something broke, and an error says what. After a write, the rest of the same operation reads what was written.
 */
export type MutationMarkMessageReadArgs = {
  input: MarkMessageReadInput;
};


/**
 * Where writing starts. What a client can expect to go wrong, and handle, stands in a payload's `userErrors`; a payload is null only when
 * something broke, and an error says what. After a write, the rest of the same operation reads what was written.
 */
export type MutationReopenConversationArgs = {
  input: ReopenConversationInput;
};


/**
 * Where writing starts. What a client can expect to go wrong, and handle, stands in a payload's `userErrors`; a payload is null only when
 * something broke, and an error says what. After a write, the rest of the same operation reads what was written.
 */
export type MutationSendMessageArgs = {
  input: SendMessageInput;
};


/**
 * Where writing starts. What a client can expect to go wrong, and handle, stands in a payload's `userErrors`; a payload is null only when
 * something broke, and an error says what. After a write, the rest of the same operation reads what was written.
 */
export type MutationStartConversationArgs = {
  input: StartConversationInput;
};


/**
 * Where writing starts. What a client can expect to go wrong, and handle, stands in a payload's `userErrors`; a payload is null only when
 * something broke, and an error says what. After a write, the rest of the same operation reads what was written.
 */
export type MutationUploadAttachmentArgs = {
  input: UploadAttachmentInput;
};

/** What only Pact says about an attachment. */
export type PactAttachment = {
  readonly __typename?: 'PactAttachment';
  /** Width divided by height. Null when the provider does not say. */
  readonly aspectRatio?: Maybe<Scalars['Float']['output']>;
  /** The provider's own id. Null when it gives none. */
  readonly externalId?: Maybe<Scalars['ID']['output']>;
};

/** What only Pact says about a conversation. */
export type PactConversation = {
  readonly __typename?: 'PactConversation';
  /** The customer's picture. */
  readonly avatarUrl?: Maybe<Scalars['URL']['output']>;
  /** The company's channel that it runs over. Null when the channel is gone, and always at accounts with `apiVersion: v2`. */
  readonly channelId?: Maybe<Scalars['ID']['output']>;
  /** The messenger: `whatsapp`, `telegram_personal`, `vkontakte` and others. */
  readonly channelType?: Maybe<Scalars['String']['output']>;
  /** Whether it is a group of several people. Null when the provider does not say, and always at accounts with `apiVersion: v1`. */
  readonly isGroup?: Maybe<Scalars['Boolean']['output']>;
  /** When the customer last wrote. Null when never, when the provider does not say, and always at accounts with `apiVersion: v2`. */
  readonly lastInboundMessageAt?: Maybe<Scalars['DateTime']['output']>;
  /** What the messenger adds, as Pact gives it. Null at accounts with `apiVersion: v2`. */
  readonly meta?: Maybe<Scalars['JSONObject']['output']>;
  /** Whether somebody has answered the customer. Null when the provider does not say, and always at accounts with `apiVersion: v1`. */
  readonly repliedState?: Maybe<PactRepliedState>;
  /** The customer's address in the messenger, for most a phone number. */
  readonly senderExternalId?: Maybe<Scalars['String']['output']>;
};

/** What only Pact says about a message. */
export type PactMessage = {
  readonly __typename?: 'PactMessage';
  /** The company's channel that it went over. Null when the provider does not say, and always at accounts with `apiVersion: v2`. */
  readonly channelId?: Maybe<Scalars['ID']['output']>;
  /** The messenger: `whatsapp`, `telegram_personal`, `vkontakte` and others. Null at accounts with `apiVersion: v2`: ask the conversation. */
  readonly channelType?: Maybe<Scalars['String']['output']>;
  /** The messenger's own id of it. Null until the messenger has answered, and always at accounts with `apiVersion: v1`. */
  readonly messengerId?: Maybe<Scalars['ID']['output']>;
};

/** A messenger in which Pact can start a conversation. */
export type PactMessenger =
  /** A personal Telegram account: by phone number or name. */
  | 'TELEGRAM_PERSONAL'
  /** VKontakte: by the person's id. Only accounts with `apiVersion: v2` in the accounts file can; others are told `BAD_USER_INPUT`. */
  | 'VKONTAKTE'
  /** WhatsApp: by phone number. */
  | 'WHATSAPP';

/** What only Pact says about a reaction. */
export type PactReaction = {
  readonly __typename?: 'PactReaction';
  /** The reaction as Pact gives it: its shape is not documented. */
  readonly raw?: Maybe<Scalars['JSONObject']['output']>;
};

/** Whether the customer of a Pact conversation has been answered. */
export type PactRepliedState =
  /** It has only begun. */
  | 'INITIALIZED'
  /** The customer's last message was answered, or was marked as answered. */
  | 'REPLIED'
  /** The customer waits for an answer. */
  | 'UNREPLIED';

/** How to go on from a page, as Relay defines it. */
export type PageInfo = {
  readonly __typename?: 'PageInfo';
  /** The last item's cursor, for `after`. On an empty page the cursor that it was asked from; null when there was none. */
  readonly endCursor?: Maybe<Scalars['String']['output']>;
  /** More items follow this page. */
  readonly hasNextPage: Scalars['Boolean']['output'];
  /** More items precede this page. */
  readonly hasPreviousPage: Scalars['Boolean']['output'];
  /** The first item's cursor, for `before`. On an empty page the cursor that it was asked from; null when there was none. */
  readonly startCursor?: Maybe<Scalars['String']['output']>;
};

/** Someone, or something, that takes part in a conversation. */
export type Participant = {
  readonly __typename?: 'Participant';
  /** A picture. Null when there is none. */
  readonly avatarUrl?: Maybe<Scalars['URL']['output']>;
  /** Null when the provider does not say. */
  readonly email?: Maybe<Scalars['String']['output']>;
  /** The provider's own id: at Pigeons the UUID that `StartPigeonsConversationInput.participantId` wants. */
  readonly externalId: Scalars['String']['output'];
  /** Global and opaque. It names account, kind and the provider's id: client 7 and agent 7 are two. */
  readonly id: Scalars['ID']['output'];
  /** Which side it is on. */
  readonly kind: ParticipantKind;
  /** Null when the provider does not say. */
  readonly name?: Maybe<Scalars['String']['output']>;
  /** A phone number as the provider gives it. Null when the provider does not say. */
  readonly phone?: Maybe<Scalars['String']['output']>;
};

/** Which side a participant is on. */
export type ParticipantKind =
  /** Someone who answers for the organisation. */
  | 'AGENT'
  /** Someone who writes to the organisation. */
  | 'CUSTOMER'
  /** The provider itself. */
  | 'SYSTEM'
  /** A user of a platform on which everyone is equal. */
  | 'USER';

/** What only Pigeons says about an attachment. */
export type PigeonsAttachment = {
  readonly __typename?: 'PigeonsAttachment';
  /** The attachment as Pigeons keeps it: a structure that its sender chose. */
  readonly raw?: Maybe<Scalars['JSONObject']['output']>;
};

/** What only Pigeons says about a conversation. */
export type PigeonsConversation = {
  readonly __typename?: 'PigeonsConversation';
  /** The id of the thing that the conversation is about. */
  readonly taggableId?: Maybe<Scalars['ID']['output']>;
  /** The title of the thing that the conversation is about. */
  readonly taggableTitle?: Maybe<Scalars['String']['output']>;
  /** The kind of thing that the conversation is about, such as `App\Models\Article`. */
  readonly taggableType?: Maybe<Scalars['String']['output']>;
  /** When the conversation itself last changed. */
  readonly updatedAt?: Maybe<Scalars['DateTime']['output']>;
};

/** The device that a Pigeons message was written on. */
export type PigeonsDevice = {
  readonly __typename?: 'PigeonsDevice';
  /** The app's version. */
  readonly appVersion?: Maybe<Scalars['String']['output']>;
  /** The browser. */
  readonly browser?: Maybe<Scalars['String']['output']>;
  /** The browser's version. */
  readonly browserVersion?: Maybe<Scalars['String']['output']>;
  /** The device's model. */
  readonly model?: Maybe<Scalars['String']['output']>;
  /** The operating system. */
  readonly os?: Maybe<Scalars['String']['output']>;
  /** The operating system's version. */
  readonly osVersion?: Maybe<Scalars['String']['output']>;
  /** `mobile`, `web` or `desktop`. */
  readonly type?: Maybe<Scalars['String']['output']>;
};

/** What only Pigeons says about a message. */
export type PigeonsMessage = {
  readonly __typename?: 'PigeonsMessage';
  /** `text`, `image`, `file`, `audio` or `video`. */
  readonly contextType?: Maybe<Scalars['String']['output']>;
  /** The device that it was written on. Null when the provider does not say. */
  readonly device?: Maybe<PigeonsDevice>;
  /** Whatever its sender stored beside it. Null when nothing. */
  readonly metadata?: Maybe<Scalars['JSONObject']['output']>;
  /** Whom it was written to. */
  readonly receiver?: Maybe<Participant>;
};

/** What only Pigeons says about a reaction. */
export type PigeonsReaction = {
  readonly __typename?: 'PigeonsReaction';
  /** The UUID of the user who reacted. */
  readonly userUuid?: Maybe<Scalars['ID']['output']>;
};

/** A messaging provider that Parley speaks to. */
export type Provider =
  /** Letstalk (letsta.lk): live chat between an organisation's agents and its clients. */
  | 'LETSTALK'
  /** Pact (pact.im): WhatsApp, Telegram, Instagram, Viber, VK, Facebook and Avito behind one API. */
  | 'PACT'
  /** Pigeons (EchoSistema): in-app chat between the users of a platform. */
  | 'PIGEONS';

/** Where reading starts. Nothing here changes anything. */
export type Query = {
  readonly __typename?: 'Query';
  /** One account. Null when it does not exist or the caller may not use it: both look the same. */
  readonly account?: Maybe<Account>;
  /** The provider accounts that the caller may use, in the order of the accounts file. Costs no call to a provider. */
  readonly accounts: ReadonlyArray<Account>;
  /** One attachment, of a message or uploaded and not sent yet. Null when it does not exist or the caller may not see it. */
  readonly attachment?: Maybe<Attachment>;
  /**
   * What has happened since a cursor, oldest first: whoever was away asks once, and is whole. Without a cursor it gives none, and in
   * `pageInfo.endCursor` where "now" is: take that first, then read what is to be kept up to date, then subscribe with it as `after`.
   */
  readonly changes: ChangeConnection;
  /**
   * One conversation. Null when it does not exist or the caller may not see it.
   * Its existence is checked with the provider; asking for `messages` at the same time answers that check for free.
   */
  readonly conversation?: Maybe<Conversation>;
  /**
   * One conversation by the provider's own id, for callers who know it from elsewhere.
   * It is the only door to a conversation of a provider that can't list them (`Capabilities.listConversations`).
   */
  readonly conversationByExternalId?: Maybe<Conversation>;
  /**
   * The conversations of all accounts that can list them, or of the accounts that the filter names, as one list: newest created first. Those of
   * an account whose provider sorts them by activity stand by their last activity instead: Pact with `apiVersion: v2` in the accounts file.
   * A provider that does not answer costs its own rows and never the page: see `sources`.
   */
  readonly conversations: ConversationConnection;
  /**
   * What has become of a send by now: the provider is asked again until the state is final, and for evidence of a send whose answer was lost.
   * Asking never sends anything. Null when it does not exist, is not the caller's, or is forgotten (after 24 hours unless the operator says otherwise).
   */
  readonly delivery?: Maybe<Delivery>;
  /**
   * The conversations of all accounts by what happened in them last, newest first, from what Parley has heard of them: a page costs no call
   * to a provider. It fills by itself, from the first time that somebody asks for it on: `sources` say how much of each account is there.
   */
  readonly inbox: InboxConnection;
  /**
   * One message. Null when it does not exist or the caller may not see it.
   * A message so old that a bounded search can't reach it is the error `MESSAGE_UNREACHABLE`, never null.
   */
  readonly message?: Maybe<Message>;
};


/** Where reading starts. Nothing here changes anything. */
export type QueryAccountArgs = {
  id: Scalars['ID']['input'];
};


/** Where reading starts. Nothing here changes anything. */
export type QueryAttachmentArgs = {
  id: Scalars['ID']['input'];
};


/** Where reading starts. Nothing here changes anything. */
export type QueryChangesArgs = {
  accountIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


/** Where reading starts. Nothing here changes anything. */
export type QueryConversationArgs = {
  id: Scalars['ID']['input'];
};


/** Where reading starts. Nothing here changes anything. */
export type QueryConversationByExternalIdArgs = {
  accountId: Scalars['ID']['input'];
  externalId: Scalars['String']['input'];
};


/** Where reading starts. Nothing here changes anything. */
export type QueryConversationsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<ConversationFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
};


/** Where reading starts. Nothing here changes anything. */
export type QueryDeliveryArgs = {
  id: Scalars['ID']['input'];
};


/** Where reading starts. Nothing here changes anything. */
export type QueryInboxArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<InboxFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


/** Where reading starts. Nothing here changes anything. */
export type QueryMessageArgs = {
  id: Scalars['ID']['input'];
};

/** Writes a message for the one who chooses it. */
export type QuickReplyAction = {
  readonly __typename?: 'QuickReplyAction';
  /** The words on it. */
  readonly label: Scalars['String']['output'];
  /** The message that is written. */
  readonly message: Scalars['String']['output'];
};

/** Writes a message for the one who chooses it. */
export type QuickReplyActionInput = {
  /** The words on it. */
  readonly label: Scalars['String']['input'];
  /** The message that is written. */
  readonly message: Scalars['String']['input'];
};

/** An emoji that someone put on a message. */
export type Reaction = {
  readonly __typename?: 'Reaction';
  /** Who reacted. Null when the provider does not say. */
  readonly author?: Maybe<Participant>;
  /** When. Null when the provider does not say. */
  readonly createdAt?: Maybe<Scalars['DateTime']['output']>;
  /** The emoji, as the provider gives it. */
  readonly emoji: Scalars['String']['output'];
  /** What only this provider can say. */
  readonly providerDetails?: Maybe<ReactionDetails>;
};

/** What only one provider can say about a reaction. */
export type ReactionDetails = PactReaction | PigeonsReaction;

/** Whether adding a reaction changed anything. */
export type ReactionOutcome =
  /** It was added. */
  | 'ADDED'
  /** It was there already. */
  | 'UNCHANGED';

/** Somebody has reacted to a message. That a reaction is taken back is not told. */
export type ReactionsUpdated = {
  readonly __typename?: 'ReactionsUpdated';
  /** The message, as it was then. */
  readonly message: Message;
};

/** A conversation to take out of the archive. */
export type ReopenConversationInput = {
  /** The conversation, by its `Conversation.id`. */
  readonly conversationId: Scalars['ID']['input'];
};

/** What became of taking a conversation out of the archive. */
export type ReopenConversationPayload = {
  readonly __typename?: 'ReopenConversationPayload';
  /** The conversation as it is now. Null when it could not be reopened. */
  readonly conversation?: Maybe<Conversation>;
  /** Why it could not be reopened. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** A message to send. It needs a text, attachments or an action list; what goes together is in the conversation's `capabilities`. */
export type SendMessageInput = {
  /** A list to choose from, where `Capabilities.sendActionList` is true. It is a message of its own. */
  readonly actionList?: InputMaybe<ActionListInput>;
  /** Files that were uploaded for this conversation with `uploadAttachment`, in order; at most 20. A provider may take each only once. */
  readonly attachmentIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
  /** The labels of reply buttons below the text, where `Capabilities.sendButtons` is true; at most 20. */
  readonly buttons?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** The conversation, by its `Conversation.id`. */
  readonly conversationId: Scalars['ID']['input'];
  /** The device that the message is written on, for providers that want to know. By default what the request's `User-Agent` tells. */
  readonly device?: InputMaybe<DeviceInput>;
  /**
   * The client's own name for this send: 1 to 128 characters, a UUID is advised. The same key with the same content gives the same result,
   * for 24 hours unless the operator says otherwise; with other content it is `IDEMPOTENCY_CONFLICT`. A key whose send was refused is free again.
   */
  readonly idempotencyKey: Scalars['ID']['input'];
  /**
   * The message that this one answers, by its `Message.id`: one of the same conversation, where `Capabilities.replies` is true. Of a send that
   * becomes several messages, the first one is the answer.
   */
  readonly replyTo?: InputMaybe<Scalars['ID']['input']>;
  /**
   * Where a conversation takes less in one message, send several, in order: text, files, action list. Each is one of `parts`; when one fails,
   * those before it are sent, and the same key goes on where it stopped. A text that is too long is not split.
   */
  readonly splitIfNeeded?: InputMaybe<Scalars['Boolean']['input']>;
  /** The words. A provider's limit is `Capabilities.maxTextLength`. */
  readonly text?: InputMaybe<Scalars['String']['input']>;
};

/** What became of a send. */
export type SendMessagePayload = {
  readonly __typename?: 'SendMessagePayload';
  /** What is known of its way. Null when nothing was sent. Of several parts, that of the first whose answer was lost, else the first one's. */
  readonly delivery?: Maybe<Delivery>;
  /** The message. Null while the provider has not named it yet, and when nothing was sent. Of several parts, the first one's. */
  readonly message?: Maybe<Message>;
  /** Every message that the send became, in order; one, unless it was split. Empty when nothing was sent. */
  readonly parts: ReadonlyArray<Delivery>;
  /**
   * Why nothing was sent, or why it stopped between two parts. Empty when all went out, and when an answer was lost, which is no error: then
   * one of `parts` is `UNKNOWN`, and those after it wait for the same mutation to come again.
   */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** Why an account did not answer. */
export type SourceError = {
  readonly __typename?: 'SourceError';
  /** What to tell errors apart by. */
  readonly code: ErrorCode;
  /** Words for a developer, never the provider's own. */
  readonly message: Scalars['String']['output'];
  /** Seconds to wait before that, when the provider named a time. */
  readonly retryAfter?: Maybe<Scalars['Int']['output']>;
  /** Whether the same request may succeed later. */
  readonly retryable: Scalars['Boolean']['output'];
};

/** A file that was uploaded to Parley and waits to be sent. */
export type StagedAttachment = {
  readonly __typename?: 'StagedAttachment';
  /** When it is forgotten unless it has been sent. */
  readonly expiresAt?: Maybe<Scalars['DateTime']['output']>;
};

/** With whom to start a conversation: exactly one of the fields, as the account's provider has it. */
export type StartConversationInput =
  /** Over a Letstalk account whose role is client: only those who ask can start one. */
  { readonly letstalk: StartLetstalkConversationInput; readonly pact?: never; readonly pigeons?: never; }
  |  /** Over a messenger of a Pact account. */
  { readonly letstalk?: never; readonly pact: StartPactConversationInput; readonly pigeons?: never; }
  |  /** With a user of a Pigeons platform. */
  { readonly letstalk?: never; readonly pact?: never; readonly pigeons: StartPigeonsConversationInput; };

/** What became of a start. */
export type StartConversationPayload = {
  readonly __typename?: 'StartConversationPayload';
  /** The conversation. Null while the provider has not named it yet, and when nothing was started. */
  readonly conversation?: Maybe<Conversation>;
  /** What is known of its first message's way; of a start without a message, of the start itself. Null when nothing was started. */
  readonly delivery?: Maybe<Delivery>;
  /** Why nothing was started. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** A question to an organisation. */
export type StartLetstalkConversationInput = {
  /** The account, by its `Account.id`. */
  readonly accountId: Scalars['ID']['input'];
  /**
   * The client's own name for this start: the same key never starts two. Letstalk gives no way to look for a lost one: its delivery stays
   * `UNKNOWN`, and the key sends nothing more.
   */
  readonly idempotencyKey: Scalars['ID']['input'];
  /** The number of the inquiry that it belongs to. */
  readonly inquiryId?: InputMaybe<Scalars['ID']['input']>;
  /** Whatever is to be kept beside the conversation. */
  readonly metadata?: InputMaybe<Scalars['JSONObject']['input']>;
  /** The organisation's number at Letstalk. */
  readonly organizationId: Scalars['ID']['input'];
  /** The first message. */
  readonly text: Scalars['String']['input'];
  /** What it is about: the conversation's title. */
  readonly title?: InputMaybe<Scalars['String']['input']>;
};

/** A first message to someone, over a messenger. */
export type StartPactConversationInput = {
  /** The account, by its `Account.id`. */
  readonly accountId: Scalars['ID']['input'];
  /** The client's own name for this start: the same key never starts two. See `SendMessageInput.idempotencyKey`. */
  readonly idempotencyKey: Scalars['ID']['input'];
  /** The messenger. */
  readonly messenger: PactMessenger;
  /** The phone number: 7 to 15 digits with the country code, without a plus. For WhatsApp, and for Telegram, unless there is a `username`. */
  readonly phone?: InputMaybe<Scalars['String']['input']>;
  /** The first message. */
  readonly text: Scalars['String']['input'];
  /** The name at Telegram, without an at sign. For Telegram alone, instead of `phone`. */
  readonly username?: InputMaybe<Scalars['String']['input']>;
  /** The person's id at VKontakte: digits. For VKontakte alone. */
  readonly vkontakteId?: InputMaybe<Scalars['String']['input']>;
};

/** A conversation with another user. */
export type StartPigeonsConversationInput = {
  /** The account, by its `Account.id`. */
  readonly accountId: Scalars['ID']['input'];
  /** The client's own name for this start: the same key never starts two. See `SendMessageInput.idempotencyKey`. */
  readonly idempotencyKey: Scalars['ID']['input'];
  /** The other user's UUID, as `Participant.externalId` has it. */
  readonly participantId: Scalars['ID']['input'];
  /** The id of the thing that it is about. */
  readonly taggableId?: InputMaybe<Scalars['ID']['input']>;
  /** The kind of thing that it is about, as the platform names it. */
  readonly taggableType?: InputMaybe<Scalars['String']['input']>;
};

/**
 * What happens at the providers, as it happens: over a WebSocket (`graphql-transport-ws`) or server-sent events at the same address, or
 * through a router.
 *
 * Each event comes once, and those of a conversation in their order. Beside `data`, a result has `extensions.cursor`, the event's place among
 * all: keep the last one. Whoever was away subscribes again with it as `after`, or asks `Query.changes` from it on, and has missed nothing.
 * Some routers drop `extensions`: behind those, `changes` has the cursor beside each event.
 */
export type Subscription = {
  readonly __typename?: 'Subscription';
  /** All of that in one stream: what `Query.changes` gives, with the same cursors, as it happens. */
  readonly changes: ChangeEdge;
  /** Conversations that are new, or whose title, state, people or unread count have changed. A new message alone need not be told here: that is what `messageAdded` is for. */
  readonly conversationUpdated: Conversation;
  /** How far a send has come: first as it is now, then whenever there is news. It ends once the message is read or has failed. Its results have no cursor: whoever was away asks for it anew. */
  readonly deliveryUpdated: Delivery;
  /** Messages that were not there before: received ones, and sent ones, by whichever app they were sent. What was there before anybody looked is none of them. */
  readonly messageAdded: Message;
  /** Messages whose text or files have changed, that were deleted where the provider tells of it, or that somebody has reacted to. How far a message has come is told by `changes`. */
  readonly messageUpdated: Message;
};


/**
 * What happens at the providers, as it happens: over a WebSocket (`graphql-transport-ws`) or server-sent events at the same address, or
 * through a router.
 *
 * Each event comes once, and those of a conversation in their order. Beside `data`, a result has `extensions.cursor`, the event's place among
 * all: keep the last one. Whoever was away subscribes again with it as `after`, or asks `Query.changes` from it on, and has missed nothing.
 * Some routers drop `extensions`: behind those, `changes` has the cursor beside each event.
 */
export type SubscriptionChangesArgs = {
  accountIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
  after?: InputMaybe<Scalars['String']['input']>;
  conversationId?: InputMaybe<Scalars['ID']['input']>;
};


/**
 * What happens at the providers, as it happens: over a WebSocket (`graphql-transport-ws`) or server-sent events at the same address, or
 * through a router.
 *
 * Each event comes once, and those of a conversation in their order. Beside `data`, a result has `extensions.cursor`, the event's place among
 * all: keep the last one. Whoever was away subscribes again with it as `after`, or asks `Query.changes` from it on, and has missed nothing.
 * Some routers drop `extensions`: behind those, `changes` has the cursor beside each event.
 */
export type SubscriptionConversationUpdatedArgs = {
  accountIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
  after?: InputMaybe<Scalars['String']['input']>;
  conversationId?: InputMaybe<Scalars['ID']['input']>;
};


/**
 * What happens at the providers, as it happens: over a WebSocket (`graphql-transport-ws`) or server-sent events at the same address, or
 * through a router.
 *
 * Each event comes once, and those of a conversation in their order. Beside `data`, a result has `extensions.cursor`, the event's place among
 * all: keep the last one. Whoever was away subscribes again with it as `after`, or asks `Query.changes` from it on, and has missed nothing.
 * Some routers drop `extensions`: behind those, `changes` has the cursor beside each event.
 */
export type SubscriptionDeliveryUpdatedArgs = {
  id: Scalars['ID']['input'];
};


/**
 * What happens at the providers, as it happens: over a WebSocket (`graphql-transport-ws`) or server-sent events at the same address, or
 * through a router.
 *
 * Each event comes once, and those of a conversation in their order. Beside `data`, a result has `extensions.cursor`, the event's place among
 * all: keep the last one. Whoever was away subscribes again with it as `after`, or asks `Query.changes` from it on, and has missed nothing.
 * Some routers drop `extensions`: behind those, `changes` has the cursor beside each event.
 */
export type SubscriptionMessageAddedArgs = {
  accountIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
  after?: InputMaybe<Scalars['String']['input']>;
  conversationId?: InputMaybe<Scalars['ID']['input']>;
};


/**
 * What happens at the providers, as it happens: over a WebSocket (`graphql-transport-ws`) or server-sent events at the same address, or
 * through a router.
 *
 * Each event comes once, and those of a conversation in their order. Beside `data`, a result has `extensions.cursor`, the event's place among
 * all: keep the last one. Whoever was away subscribes again with it as `after`, or asks `Query.changes` from it on, and has missed nothing.
 * Some routers drop `extensions`: behind those, `changes` has the cursor beside each event.
 */
export type SubscriptionMessageUpdatedArgs = {
  accountIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
  after?: InputMaybe<Scalars['String']['input']>;
  conversationId?: InputMaybe<Scalars['ID']['input']>;
};

/** Written by the provider itself: something happened. */
export type SystemContent = {
  readonly __typename?: 'SystemContent';
  /** What happened. */
  readonly event: SystemEvent;
  /** The provider's own words for it. */
  readonly text?: Maybe<Scalars['String']['output']>;
};

/** What a system message reports. */
export type SystemEvent =
  /** The conversation was closed. */
  | 'CONVERSATION_CLOSED'
  /** Something that Parley has no name for yet: read `SystemContent.text`. */
  | 'OTHER';

/** Words only. */
export type TextContent = {
  readonly __typename?: 'TextContent';
  /** The words. Null when the provider gives an empty message, or it was deleted. */
  readonly text?: Maybe<Scalars['String']['output']>;
};

/** Whether a text and attachments go together in one message. */
export type TextWithAttachment =
  /** A message with attachments may have a text, unless `textWithAttachmentMimeTypes` leaves out the type of one. */
  | 'ALLOWED'
  /** A message has either a text or attachments. */
  | 'FORBIDDEN'
  /** A message with attachments must have a text. */
  | 'REQUIRED';

/** A file for a conversation. */
export type UploadAttachmentInput = {
  /** The conversation that the file is for, by its `Conversation.id`. It can't be sent anywhere else, nor by anybody else. */
  readonly conversationId: Scalars['ID']['input'];
  /** The file. What type it is is told from its bytes; the declared type counts only where those say nothing. */
  readonly file: Scalars['Upload']['input'];
  /** The height of a picture or a film in pixels, above 0. Only together with `width`. */
  readonly height?: InputMaybe<Scalars['Int']['input']>;
  /** The client's own name for this upload: the same key with the same file, and the same said of it, gives the same attachment. */
  readonly idempotencyKey?: InputMaybe<Scalars['ID']['input']>;
  /**
   * Whether it is a voice message, recorded and sent on the spot: messengers show one with a waveform, and not as a file. Of anything but a
   * sound it is ignored. A provider without a use for it ignores it, as for `width` and `height`: of the providers of today, Pact with `apiVersion: v2` alone has one.
   */
  readonly pushToTalk?: InputMaybe<Scalars['Boolean']['input']>;
  /** The width of a picture or a film in pixels, above 0, so that there is a place for it before it is loaded. Only together with `height`. */
  readonly width?: InputMaybe<Scalars['Int']['input']>;
};

/** What became of an upload. */
export type UploadAttachmentPayload = {
  readonly __typename?: 'UploadAttachmentPayload';
  /** The file, ready to be sent until `StagedAttachment.expiresAt`. Null when it was not taken. */
  readonly attachment?: Maybe<Attachment>;
  /** Why it was not taken. */
  readonly userErrors: ReadonlyArray<UserError>;
};

/** Something that a client can expect to go wrong, and handle. */
export type UserError = {
  readonly __typename?: 'UserError';
  /** What to tell errors apart by. */
  readonly code: UserErrorCode;
  /** The path into the arguments, one name an element: `["input", "text"]`. Null when no argument is to blame. */
  readonly field?: Maybe<ReadonlyArray<Scalars['String']['output']>>;
  /** Words for a developer, never the provider's own. */
  readonly message: Scalars['String']['output'];
  /** Seconds to wait before that, when the provider named a time. */
  readonly retryAfter?: Maybe<Scalars['Int']['output']>;
  /** Whether the same request, with the same key, may succeed later. */
  readonly retryable: Scalars['Boolean']['output'];
};

/** The codes of `UserError.code`. Those that queries have as well mean the same as there. */
export type UserErrorCode =
  /** The file was uploaded for another conversation. */
  | 'ATTACHMENT_OF_ANOTHER_CONVERSATION'
  /** The file has more bytes than the conversation takes: `Capabilities.maxAttachmentBytes`. */
  | 'ATTACHMENT_TOO_LARGE'
  /** The conversation takes no files of this type: `Capabilities.attachmentMimeTypes`. */
  | 'ATTACHMENT_TYPE_FORBIDDEN'
  /** The file did not arrive as the request announced it. */
  | 'BAD_REQUEST'
  /** An argument is malformed or does not fit the others; `field` names it. */
  | 'BAD_USER_INPUT'
  /** The operation was ended before its answer was there. */
  | 'CANCELLED'
  /** The key was used for another content: choose a new one. */
  | 'IDEMPOTENCY_CONFLICT'
  /** The message is too far from both ends of its conversation for a bounded number of calls. */
  | 'MESSAGE_UNREACHABLE'
  /** Neither a text nor attachments nor an action list. */
  | 'NOTHING_TO_SEND'
  /** There is nothing of this id, or it is not the caller's to use: both look the same. */
  | 'NOT_FOUND'
  /** The operation has come to more calls to providers than one may make. Nothing was sent; do less at once. */
  | 'OPERATION_TOO_COSTLY'
  /** More is being asked of Parley, or by it of this account, than it can do at once: nothing was sent. The same request may succeed after `retryAfter` seconds. */
  | 'OVERLOADED'
  /** The file is larger than Parley takes. */
  | 'PAYLOAD_TOO_LARGE'
  /** The provider's answer is not what its documentation says. */
  | 'PROVIDER_CONTRACT'
  /** The provider's answer is that this account may not do this. */
  | 'PROVIDER_FORBIDDEN'
  /** The provider says that it is gone for good. */
  | 'PROVIDER_GONE'
  /** The provider wants to be paid. */
  | 'PROVIDER_PAYMENT_REQUIRED'
  /** Too many requests to the provider: `retryAfter` says when to come back, if the provider did. */
  | 'PROVIDER_RATE_LIMITED'
  /** The provider refuses the request for another reason. */
  | 'PROVIDER_REJECTED'
  /** The provider did not answer in time. No message was sent; what may be repeated, such as a reaction, may have been done. */
  | 'PROVIDER_TIMEOUT'
  /** The provider refuses the account's credentials. */
  | 'PROVIDER_UNAUTHENTICATED'
  /** The provider can't be reached, or fails on its side. No message was sent; what may be repeated, such as a reaction, may have been done. */
  | 'PROVIDER_UNAVAILABLE'
  /** The caller sends too much in too short a time: `retryAfter` says when to come back. Nothing was sent. */
  | 'RATE_LIMITED'
  /** The file stopped arriving, or took too long to. */
  | 'REQUEST_TIMEOUT'
  /** This needs a setting of the account that its operator has not made; the message names it. */
  | 'SETTING_MISSING'
  /** What was given does not fit into one message: say `splitIfNeeded`. */
  | 'SPLIT_NEEDED'
  /** Parley's place for files can't be reached, or is full. */
  | 'STORAGE_UNAVAILABLE'
  /** Parley's store can't be reached, or can't be trusted: nothing was sent. */
  | 'STORE_UNAVAILABLE'
  /** A text is required beside what was given. */
  | 'TEXT_REQUIRED'
  /** More characters than the conversation takes: `Capabilities.maxTextLength`. */
  | 'TEXT_TOO_LONG'
  /** The conversation takes no text beside these attachments: `Capabilities.textWithAttachment`, or `splitIfNeeded`. */
  | 'TEXT_WITH_ATTACHMENT_FORBIDDEN'
  /** More attachments than one message takes: `Capabilities.maxAttachmentsPerMessage`, or `splitIfNeeded`. */
  | 'TOO_MANY_ATTACHMENTS'
  /** The caller did not say who they are, or the token that this account needs from the caller is missing. */
  | 'UNAUTHENTICATED'
  /** The provider can't do this, or Parley does not for this provider: see `Account.capabilities`. */
  | 'UNSUPPORTED';

/** A film. */
export type VideoMedia = {
  readonly __typename?: 'VideoMedia';
  /** Pixels. Null when the provider does not say. */
  readonly height?: Maybe<Scalars['Int']['output']>;
  /** A still picture to show first. Null when there is none. */
  readonly previewUrl?: Maybe<Scalars['URL']['output']>;
  /** Pixels. Null when the provider does not say. */
  readonly width?: Maybe<Scalars['Int']['output']>;
};



export type ResolverTypeWrapper<T> = Promise<T> | T;

export type ReferenceResolver<TResult, TReference, TContext> = (
      reference: TReference,
      context: TContext,
      info: GraphQLResolveInfo
    ) => Promise<TResult> | TResult;

      type ScalarCheck<T, S> = S extends true ? T : NullableCheck<T, S>;
      type NullableCheck<T, S> = Maybe<T> extends T ? Maybe<ListCheck<NonNullable<T>, S>> : ListCheck<T, S>;
      type ListCheck<T, S> = T extends (infer U)[] ? NullableCheck<U, S>[] : GraphQLRecursivePick<T, S>;
      export type GraphQLRecursivePick<T, S> = { [K in keyof T & keyof S]: ScalarCheck<T[K], S[K]> };
    

export type ResolverWithResolve<TResult, TParent, TContext, TArgs> = {
  resolve: ResolverFn<TResult, TParent, TContext, TArgs>;
};
export type Resolver<TResult, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = ResolverFn<TResult, TParent, TContext, TArgs> | ResolverWithResolve<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<TResult, TKey extends string, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (obj: T, context: TContext, info: GraphQLResolveInfo) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<TResult = Record<PropertyKey, never>, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

/** Mapping of federation types */
export type FederationTypes = {
  Account: Account;
  Attachment: Attachment;
  Conversation: Conversation;
  Message: Message;
};

/** Mapping of federation reference types */
export type FederationReferenceTypes = {
  Account:
    ( { __typename: 'Account' }
    & GraphQLRecursivePick<FederationTypes['Account'], {"id":true}> );
  Attachment:
    ( { __typename: 'Attachment' }
    & GraphQLRecursivePick<FederationTypes['Attachment'], {"id":true}> );
  Conversation:
    ( { __typename: 'Conversation' }
    & ( GraphQLRecursivePick<FederationTypes['Conversation'], {"id":true}>
        | GraphQLRecursivePick<FederationTypes['Conversation'], {"accountId":true,"externalId":true}> ) );
  Message:
    ( { __typename: 'Message' }
    & ( GraphQLRecursivePick<FederationTypes['Message'], {"id":true}>
        | GraphQLRecursivePick<FederationTypes['Message'], {"accountId":true,"conversationExternalId":true,"externalId":true}> ) );
};



/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  Account: ResolverTypeWrapper<AccountModel>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  AccountStatus: AccountStatus;
  ActionItem: ResolverTypeWrapper<ActionItemModel>;
  ActionItemInput: ActionItemInput;
  ActionListContent: ResolverTypeWrapper<Omit<ActionListContent, 'items'> & { items: ReadonlyArray<ResolversTypes['ActionItem']> }>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  ActionListInput: ActionListInput;
  ActionListView: ActionListView;
  AddReactionInput: AddReactionInput;
  AddReactionPayload: ResolverTypeWrapper<ReactionResultModel>;
  ArchiveConversationInput: ArchiveConversationInput;
  ArchiveConversationPayload: ResolverTypeWrapper<ConversationResultModel>;
  Attachment: ResolverTypeWrapper<AttachmentModel>;
  AttachmentDetails: ResolverTypeWrapper<AttachmentDetailsModel>;
  AttachmentMedia: ResolverTypeWrapper<AttachmentMediaModel>;
  AudioMedia: ResolverTypeWrapper<AudioMedia>;
  Capabilities: ResolverTypeWrapper<CapabilitiesModel>;
  Change: ResolverTypeWrapper<ChangeModel>;
  ChangeConnection: ResolverTypeWrapper<ChangeListModel>;
  ChangeEdge: ResolverTypeWrapper<ChangeEdgeModel>;
  CloseConversationInput: CloseConversationInput;
  CloseConversationPayload: ResolverTypeWrapper<ConversationResultModel>;
  Conversation: ResolverTypeWrapper<ConversationModel>;
  ConversationConnection: ResolverTypeWrapper<ConversationListModel>;
  ConversationDetails: ResolverTypeWrapper<ConversationDetailsModel>;
  ConversationEdge: ResolverTypeWrapper<Omit<ConversationEdge, 'node'> & { node: ResolversTypes['Conversation'] }>;
  ConversationFilter: ConversationFilter;
  ConversationSource: ResolverTypeWrapper<ConversationListSourceModel>;
  ConversationState: ConversationState;
  ConversationUpdated: ResolverTypeWrapper<ConversationChangeModel>;
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  DeleteMessagesInput: DeleteMessagesInput;
  DeleteMessagesPayload: ResolverTypeWrapper<ConversationResultModel>;
  Delivery: ResolverTypeWrapper<DeliveryModel>;
  DeliveryEvidence: DeliveryEvidence;
  DeliveryState: DeliveryState;
  DeliveryUpdated: ResolverTypeWrapper<DeliveryChangeModel>;
  DeviceInput: DeviceInput;
  DeviceType: DeviceType;
  ErrorCode: ErrorCode;
  FileMedia: ResolverTypeWrapper<FileMedia>;
  ImageMedia: ResolverTypeWrapper<ImageMedia>;
  InboxCompleteness: InboxCompleteness;
  InboxConnection: ResolverTypeWrapper<InboxPageModel>;
  InboxEdge: ResolverTypeWrapper<Omit<InboxEdge, 'node'> & { node: ResolversTypes['InboxItem'] }>;
  InboxFilter: InboxFilter;
  InboxItem: ResolverTypeWrapper<InboxItemModel>;
  InboxSource: ResolverTypeWrapper<InboxSourceModel>;
  JSONObject: ResolverTypeWrapper<Scalars['JSONObject']['output']>;
  LetstalkAttachment: ResolverTypeWrapper<LetstalkAttachment>;
  LetstalkConversation: ResolverTypeWrapper<LetstalkConversation>;
  LetstalkMessage: ResolverTypeWrapper<LetstalkMessage>;
  LinkAction: ResolverTypeWrapper<LinkAction>;
  LinkActionInput: LinkActionInput;
  LinkTarget: LinkTarget;
  MarkMessageReadInput: MarkMessageReadInput;
  MarkMessageReadPayload: ResolverTypeWrapper<ReadResultModel>;
  MediaContent: ResolverTypeWrapper<Omit<MediaContent, 'attachments'> & { attachments: ReadonlyArray<ResolversTypes['Attachment']> }>;
  Message: ResolverTypeWrapper<MessageModel>;
  MessageAdded: ResolverTypeWrapper<MessageChangeModel>;
  MessageConnection: ResolverTypeWrapper<MessageListModel>;
  MessageContent: ResolverTypeWrapper<MessageContentModel>;
  MessageDetails: ResolverTypeWrapper<MessageDetailsModel>;
  MessageDirection: MessageDirection;
  MessageEdge: ResolverTypeWrapper<Omit<MessageEdge, 'node'> & { node: ResolversTypes['Message'] }>;
  MessageUpdated: ResolverTypeWrapper<MessageChangeModel>;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  PactAttachment: ResolverTypeWrapper<PactAttachment>;
  Float: ResolverTypeWrapper<Scalars['Float']['output']>;
  PactConversation: ResolverTypeWrapper<PactConversation>;
  PactMessage: ResolverTypeWrapper<PactMessage>;
  PactMessenger: PactMessenger;
  PactReaction: ResolverTypeWrapper<PactReaction>;
  PactRepliedState: PactRepliedState;
  PageInfo: ResolverTypeWrapper<PageInfo>;
  Participant: ResolverTypeWrapper<ParticipantModel>;
  ParticipantKind: ParticipantKind;
  PigeonsAttachment: ResolverTypeWrapper<PigeonsAttachment>;
  PigeonsConversation: ResolverTypeWrapper<PigeonsConversation>;
  PigeonsDevice: ResolverTypeWrapper<PigeonsDevice>;
  PigeonsMessage: ResolverTypeWrapper<Omit<PigeonsMessage, 'receiver'> & { receiver?: Maybe<ResolversTypes['Participant']> }>;
  PigeonsReaction: ResolverTypeWrapper<PigeonsReaction>;
  Provider: Provider;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  QuickReplyAction: ResolverTypeWrapper<QuickReplyAction>;
  QuickReplyActionInput: QuickReplyActionInput;
  Reaction: ResolverTypeWrapper<ReactionModel>;
  ReactionDetails: ResolverTypeWrapper<ReactionDetailsModel>;
  ReactionOutcome: ReactionOutcome;
  ReactionsUpdated: ResolverTypeWrapper<MessageChangeModel>;
  ReopenConversationInput: ReopenConversationInput;
  ReopenConversationPayload: ResolverTypeWrapper<ConversationResultModel>;
  SendMessageInput: SendMessageInput;
  SendMessagePayload: ResolverTypeWrapper<SendResultModel>;
  SourceError: ResolverTypeWrapper<SourceError>;
  StagedAttachment: ResolverTypeWrapper<StagedAttachment>;
  StartConversationInput: StartConversationInput;
  StartConversationPayload: ResolverTypeWrapper<SendResultModel>;
  StartLetstalkConversationInput: StartLetstalkConversationInput;
  StartPactConversationInput: StartPactConversationInput;
  StartPigeonsConversationInput: StartPigeonsConversationInput;
  Subscription: ResolverTypeWrapper<Record<PropertyKey, never>>;
  SystemContent: ResolverTypeWrapper<SystemContent>;
  SystemEvent: SystemEvent;
  TextContent: ResolverTypeWrapper<TextContent>;
  TextWithAttachment: TextWithAttachment;
  URL: ResolverTypeWrapper<Scalars['URL']['output']>;
  Upload: ResolverTypeWrapper<Scalars['Upload']['output']>;
  UploadAttachmentInput: UploadAttachmentInput;
  UploadAttachmentPayload: ResolverTypeWrapper<Omit<UploadAttachmentPayload, 'attachment' | 'userErrors'> & { attachment?: Maybe<ResolversTypes['Attachment']>, userErrors: ReadonlyArray<ResolversTypes['UserError']> }>;
  UserError: ResolverTypeWrapper<UserErrorModel>;
  UserErrorCode: UserErrorCode;
  VideoMedia: ResolverTypeWrapper<VideoMedia>;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  Account: AccountModel;
  String: Scalars['String']['output'];
  Int: Scalars['Int']['output'];
  ID: Scalars['ID']['output'];
  ActionItem: ActionItemModel;
  ActionItemInput: ActionItemInput;
  ActionListContent: Omit<ActionListContent, 'items'> & { items: ReadonlyArray<ResolversParentTypes['ActionItem']> };
  Boolean: Scalars['Boolean']['output'];
  ActionListInput: ActionListInput;
  AddReactionInput: AddReactionInput;
  AddReactionPayload: ReactionResultModel;
  ArchiveConversationInput: ArchiveConversationInput;
  ArchiveConversationPayload: ConversationResultModel;
  Attachment: AttachmentModel;
  AttachmentDetails: AttachmentDetailsModel;
  AttachmentMedia: AttachmentMediaModel;
  AudioMedia: AudioMedia;
  Capabilities: CapabilitiesModel;
  Change: ChangeModel;
  ChangeConnection: ChangeListModel;
  ChangeEdge: ChangeEdgeModel;
  CloseConversationInput: CloseConversationInput;
  CloseConversationPayload: ConversationResultModel;
  Conversation: ConversationModel;
  ConversationConnection: ConversationListModel;
  ConversationDetails: ConversationDetailsModel;
  ConversationEdge: Omit<ConversationEdge, 'node'> & { node: ResolversParentTypes['Conversation'] };
  ConversationFilter: ConversationFilter;
  ConversationSource: ConversationListSourceModel;
  ConversationUpdated: ConversationChangeModel;
  DateTime: Scalars['DateTime']['output'];
  DeleteMessagesInput: DeleteMessagesInput;
  DeleteMessagesPayload: ConversationResultModel;
  Delivery: DeliveryModel;
  DeliveryUpdated: DeliveryChangeModel;
  DeviceInput: DeviceInput;
  FileMedia: FileMedia;
  ImageMedia: ImageMedia;
  InboxConnection: InboxPageModel;
  InboxEdge: Omit<InboxEdge, 'node'> & { node: ResolversParentTypes['InboxItem'] };
  InboxFilter: InboxFilter;
  InboxItem: InboxItemModel;
  InboxSource: InboxSourceModel;
  JSONObject: Scalars['JSONObject']['output'];
  LetstalkAttachment: LetstalkAttachment;
  LetstalkConversation: LetstalkConversation;
  LetstalkMessage: LetstalkMessage;
  LinkAction: LinkAction;
  LinkActionInput: LinkActionInput;
  MarkMessageReadInput: MarkMessageReadInput;
  MarkMessageReadPayload: ReadResultModel;
  MediaContent: Omit<MediaContent, 'attachments'> & { attachments: ReadonlyArray<ResolversParentTypes['Attachment']> };
  Message: MessageModel;
  MessageAdded: MessageChangeModel;
  MessageConnection: MessageListModel;
  MessageContent: MessageContentModel;
  MessageDetails: MessageDetailsModel;
  MessageEdge: Omit<MessageEdge, 'node'> & { node: ResolversParentTypes['Message'] };
  MessageUpdated: MessageChangeModel;
  Mutation: Record<PropertyKey, never>;
  PactAttachment: PactAttachment;
  Float: Scalars['Float']['output'];
  PactConversation: PactConversation;
  PactMessage: PactMessage;
  PactReaction: PactReaction;
  PageInfo: PageInfo;
  Participant: ParticipantModel;
  PigeonsAttachment: PigeonsAttachment;
  PigeonsConversation: PigeonsConversation;
  PigeonsDevice: PigeonsDevice;
  PigeonsMessage: Omit<PigeonsMessage, 'receiver'> & { receiver?: Maybe<ResolversParentTypes['Participant']> };
  PigeonsReaction: PigeonsReaction;
  Query: Record<PropertyKey, never>;
  QuickReplyAction: QuickReplyAction;
  QuickReplyActionInput: QuickReplyActionInput;
  Reaction: ReactionModel;
  ReactionDetails: ReactionDetailsModel;
  ReactionsUpdated: MessageChangeModel;
  ReopenConversationInput: ReopenConversationInput;
  ReopenConversationPayload: ConversationResultModel;
  SendMessageInput: SendMessageInput;
  SendMessagePayload: SendResultModel;
  SourceError: SourceError;
  StagedAttachment: StagedAttachment;
  StartConversationInput: StartConversationInput;
  StartConversationPayload: SendResultModel;
  StartLetstalkConversationInput: StartLetstalkConversationInput;
  StartPactConversationInput: StartPactConversationInput;
  StartPigeonsConversationInput: StartPigeonsConversationInput;
  Subscription: Record<PropertyKey, never>;
  SystemContent: SystemContent;
  TextContent: TextContent;
  URL: Scalars['URL']['output'];
  Upload: Scalars['Upload']['output'];
  UploadAttachmentInput: UploadAttachmentInput;
  UploadAttachmentPayload: Omit<UploadAttachmentPayload, 'attachment' | 'userErrors'> & { attachment?: Maybe<ResolversParentTypes['Attachment']>, userErrors: ReadonlyArray<ResolversParentTypes['UserError']> };
  UserError: UserErrorModel;
  VideoMedia: VideoMedia;
};

export type AccountResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['Account'] = ResolversParentTypes['Account'], FederationReferenceType extends FederationReferenceTypes['Account'] = FederationReferenceTypes['Account']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Account']> | FederationReferenceType, FederationReferenceType, ContextType>;
  capabilities?: Resolver<ResolversTypes['Capabilities'], ParentType, ContextType>;
  conversations?: Resolver<ResolversTypes['ConversationConnection'], ParentType, ContextType, Partial<AccountConversationsArgs>>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  provider?: Resolver<ResolversTypes['Provider'], ParentType, ContextType>;
  status?: Resolver<ResolversTypes['AccountStatus'], ParentType, ContextType>;
};

export type ActionItemResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['ActionItem'] = ResolversParentTypes['ActionItem']> = {
  __resolveType: TypeResolveFn<'LinkAction' | 'QuickReplyAction', ParentType, ContextType>;
};

export type ActionListContentResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['ActionListContent'] = ResolversParentTypes['ActionListContent']> = {
  items?: Resolver<ReadonlyArray<ResolversTypes['ActionItem']>, ParentType, ContextType>;
  showItemIcons?: Resolver<Maybe<ResolversTypes['Boolean']>, ParentType, ContextType>;
  title?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  viewType?: Resolver<Maybe<ResolversTypes['ActionListView']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type AddReactionPayloadResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['AddReactionPayload'] = ResolversParentTypes['AddReactionPayload']> = {
  message?: Resolver<Maybe<ResolversTypes['Message']>, ParentType, ContextType>;
  outcome?: Resolver<Maybe<ResolversTypes['ReactionOutcome']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type ArchiveConversationPayloadResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['ArchiveConversationPayload'] = ResolversParentTypes['ArchiveConversationPayload']> = {
  conversation?: Resolver<Maybe<ResolversTypes['Conversation']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type AttachmentResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['Attachment'] = ResolversParentTypes['Attachment'], FederationReferenceType extends FederationReferenceTypes['Attachment'] = FederationReferenceTypes['Attachment']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Attachment']> | FederationReferenceType, FederationReferenceType, ContextType>;
  byteSize?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  fileName?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  media?: Resolver<ResolversTypes['AttachmentMedia'], ParentType, ContextType>;
  mimeType?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  providerDetails?: Resolver<Maybe<ResolversTypes['AttachmentDetails']>, ParentType, ContextType>;
  url?: Resolver<Maybe<ResolversTypes['URL']>, ParentType, ContextType>;
};

export type AttachmentDetailsResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['AttachmentDetails'] = ResolversParentTypes['AttachmentDetails']> = {
  __resolveType: TypeResolveFn<'LetstalkAttachment' | 'PactAttachment' | 'PigeonsAttachment' | 'StagedAttachment', ParentType, ContextType>;
};

export type AttachmentMediaResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['AttachmentMedia'] = ResolversParentTypes['AttachmentMedia']> = {
  __resolveType: TypeResolveFn<'AudioMedia' | 'FileMedia' | 'ImageMedia' | 'VideoMedia', ParentType, ContextType>;
};

export type AudioMediaResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['AudioMedia'] = ResolversParentTypes['AudioMedia']> = {
  isVoiceMessage?: Resolver<Maybe<ResolversTypes['Boolean']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type CapabilitiesResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['Capabilities'] = ResolversParentTypes['Capabilities']> = {
  archiveConversation?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  attachmentMimeTypes?: Resolver<Maybe<ReadonlyArray<ResolversTypes['String']>>, ParentType, ContextType>;
  closeConversation?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  deleteMessages?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  listConversations?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  liveEvents?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  maxAttachmentBytes?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  maxAttachmentsPerMessage?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  maxTextLength?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  reactions?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  readReceipts?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  replies?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  sendActionList?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  sendAttachments?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  sendButtons?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  sendText?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  startConversation?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  textWithAttachment?: Resolver<ResolversTypes['TextWithAttachment'], ParentType, ContextType>;
  textWithAttachmentMimeTypes?: Resolver<Maybe<ReadonlyArray<ResolversTypes['String']>>, ParentType, ContextType>;
};

export type ChangeResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['Change'] = ResolversParentTypes['Change']> = {
  __resolveType: TypeResolveFn<'ConversationUpdated' | 'DeliveryUpdated' | 'MessageAdded' | 'MessageUpdated' | 'ReactionsUpdated', ParentType, ContextType>;
};

export type ChangeConnectionResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['ChangeConnection'] = ResolversParentTypes['ChangeConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['ChangeEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Change']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type ChangeEdgeResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['ChangeEdge'] = ResolversParentTypes['ChangeEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Change'], ParentType, ContextType>;
};

export type CloseConversationPayloadResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['CloseConversationPayload'] = ResolversParentTypes['CloseConversationPayload']> = {
  conversation?: Resolver<Maybe<ResolversTypes['Conversation']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type ConversationResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['Conversation'] = ResolversParentTypes['Conversation'], FederationReferenceType extends FederationReferenceTypes['Conversation'] = FederationReferenceTypes['Conversation']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Conversation']> | FederationReferenceType, FederationReferenceType, ContextType>;
  account?: Resolver<ResolversTypes['Account'], ParentType, ContextType>;
  accountId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  capabilities?: Resolver<Maybe<ResolversTypes['Capabilities']>, ParentType, ContextType>;
  createdAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  externalId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  lastActivityAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  lastMessageText?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  messages?: Resolver<Maybe<ResolversTypes['MessageConnection']>, ParentType, ContextType, Partial<ConversationMessagesArgs>>;
  participants?: Resolver<Maybe<ReadonlyArray<ResolversTypes['Participant']>>, ParentType, ContextType>;
  providerDetails?: Resolver<Maybe<ResolversTypes['ConversationDetails']>, ParentType, ContextType>;
  state?: Resolver<Maybe<ResolversTypes['ConversationState']>, ParentType, ContextType>;
  title?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  unreadCount?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
};

export type ConversationConnectionResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['ConversationConnection'] = ResolversParentTypes['ConversationConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['ConversationEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Conversation']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  sources?: Resolver<ReadonlyArray<ResolversTypes['ConversationSource']>, ParentType, ContextType>;
};

export type ConversationDetailsResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['ConversationDetails'] = ResolversParentTypes['ConversationDetails']> = {
  __resolveType: TypeResolveFn<'LetstalkConversation' | 'PactConversation' | 'PigeonsConversation', ParentType, ContextType>;
};

export type ConversationEdgeResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['ConversationEdge'] = ResolversParentTypes['ConversationEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Conversation'], ParentType, ContextType>;
};

export type ConversationSourceResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['ConversationSource'] = ResolversParentTypes['ConversationSource']> = {
  account?: Resolver<ResolversTypes['Account'], ParentType, ContextType>;
  answered?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  error?: Resolver<Maybe<ResolversTypes['SourceError']>, ParentType, ContextType>;
};

export type ConversationUpdatedResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['ConversationUpdated'] = ResolversParentTypes['ConversationUpdated']> = {
  conversation?: Resolver<ResolversTypes['Conversation'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export type DeleteMessagesPayloadResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['DeleteMessagesPayload'] = ResolversParentTypes['DeleteMessagesPayload']> = {
  conversation?: Resolver<Maybe<ResolversTypes['Conversation']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type DeliveryResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['Delivery'] = ResolversParentTypes['Delivery']> = {
  asOf?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  deliveredAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  evidence?: Resolver<ResolversTypes['DeliveryEvidence'], ParentType, ContextType>;
  failureReason?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  id?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  message?: Resolver<Maybe<ResolversTypes['Message']>, ParentType, ContextType>;
  readAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  sentAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  state?: Resolver<ResolversTypes['DeliveryState'], ParentType, ContextType>;
};

export type DeliveryUpdatedResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['DeliveryUpdated'] = ResolversParentTypes['DeliveryUpdated']> = {
  delivery?: Resolver<ResolversTypes['Delivery'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type FileMediaResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['FileMedia'] = ResolversParentTypes['FileMedia']> = {
  previewUrl?: Resolver<Maybe<ResolversTypes['URL']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type ImageMediaResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['ImageMedia'] = ResolversParentTypes['ImageMedia']> = {
  height?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  previewUrl?: Resolver<Maybe<ResolversTypes['URL']>, ParentType, ContextType>;
  width?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type InboxConnectionResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['InboxConnection'] = ResolversParentTypes['InboxConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['InboxEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['InboxItem']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  sources?: Resolver<ReadonlyArray<ResolversTypes['InboxSource']>, ParentType, ContextType>;
};

export type InboxEdgeResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['InboxEdge'] = ResolversParentTypes['InboxEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['InboxItem'], ParentType, ContextType>;
};

export type InboxItemResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['InboxItem'] = ResolversParentTypes['InboxItem']> = {
  asOf?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  conversation?: Resolver<ResolversTypes['Conversation'], ParentType, ContextType>;
  lastActivityAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  lastMessage?: Resolver<Maybe<ResolversTypes['Message']>, ParentType, ContextType>;
  unreadCount?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
};

export type InboxSourceResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['InboxSource'] = ResolversParentTypes['InboxSource']> = {
  account?: Resolver<ResolversTypes['Account'], ParentType, ContextType>;
  asOf?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  completeness?: Resolver<ResolversTypes['InboxCompleteness'], ParentType, ContextType>;
  error?: Resolver<Maybe<ResolversTypes['SourceError']>, ParentType, ContextType>;
};

export interface JsonObjectScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['JSONObject'], any> {
  name: 'JSONObject';
}

export type LetstalkAttachmentResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['LetstalkAttachment'] = ResolversParentTypes['LetstalkAttachment']> = {
  remoteId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type LetstalkConversationResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['LetstalkConversation'] = ResolversParentTypes['LetstalkConversation']> = {
  clientAvatarUrl?: Resolver<Maybe<ResolversTypes['URL']>, ParentType, ContextType>;
  clientName?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  typeName?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type LetstalkMessageResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['LetstalkMessage'] = ResolversParentTypes['LetstalkMessage']> = {
  contentType?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  internal?: Resolver<Maybe<ResolversTypes['Boolean']>, ParentType, ContextType>;
  remoteId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  repliedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  subject?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type LinkActionResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['LinkAction'] = ResolversParentTypes['LinkAction']> = {
  label?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  target?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  url?: Resolver<Maybe<ResolversTypes['URL']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type MarkMessageReadPayloadResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['MarkMessageReadPayload'] = ResolversParentTypes['MarkMessageReadPayload']> = {
  message?: Resolver<Maybe<ResolversTypes['Message']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type MediaContentResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['MediaContent'] = ResolversParentTypes['MediaContent']> = {
  attachments?: Resolver<ReadonlyArray<ResolversTypes['Attachment']>, ParentType, ContextType>;
  text?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type MessageResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['Message'] = ResolversParentTypes['Message'], FederationReferenceType extends FederationReferenceTypes['Message'] = FederationReferenceTypes['Message']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Message']> | FederationReferenceType, FederationReferenceType, ContextType>;
  accountId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  attachments?: Resolver<ReadonlyArray<ResolversTypes['Attachment']>, ParentType, ContextType>;
  author?: Resolver<Maybe<ResolversTypes['Participant']>, ParentType, ContextType>;
  content?: Resolver<ResolversTypes['MessageContent'], ParentType, ContextType>;
  conversation?: Resolver<ResolversTypes['Conversation'], ParentType, ContextType>;
  conversationExternalId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  delivery?: Resolver<Maybe<ResolversTypes['Delivery']>, ParentType, ContextType>;
  direction?: Resolver<Maybe<ResolversTypes['MessageDirection']>, ParentType, ContextType>;
  externalId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  isDeleted?: Resolver<Maybe<ResolversTypes['Boolean']>, ParentType, ContextType>;
  providerDetails?: Resolver<Maybe<ResolversTypes['MessageDetails']>, ParentType, ContextType>;
  reactions?: Resolver<ReadonlyArray<ResolversTypes['Reaction']>, ParentType, ContextType>;
  replyTo?: Resolver<Maybe<ResolversTypes['Message']>, ParentType, ContextType>;
  sentAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  text?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type MessageAddedResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['MessageAdded'] = ResolversParentTypes['MessageAdded']> = {
  message?: Resolver<ResolversTypes['Message'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type MessageConnectionResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['MessageConnection'] = ResolversParentTypes['MessageConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['MessageEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Message']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type MessageContentResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['MessageContent'] = ResolversParentTypes['MessageContent']> = {
  __resolveType: TypeResolveFn<'ActionListContent' | 'MediaContent' | 'SystemContent' | 'TextContent', ParentType, ContextType>;
};

export type MessageDetailsResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['MessageDetails'] = ResolversParentTypes['MessageDetails']> = {
  __resolveType: TypeResolveFn<'LetstalkMessage' | 'PactMessage' | 'PigeonsMessage', ParentType, ContextType>;
};

export type MessageEdgeResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['MessageEdge'] = ResolversParentTypes['MessageEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Message'], ParentType, ContextType>;
};

export type MessageUpdatedResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['MessageUpdated'] = ResolversParentTypes['MessageUpdated']> = {
  message?: Resolver<ResolversTypes['Message'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type MutationResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  addReaction?: Resolver<Maybe<ResolversTypes['AddReactionPayload']>, ParentType, ContextType, RequireFields<MutationAddReactionArgs, 'input'>>;
  archiveConversation?: Resolver<Maybe<ResolversTypes['ArchiveConversationPayload']>, ParentType, ContextType, RequireFields<MutationArchiveConversationArgs, 'input'>>;
  closeConversation?: Resolver<Maybe<ResolversTypes['CloseConversationPayload']>, ParentType, ContextType, RequireFields<MutationCloseConversationArgs, 'input'>>;
  deleteMessages?: Resolver<Maybe<ResolversTypes['DeleteMessagesPayload']>, ParentType, ContextType, RequireFields<MutationDeleteMessagesArgs, 'input'>>;
  markMessageRead?: Resolver<Maybe<ResolversTypes['MarkMessageReadPayload']>, ParentType, ContextType, RequireFields<MutationMarkMessageReadArgs, 'input'>>;
  reopenConversation?: Resolver<Maybe<ResolversTypes['ReopenConversationPayload']>, ParentType, ContextType, RequireFields<MutationReopenConversationArgs, 'input'>>;
  sendMessage?: Resolver<Maybe<ResolversTypes['SendMessagePayload']>, ParentType, ContextType, RequireFields<MutationSendMessageArgs, 'input'>>;
  startConversation?: Resolver<Maybe<ResolversTypes['StartConversationPayload']>, ParentType, ContextType, RequireFields<MutationStartConversationArgs, 'input'>>;
  uploadAttachment?: Resolver<Maybe<ResolversTypes['UploadAttachmentPayload']>, ParentType, ContextType, RequireFields<MutationUploadAttachmentArgs, 'input'>>;
};

export type PactAttachmentResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['PactAttachment'] = ResolversParentTypes['PactAttachment']> = {
  aspectRatio?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  externalId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PactConversationResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['PactConversation'] = ResolversParentTypes['PactConversation']> = {
  avatarUrl?: Resolver<Maybe<ResolversTypes['URL']>, ParentType, ContextType>;
  channelId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  channelType?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  isGroup?: Resolver<Maybe<ResolversTypes['Boolean']>, ParentType, ContextType>;
  lastInboundMessageAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  meta?: Resolver<Maybe<ResolversTypes['JSONObject']>, ParentType, ContextType>;
  repliedState?: Resolver<Maybe<ResolversTypes['PactRepliedState']>, ParentType, ContextType>;
  senderExternalId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PactMessageResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['PactMessage'] = ResolversParentTypes['PactMessage']> = {
  channelId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  channelType?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  messengerId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PactReactionResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['PactReaction'] = ResolversParentTypes['PactReaction']> = {
  raw?: Resolver<Maybe<ResolversTypes['JSONObject']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PageInfoResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo']> = {
  endCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hasPreviousPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  startCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type ParticipantResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['Participant'] = ResolversParentTypes['Participant']> = {
  avatarUrl?: Resolver<Maybe<ResolversTypes['URL']>, ParentType, ContextType>;
  email?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  externalId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  kind?: Resolver<ResolversTypes['ParticipantKind'], ParentType, ContextType>;
  name?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  phone?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type PigeonsAttachmentResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['PigeonsAttachment'] = ResolversParentTypes['PigeonsAttachment']> = {
  raw?: Resolver<Maybe<ResolversTypes['JSONObject']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PigeonsConversationResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['PigeonsConversation'] = ResolversParentTypes['PigeonsConversation']> = {
  taggableId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  taggableTitle?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  taggableType?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  updatedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PigeonsDeviceResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['PigeonsDevice'] = ResolversParentTypes['PigeonsDevice']> = {
  appVersion?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  browser?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  browserVersion?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  model?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  os?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  osVersion?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  type?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type PigeonsMessageResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['PigeonsMessage'] = ResolversParentTypes['PigeonsMessage']> = {
  contextType?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  device?: Resolver<Maybe<ResolversTypes['PigeonsDevice']>, ParentType, ContextType>;
  metadata?: Resolver<Maybe<ResolversTypes['JSONObject']>, ParentType, ContextType>;
  receiver?: Resolver<Maybe<ResolversTypes['Participant']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PigeonsReactionResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['PigeonsReaction'] = ResolversParentTypes['PigeonsReaction']> = {
  userUuid?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type QueryResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  account?: Resolver<Maybe<ResolversTypes['Account']>, ParentType, ContextType, RequireFields<QueryAccountArgs, 'id'>>;
  accounts?: Resolver<ReadonlyArray<ResolversTypes['Account']>, ParentType, ContextType>;
  attachment?: Resolver<Maybe<ResolversTypes['Attachment']>, ParentType, ContextType, RequireFields<QueryAttachmentArgs, 'id'>>;
  changes?: Resolver<ResolversTypes['ChangeConnection'], ParentType, ContextType, Partial<QueryChangesArgs>>;
  conversation?: Resolver<Maybe<ResolversTypes['Conversation']>, ParentType, ContextType, RequireFields<QueryConversationArgs, 'id'>>;
  conversationByExternalId?: Resolver<Maybe<ResolversTypes['Conversation']>, ParentType, ContextType, RequireFields<QueryConversationByExternalIdArgs, 'accountId' | 'externalId'>>;
  conversations?: Resolver<ResolversTypes['ConversationConnection'], ParentType, ContextType, Partial<QueryConversationsArgs>>;
  delivery?: Resolver<Maybe<ResolversTypes['Delivery']>, ParentType, ContextType, RequireFields<QueryDeliveryArgs, 'id'>>;
  inbox?: Resolver<ResolversTypes['InboxConnection'], ParentType, ContextType, Partial<QueryInboxArgs>>;
  message?: Resolver<Maybe<ResolversTypes['Message']>, ParentType, ContextType, RequireFields<QueryMessageArgs, 'id'>>;
};

export type QuickReplyActionResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['QuickReplyAction'] = ResolversParentTypes['QuickReplyAction']> = {
  label?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type ReactionResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['Reaction'] = ResolversParentTypes['Reaction']> = {
  author?: Resolver<Maybe<ResolversTypes['Participant']>, ParentType, ContextType>;
  createdAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  emoji?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  providerDetails?: Resolver<Maybe<ResolversTypes['ReactionDetails']>, ParentType, ContextType>;
};

export type ReactionDetailsResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['ReactionDetails'] = ResolversParentTypes['ReactionDetails']> = {
  __resolveType: TypeResolveFn<'PactReaction' | 'PigeonsReaction', ParentType, ContextType>;
};

export type ReactionsUpdatedResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['ReactionsUpdated'] = ResolversParentTypes['ReactionsUpdated']> = {
  message?: Resolver<ResolversTypes['Message'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type ReopenConversationPayloadResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['ReopenConversationPayload'] = ResolversParentTypes['ReopenConversationPayload']> = {
  conversation?: Resolver<Maybe<ResolversTypes['Conversation']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type SendMessagePayloadResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['SendMessagePayload'] = ResolversParentTypes['SendMessagePayload']> = {
  delivery?: Resolver<Maybe<ResolversTypes['Delivery']>, ParentType, ContextType>;
  message?: Resolver<Maybe<ResolversTypes['Message']>, ParentType, ContextType>;
  parts?: Resolver<ReadonlyArray<ResolversTypes['Delivery']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type SourceErrorResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['SourceError'] = ResolversParentTypes['SourceError']> = {
  code?: Resolver<ResolversTypes['ErrorCode'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  retryAfter?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  retryable?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type StagedAttachmentResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['StagedAttachment'] = ResolversParentTypes['StagedAttachment']> = {
  expiresAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type StartConversationPayloadResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['StartConversationPayload'] = ResolversParentTypes['StartConversationPayload']> = {
  conversation?: Resolver<Maybe<ResolversTypes['Conversation']>, ParentType, ContextType>;
  delivery?: Resolver<Maybe<ResolversTypes['Delivery']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type SubscriptionResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['Subscription'] = ResolversParentTypes['Subscription']> = {
  changes?: SubscriptionResolver<ResolversTypes['ChangeEdge'], "changes", ParentType, ContextType, Partial<SubscriptionChangesArgs>>;
  conversationUpdated?: SubscriptionResolver<ResolversTypes['Conversation'], "conversationUpdated", ParentType, ContextType, Partial<SubscriptionConversationUpdatedArgs>>;
  deliveryUpdated?: SubscriptionResolver<ResolversTypes['Delivery'], "deliveryUpdated", ParentType, ContextType, RequireFields<SubscriptionDeliveryUpdatedArgs, 'id'>>;
  messageAdded?: SubscriptionResolver<ResolversTypes['Message'], "messageAdded", ParentType, ContextType, Partial<SubscriptionMessageAddedArgs>>;
  messageUpdated?: SubscriptionResolver<ResolversTypes['Message'], "messageUpdated", ParentType, ContextType, Partial<SubscriptionMessageUpdatedArgs>>;
};

export type SystemContentResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['SystemContent'] = ResolversParentTypes['SystemContent']> = {
  event?: Resolver<ResolversTypes['SystemEvent'], ParentType, ContextType>;
  text?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type TextContentResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['TextContent'] = ResolversParentTypes['TextContent']> = {
  text?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export interface UrlScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['URL'], any> {
  name: 'URL';
}

export interface UploadScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['Upload'], any> {
  name: 'Upload';
}

export type UploadAttachmentPayloadResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['UploadAttachmentPayload'] = ResolversParentTypes['UploadAttachmentPayload']> = {
  attachment?: Resolver<Maybe<ResolversTypes['Attachment']>, ParentType, ContextType>;
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type UserErrorResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['UserError'] = ResolversParentTypes['UserError']> = {
  code?: Resolver<ResolversTypes['UserErrorCode'], ParentType, ContextType>;
  field?: Resolver<Maybe<ReadonlyArray<ResolversTypes['String']>>, ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  retryAfter?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  retryable?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type VideoMediaResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes['VideoMedia'] = ResolversParentTypes['VideoMedia']> = {
  height?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  previewUrl?: Resolver<Maybe<ResolversTypes['URL']>, ParentType, ContextType>;
  width?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type Resolvers<ContextType = GraphContext> = {
  Account?: AccountResolvers<ContextType>;
  ActionItem?: ActionItemResolvers<ContextType>;
  ActionListContent?: ActionListContentResolvers<ContextType>;
  AddReactionPayload?: AddReactionPayloadResolvers<ContextType>;
  ArchiveConversationPayload?: ArchiveConversationPayloadResolvers<ContextType>;
  Attachment?: AttachmentResolvers<ContextType>;
  AttachmentDetails?: AttachmentDetailsResolvers<ContextType>;
  AttachmentMedia?: AttachmentMediaResolvers<ContextType>;
  AudioMedia?: AudioMediaResolvers<ContextType>;
  Capabilities?: CapabilitiesResolvers<ContextType>;
  Change?: ChangeResolvers<ContextType>;
  ChangeConnection?: ChangeConnectionResolvers<ContextType>;
  ChangeEdge?: ChangeEdgeResolvers<ContextType>;
  CloseConversationPayload?: CloseConversationPayloadResolvers<ContextType>;
  Conversation?: ConversationResolvers<ContextType>;
  ConversationConnection?: ConversationConnectionResolvers<ContextType>;
  ConversationDetails?: ConversationDetailsResolvers<ContextType>;
  ConversationEdge?: ConversationEdgeResolvers<ContextType>;
  ConversationSource?: ConversationSourceResolvers<ContextType>;
  ConversationUpdated?: ConversationUpdatedResolvers<ContextType>;
  DateTime?: GraphQLScalarType;
  DeleteMessagesPayload?: DeleteMessagesPayloadResolvers<ContextType>;
  Delivery?: DeliveryResolvers<ContextType>;
  DeliveryUpdated?: DeliveryUpdatedResolvers<ContextType>;
  FileMedia?: FileMediaResolvers<ContextType>;
  ImageMedia?: ImageMediaResolvers<ContextType>;
  InboxConnection?: InboxConnectionResolvers<ContextType>;
  InboxEdge?: InboxEdgeResolvers<ContextType>;
  InboxItem?: InboxItemResolvers<ContextType>;
  InboxSource?: InboxSourceResolvers<ContextType>;
  JSONObject?: GraphQLScalarType;
  LetstalkAttachment?: LetstalkAttachmentResolvers<ContextType>;
  LetstalkConversation?: LetstalkConversationResolvers<ContextType>;
  LetstalkMessage?: LetstalkMessageResolvers<ContextType>;
  LinkAction?: LinkActionResolvers<ContextType>;
  MarkMessageReadPayload?: MarkMessageReadPayloadResolvers<ContextType>;
  MediaContent?: MediaContentResolvers<ContextType>;
  Message?: MessageResolvers<ContextType>;
  MessageAdded?: MessageAddedResolvers<ContextType>;
  MessageConnection?: MessageConnectionResolvers<ContextType>;
  MessageContent?: MessageContentResolvers<ContextType>;
  MessageDetails?: MessageDetailsResolvers<ContextType>;
  MessageEdge?: MessageEdgeResolvers<ContextType>;
  MessageUpdated?: MessageUpdatedResolvers<ContextType>;
  Mutation?: MutationResolvers<ContextType>;
  PactAttachment?: PactAttachmentResolvers<ContextType>;
  PactConversation?: PactConversationResolvers<ContextType>;
  PactMessage?: PactMessageResolvers<ContextType>;
  PactReaction?: PactReactionResolvers<ContextType>;
  PageInfo?: PageInfoResolvers<ContextType>;
  Participant?: ParticipantResolvers<ContextType>;
  PigeonsAttachment?: PigeonsAttachmentResolvers<ContextType>;
  PigeonsConversation?: PigeonsConversationResolvers<ContextType>;
  PigeonsDevice?: PigeonsDeviceResolvers<ContextType>;
  PigeonsMessage?: PigeonsMessageResolvers<ContextType>;
  PigeonsReaction?: PigeonsReactionResolvers<ContextType>;
  Query?: QueryResolvers<ContextType>;
  QuickReplyAction?: QuickReplyActionResolvers<ContextType>;
  Reaction?: ReactionResolvers<ContextType>;
  ReactionDetails?: ReactionDetailsResolvers<ContextType>;
  ReactionsUpdated?: ReactionsUpdatedResolvers<ContextType>;
  ReopenConversationPayload?: ReopenConversationPayloadResolvers<ContextType>;
  SendMessagePayload?: SendMessagePayloadResolvers<ContextType>;
  SourceError?: SourceErrorResolvers<ContextType>;
  StagedAttachment?: StagedAttachmentResolvers<ContextType>;
  StartConversationPayload?: StartConversationPayloadResolvers<ContextType>;
  Subscription?: SubscriptionResolvers<ContextType>;
  SystemContent?: SystemContentResolvers<ContextType>;
  TextContent?: TextContentResolvers<ContextType>;
  URL?: GraphQLScalarType;
  Upload?: GraphQLScalarType;
  UploadAttachmentPayload?: UploadAttachmentPayloadResolvers<ContextType>;
  UserError?: UserErrorResolvers<ContextType>;
  VideoMedia?: VideoMediaResolvers<ContextType>;
};

