import JSON5 from 'json5';
import { parseInstant } from '../../messaging/instant.ts';
import type { JsonObject } from '../../messaging/provider.ts';
import type { WireContext } from '../../http/wire.ts';
import {
  boolean,
  createContract,
  externalId,
  items,
  list,
  nonEmptyText,
  object,
  text,
} from '../../http/wire.ts';

import { isLetstalkId } from './window.ts';

/** Letstalk over the wire, after validation. Source: `letstalk.md`. */

export interface LetstalkMessageRow {
  readonly id: number;
  readonly createdAt: string;
  readonly content: string | null;
  /** Present for `actionable/list`, in whichever of its shapes it came. */
  readonly actionList: LetstalkActionList | null;
  readonly contentType: string | null;
  readonly isSystem: boolean;
  readonly internal: boolean;
  readonly remoteId: string | null;
  readonly subject: string | null;
  readonly repliedAt: string | null;
  readonly person: LetstalkPerson | null;
  readonly conversation: LetstalkConversationFacts;
}

/** What a message says of its conversation: there is no other source. */
export interface LetstalkConversationFacts {
  readonly status: string | null;
  readonly issue: string | null;
  readonly typeName: string | null;
  readonly clientName: string | null;
  readonly clientAvatar: string | null;
}

export interface LetstalkPerson {
  readonly id: string;
  /** Ids of clients and of agents ("User") are separate series. */
  readonly type: 'Client' | 'User';
  readonly name: string | null;
  readonly avatar: string | null;
  readonly email: string | null;
}

export interface LetstalkActionList {
  readonly title: string | null;
  readonly viewType: string | null;
  readonly showItemsIcon: boolean | null;
  readonly items: readonly LetstalkActionItem[];
}

export type LetstalkActionItem =
  | {
      readonly type: 'link';
      readonly label: string;
      readonly url: string | null;
      readonly target: string | null;
    }
  | { readonly type: 'quick-reply'; readonly label: string; readonly message: string };

export interface LetstalkMessages {
  /** Oldest first, each message once. */
  readonly rows: readonly LetstalkMessageRow[];
  /** How many the answer held, readable or not: what tells whether there are more. */
  readonly received: number;
}

export function parseMessages(body: unknown, wire: WireContext): LetstalkMessages {
  const values = createContract(wire, 'messages').list(body, 'the answer');
  const rows = items(values, parseMessageRow, (number) => wire.lost('messages', number));
  const byId = new Map(rows.map((row) => [row.id, row]));
  return { rows: [...byId.values()].sort((a, b) => a.id - b.id), received: values.length };
}

/** What a send is answered with: a message of another shape than a list's, of which its id and time are of use. */
export function parseSent(
  body: unknown,
  wire: WireContext,
): { readonly id: number; readonly createdAt: string | null } {
  const contract = createContract(wire, 'sendMessage');
  const row = contract.object(body, 'the answer');
  const id = Number(externalId(row['id']) ?? NaN);
  return Number.isSafeInteger(id)
    ? { id, createdAt: parseInstant(row['created_at']) }
    : contract.breach('id');
}

/** The id of the conversation that was begun. */
export function parseStarted(body: unknown, wire: WireContext): string {
  const contract = createContract(wire, 'startConversation');
  const id = externalId(contract.object(body, 'the answer')['id']);
  return id !== null && isLetstalkId(id) ? id : contract.breach('id');
}

/** A message as a list or an event has it; null for what is none. */
export function parseMessageRow(row: JsonObject): LetstalkMessageRow | null {
  const id = Number(externalId(row['id']) ?? NaN);
  const createdAt = parseInstant(row['created_at']);
  if (!Number.isSafeInteger(id) || createdAt === null) return null;
  const contentType = nonEmptyText(row['content_type']);
  return {
    id,
    createdAt,
    content: text(row['content']),
    actionList: parseActionList(row['content'], contentType),
    contentType,
    isSystem: row['type'] === 'SYSTEM',
    // Whatever is not clearly a no counts as a note: one that leaks can't be taken back.
    internal: (row['internal'] ?? false) !== false,
    remoteId: nonEmptyText(row['remote_id']),
    subject: nonEmptyText(row['subject']),
    repliedAt: parseInstant(row['replied_on']),
    person: parsePerson(row),
    conversation: {
      status: nonEmptyText(row['conversation_status']),
      issue: nonEmptyText(row['conversation_internal_issue']),
      typeName: nonEmptyText(row['conversation_type_name']),
      clientName: nonEmptyText(row['client_name']),
      clientAvatar: nonEmptyText(row['client_avatar']),
    },
  };
}

function parsePerson(row: JsonObject): LetstalkPerson | null {
  const person = object(row['person']) ?? {};
  const id = externalId(person['id'] ?? row['person_id']);
  const type = person['type'] ?? row['person_type'];
  if (id === null || (type !== 'Client' && type !== 'User')) return null;
  return {
    id,
    type,
    name: nonEmptyText(person['name']),
    avatar: nonEmptyText(person['avatar']),
    email: nonEmptyText(person['email']),
  };
}

// The documentation shows action lists with either type, as text or as an object, with items wrapped or flat.
function parseActionList(content: unknown, contentType: string | null): LetstalkActionList | null {
  if (contentType !== 'actionable/list' && contentType !== 'application/json') return null;
  const value = object(typeof content === 'string' ? parseLooseJson(content) : content);
  if (!value || !Array.isArray(value['items'])) return null;
  const options = object(value['options']) ?? {};
  return {
    title: nonEmptyText(value['title']),
    viewType: nonEmptyText(options['viewType']),
    showItemsIcon: boolean(options['showItemsIcon']),
    items: list(value['items']).flatMap((item) => parseActionItem(object(item)) ?? []),
  };
}

function parseActionItem(item: JsonObject | null): LetstalkActionItem | null {
  const payload = object(item?.['payload']) ?? item;
  const label = nonEmptyText(payload?.['label']);
  if (!item || !payload || label === null) return null;
  switch (item['type']) {
    case 'link':
      return {
        type: 'link',
        label,
        url: nonEmptyText(payload['url']),
        target: nonEmptyText(payload['target']),
      };
    case 'quick-reply':
      return { type: 'quick-reply', label, message: text(payload['message']) ?? label };
    default:
      return null;
  }
}

// The documented example has trailing commas, which JSON has not.
function parseLooseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // Which takes a hundred times as long.
  }
  try {
    return JSON5.parse(json);
  } catch {
    return null;
  }
}
