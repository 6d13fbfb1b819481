import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import { ApolloServerPluginLandingPageLocalDefault } from '@apollo/server/plugin/landingPage/default';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fastify } from 'fastify';
import { pino } from 'pino';
import type { Logger } from 'pino';
import { openAccounts, sandboxAccounts } from './accounts.ts';
import type { Config } from './config/index.ts';
import type { GraphContext } from './graph/context.ts';
import { createContext } from './graph/context.ts';
import { createErrorFormatter } from './graph/errors.ts';
import { EXAMPLE_OPERATIONS } from './graph/exampleOperations.ts';
import { createOperationChecks } from './graph/operationChecks.ts';
import { createSchema } from './graph/schema.ts';
import type { HttpLimits } from './http/client.ts';
import { DEFAULT_HTTP_LIMITS } from './http/client.ts';
import type { Account } from './messaging/registry.ts';
import { startSandbox } from './sandbox/index.ts';
import { trackConnections } from './trackConnections.ts';

/** Everything wired. It does not listen until told. */
export interface ParleyServer {
  readonly accounts: readonly Account[];
  /** Whether the accounts are those of the embedded sandbox. */
  readonly onSandbox: boolean;
  /** Starts to listen; gives the server's base URL. */
  listen(): Promise<string>;
  /** Stops listening, lets what is in flight finish, and closes every connection. */
  close(): Promise<void>;
}

export interface ServerOptions {
  /** Changes to the deadlines and caps of calls to providers. */
  readonly httpLimits?: Partial<HttpLimits>;
  /** Where log lines go; standard error when absent. */
  readonly log?: Logger;
}

export async function createServer(config: Config, options: ServerOptions = {}): Promise<ParleyServer> {
  const log = options.log ?? pino({ level: config.logLevel }, pino.destination({ dest: 2, sync: true }));
  const sandbox = config.accounts ? undefined : await startSandbox();
  const { registry, close: closeAccounts } = openAccounts(
    config.accounts ?? sandboxAccounts(sandbox!),
    { ...DEFAULT_HTTP_LIMITS, ...options.httpLimits },
    log,
  );

  const inFlight = new Set<AbortController>();
  const app = fastify({
    bodyLimit: MAX_REQUEST_BYTES,
    requestTimeout: REQUEST_TIMEOUT,
    frameworkErrors: answerBadPath,
  });
  const closeIdleConnections = trackConnections(app.server);
  app.addHook('preClose', (done) => {
    closeIdleConnections();
    done();
  });
  const apollo = createApollo(config, registry.accounts.length, log);
  await apollo.start();
  let ready = false;
  addHealth(app, () => ready);
  app.route({
    url: '/graphql',
    method: ['GET', 'POST', 'OPTIONS'],
    handler: fastifyApolloHandler(apollo, {
      context: (request, reply) =>
        Promise.resolve(
          createContext({ registry, headers: request.headers, signal: whenGone(reply, inFlight), log }),
        ),
    }),
  });
  answerErrorsAsGraphQL(app, log);

  return {
    accounts: registry.accounts,
    onSandbox: sandbox !== undefined,
    async listen() {
      const url = await app.listen({ host: config.host, port: config.port });
      ready = true;
      return url;
    },
    async close() {
      ready = false;
      // Operations that take too long are told to end, which their callers learn; connections that still stay are cut.
      const late = setTimeout(() => {
        for (const operation of inFlight) operation.abort();
      }, CLOSE_DEADLINE);
      const tooLate = setTimeout(() => {
        app.server.closeAllConnections();
      }, CLOSE_DEADLINE + 1_000);
      await app.close();
      clearTimeout(late);
      clearTimeout(tooLate);
      await apollo.stop();
      await closeAccounts();
      await sandbox?.close();
    },
  };
}

function createApollo({ production }: Config, accountCount: number, log: Logger): ApolloServer<GraphContext> {
  return new ApolloServer<GraphContext>({
    schema: createSchema(),
    introspection: !production,
    hideSchemaDetailsFromClientErrors: production,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    parseOptions: { maxLexicalTokens: MAX_TOKENS },
    formatError: createErrorFormatter(log),
    logger: log,
    plugins: [
      createOperationChecks(accountCount),
      // Both wrap every field of the schema, and Parley gives neither cache hints nor traces by field.
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      production
        ? ApolloServerPluginLandingPageDisabled()
        : ApolloServerPluginLandingPageLocalDefault({ document: EXAMPLE_OPERATIONS, includeCookies: false }),
    ],
  });
}

function addHealth(app: FastifyInstance, isReady: () => boolean): void {
  app.get('/health/live', () => ({ status: 'live' }));
  app.get('/health/ready', (_request, reply) =>
    isReady() ? { status: 'ready' } : reply.code(503).send({ status: 'not ready' }),
  );
}

/** How long a request may take to arrive, and how long closing waits for those in flight; milliseconds. */
const REQUEST_TIMEOUT = 30_000;
const CLOSE_DEADLINE = 12_000;

/** The largest request body in bytes, and the most tokens of a document: both far above any real operation. */
const MAX_REQUEST_BYTES = 1024 * 1024;
const MAX_TOKENS = 10_000;

/** Aborts when the connection closes before the answer has gone out. */
function whenGone(reply: FastifyReply, inFlight: Set<AbortController>): AbortSignal {
  const gone = new AbortController();
  inFlight.add(gone);
  reply.raw.once('close', () => {
    inFlight.delete(gone);
    if (!reply.raw.writableFinished) gone.abort();
  });
  return gone.signal;
}

function answer(reply: FastifyReply, status: number, code: string, message: string): FastifyReply {
  return reply.code(status).send({ errors: [{ message, extensions: { code } }] });
}

function answerBadPath(_error: unknown, _request: FastifyRequest, reply: FastifyReply): void {
  void answer(reply, 400, 'BAD_REQUEST', "The request's path can't be read.");
}

// What fails before GraphQL is reached (bad JSON, a body too large, an unknown path) has the same form as what fails in it.
function answerErrorsAsGraphQL(app: FastifyInstance, log: Logger): void {
  app.setNotFoundHandler((_request, reply) =>
    answer(reply, 404, 'NOT_FOUND', 'There is nothing here. The graph is at /graphql.'),
  );
  app.setErrorHandler((error: Error & { statusCode?: number }, _request: FastifyRequest, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) {
      log.error({ err: error }, 'internal error');
      return answer(reply, 500, 'INTERNAL_SERVER_ERROR', 'Parley failed to answer this.');
    }
    if (status === 413)
      return answer(reply, 413, 'PAYLOAD_TOO_LARGE', `A request has at most ${MAX_REQUEST_BYTES} bytes.`);
    if (status === 415)
      return answer(
        reply,
        415,
        'BAD_REQUEST',
        'A request body is JSON, with the content type application/json.',
      );
    return answer(reply, status, 'BAD_REQUEST', "The request can't be read: its body is JSON, in UTF-8.");
  });
}
