import type { MessageRef } from '../../messaging/ids.ts';
import { toMedia } from '../../messaging/media.ts';
import type {
  Attachment,
  Conversation,
  ConversationState,
  Delivery,
  Message,
  MessageContent,
  MessageLimits,
  Participant,
  Reaction,
} from '../../messaging/provider.ts';
import { url } from '../../http/wire.ts';
import type {
  PigeonsAttachmentRow,
  PigeonsConversationRow,
  PigeonsMessageRow,
  PigeonsParticipant,
  PigeonsReactionRow,
} from './wire.ts';

export interface PigeonsMapping {
  readonly accountId: string;
  /** What site-relative addresses are relative to. */
  readonly baseUrl: string;
}

/**
 * A conversation. From the messages answer, which has no participants, they and the count of unread messages stay
 * absent: they cost another call.
 *
 * @param self the UUID of the account's own user, whose unread messages count; null when not known
 */
export function toConversation(
  row: PigeonsConversationRow,
  self: string | null,
  mapping: PigeonsMapping,
): Conversation {
  const { accountId } = mapping;
  return {
    accountId,
    externalId: row.uuid,
    title: row.taggableTitle,
    state: toState(row),
    createdAt: row.createdAt,
    lastActivityAt: row.lastMessageAt,
    lastMessageText: row.lastMessageText || null,
    ...(row.participants && {
      participants: row.participants.map((participant) => toParticipant(participant, mapping)),
      unreadCount: row.participants.find(({ uuid }) => uuid === self)?.unreadCount ?? null,
    }),
    providerDetails: {
      kind: 'PigeonsConversation',
      taggableType: row.taggableType,
      taggableId: row.taggableId,
      taggableTitle: row.taggableTitle,
      updatedAt: row.updatedAt,
    },
  };
}

/** Pigeons knows archived conversations and the others. */
export function toState({ isArchived }: PigeonsConversationRow): ConversationState | null {
  return isArchived === null ? null : isArchived ? 'ARCHIVED' : 'OPEN';
}

function toParticipant(row: PigeonsParticipant, { accountId, baseUrl }: PigeonsMapping): Participant {
  return {
    accountId,
    kind: 'USER',
    externalId: row.uuid,
    name: row.name,
    avatarUrl: url(row.avatar, baseUrl),
    email: row.email,
    phone: null,
  };
}

/** A message; which way it went is for the caller to say, who may have to ask who "I" am. */
export function toMessage(
  row: PigeonsMessageRow,
  conversationExternalId: string,
  direction: Message['direction'],
  mapping: PigeonsMapping,
): Message {
  const ref: MessageRef = { accountId: mapping.accountId, conversationExternalId, externalId: row.id };
  const attachments = row.attachments.map((attachment, place) => toAttachment(attachment, place, row, ref));
  return {
    // Not spread: each of the fields behind it would cost a copy of the object.
    accountId: ref.accountId,
    conversationExternalId,
    externalId: ref.externalId,
    direction,
    author: row.sender && toParticipant(row.sender, mapping),
    text: row.text,
    content: toContent(row, attachments),
    attachments,
    reactions: row.reactions.map((reaction) => toReaction(reaction, row, mapping)),
    sentAt: row.sentAt,
    delivery: toDelivery(row, ref),
    isDeleted: null,
    repliedTo: null,
    providerDetails: {
      kind: 'PigeonsMessage',
      contextType: row.type,
      receiver: row.receiver && toParticipant(row.receiver, mapping),
      device: row.device,
      metadata: row.metadata,
    },
  };
}

function toContent({ text, type }: PigeonsMessageRow, attachments: readonly Attachment[]): MessageContent {
  const isMedia = attachments.length > 0 || (type !== null && type !== 'text');
  return isMedia ? { kind: 'MediaContent', text, attachments } : { kind: 'TextContent', text };
}

function toAttachment(
  row: PigeonsAttachmentRow,
  place: number,
  { type }: PigeonsMessageRow,
  message: MessageRef,
): Attachment {
  return {
    message,
    place,
    externalId: null,
    fileName: row.name,
    mimeType: row.mimeType,
    byteSize: row.size,
    // Free structure: only what is an address by itself is one.
    url: url(row.url),
    // The message's own type says what its file is where the file does not.
    media: toMedia(row.mimeType ?? type),
    providerDetails: { kind: 'PigeonsAttachment', raw: row.raw },
  };
}

function toReaction(
  row: PigeonsReactionRow,
  { sender, receiver }: PigeonsMessageRow,
  mapping: PigeonsMapping,
): Reaction {
  const known = [sender, receiver].find((person) => person?.uuid === row.userUuid);
  const author =
    known ??
    (row.userUuid && { uuid: row.userUuid, name: null, email: null, avatar: null, unreadCount: null });
  return {
    emoji: row.emoji,
    author: author ? toParticipant(author, mapping) : null,
    createdAt: row.createdAt,
    providerDetails: { kind: 'PigeonsReaction', userUuid: row.userUuid },
  };
}

function toDelivery(row: PigeonsMessageRow, message: MessageRef): Delivery | null {
  const state = row.read ? 'READ' : row.delivered ? 'DELIVERED' : row.sent ? 'SENT' : null;
  if (state === null) return null;
  return {
    id: null,
    state,
    evidence: 'HISTORY',
    asOf: new Date().toISOString(),
    message,
    sentAt: row.sentAt,
    deliveredAt: row.deliveredAt,
    readAt: row.readAt,
    failureReason: null,
  };
}

/** A text is required; attachments are free structure, and so without a documented limit. */
export const LIMITS: MessageLimits = {
  maxTextLength: 5000,
  maxAttachmentsPerMessage: null,
  textWithAttachment: 'REQUIRED',
  textWithAttachmentMimeTypes: null,
  attachmentMimeTypes: null,
  maxAttachmentBytes: null,
  sendActionList: false,
  sendButtons: false,
  replies: false,
  deleteMessages: false,
};
