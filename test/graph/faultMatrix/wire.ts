import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request as httpRequest } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createServer as createDoor } from 'node:net';
import { pipeline } from 'node:stream/promises';

/** What the sandbox can't do, since it speaks proper HTTP: something to the bytes of an answer, or to the connection itself. */
export type WireFault =
  | { readonly answer: (socket: Socket, answer: RawAnswer) => void }
  | { readonly connection: (socket: Socket) => void }
  /** Nobody listens. */
  | 'closed';

/** The genuine answer of the provider, which has done what it was asked for. */
export interface RawAnswer {
  /** To the empty line, which is part of it. */
  readonly head: Buffer;
  readonly body: Buffer;
}

/** The way to one provider's emulator. It passes everything on, and counts, until it is told to fail. */
export interface Wire {
  /** Stays the same. */
  readonly url: string;
  leadTo(target: string): void;
  /** Requests that arrived, and connections that never got as far. */
  readonly tries: () => number;
  /** Requests without the end of an answer whose sender has not left either. */
  readonly underWay: () => number;
  /** Connections that are open, used or not. */
  readonly connections: () => number;
  /** `onSends` leaves reads alone, and the connections that they go by. */
  fail(fault: WireFault, options?: { readonly onSends: boolean }): Promise<void>;
  heal(): Promise<void>;
  close(): Promise<void>;
}

export async function startWire(): Promise<Wire> {
  const agent = new Agent({ keepAlive: true });
  const sockets = new Set<Socket>();
  const pending = new Set<IncomingMessage>();
  let tries = 0;
  let target = '';
  let fault: WireFault | undefined;
  let onSends = false;

  const http = createServer((request, response) => {
    tries += 1;
    pending.add(request);
    response.once('close', () => pending.delete(request));
    void exchange(request, response);
  });
  const door = createDoor((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
    if (typeof fault !== 'object' || !('connection' in fault)) {
      http.emit('connection', socket);
      return;
    }
    tries += 1;
    // What nobody reads would never be noticed to be over.
    fault.connection(socket.resume());
  });
  const listen = async (port: number) => {
    door.listen(port, '127.0.0.1');
    await once(door, 'listening');
    return (door.address() as AddressInfo).port;
  };
  // The port is nobody else's meanwhile, as far as the system goes round.
  const port = await listen(0);

  async function exchange(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request;
    const applies = typeof fault === 'object' && 'answer' in fault && (!onSends || request.method !== 'GET');
    const spoil = applies ? fault : undefined;
    const { headers, method } = request;
    const onward = httpRequest(target + request.url!, { method, headers, agent });
    response.once('close', () => onward.destroy());
    try {
      const [, [answer]] = await Promise.all([
        pipeline(request, onward),
        once(onward, 'response') as Promise<[IncomingMessage]>,
      ]);
      if (spoil && 'answer' in spoil) {
        spoil.answer(socket, await toRaw(answer));
        return;
      }
      response.writeHead(answer.statusCode!, answer.headers);
      await pipeline(answer, response);
    } catch {
      // As the emulator does it; or Parley has left, and nothing is left to break.
      socket.resetAndDestroy();
    }
  }

  const stopListening = async (leaving: Iterable<Socket>) => {
    const closed = new Promise<void>((resolve) => door.close(() => resolve()));
    for (const socket of leaving) socket.destroy();
    // With the others open it closes, and does not say so.
    if (sockets.size === 0) await closed;
  };

  return {
    url: `http://127.0.0.1:${port}`,
    leadTo(next) {
      target = next;
    },
    tries: () => tries,
    underWay: () => pending.size,
    connections: () => sockets.size,
    async fail(next, options = { onSends: false }) {
      fault = next;
      onSends = options.onSends;
      const isOfAnswers = typeof next === 'object' && 'answer' in next;
      // What reads go by is kept alive, and sends have connections of their own.
      const leaving = isOfAnswers || onSends ? [] : [...sockets];
      if (next === 'closed') await stopListening(leaving);
      else for (const socket of leaving) socket.destroy();
    },
    async heal() {
      const wasClosed = fault === 'closed';
      fault = undefined;
      if (wasClosed) await listen(port);
    },
    async close() {
      await stopListening([...sockets]);
      agent.destroy();
    },
  };
}

async function toRaw(answer: IncomingMessage): Promise<RawAnswer> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const head = [
    `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}`,
    `content-type: ${answer.headers['content-type']}`,
    `content-length: ${body.length}`,
  ];
  return { head: Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body };
}
