import type { ApolloServer } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Abort } from './messaging/abort.ts';
import { createAbort } from './messaging/abort.ts';
import type { Authenticate } from './auth/authenticate.ts';
import type { GraphContext, GraphServices } from './graph/context.ts';
import { createContext } from './graph/context.ts';
import { checkNesting } from './graph/documentNesting.ts';
import { endOperationSpan } from './graph/operationSpan.ts';
import { createSafelist } from './graph/safelist.ts';
import { UNREADABLE } from './httpErrors.ts';
import { ParleyError } from './messaging/errors.ts';
import type { Tracing } from './observability/createTracing.ts';
import type { Overload } from './overload.ts';
import type { OperationReport } from './graph/operationReport.ts';
import type { RateLimit } from './messaging/rateLimit.ts';
import type { Registry } from './messaging/registry.ts';
import type { Viewer } from './messaging/viewer.ts';
import type { CallbackTransport } from './realtime/transports/callback.ts';
import { parseSubscriptionRequest } from './realtime/transports/parseSubscriptionRequest.ts';
import type { SseTransport } from './realtime/transports/sse.ts';
import { whenClosed } from './realtime/transports/whenClosed.ts';
import type { Answering } from './sharedAnswers.ts';
import { createSharedAnswers } from './sharedAnswers.ts';
import type { UploadLimits } from './uploads/incoming.ts';
import { hasPreflightHeader, isMultipart, parseMultipart, whenReceived } from './uploads/incoming.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls; there once the request may be read. */
    viewer: Viewer | null;
    /** Aborts when the caller is gone; there once the operation counts among those under way. */
    gone: AbortSignal | null;
    /** The body of a request of JSON, as it came. */
    bodyText: string | null;
    /** The operation that it asks for; there once that is begun. */
    answering: Answering | null;
    /** What answers in place of the graph, where the request subscribes; there once it may be answered. */
    subscribing: SseTransport | CallbackTransport | null;
  }
}

export interface GraphqlRouteOptions {
  readonly apollo: ApolloServer<GraphContext>;
  readonly services: GraphServices;
  readonly registry: Registry;
  readonly authenticate: Authenticate;
  /** How many operations a viewer may send; undefined for any number. */
  readonly operations: RateLimit | undefined;
  /** The only documents that are answered, by id; undefined for any. */
  readonly documents: ReadonlyMap<string, string> | undefined;
  readonly uploads: UploadLimits;
  /** The most tokens of a document. */
  readonly maxTokens: number;
  /** The operations under way, to be aborted when the server stops. */
  readonly inFlight: Set<Abort>;
  readonly overload: Overload;
  /** Milliseconds that all reads of an operation may take together. */
  readonly readTime: number;
  /** Told of each operation that has joined an equal one. */
  readonly shared: () => void;
  /** Told of what was answered without being executed. */
  readonly report: (report: OperationReport) => void;
  /** Undefined for none. */
  readonly tracing: Pick<Tracing, 'operation'> | undefined;
  /** Subscriptions whose events are the answer. */
  readonly sse?: SseTransport | undefined;
  /** Subscriptions whose events are sent to a router. */
  readonly callback?: CallbackTransport | undefined;
}

const GRAPHQL_PATH = '/graphql';

/**
 * `/graphql`. An upload passes, in this order: the header that no other site's page can make a browser send, authentication,
 * the limits, and only then the parser.
 */
