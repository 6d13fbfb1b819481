import type { AdapterOptions } from '../../../http/adapterOptions.ts';
import type { ErrorSource } from '../../../messaging/errors.ts';
import { NotFoundError, ParleyError } from '../../../messaging/errors.ts';
import { mapPage } from '../../../messaging/paging.ts';
import type { Conversation, Outcome, Provider, ReadContext } from '../../../messaging/provider.ts';
import { createContract } from '../../../http/wire.ts';
import { isPactId } from '../wire.ts';
import { findById, findReplied, rememberRows } from './findMessages.ts';
import { ACCOUNT_LIMITS, KNOWN_STATES, stateOf, toConversation, toMessage, toV2Limits } from './map.ts';
import type { NumberedListOptions } from './numberedList.ts';
import { readPage } from './numberedList.ts';
import { isPosition } from './place.ts';
import type { ListHabits } from './rankedView.ts';
import type { Messages } from './walkBack.ts';
import { createWebhookReader } from './webhooks.ts';
import type { PactV2ConversationRow, PactV2MessageRow, PactV2Page } from './wire.ts';
import { parseConversation, parseConversationPage, parseMessage, parseMessagePage } from './wire.ts';
import { createPactV2Writes } from './writes.ts';

export interface PactV2Options extends AdapterOptions {
  /** Whether Pact posts webhooks to Parley for this account. */
  readonly webhooks: boolean;
}

/** Where an account's token stands in v2: in the body, and in the query of what has none. */
export function pactV2Fields({ companyId, token }: { companyId: number; token: string }) {
  return { company_id: companyId, private_api_token: token };
}

const CONVERSATIONS = '/api/p2/conversations';

/**
 * Pact v2 (`/api/p2`), for one company. Source: `pact.md`, "v2".
 *
 * Assumed: its ids of conversations, messages and attachments are v1's `external_id`s of the same things, so that a global id means the
 * same thing whichever API its account speaks. What v2 calls `external_id` is the messenger's own.
 */
