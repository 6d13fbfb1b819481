import type { AdapterOptions } from '../../http/adapterOptions.ts';
import type { ErrorSource } from '../../messaging/errors.ts';
import { NotFoundError, ParleyError } from '../../messaging/errors.ts';
import { mapPage } from '../../messaging/paging.ts';
import type { Conversation, Outcome, Provider, ReadContext } from '../../messaging/provider.ts';
import { ACCOUNT_LIMITS, toConversation, toLimits, toMessage } from './map.ts';
import type { FetchPage } from './seek.ts';
import { isPosition } from './place.ts';
import type { WalkOptions } from './walk.ts';
import { findRows, readPage } from './walk.ts';
import type { PactConversationRow, PactMessageRow } from './wire.ts';
import { createWebhookReader } from './webhooks.ts';
import { createPactWrites } from './writes.ts';
import { isPactId, parseConversation, parseConversationPage, parseMessagePage } from './wire.ts';

export interface PactOptions extends AdapterOptions {
  readonly companyId: number;
  /** Whether Pact posts webhooks to Parley for this account. */
  readonly webhooks: boolean;
}

/** Where an account's token stands: never in the query, where it would end up in logs. */
export function pactHeaders(token: string): Record<string, string> {
  return { 'x-private-api-token': token };
}

/** Pact v1 (`/p1`), for one company. Source: `pact.md`, "v1". */
export function createPactProvider(options: PactOptions): Provider {
  const { accountId, companyId, baseUrl, http, webhooks, lost, breached } = options;
  const source: ErrorSource = { provider: 'PACT', accountId };
  const wire = { source, lost, breached };
  const mapping = { accountId, baseUrl };
  const company = `/p1/companies/${companyId}`;
  const conversations = `${company}/conversations`;

  const fetchConversations =
    (context: ReadContext): FetchPage<PactConversationRow> =>
    async (page) =>
      parseConversationPage(await fetchRows('conversations', conversations, page, context), wire);

  const fetchMessages =
    (conversationId: string, context: ReadContext): FetchPage<PactMessageRow> =>
    async (page) =>
      parseMessagePage(
        await fetchRows('messages', `${conversations}/${conversationId}/messages`, page, context),
        wire,
      );

  // Sorted by id, which rises with the time of creation: the newest come first when walked down.
  const conversationWalk = (context: ReadContext): WalkOptions<PactConversationRow> => ({
    fetchPage: fetchConversations(context),
    idOf: (row) => row.id,
    keyOf: (row) => Number(row.id),
    forward: 'desc',
    unreachable: cursorUnreachable,
  });

  const messageWalk = (conversationId: string, context: ReadContext): WalkOptions<PactMessageRow> => ({
    fetchPage: fetchMessages(conversationId, context),
    idOf: (row) => row.id,
    keyOf: (row) => row.time,
    forward: 'asc',
    unreachable: cursorUnreachable,
  });

  return {
    ...(webhooks && { readWebhook: createWebhookReader({ source, mapping, lost }) }),
    ...createPactWrites({ source, wire, http, company, conversations, fetchMessages, fetchConversations }),
    name: 'PACT',
    limits: ACCOUNT_LIMITS,
    limitsOf: ({ providerDetails }) =>
      toLimits(providerDetails?.kind === 'PactConversation' ? providerDetails.channelType : null),
    // v1 says nothing of a conversation's state.
    knownStates: [],
    listedBy: 'CREATION',
    isPosition,
    pagesTellConversation: false,

    async listConversations(request, context) {
      const page = await readPage(conversationWalk(context), request);
      return mapPage(page, (row) => toConversation(row, mapping));
    },

    loadConversations: (ids, context) => Promise.all(ids.map((id) => loadConversation(id, context))),

    async loadMessages(conversationId, request, context) {
      if (!isPactId(conversationId)) throw new NotFoundError(source);
      const page = await readPage(messageWalk(conversationId, context), request);
      return mapPage(page, (row) => toMessage(row, conversationId, mapping));
    },

    async findMessages(conversationId, ids, context) {
      const plausible = ids.filter(isPactId);
      if (!isPactId(conversationId) || plausible.length === 0) return ids.map(() => null);
      const { rows, complete } = await findRows(messageWalk(conversationId, context), plausible);
      return ids.map((id) => {
        const row = rows.get(id);
        if (row) return toMessage(row, conversationId, mapping);
        return complete || !isPactId(id) ? null : messageUnreachable();
      });
    },
  };

  async function loadConversation(id: string, context: ReadContext): Promise<Outcome<Conversation>> {
    if (!isPactId(id)) return null;
    try {
      const body = await http({ call: 'conversation', path: `${conversations}/${id}`, context });
      return toConversation(parseConversation(body, wire), mapping);
    } catch (error) {
      return error instanceof NotFoundError ? null : (error as Error);
    }
  }

  function fetchRows(
    call: string,
    path: string,
    { sort, token, per }: Parameters<WalkOptions<never>['fetchPage']>[0],
    context: ReadContext,
  ): Promise<unknown> {
    return http({ call, path, query: { from: token, per, sort_direction: sort }, context });
  }

  function cursorUnreachable(): Error {
    return new ParleyError(
      'CURSOR_UNREACHABLE',
      'The cursor is too far from both ends of this list. Start again from the first or the last page.',
      { source },
    );
  }

  function messageUnreachable(): Error {
    return new ParleyError(
      'MESSAGE_UNREACHABLE',
      'The message is too far from both ends of its conversation to be sought.',
      { source },
    );
  }
}
