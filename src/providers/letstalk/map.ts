import type { MessageRef } from '../../messaging/ids.ts';
import { toMedia } from '../../messaging/media.ts';
import type {
  ActionItem,
  Attachment,
  Conversation,
  ConversationState,
  Message,
  MessageContent,
  MessageDirection,
  MessageLimits,
  Participant,
} from '../../messaging/provider.ts';
import { url } from '../../http/wire.ts';
import type {
  LetstalkActionList,
  LetstalkConversationFacts,
  LetstalkMessageRow,
  LetstalkPerson,
} from './wire.ts';

/** Whom the account's key belongs to: the one who asks, or the one who answers. */
export type LetstalkRole = 'client' | 'agent';

export interface LetstalkMapping {
  readonly accountId: string;
  readonly role: LetstalkRole;
  readonly baseUrl: string;
}

/** A conversation as its newest message tells it; without one nothing is known but that it exists. */
export function toConversation(
  externalId: string,
  newest: LetstalkMessageRow | undefined,
  { accountId, baseUrl }: LetstalkMapping,
): Conversation {
  const facts = newest?.conversation;
  return {
    accountId,
    externalId,
    title: facts?.issue ?? null,
    state: toState(facts?.status ?? null),
    // A message names its author and nobody else: who takes part is not known.
    participants: null,
    createdAt: null,
    lastActivityAt: newest?.createdAt ?? null,
    lastMessageText: newest ? toText(newest) : null,
    unreadCount: null,
    providerDetails: {
      kind: 'LetstalkConversation',
      typeName: facts?.typeName ?? null,
      clientName: facts?.clientName ?? null,
      clientAvatarUrl: url(facts?.clientAvatar, baseUrl),
    },
  };
}

/**
 * A conversation as an event tells it. What the event leaves out stays out; nor does it say how old it is, and so not what is newest
 * in the conversation.
 */
export function toToldConversation(
  externalId: string,
  told: Partial<LetstalkConversationFacts>,
  { accountId, baseUrl }: LetstalkMapping,
): Conversation {
  const { issue = null, status = null, typeName = null, clientName = null, clientAvatar = null } = told;
  const state = toState(status);
  return {
    accountId,
    externalId,
    ...(issue !== null && { title: issue }),
    ...(state !== null && { state }),
    ...(clientName !== null && {
      providerDetails: {
        kind: 'LetstalkConversation',
        ...{ typeName, clientName, clientAvatarUrl: url(clientAvatar, baseUrl) },
      },
    }),
  };
}

function toState(status: string | null): ConversationState | null {
  switch (status) {
    case 'Open':
      return 'OPEN';
    case 'Closed':
      return 'CLOSED';
    default:
      return null;
  }
}

export function toMessage(
  row: LetstalkMessageRow,
  conversationExternalId: string,
  mapping: LetstalkMapping,
): Message {
  const ref: MessageRef = {
    accountId: mapping.accountId,
    conversationExternalId,
    externalId: String(row.id),
  };
  const attachments = isFile(row) ? [toAttachment(row, ref)] : [];
  return {
    // Not spread: each of the fields behind it would cost a copy of the object.
    accountId: ref.accountId,
    conversationExternalId,
    externalId: ref.externalId,
    direction: toDirection(row, mapping.role),
    author: toAuthor(row, mapping),
    text: toText(row),
    content: toContent(row, attachments, mapping),
    attachments,
    reactions: [],
    sentAt: row.createdAt,
    delivery: null,
    isDeleted: null,
    repliedTo: null,
    providerDetails: {
      kind: 'LetstalkMessage',
      remoteId: row.remoteId,
      internal: row.internal,
      subject: row.subject,
      contentType: row.contentType,
      repliedAt: row.repliedAt,
    },
  };
}

function toDirection({ isSystem, person }: LetstalkMessageRow, role: LetstalkRole): MessageDirection | null {
  if (isSystem || !person) return null;
  const isOurSide = (person.type === 'User') === (role === 'agent');
  return isOurSide ? 'OUTBOUND' : 'INBOUND';
}

