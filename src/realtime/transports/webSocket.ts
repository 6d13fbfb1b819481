import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { ExecutionArgs, FormattedExecutionResult } from 'graphql';
import { GraphQLError, parse } from 'graphql';
import type { OperationResult, SubscribePayload } from 'graphql-ws';
import { GRAPHQL_TRANSPORT_WS_PROTOCOL, handleProtocols, makeServer } from 'graphql-ws';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import { ParleyError } from '../../messaging/errors.ts';
import type { FormattedError, Subscribe } from '../../messaging/subscribing.ts';
import type { Viewer } from '../../messaging/viewer.ts';
import { stopping, toFormattedError } from './formattedError.ts';
import type { CloseReason, TransportObserver } from './observer.ts';
import { NO_OBSERVER } from './observer.ts';
import type { OpenSubscription } from './openSubscription.ts';
import { openSubscription } from './openSubscription.ts';
import { checkIsSubscription } from './operationKind.ts';
import type { HeldConnection, SubscriptionLimits } from './subscriptionLimits.ts';
import { refuseUpgrade, takeUpgrades } from './upgrades.ts';
import { watchDrain } from './watchDrain.ts';

export interface WebSocketOptions {
  readonly subscribe: Subscribe;
  /** Tells who calls by the headers, among which what `connection_init` brought. Throws a `ParleyError`. */
  readonly authenticate: (headers: IncomingHttpHeaders) => Promise<Viewer>;
  /** Whether the page that asks, if it is one, may: browsers let every page open a WebSocket to everywhere. */
  readonly checkOrigin: (headers: IncomingHttpHeaders) => boolean;
  /** Throws a `ParleyError` while no more is taken on, or what asks is not answered at all. */
  readonly admit: (headers: IncomingHttpHeaders) => void;
  readonly limits: SubscriptionLimits;
  readonly observer?: TransportObserver;
  /** Told of each socket that no longer speaks HTTP. */
  readonly upgraded?: (socket: Duplex) => void;
  /** Headers of every refusal. */
  readonly answerHeaders?: OutgoingHttpHeaders;
  /** Milliseconds until `connection_init`. */
  readonly initTimeout?: number;
  /** Milliseconds that a client may take to agree that it is closed: until then it holds its place. */
  readonly closeTimeout?: number;
  /** Milliseconds between pings, and until one is answered; 0 for none. */
  readonly heartbeat?: number;
  /** Milliseconds that what is sent may wait to go out. */
  readonly drainTimeout?: number;
  /** The most subscriptions of a connection. */
  readonly maxSubscriptions?: number;
  /** The most bytes of a message from a client. */
  readonly maxPayload?: number;
}

export interface WebSocketTransport {
  /** Lets no more in, ends all subscriptions, and closes; cuts off what is left when the signal aborts. */
  close(signal: AbortSignal): Promise<void>;
}

/** A client, as graphql-ws hands it from one of its steps to the next. */
interface Connection {
  headers: IncomingHttpHeaders;
  viewer: Viewer | undefined;
  readonly held: HeldConnection;
  readonly subscriptions: Map<string, OpenSubscription>;
  readonly closed: boolean;
  refuse(code: number, words: string): void;
}

const PATH = '/graphql';
const DEFAULTS = {
  initTimeout: 3_000,
  closeTimeout: 3_000,
  heartbeat: 12_000,
  drainTimeout: 30_000,
  maxSubscriptions: 100,
  maxPayload: 256 * 1024,
};

/**
 * GraphQL over WebSocket (`graphql-transport-ws`) on `/graphql`, for subscriptions. The protocol is graphql-ws's; who gets in, how
 * much is held for them, and when they are cut off, is decided here.
 */
