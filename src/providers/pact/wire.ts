import { parseInstant } from '../../messaging/instant.ts';
import type { JsonObject } from '../../messaging/provider.ts';
import type { Contract, WireContext } from '../../http/wire.ts';
import {
  boolean,
  count,
  createContract,
  externalId,
  float,
  freeObject,
  items,
  list,
  nonEmptyText,
  object,
  text,
} from '../../http/wire.ts';

/** Pact v1 over the wire, after validation. Source: `pact.md`, "v1". */

export interface PactConversationRow {
  readonly id: string;
  readonly name: string | null;
  readonly channelId: string | null;
  readonly channelType: string | null;
  readonly createdAt: string | null;
  readonly avatar: string | null;
  readonly senderExternalId: string | null;
  readonly meta: JsonObject | null;
  readonly lastMessageAt: string | null;
  readonly lastInboundMessageAt: string | null;
}

export interface PactMessageRow {
  readonly id: string;
  readonly channelId: string | null;
  readonly channelType: string | null;
  readonly message: string | null;
  /** True for a message from the client. */
  readonly income: boolean | null;
  readonly createdAt: string;
  /** The same in milliseconds since 1970. */
  readonly time: number;
  readonly attachments: readonly PactAttachmentRow[];
}

/** How the delivery of a message goes. */
export interface PactJob {
  readonly id: string;
  readonly channelId: string | null;
  readonly conversationId: string | null;
  readonly messageId: string | null;
  /** Null while it is under way. */
  readonly outcome: 'DELIVERED' | 'FAILED' | null;
  readonly createdAt: string | null;
}

/** v1 leaves the shape undocumented: what v2 documents is read, every field optional. */
export interface PactAttachmentRow {
  /** In the message, from 0. */
  readonly place: number;
  readonly id: string | null;
  readonly fileName: string | null;
  readonly mimeType: string | null;
  readonly size: number | null;
  readonly attachmentUrl: string | null;
  readonly previewUrl: string | null;
  readonly aspectRatio: number | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly pushToTalk: boolean | null;
}

/** Pact's ids are integers. Nothing else exists there, and nothing else gets into a path. */
export function isPactId(id: string): boolean {
  return /^(0|[1-9]\d{0,18})$/.test(id);
}

export interface PactPage<Row> {
  readonly rows: readonly Row[];
  /** The token of the page after this one; null on the last page. */
  readonly next: string | null;
}

export function parseConversationPage(body: unknown, wire: WireContext): PactPage<PactConversationRow> {
  return parsePage(body, 'conversations', parseConversationRow, wire);
}

export function parseMessagePage(body: unknown, wire: WireContext): PactPage<PactMessageRow> {
  return parsePage(body, 'messages', parseMessageRow, wire);
}

export function parseConversation(body: unknown, wire: WireContext): PactConversationRow {
  const contract = createContract(wire, 'conversation');
  const row = contract.object(parseData(body, contract)['conversation'], 'data.conversation');
  return parseConversationRow(row) ?? contract.breach('data.conversation.external_id');
}

export function parseJob(body: unknown, call: string, wire: WireContext): PactJob {
  const contract = createContract(wire, call);
  return parseJobRow(parseData(body, contract)) ?? contract.breach('data.id');
}

/** A start is answered by the conversation or, through a channel, by a job: either is taken. */
export function parseStarted(
  body: unknown,
  wire: WireContext,
): { readonly conversationId: string } | { readonly job: PactJob } {
  const contract = createContract(wire, 'startConversation');
  const data = parseData(body, contract);
  const conversation = object(data['conversation']);
  if (conversation) {
    const row = parseConversationRow(conversation);
    return { conversationId: row?.id ?? contract.breach('data.conversation.external_id') };
  }
  return { job: parseJobRow(data) ?? contract.breach('data.id') };
}

/** The attachment's id. */
export function parseUploaded(body: unknown, wire: WireContext): string {
  const contract = createContract(wire, 'uploadAttachment');
  const id = externalId(parseData(body, contract)['external_id']);
  return id !== null && isPactId(id) ? id : contract.breach('data.external_id');
}

