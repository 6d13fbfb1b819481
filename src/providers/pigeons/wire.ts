import { parseInstant } from '../../messaging/instant.ts';
import type { JsonObject, PigeonsDevice } from '../../messaging/provider.ts';
import type { WireContext } from '../../http/wire.ts';
import {
  boolean,
  count,
  createContract,
  externalId,
  freeObject,
  items,
  list,
  nonEmptyText,
  object,
  text,
} from '../../http/wire.ts';

/** Pigeons over the wire, after validation. Source: `pigeons.md`. */

export interface PigeonsConversationRow {
  readonly uuid: string;
  readonly taggableType: string | null;
  readonly taggableId: string | null;
  readonly taggableTitle: string | null;
  readonly lastMessageText: string | null;
  readonly lastMessageAt: string | null;
  readonly isArchived: boolean | null;
  readonly createdAt: string | null;
  readonly updatedAt: string | null;
  /** Null in the messages answer, which has none. */
  readonly participants: readonly PigeonsParticipant[] | null;
}

export interface PigeonsParticipant {
  readonly uuid: string;
  readonly name: string | null;
  readonly email: string | null;
  readonly avatar: string | null;
  readonly unreadCount: number | null;
}

export interface PigeonsMessageRow {
  readonly id: string;
  readonly sender: PigeonsParticipant | null;
  readonly receiver: PigeonsParticipant | null;
  readonly text: string | null;
  readonly type: string | null;
  readonly attachments: readonly PigeonsAttachmentRow[];
  readonly metadata: JsonObject | null;
  readonly reactions: readonly PigeonsReactionRow[];
  readonly sent: boolean | null;
  readonly delivered: boolean | null;
  readonly read: boolean | null;
  readonly sentAt: string;
  readonly deliveredAt: string | null;
  readonly readAt: string | null;
  readonly device: PigeonsDevice | null;
}

/** Free structure: what we write ourselves (`url, name, mime_type, size`) is read, and the whole is kept. */
export interface PigeonsAttachmentRow {
  readonly url: string | null;
  readonly name: string | null;
  readonly mimeType: string | null;
  readonly size: number | null;
  readonly raw: JsonObject | null;
}

export interface PigeonsReactionRow {
  readonly emoji: string;
  readonly userUuid: string | null;
  readonly createdAt: string | null;
}

/** A message of which no more was read than where it stands: Pigeons answers whole conversations, and a page is a small part of one. */
export interface PigeonsPlacedRow {
  readonly id: string;
  readonly sentAt: string;
  readonly row: JsonObject;
}

export interface PigeonsMessages {
  /** Oldest first, each message once. */
  readonly rows: readonly PigeonsPlacedRow[];
  readonly conversation: PigeonsConversationRow | null;
}

export function parseConversations(body: unknown, wire: WireContext): readonly PigeonsConversationRow[] {
  const contract = createContract(wire, 'conversations');
  const data = contract.list(contract.object(body, 'the answer')['data'], 'data');
  const rows = items(data, parseConversationRow, (number) => wire.lost('conversations', number));
  return [...new Map(rows.map((row) => [row.uuid, row])).values()];
}

export function parseMessages(body: unknown, wire: WireContext): PigeonsMessages {
  const contract = createContract(wire, 'messages');
  const answer = contract.object(body, 'the answer');
  const rows = items(contract.list(answer['data'], 'data'), placeRow, (number) =>
    wire.lost('messages', number),
  );
  const conversation = object(answer['conversation']);
  return {
    // Their order is not documented.
    rows: [...new Map(rows.map((row) => [row.id, row])).values()].sort(byTime),
    conversation: conversation && parseConversationRow(conversation),
  };
}

/** Who may listen to a channel is told by a signature. */
export function parseSignature(body: unknown, wire: WireContext): string {
  const contract = createContract(wire, 'broadcastingAuth');
  return nonEmptyText(contract.object(body, 'the answer')['auth']) ?? contract.breach('auth');
}

/** What an event carries that looks like a message: itself, or what it wraps. */
export function findMessage(data: unknown): JsonObject | null {
  const outer = object(data);
  const candidates = [outer, object(outer?.['message']), object(outer?.['data'])];
  return (
    candidates.find((row) => (row?.['message_id'] ?? row?.['id']) != null && object(row?.['context'])) ?? null
  );
}

/** Whether a message is there with all that can change about it: of less, nobody could say what has not. */
export function isWhole(row: JsonObject): boolean {
  return ['status', 'reactions', 'timestamps'].every((key) => key in row);
}

/** The message of an event on a conversation's channel; null where it can't be read, or is another conversation's. */
export function parseEventMessage(row: JsonObject, conversationUuid: string): PigeonsMessageRow | null {
  const uuid = externalId(row['conversation_uuid']);
  return uuid === null || uuid === conversationUuid ? parseMessageRow(row) : null;
}

/** The message that a send is answered with. */
export function parseSent(body: unknown, wire: WireContext): PigeonsMessageRow {
  const contract = createContract(wire, 'sendMessage');
  const data = contract.object(contract.object(body, 'the answer')['data'], 'data');
  return parseMessageRow(data) ?? contract.breach('data.message_id');
}

