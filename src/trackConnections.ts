import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Lets a server stop at once when nothing is in flight. Node's own `closeIdleConnections` spares connections that
 * never carried a request, such as those that browsers open in advance, and would wait for them.
 *
 * @returns a function that closes each connection as soon as no request is in flight on it
 */
export function trackConnections(server: Server): () => void {
  const inFlight = new Map<Socket, number>();
  let closing = false;

  server.on('connection', (socket: Socket) => {
    // One that is known has asked to become something else, and is told anew for each time that it did not.
    if (inFlight.has(socket)) return;
    inFlight.set(socket, 0);
    socket.once('close', () => inFlight.delete(socket));
  });
  server.on('request', ({ socket }, response) => {
    inFlight.set(socket, (inFlight.get(socket) ?? 0) + 1);
    response.once('close', () => {
      const left = (inFlight.get(socket) ?? 1) - 1;
      if (inFlight.has(socket)) inFlight.set(socket, left);
      if (closing && left === 0) socket.end();
    });
  });

  return () => {
    closing = true;
    for (const [socket, count] of inFlight) if (count === 0) socket.destroy();
  };
}
