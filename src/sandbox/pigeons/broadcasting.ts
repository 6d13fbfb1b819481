import type { FastifyInstance, FastifyRequest } from 'fastify';
import { acceptBodies } from '../core/bodies.ts';
import { createPusherServer, type PusherServer } from '../core/pusherServer.ts';
import { refuse, refuseFields, type Problems } from './answers.ts';
import type { PigeonsUser } from './rows.ts';
import type { PigeonsState } from './state.ts';

/** Pigeons' live half, for tests. */
export interface PigeonsLive {
  /** The app's key: it stands in the URL, and is no secret. */
  readonly key: string;
  /** Where the WebSocket is, such as `ws://127.0.0.1:41234`; `/app/{key}` is appended to it. */
  readonly url: string;
  /** Ends every connection at once, or by that close code, and refuses new ones until `restore`. */
  readonly drop: (code?: number) => void;
  readonly restore: () => void;
  /** Sends whatever a test likes to whoever listens to the conversation. */
  readonly broadcast: (conversationUuid: string, event: string, data: unknown) => void;
  /** Sends a frame as it is to every connection. */
  readonly sendRaw: (frame: string) => void;
  /** The channels that somebody is subscribed to right now, sorted. */
  readonly subscriptions: () => string[];
  /** How many connections there are right now. */
  readonly connections: () => number;
}

export interface PigeonsBroadcasting {
  readonly live: PigeonsLive;
  readonly server: PusherServer;
}

const KEY = 'pigeons-sandbox-live-key';
const CHANNEL = 'private-conversation.';

/** The live half at the address where the HTTP half is. */
export function createPigeonsBroadcasting(url: string): PigeonsBroadcasting {
  const server = createPusherServer({ key: KEY, secret: 'pigeons-sandbox-live-secret' });
  const { drop, restore, sendRaw, subscriptions, connections } = server;
  return {
    server,
    live: {
      key: KEY,
      url: url.replace(/^http/, 'ws'),
      broadcast: (uuid, event, data) => server.broadcast(CHANNEL + uuid, event, data),
      ...{ drop, restore, sendRaw, subscriptions, connections },
    },
  };
}

export interface BroadcastingRoutes {
  readonly now: () => PigeonsState;
  readonly callerOf: (request: FastifyRequest) => PigeonsUser;
  readonly sign: PusherServer['sign'];
}

/** `POST /broadcasting/auth` at the host's root: signs for a channel that the caller may listen to. */
export function addBroadcastingRoutes(
  app: FastifyInstance,
  { now, callerOf, sign }: BroadcastingRoutes,
): void {
  // Registered and not called: the other calls take no forms.
  app.register((scope, _options, done) => {
    acceptBodies(scope, ['json', 'form']);
    scope.post('/broadcasting/auth', { config: { sandboxCall: 'broadcastingAuth' } }, (request, reply) => {
      const { channel_name: channel, socket_id: socketId } = fieldsOf(request.body);
      const problems: Problems = {
        ...(typeof channel !== 'string' && { channel_name: 'required' }),
        ...((typeof socketId !== 'string' || !/^\d+\.\d+$/.test(socketId)) && { socket_id: 'invalid' }),
      };
      if (Object.keys(problems).length > 0) return refuseFields(request, reply, problems);
      const name = channel as string;
      const conversation = name.startsWith(CHANNEL) && now().conversation(name.slice(CHANNEL.length));
      // Of what it does not know it says the same as of what is not for the caller.
      const { uuid } = callerOf(request);
      if (!conversation || !conversation.participants.some((participant) => participant.uuid === uuid))
        return refuse(request, reply, 403);
      return { auth: sign(socketId as string, name) };
    });
    done();
  });
}

function fieldsOf(body: unknown): Readonly<Record<string, unknown>> {
  if (body instanceof URLSearchParams) return Object.fromEntries(body);
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
}
