import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { sandboxAccounts } from '../../src/accounts.ts';
import { conversationId } from '../../src/messaging/ids.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { startSandbox, wellKnown } from '../../src/sandbox/index.ts';
import type { RawConnection } from '../http/incomingClient.ts';
import { encode, field, file, head, HEADERS } from '../http/incomingClient.ts';
import { filesBelow, openConnection, pdf, sha256, until, UPLOAD } from '../uploading.ts';
import type { Run } from './processes.ts';
import { runParley, urlOf } from './processes.ts';

jest.setTimeout(120_000);

const BAD = 50;
const MAX_BYTES = 300_000;
const SIZE = 250_000;
const CONVERSATIONS = [
  conversationId({ accountId: 'sales', externalId: String(wellKnown.pact.empty) }),
  conversationId({ accountId: 'support', externalId: String(wellKnown.letstalk.empty) }),
  conversationId({ accountId: 'app', externalId: wellKnown.pigeons.justCreated }),
];

/** What a client sends. Each has bytes of its own, by which it is known again. */
interface Plan {
  readonly bytes: Buffer;
  readonly body: Buffer;
  /** Places within the body. */
  readonly inOperations: number;
  readonly inMap: number;
  readonly inFile: number;
  readonly behindFile: number;
}

/** What was answered; undefined where nobody waited for it. */
type Told = { readonly status: number; readonly codes: readonly string[] } | undefined;

type Client = (connection: RawConnection, plan: Plan) => Promise<Told>;

const TIMED_OUT = { codes: ['REQUEST_TIMEOUT'] };
const TOO_LARGE = { codes: ['PAYLOAD_TOO_LARGE'] };

/** Ways to be a bad client, and what is answered to those that listen. */
const CLIENTS: readonly [what: string, act: Client, told: object | undefined][] = [
  ['leaves within the headers', leavesAt(({ body }) => head(body.length).slice(0, 80)), undefined],
  ['leaves after the headers', leavesAt(({ body }) => head(body.length)), undefined],
  ['leaves within "operations"', leavesAt(upTo('inOperations')), undefined],
  ['leaves within "map"', leavesAt(upTo('inMap')), undefined],
  ['leaves within the file', leavesAt(upTo('inFile')), undefined],
  ['cuts the connection within the file', cutsAt(upTo('inFile')), undefined],
  ['leaves after the file', leavesAt(upTo('behindFile')), undefined],
  ['leaves before the answer', leavesAt(({ body }) => [head(body.length), body]), undefined],
  ['stalls within "operations"', listens(upTo('inOperations')), { status: 408, ...TIMED_OUT }],
  ['stalls within the file', listens(upTo('inFile')), { status: 200, ...TIMED_OUT }],
  ['drips', drips, { status: 200, ...TIMED_OUT }],
  ['announces too much', listens(() => head(1_000_000_000)), { status: 413, ...TOO_LARGE }],
  ['sends too large a file', sendsTooMuch(MAX_BYTES + 1), { status: 200, ...TOO_LARGE }],
  ['sends more than all files may have', deaf(sendsTooMuch(8_000_000)), undefined],
];

/** Those of whom a whole file may be kept, whether or not they have heard of it. */
const MAY_SUCCEED = ['leaves after the file', 'leaves before the answer'];

