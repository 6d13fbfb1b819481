import type { ErrorSource } from '../../../messaging/errors.ts';
import type { ProviderEvent } from '../../../messaging/live.ts';
import type { Conversation, JsonObject } from '../../../messaging/provider.ts';
import type { Contract } from '../../../http/wire.ts';
import { createContract, object } from '../../../http/wire.ts';
import type { PactMapping } from '../map.ts';
import type { FactFields } from '../onlyTold.ts';
import { onlyTold } from '../onlyTold.ts';
import { pactId } from '../wire.ts';
import { toConversation, toMessage } from './map.ts';
import { parseConversationRow, parseMessageRow } from './wire.ts';

export interface PactV2WebhookOptions {
  readonly source: ErrorSource;
  readonly mapping: PactMapping;
  /** Told how much of a kind of webhook could not be read. */
  readonly lost: (call: string, count: number) => void;
}

/** What happened to a thing. */
type Happening = 'create' | 'update' | 'delete';

/**
 * Reads what v2 posts. Empty for what tells nothing of a conversation: a channel's authorization (`auth`), the probe that comes when a
 * webhook is registered, what v1 posts, and kinds that are not documented. Source: `pact.md`, "Webhooks v2".
 */
export function createWebhookReader({
  source,
  mapping,
  lost,
}: PactV2WebhookOptions): (body: unknown) => readonly ProviderEvent[] {
  // Whoever posts a strange thing has not shown that the provider fails to answer calls.
  const wire = { source, lost, breached: () => undefined };

  return (body) => {
    if (Array.isArray(body)) createContract(wire, 'webhook').breach('the body');
    const { type, event, object: told } = createContract(wire, 'webhook').object(body, 'the body');
    if (told === undefined || !isHappening(event)) return [];
    // Of a conversation that is gone there is nothing to tell.
    if (type !== 'message' && (type !== 'conversation' || event === 'delete')) return [];
    const call = `webhook ${type}/${event}`;
    const contract = createContract(wire, call);
    const row = contract.object(told, 'object');
    return type === 'message'
      ? readMessage(row, event, contract, () => lost(call, 1))
      : readConversation(row, contract);
  };

  function readMessage(
    told: JsonObject,
    event: Happening,
    contract: Contract,
    isLost: () => void,
  ): readonly ProviderEvent[] {
    const ofConversation = object(told['conversation']);
    const conversationId =
      pactId(told['conversation_id']) ??
      pactId(ofConversation?.['id']) ??
      contract.breach('object.conversation_id');
    const row = parseMessageRow(told);
    if (!row) {
      if (pactId(told['id']) === null) contract.breach('object.id');
      isLost();
      // Without its time it has no place in a list, but what the list is now can be asked for.
      return [{ kind: 'STALE', conversationExternalId: conversationId }];
    }
    const message = toMessage(event === 'delete' ? { ...row, deleted: true } : row, conversationId, mapping);
    const facts = ofConversation && readFacts(ofConversation);
    // What is told of another one must not stand as told of this one.
    const conversation = facts?.externalId === conversationId ? facts : undefined;
    return [{ kind: 'MESSAGE', message, isNew: event === 'create', ...(conversation && { conversation }) }];
  }

  function readConversation(told: JsonObject, contract: Contract): readonly ProviderEvent[] {
    return [{ kind: 'CONVERSATION', conversation: readFacts(told) ?? contract.breach('object.id') }];
  }

  /** Null for what has no id. */
  function readFacts(told: JsonObject): Conversation | null {
    const row = parseConversationRow(told);
    return row && onlyTold(toConversation(row, mapping), told, FIELDS);
  }
}

function isHappening(event: unknown): event is Happening {
  return event === 'create' || event === 'update' || event === 'delete';
}

const FIELDS: FactFields = {
  title: [['sender_name']],
  state: [['operational_state']],
  participants: [['sender_name'], ['sender_external_id'], ['avatar_url']],
  createdAt: [['created_at']],
  lastActivityAt: [['last_updated_at']],
  providerDetails: [['provider'], ['sender_external_id'], ['avatar_url'], ['replied_state'], ['group']],
};
