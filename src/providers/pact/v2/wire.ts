import { parseInstant } from '../../../messaging/instant.ts';
import type { JsonObject } from '../../../messaging/provider.ts';
import type { Contract, WireContext } from '../../../http/wire.ts';
import {
  boolean,
  count,
  createContract,
  externalId,
  freeObject,
  list,
  nonEmptyText,
  object,
  text,
} from '../../../http/wire.ts';
import type { PactAttachmentRow } from '../wire.ts';
import { pactId, parseAttachmentRows, parseEnvelope } from '../wire.ts';

/**
 * Pact v2 over the wire, after validation. Source: `pact.md`, "v2", which shows rows and `meta`, and not what they are wrapped in.
 * Assumed: v1's envelope, with the rows in `data`. Read are rows and `meta` on either level, with or without a name of their own.
 */

export interface PactV2ConversationRow {
  readonly id: string;
  readonly senderName: string | null;
  readonly senderPhone: string | null;
  readonly senderExternalId: string | null;
  /** The messenger. */
  readonly provider: string | null;
  readonly avatarUrl: string | null;
  readonly createdAt: string | null;
  readonly lastUpdatedAt: string | null;
  readonly operationalState: string | null;
  readonly repliedState: string | null;
  readonly group: boolean | null;
}

export interface PactV2MessageRow {
  readonly id: string;
  /** The messenger's own id, as it came, since replies have to name it so. Null until the messenger has answered. */
  readonly messengerId: string | number | null;
  readonly conversationId: string | null;
  /** The messenger's id of the message that this one answers. */
  readonly repliedToId: string | null;
  /** When the messenger has it from, else when Pact has it from. */
  readonly sentAt: string;
  /** The same in milliseconds since 1970. */
  readonly time: number;
  readonly income: boolean | null;
  readonly status: 'created' | 'sent' | 'delivered' | 'read' | 'error' | null;
  readonly message: string | null;
  readonly reactions: readonly PactV2ReactionRow[];
  readonly deleted: boolean | null;
  readonly attachments: readonly PactAttachmentRow[];
}

export interface PactV2ReactionRow {
  readonly emoji: string;
  readonly raw: JsonObject | null;
}

/** One page of a list. */
export interface PactV2Page<Row> {
  /** In the order of the answer; null in the place of a row that could not be read. */
  readonly rows: readonly (Row | null)[];
  /** How many rows the list has. */
  readonly total: number;
  /** How many rows a page has. */
  readonly perPage: number;
}

/** @param asked how many rows a page was to have */
export function parseConversationPage(
  body: unknown,
  asked: number,
  wire: WireContext,
): PactV2Page<PactV2ConversationRow> {
  return parsePage(body, 'conversations', parseConversationRow, asked, wire);
}

/** @param asked how many rows a page was to have */
export function parseMessagePage(
  body: unknown,
  asked: number,
  wire: WireContext,
): PactV2Page<PactV2MessageRow> {
  return parsePage(body, 'messages', parseMessageRow, asked, wire);
}

export function parseConversation(body: unknown, wire: WireContext): PactV2ConversationRow {
  const contract = createContract(wire, 'conversation');
  return parseConversationRow(parseOne(body, 'conversation', contract)) ?? contract.breach('data.id');
}

/** @param call the call that it answers, for errors */
export function parseMessage(body: unknown, call: string, wire: WireContext): PactV2MessageRow {
  const contract = createContract(wire, call);
  return parseMessageRow(parseOne(body, 'message', contract)) ?? contract.breach('data.id');
}

/**
 * The message that a send is answered by. v1 answers a delivery job, whose id is the id of another message: what names a message of its own
 * is none.
 */
export function parseSent(body: unknown, call: string, wire: WireContext): PactV2MessageRow {
  const contract = createContract(wire, call);
  const row = parseOne(body, 'message', contract);
  if ('message_id' in row) contract.breach('data.message_id');
  return parseMessageRow(row) ?? contract.breach('data.id');
}

/** The attachment's id. */
export function parseUploaded(body: unknown, wire: WireContext): string {
  const contract = createContract(wire, 'uploadAttachment');
  const row = parseOne(body, 'attachment', contract);
  return pactId(row['id'] ?? row['external_id']) ?? contract.breach('data.id');
}

