import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import { ApolloServerPluginLandingPageLocalDefault } from '@apollo/server/plugin/landingPage/default';
import type { FastifyInstance } from 'fastify';
import { fastify } from 'fastify';
import { pino } from 'pino';
import type { Logger } from 'pino';
import { openAccounts, sandboxAccounts } from './accounts.ts';
import { createOpenDoor } from './auth/authenticate.ts';
import type { Config } from './config/index.ts';
import type { GraphContext } from './graph/context.ts';
import { createErrorFormatter } from './graph/errors.ts';
import { EXAMPLE_OPERATIONS } from './graph/exampleOperations.ts';
import { createOperationChecks } from './graph/operationChecks.ts';
import { createSchema } from './graph/schema.ts';
import { addGraphqlRoute } from './graphqlRoute.ts';
import type { HttpLimits } from './http/client.ts';
import { DEFAULT_HTTP_LIMITS } from './http/client.ts';
import { answerBadPath, answerErrorsAsGraphQL } from './httpErrors.ts';
import type { Account } from './messaging/registry.ts';
import { startSandbox } from './sandbox/index.ts';
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
  const limits = toHttpLimits(config, options.httpLimits);
  const { registry, close: closeAccounts } = openAccounts(
    config.accounts ?? sandboxAccounts(sandbox!),
    limits,
    log,
  );
  // Known for good once it listens: before that, nobody can upload anything.
  let publicUrl = config.publicUrl ?? '';
  const {
    staging,
    close: closeWriting,
    ...writing
  } = await openWriting({
    ...{ config, registry, log, uploadTimeout: limits.uploadTimeout },
    urlOf: (stagedKey, fileName) => fileUrl(publicUrl, stagedKey, fileName),
  }).catch(async (error: unknown) => {
    await closeAccounts();
    await sandbox?.close();
    throw error;
  });

  const app = fastify({
    bodyLimit: MAX_REQUEST_BYTES,
    // Of an upload; everything else has a shorter deadline of its own.
    requestTimeout: config.uploads.totalTimeout + UPLOAD_GRACE,
    frameworkErrors: answerBadPath,
  });
  const closeIdleConnections = trackConnections(app.server);
  app.addHook('preClose', (done) => {
    closeIdleConnections();
    done();
  });
  const apollo = createApollo(config, registry.accounts.length, log);
  await apollo.start();
  const inFlight = new Set<AbortController>();
  let ready = false;
  addHealth(app, () => ready);
  addFileRoute(app, staging);
  addGraphqlRoute(app, {
    ...{ apollo, inFlight, bodyTimeout: BODY_TIMEOUT },
    services: { registry, log, ...writing },
    authenticate: createOpenDoor(),
    uploads: { ...DEFAULT_UPLOAD_LIMITS, ...config.uploads },
  });
  answerErrorsAsGraphQL(app, MAX_REQUEST_BYTES, log);

  return {
    accounts: registry.accounts,
    onSandbox: sandbox !== undefined,
    async listen() {
      const url = await app.listen({ host: config.host, port: config.port });
      publicUrl = config.publicUrl ?? url;
      ready = true;
      return url;
    },
    async close() {
      ready = false;
      // Operations that take too long are told to end, which their callers learn; connections that still stay are cut.
      const late = setTimeout(() => {
        for (const operation of inFlight) operation.abort();
      }, CLOSE_DEADLINE);
      // Not before a send that is under way can be answered: its caller would have to ask again.
      const tooLate = setTimeout(
        () => {
          app.server.closeAllConnections();
        },
        Math.max(CLOSE_DEADLINE, config.deadlines.readTimeout + config.deadlines.sendTimeout) + 1_000,
      );
      await app.close();
      clearTimeout(late);
      clearTimeout(tooLate);
      await apollo.stop();
      await closeWriting();
      await closeAccounts();
      await sandbox?.close();
    },
  };
}

function toHttpLimits({ deadlines, uploads }: Config, changes: Partial<HttpLimits> | undefined): HttpLimits {
  return {
    ...DEFAULT_HTTP_LIMITS,
    ...deadlines,
    // A file that is passed on while it arrives takes as long as that, and its answer as long as any other.
    uploadTimeout: uploads.totalTimeout + deadlines.sendTimeout,
    ...changes,
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

/** How long a request without files may take to arrive, and how long closing waits for reads in flight; milliseconds. */
const BODY_TIMEOUT = 30_000;
const CLOSE_DEADLINE = 12_000;
/** Milliseconds by which Node's own deadline comes after that of uploads, which says what is wrong. */
const UPLOAD_GRACE = 10_000;

/** The largest request body in bytes, and the most tokens of a document: both far above any real operation. */
const MAX_REQUEST_BYTES = 1024 * 1024;
const MAX_TOKENS = 10_000;
