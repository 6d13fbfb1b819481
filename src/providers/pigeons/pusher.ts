import pusherJs from 'pusher-js';
import { createChannelSignatures } from './channelSignatures.ts';
import { createPusherSocket, UNREADABLE, type PusherSocket } from './pusherSocket.ts';

// What Node gives as the default of this CommonJS package is the class itself; its types speak of a module.
const Pusher = pusherJs as unknown as typeof pusherJs.default;

// For all connections of the process: pusher-js has no option for it.
Pusher.Runtime.createWebSocket = createPusherSocket;

export interface PusherOptions {
  readonly key: string;
  /** Where the WebSocket is, without `/app/{key}`. */
  readonly url: string;
  /** Gets the signature that lets this connection into a private channel. */
  readonly sign: (channel: string, socketId: string) => Promise<string>;
  /** Told of an event on a channel; data that was the text of some JSON is parsed. */
  readonly event: (channel: string, name: string, data: unknown) => void;
  /** Told of a frame that is no event. */
  readonly unreadable: () => void;
  /** The connection is there, and its channels have begun: whoever reads now what was missed misses nothing any more. */
  readonly connected: () => void;
  /** A channel has begun later than that. */
  readonly began: (channel: string) => void;
  readonly disconnected: (reason: string) => void;
  /** Milliseconds without a connection after which everything begins anew. */
  readonly patience?: number;
}

/** A connection that comes back by itself, until it is closed. */
export interface PusherConnection {
  /** How many channels there are. */
  readonly size: number;
  has(channel: string): boolean;
  /** From now on, and after each reconnection. */
  subscribe(channel: string): void;
  close(): Promise<void>;
}

/**
 * Longer than pusher-js needs for its first attempts, which come after 0, 15 and 45 seconds. It gives up for good where a server says
 * that the key is wrong, the app disabled or its quota used up, and waits for ever after a greeting that it can't read.
 */
const PATIENCE = 60_000;

/** Milliseconds that subscribing may hold up the news of a connection. */
const MOST_SUBSCRIBING = 10_000;

/** Opens a connection to a server of the Pusher protocol, for private channels. */
export function openPusher(options: PusherOptions): PusherConnection {
  const { patience = PATIENCE } = options;
  const channels = new Set<string>();
  const awaited = new Set<string>();
  let told: 'up' | 'down' | undefined;
  let closed = false;
  let code: number | undefined;
  let subscribing: NodeJS.Timeout | undefined;
  let renewing: NodeJS.Timeout | undefined;

  const pusher = new Pusher(options.key, {
    ...toAddress(options.url),
    // Required, and of no account with an address.
    cluster: '',
    // Neither HTTP instead of a WebSocket, nor TLS where the address says none, nor the other way round.
    enabledTransports: ['ws'],
    enableStats: false,
    channelAuthorization: {
      customHandler: ({ channelName, socketId }, callback) => signatures.ask(channelName, socketId, callback),
    },
  });
  forgetAtPusher(pusher);
  const { connection } = pusher;
  const signatures = createChannelSignatures({
    sign: options.sign,
    isCurrent: (socketId) => !closed && connection.state === 'connected' && connection.socket_id === socketId,
    again: (late) => late.forEach((channel) => pusher.subscribe(channel)),
  });
  connection.bind('state_change', ({ previous, current }: { previous: string; current: string }) => {
    if (closed) return;
    if (current === 'connected') up();
    else down(previous === 'connected', current);
  });
  connection.bind('error', hearError);
  awaitConnection();

  return {
    get size() {
      return channels.size;
    },
    has: (channel) => channels.has(channel),
    subscribe(channel) {
      if (closed || channels.has(channel)) return;
      channels.add(channel);
      pusher.subscribe(channel).bind_global((name: string, data: unknown) => hear(channel, name, data));
    },
    async close() {
      if (closed) return;
      closed = true;
      clearTimeout(subscribing);
      clearTimeout(renewing);
      signatures.drop();
      const { socket } = (connection.connection as typeof connection.connection | null)?.transport ?? {};
      pusher.disconnect();
      await (socket as PusherSocket | undefined)?.ended;
    },
  };

  function up(): void {
    clearTimeout(renewing);
    renewing = undefined;
    code = undefined;
    for (const channel of channels) awaited.add(channel);
    if (awaited.size === 0) tellUp();
    else subscribing = setTimeout(tellUp, MOST_SUBSCRIBING);
  }

  function tellUp(): void {
    clearTimeout(subscribing);
    awaited.clear();
    told = 'up';
    options.connected();
  }

  function down(wasThere: boolean, state: string): void {
    awaitConnection();
    clearTimeout(subscribing);
    awaited.clear();
    signatures.drop();
    // Still trying for the first time.
    if (told === 'down' || (!wasThere && state === 'connecting')) return;
    told = 'down';
    const how = wasThere ? 'the connection was lost' : 'no connection comes about';
    options.disconnected(code === undefined ? how : `${how} (code ${code})`);
  }

  function awaitConnection(): void {
    // Not all at once, after an outage that has hit everybody.
    renewing ??= setTimeout(renew, patience * (0.75 + Math.random() / 2));
  }

  function renew(): void {
    renewing = undefined;
    pusher.disconnect();
    pusher.connect();
    awaitConnection();
  }

  function hear(channel: string, name: string, data: unknown): void {
    if (closed) return;
    switch (name) {
      case 'pusher:subscription_succeeded':
        if (told === 'up') options.began(channel);
        settle(channel);
        break;
      case 'pusher:subscription_error':
        settle(channel);
        break;
      default:
        if (!name.startsWith('pusher:')) options.event(channel, name, data);
    }
  }

  function settle(channel: string): void {
    if (awaited.delete(channel) && awaited.size === 0) tellUp();
  }

  function hearError(error: unknown): void {
    if (closed) return;
    const { type, error: cause, data } = (error ?? {}) as PusherFailure;
    if (type === 'MessageParseError' || cause === UNREADABLE) options.unreadable();
    // Only the code: what a server says besides is not for our log.
    const given = data?.code ?? (cause as PusherFailure | undefined)?.data?.code;
    if (typeof given === 'number') code = given;
  }
}

/** What pusher-js gives as an error; one before the greeting stands in another one. */
interface PusherFailure {
  readonly type?: string;
  readonly error?: unknown;
  readonly data?: { readonly code?: unknown } | null;
}

// It keeps every connection that there ever was, to connect those that were made before a page was there, and to tell them of the
// network, which does not exist on Node.
function forgetAtPusher(pusher: InstanceType<typeof Pusher>): void {
  const place = Pusher.instances.indexOf(pusher);
  if (place >= 0) Pusher.instances.splice(place, 1);
  Pusher.Runtime.getNetwork().unbind();
}

function toAddress(url: string) {
  const { protocol, hostname, port, pathname } = new URL(url);
  const forceTLS = protocol === 'wss:';
  return {
    forceTLS,
    wsHost: hostname,
    ...(port !== '' && { [forceTLS ? 'wssPort' : 'wsPort']: Number(port) }),
    wsPath: pathname.replace(/\/+$/, ''),
  };
}
