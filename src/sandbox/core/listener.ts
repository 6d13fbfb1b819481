import { createServer, STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Answers one raw request. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** Takes the socket of a request that asks for another protocol, with what has come of it already. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** A server that already has its port; what it answers is given later. */
export interface Listener {
  /** Base URL that reaches it, without a slash at the end. */
  readonly url: string;
  /** Until it is called every request gets 503. Without `upgrade` a request that asks for another protocol is like any other. */
  serve(handler: RequestHandler, upgrade?: UpgradeHandler): void;
  /** Destroys every socket, also those of requests that hang and those that speak another protocol. */
  close(): Promise<void>;
}

/**
 * Takes a port first and a handler second, because the seed's file URLs contain the port. Port 0 is any free one.
 * Rejects with the system's error (`EADDRINUSE`, `EACCES`, …).
 */
export async function createListener(options: { host: string; port: number }): Promise<Listener> {
  let handler: RequestHandler = (_request, response) => response.writeHead(503, { 'retry-after': '1' }).end();
  const sockets = new Set<Socket>();
  // The five seconds that Node gives an idle connection would make a client's kept-alive socket fail at random.
  const server = createServer({ keepAliveTimeout: 65_000 }, (request, response) =>
    handler(request, response),
  );
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${reachable(options.host)}:${port}`,
    serve(next, upgrade) {
      handler = next;
      // Node hands requests that ask for an upgrade to nobody else as soon as somebody listens.
      if (upgrade) server.on('upgrade', upgrade);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Ends a request for an upgrade with that status. */
export function refuseUpgrade(socket: Duplex, status: number): void {
  // Its client may be gone already, which nobody needs to hear of.
  socket.on('error', () => undefined);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`,
  );
}

// "All interfaces" is an address to listen on, not one to call.
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
