import type { JsonObject } from '../../messaging/provider.ts';
import { externalId, nonEmptyText, object } from '../../http/wire.ts';
import type { LetstalkMessageRow } from './wire.ts';
import { parseMessageRow } from './wire.ts';
import { isLetstalkId } from './window.ts';

/** What Letstalk publishes, after validation. Source: `letstalk.md`, "Events". */
export type LetstalkEvent =
  | { readonly kind: 'MESSAGE'; readonly conversationId: string; readonly row: LetstalkMessageRow }
  | { readonly kind: 'CONVERSATION'; readonly conversationId: string; readonly told: LetstalkConversationRow }
  | {
      readonly kind: 'MEMBERSHIP';
      readonly conversationId: string;
      /** Ids of clients and of agents are separate series. */
      readonly personId: string;
      readonly personType: string | null;
    };

/** What an event says of a conversation; null for what it does not. */
export interface LetstalkConversationRow {
  readonly status: string | null;
  readonly issue: string | null;
}

/** Undefined for what can't be read, null for what is of no concern: there are many kinds, and there will be more. */
export function parseEvent(payload: unknown): LetstalkEvent | null | undefined {
  const namespace = nonEmptyText(object(payload)?.['namespace']);
  const data = object(object(payload)?.['data']);
  switch (namespace) {
    case null:
      return undefined;
    case 'messages.create':
      return data ? parseMessage(data) : undefined;
    case 'conversations.update':
      return data ? parseConversation(data) : undefined;
    case 'conversation_memberships.create':
      return data ? parseMembership(data) : undefined;
    default:
      return null;
  }
}

function parseMessage(data: JsonObject): LetstalkEvent | undefined {
  const conversationId = letstalkId(data['conversation_id']);
  const row = parseMessageRow(data);
  return conversationId && row ? { kind: 'MESSAGE', conversationId, row } : undefined;
}

// The payload is not documented: the names are those that a conversation has elsewhere, in a row of its own or in a message's.
function parseConversation(data: JsonObject): LetstalkEvent | undefined {
  const row = object(data['conversation']) ?? data;
  const conversationId = letstalkId(row['id'] ?? data['conversation_id'] ?? data['id']);
  if (!conversationId) return undefined;
  const told = {
    status: nonEmptyText(row['status'] ?? row['conversation_status']),
    issue: nonEmptyText(row['issue'] ?? row['conversation_internal_issue']),
  };
  return { kind: 'CONVERSATION', conversationId, told };
}

function parseMembership(data: JsonObject): LetstalkEvent | undefined {
  const conversationId = letstalkId(data['conversation_id'] ?? object(data['conversation'])?.['id']);
  const personId = externalId(data['person_id']);
  return conversationId && personId
    ? { kind: 'MEMBERSHIP', conversationId, personId, personType: nonEmptyText(data['person_type']) }
    : undefined;
}

function letstalkId(value: unknown): string | null {
  const id = externalId(value);
  return id !== null && isLetstalkId(id) ? id : null;
}
