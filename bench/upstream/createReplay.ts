import type {
  IncomingHttpHeaders,
  IncomingMessage,
  OutgoingHttpHeaders,
  Server,
  ServerResponse,
} from 'node:http';
import { Agent, createServer, request as open } from 'node:http';

export interface ReplayOptions {
  /** Where a provider is emulated. */
  readonly origin: string;
  /** What it wants to be shown. Whoever asks may show something else: it is only told apart by that. */
  readonly credentials: Readonly<Record<string, string>>;
  /** What is asked there for a path; the path itself unless given. */
  readonly askedFor?: (path: string) => string;
  /** Milliseconds before an answer. */
  readonly latency: () => number;
  readonly called: () => void;
}

interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

/** What tells one reader from another. */
const CREDENTIALS = ['authorization', 'x-private-api-token'];

/**
 * A server in front of an emulated provider: it asks that once for each read, and gives the same bytes whenever the read comes again,
 * so that it is never what a front waits for. Writes go on to the emulator.
 */
export function createReplay({
  origin,
  credentials,
  askedFor = (path) => path,
  latency,
  called,
}: ReplayOptions): Server {
  const { hostname, port } = new URL(origin);
  const agent = new Agent({ keepAlive: true });
  const answers = new Map<string, Promise<Answer>>();

  const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
    called();
    const milliseconds = latency();
    if (milliseconds === 0) answer(request, response);
    else setTimeout(() => answer(request, response), milliseconds);
  });
  return server;

  function answer(request: IncomingMessage, response: ServerResponse): void {
    if (request.method !== 'GET') {
      request.pipe(
        forward(request, (incoming) => {
          response.writeHead(incoming.statusCode!, incoming.headers);
          incoming.pipe(response);
        }),
      );
      return;
    }
    const key = [askedFor(request.url ?? '/'), ...CREDENTIALS.map((name) => request.headers[name])].join(' ');
    let known = answers.get(key);
    if (!known) answers.set(key, (known = ask(request)));
    known.then(
      ({ status, headers, body }) => response.writeHead(status, headers).end(body),
      (error: unknown) => response.destroy(error as Error),
    );
  }

  function ask(request: IncomingMessage): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const outgoing = forward(request, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const body = Buffer.concat(chunks);
          const headers = { 'content-type': incoming.headers['content-type'], 'content-length': body.length };
          resolve({ status: incoming.statusCode!, headers, body });
        });
      });
      outgoing.on('error', reject);
      outgoing.end();
    });
  }

  function forward({ method, url, headers }: IncomingMessage, answered: (incoming: IncomingMessage) => void) {
    const path = askedFor(url ?? '/');
    const options = { hostname, port, agent, path, headers: { ...passed(headers), ...credentials } };
    return open({ ...options, ...(method !== undefined && { method }) }, answered);
  }
}

function passed({
  host: _host,
  connection: _connection,
  ...headers
}: IncomingHttpHeaders): IncomingHttpHeaders {
  return headers;
}
