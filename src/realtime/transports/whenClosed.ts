import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Of each connection, who waits for its end: with one listener for all requests that are under way on it. */
const waiting = new WeakMap<Socket, Set<() => void>>();

/**
 * Calls a listener once an answer has gone out, or its connection has closed, which either may have already. An answer that waits for
 * an earlier one on the same connection is never told by Node that the connection is gone.
 */
export function whenClosed(response: ServerResponse, listener: () => void): void {
  if (isClosed(response)) {
    listener();
    return;
  }
  const ofConnection = waitingFor(response.req.socket);
  const close = () => {
    response.off('close', close);
    ofConnection.delete(close);
    listener();
  };
  response.once('close', close);
  ofConnection.add(close);
}

/** Whether nothing more of an answer can go out. */
export function isClosed(response: ServerResponse): boolean {
  return response.closed || response.req.socket.destroyed;
}

function waitingFor(socket: Socket): Set<() => void> {
  const known = waiting.get(socket);
  if (known) return known;
  const listeners = new Set<() => void>();
  waiting.set(socket, listeners);
  socket.once('close', () => {
    for (const listener of listeners) listener();
  });
  return listeners;
}
