import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import type { Health } from '../health.ts';
import { SECURITY_HEADERS } from '../securityHeaders.ts';

export interface MetricsServer {
  readonly url: string;
  close(): Promise<void>;
}

export interface MetricsServerOptions {
  readonly registry: Registry;
  readonly host: string;
  readonly port: number;
  readonly health: () => Health;
}

/** Milliseconds for a request to arrive. */
const TIMEOUT = 5_000;
/** Milliseconds in which nothing goes to or fro on a connection. */
const IDLE_TIMEOUT = 30_000;
/** Whoever scrapes needs one or two. */
const MAX_CONNECTIONS = 100;

/**
 * `/metrics`, and `/health/live` and `/health/ready` once more: this port goes on answering while the other one takes no more
 * connections.
 */
export async function serveMetrics(options: MetricsServerOptions): Promise<MetricsServer> {
  const { registry, host, port, health } = options;
  const server = createServer({ requestTimeout: TIMEOUT, headersTimeout: TIMEOUT }, (request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.setTimeout(IDLE_TIMEOUT);
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    // For good: a connection that can't be accepted, for want of a descriptor, is no reason to end the process.
    server.on('error', reject);
    server.listen({ host, port }, resolve);
  });
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}/metrics`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };

  async function answer({ method, url }: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, type, body } = await pageOf(url ?? '', method ?? '');
    if (status === 405) response.setHeader('allow', 'GET, HEAD');
    response.writeHead(status, { ...SECURITY_HEADERS, 'content-type': type });
    response.end(body);
  }

  async function pageOf(url: string, method: string): Promise<Page> {
    const page = PAGES.get(url.split('?', 1)[0]!);
    if (!page) return toText(404, 'There is nothing here: see /metrics.\n');
    if (method !== 'GET' && method !== 'HEAD') return toText(405, 'This is only to be read.\n');
    if (page === 'metrics')
      return { status: 200, type: registry.contentType, body: await registry.metrics() };
    const { ready, body } = page === 'ready' ? health() : { ready: true, body: { status: 'live' } };
    return { status: ready ? 200 : 503, type: 'application/json; charset=utf-8', body: JSON.stringify(body) };
  }
}

interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

function toText(status: number, body: string): Page {
  return { status, type: 'text/plain', body };
}

const PAGES: ReadonlyMap<string, 'metrics' | 'live' | 'ready'> = new Map([
  ['/metrics', 'metrics'],
  ['/health/live', 'live'],
  ['/health/ready', 'ready'],
]);
