import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { avatarFile } from '../content/files.ts';
import { createFileStore } from '../content/fileStore.ts';
import { createEmulatorApp } from '../core/emulatorApp.ts';
import { createSeeded } from '../core/createSeeded.ts';
import type { Emulator, MountedEmulator } from '../core/Emulator.ts';
import { wellKnown } from '../wellKnown.ts';
import { pageOf, type Page, type PageQuery } from './page.ts';
import { seedPact } from './seed.ts';
import { conversationPlace, messagePlace, type PactState } from './state.ts';

/** Pact v1 with one company and one token (pact.md). */
export interface PactEmulator extends Emulator, Omit<PactState, 'conversations' | 'conversation'> {
  /** Goes into `X-Private-Api-Token`. */
  readonly token: string;
  readonly companyId: number;
  /** The stored conversations, by id. */
  conversations(): PactState['conversations'];
  /** On: page tokens count rows, so that arrivals shift the pages; off (the default): they name the last row. */
  offsetTokens(on: boolean): void;
}

const TOKEN = 'pact-sandbox-token';
const MISSING_AVATAR = '/avatars/original/missing.png';

/** An emulator at `url`, with the seed. Error bodies are our invention: pact.md says that theirs are not documented. */
export async function createPactEmulator(url: string): Promise<MountedEmulator<PactEmulator>> {
  const store = createFileStore('pact', url, { [MISSING_AVATAR]: avatarFile('missing.png') });
  const seeded = createSeeded(() => seedPact(store));
  let offsetTokens = false;
  const app = await createEmulatorApp({
    url,
    calls: ['conversations', 'conversation', 'messages'],
    files: store.files,
    refusal,
    routes: (scope) => addRoutes(scope, () => ({ state: seeded.now(), offsetTokens })),
  });
  const emulator: PactEmulator = {
    ...app.emulator,
    token: TOKEN,
    companyId: wellKnown.pact.companyId,
    // Copies: what a test has read must not change under it.
    conversations: () => [...seeded.now().conversations],
    messages: (id) => [...seeded.now().messages(id)],
    addConversation: (partial) => seeded.change().addConversation(partial),
    addMessage: (id, partial) => seeded.change().addMessage(id, partial),
    deleteMessage: (id) => seeded.change().deleteMessage(id),
    offsetTokens(on) {
      offsetTokens = on;
    },
  };
  return {
    ...app,
    emulator,
    prefixes: ['/p1/', '/files/pact/', '/avatars/pact/', MISSING_AVATAR],
    reset() {
      seeded.reset();
      offsetTokens = false;
      emulator.clearFaults();
      emulator.clearRequests();
    },
  };
}

function addRoutes(app: FastifyInstance, now: () => { state: PactState; offsetTokens: boolean }): void {
  const base = '/p1/companies/:company/conversations';

  app.addHook('onRequest', async (request, reply) => {
    // The provider also takes the token from the query string; that leaks into logs, so the emulator does not.
    if (request.headers['x-private-api-token'] !== TOKEN) return refuse(reply, 401);
    const { company } = request.params as { company: string };
    if (company !== String(wellKnown.pact.companyId)) return refuse(reply, 404);
    return undefined;
  });

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

function idOf(request: FastifyRequest): number {
  const { id } = request.params as { id: string };
  return /^\d{1,15}$/.test(id) ? Number(id) : -1;
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

function ok(data: unknown): unknown {
  return { status: 'ok', data };
}

function refuse(reply: FastifyReply, status: number): FastifyReply {
  return reply.code(status).send(refusal(status));
}

const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  429: 'Too Many Requests',
};

function refusal(status: number): unknown {
  return { status: 'error', error: { code: status, message: reasons[status] ?? 'Internal Server Error' } };
}
