import type { IncomingMessage, OutgoingHttpHeaders, Server } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { ParleyError } from '../../messaging/errors.ts';
import { STATUSES } from '../../messaging/httpStatuses.ts';
import { toFormattedError } from './formattedError.ts';

type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/**
 * Takes the connections that ask to become something else, where they are meant. All others are answered as if they had not asked,
 * as Node does while nobody listens: some clients of HTTP offer HTTP/2 with each request.
 *
 * @returns a function that ends it
 */
export function takeUpgrades(
  server: Server,
  isMeant: (request: IncomingMessage) => boolean,
  take: Upgrade,
): () => void {
  const listen: Upgrade = (request, socket, head) => {
    if (isMeant(request)) take(request, socket, head);
    else continueAsHttp(server, request, socket, head);
  };
  server.on('upgrade', listen);
  // Newer Nodes ask before; those read the body of what they do not ask about.
  const asking = server as { shouldUpgradeCallback?: (request: IncomingMessage) => boolean };
  const before = asking.shouldUpgradeCallback;
  if (before) asking.shouldUpgradeCallback = isMeant;
  return () => {
    server.off('upgrade', listen);
    if (before) asking.shouldUpgradeCallback = before;
  };
}

/** Gives a connection back to the server, as it was before the request, which no longer asks for anything special. */
function continueAsHttp(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { method, url, httpVersion, rawHeaders } = request;
  const lines = [`${method!} ${url!} HTTP/${httpVersion}`];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!;
    const value = rawHeaders[index + 1]!;
    if (!/^(connection|upgrade|http2-settings)$/i.test(name)) lines.push(`${name}: ${value}`);
    else if (/^connection$/i.test(name) && /\bclose\b/i.test(value)) lines.push('connection: close');
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.emit('connection', socket);
}

/** Answers who is not let in, in the words that any other request is answered with. */
export function refuseUpgrade(socket: Duplex, error: unknown, extraHeaders: OutgoingHttpHeaders = {}): void {
  const { code, retryAfter } = error instanceof ParleyError ? error : {};
  const status = (code && STATUSES[code]) ?? 500;
  const body = JSON.stringify({ errors: [toFormattedError(error)] });
  const headers = {
    ...extraHeaders,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
    ...(retryAfter !== undefined && { 'retry-after': retryAfter }),
  };
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]!}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}`),
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
