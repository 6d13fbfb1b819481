import { wellKnown } from '../../wellKnown.ts';
import type { PactAttachmentRow, PactConversationRow, PactMessageRow } from '../rows.ts';
import type { PactMessageStatus, PactOperationalState, PactRepliedState } from './facts.ts';
import { historyOf, lastUpdatedAt, type FoundMessage, type PactHistory } from './history.ts';

/** A conversation as Pact v2 answers it (pact.md). Instants are ISO. */
export interface PactV2ConversationRow {
  /** What v1 calls `external_id`. */
  readonly id: number;
  readonly company_id: number;
  readonly sender_name: string;
  readonly sender_phone: string | null;
  readonly sender_external_id: string | null;
  /** A name by which a messenger knows somebody in public. */
  readonly sender_external_public_id: string | null;
  readonly provider: string;
  readonly avatar_url: string | null;
  readonly created_at: string;
  readonly last_updated_at: string;
  readonly last_message_id: number | null;
  readonly operational_state: PactOperationalState;
  readonly replied_state: PactRepliedState;
  readonly group: boolean;
}

/** A message as Pact v2 answers it (pact.md). Instants are ISO. */
export interface PactV2MessageRow {
  /** What v1 calls `external_id`. */
  readonly id: number;
  /** The messenger's own id; null until it has answered. */
  readonly external_id: string | null;
  readonly company_id: number;
  readonly conversation_id: number;
  readonly contact_id: number;
  /** The `external_id` of a message. */
  readonly replied_to_id: string | null;
  readonly created_at: string;
  readonly external_created_at: string;
  readonly income: boolean;
  readonly status: PactMessageStatus;
  readonly message: string | null;
  readonly reactions: readonly unknown[] | null;
  readonly details: string | null;
  /** Of bulk mail, which the sandbox has none of. */
  readonly delivery: null;
  readonly deleted: boolean;
  readonly attachments: readonly PactV2AttachmentRow[];
}

/** A file as Pact v2 answers it (pact.md). */
export interface PactV2AttachmentRow {
  readonly id: number;
  /** Null while no message carries it. */
  readonly message_id: number | null;
  readonly file_name: string | null;
  readonly mime_type: string | null;
  /** Bytes. */
  readonly size: number | null;
  readonly attachment_url: string | null;
  readonly preview_url: string | null;
  /** Width by height. */
  readonly aspect_ratio: number | null;
  /** Pixels. */
  readonly data: { readonly width: number | null; readonly height: number | null } | null;
  readonly push_to_talk: boolean;
}

const PHONE = /^\d{7,15}$/;
const BY_PHONE = ['whatsapp', 'whatsapp_business', 'telegram_personal', 'viber', 'max'];

export function toConversationRow(history: PactHistory, row: PactConversationRow): PactV2ConversationRow {
  const { external_id: id, sender_external_id: sender } = row;
  const { operationalState, group } = history.facts.conversation(id);
  const isPhone = sender !== null && PHONE.test(sender);
  return {
    id,
    company_id: wellKnown.pact.companyId,
    sender_name: row.name,
    sender_phone: isPhone && BY_PHONE.includes(row.channel_type) ? sender : null,
    sender_external_id: sender,
    sender_external_public_id: sender !== null && /^\d+$/.test(sender) ? null : sender,
    provider: row.channel_type,
    avatar_url: row.avatar,
    created_at: row.created_at,
    last_updated_at: lastUpdatedAt(history, row),
    last_message_id: historyOf(history, id).at(-1)?.external_id ?? null,
    operational_state: operationalState ?? 'open',
    replied_state: repliedState(history, id),
    group: group ?? false,
  };
}

/** Whose message is the newest, unless somebody has said otherwise since. */
function repliedState(history: PactHistory, id: number): PactRepliedState {
  const newest = historyOf(history, id).at(-1);
  const { repliedState: said, repliedAfter } = history.facts.conversation(id);
  if (said !== undefined && repliedAfter === (newest?.external_id ?? null)) return said;
  if (!newest) return 'initialized';
  return newest.income ? 'unreplied' : 'replied';
}

export function toMessageRow(history: PactHistory, found: FoundMessage): PactV2MessageRow {
  const { conversationId, row, isDeleted } = found;
  const id = row.external_id;
  const facts = history.facts.message(id);
  return {
    id,
    external_id: messengerIdOf(history, row),
    company_id: wellKnown.pact.companyId,
    conversation_id: conversationId,
    contact_id: contactIdOf(conversationId),
    replied_to_id: facts.repliedToId ?? null,
    created_at: facts.createdAt ?? row.created_at,
    external_created_at: facts.externalCreatedAt ?? row.created_at,
    income: row.income,
    status: facts.status ?? 'sent',
    message: isDeleted ? null : row.message,
    // "May be null": on every other message that has none, so that readers meet both.
    reactions: facts.reactions ?? (id % 2 === 0 ? [] : null),
    details: facts.details ?? null,
    delivery: null,
    deleted: isDeleted,
    attachments: isDeleted
      ? []
      : row.attachments.map((attachment, index) => toAttachmentRow(attachment, id, index)),
  };
}

/** The sandbox has one contact a conversation. */
export function contactIdOf(conversationId: number): number {
  return 300_000 + conversationId;
}

/** A message's id at its messenger; null until that has answered. */
export function messengerIdOf({ facts }: PactHistory, row: PactMessageRow): string | null {
  const { externalId } = facts.message(row.external_id);
  return externalId === undefined ? messengerId(row) : externalId;
}

/** What the messenger calls a message once it has it. */
export function messengerId({ external_id, channel_type }: PactMessageRow): string {
  return `${channel_type.startsWith('whatsapp') ? 'wamid' : 'mid'}.${external_id}`;
}

/** With all fields: what v1 has left out is null, and an id that it has left out follows from the message's. */
export function toAttachmentRow(
  row: PactAttachmentRow,
  messageId: number | null,
  index = 0,
): PactV2AttachmentRow {
  const { width = null, height = null } = row.data ?? {};
  return {
    id: row.id ?? DERIVED + (messageId ?? 0) * 10 + index,
    message_id: messageId,
    file_name: row.file_name ?? null,
    mime_type: row.mime_type ?? null,
    size: row.size ?? null,
    attachment_url: row.attachment_url ?? null,
    preview_url: row.preview_url ?? null,
    aspect_ratio: row.aspect_ratio ?? null,
    data: width === null && height === null ? null : { width, height },
    push_to_talk: row.push_to_talk ?? false,
  };
}

/** Beyond the ids of the seed's attachments and of uploads. */
const DERIVED = 10_000_000;
