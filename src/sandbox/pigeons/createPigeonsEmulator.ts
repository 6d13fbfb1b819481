import type { FastifyInstance, FastifyRequest } from 'fastify';
import { createFileStore } from '../content/fileStore.ts';
import { createEmulatorApp } from '../core/emulatorApp.ts';
import { createSeeded } from '../core/createSeeded.ts';
import type { Emulator, MountedEmulator } from '../core/Emulator.ts';
import { refusal, refuse } from './answers.ts';
import { addBroadcastingRoutes, createPigeonsBroadcasting, type PigeonsLive } from './broadcasting.ts';
import { createPigeonsPlatform } from './platform.ts';
import type { PigeonsConversationRow, PigeonsUser } from './rows.ts';
import type { PigeonsState } from './state.ts';
import { storedAtPigeons, type PigeonsStored } from './stored.ts';
import { addPigeonsWriteRoutes } from './writeRoutes.ts';

/** Pigeons with one platform and several users (pigeons.md). */
export interface PigeonsEmulator
  extends Emulator, Omit<PigeonsState, 'conversation' | 'message' | 'markRead' | 'addReaction'> {
  /** Goes into `X-PUBLIC-KEY`. */
  readonly publicKey: string;
  /** The main user: takes part in nearly all conversations of the seed. */
  readonly user: PigeonsUser;
  /** Where it tells what happens, to whoever listens. */
  readonly live: PigeonsLive;
  /** What clients wrote over HTTP. */
  stored(): PigeonsStored;
}

const PUBLIC_KEY = 'pigeons-sandbox-public-key';
const readCalls = ['conversations', 'messages', 'broadcastingAuth'];
const writeCalls = ['startConversation', 'sendMessage', 'markRead', 'addReaction'];

/** An emulator at `url`, with the seed. */
export async function createPigeonsEmulator(url: string): Promise<MountedEmulator<PigeonsEmulator>> {
  const store = createFileStore('pigeons', url);
  const { live, server } = createPigeonsBroadcasting(url);
  const seeded = createSeeded(() => createPigeonsPlatform(store, PUBLIC_KEY, live.broadcast));
  const now = (): PigeonsState => seeded.now().state;
  const { users } = now();
  const app = await createEmulatorApp({
    url,
    calls: [...readCalls, ...writeCalls],
    files: store.files,
    bodies: ['json'],
    refusal,
    routes(scope) {
      const callerOf = addCredentials(scope, users);
      addReadRoutes(scope, now, callerOf);
      addPigeonsWriteRoutes(scope, { change: seeded.change, callerOf });
      addBroadcastingRoutes(scope, { now, callerOf, sign: server.sign });
    },
  });
  const emulator: PigeonsEmulator = {
    ...app.emulator,
    publicKey: PUBLIC_KEY,
    live,
    users,
    user: users[0]!,
    conversations: () => now().conversations(),
    // A copy: what a test has read must not change under it.
    messages: (uuid) => [...now().messages(uuid)],
    addConversation: (partial) => seeded.change().state.addConversation(partial),
    addMessage: (uuid, partial) => seeded.change().state.addMessage(uuid, partial),
    stored: () => storedAtPigeons(seeded.now()),
  };
  return {
    ...app,
    emulator,
    prefixes: ['/api/v1/pigeons/', '/files/pigeons/', '/avatars/pigeons/', '/broadcasting/', '/app/'],
    upgrade: server.upgrade,
    reset() {
      live.restore();
      seeded.reset();
      emulator.clearFaults();
      emulator.clearRequests();
    },
    async close() {
      server.close();
      await app.close();
    },
  };
}

/** Refuses requests without credentials; answers the user of the others. */
function addCredentials(
  app: FastifyInstance,
  users: readonly PigeonsUser[],
): (request: FastifyRequest) => PigeonsUser {
  const callers = new WeakMap<FastifyRequest, PigeonsUser>();

  app.addHook('onRequest', async (request, reply) => {
    const { authorization, 'x-public-key': key } = request.headers;
    const user = users.find(({ token }) => authorization === `Bearer ${token}`);
    if (!user || key !== PUBLIC_KEY) return refuse(request, reply, 401);
    callers.set(request, user);
    return undefined;
  });
  return (request) => callers.get(request)!;
}

function addReadRoutes(
  app: FastifyInstance,
  now: () => PigeonsState,
  callerOf: (request: FastifyRequest) => PigeonsUser,
): void {
  const base = '/api/v1/pigeons/chat/conversations';

  app.get(base, { config: { sandboxCall: 'conversations' } }, (request) => {
    const caller = callerOf(request);
    const own = now()
      .conversations()
      .filter((conversation) => takesPart(conversation, caller));
    return { data: own.toSorted(newestFirst) };
  });

  app.get(`${base}/:uuid/messages`, { config: { sandboxCall: 'messages' } }, (request, reply) => {
    const { uuid } = request.params as { uuid: string };
    const found = now().conversation(uuid);
    if (!found) return refuse(request, reply, 404);
    if (!takesPart(found, callerOf(request))) return refuse(request, reply, 403);
    const { participants: _hidden, ...conversation } = found;
    return { data: shuffled(now().messages(uuid)), conversation };
  });
}

function takesPart(conversation: PigeonsConversationRow, user: PigeonsUser): boolean {
  return conversation.participants.some(({ uuid }) => uuid === user.uuid);
}

/** By `last_message_at`; those without a message come last, as NULLs do in the provider's descending order. */
function newestFirst(a: PigeonsConversationRow, b: PigeonsConversationRow): number {
  return (Date.parse(b.last_message_at ?? '') || 0) - (Date.parse(a.last_message_at ?? '') || 0);
}

/** The order of messages is not documented (pigeons.md), so it is never that of time: odd places first, then the even ones. */
function shuffled<Row>(rows: readonly Row[]): Row[] {
  return [...rows.filter((_, place) => place % 2 === 1), ...rows.filter((_, place) => place % 2 === 0)];
}
