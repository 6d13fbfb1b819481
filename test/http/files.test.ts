import { once } from 'node:events';
import { mkdtempSync, readdirSync, readlinkSync, renameSync, rmSync, truncateSync } from 'node:fs';
import type { AddressInfo, Socket } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { fastify } from 'fastify';
import { ParleyError } from '../../src/messaging/errors.ts';
import type { StagedFile, Staging } from '../../src/messaging/staging.ts';
import { contentDisposition } from '../../src/uploads/contentDisposition.ts';
import { createFolderStaging } from '../../src/uploads/createFolderStaging.ts';
import { fileUrl } from '../../src/uploads/fileUrl.ts';
import { addFileRoute } from '../../src/uploads/serveFile.ts';

const NEVER = new AbortController().signal;
/** Turns of the event loop in which whatever was asked for is certainly done. */
const MANY = 100_000;
const UNKNOWN_KEY = 'A'.repeat(43);
const NOT_FOUND = { errors: [{ message: 'There is no such file.', extensions: { code: 'NOT_FOUND' } }] };

let folder: string;
let staging: Staging;
let app: FastifyInstance;
let log: string;
let url: string;
let routed: Staging;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'parley-files-'));
  staging = createFolderStaging({ folder: join(folder, 'staging'), now: Date.now });
  routed = staging;
  log = '';
  const stream = new PassThrough().on('data', (chunk: Buffer) => (log += chunk.toString()));
  app = fastify({ logger: { level: 'trace', stream }, forceCloseConnections: true });
  addFileRoute(app, {
    ...staging,
    find: (key) => routed.find(key),
    read: (key) => routed.read(key),
  });
  app.setErrorHandler((error, _request, reply) => reply.code(500).send({ caught: (error as Error).message }));
  url = await app.listen({ port: 0, host: '127.0.0.1' });
});
afterEach(async () => {
  await app.close();
  rmSync(folder, { recursive: true });
});

const stage = (content: Buffer | string, fileName = 'Grüße.png', mimeType = 'image/png') =>
  staging.write({ fileName, mimeType, body: Readable.from([Buffer.from(content)]) }, NEVER);

describe('a staged file', () => {
  it('is given to whoever knows its key, to be saved and not to be run', async () => {
    const { key } = await stage('hello');
    const answer = await fetch(fileUrl(url, key));

    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe('hello');
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-length': '5',
      'content-disposition': `attachment; filename="Gr__e.png"; filename*=UTF-8''Gr%C3%BC%C3%9Fe.png`,
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'cross-origin',
      'cache-control': 'no-store',
      'accept-ranges': 'none',
    });
  });

  it('has its type exactly as it was sniffed', async () => {
    for (const type of ['text/csv', 'application/json', 'text/plain']) {
      const { key } = await stage('1;2', 'a', type);
      expect((await fetch(fileUrl(url, key))).headers.get('content-type')).toBe(type);
    }
  });

  it('is found whatever name follows its key', async () => {
    const { key } = await stage('hello');
    for (const name of ['x', 'Grüße "1"/%.png', 'long'.repeat(60), '']) {
      expect(await (await fetch(fileUrl(url, key, name))).text()).toBe('hello');
    }
  });

  it('is whole also when it is empty or large', async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.alloc(20 * 1024 * 1024, 'parley')]) {
      const { key } = await stage(bytes);
      const answer = await fetch(fileUrl(url, key));
      expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
    }
  });

  it('is told of by HEAD, and not read', async () => {
    const { key } = await stage('hello');
    routed = { ...staging, read: () => Promise.reject(new Error('was read')) };
    const answer = await fetch(fileUrl(url, key), { method: 'HEAD' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-length')).toBe('5');
    expect(await answer.text()).toBe('');
  });

  it('is given as a whole to whoever asks for a part', async () => {
    const { key } = await stage('hello');
    const answer = await fetch(fileUrl(url, key), { headers: { range: 'bytes=1-2' } });
    expect([answer.status, await answer.text()]).toEqual([200, 'hello']);
  });

  it('is not changed or removed from outside', async () => {
    const { key } = await stage('hello');
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH'])
      expect((await fetch(fileUrl(url, key), { method })).status).toBe(404);
    expect(await (await fetch(fileUrl(url, key))).text()).toBe('hello');
  });

  it('is named in no log, whatever becomes of it', async () => {
    const { key } = await stage(Buffer.alloc(1024 * 1024));
    await fetch(fileUrl(url, key, 'name.png')).then((answer) => answer.arrayBuffer());
    await fetch(fileUrl(url, UNKNOWN_KEY)).then((answer) => answer.text());
    truncateSync(join(folder, 'staging', 'files', key), 100_000);
    await fetch(fileUrl(url, key))
      .then((answer) => answer.arrayBuffer())
      .catch(() => undefined);
    routed = failing();
    await fetch(fileUrl(url, key)).then((answer) => answer.text());
    expect(log).toContain('Server listening');
    expect(log).not.toContain(key);
    expect(log).not.toContain(UNKNOWN_KEY);
  });
});