describe(`${BAD} aborted, stalled and oversized uploads`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-bad-'));
  const temporary = join(folder, 'temporary');
  const files = join(folder, 'files');
  let sandbox: Sandbox;
  let parley: Run;
  let url: string;

  beforeAll(async () => {
    mkdirSync(temporary);
    mkdirSync(files);
    sandbox = await startSandbox();
    const accounts = join(folder, 'accounts.yaml');
    // JSON is YAML.
    writeFileSync(accounts, JSON.stringify({ accounts: sandboxAccounts(sandbox) }));
    parley = runParley({
      ...{
        PARLEY_ACCOUNTS: accounts,
        AUTH: 'none',
        TMPDIR: temporary,
        FILE_FOLDER: files,
        LOG_LEVEL: 'error',
      },
      ...{ UPLOAD_MAX_BYTES: String(MAX_BYTES), UPLOAD_MAX_FILES: '2' },
      ...{ UPLOAD_IDLE_TIMEOUT: '2s', UPLOAD_TOTAL_TIMEOUT: '5s' },
    });
    url = await urlOf(parley);
  });
  afterAll(async () => {
    parley.child.kill('SIGKILL');
    await parley.ended;
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('leave no file, no socket, a living process', async () => {
    const isGood = { status: 200, codes: [] };
    const goodOnes = async (from: number) => {
      const plans = CONVERSATIONS.map((conversation, index) => toPlan(conversation, from + index));
      const told = plans.map(async (plan) => wholeUpload(await openConnection(url), plan));
      expect(await Promise.all(told)).toEqual(plans.map(() => isGood));
      return plans;
    };
    const atRest = openFiles(parley);
    const good = await goodOnes(1_000);
    await until('what the first uploads had open is closed', () => isWithin(openFiles(parley), atRest));

    const bad = Array.from({ length: BAD }, (_none, index) => {
      const [what, act, told] = CLIENTS[index % CLIENTS.length]!;
      const conversation = CONVERSATIONS[Math.floor(index / CLIENTS.length) % CONVERSATIONS.length]!;
      return { what, act, told, plan: toPlan(conversation, index) };
    });
    const acting = bad.map(async ({ what, act, plan }) => [what, await act(await openConnection(url), plan)]);
    good.push(...(await goodOnes(2_000)));
    expect(await Promise.all(acting)).toEqual(bad.map(({ what, told }) => [what, told]));

    // It lives, and goes on working.
    const health = fetch(`${url}/health/ready`, { headers: { connection: 'close' } });
    expect(await (await health).json()).toEqual({ status: 'ready' });
    good.push(...(await goodOnes(3_000)));

    // Nothing is left in the temporary folder; in the other one and at Pact, only what is whole.
    await until('the temporary folder is empty', () => leftOvers(temporary).length === 0);
    await until('nothing is open any more', () => isWithin(openFiles(parley), atRest));
    const allowed = [
      ...good,
      ...bad.filter(({ what }) => MAY_SUCCEED.includes(what)).map(({ plan }) => plan),
    ];
    const stored = [...stagedIn(files), ...sandbox.pact.uploads().map((upload) => upload.sha256)];
    expect(allowed.map(({ bytes }) => sha256(bytes))).toEqual(expect.arrayContaining(stored));
    expect(stored).toEqual(expect.arrayContaining(good.map(({ bytes }) => sha256(bytes))));

    parley.child.kill('SIGTERM');
    const { code, stderr } = await parley.ended;
    expect(code).toBe(0);
    // Neither a line of the log nor a stack.
    expect(stderr).not.toMatch(/^\{|^\s+at /m);
    expect(leftOvers(temporary)).toEqual([]);
  });
});

function toPlan(conversation: string, seed: number): Plan {
  const bytes = pdf(SIZE);
  bytes.writeUInt32BE(seed, 100);
  return planOf(conversation, bytes);
}

function planOf(conversation: string, bytes: Buffer): Plan {
  const operations = { query: UPLOAD, variables: { input: { conversationId: conversation, file: null } } };
  const body = encode([
    field('operations', operations),
    field('map', { 0: ['variables.input.file'] }),
    file('0', bytes, 'plan.pdf', 'application/pdf'),
  ]);
  const start = body.indexOf(bytes);
  return {
    bytes,
    body,
    inOperations: body.indexOf('uploadAttachment'),
    inMap: body.indexOf('variables.input.file'),
    inFile: start + Math.floor(bytes.length * 0.8),
    behindFile: body.length - 4,
  };
}

type Sent = string | Buffer | readonly (string | Buffer)[];

function upTo(place: 'inOperations' | 'inMap' | 'inFile' | 'behindFile'): (plan: Plan) => Sent {
  return (plan) => [head(plan.body.length), plan.body.subarray(0, plan[place])];
}

/** Resolves when the system has taken it all. */
function write({ socket }: RawConnection, sent: Sent): Promise<void> {
  const bytes = Buffer.concat([sent].flat().map((part) => Buffer.from(part)));
  return new Promise((resolve) => {
    // An error is one of a connection that was closed: what came before it is looked at.
    socket.write(bytes, () => resolve());
  });
}

function leavesAt(toSent: (plan: Plan) => Sent): Client {
  return async (connection, plan) => {
    await write(connection, toSent(plan));
    connection.socket.end();
    connection.socket.destroySoon();
    await connection.closed;
    return undefined;
  };
}

function cutsAt(toSent: (plan: Plan) => Sent): Client {
  return async (connection, plan) => {
    await write(connection, toSent(plan));
    connection.socket.resetAndDestroy();
    await connection.closed;
    return undefined;
  };
}

/** Sends no more than that, and waits to be answered. */
function listens(toSent: (plan: Plan) => Sent): Client {
  return async (connection, plan) => {
    void write(connection, toSent(plan));
    const unanswered = connection.closed.then((text) => Promise.reject(new Error(`closed after "${text}"`)));
    const text = await Promise.race([connection.received(/\r\n\r\n\{.*\}/s), unanswered]);
    unanswered.catch(() => undefined);
    connection.socket.destroy();
    const [headers, body] = text.split('\r\n\r\n') as [string, string];
    const { data, errors } = JSON.parse(body);
    const codes = (errors ?? data.uploadAttachment.userErrors).map(
      (error: any) => error.extensions?.code ?? error.code,
    );
    return { status: Number(headers.split(' ')[1]), codes };
  };
}

/** Goes on sending when it has been answered already, so that the answer may be lost with the connection. */
function deaf(act: Client): Client {
  return (connection, plan) =>
    act(connection, plan).then(
      () => undefined,
      () => undefined,
    );
}

function wholeUpload(connection: RawConnection, plan: Plan): Promise<Told> {
  return listens(({ body }) => [head(body.length), body])(connection, plan);
}

/** A byte at a time, so that it is never idle. */
async function drips(connection: RawConnection, plan: Plan): Promise<Told> {
  let place = plan.inFile;
  const dripping = setInterval(() => void write(connection, plan.body.subarray(place, (place += 1))), 100);
  try {
    return await listens(upTo('inFile'))(connection, plan);
  } finally {
    clearInterval(dripping);
  }
}

/** In chunks, so that nothing tells beforehand how much it is. */
function sendsTooMuch(byteSize: number): Client {
  return (connection, { body }) => {
    const conversation = JSON.parse(/\{"query".*\}/.exec(body.toString('latin1'))![0]).variables.input
      .conversationId;
    const whole = planOf(conversation, pdf(byteSize)).body;
    const headers = Object.entries(HEADERS).map(([name, value]) => `${name}: ${value}\r\n`);
    const chunked = `POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\ntransfer-encoding: chunked\r\n${headers.join('')}\r\n`;
    const chunk = [`${whole.length.toString(16)}\r\n`, whole, '\r\n0\r\n\r\n'];
    return listens(() => [chunked, ...chunk])(connection, planOf(conversation, Buffer.alloc(0)));
  };
}

/** How many files and sockets a process has open; undefined where the system does not tell. */
function openFiles({ child }: Run): { all: number; sockets: number } | undefined {
  if (process.platform !== 'linux') return undefined;
  const folder = `/proc/${child.pid!}/fd`;
  const links = readdirSync(folder).flatMap((fd) => {
    try {
      return [readlinkSync(join(folder, fd))];
    } catch {
      return [];
    }
  });
  return { all: links.length, sockets: links.filter((link) => link.startsWith('socket:')).length };
}

function isWithin(now: ReturnType<typeof openFiles>, before: ReturnType<typeof openFiles>): boolean {
  return !now || !before || (now.all <= before.all && now.sockets <= before.sockets);
}

/** Beside what tsx, which is no part of Parley, keeps there. */
function leftOvers(folder: string): string[] {
  return filesBelow(folder).filter((path) => !path.startsWith(join(folder, 'tsx-')));
}

/** The digests of the files that are staged, each of which is whole, with all that belongs to it. */
function stagedIn(folder: string): string[] {
  const paths = filesBelow(folder);
  const keysIn = (name: string) =>
    paths.filter((path) => path.startsWith(join(folder, name))).map((path) => basename(path, '.json'));
  expect(keysIn('info')).toEqual(keysIn('files'));
  expect(keysIn('unsent')).toEqual(keysIn('files'));
  return keysIn('files').map((key) => sha256(readFileSync(join(folder, 'files', key))));
}