export function addWebSocketTransport(app: FastifyInstance, given: WebSocketOptions): WebSocketTransport {
  const options = { ...DEFAULTS, observer: NO_OBSERVER, answerHeaders: {}, ...given };
  const { limits, observer, answerHeaders } = options;
  let isClosing = false;
  const connections = new Set<LiveConnection>();
  const protocol = createProtocol(options, () => isClosing);
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: options.maxPayload,
    // Its types do not know of this one.
    ...{ closeTimeout: options.closeTimeout },
    handleProtocols,
  });
  sockets.on('wsClientError', (cause, socket) => {
    const malformed = new ParleyError('BAD_REQUEST', NO_HANDSHAKE, { cause });
    refuseUpgrade(socket, malformed, { ...answerHeaders, 'sec-websocket-version': '13' });
  });

  const endUpgrades = takeUpgrades(app.server, isMeant, (request, socket, head) => {
    // Node no longer listens for them.
    socket.on('error', ignore);
    try {
      const held = letIn(request);
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        socket.off('error', ignore);
        options.upgraded?.(socket);
        open(webSocket, request, held);
      });
      // What was no handshake after all has been answered by now.
      if (socket.writableEnded || socket.destroyed) held.release();
    } catch (error) {
      refuseUpgrade(socket, error, answerHeaders);
    }
  });

  return {
    async close(signal) {
      isClosing = true;
      const cut = () => {
        for (const connection of connections) connection.cut('stopped');
      };
      signal.addEventListener('abort', cut);
      if (signal.aborted) cut();
      await Promise.all([...connections].map((connection) => connection.end()));
      signal.removeEventListener('abort', cut);
      endUpgrades();
      sockets.close();
    },
  };

  function letIn({ headers }: IncomingMessage): HeldConnection {
    if (isClosing) throw stopping();
    options.admit(headers);
    if (!options.checkOrigin(headers)) throw new ParleyError('FORBIDDEN', STRANGE_ORIGIN);
    if (!handleProtocols(headers['sec-websocket-protocol'] ?? ''))
      throw new ParleyError('BAD_REQUEST', WRONG_PROTOCOL);
    return limits.connect();
  }

  function open(socket: WebSocket, request: IncomingMessage, held: HeldConnection): void {
    const connection = createConnection(socket, request.headers, { ...options, held, protocol });
    connections.add(connection);
    observer.opened('websocket');
    void connection.over.then((reason) => {
      connections.delete(connection);
      held.release();
      observer.closed('websocket', reason);
    });
  }
}

