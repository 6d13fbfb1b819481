import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Server, Socket } from 'node:net';

/** A request as it arrived, read to its end. */
export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly socket: Socket;
}

/** What the far side does with a request; the index counts requests from 0. */
export type Behaviour = (response: ServerResponse, request: Received, index: number) => void;

/** A real server on 127.0.0.1, on a port of its own. */
export interface Upstream {
  readonly url: string;
  readonly received: readonly Received[];
  /** How many connections were ever made. */
  connections(): number;
  /** Settles when the next request has arrived. */
  arrival(): Promise<Received>;
  close(): Promise<void>;
}

export async function startUpstream(behaviour: Behaviour): Promise<Upstream> {
  const received: Received[] = [];
  const waiting: ((request: Received) => void)[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    void readAll(request).then(
      (body) => {
        const whole = {
          method: request.method!,
          url: request.url!,
          headers: request.headers,
          socket: request.socket,
          body,
        };
        received.push(whole);
        for (const resolve of waiting.splice(0)) resolve(whole);
        behaviour(response, whole, received.length - 1);
      },
      () => undefined,
    );
  });
  server.on('connection', () => (connections += 1));
  const url = await listen(server);
  return {
    url,
    received,
    connections: () => connections,
    arrival: () => new Promise((resolve) => waiting.push(resolve)),
    close: () => {
      server.closeAllConnections();
      return closed(server);
    },
  };
}

/** Listens on a free port, and gives the base URL. */
export async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
