import { WebSocket } from 'ws';

/** A WebSocket as pusher-js uses one: it sets the handlers, and takes them away. */
export interface PusherSocket {
  send(data: string): void;
  close(): void;
  onopen?: () => void;
  onerror?: (error: unknown) => void;
  onclose?: (event: { code: number; reason: string; wasClean: boolean }) => void;
  onmessage?: (message: { data: string }) => void;
  /** Resolves when nothing is left of it. */
  readonly ended: Promise<void>;
}

/** What pusher-js is told of a frame that it can't take. */
export const UNREADABLE = new Error('a frame that is no event');

const OPTIONS = {
  /** Milliseconds. Less than pusher-js gives an attempt. */
  handshakeTimeout: 10_000,
  /** Milliseconds that the other side has to take its leave. */
  closeTimeout: 1_000,
  /** Bytes. A message of Pigeons has 5,000 characters, and what others hang on it. */
  maxPayload: 1024 * 1024,
  perMessageDeflate: false,
};

/**
 * In place of the WebSocket that pusher-js brings for Node: that one reads 64 MB at once, waits half a minute for a good-bye, and lets
 * pusher-js throw where nobody can catch it when a frame is no event.
 */
export function createPusherSocket(url: string): PusherSocket {
  const socket = new WebSocket(url, OPTIONS);
  const facade: PusherSocket = {
    send: (data) => socket.send(data, () => undefined),
    close: () => socket.close(),
    ended: new Promise((resolve) => socket.once('close', () => resolve())),
  };
  socket.on('open', () => facade.onopen?.());
  socket.on('error', (error) => facade.onerror?.(error));
  socket.on('close', (code) =>
    facade.onclose?.({ code: toKnownCode(code), reason: '', wasClean: code !== ABNORMAL }),
  );
  socket.on('message', (data: Buffer) => {
    try {
      facade.onmessage?.({ data: data.toString() });
    } catch {
      facade.onerror?.(UNREADABLE);
    }
  });
  return facade;
}

const ABNORMAL = 1006;

/**
 * After "not now" (1002 to 1004, 4100 to 4299) pusher-js sets two timers, and forgets one of them; after "only with TLS" (4000) it
 * would go to an address that nobody has configured, instead of giving up.
 */
function toKnownCode(code: number): number {
  if (code === 4000) return 4001;
  return (code >= 1002 && code <= 1004) || (code >= 4100 && code < 4300) ? ABNORMAL : code;
}
