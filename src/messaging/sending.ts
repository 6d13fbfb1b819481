import type { Content } from './content.ts';
import { checkContent, checkKey, checkReply, fingerprintOf } from './content.ts';
import { furthest } from './conversationState.ts';
import type { Events } from './events.ts';
import type { ConversationRef, DeliveryRef } from './ids.ts';
import { deliveryId } from './ids.ts';
import type { Once, Outcome } from './once.ts';
import type { StartConversation } from './outgoing.ts';
import type { Delivery } from './provider.ts';
import type { RateLimit } from './rateLimit.ts';
import type { Account } from './registry.ts';
import { sourceOf } from './registry.ts';
import { scopeOf, toDelivery, toFailedDelivery } from './sendRecord.ts';
import type { PlanOptions } from './sendPlan.ts';
import { planMessage, planStart } from './sendPlan.ts';
import type { Unnamed } from './startContent.ts';
import { checkStart } from './startContent.ts';
import type { UserError } from './userErrors.ts';
import { notFound, unsupported } from './userErrors.ts';
import type { Caller } from './viewer.ts';
import { unshared, viewerIdOf } from './viewer.ts';
import type { SendOutcome, WriteObserver } from './writeObserver.ts';

/** What a send came to. */
export interface SendResult {
  /** Each message of it; empty where nothing went out, nor may have. */
  readonly parts: readonly Delivery[];
  /** Null while a start has not got one. */
  readonly conversation: ConversationRef | null;
  readonly userErrors: readonly UserError[];
}

/**
 * Sends, each once for its viewer and key. Whatever keeps a send from happening is a user error, or a `ParleyError` where
 * nothing of it was tried.
 */
export interface Sending {
  sendMessage(
    request: { readonly conversation: ConversationRef; readonly content: Content; readonly key: string },
    caller: Caller,
  ): Promise<SendResult>;
  startConversation(
    request: { readonly accountId: string; readonly start: Unnamed<StartConversation>; readonly key: string },
    caller: Caller,
  ): Promise<SendResult>;
  /** What has become of a send by now. Null for what is not there, not the viewer's, or forgotten. */
  delivery(ref: DeliveryRef, caller: Caller): Promise<Delivery | null>;
}

export interface SendingOptions extends PlanOptions {
  readonly once: Once;
  /** How many messages a viewer may send; undefined for any number. A key that was used before sends none. */
  readonly rate: RateLimit | undefined;
  readonly observer: Pick<WriteObserver, 'sent'>;
  /** What events tell of sends, and who is told that there was one. */
  readonly events: Pick<Events, 'progressOf' | 'touched'>;
}

