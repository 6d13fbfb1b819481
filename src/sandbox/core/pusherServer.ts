import { createHmac, randomInt, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { WebSocketServer, type WebSocket } from 'ws';
import { refuseUpgrade, type UpgradeHandler } from './listener.ts';

/** A server of the Pusher protocol, version 7, for one app: https://pusher.com/docs/channels/library_auth_reference/pusher-websockets-protocol */
export interface PusherServer {
  readonly upgrade: UpgradeHandler;
  /** What lets that connection into that channel. */
  readonly sign: (socketId: string, channel: string) => string;
  /** Sends to whoever is subscribed. Data that is no text is written as JSON, and as a text in either case. */
  readonly broadcast: (channel: string, event: string, data: unknown) => void;
  /** Sends a frame as it is to every connection. */
  readonly sendRaw: (frame: string) => void;
  /** The channels that somebody is subscribed to right now, sorted. */
  readonly subscriptions: () => string[];
  /** How many connections there are right now. */
  readonly connections: () => number;
  /** Ends every connection without a word, or by that close code, and refuses new ones (503) until `restore`. */
  readonly drop: (code?: number) => void;
  /** Takes connections again. */
  readonly restore: () => void;
  readonly close: () => void;
}

export interface PusherServerOptions {
  /** Public: it stands in the URL. */
  readonly key: string;
  readonly secret: string;
}

interface Connection {
  readonly socketId: string;
  readonly channels: Set<string>;
}

/** Seconds without a word after which a client is to ask whether the server is still there. */
const ACTIVITY_TIMEOUT = 120;

/** Bytes. */
const MAX_FRAME = 64 * 1024;

export function createPusherServer({ key, secret }: PusherServerOptions): PusherServer {
  const server = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME });
  const connections = new Map<WebSocket, Connection>();
  let refusing = false;

  return {
    upgrade(request, socket, head) {
      if (refusing) refuseUpgrade(socket, 503);
      else if (!pathOf(request).startsWith('/app/')) refuseUpgrade(socket, 404);
      else server.handleUpgrade(request, socket, head, (client) => welcome(client, request));
    },
    sign,
    broadcast(channel, event, data) {
      for (const [client, { channels }] of connections)
        if (channels.has(channel)) say(client, event, asText(data), channel);
    },
    sendRaw(frame) {
      for (const client of connections.keys()) client.send(frame);
    },
    subscriptions() {
      return [...new Set([...connections.values()].flatMap(({ channels }) => [...channels]))].sort();
    },
    connections: () => connections.size,
    drop(code) {
      refusing = true;
      for (const client of server.clients) {
        if (code === undefined) client.terminate();
        else client.close(code);
      }
      connections.clear();
    },
    restore() {
      refusing = false;
    },
    close() {
      refusing = true;
      for (const client of server.clients) client.terminate();
      server.close();
    },
  };

  function sign(socketId: string, channel: string): string {
    return `${key}:${createHmac('sha256', secret).update(`${socketId}:${channel}`).digest('hex')}`;
  }

  function welcome(client: WebSocket, request: IncomingMessage): void {
    client.on('error', () => undefined);
    const refusal = refusalOf(request);
    if (refusal) {
      const [code, message] = refusal;
      say(client, 'pusher:error', { code, message });
      client.close(code, message);
      return;
    }
    const connection: Connection = {
      socketId: `${randomInt(1, 1_000_000)}.${randomInt(1, 1_000_000_000)}`,
      channels: new Set(),
    };
    connections.set(client, connection);
    client.on('close', () => connections.delete(client));
    client.on('message', (data: Buffer) => hear(client, connection, data.toString()));
    const { socketId: socket_id } = connection;
    say(client, 'pusher:connection_established', asText({ socket_id, activity_timeout: ACTIVITY_TIMEOUT }));
  }

  function refusalOf(request: IncomingMessage): readonly [code: number, message: string] | undefined {
    if (pathOf(request) !== `/app/${key}`) return [4001, 'Application does not exist'];
    const protocol = new URLSearchParams(request.url?.split('?')[1]).get('protocol');
    if (protocol === null) return [4008, 'No protocol version supplied'];
    return protocol === '7' ? undefined : [4007, 'Unsupported protocol version'];
  }

  function hear(client: WebSocket, { socketId, channels }: Connection, frame: string): void {
    const { event, data } = parseFrame(frame);
    const channel = String(data['channel']);
    switch (event) {
      case 'pusher:ping':
        say(client, 'pusher:pong', {});
        break;
      case 'pusher:subscribe':
        if (channel.startsWith('private-') && !isSame(data['auth'], sign(socketId, channel))) {
          const message = `The connection is unauthorized to subscribe to ${channel}`;
          say(client, 'pusher:error', { code: 4009, message });
          break;
        }
        channels.add(channel);
        say(client, 'pusher_internal:subscription_succeeded', '{}', channel);
        break;
      case 'pusher:unsubscribe':
        channels.delete(channel);
        break;
    }
  }
}

function say(client: WebSocket, event: string, data: unknown, channel?: string): void {
  client.send(JSON.stringify({ event, data, ...(channel !== undefined && { channel }) }));
}

/** What a client says; nothing where that can't be read. */
function parseFrame(frame: string): { event?: unknown; data: Readonly<Record<string, unknown>> } {
  try {
    const { event, data } = JSON.parse(frame) as { event?: unknown; data?: Record<string, unknown> };
    return { event, data: data ?? {} };
  } catch {
    return { data: {} };
  }
}

function asText(data: unknown): string {
  return typeof data === 'string' ? data : JSON.stringify(data);
}

function isSame(given: unknown, expected: string): boolean {
  const [left, right] = [Buffer.from(String(given)), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? '/';
}
