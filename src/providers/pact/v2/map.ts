import type { MessageRef } from '../../../messaging/ids.ts';
import type { EventProgress } from '../../../messaging/live.ts';
import type {
  Conversation,
  ConversationState,
  Delivery,
  Message,
  MessageLimits,
  Participant,
} from '../../../messaging/provider.ts';
import { url } from '../../../http/wire.ts';
import type { PactMapping } from '../map.ts';
import {
  ACCOUNT_LIMITS as LIMITS_OF_V1,
  directionOf,
  NOT_DELIVERED,
  phoneOf,
  toLimits,
  toPactMessage,
} from '../map.ts';
import type { PactV2ConversationRow, PactV2MessageRow } from './wire.ts';

/** Pact v2's rows as domain objects. */
export function toConversation(row: PactV2ConversationRow, mapping: PactMapping): Conversation {
  const avatarUrl = url(row.avatarUrl, mapping.baseUrl);
  return {
    accountId: mapping.accountId,
    externalId: row.id,
    title: row.senderName,
    state: stateOf(row),
    participants: toParticipants(row, avatarUrl, mapping),
    createdAt: row.createdAt,
    lastActivityAt: row.lastUpdatedAt,
    lastMessageText: null,
    unreadCount: null,
    providerDetails: {
      kind: 'PactConversation',
      // v2 names the messenger, and not the channel.
      channelId: null,
      channelType: row.provider,
      senderExternalId: row.senderExternalId,
      avatarUrl,
      lastInboundMessageAt: null,
      meta: null,
      repliedState: REPLIED_STATES.get(row.repliedState) ?? null,
      isGroup: row.group,
    },
  };
}

const STATES: ReadonlyMap<string | null, ConversationState> = new Map([
  ['open', 'OPEN'],
  ['archived', 'ARCHIVED'],
  ['blocked', 'BLOCKED'],
]);

export const KNOWN_STATES: readonly ConversationState[] = [...STATES.values()];

/** The state that a row's conversation is in; null where it does not say. */
export function stateOf({ operationalState }: PactV2ConversationRow): ConversationState | null {
  return STATES.get(operationalState) ?? null;
}

const REPLIED_STATES: ReadonlyMap<string | null, 'INITIALIZED' | 'REPLIED' | 'UNREPLIED'> = new Map([
  ['initialized', 'INITIALIZED'],
  ['replied', 'REPLIED'],
  ['unreplied', 'UNREPLIED'],
]);

// Who is in a group is not told; the one who is told of stands for it.
function toParticipants(
  { senderExternalId, senderPhone, senderName }: PactV2ConversationRow,
  avatarUrl: string | null,
  { accountId }: PactMapping,
): Participant[] | null {
  const externalId = senderExternalId ?? senderPhone;
  if (externalId === null) return null;
  return [
    {
      accountId,
      kind: 'CUSTOMER',
      externalId,
      name: senderName,
      avatarUrl,
      email: null,
      phone: senderPhone ?? phoneOf(externalId),
    },
  ];
}

export function toMessage(
  row: PactV2MessageRow,
  conversationExternalId: string,
  mapping: PactMapping,
): Message {
  const ref: MessageRef = { accountId: mapping.accountId, conversationExternalId, externalId: row.id };
  // What was deleted is shown to nobody, also where a row still has it.
  const shown = row.deleted ? DELETED : row;
  return toPactMessage(shown, ref, mapping, {
    direction: directionOf(row),
    sentAt: row.sentAt,
    reactions: row.reactions.map(({ emoji, raw }) => ({
      emoji,
      author: null,
      createdAt: null,
      providerDetails: { kind: 'PactReaction', raw },
    })),
    delivery: toDelivery(row, ref),
    isDeleted: row.deleted,
    repliedTo: row.repliedToId,
    providerDetails: {
      kind: 'PactMessage',
      channelId: null,
      channelType: null,
      messengerId: row.messengerId === null ? null : String(row.messengerId),
    },
  });
}

const DELETED: Pick<PactV2MessageRow, 'message' | 'attachments'> = { message: null, attachments: [] };

// The status of what came in says how far the account has come with it, and not how far it has come.
function toDelivery(row: PactV2MessageRow, message: MessageRef): Delivery | null {
  const state = row.income === false && row.status !== null ? STATUSES[row.status] : undefined;
  if (state === undefined) return null;
  return {
    id: null,
    state,
    evidence: 'HISTORY',
    asOf: new Date().toISOString(),
    message,
    sentAt: state === 'QUEUED' || state === 'FAILED' ? null : row.sentAt,
    // v2 tells that it was, and not when.
    deliveredAt: null,
    readAt: null,
    failureReason: state === 'FAILED' ? NOT_DELIVERED : null,
  };
}

/** How far a message has come, by its status. */
export const STATUSES: Readonly<Record<NonNullable<PactV2MessageRow['status']>, EventProgress['state']>> = {
  created: 'QUEUED',
  sent: 'SENT',
  delivered: 'DELIVERED',
  read: 'READ',
  error: 'FAILED',
};

/** v2 takes one attachment a message, and names no buttons. */
const OF_V2 = { maxAttachmentsPerMessage: 1, sendButtons: false, replies: true };

export const ACCOUNT_LIMITS: MessageLimits = { ...LIMITS_OF_V1, ...OF_V2, deleteMessages: true };

/** Limits by messenger: those of v1, within what v2 takes. */
export function toV2Limits(messenger: string | null): MessageLimits {
  return {
    ...toLimits(messenger),
    ...OF_V2,
    deleteMessages: messenger !== null && DELETING.has(messenger),
  };
}

/** The messengers in which messages can be deleted. */
const DELETING: ReadonlySet<string> = new Set(['whatsapp', 'telegram_personal', 'max']);