function parseJobRow(row: JsonObject): PactJob | null {
  const id = externalId(row['id']);
  if (id === null || !isPactId(id)) return null;
  const result = object(row['details'])?.['result'];
  const isDelivered = result === 'DELIVERED' || (result === undefined && row['state'] === 'delivered');
  return {
    id,
    channelId: pactId(object(row['channel'])?.['id']),
    conversationId: pactId(row['conversation_id']),
    messageId: pactId(row['message_id']),
    outcome: result === 'NOT DELIVERED' ? 'FAILED' : isDelivered ? 'DELIVERED' : null,
    createdAt: parseInstant(row['created_at']),
  };
}

/** An id of Pact's, or null for what can be none. */
export function pactId(value: unknown): string | null {
  const id = externalId(value);
  return id !== null && isPactId(id) ? id : null;
}

function parsePage<Row>(
  body: unknown,
  call: 'conversations' | 'messages',
  parseRow: (row: JsonObject) => Row | null,
  wire: WireContext,
): PactPage<Row> {
  const contract = createContract(wire, call);
  const data = parseData(body, contract);
  const rows = items(contract.list(data[call], `data.${call}`), parseRow, (number) =>
    wire.lost(call, number),
  );
  const next = data['next_page'] ?? '';
  // Taken for the last page, it would hide the rest of the list.
  if (typeof next !== 'string' || next.length > MAX_TOKEN_LENGTH) return contract.breach('data.next_page');
  return { rows, next: next === '' ? null : next };
}

/** UTF-16 code units. */
export const MAX_TOKEN_LENGTH = 255;

function parseData(body: unknown, contract: Contract): JsonObject {
  return contract.object(parseEnvelope(body, contract)['data'], 'data');
}

/** What both versions wrap their answers in. An error that comes with status 200 has another `status`, and no `data`. */
export function parseEnvelope(body: unknown, contract: Contract): JsonObject {
  const envelope = contract.object(body, 'the answer');
  const status = envelope['status'];
  if (status !== undefined && !SUCCESS.has(status)) contract.breach('status');
  return envelope;
}

const SUCCESS: ReadonlySet<unknown> = new Set(['ok', 'updated', 'created', 'deleted']);

/** Null without an id. */
export function parseConversationRow(row: JsonObject): PactConversationRow | null {
  const id = externalId(row['external_id']);
  if (id === null || !isPactId(id)) return null;
  return {
    id,
    name: nonEmptyText(row['name']),
    channelId: externalId(row['channel_id']),
    channelType: nonEmptyText(row['channel_type']),
    createdAt: parseInstant(row['created_at']) ?? parseInstant(row['created_at_timestamp']),
    // As webhooks call it.
    avatar: nonEmptyText(row['avatar'] ?? row['avatar_url']),
    senderExternalId: nonEmptyText(row['sender_external_id']),
    meta: freeObject(row['meta']),
    lastMessageAt: parseInstant(row['last_message_at']),
    lastInboundMessageAt: parseInstant(row['last_income_message_at']),
  };
}

/** Null without an id or a time. */
export function parseMessageRow(row: JsonObject): PactMessageRow | null {
  const id = externalId(row['external_id']);
  const createdAt = parseInstant(row['created_at']) ?? parseInstant(row['created_at_timestamp']);
  if (id === null || !isPactId(id) || createdAt === null) return null;
  return {
    id,
    createdAt,
    time: Date.parse(createdAt),
    channelId: externalId(row['channel_id']),
    channelType: nonEmptyText(row['channel_type']),
    message: text(row['message']),
    income: boolean(row['income']),
    attachments: parseAttachmentRows(row['attachments']),
  };
}

export function parseAttachmentRows(value: unknown): PactAttachmentRow[] {
  return list(value).flatMap((item, place) => {
    const attachment = object(item);
    return attachment ? [parseAttachmentRow(attachment, place)] : [];
  });
}

// Whatever an attachment lacks, it stays: its place in the message names it.
function parseAttachmentRow(row: JsonObject, place: number): PactAttachmentRow {
  const data = object(row['data']) ?? {};
  return {
    place,
    id: externalId(row['external_id'] ?? row['id']),
    fileName: nonEmptyText(row['file_name']),
    mimeType: nonEmptyText(row['mime_type']),
    size: count(row['size']),
    attachmentUrl: nonEmptyText(row['attachment_url']),
    previewUrl: nonEmptyText(row['preview_url']),
    aspectRatio: float(row['aspect_ratio']),
    width: count(data['width']),
    height: count(data['height']),
    pushToTalk: boolean(row['push_to_talk']),
  };
}
