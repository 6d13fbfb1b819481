import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { WireFault } from './wire.ts';

/** Milliseconds between two bytes: with each one there is hope for more. */
const TRICKLE = 20;

/** What can be wrong between the first byte of a connection and the last one of an answer. */
export const wireFaults = {
  closed: 'closed',
  hangsUp: { connection: (socket) => socket.destroy() },
  resets: { connection: (socket) => socket.resetAndDestroy() },
  otherProtocol: { connection: (socket) => socket.end('SSH-2.0-upstream_words\r\n') },
  silentConnection: { connection: () => undefined },
  silentAfterHead: { answer: (socket, { head }) => socket.write(head) },
  silentInHead: { answer: (socket, { head }) => socket.write(half(head)) },
  trickledHead: { answer: (socket, { head, body }) => trickle(socket, Buffer.concat([head, body])) },
  trickledBody: {
    answer(socket, { head, body }) {
      socket.write(head);
      trickle(socket, body);
    },
  },
  resetInHead: { answer: (socket, { head }) => writeAndReset(socket, half(head)) },
  resetInBody: {
    answer: (socket, { head, body }) => writeAndReset(socket, Buffer.concat([head, half(body)])),
  },
  endInBody: { answer: (socket, { head, body }) => socket.end(Buffer.concat([head, half(body)])) },
  /** As long as it says, and not as long as it is: the rest looks like an answer to whatever is asked next. */
  longerThanItSays: {
    answer: (socket, { head, body }) =>
      socket.end(Buffer.concat([withHeader(head, 'content-length', String(body.length >> 1)), body])),
  },
  /** One more than there were questions. */
  twice: {
    answer: (socket, { head, body }) => socket.end(Buffer.concat([head, body, head, body])),
  },
  compressed: {
    answer(socket, { head, body }) {
      const bytes = gzipSync(body);
      const plain = withHeader(head, 'content-length', String(bytes.length));
      socket.end(Buffer.concat([withHeader(plain, 'content-encoding', 'gzip'), bytes]));
    },
  },
  endlessHead: {
    answer(socket, { head }) {
      socket.write(head.subarray(0, -2));
      const line = Buffer.from(`x-upstream-words: ${'a'.repeat(1_000)}\r\n`);
      const writeOn = () => {
        while (!socket.destroyed && socket.write(line));
      };
      socket.on('drain', writeOn);
      writeOn();
    },
  },
  /** 103 says nothing yet. */
  earlyHints: {
    answer: (socket, { head, body }) =>
      socket.end(Buffer.concat([Buffer.from('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'), head, body])),
  },
} satisfies Record<string, WireFault>;

function half(bytes: Buffer): Buffer {
  return bytes.subarray(0, bytes.length >> 1);
}

function writeAndReset(socket: Socket, bytes: Buffer): void {
  socket.write(bytes, () => socket.resetAndDestroy());
}

function trickle(socket: Socket, bytes: Buffer): void {
  let next = 0;
  const timer = setInterval(() => {
    socket.write(bytes.subarray(next, next + 1));
    next += 1;
    // The last byte never comes.
    if (next === bytes.length - 1) clearInterval(timer);
  }, TRICKLE);
  socket.once('close', () => clearInterval(timer));
}

function withHeader(head: Buffer, name: string, value: string): Buffer {
  const lines = head.toString().trimEnd().split('\r\n');
  const others = lines.filter((line) => !line.toLowerCase().startsWith(`${name}:`));
  return Buffer.from(`${[...others, `${name}: ${value}`].join('\r\n')}\r\n\r\n`);
}
