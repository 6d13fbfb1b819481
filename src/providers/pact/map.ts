import type { MessageRef } from '../../messaging/ids.ts';
import type {
  Attachment,
  Conversation,
  Message,
  MessageContent,
  MessageDirection,
  MessageLimits,
  Participant,
} from '../../messaging/provider.ts';
import { toMedia } from '../../messaging/media.ts';
import { url } from '../../http/wire.ts';
import type { PactAttachmentRow, PactConversationRow, PactMessageRow } from './wire.ts';

/** What Pact's rows are mapped with. `baseUrl` is what site-relative addresses are relative to. */
export interface PactMapping {
  readonly accountId: string;
  readonly baseUrl: string;
}

export function toConversation(row: PactConversationRow, mapping: PactMapping): Conversation {
  const avatarUrl = url(row.avatar, mapping.baseUrl);
  return {
    accountId: mapping.accountId,
    externalId: row.id,
    title: row.name,
    state: null,
    participants: row.senderExternalId === null ? null : [toCustomer(row, row.senderExternalId, mapping)],
    createdAt: row.createdAt,
    lastActivityAt: row.lastMessageAt,
    lastMessageText: null,
    unreadCount: null,
    providerDetails: {
      kind: 'PactConversation',
      channelId: row.channelId,
      channelType: row.channelType,
      senderExternalId: row.senderExternalId,
      avatarUrl,
      lastInboundMessageAt: row.lastInboundMessageAt,
      meta: row.meta,
      // v1 says neither.
      repliedState: null,
      isGroup: null,
    },
  };
}

function toCustomer(
  row: PactConversationRow,
  senderExternalId: string,
  { accountId, baseUrl }: PactMapping,
): Participant {
  return {
    accountId,
    kind: 'CUSTOMER',
    externalId: senderExternalId,
    name: row.name,
    avatarUrl: url(row.avatar, baseUrl),
    email: null,
    phone: phoneOf(senderExternalId),
  };
}

/** What `sender_external_id` is documented to be; messengers without phones have put other names there. */
export function phoneOf(senderExternalId: string): string | null {
  return /^\+?\d{5,15}$/.test(senderExternalId) ? senderExternalId : null;
}

export function toMessage(
  row: PactMessageRow,
  conversationExternalId: string,
  mapping: PactMapping,
): Message {
  return toPactMessage(
    row,
    { accountId: mapping.accountId, conversationExternalId, externalId: row.id },
    mapping,
    {
      direction: directionOf(row),
      sentAt: row.createdAt,
      reactions: [],
      delivery: null,
      isDeleted: null,
      repliedTo: null,
      providerDetails: {
        kind: 'PactMessage',
        channelId: row.channelId,
        channelType: row.channelType,
        // Not said by v1.
        messengerId: null,
      },
    },
  );
}

/** Null where the row does not say. */
export function directionOf({ income }: Pick<PactMessageRow, 'income'>): MessageDirection | null {
  return income === null ? null : income ? 'INBOUND' : 'OUTBOUND';
}

/** A message by what both versions say in the same way, and by what only its own can say. */
export function toPactMessage(
  row: Pick<PactMessageRow, 'message' | 'attachments'>,
  ref: MessageRef,
  mapping: PactMapping,
  own: Pick<
    Message,
    'direction' | 'sentAt' | 'reactions' | 'delivery' | 'isDeleted' | 'repliedTo' | 'providerDetails'
  >,
): Message {
  const attachments = row.attachments.map((attachment) => toAttachment(attachment, ref, mapping));
  return {
    accountId: ref.accountId,
    conversationExternalId: ref.conversationExternalId,
    externalId: ref.externalId,
    direction: own.direction,
    // v1 names no sender on a message; v2 names a contact by a number, which is not the one that its conversation knows it by.
    author: null,
    text: row.message || null,
    content: toContent(row.message || null, attachments),
    attachments,
    reactions: own.reactions,
    sentAt: own.sentAt,
    delivery: own.delivery,
    isDeleted: own.isDeleted,
    repliedTo: own.repliedTo,
    providerDetails: own.providerDetails,
  };
}

function toContent(text: string | null, attachments: readonly Attachment[]): MessageContent {
  return attachments.length > 0 ? { kind: 'MediaContent', text, attachments } : { kind: 'TextContent', text };
}

function toAttachment(row: PactAttachmentRow, message: MessageRef, { baseUrl }: PactMapping): Attachment {
  return {
    message,
    place: row.place,
    externalId: row.id,
    fileName: row.fileName,
    mimeType: row.mimeType,
    byteSize: row.size,
    url: url(row.attachmentUrl, baseUrl),
    media: toMedia(row.mimeType, {
      width: row.width,
      height: row.height,
      previewUrl: url(row.previewUrl, baseUrl),
      isVoiceMessage: row.pushToTalk,
    }),
    providerDetails: { kind: 'PactAttachment', externalId: row.id, aspectRatio: row.aspectRatio },
  };
}

/** What is said of a message that a job could not deliver: the provider's own reason is not for callers. */
export const NOT_DELIVERED = 'Pact could not deliver it.';

/** What the loosest messenger takes; a conversation's own messenger may take less. */
export const ACCOUNT_LIMITS: MessageLimits = {
  maxTextLength: null,
  maxAttachmentsPerMessage: null,
  textWithAttachment: 'ALLOWED',
  textWithAttachmentMimeTypes: null,
  attachmentMimeTypes: null,
  maxAttachmentBytes: null,
  sendActionList: false,
  sendButtons: true,
  replies: false,
  deleteMessages: false,
};

/**
 * Limits by messenger. Documented: several attachments only on vkontakte; on WhatsApp a caption on an image and none on a
 * PDF; buttons on WhatsApp Business; "some carry only text or one attachment", unnamed. Assumed: those are all the others,
 * no file but an image has a caption, and WhatsApp Business is known by its channel's type.
 */
export function toLimits(channelType: string | null): MessageLimits {
  const sendButtons = channelType === 'whatsapp_business';
  if (channelType === 'vkontakte') return { ...ACCOUNT_LIMITS, sendButtons };
  const takesCaption = channelType?.startsWith('whatsapp') ?? false;
  return {
    ...ACCOUNT_LIMITS,
    maxAttachmentsPerMessage: 1,
    textWithAttachment: takesCaption ? 'ALLOWED' : 'FORBIDDEN',
    textWithAttachmentMimeTypes: takesCaption ? ['image/*'] : null,
    sendButtons,
  };
}
