import { fastify, type FastifyError, type FastifyInstance, type FastifyRequest } from 'fastify';
import type { ServedFile } from '../content/files.ts';
import type { Emulator } from './Emulator.ts';
import { acceptBodies, type BodyKind } from './bodies.ts';
import { createFaultActions } from './faultActions.ts';
import { createFaultQueue, type ActiveFault } from './faultQueue.ts';
import type { RequestHandler } from './listener.ts';
import { createRequestLog, type OpenLogEntry } from './requestLog.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The provider's call that a sandbox route answers; without it a request is logged as `unknown`. */
    sandboxCall?: string;
  }
}

/** What makes one provider's emulator different from the others. */
export interface EmulatorParts {
  readonly url: string;
  readonly calls: readonly string[];
  /** Adds the provider's routes (their calls in `config.sandboxCall`) and its checks as hooks. */
  routes(app: FastifyInstance): void;
  /** The provider's error body for a status, for faults and for routes that do not exist. */
  readonly refusal: (status: number, request: FastifyRequest) => unknown;
  /** Files by path (decoded), served without credentials as a provider's file store does. */
  readonly files: ReadonlyMap<string, ServedFile>;
  /** A file that somebody uploaded, by decoded path; it lies below a folder that `files` has too. */
  readonly uploadedFile?: (path: string) => ServedFile | undefined;
  /** The kinds of body that its calls take. */
  readonly bodies: readonly BodyKind[];
}

/** The HTTP side of an emulator: routes, log, faults and files. */
export interface EmulatorApp {
  readonly emulator: Emulator;
  readonly handle: RequestHandler;
  close(): Promise<void>;
}

const BODY_LIMIT = 64 * 1024 * 1024;

/** Wires a provider's routes between the log and the faults; it is ready to handle requests when it resolves. */
export async function createEmulatorApp(parts: EmulatorParts): Promise<EmulatorApp> {
  const log = createRequestLog();
  const faults = createFaultQueue();
  const closing = new AbortController();
  const actions = createFaultActions(parts.refusal, closing.signal);
  const inFlight = new WeakMap<FastifyRequest, { entry: OpenLogEntry; fault: ActiveFault | undefined }>();

  const app = fastify({
    exposeHeadRoutes: false,
    // A body that is too long for a provider is refused in its own way, and not for a limit of Fastify's.
    bodyLimit: BODY_LIMIT,
    // `cursor[type]` must stay one flat name, and the last of a repeated name wins, as with Rails and PHP.
    routerOptions: { querystringParser: (text) => Object.fromEntries(new URLSearchParams(text)) },
  });

  app.addHook('onRequest', async (request, reply) => {
    const entry = toEntry(request);
    log.append(entry);
    const fault = faults.take(entry);
    inFlight.set(request, { entry, fault });
    if (fault) await actions.before(fault, request, reply);
    // Here and not in the handler below, before which a body of an unknown type would be refused for that.
    return !reply.sent && request.is404 ? reply.code(404).send(parts.refusal(404, request)) : undefined;
  });
  app.addHook('preHandler', async (request) => {
    const fault = inFlight.get(request)?.fault;
    if (fault) await actions.meanwhile(fault);
  });
  app.addHook('onSend', async (request, reply, payload) => {
    const flight = inFlight.get(request);
    if (!flight) return payload;
    const answer = flight.fault ? await actions.after(flight.fault, request, reply, payload) : payload;
    flight.entry.status = reply.statusCode;
    return answer;
  });
  app.setNotFoundHandler((request, reply) => reply.code(404).send(parts.refusal(404, request)));
  app.setErrorHandler((error: FastifyError, request, reply) => {
    // A mistake of the emulator stays visible as one.
    if ((error.statusCode ?? 500) >= 500) throw error;
    // No provider documents 413 or 415: what can't be read is a bad request.
    return reply.code(400).send(parts.refusal(400, request));
  });
  acceptBodies(app, parts.bodies);
  serveFiles(app, parts);
  // Registered and not called: the provider's own hooks then stay off files and unknown routes.
  app.register((scope, _options, done) => {
    parts.routes(scope);
    done();
  });
  await app.ready();

  return {
    emulator: {
      url: parts.url,
      calls: parts.calls,
      requests: log.entries,
      clearRequests: log.clear,
      failNext: faults.add,
      clearFaults: faults.clear,
    },
    handle: (request, response) => app.routing(request, response),
    async close() {
      closing.abort();
      await app.close();
    },
  };
}

function toEntry(request: FastifyRequest): OpenLogEntry {
  const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
  return {
    call: request.routeOptions.config.sandboxCall ?? 'unknown',
    method: request.method,
    path: request.url.split('?', 1)[0] ?? '',
    query: { ...(request.query as Record<string, string>) },
    headers: Object.fromEntries(headers) as Record<string, string>,
    status: null,
  };
}

function serveFiles(
  app: FastifyInstance,
  { files, uploadedFile }: Pick<EmulatorParts, 'files' | 'uploadedFile'>,
): void {
  const roots = new Set([...files.keys()].map((path) => path.split('/')[1]));
  for (const root of roots) {
    const options = { exposeHeadRoute: true, config: { sandboxCall: 'file' } };
    app.get(`/${root}/*`, options, (request, reply) => {
      const path = `/${root}/${(request.params as { '*': string })['*']}`;
      const file = files.get(path) ?? uploadedFile?.(path);
      if (file) return reply.header('content-type', file.type).send(file.bytes());
      reply.callNotFound();
      return reply;
    });
  }
}