function toAuthor({ isSystem, person }: LetstalkMessageRow, mapping: LetstalkMapping): Participant | null {
  if (person) return toParticipant(person, mapping);
  return isSystem
    ? {
        accountId: mapping.accountId,
        kind: 'SYSTEM',
        externalId: 'system',
        name: null,
        avatarUrl: null,
        email: null,
        phone: null,
      }
    : null;
}

function toParticipant(person: LetstalkPerson, { accountId, baseUrl }: LetstalkMapping): Participant {
  return {
    accountId,
    kind: person.type === 'Client' ? 'CUSTOMER' : 'AGENT',
    externalId: person.id,
    name: person.name,
    avatarUrl: url(person.avatar, baseUrl),
    email: person.email,
    phone: null,
  };
}

// A file's message has its type in `content_type`, and the word "attachment" where others have their text.
function isFile({ isSystem, content, contentType, actionList }: LetstalkMessageRow): boolean {
  return (
    !isSystem &&
    !actionList &&
    content === 'attachment' &&
    contentType !== null &&
    contentType !== 'text/plain' &&
    contentType !== 'actionable/list'
  );
}

function toText(row: LetstalkMessageRow): string | null {
  if (row.actionList) return row.actionList.title;
  return isFile(row) ? null : row.content || null;
}

function toContent(
  row: LetstalkMessageRow,
  attachments: readonly Attachment[],
  mapping: LetstalkMapping,
): MessageContent {
  if (row.isSystem) {
    return {
      kind: 'SystemContent',
      event: row.content === 'closed' ? 'CONVERSATION_CLOSED' : 'OTHER',
      text: row.content || null,
    };
  }
  if (row.actionList) return toActionListContent(row.actionList, mapping);
  if (attachments.length > 0) return { kind: 'MediaContent', text: null, attachments };
  return { kind: 'TextContent', text: row.content || null };
}

function toActionListContent(actionList: LetstalkActionList, { baseUrl }: LetstalkMapping): MessageContent {
  return {
    kind: 'ActionListContent',
    title: actionList.title,
    viewType: VIEW_TYPES.get(actionList.viewType) ?? null,
    showItemIcons: actionList.showItemsIcon,
    items: actionList.items.map((item): ActionItem =>
      item.type === 'link'
        ? { kind: 'LinkAction', label: item.label, url: url(item.url, baseUrl), target: item.target }
        : { kind: 'QuickReplyAction', label: item.label, message: item.message },
    ),
  };
}

const VIEW_TYPES = new Map<string | null, 'LIST' | 'PILL'>([
  ['list', 'LIST'],
  ['pill', 'PILL'],
]);

// Letstalk documents neither a name nor an address for a file: they stay unknown.
function toAttachment(row: LetstalkMessageRow, message: MessageRef): Attachment {
  return {
    message,
    place: 0,
    externalId: null,
    fileName: null,
    mimeType: row.contentType,
    byteSize: null,
    url: null,
    media: toMedia(row.contentType),
    providerDetails: { kind: 'LetstalkAttachment', remoteId: row.remoteId },
  };
}

/** One file is one message, and a file's message has no text. An organisation may allow fewer types. */
export const LIMITS: MessageLimits = {
  maxTextLength: null,
  maxAttachmentsPerMessage: 1,
  textWithAttachment: 'FORBIDDEN',
  textWithAttachmentMimeTypes: null,
  attachmentMimeTypes: [
    'application/csv',
    'application/geojson',
    // The registered names of two, under which such files are recognised: this one, and `audio/mpeg` below.
    'application/geo+json',
    'application/msword',
    'application/octet-stream',
    'application/pdf',
    'application/vnd.ms-excel',
    'application/vnd.ms-powerpoint',
    'application/vnd.openxmlformats-officedocument.presentationml.presentation',
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    'audio/mp3',
    'audio/mpeg',
    'image/bmp',
    'image/gif',
    'image/jpeg',
    'image/jpg',
    'image/png',
    'image/tiff',
    'image/x-tiff',
    'text/comma-separated-values',
    'text/csv',
    'video/mov',
    'video/mp4',
    'video/quicktime',
  ],
  maxAttachmentBytes: null,
  sendActionList: true,
  sendButtons: false,
  replies: false,
  deleteMessages: false,
};