describe('what is no file', () => {
  it.each([
    '',
    UNKNOWN_KEY,
    'short',
    `${UNKNOWN_KEY}A`,
    'A'.repeat(300),
    '..%2F..%2Fetc%2Fpasswd',
    `${UNKNOWN_KEY}/name`,
    '%00',
  ])('is not found: %j', async (path) => {
    const answer = await fetch(`${url}/files/${path}`);
    expect([answer.status, await answer.json()]).toEqual([404, NOT_FOUND]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const head = await fetch(`${url}/files/${path}`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([404, '']);
  });

  it('is not found either when it is removed between two questions', async () => {
    routed = { ...staging, find: () => Promise.resolve(described(5)), read: () => Promise.resolve(null) };
    const answer = await fetch(fileUrl(url, UNKNOWN_KEY));
    expect([answer.status, await answer.json()]).toEqual([404, NOT_FOUND]);
  });
});

describe('a storage that fails', () => {
  const UNAVAILABLE = {
    errors: [
      {
        message: "The storage of files is full, or can't be reached.",
        extensions: { code: 'STORAGE_UNAVAILABLE' },
      },
    ],
  };

  it('is said to, before a file is found', async () => {
    const { key } = await stage('hello');
    renameSync(join(folder, 'staging', 'info'), join(folder, 'info'));
    renameSync(join(folder, 'info', `${key}.json`), join(folder, 'staging', 'info'));
    const answer = await fetch(fileUrl(url, key));
    expect([answer.status, await answer.json()]).toEqual([503, UNAVAILABLE]);
    expect((await fetch(fileUrl(url, key), { method: 'HEAD' })).status).toBe(503);
  });

  it('is said to, before the first byte', async () => {
    const body = new Readable({ read: () => body.destroy(unavailable()) });
    routed = { ...staging, find: () => Promise.resolve(described(5)), read: () => Promise.resolve(body) };
    const answer = await fetch(fileUrl(url, UNKNOWN_KEY));
    expect([answer.status, await answer.json()]).toEqual([503, UNAVAILABLE]);
    expect(answer.headers.get('content-type')).toContain('application/json');
    expect(answer.headers.get('content-disposition')).toBeNull();
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('ends the connection within a file, which never looks whole', async () => {
    const { key } = await stage(Buffer.alloc(1024 * 1024));
    truncateSync(join(folder, 'staging', 'files', key), 500_000);
    const answer = await fetch(fileUrl(url, key));
    expect(answer.status).toBe(200);
    await expect(answer.arrayBuffer()).rejects.toThrow();
  });

  it('leaves what is broken in Parley itself to the error handler of the app', async () => {
    routed = { ...staging, find: () => Promise.reject(new Error('a bug')) };
    const answer = await fetch(fileUrl(url, UNKNOWN_KEY));
    expect([answer.status, await answer.json()]).toEqual([500, { caught: 'a bug' }]);
  });
});

describe('a client that goes away', () => {
  it('leaves nothing of the file open', async () => {
    const { key } = await stage(Buffer.alloc(20 * 1024 * 1024));
    const opened = () =>
      process.platform === 'linux'
        ? readdirSync('/proc/self/fd').filter((fd) => linkOf(fd).startsWith(folder)).length
        : 0;
    for (let round = 0; round < 5; round += 1) {
      const socket = await ask(`/files/${key}`);
      await once(socket, 'data');
      socket.destroy();
    }
    for (let turn = 0; opened() > 0 && turn < MANY; turn += 1) await nextTurn();
    expect(opened()).toBe(0);
    expect(await (await fetch(fileUrl(url, key), { method: 'HEAD' })).text()).toBe('');
  });

  it('ends what is read for it', async () => {
    const body = new Readable({ read: () => void body.push(Buffer.alloc(64 * 1024)) });
    const closed = once(body, 'close');
    routed = { ...staging, find: () => Promise.resolve(described(1e9)), read: () => Promise.resolve(body) };
    const socket = await ask(`/files/${UNKNOWN_KEY}`);
    await once(socket, 'data');
    socket.destroy();
    await closed;
    expect(body.destroyed).toBe(true);
  });

  async function ask(path: string): Promise<Socket> {
    const { port } = app.server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(`GET ${path} HTTP/1.1\r\nHost: parley\r\n\r\n`);
    return socket;
  }

  function linkOf(fd: string): string {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  }
});

describe('the name under which a file is saved', () => {
  it.each([
    ['plain.txt', `filename="plain.txt"; filename*=UTF-8''plain.txt`],
    ['a b.txt', `filename="a b.txt"; filename*=UTF-8''a%20b.txt`],
    [
      `it's "quoted" \\ 100%.txt`,
      `filename="it's _quoted_ _ 100_.txt"; filename*=UTF-8''it%27s%20%22quoted%22%20%5C%20100%25.txt`,
    ],
    ['(1)*.txt', `filename="(1)_.txt"; filename*=UTF-8''%281%29%2A.txt`],
    ['a\r\nSet-Cookie: b', `filename="a__Set-Cookie_ b"; filename*=UTF-8''a%0D%0ASet-Cookie%3A%20b`],
    ['👋.png', `filename="_.png"; filename*=UTF-8''%F0%9F%91%8B.png`],
    ['\ud800.png', `filename="_.png"; filename*=UTF-8''%EF%BF%BD.png`],
    ['a/b;c=d', `filename="a_b;c=d"; filename*=UTF-8''a%2Fb%3Bc%3Dd`],
  ])('%j', (name, expected) => {
    expect(contentDisposition(name)).toBe(`attachment; ${expected}`);
  });
});

describe('the address of a file', () => {
  it.each([
    ['https://chat.example', undefined, `https://chat.example/files/${UNKNOWN_KEY}`],
    ['https://chat.example/', 'a b/c?.png', `https://chat.example/files/${UNKNOWN_KEY}/a%20b%2Fc%3F.png`],
    ['https://example.com/parley//', 'ü', `https://example.com/parley/files/${UNKNOWN_KEY}/%C3%BC`],
  ])('under %s, with the name %j', (publicUrl, name, expected) => {
    expect(fileUrl(publicUrl, UNKNOWN_KEY, name)).toBe(expected);
  });
});

function described(byteSize: number): StagedFile {
  return { key: UNKNOWN_KEY, fileName: 'a.png', mimeType: 'image/png', byteSize };
}

function unavailable(): ParleyError {
  return new ParleyError('STORAGE_UNAVAILABLE', "The storage of files is full, or can't be reached.", {
    retryable: true,
  });
}

function failing(): Staging {
  return { ...staging, find: () => Promise.reject(unavailable()) };
}
