import type { FastifyInstance } from 'fastify';
import { fastify } from 'fastify';
import { pino } from 'pino';
import type { Logger } from 'pino';
import type { Abort } from './messaging/abort.ts';
import { openAccounts, sandboxAccounts } from './accounts.ts';
import { createApollo } from './apollo.ts';
import { createAuthenticate } from './auth/authenticate.ts';
import { addBrowserSafety } from './browserSafety.ts';
import type { CallLimits } from './callLimits.ts';
import { callLimitsOf } from './callLimits.ts';
import type { AccountConfig } from './config/accounts.ts';
import type { Config } from './config/index.ts';
import type { EventTimes } from './eventing.ts';
import { addWebhooks, openEvents, registerSandboxWebhooks } from './eventing.ts';
import { addExplorer } from './explorer/addExplorer.ts';
import type { OperationReport } from './graph/operationReport.ts';
import { createExecute } from './graph/createExecute.ts';
import { createSchema } from './graph/schema.ts';
import { EXAMPLE_OPERATIONS } from './graph/exampleOperations.ts';
import { addGraphqlRoute } from './graphqlRoute.ts';
import type { Health, Stage } from './health.ts';
import { healthOf } from './health.ts';
import { answerBadPath, answerClientError, answerErrorsAsGraphQL, answerExpectation } from './httpErrors.ts';
import { isLoopback } from './isLoopback.ts';
import { limitArrival } from './limitArrival.ts';
import { createLog } from './observability/createLog.ts';
import { createMetrics } from './observability/createMetrics.ts';
import { ParleyError } from './messaging/errors.ts';
import { loggable } from './messaging/loggable.ts';
import { logOperation } from './observability/logOperation.ts';
import { createTracing } from './observability/createTracing.ts';
import { secretsOf } from './observability/secretsOf.ts';
import type { Account } from './messaging/registry.ts';
import { noticingRegistry } from './messaging/registry.ts';
import { watchOverload } from './overload.ts';
import { startSandbox } from './sandbox/index.ts';
import { openSubscriptions } from './subscriptions.ts';
import { createShutdown } from './shutdown.ts';
import { openStores } from './stores.ts';
import { trackConnections } from './trackConnections.ts';
import { fileUrl } from './uploads/fileUrl.ts';
import { DEFAULT_UPLOAD_LIMITS } from './uploads/incoming.ts';
import { addFileRoute } from './uploads/serveFile.ts';
import { openWriting } from './writing.ts';

/** Everything wired. It does not listen until told. */
export interface ParleyServer {
  readonly accounts: readonly Account[];
  /** Whether the accounts are those of the embedded sandbox. */
  readonly onSandbox: boolean;
  /** Where the metrics are, once it listens; undefined for nowhere. */
  readonly metricsUrl: string | undefined;
  /** Starts to listen; gives the server's base URL. */
  listen(): Promise<string>;
  /** Stops listening, lets what is in flight finish, and closes every connection. */
  close(): Promise<void>;
}

export interface ServerOptions {
  /** Changes to the deadlines and caps of calls to providers. */
  readonly callLimits?: Partial<CallLimits>;
  /** How long things about events take, for tests. */
  readonly eventTimes?: Partial<EventTimes>;
  /** How often an operation is executed before code is made for it. */
  readonly compileAfter?: number | undefined;
  /** Where log lines go; standard error when absent. */
  readonly log?: Logger;
}

