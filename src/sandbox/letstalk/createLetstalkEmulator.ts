import type { FastifyInstance } from 'fastify';
import { defaultAvatar } from '../content/files.ts';
import { createFileStore } from '../content/fileStore.ts';
import { createEmulatorApp } from '../core/emulatorApp.ts';
import { createSeeded } from '../core/createSeeded.ts';
import type { Emulator, MountedEmulator } from '../core/Emulator.ts';
import type { ReceivedFile } from '../core/multipart.ts';
import { channelOf } from './announcing.ts';
import { addAccess, AGENT_KEY, CLIENT_KEY, type Access } from './access.ts';
import { idOf, refusal, refuse } from './answers.ts';
import { createLetstalkLive, type LetstalkLive } from './live.ts';
import { createLetstalkOrganisation } from './organisation.ts';
import { personIds } from './people.ts';
import type { LetstalkState } from './state.ts';
import { storedAtLetstalk, type LetstalkStored } from './stored.ts';
import { parseMessageQuery, windowOf } from './window.ts';
import { addLetstalkWriteRoutes } from './writeRoutes.ts';

/** Letstalk with one organisation, one agent's key and one client's key (letstalk.md). */
export interface LetstalkEmulator
  extends Emulator, Omit<LetstalkState, 'people' | 'conversation' | 'setMetadata'> {
  /** Goes into `Basic base64("<key>:X")`; reaches every conversation. */
  readonly agentKey: string;
  readonly agentId: number;
  /** Reaches the conversations of its client only. */
  readonly clientKey: string;
  readonly clientId: number;
  /** What was sent as `media`, by message id. */
  files(): ReadonlyMap<number, ReceivedFile>;
  /** What clients wrote over HTTP. */
  stored(): LetstalkStored;
  /** Where it tells what happens, of its own accord. */
  readonly live: LetstalkLive;
}

const readCalls = ['messages', 'metadata', 'client'];
const writeCalls = ['sendMessage', 'startConversation', 'closeConversation', 'setMetadata'];
const DEFAULT_AVATAR = '/assets/default-avatar.gif';

/**
 * An emulator at `url`, with the seed. Internal notes go to both keys, because letstalk.md does not say that the provider hides
 * them.
 */
export async function createLetstalkEmulator(url: string): Promise<MountedEmulator<LetstalkEmulator>> {
  const store = createFileStore('letstalk', url, { [DEFAULT_AVATAR]: defaultAvatar });
  const events = createLetstalkLive({ url, channelsOf, defaultChannel: channelOf.agent(personIds.agent) });
  const { live } = events;
  const seeded = createSeeded(() =>
    createLetstalkOrganisation(store, `${url}${DEFAULT_AVATAR}`, live.publish),
  );
  const now = (): LetstalkState => seeded.now().state;
  const app = await createEmulatorApp({
    url,
    calls: [...readCalls, ...writeCalls],
    files: store.files,
    bodies: ['json', 'multipart'],
    refusal,
    routes(scope) {
      const access = addAccess(scope, now);
      addReadRoutes(scope, now, access);
      addLetstalkWriteRoutes(scope, seeded.change, access);
    },
  });
  const emulator: LetstalkEmulator = {
    ...app.emulator,
    agentKey: AGENT_KEY,
    agentId: personIds.agent,
    clientKey: CLIENT_KEY,
    clientId: personIds.client,
    conversations: () => now().conversations(),
    // A copy: what a test has read must not change under it.
    messages: (id) => [...now().messages(id)],
    addConversation: (partial) => seeded.change().state.addConversation(partial),
    addMessage: (id, partial) => seeded.change().state.addMessage(id, partial),
    files: () => new Map(seeded.now().files),
    stored: () => storedAtLetstalk(seeded.now()),
    live,
  };
  return {
    emulator,
    prefixes: ['/api/v1/', '/files/letstalk/', '/avatars/letstalk/', DEFAULT_AVATAR, ...events.prefixes],
    handle(request, response) {
      const isEvents = events.prefixes.some((prefix) => request.url?.startsWith(prefix));
      (isEvents ? events : app).handle(request, response);
    },
    async close() {
      events.close();
      await app.close();
    },
    reset() {
      seeded.reset();
      events.reset();
      emulator.clearFaults();
      emulator.clearRequests();
    },
  };
}

/** The channels of a key's owner: what happens to them, and that they are there. */
function channelsOf(authKey: string): readonly string[] {
  const { agent, client } = personIds;
  if (authKey === AGENT_KEY) return [channelOf.agent(agent), `presence.user-${agent}`];
  return authKey === CLIENT_KEY ? [channelOf.client(client), `presence.client-${client}`] : [];
}

function addReadRoutes(app: FastifyInstance, now: () => LetstalkState, { callerOf, reach }: Access): void {
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
    const caller = callerOf(request);
    const id = idOf(request);
    // A client reads itself and nobody else; an agent reads none (letstalk.md).
    if (caller.role !== 'client' || caller.id !== id) return refuse(reply, 403);
    return now().people.clients.find((client) => client.id === id) ?? refuse(reply, 404);
  });
}