function isMeant({ method, url, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket' && url!.split('?', 1)[0] === PATH;
}

type Protocol = ReturnType<typeof makeServer<Record<string, unknown>, Connection>>;
type Settings = WebSocketOptions & typeof DEFAULTS & { readonly observer: TransportObserver };

/** graphql-ws, with `subscribe` in place of its own execution. */
function createProtocol(options: Settings, isClosing: () => boolean): Protocol {
  const { subscribe, authenticate, observer, initTimeout, maxSubscriptions } = options;
  return makeServer<Record<string, unknown>, Connection>({
    connectionInitWaitTimeout: initTimeout,
    async onConnect({ extra: connection, connectionParams }) {
      const headers = withCredentials(connection.headers, connectionParams);
      try {
        const viewer = await authenticate(headers);
        if (connection.closed) return false;
        connection.held.belongTo(viewer.id);
        Object.assign(connection, { viewer, headers });
        return true;
      } catch (error) {
        if (!(error instanceof ParleyError)) observer.failed?.('websocket', error);
        connection.refuse(...toClose(error));
        return false;
      }
    },
    async onSubscribe({ extra: connection }, id, payload) {
      try {
        checkRoom(connection, id, payload);
      } catch (error) {
        return [toGraphQLError(toFormattedError(error))];
      }
      return begin(connection, id, payload);
    },
    subscribe: ({ contextValue }) => contextValue as OperationResult,
    // It has been formatted, and goes out as it is.
    onNext: (_context, _id, _payload, _args, result) => result as FormattedExecutionResult,
  });

  function checkRoom({ subscriptions }: Connection, id: string, payload: SubscribePayload): void {
    if (isClosing()) throw stopping();
    checkIsSubscription(payload);
    // A client may have ended it, and it is not over yet.
    if (subscriptions.has(id)) throw new ParleyError('BAD_REQUEST', ID_IN_USE);
    if (subscriptions.size >= maxSubscriptions)
      throw new ParleyError('RATE_LIMITED', `A connection has at most ${maxSubscriptions} subscriptions.`);
  }

  async function begin(connection: Connection, id: string, payload: SubscribePayload) {
    const { subscriptions, headers, viewer } = connection;
    const subscription = openSubscription(payload, {
      ...{ subscribe, headers, viewer: viewer! },
      failed: (error) => observer.failed?.('websocket', error),
      over: () => subscriptions.delete(id),
    });
    subscriptions.set(id, subscription);
    if (connection.closed) subscription.leave();
    const { results, errors } = await subscription.begun;
    if (errors) return errors.map(toGraphQLError);
    // Of these, graphql-ws reads only that it is a subscription: executing it is not its affair.
    return { document: ANY_SUBSCRIPTION, contextValue: results } as unknown as ExecutionArgs;
  }
}

interface LiveConnection {
  /** Settles once it is closed. */
  readonly over: Promise<CloseReason>;
  /** Ends its subscriptions, and then itself. */
  end(): Promise<void>;
  cut(reason: CloseReason): void;
}

function createConnection(
  socket: WebSocket,
  headers: IncomingHttpHeaders,
  options: Settings & { readonly held: HeldConnection; readonly protocol: Protocol },
): LiveConnection {
  const { held, protocol, heartbeat, drainTimeout, maxSubscriptions } = options;
  const subscriptions = new Map<string, OpenSubscription>();
  /** Messages of the client that are not dealt with; a subscription is until its end. */
  const underWay = new Set<Promise<void>>();
  const mostWaiting = maxSubscriptions + SPARE;
  let reason: CloseReason | undefined;
  let isAlive = true;
  const drain = watchDrain(drainTimeout, () => cut('slow'));
  const connection: Connection = {
    ...{ headers, viewer: undefined, held, subscriptions },
    get closed() {
      return socket.readyState !== socket.OPEN;
    },
    refuse,
  };
  const over = new Promise<CloseReason>((resolve) => {
    socket.once('close', () => resolve(reason ?? 'left'));
  });

  const closed = protocol.opened(
    {
      protocol: GRAPHQL_TRANSPORT_WS_PROTOCOL,
      send,
      close: (code, words) => refuse(code!, words!),
      onMessage(receive) {
        socket.on('message', (data: Buffer, isBinary) => {
          isAlive = true;
          if (isBinary) {
            refuse(1003, 'Messages are text');
            return;
          }
          const handled: Promise<void> = receive(data.toString())
            // Such as a message that only servers send.
            .catch(() => refuse(4400, 'Invalid message received'))
            .finally(() => underWay.delete(handled));
          underWay.add(handled);
          // Who asks without listening is not heard until they do.
          if (drain.waiting > mostWaiting) socket.pause();
        });
      },
    },
    connection,
  );
  const beat = heartbeat > 0 ? setInterval(ping, heartbeat) : undefined;
  socket.on('pong', () => (isAlive = true));
  // It closes by itself, with the code that fits.
  socket.on('error', ignore);
  socket.once('close', (code, words) => {
    clearInterval(beat);
    drain.end();
    for (const subscription of subscriptions.values()) subscription.leave();
    void closed(code, words.toString());
  });
  return { over, end, cut };

  /** Settles once it has gone out; never, where it can't: what would be next waits until all is closed. */
  function send(data: string): Promise<void> {
    return new Promise((resolve) => {
      if (connection.closed) {
        void over.then(() => resolve());
        return;
      }
      drain.sent();
      socket.send(data, () => {
        drain.wentOut();
        if (socket.isPaused && drain.waiting <= mostWaiting) listenAgain();
        resolve();
      });
    });
  }

  function ping(): void {
    // Its pong would not be heard.
    if (socket.isPaused || connection.closed) return;
    if (!isAlive) {
      cut('silent');
      return;
    }
    isAlive = false;
    socket.ping();
  }

  function listenAgain(): void {
    isAlive = true;
    socket.resume();
  }

  function refuse(code: number, words: string): void {
    reason ??= 'refused';
    close(code, words);
  }

  function close(code: number, words: string): void {
    socket.close(code, words);
    for (const subscription of subscriptions.values()) subscription.leave();
    if (socket.isPaused) listenAgain();
  }

  function cut(why: CloseReason): void {
    reason ??= why;
    socket.terminate();
  }

  async function end(): Promise<void> {
    for (const subscription of subscriptions.values()) subscription.stop();
    await Promise.race([Promise.all(underWay), over]);
    reason ??= 'stopped';
    close(1001, 'Going away');
    await over;
  }
}

/** What browsers can't send as headers. */
function withCredentials(
  headers: IncomingHttpHeaders,
  payload: Readonly<Record<string, unknown>> = {},
): IncomingHttpHeaders {
  const authorization = payload['authorization'] ?? payload['Authorization'];
  const key = payload['x-api-key'] ?? payload['X-API-Key'];
  return {
    ...headers,
    ...(typeof authorization === 'string' && { authorization }),
    ...(typeof key === 'string' && { 'x-api-key': key }),
  };
}

function toClose(error: unknown): [code: number, words: string] {
  if (!(error instanceof ParleyError)) return [4500, 'Internal server error'];
  if (error.code === 'UNAUTHENTICATED') return [4401, 'Unauthorized'];
  if (error.code === 'FORBIDDEN') return [4403, 'Forbidden'];
  if (error.code === 'RATE_LIMITED') return [4429, 'Too many connections'];
  return error.retryable ? [1013, 'Try again later'] : [4500, 'Internal server error'];
}

/** It has been formatted, and goes out as it is. */
function toGraphQLError(error: FormattedError): GraphQLError {
  return Object.assign(new GraphQLError(error.message), { toJSON: () => error });
}

const ignore = () => undefined;

/** How many answers may wait to go out, beside one result of each subscription. */
const SPARE = 28;

const ANY_SUBSCRIPTION = parse('subscription { any }');

const NO_HANDSHAKE = 'This is no handshake for a WebSocket of version 13.';
const WRONG_PROTOCOL = `A WebSocket to /graphql names the sub-protocol ${GRAPHQL_TRANSPORT_WS_PROTOCOL}.`;
const STRANGE_ORIGIN =
  'Pages of this origin may not open a WebSocket here: CORS_ORIGINS names those that may.';
const ID_IN_USE = 'A subscription with this id is not over yet.';
