import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { GraphQLError, GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import type { Authenticate } from './auth/authenticate.ts';
import type { Config } from './config/index.ts';
import type { GraphServices } from './graph/context.ts';
import type { Execute } from './graph/createExecute.ts';
import { createContext } from './graph/context.ts';
import { createDocumentLimits } from './graph/documentLimits.ts';
import { createErrorFormatter } from './graph/errors.ts';
import type { OperationReport } from './graph/operationReport.ts';
import { createSafelist } from './graph/safelist.ts';
import { createSubscribe } from './graph/subscribe.ts';
import { strangeName } from './browserSafety.ts';
import type { RateLimit } from './messaging/rateLimit.ts';
import type { Registry } from './messaging/registry.ts';
import type { Subscribe } from './messaging/subscribing.ts';
import type { EventObserver } from './observability/eventMetrics.ts';
import type { Overload } from './overload.ts';
import type { CallbackTransport } from './realtime/transports/callback.ts';
import { createCallbackTransport } from './realtime/transports/callback.ts';
import type { SseTransport } from './realtime/transports/sse.ts';
import { toFormattedError } from './realtime/transports/formattedError.ts';
import { createSseTransport } from './realtime/transports/sse.ts';
import { createSubscriptionLimits } from './realtime/transports/subscriptionLimits.ts';
import { addWebSocketTransport } from './realtime/transports/webSocket.ts';
import { SECURITY_HEADERS } from './securityHeaders.ts';

/** The ways by which clients are told what happens. */
export interface Subscriptions {
  readonly sse: SseTransport;
  readonly callback: CallbackTransport;
  /** Tells all subscribers that Parley stops, and lets go of those that have not taken it in by then. */
  close(patience: number): Promise<void>;
}

export interface SubscriptionsOptions {
  readonly config: Config;
  readonly schema: GraphQLSchema;
  readonly execute: Execute;
  readonly registry: Registry;
  readonly services: GraphServices;
  readonly authenticate: Authenticate;
  readonly operations: RateLimit | undefined;
  readonly overload: Overload;
  readonly hostNames: ReadonlySet<string> | undefined;
  readonly report: (report: OperationReport) => void;
  readonly observer: EventObserver;
  readonly log: Logger;
}

export function openSubscriptions(app: FastifyInstance, options: SubscriptionsOptions): Subscriptions {
  const { config, authenticate, operations, overload, observer, log } = options;
  const { maxConnections, maxViewerConnections, maxConnectionSubscriptions, heartbeat, callbackHosts } =
    config.events;
  const subscribe = subscribeWith(options);
  const limits = createSubscriptionLimits({
    connections: maxConnections,
    connectionsPerViewer: maxViewerConnections,
  });
  const told = {
    opened: (transport: string) => observer.opened(transport),
    closed: (transport: string, reason: string) => observer.closed(transport, reason),
    failed: (transport: string, error: unknown) => log.error({ transport, err: error }, 'internal error'),
  };
  const common = { subscribe, limits, observer: told };
  const checkOrigin = originsOf(config);
  const webSocket = addWebSocketTransport(app, {
    ...common,
    // What comes by HTTP has been counted already.
    subscribe: limited(subscribe, operations),
    ...{ authenticate, heartbeat, maxSubscriptions: maxConnectionSubscriptions },
    checkOrigin,
    admit(headers) {
      overload.check();
      checkHost(headers, options.hostNames);
    },
    answerHeaders: SECURITY_HEADERS,
  });
  const sse = createSseTransport({ ...common, checkOrigin, heartbeat });
  const callback = createCallbackTransport({
    ...common,
    hosts: callbackHosts,
    // A router has one for each of its clients' subscriptions.
    limits: createSubscriptionLimits({ connections: maxConnections, connectionsPerViewer: maxConnections }),
  });
  return {
    ...{ sse, callback },
    async close(patience) {
      const signal = AbortSignal.timeout(Math.max(1, Math.ceil(patience)));
      await Promise.all([webSocket, sse, callback].map((transport) => transport.close(signal)));
    },
  };
}

function subscribeWith(options: SubscriptionsOptions): Subscribe {
  const { config, schema, execute, registry, services, report, log } = options;
  const { limits, persistedOperations } = config;
  const format = createErrorFormatter(log);
  return createSubscribe({
    ...{
      schema,
      execute,
      report,
      rules: createDocumentLimits(limits),
      maxTokens: limits.maxTokens,
      maxCost: limits.maxCost,
    },
    admit:
      persistedOperations.kind === 'safelist' ? createSafelist(persistedOperations.documents) : undefined,
    contextFor: ({ viewer, headers, signal }, whenOver) =>
      createContext({
        services,
        registry,
        viewer,
        headers,
        signal,
        whenOver,
        span: undefined,
        readTime: config.operationTimeout,
      }),
    format: (error: GraphQLError) => format(error.toJSON(), error),
  });
}

/** Each subscription counts as an operation of its viewer. */
function limited(subscribe: Subscribe, operations: RateLimit | undefined): Subscribe {
  if (!operations) return subscribe;
  return async (request, subscriber) => {
    try {
      await operations.take(subscriber.viewer.id);
    } catch (error) {
      return { errors: [toFormattedError(error)] };
    }
    return subscribe(request, subscriber);
  };
}

/**
 * Pages of other origins are let in where CORS lets them in. What is no browser names none; a page names none where it does not
 * want to read the answer, as nobody does who listens.
 */
function originsOf({ corsOrigins, publicUrl }: Config): (headers: IncomingHttpHeaders) => boolean {
  const allowed = new Set(corsOrigins);
  return ({ origin, host, 'sec-fetch-mode': mode }) => {
    if (origin === undefined) return mode !== 'no-cors';
    if (allowed.has(origin)) return true;
    const own = [
      `http://${host}`,
      `https://${host}`,
      ...(publicUrl === undefined ? [] : [new URL(publicUrl).origin]),
    ];
    return own.includes(origin);
  };
}

/** As for all other requests: a page whose own name leads to this machine is of no other origin. */
function checkHost({ host }: IncomingHttpHeaders, hostNames: ReadonlySet<string> | undefined): void {
  if (!hostNames) return;
  const name = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : '';
  if (!hostNames.has(name.toLowerCase())) throw strangeName();
}
