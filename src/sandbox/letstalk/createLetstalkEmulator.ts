import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { defaultAvatar } from '../content/files.ts';
import { createFileStore } from '../content/fileStore.ts';
import { createEmulatorApp } from '../core/emulatorApp.ts';
import { createSeeded } from '../core/createSeeded.ts';
import type { Emulator, MountedEmulator } from '../core/Emulator.ts';
import { personIds } from './people.ts';
import type { LetstalkConversationRow } from './rows.ts';
import { seedLetstalk } from './seed.ts';
import type { LetstalkState } from './state.ts';
import { parseMessageQuery, windowOf } from './window.ts';

/** Letstalk with one organisation, one agent's key and one client's key (letstalk.md). */
export interface LetstalkEmulator extends Emulator, Omit<LetstalkState, 'people' | 'conversation'> {
  /** Goes into `Basic base64("<key>:X")`; reaches every conversation. */
  readonly agentKey: string;
  readonly agentId: number;
  /** Reaches the conversations of its client only. */
  readonly clientKey: string;
  readonly clientId: number;
}

interface Caller {
  readonly role: 'agent' | 'client';
  readonly id: number;
}

const AGENT_KEY = 'letstalk-sandbox-agent-key';
const CLIENT_KEY = 'letstalk-sandbox-client-key';
const DEFAULT_AVATAR = '/assets/default-avatar.gif';

/**
 * An emulator at `url`, with the seed. Internal notes go to both keys, because letstalk.md does not say that the provider hides
 * them. Error bodies are our invention: theirs are not documented.
 */
export async function createLetstalkEmulator(url: string): Promise<MountedEmulator<LetstalkEmulator>> {
  const store = createFileStore('letstalk', url, { [DEFAULT_AVATAR]: defaultAvatar });
  const seeded = createSeeded(() => seedLetstalk(store, `${url}${DEFAULT_AVATAR}`));
  const app = await createEmulatorApp({
    url,
    calls: ['messages', 'metadata', 'client'],
    files: store.files,
    refusal,
    routes: (scope) => addRoutes(scope, seeded.now),
  });
  const emulator: LetstalkEmulator = {
    ...app.emulator,
    agentKey: AGENT_KEY,
    agentId: personIds.agent,
    clientKey: CLIENT_KEY,
    clientId: personIds.client,
    conversations: () => seeded.now().conversations(),
    // A copy: what a test has read must not change under it.
    messages: (id) => [...seeded.now().messages(id)],
    addConversation: (partial) => seeded.change().addConversation(partial),
    addMessage: (id, partial) => seeded.change().addMessage(id, partial),
  };
  return {
    ...app,
    emulator,
    prefixes: ['/api/v1/', '/files/letstalk/', '/avatars/letstalk/', DEFAULT_AVATAR],
    reset() {
      seeded.reset();
      emulator.clearFaults();
      emulator.clearRequests();
    },
  };
}

function addRoutes(app: FastifyInstance, now: () => LetstalkState): void {
  const callers = new WeakMap<FastifyRequest, Caller>();

  app.addHook('onRequest', async (request, reply) => {
    const caller = callerOf(request.headers.authorization);
    if (!caller) return refuse(reply, 401);
    callers.set(request, caller);
    return undefined;
  });
  /** The conversation, or the status with which this caller is refused. */
  const reach = (request: FastifyRequest, id: number | undefined): LetstalkConversationRow | 403 | 404 => {
    const conversation = id === undefined ? undefined : now().conversation(id);
    if (!conversation) return 404;
    const caller = callers.get(request);
    return caller?.role === 'agent' || caller?.id === conversation.client_id ? conversation : 403;
  };

  app.get('/api/v1/messages', { config: { sandboxCall: 'messages' } }, (request, reply) => {
    const query = parseMessageQuery(request.query as Record<string, string>);
    if (!query) return refuse(reply, 400);
    const conversation = reach(request, query.conversationId);
    if (typeof conversation === 'number') return refuse(reply, conversation);
    return windowOf(now().messages(conversation.id), query);
  });

  app.get('/api/v1/conversations/:id/metadata', { config: { sandboxCall: 'metadata' } }, (request, reply) => {
    const conversation = reach(request, idOf(request));
    return typeof conversation === 'number' ? refuse(reply, conversation) : conversation.metadata;
  });

  app.get('/api/v1/clients/:id', { config: { sandboxCall: 'client' } }, (request, reply) => {
    const caller = callers.get(request);
    const id = idOf(request);
    // A client reads itself and nobody else; an agent reads none (letstalk.md).
    if (caller?.role !== 'client' || caller.id !== id) return refuse(reply, 403);
    return now().people.clients.find((client) => client.id === id) ?? refuse(reply, 404);
  });
}

function callerOf(authorization: string | undefined): Caller | undefined {
  const [scheme, encoded] = (authorization ?? '').split(' ');
  if (scheme?.toLowerCase() !== 'basic' || !encoded) return undefined;
  const credentials = Buffer.from(encoded, 'base64').toString();
  if (credentials === `${AGENT_KEY}:X`) return { role: 'agent', id: personIds.agent };
  if (credentials === `${CLIENT_KEY}:X`) return { role: 'client', id: personIds.client };
  return undefined;
}

function idOf(request: FastifyRequest): number | undefined {
  const { id } = request.params as { id: string };
  return /^\d{1,15}$/.test(id) ? Number(id) : undefined;
}

function refuse(reply: FastifyReply, status: number): FastifyReply {
  return reply.code(status).send(refusal(status));
}

const reasons: Readonly<Record<number, string>> = {
  400: 'Solicitud inválida.',
  401: 'Credenciales inválidas.',
  403: 'Bloqueo de IP o solicitud no autorizada.',
  404: 'El recurso referenciado no existe.',
  429: 'Demasiadas solicitudes.',
};

function refusal(status: number): unknown {
  return { error: reasons[status] ?? 'Error interno.' };
}
