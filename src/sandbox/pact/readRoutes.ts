import type { FastifyInstance } from 'fastify';
import { idOf, ok, refuse } from './answers.ts';
import { pageOf, type Page, type PageQuery } from './page.ts';
import { conversationPlace, messagePlace, type PactState } from './state.ts';

/** What the routes read. */
export interface PactReading {
  readonly state: PactState;
  /** Whether page tokens count rows. */
  readonly offsetTokens: boolean;
}

/** The calls of Pact that only read. */
export function addPactReadRoutes(app: FastifyInstance, now: () => PactReading): void {
  const base = '/p1/companies/:company/conversations';

  app.get(base, { config: { sandboxCall: 'conversations' } }, (request, reply) => {
    const paging = parsePaging(request.query as Record<string, string>);
    if (!paging) return refuse(reply, 400);
    const { state, offsetTokens } = now();
    const list = { list: 'conversations', rows: state.conversations, placeOf: conversationPlace };
    const page = pageOf({ ...list, ...paging, offsetTokens });
    return ok({ conversations: page.rows, ...nextPage(page, paging.direction === 'asc' ? 0 : 1) });
  });

  app.get(`${base}/:id`, { config: { sandboxCall: 'conversation' } }, (request, reply) => {
    const conversation = now().state.conversation(idOf(request));
    return conversation ? ok({ conversation }) : refuse(reply, 404);
  });

  app.get(`${base}/:id/messages`, { config: { sandboxCall: 'messages' } }, (request, reply) => {
    const paging = parsePaging(request.query as Record<string, string>);
    if (!paging) return refuse(reply, 400);
    const { state, offsetTokens } = now();
    const id = idOf(request);
    if (!state.conversation(id)) return refuse(reply, 404);
    const page = pageOf({
      ...{ list: `messages ${id}`, rows: state.messages(id), placeOf: messagePlace },
      ...paging,
      offsetTokens,
    });
    return ok({ messages: page.rows, ...nextPage(page, id) });
  });
}

/** Undefined for what the provider refuses with 400. */
function parsePaging(
  query: Readonly<Record<string, string>>,
): Pick<PageQuery<never>, 'from' | 'per' | 'direction'> | undefined {
  const { from, per = '50', sort_direction: direction = 'asc' } = query;
  if (!/^\d{1,3}$/.test(per) || Number(per) < 1 || Number(per) > 100) return undefined;
  if (direction !== 'asc' && direction !== 'desc') return undefined;
  return { from, per: Number(per), direction };
}

/** On the last page the token is absent, null or "" (pact.md): which of them depends on the list, so that readers meet all three. */
function nextPage(page: Page<unknown>, variant: number): { next_page?: string | null } {
  if (page.next !== undefined) return { next_page: page.next };
  return [{}, { next_page: null }, { next_page: '' }][variant % 3] ?? {};
}