export function createSending({ once, rate, observer, events, ...options }: SendingOptions): Sending {
  return {
    async sendMessage({ conversation, content, key }, { viewer, accounts, read: shared }) {
      const account = accounts.get(conversation.accountId);
      if (!account) return refused([notFound('conversationId')]);
      const { provider } = account;
      const keyField = 'idempotencyKey';
      return observe(account, async (sent) => {
        const errors = [
          ...checkKey(key, keyField),
          ...checkContent(content),
          ...checkReply(content, conversation),
        ];
        if (!provider.sendMessage) errors.push(unsupported('conversationId', 'sending messages'));
        if (errors.length > 0) return refused(errors);
        const read = unshared(shared);
        const viewerId = await viewerIdOf(provider, { viewer, read });
        const scope = scopeOf(viewerId, 'sendMessage', key);
        const fingerprint = fingerprintOf(JSON.stringify(conversation), content);
        const origin = { account, viewerId, key };
        const plan = async () => {
          await rate?.take(viewer.id);
          return planMessage(origin, { conversation, content }, read, options);
        };
        const told = () => {
          sent();
          events.touched(conversation);
        };
        const outcome = await once.run({ scope, provider, fingerprint, keyField, plan, sent: told }, read);
        return toResult(scope, outcome, conversation);
      });
    },

    async startConversation({ accountId, start, key }, { viewer, accounts, read: shared }) {
      const account = accounts.get(accountId);
      const field = start.provider.toLowerCase();
      if (account?.provider.name !== start.provider) return refused([notFound(`${field}.accountId`)]);
      const { provider } = account;
      const keyField = `${field}.idempotencyKey`;
      return observe(account, async (sent) => {
        const errors = [...checkKey(key, keyField), ...checkStart(start, field)];
        if (!provider.startConversation)
          errors.push(unsupported(`${field}.accountId`, 'starting conversations'));
        if (errors.length > 0) return refused(errors);
        const read = unshared(shared);
        const viewerId = await viewerIdOf(provider, { viewer, read });
        const scope = scopeOf(viewerId, 'startConversation', key);
        const fingerprint = fingerprintOf(accountId, start);
        const plan = async () => {
          await rate?.take(viewer.id);
          return planStart({ account, viewerId, key }, start, options);
        };
        const outcome = await once.run({ scope, provider, fingerprint, keyField, plan, sent }, read);
        return toResult(scope, outcome, null);
      });
    },

    async delivery(ref, { viewer, accounts, read: shared }) {
      const account = accounts.get(ref.accountId);
      if (!account) return null;
      const { provider } = account;
      const { scope, part: index, attempt } = ref;
      const read = unshared(shared);
      const viewerId = await viewerIdOf(provider, { viewer, read });
      const record = await once.look(scope);
      const last = record?.parts[index]?.attempt ?? -1;
      if (record?.viewerId !== viewerId || record.accountId !== ref.accountId || attempt > last) return null;
      // A try that was followed by another one came to nothing, or there would have been no other.
      if (attempt < last) return toFailedDelivery(deliveryId(ref), new Date().toISOString());
      const known = (await once.refresh({ scope, index, provider }, read)) ?? record;
      return withHeard(toDelivery(scope, known, index));
    },
  };

  /** An event may have told more than the provider answers. Where that can't be known, the answer has to do. */
  async function withHeard(delivery: Delivery): Promise<Delivery> {
    const { message, state } = delivery;
    const heard = message && (await events.progressOf(message).catch(() => undefined));
    if (!heard || state === 'UNKNOWN' || state === 'FAILED') return delivery;
    const known = { ...delivery, state };
    const best = furthest(known, heard)!;
    return best.state === state ? delivery : { ...delivery, ...best, evidence: 'EVENT' };
  }

  /** Tells how a send to an account has ended. */
  async function observe(
    account: Account,
    send: (sent: () => void) => Promise<SendResult>,
  ): Promise<SendResult> {
    const source = sourceOf(account);
    let hasSent = false;
    const result = await send(() => (hasSent = true)).catch((error: unknown) => {
      // Whatever a caller can expect to be thrown comes before anything is tried.
      observer.sent(source, 'REFUSED');
      throw error;
    });
    observer.sent(source, outcomeOf(result, hasSent));
    return result;
  }
}

function toResult(
  scope: string,
  { record, errors }: Outcome,
  conversation: ConversationRef | null,
): SendResult {
  if (!record) return refused(errors);
  const { accountId, conversationId } = record;
  return {
    parts: record.parts.map((_part, index) => toDelivery(scope, record, index)),
    conversation:
      conversation ?? (conversationId === null ? null : { accountId, externalId: conversationId }),
    userErrors: errors,
  };
}

/** @param hasSent whether anything of it went out just now */
function outcomeOf({ parts, userErrors }: SendResult, hasSent: boolean): SendOutcome {
  if (parts.some(({ state }) => state === 'UNKNOWN')) return 'UNKNOWN';
  if (hasSent) return 'SENT';
  if (userErrors.some(({ code }) => code === 'IDEMPOTENCY_CONFLICT')) return 'CONFLICT';
  return userErrors.length > 0 ? 'REFUSED' : 'REPEATED';
}

function refused(userErrors: readonly UserError[]): SendResult {
  return { parts: [], conversation: null, userErrors };
}