export function createPactV2Provider(options: PactV2Options): Provider {
  const { accountId, baseUrl, http, webhooks, lost, breached } = options;
  const source: ErrorSource = { provider: 'PACT', accountId };
  const wire = { source, lost, breached };
  const mapping = { accountId, baseUrl };
  // pact.md says what the lists are sorted by, and neither which way nor how many rows a page may have. Assumed, until an answer shows
  // otherwise: the newest come first, 100 conversations at the most, as in v1, and the 150 messages that a page has by itself.
  const conversationHabits: ListHabits = { oldestFirst: undefined, perPage: 100 };
  const messageHabits: ListHabits = { oldestFirst: undefined, perPage: 150 };

  const conversationList = (context: ReadContext): NumberedListOptions<PactV2ConversationRow> => ({
    async fetchPage(page, perPage) {
      const query = { page, per_page: perPage };
      const body = await http({ call: 'conversations', path: CONVERSATIONS, query, context });
      return parseConversationPage(body, perPage, wire);
    },
    idOf: (row) => row.id,
    timeOf: (row) => Date.parse(row.lastUpdatedAt ?? row.createdAt ?? NEVER),
    habits: conversationHabits,
    // The latest first.
    oldestFirst: false,
    rowsMove: true,
    unreachable: cursorUnreachable,
  });

  const messagesOf = (conversationId: string, context: ReadContext): Messages => ({
    fetchPage: (page, perPage) => fetchMessages(conversationId, page, perPage, context),
    habits: messageHabits,
  });

  const messageList = (
    conversationId: string,
    context: ReadContext,
  ): NumberedListOptions<PactV2MessageRow> => ({
    fetchPage: (page, perPage) => fetchMessages(conversationId, page, perPage, context),
    habits: messageHabits,
    idOf: (row) => row.id,
    timeOf: (row) => row.time,
    oldestFirst: true,
    rowsMove: false,
    unreachable: cursorUnreachable,
  });

  const search = (conversationId: string, context: ReadContext) => ({
    ...messagesOf(conversationId, context),
    fetchOne: (id: string) => fetchMessage(conversationId, id, context),
    unreachable: messageUnreachable,
    seen: () => rememberRows(`${accountId} v2 rows ${conversationId}`, context),
  });

  return {
    ...(webhooks && { readWebhook: createWebhookReader({ source, mapping, lost }) }),
    ...createPactV2Writes({ source, wire, http, conversationList, messagesOf, fetchMessage }),
    name: 'PACT',
    limits: ACCOUNT_LIMITS,
    limitsOf: ({ providerDetails }) =>
      toV2Limits(providerDetails?.kind === 'PactConversation' ? providerDetails.channelType : null),
    knownStates: KNOWN_STATES,
    listedBy: 'ACTIVITY',
    isPosition,
    pagesTellConversation: false,

    async listConversations({ states, ...request }, context) {
      const accepts = (row: PactV2ConversationRow) => !states || states.includes(stateOf(row)!);
      const page = await readPage(conversationList(context), request, accepts);
      return mapPage(page, (row) => toConversation(row, mapping));
    },

    loadConversations: (ids, context) => Promise.all(ids.map((id) => loadConversation(id, context))),

    async loadMessages(conversationId, request, context) {
      if (!isPactId(conversationId)) throw new NotFoundError(source);
      const page = await readPage(messageList(conversationId, context), request);
      // Those that are answered are most often among them.
      if (page.items.some(({ item }) => item.repliedToId !== null)) {
        const seen = await rememberRows(`${accountId} v2 rows ${conversationId}`, context);
        seen.push(...page.items.map(({ item }) => item));
      }
      return mapPage(page, (row) => toMessage(row, conversationId, mapping));
    },

    async findMessages(conversationId, ids, context) {
      const plausible = [...new Set(ids.filter(isPactId))];
      if (!isPactId(conversationId) || plausible.length === 0) return ids.map(() => null);
      const found = await findById(search(conversationId, context), plausible);
      return ids.map((id) => toOutcome(found.get(id) ?? null, conversationId));
    },

    async loadReplied(conversationId, names, context) {
      if (!isPactId(conversationId)) throw new NotFoundError(source);
      const found = await findReplied(search(conversationId, context), names);
      return names.map((name) => toOutcome(found.get(name) ?? null, conversationId));
    },
  };

  function toOutcome(found: Outcome<PactV2MessageRow>, conversationId: string) {
    return found === null || found instanceof Error ? found : toMessage(found, conversationId, mapping);
  }

  async function loadConversation(id: string, context: ReadContext): Promise<Outcome<Conversation>> {
    if (!isPactId(id)) return null;
    try {
      const body = await http({ call: 'conversation', path: `${CONVERSATIONS}/${id}`, context });
      const row = parseConversation(body, wire);
      if (row.id !== id) createContract(wire, 'conversation').breach('data.id');
      return toConversation(row, mapping);
    } catch (error) {
      return error instanceof NotFoundError ? null : (error as Error);
    }
  }

  async function fetchMessages(
    conversationId: string,
    page: number,
    perPage: number,
    context: ReadContext,
  ): Promise<PactV2Page<PactV2MessageRow>> {
    const path = `${CONVERSATIONS}/${conversationId}/messages`;
    const body = await http({ call: 'messages', path, query: { page, per_page: perPage }, context });
    return parseMessagePage(body, perPage, wire);
  }

  async function fetchMessage(
    conversationId: string,
    id: string,
    context: ReadContext,
  ): Promise<PactV2MessageRow> {
    const path = `${CONVERSATIONS}/${conversationId}/messages/${id}`;
    const row = parseMessage(await http({ call: 'message', path, context }), 'message', wire);
    if (row.id !== id) createContract(wire, 'message').breach('data.id');
    // Whoever goes by the message's id alone finds it in any conversation: it is in no other than its own.
    if (row.conversationId !== null && row.conversationId !== conversationId) throw new NotFoundError(source);
    return row;
  }

  function cursorUnreachable(): Error {
    return new ParleyError(
      'CURSOR_UNREACHABLE',
      'What follows the cursor is too far away, or changes too fast. Start again from the first or the last page.',
      { source },
    );
  }

  function messageUnreachable(): Error {
    return new ParleyError(
      'MESSAGE_UNREACHABLE',
      'The message is too far back in its conversation to be sought.',
      { source },
    );
  }
}

/** For a conversation without any date: behind all others. */
const NEVER = '1970-01-01T00:00:00.000Z';
