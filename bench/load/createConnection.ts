import type { Socket } from 'node:net';
import { connect } from 'node:net';

export interface Answer {
  readonly status: number;
  /** As it came: a chunked body with its chunks' sizes. */
  readonly raw: Buffer;
  readonly isChunked: boolean;
}

/**
 * One connection of a client, which asks again once it has been answered. What measures shares a processor with the providers: this is
 * as little as HTTP takes.
 */
export interface Connection {
  ask(request: Buffer): Promise<Answer>;
  close(): void;
}

interface Pending {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

export function createConnection(port: number): Connection {
  const socket: Socket = connect({ host: '127.0.0.1', port, noDelay: true });
  let pending: Pending | undefined;
  let chunks: Buffer[] = [];
  let received = 0;
  // Of the whole answer; undefined until its head is there, and for a chunked one.
  let expected: number | undefined;
  let headEnd = -1;
  let status = 0;

  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    received += chunk.length;
    if (headEnd < 0) readHead();
    if (headEnd >= 0 && isWhole()) finish();
  });
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('a front has closed a connection')));

  return {
    ask(request) {
      return new Promise((resolve, reject) => {
        pending = { resolve, reject };
        socket.write(request);
      });
    },
    close() {
      pending = undefined;
      socket.destroy();
    },
  };

  function readHead(): void {
    const start = joined();
    headEnd = start.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = start.toString('latin1', 0, headEnd);
    status = Number(head.slice(9, 12));
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    expected = length === undefined ? undefined : headEnd + HEAD_END.length + Number(length);
  }

  function isWhole(): boolean {
    if (expected !== undefined) return received >= expected;
    // JSON has no line breaks of its own, so that this is nothing but the end.
    const last = chunks.at(-1)!;
    const end = last.length >= LAST_CHUNK.length ? last : joined();
    return end.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK);
  }

  function finish(): void {
    const answer = {
      status,
      raw: joined().subarray(headEnd + HEAD_END.length),
      isChunked: expected === undefined,
    };
    const { resolve } = pending!;
    pending = undefined;
    chunks = [];
    received = 0;
    headEnd = -1;
    resolve(answer);
  }

  function joined(): Buffer {
    if (chunks.length > 1) chunks = [Buffer.concat(chunks)];
    return chunks[0]!;
  }

  function fail(error: Error): void {
    pending?.reject(error);
    pending = undefined;
  }
}

/** The body of an answer, whichever way it came. */
export function bodyOf({ raw, isChunked }: Answer): Buffer {
  if (!isChunked) return raw;
  const parts: Buffer[] = [];
  for (let at = 0; ;) {
    const lineEnd = raw.indexOf('\r\n', at);
    const size = Number.parseInt(raw.toString('latin1', at, lineEnd), 16);
    if (!size) return Buffer.concat(parts);
    parts.push(raw.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}
