import type { ErrorSource } from '../../messaging/errors.ts';
import type { EventProgress, ProviderEvent } from '../../messaging/live.ts';
import type { JsonObject } from '../../messaging/provider.ts';
import type { Contract } from '../../http/wire.ts';
import { createContract, float, object } from '../../http/wire.ts';
import type { PactMapping } from './map.ts';
import { NOT_DELIVERED, toConversation, toMessage } from './map.ts';
import type { FactFields } from './onlyTold.ts';
import { onlyTold } from './onlyTold.ts';
import { pactId, parseConversationRow, parseMessageRow } from './wire.ts';

export interface PactWebhookOptions {
  readonly source: ErrorSource;
  readonly mapping: PactMapping;
  /** Told how much of a kind of webhook could not be read. */
  readonly lost: (call: string, count: number) => void;
}

/** What a webhook of a known kind is read with. */
interface Reading {
  /** As `lost` and errors name it. */
  readonly call: string;
  readonly contract: Contract;
  readonly mapping: PactMapping;
  readonly lost: PactWebhookOptions['lost'];
}

type Reader = (data: unknown, reading: Reading) => readonly ProviderEvent[];

/**
 * Reads what v1 posts. Empty for what tells nothing of a conversation: the channel's health (`system`, `qr_code`), the probe, what v2
 * posts, and kinds that are not documented. Source: `pact.md`, "Webhooks v1".
 */
export function createWebhookReader({
  source,
  mapping,
  lost,
}: PactWebhookOptions): (body: unknown) => readonly ProviderEvent[] {
  // Whoever posts a strange thing has not shown that the provider fails to answer calls.
  const wire = { source, lost, breached: () => undefined };

  return (body) => {
    if (Array.isArray(body)) createContract(wire, 'webhook').breach('the body');
    const { type, event, data, object: ofV2 } = createContract(wire, 'webhook').object(body, 'the body');
    if (typeof type !== 'string' || typeof event !== 'string') return [];
    // `conversation/update` is a kind of either.
    if (data === undefined && ofV2 !== undefined) return [];
    const read = READERS.get(`${type}/${event}`);
    const call = `webhook ${type}/${event}`;
    return read ? read(data, { call, contract: createContract(wire, call), mapping, lost }) : [];
  };
}

const readConversation: Reader = (data, { contract, mapping }) => {
  const told = contract.object(data, 'data');
  const row = parseConversationRow(told) ?? contract.breach('data.external_id');
  return [{ kind: 'CONVERSATION', conversation: onlyTold(toConversation(row, mapping), told, FIELDS) }];
};

const readMessage: Reader = (data, { call, contract, mapping, lost }) => {
  const told = contract.object(data, 'data');
  const externalId = pactId(told['external_id']) ?? contract.breach('data.external_id');
  const conversationId = conversationIn(told, contract);
  const row = parseMessageRow(told);
  if (!row) lost(call, 1);
  // Without its time it has no place in a list, but what the list is now can be asked for.
  const message: ProviderEvent = row
    ? { kind: 'MESSAGE', message: toMessage(row, conversationId, mapping), isNew: true }
    : { kind: 'STALE', conversationExternalId: conversationId };
  const jobId = pactId(told['job_id']);
  if (jobId === null) return [message];
  const progress = progressAt(ACKS.get(float(told['ack']) ?? NaN) ?? 'SENT');
  return [message, { kind: 'JOB', jobId, messageId: externalId, progress }];
};

const readAck: Reader = (data, { call, contract, mapping: { accountId }, lost }) => {
  const told = contract.object(data, 'data');
  const externalId = pactId(told['external_id']) ?? contract.breach('data.external_id');
  const message = { accountId, conversationExternalId: conversationIn(told, contract), externalId };
  const state = ACKS.get(float(told['ack']) ?? NaN);
  if (state) return [{ kind: 'DELIVERY', message, progress: progressAt(state) }];
  lost(call, 1);
  return [];
};

const readJob: Reader = (data, { call, contract, lost }) => {
  const told = contract.object(data, 'data');
  const jobId = pactId(told['id']) ?? contract.breach('data.id');
  const state = RESULTS.get(told['result']);
  // As when the job is asked for: its `date` is that of the job, and its `reason` the provider's own text.
  if (state) {
    const progress = { ...progressAt(state), failureReason: state === 'FAILED' ? NOT_DELIVERED : null };
    return [{ kind: 'JOB', jobId, messageId: pactId(told['message_id']), progress }];
  }
  lost(call, 1);
  return [];
};

/** Who is in a group is not told with it. */
const readContact: Reader = (data) => {
  const conversationExternalId = pactId(object(data)?.['conversation_id']);
  return conversationExternalId === null ? [] : [{ kind: 'STALE', conversationExternalId }];
};

/** By `type/event`. Assumed: the ids of groups are those of conversations, and have the same names. */
const READERS: ReadonlyMap<string, Reader> = new Map([
  ['conversation/new', readConversation],
  ['conversation/update', readConversation],
  ['group_conversation/new', readConversation],
  ['group_conversation/update', readConversation],
  ['message/new', readMessage],
  ['group_message/new', readMessage],
  ['message/ack', readAck],
  ['group_message/ack', readAck],
  ['job/executed', readJob],
  ['group_conversation_contact/new', readContact],
]);

const ACKS: ReadonlyMap<number, EventProgress['state']> = new Map([
  [-1, 'QUEUED'],
  [0, 'QUEUED'],
  [1, 'SENT'],
  [2, 'DELIVERED'],
  [3, 'READ'],
]);

const RESULTS: ReadonlyMap<unknown, EventProgress['state']> = new Map([
  ['DELIVERED', 'DELIVERED'],
  ['NOT DELIVERED', 'FAILED'],
]);

function conversationIn(told: JsonObject, contract: Contract): string {
  return pactId(told['conversation_id']) ?? contract.breach('data.conversation_id');
}

/** No webhook says when something has happened to a message, only that it has. */
function progressAt(state: EventProgress['state']): EventProgress {
  return { state, sentAt: null, deliveredAt: null, readAt: null, failureReason: null };
}

const FIELDS: FactFields = {
  title: [['name']],
  participants: [['name'], ['sender_external_id'], ['avatar', 'avatar_url']],
  createdAt: [['created_at', 'created_at_timestamp']],
  lastActivityAt: [['last_message_at']],
  providerDetails: [
    ['channel_id'],
    ['channel_type'],
    ['sender_external_id'],
    ['avatar', 'avatar_url'],
    ['last_income_message_at'],
    ['meta'],
  ],
};
