import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { idOf, ok, refuse } from '../answers.ts';
import { comparePlaces } from '../page.ts';
import { findIn, historyOf, lastUpdatedAt, type PactHistory } from './history.ts';
import { cutPage, parseNumberedPage } from './page.ts';
import { toConversationRow, toMessageRow } from './rows.ts';

/** What the routes read. */
export interface PactV2Reading {
  readonly history: PactHistory;
  /** `desc`: newest first. */
  readonly order: 'asc' | 'desc';
  /** Told of each message that is asked for by itself, before it is answered. */
  readonly asked: (id: number) => void;
}

// pact.md's own.
const CONVERSATIONS_A_PAGE = 25;
const MESSAGES_A_PAGE = 150;

/** The calls of Pact v2 that read. */
export function addPactV2ReadRoutes(app: FastifyInstance, now: () => PactV2Reading): void {
  const base = '/api/p2/conversations';

  app.get(base, { config: { sandboxCall: 'v2Conversations' } }, (request, reply) => {
    const { history, order } = now();
    const rows = history.state.conversations
      .map((row) => ({ row, at: lastUpdatedAt(history, row), id: row.external_id }))
      .sort(comparePlaces);
    return answerPage(request, reply, { rows, order, per: CONVERSATIONS_A_PAGE }, ({ row }) =>
      toConversationRow(history, row),
    );
  });

  app.get(`${base}/:id`, { config: { sandboxCall: 'v2Conversation' } }, (request, reply) => {
    const { history } = now();
    const row = history.state.conversation(idOf(request));
    return row ? ok(toConversationRow(history, row)) : refuse(reply, 404);
  });

  app.get(`${base}/:id/messages`, { config: { sandboxCall: 'v2Messages' } }, (request, reply) => {
    const { history, order } = now();
    const conversationId = idOf(request);
    if (!history.state.conversation(conversationId)) return refuse(reply, 404);
    const rows = historyOf(history, conversationId);
    const deleted = new Set(history.facts.deleted(conversationId));
    return answerPage(request, reply, { rows, order, per: MESSAGES_A_PAGE }, (row) =>
      toMessageRow(history, { conversationId, row, isDeleted: deleted.has(row) }),
    );
  });

  app.get(`${base}/:id/messages/:message`, { config: { sandboxCall: 'v2Message' } }, (request, reply) => {
    const { history, asked } = now();
    const conversationId = idOf(request);
    if (!history.state.conversation(conversationId)) return refuse(reply, 404);
    const found = findIn(history, conversationId, idOf(request, 'message'));
    if (!found) return refuse(reply, 404);
    asked(found.row.external_id);
    return ok(toMessageRow(history, found));
  });
}

interface List<Row> {
  /** Oldest first. */
  readonly rows: readonly Row[];
  readonly order: 'asc' | 'desc';
  /** Unless the request says. */
  readonly per: number;
}

function answerPage<Row>(
  request: FastifyRequest,
  reply: FastifyReply,
  { rows, order, per }: List<Row>,
  toRow: (row: Row) => unknown,
): unknown {
  const asked = parseNumberedPage(request.query as Record<string, string>, per);
  if (!asked) return refuse(reply, 400);
  return {
    status: 'ok',
    data: cutPage(rows, asked, order).map(toRow),
    meta: { page: asked.page, entries_count: rows.length, per_page: asked.per },
  };
}