/** Of an answer that says no more than that it was done. */
export function checkDone(body: unknown, call: string, wire: WireContext): void {
  parseEnvelope(body, createContract(wire, call));
}

function parsePage<Row>(
  body: unknown,
  call: 'conversations' | 'messages',
  parseRow: (row: JsonObject) => Row | null,
  asked: number,
  wire: WireContext,
): PactV2Page<Row> {
  const contract = createContract(wire, call);
  const envelope = parseEnvelope(body, contract);
  const { data } = envelope;
  const named = object(data);
  const values = Array.isArray(data) ? data : (named?.[call] ?? envelope[call]);
  const meta = contract.object(envelope['meta'] ?? named?.['meta'], 'meta');
  const rows = contract.list(values, 'data').map((value) => {
    const row = object(value);
    return row && parseRow(row);
  });
  const lost = rows.reduce((sum, row) => (row === null ? sum + 1 : sum), 0);
  if (lost > 0) wire.lost(call, lost);
  return {
    rows,
    total: count(meta['entries_count']) ?? contract.breach('meta.entries_count'),
    // No row at all is as good as nothing said.
    perPage: positive(meta['per_page']) ?? asked,
  };
}

function positive(value: unknown): number | null {
  const number = count(value);
  return number === 0 ? null : number;
}

function parseOne(body: unknown, name: string, contract: Contract): JsonObject {
  const envelope = parseEnvelope(body, contract);
  const data = object(envelope['data']);
  // What a message says has the name of a message.
  return contract.object(object(data?.[name]) ?? data ?? envelope[name], 'data');
}

/** Null without an id. */
export function parseConversationRow(row: JsonObject): PactV2ConversationRow | null {
  const id = pactId(row['id']);
  if (id === null) return null;
  return {
    id,
    senderName: nonEmptyText(row['sender_name']),
    senderPhone: nonEmptyText(row['sender_phone']),
    senderExternalId: nonEmptyText(row['sender_external_id']),
    provider: nonEmptyText(row['provider']),
    avatarUrl: nonEmptyText(row['avatar_url']),
    createdAt: parseInstant(row['created_at']),
    lastUpdatedAt: parseInstant(row['last_updated_at']),
    operationalState: text(row['operational_state']),
    repliedState: text(row['replied_state']),
    group: boolean(row['group']),
  };
}

/** Null without an id or a time. */
export function parseMessageRow(row: JsonObject): PactV2MessageRow | null {
  const id = pactId(row['id']);
  const sentAt = parseInstant(row['external_created_at']) ?? parseInstant(row['created_at']);
  if (id === null || sentAt === null) return null;
  return {
    id,
    messengerId: messengerId(row['external_id']),
    conversationId: pactId(row['conversation_id']),
    repliedToId: externalId(row['replied_to_id']),
    sentAt,
    time: Date.parse(sentAt),
    income: boolean(row['income']),
    status: STATUSES.has(row['status']) ? (row['status'] as PactV2MessageRow['status']) : null,
    message: text(row['message']),
    reactions: list(row['reactions']).flatMap((value) => parseReaction(value) ?? []),
    deleted: boolean(row['deleted']),
    attachments: parseAttachmentRows(row['attachments']),
  };
}

const STATUSES: ReadonlySet<unknown> = new Set(['created', 'sent', 'delivered', 'read', 'error']);

function messengerId(value: unknown): string | number | null {
  return externalId(value) === null ? null : (value as string | number);
}

/**
 * The shape of a reaction is not documented. Assumed: a text is the emoji, and an object has it under one of these names; what has none is
 * nothing that could be shown.
 */
function parseReaction(value: unknown): PactV2ReactionRow | null {
  if (typeof value === 'string') return value === '' ? null : { emoji: value, raw: null };
  const raw = freeObject(value);
  if (!raw) return null;
  for (const name of ['emoji', 'reaction', 'text', 'value']) {
    const emoji = raw[name];
    if (typeof emoji === 'string' && emoji !== '') return { emoji, raw };
  }
  return null;
}
