import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { createGraphiqlExplorer } from './createGraphiqlExplorer.ts';
import { createSandboxExplorer } from './createSandboxExplorer.ts';
import type { Asset, Explorer } from './Explorer.ts';
import { ASSETS_PATH } from './Explorer.ts';

export interface ExplorerOptions {
  readonly kind: 'sandbox' | 'graphiql' | 'off';
  /** The operations to begin with. */
  readonly document: string;
}

/**
 * Answers a browser that opens `/graphql` with a page to explore the graph. The page holds no data, and whoever asks for it
 * is not asked who they are: the operations that it sends are ordinary requests.
 */
export async function addExplorer(app: FastifyInstance, { kind, document }: ExplorerOptions): Promise<void> {
  if (kind === 'off') return;
  const explorer =
    kind === 'sandbox' ? createSandboxExplorer(document) : await createGraphiqlExplorer(document);
  for (const [name, asset] of explorer.assets) addAsset(app, `/${ASSETS_PATH}/${name}`, asset);
  // Comes before the hooks of the route itself, of which one authenticates.
  app.addHook('onRequest', async ({ method, routeOptions, headers }, reply) => {
    const isAsked = method === 'GET' && routeOptions.url === '/graphql' && wantsPage(headers.accept);
    return isAsked ? sendPage(explorer, reply) : undefined;
  });
}

/** Browsers name HTML when they open an address. Programs that ask the graph do not, or take JSON as well. */
function wantsPage(accept = ''): boolean {
  return /(^|,)\s*text\/html\s*(;|,|$)/i.test(accept) && !/\bjson\b/i.test(accept);
}

function sendPage({ page, contentSecurityPolicy, headers }: Explorer, reply: FastifyReply): FastifyReply {
  const nonce = randomBytes(16).toString('base64');
  return reply
    .headers({ ...headers, 'content-security-policy': contentSecurityPolicy(nonce) })
    .type('text/html; charset=utf-8')
    .send(page(nonce));
}

// No answer is kept by browsers, so that these megabytes travel each time: smaller, where that is understood.
function addAsset(app: FastifyInstance, url: string, { content, contentType }: Asset): void {
  // One for all answers, however many of them wait for slow readers.
  const plain = Buffer.from(content);
  let compressed: Promise<Buffer> | undefined;
  app.get(url, async ({ headers }, reply) => {
    void reply.type(contentType);
    if (!/\bgzip\b/i.test(headers['accept-encoding'] ?? '')) return reply.send(plain);
    compressed ??= compress(content);
    return reply.header('content-encoding', 'gzip').send(await compressed);
  });
}

const compress = promisify<string, Buffer>(gzip);