export function addGraphqlRoute(app: FastifyInstance, options: GraphqlRouteOptions): void {
  const { apollo, services, registry, authenticate, operations, uploads, inFlight } = options;
  const { maxTokens, overload, readTime, tracing } = options;
  const admit = options.documents && createSafelist(options.documents);
  app.decorateRequest('viewer', null);
  app.decorateRequest('gone', null);
  app.decorateRequest('bodyText', null);
  app.decorateRequest('answering', null);
  app.decorateRequest('subscribing', null);
  // Read below, when the caller may be listened to.
  app.addContentTypeParser('multipart/form-data', (_request, _payload, done) => {
    done(null);
  });

  acceptUtf8Only(app);

  const answerOperation = fastifyApolloHandler(apollo, {
    context: (request, reply) => {
      const span = tracing?.operation(request.headers);
      const answering = request.answering!;
      const context = createContext({
        services,
        registry,
        viewer: request.viewer!,
        headers: request.headers,
        signal: answering.signal,
        ...{ span, readTime, watch: answering.watch },
        whenOver: (listener) => answering.whenOver(listener),
      });
      if (span) whenClosed(reply.raw, () => endOperationSpan(context, reply.raw.writableFinished));
      return Promise.resolve(context);
    },
  });

  const answers = createSharedAnswers({
    shares: tracing === undefined,
    ...{ shared: options.shared, report: options.report },
  });

  /** Connections on which events come: what is asked behind them would wait, and count, for as long as they do. */
  const streaming = new WeakSet<Socket>();

  app.route({
    url: GRAPHQL_PATH,
    method: ['GET', 'POST', 'OPTIONS'],
    async onRequest(request) {
      overload.check();
      const isUpload = isMultipart(request.headers);
      if (isUpload && !hasPreflightHeader(request.headers)) throw missingPreflightHeader();
      request.viewer = await authenticate(request.headers);
      await operations?.take(request.viewer.id);
    },
    preValidation(request, reply, done) {
      if (!isMultipart(request.headers)) {
        done();
        return;
      }
      parseMultipart(request.raw, reply.raw, uploads).then((body) => {
        request.body = body;
        done();
      }, done);
    },
    // A router makes documents of its own: which ones it takes from clients is for it to say.
    preHandler: (request, reply, done) => {
      const { socket } = request;
      if (streaming.has(socket)) throw new ParleyError('BAD_REQUEST', BEHIND_EVENTS);
      request.subscribing = subscribingOf(request, options);
      if (request.subscribing) {
        if (request.subscribing === options.sse) {
          streaming.add(socket);
          whenClosed(reply.raw, () => streaming.delete(socket));
        }
        // It lasts: it is none of the operations that are counted. Its document is checked where it begins.
        overload.check();
        done();
        return;
      }
      if (admit && !request.viewer!.viaRouter) {
        if (request.method === 'GET') request.raw.url = toUrl(admit(fromUrl(request.query)));
        else if (isObject(request.body)) request.body = admit(request.body);
      }
      const parameters = request.method === 'GET' ? request.query : request.body;
      if (isObject(parameters)) checkNesting(parameters['query'], maxTokens);
      // Once more: many may have come in together, and were all let in before any of them counted.
      overload.check();
      request.gone = whenGone(reply, inFlight);
      done();
    },
    onSend({ raw, gone }, reply, _payload, done) {
      if (raw.complete) {
        done();
        return;
      }
      // Who is told that Parley stops is not told later for sending slowly.
      const received = gone ? Promise.race([whenReceived(raw), whenAborted(gone)]) : whenReceived(raw);
      void received.then(() => {
        if (gone?.aborted && !raw.complete) void reply.header('connection', 'close');
        done();
      }, done);
    },
    async handler(request, reply) {
      const { subscribing } = request;
      if (subscribing) return serveEvents(subscribing, request, reply);
      await nextTurn();
      return answers.serve(request, reply, async (answering) => {
        request.answering = answering;
        return answerOperation.call(this, request, reply);
      });
    },
  });
}

async function serveEvents(
  transport: SseTransport | CallbackTransport,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { method, query, body, viewer } = request;
  const subscription = parseSubscriptionRequest(method === 'GET' ? query : body);
  await transport.serve(request, reply, subscription, viewer!);
  return reply;
}

/** Which transport a request means, if any: what can't bring events is an operation like any other. */
function subscribingOf(
  { method, headers, query, body }: FastifyRequest,
  { sse, callback }: GraphqlRouteOptions,
): SseTransport | CallbackTransport | null {
  if ((method !== 'GET' && method !== 'POST') || isMultipart(headers)) return null;
  if (callback && method === 'POST' && callback.wants(headers)) return callback;
  return sse?.wants(headers, method === 'GET' ? query : body) ? sse : null;
}

/** Reads JSON as Fastify does, but refuses bytes that are no UTF-8: what stood in for them would be sent to a customer. */
function acceptUtf8Only(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      request.bodyText = utf8.decode(body as Buffer);
      void parse(request, request.bodyText, done);
    } catch (cause) {
      done(new ParleyError('BAD_REQUEST', UNREADABLE, { cause }));
    }
  });
}

const BEHIND_EVENTS = 'Parley answers nothing else on this connection until its events have ended.';

function missingPreflightHeader(): ParleyError {
  return new ParleyError(
    'BAD_REQUEST',
    'An upload has the header "apollo-require-preflight: true", which keeps the forms of other sites out.',
  );
}

/** Aborts when the connection closes before the answer has gone out. */
function whenGone(reply: FastifyReply, inFlight: Set<Abort>): AbortSignal {
  const gone = createAbort();
  inFlight.add(gone);
  whenClosed(reply.raw, () => {
    inFlight.delete(gone);
    if (!reply.raw.writableFinished) gone.abort();
  });
  return gone.signal;
}

/**
 * Lets all requests that have come in together be read before the first is executed: they are then written, and their calls made, one
 * after the other, which takes the kernel and the processor's caches less.
 */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function isObject(body: unknown): body is Record<string, unknown> {
  return typeof body === 'object' && body !== null && !Array.isArray(body);
}

/** The address from which GraphQL reads a request without a body. */
function toUrl(parameters: Readonly<Record<string, unknown>>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined) search.append(name, typeof value === 'string' ? value : JSON.stringify(value));
  return `${GRAPHQL_PATH}?${search.toString()}`;
}

/** In an address, extensions are JSON. Where they are none, GraphQL says so. */
function fromUrl(query: unknown): Record<string, unknown> {
  const parameters = query as Record<string, unknown>;
  if (typeof parameters['extensions'] !== 'string') return parameters;
  try {
    return { ...parameters, extensions: JSON.parse(parameters['extensions']) as unknown };
  } catch {
    return parameters;
  }
}