export async function createServer(config: Config, options: ServerOptions = {}): Promise<ParleyServer> {
  const log = options.log ?? openLog(config);
  const sandbox = config.accounts ? undefined : await startSandbox();
  const accounts = config.accounts ?? sandboxAccounts(sandbox!);
  const limitsOf = (account: AccountConfig) => callLimitsOf(account, config, options.callLimits);
  const shutdown = createShutdown(config.shutdownGrace);
  const metrics = createMetrics();
  const {
    registry,
    load,
    close: closeAccounts,
  } = openAccounts(accounts, { limitsOf, observer: metrics.calls, log });
  const report = (error: unknown, what: string) => {
    const { source } = error instanceof ParleyError ? error : {};
    log.warn({ ...source, ...loggable(error) }, what);
  };
  const stores = openStores({ config, report, observer: metrics.store });
  const events = openEvents({
    ...{ config: config.events, registry, stores, observer: metrics.events, log },
    times: options.eventTimes,
  });
  // Known for good once it listens: before that, nobody can upload anything.
  let publicUrl = config.publicUrl ?? '';
  const {
    staging,
    close: closeWriting,
    ...writing
  } = await openWriting({
    ...{ config, stores, events, report, observer: metrics.writes },
    ...{ timeouts: longestOf(accounts.map(limitsOf)), stopping: shutdown.signal },
    urlOf: (stagedKey, fileName) => fileUrl(publicUrl, stagedKey, fileName),
  }).catch(async (error: unknown) => {
    await events.close();
    await stores.close();
    await closeAccounts();
    await sandbox?.close();
    throw error;
  });

  const app = fastify({
    bodyLimit: config.limits.maxBodyBytes,
    // Of an upload; everything else has a shorter deadline of its own.
    requestTimeout: config.uploads.totalTimeout + UPLOAD_GRACE,
    // What Node would answer itself has neither a code nor our headers.
    http: { requireHostHeader: false },
    // What comes late is answered by us: in our words, and for health checks with the truth.
    return503OnClosing: false,
    frameworkErrors: answerBadPath,
    clientErrorHandler: answerClientError,
  });
  app.server.on('checkExpectation', answerExpectation);
  const closeIdleConnections = trackConnections(app.server);
  app.addHook('preClose', (done) => {
    closeIdleConnections();
    done();
  });
  limitArrival(app, BODY_TIMEOUT);
  const hostNames = hostNamesOf(config);
  addBrowserSafety(app, {
    corsOrigins: config.corsOrigins,
    requestHeaders: ['parley-cost', ...tokenHeadersOf(config)],
    hostNames,
  });
  await addExplorer(app, { kind: config.explorer, document: EXAMPLE_OPERATIONS });
  const schema = createSchema();
  const reportOperation = (operation: OperationReport) => {
    metrics.operation(operation);
    logOperation(log, operation);
  };
  const execute = createExecute({ schema, compileAfter: options.compileAfter });
  const apollo = createApollo({ config, log, schema, execute, report: reportOperation });
  await apollo.start();
  const inFlight = new Set<Abort>();
  shutdown.signal.addEventListener('abort', () => {
    for (const operation of inFlight) operation.abort();
  });
  let stage: Stage = 'starting';
  const overload = await watchOverload(app, {
    ...config.load,
    operations: () => inFlight.size,
    isStopping: () => stage === 'stopping',
    shed: (reason) => metrics.shed(reason),
  });
  const tracing = config.tracing && (await createTracing(config.tracing, log));
  const health = () => healthOf(stage, overload.reason, stores.isUsable());
  addHealth(app, health);
  metrics.watchAccounts(load);
  metrics.watchStore(() => stores.isUsable());
  metrics.watchSubscriptions(() => events.followers);
  metrics.watchOperations(() => inFlight.size);
  addFileRoute(app, staging);
  addWebhooks(app, {
    ...{ accounts, registry, events, observer: metrics.events, log },
    isStopping: () => stage === 'stopping',
  });
  const noticing = noticingRegistry(registry, (reading) => events.noticed(reading));
  const services = { ...writing, events, log, tellsSchema: config.introspection };
  const authenticate = createAuthenticate(config.auth, log);
  const operations = config.limits.operations && stores.rateLimit('operations', config.limits.operations);
  const subscriptions = openSubscriptions(app, {
    ...{
      config,
      schema,
      execute,
      registry: noticing,
      services,
      authenticate,
      operations,
      overload,
      hostNames,
      log,
    },
    ...{ report: reportOperation, observer: metrics.events },
  });
  addGraphqlRoute(app, {
    ...{ apollo, inFlight, overload, maxTokens: config.limits.maxTokens },
    ...{ registry: noticing, tracing, readTime: config.operationTimeout, services, authenticate, operations },
    ...{ report: reportOperation, shared: () => metrics.sharedAnswer() },
    ...{ sse: subscriptions.sse, callback: subscriptions.callback },
    documents:
      config.persistedOperations.kind === 'safelist' ? config.persistedOperations.documents : undefined,
    uploads: { ...DEFAULT_UPLOAD_LIMITS, ...config.uploads },
  });
  answerErrorsAsGraphQL(app, {
    maxRequestBytes: config.limits.maxBodyBytes,
    log,
    // A key has no scheme of its own in HTTP: the name of its header has to do.
    challenge: config.auth.clients && !config.auth.jwt ? 'X-API-Key' : 'Bearer',
    refused: (code) => metrics.refused(code),
  });

  let metricsUrl: string | undefined;
  return {
    accounts: registry.all,
    onSandbox: sandbox !== undefined,
    get metricsUrl() {
      return metricsUrl;
    },
    async listen() {
      const url = await app.listen({ host: config.host, port: config.port });
      if (config.metricsPort !== undefined)
        metricsUrl = await metrics.listen(config.host, config.metricsPort, health);
      publicUrl = config.publicUrl ?? url;
      stage = 'running';
      if (sandbox) registerSandboxWebhooks(sandbox, accounts, url);
      events.open();
      return url;
    },
    async close() {
      stage = 'stopping';
      shutdown.begin(() => app.server.closeAllConnections());
      // Before connections are closed that carry no request of HTTP.
      await subscriptions.close(Math.min(DRAIN, shutdown.left()));
      await app.close();
      await apollo.stop();
      await events.close();
      await closeWriting(shutdown.left());
      await stores.close();
      await tracing?.close(shutdown.left());
      shutdown.end();
      // The last to go: it tells whoever asks that this process stops.
      await metrics.close();
      await closeAccounts();
      await sandbox?.close();
    },
  };
}