/** The UUID of the conversation that was begun, or was there. */
export function parseStarted(body: unknown, wire: WireContext): string {
  const contract = createContract(wire, 'startConversation');
  const data = contract.object(contract.object(body, 'the answer')['data'], 'data');
  return parseConversationRow(data)?.uuid ?? contract.breach('data.uuid');
}

/** The order of a conversation's messages: by time, then by id. */
export function byTime(
  a: Pick<PigeonsMessageRow, 'sentAt' | 'id'>,
  b: Pick<PigeonsMessageRow, 'sentAt' | 'id'>,
): number {
  if (a.sentAt !== b.sentAt) return a.sentAt < b.sentAt ? -1 : 1;
  return a.id === b.id ? 0 : a.id < b.id ? -1 : 1;
}

function parseConversationRow(row: JsonObject): PigeonsConversationRow | null {
  const uuid = externalId(row['uuid']);
  if (uuid === null) return null;
  const info = object(row['taggable_info']) ?? {};
  return {
    uuid,
    taggableType: nonEmptyText(row['taggable_type']),
    taggableId: externalId(row['taggable_id'] ?? info['id']),
    taggableTitle: nonEmptyText(info['title']),
    lastMessageText: text(row['last_message_text']),
    lastMessageAt: parseInstant(row['last_message_at']),
    isArchived: boolean(row['is_archived']),
    createdAt: parseInstant(row['created_at']),
    updatedAt: parseInstant(row['updated_at']),
    participants: Array.isArray(row['participants'])
      ? row['participants'].flatMap((value) => parseParticipant(value) ?? [])
      : null,
  };
}

function parseParticipant(value: unknown): PigeonsParticipant | null {
  const row = object(value);
  const uuid = externalId(row?.['uuid']);
  if (!row || uuid === null) return null;
  return {
    uuid,
    name: nonEmptyText(row['name']),
    email: nonEmptyText(row['email']),
    avatar: nonEmptyText(row['avatar_url']) ?? nonEmptyText(row['avatar']),
    unreadCount: count(object(row['pivot'])?.['unread_count']),
  };
}

/** Null without an id or a time. */
function placeRow(row: JsonObject): PigeonsPlacedRow | null {
  const id = externalId(row['message_id'] ?? row['id']);
  const sentAt = parseInstant(object(row['timestamps'])?.['sent_at']);
  return id === null || sentAt === null ? null : { id, sentAt, row };
}

function parseMessageRow(row: JsonObject): PigeonsMessageRow | null {
  const placed = placeRow(row);
  return placed && parsePlacedRow(placed);
}

/** All of a message. */
export function parsePlacedRow({ id, sentAt, row }: PigeonsPlacedRow): PigeonsMessageRow {
  const timestamps = object(row['timestamps']) ?? {};
  const context = object(row['context']) ?? {};
  const status = object(row['status']) ?? {};
  return {
    id,
    sentAt,
    sender: parseParticipant(row['sender']),
    receiver: parseParticipant(row['receiver']),
    text: nonEmptyText(context['text']),
    type: nonEmptyText(context['type']),
    attachments: list(row['attachments']).map(parseAttachment),
    metadata: parseFreeObject(row['metadata']),
    reactions: list(row['reactions']).flatMap((value) => parseReaction(object(value)) ?? []),
    sent: boolean(status['sent']),
    delivered: boolean(status['delivered']),
    read: boolean(status['read']),
    deliveredAt: parseInstant(timestamps['delivered_at']),
    readAt: parseInstant(timestamps['read_at']),
    device: parseDevice(parseFreeObject(row['device'])),
  };
}

// Whatever an attachment lacks, it stays: its place in the message names it.
function parseAttachment(value: unknown): PigeonsAttachmentRow {
  const raw = object(value);
  return {
    url: nonEmptyText(raw?.['url'] ?? (typeof value === 'string' ? value : null)),
    name: nonEmptyText(raw?.['name']),
    mimeType: nonEmptyText(raw?.['mime_type']),
    size: count(raw?.['size']),
    raw: freeObject(raw),
  };
}

function parseReaction(row: JsonObject | null): PigeonsReactionRow | null {
  const emoji = nonEmptyText(row?.['emoji']);
  if (!row || emoji === null) return null;
  return { emoji, userUuid: externalId(row['user_uuid']), createdAt: parseInstant(row['created_at']) };
}

function parseDevice(row: JsonObject | null): PigeonsDevice | null {
  if (!row) return null;
  return {
    type: nonEmptyText(row['type']),
    os: nonEmptyText(row['os']),
    osVersion: nonEmptyText(row['os_version']),
    appVersion: nonEmptyText(row['app_version']),
    model: nonEmptyText(row['model']),
    browser: nonEmptyText(row['browser']),
    browserVersion: nonEmptyText(row['browser_version']),
  };
}

/** Null for an empty object as well, which PHP writes as an empty array. */
function parseFreeObject(value: unknown): JsonObject | null {
  const parsed = freeObject(value);
  return parsed && Object.keys(parsed).length > 0 ? parsed : null;
}
