import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { UploadLimits } from '../../src/uploads/incoming.ts';
import type { Question, Settings, State } from './incomingServer.ts';

const SERVER = fileURLToPath(new URL('incomingServer.ts', import.meta.url));

export const BOUNDARY = 'parley-test-boundary';

/** Small, so that tests can pass them. The deadlines are out of reach. */
export const SMALL_LIMITS: UploadLimits = {
  maxFileBytes: 64 * 1024,
  maxFiles: 3,
  maxFieldBytes: 16 * 1024,
  idleTimeout: 600_000,
  totalTimeout: 600_000,
};

export interface UploadServer {
  readonly url: string;
  readonly port: number;
  /** The names of the files in its temporary folder. */
  leftOvers(): string[];
  readonly temporary: string;
  state(): Promise<State>;
  /** Lets the readers begin that wait for it. */
  go(): Promise<void>;
  /** Asks again and again until it is so; the test's own deadline ends that. */
  until(isSo: (state: State, leftOvers: readonly string[]) => boolean): Promise<State>;
  /** Resolves when so many requests have arrived since the start. */
  requests(count: number): Promise<void>;
  /** Fails if the process has ended, or has anything to say on standard error. */
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly limits?: Partial<UploadLimits>;
  /** Instead of a folder of its own. */
  readonly temporary?: string;
  /** The largest file that the process can write, in blocks of 512 bytes: more fails as on a full disk. */
  readonly maxBlocks?: number;
}

export async function startUploadServer(options: StartOptions = {}): Promise<UploadServer> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-incoming-'));
  const temporary = options.temporary ?? folder;
  const settings: Settings = { limits: { ...SMALL_LIMITS, ...options.limits }, temporary };
  const child = startChild(settings, options.maxBlocks);
  let stderr = '';
  child.stderr!.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = Promise.all([once(child, 'exit'), once(child.stderr!, 'close')]);
  const states: ((state: State) => void)[] = [];
  let requests = 0;
  let onRequest: () => void = () => undefined;

  const port = await new Promise<number>((resolve, reject) => {
    child.on('message', (message: { port: number } | { request: string } | State) => {
      if ('port' in message) resolve(message.port);
      else if ('request' in message) {
        requests += 1;
        onRequest();
      } else states.shift()?.(message);
    });
    void ended.then(() => {
      reject(new Error(`the server ended: ${stderr}`));
    });
  });

  const ask = async (question: Question): Promise<State> => {
    const answer = new Promise<State>((resolve) => states.push(resolve));
    if (!child.connected) throw new Error(`the server ended: ${stderr}`);
    child.send(question);
    return Promise.race([answer, ended.then(() => Promise.reject(new Error(`the server ended: ${stderr}`)))]);
  };
  const leftOvers = () => readdirSync(temporary).filter((name) => name.startsWith('capacitor-'));

  return {
    port,
    url: `http://127.0.0.1:${port}/graphql`,
    temporary,
    leftOvers,
    state: () => ask({ ask: 'state' }),
    async go() {
      await ask({ ask: 'go' });
    },
    async until(isSo) {
      for (;;) {
        const state = await ask({ ask: 'state' });
        if (isSo(state, leftOvers())) return state;
      }
    },
    requests: (count) =>
      new Promise((resolve) => {
        onRequest = () => {
          if (requests >= count) resolve();
        };
        onRequest();
      }),
    async stop() {
      const lived = child.exitCode === null && child.signalCode === null;
      if (child.connected) child.disconnect();
      await ended;
      rmSync(folder, { recursive: true, force: true });
      if (!lived || stderr !== '') throw new Error(`the server ended, or complained: ${stderr}`);
    },
  };
}

function startChild(settings: Settings, maxBlocks: number | undefined): ChildProcess {
  const command = [process.execPath, '--import', 'tsx', SERVER, JSON.stringify(settings)];
  const limited = ['sh', '-c', `ulimit -f ${maxBlocks ?? 0}; exec "$@"`, 'sh', ...command];
  const [file, ...args] = maxBlocks === undefined ? command : limited;
  return spawn(file!, args, {
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
}

/** A part of a multipart request; one with a `fileName` or a `type` is a file. */
export interface PartSpec {
  readonly name: string;
  readonly body: string | Buffer;
  readonly fileName?: string;
  readonly type?: string;
}

export function field(name: string, value: unknown): PartSpec {
  return { name, body: typeof value === 'string' ? value : JSON.stringify(value) };
}

export function file(
  name: string,
  body: string | Buffer,
  fileName = 'note.txt',
  type = 'text/plain',
): PartSpec {
  return { name, body, fileName, type };
}

/** The parts of a request for so many files, each at its own place in the variables. */
export function uploadOf(query: string, ...bodies: (string | Buffer)[]): PartSpec[] {
  return [
    field('operations', { query, variables: { files: bodies.map(() => null) } }),
    field('map', Object.fromEntries(bodies.map((_, index) => [index, [`variables.files.${index}`]]))),
    ...bodies.map((body, index) => file(String(index), body)),
  ];
}

export function encodePart({ name, body, fileName, type }: PartSpec): Buffer {
  // Control characters have no other way to be said.
  const encoded = `*=utf-8''${encodeURIComponent(fileName ?? '')}`;
  const quoted = `="${fileName ?? ''}"`;
  const named = fileName === undefined ? '' : `; filename${/\p{Cc}/u.test(fileName) ? encoded : quoted}`;
  const typed = type === undefined ? '' : `Content-Type: ${type}\r\n`;
  return Buffer.concat([
    Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${named}\r\n${typed}\r\n`),
    Buffer.from(body),
    Buffer.from('\r\n'),
  ]);
}

export function encode(parts: readonly PartSpec[]): Buffer {
  return Buffer.concat([...parts.map(encodePart), Buffer.from(`--${BOUNDARY}--\r\n`)]);
}

export const HEADERS = {
  'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
  'apollo-require-preflight': 'true',
};

export interface Answer {
  readonly status: number;
  readonly body: any;
}

export async function post(url: string, body: readonly PartSpec[] | Buffer): Promise<Answer> {
  const bytes = Buffer.isBuffer(body) ? body : encode(body);
  const response = await fetch(url, { method: 'POST', headers: HEADERS, body: new Uint8Array(bytes) });
  return { status: response.status, body: await response.json() };
}

/** A connection on which a test says byte by byte what it wants. */
export interface RawConnection {
  readonly socket: Socket;
  /** Everything that came, as soon as the server closes. */
  readonly closed: Promise<string>;
  /** Resolves with everything that came as soon as it matches. */
  received(pattern: RegExp): Promise<string>;
}

export async function connectTo(port: number): Promise<RawConnection> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  let look: () => void = () => undefined;
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    look();
  });
  // A connection that is cut is what some tests are about: they look at what came before.
  socket.on('error', () => undefined);
  // Not `once` of the events module, which an error on the way would reject.
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(text)));
  await once(socket, 'connect');
  return {
    socket,
    closed,
    received: (pattern) =>
      new Promise((resolve) => {
        look = () => {
          if (pattern.test(text)) resolve(text);
        };
        look();
      }),
  };
}

export function head(length: number, path = '/graphql'): string {
  const headers = Object.entries(HEADERS).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: ${length}\r\n${headers.join('')}\r\n`;
}