/** To standard error, since standard output belongs to whoever starts Parley. */
function openLog(config: Config): Logger {
  const secrets = secretsOf(config);
  return createLog(
    { level: config.logLevel, secrets },
    pino.destination({ dest: 2, sync: false, minLength: 4096, periodicFlush: 200 }),
  );
}

/** The longest that calls of each kind may take. */
function longestOf(limits: readonly CallLimits[]) {
  return {
    read: Math.max(...limits.map(({ readTimeout }) => readTimeout)),
    send: Math.max(...limits.map(({ sendTimeout }) => sendTimeout)),
    upload: Math.max(...limits.map(({ uploadTimeout }) => uploadTimeout)),
  };
}

/** The headers in which callers bring tokens of their own. */
function tokenHeadersOf({ accounts = [] }: Config): string[] {
  return accounts.flatMap((account) => ('tokenHeader' in account ? (account.tokenHeader ?? []) : []));
}

/** The names by which an open server on this machine alone may be called; undefined for every other one. */
function hostNamesOf({ auth, host, publicUrl }: Config): ReadonlySet<string> | undefined {
  if (!auth.open || !isLoopback(host)) return undefined;
  const names = ['localhost', '127.0.0.1', '::1', '[::1]', host.toLowerCase()];
  return new Set(publicUrl === undefined ? names : [...names, new URL(publicUrl).hostname]);
}

function addHealth(app: FastifyInstance, health: () => Health): void {
  app.get('/health/live', () => ({ status: 'live' }));
  app.get('/health/ready', (_request, reply) => {
    const { ready, body } = health();
    return reply.code(ready ? 200 : 503).send(body);
  });
}

/** How long a request without files may take to arrive; milliseconds. */
const BODY_TIMEOUT = 30_000;
/** Milliseconds in which subscribers learn that Parley stops. */
const DRAIN = 2_000;
/** Milliseconds by which Node's own deadline comes after that of uploads, which says what is wrong. */
const UPLOAD_GRACE = 10_000;
