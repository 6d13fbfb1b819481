/**
 * What a large upload costs: peak memory over idle, and time, beside a plain graphql-upload that reads the file and throws
 * it away.
 *
 *   npm run bench:upload            100 MB
 *   npm run bench:upload -- 400     400 MB
 *
 * Needs Linux, whose kernel keeps a process's peak of resident memory.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, openAsBlob, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startSandbox, wellKnown } from '../src/sandbox/index.ts';

const MEGABYTE = 1024 * 1024;
const size = Number(process.argv[2] ?? 100);
const ROUNDS = 3;

interface Measured {
  /** Megabytes of resident memory at the most, over what there was before. */
  readonly megabytes: number;
  readonly seconds: number;
}

interface Server {
  readonly child: ChildProcess;
  readonly url: string;
}

const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
const sandbox = await startSandbox();
const servers: Server[] = [];

try {
  const file = join(folder, 'film.bin');
  writeFileSync(file, Buffer.alloc(size * MEGABYTE, 'parley'));
  const small = join(folder, 'picture.bin');
  writeFileSync(small, Buffer.alloc(MEGABYTE, 'parley'));
  const settings = {
    PARLEY_ACCOUNTS: writeAccounts(),
    FILE_FOLDER: join(folder, 'files'),
    UPLOAD_MAX_BYTES: String(2 * size * MEGABYTE),
  };
  const startParley = () => start('src/main.ts', settings);
  const vkontakte = ['sales', String(wellKnown.pact.vkontakte)] as const;
  const support = ['support', String(wellKnown.letstalk.documented)] as const;

  const peer = await measure(await start('bench/peers/graphqlUpload.ts', {}), (server) => {
    return { warmUp: () => upload(server, small, null), work: () => upload(server, file, null) };
  });
  const streamed = await measure(await startParley(), async (server) => {
    const id = await conversation(server, ...vkontakte);
    return { warmUp: () => upload(server, small, id), work: () => upload(server, file, id) };
  });
  const staged = await measure(await startParley(), async (server) => {
    const id = await conversation(server, ...support);
    return { warmUp: () => upload(server, small, id), work: () => upload(server, file, id) };
  });
  const sent = await measure(await startParley(), async (server) => {
    const id = await conversation(server, ...support);
    const pass = async (path: string) => send(server, id, await upload(server, path, id));
    return { warmUp: () => pass(small), work: () => pass(file) };
  });
  print([
    ['a plain graphql-upload, thrown away', peer],
    ['Pact: on to its upload call', streamed],
    ['Letstalk: into the folder', staged],
    ['Letstalk: into the folder, and from there into a message', sent],
  ]);
} finally {
  for (const { child } of servers) child.kill('SIGKILL');
  await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
}

async function start(script: string, env: Record<string, string>): Promise<Server> {
  const child = spawn(process.execPath, ['--import', 'tsx', script], {
    env: { ...process.env, REDIS_URL: '', PORT: '0', TMPDIR: folder, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface(child.stdout)) {
    const url = /(http:\S+)\/graphql/.exec(line)?.[1];
    if (!url) continue;
    const server = { child, url };
    servers.push(server);
    child.stdout.resume();
    return server;
  }
  throw new Error(`${script} has not started`);
}

interface Work {
  /** With a small file: what is compiled and pooled once is no cost of a large one. */
  readonly warmUp: () => Promise<unknown>;
  readonly work: () => Promise<unknown>;
}

/** In a process of its own. The time is the median of several rounds, the memory the most of all. */
async function measure(server: Server, prepare: (server: Server) => Work | Promise<Work>): Promise<Measured> {
  const { child } = server;
  const { warmUp, work } = await prepare(server);
  for (let round = 0; round < ROUNDS; round += 1) await warmUp();
  const idle = memory(child, 'VmRSS');
  // Sets the peak back to what is resident now.
  writeFileSync(`/proc/${child.pid}/clear_refs`, '5');
  const seconds: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const startedAt = performance.now();
    await work();
    seconds.push((performance.now() - startedAt) / 1000);
  }
  const megabytes = memory(child, 'VmHWM') - idle;
  child.kill('SIGKILL');
  return { megabytes, seconds: seconds.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)]! };
}

function memory({ pid }: ChildProcess, what: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${what}:\\s+(\\d+) kB`).exec(status)![1]) / 1024;
}

async function upload({ url }: Server, file: string, conversationId: string | null): Promise<string> {
  const query = `mutation ($file: Upload!, $conversationId: ID!) {
    uploadAttachment(input: { conversationId: $conversationId, file: $file }) { attachment { id } userErrors { code message } }
  }`;
  const form = new FormData();
  form.append('operations', JSON.stringify({ query, variables: { file: null, conversationId } }));
  form.append('map', '{"0":["variables.file"]}');
  form.append('0', await openAsBlob(file), 'film.bin');
  const headers = { 'apollo-require-preflight': 'true' };
  const { data } = await answerOf(fetch(`${url}/graphql`, { method: 'POST', headers, body: form }));
  if (!data.uploadAttachment.attachment) throw new Error(JSON.stringify(data));
  return data.uploadAttachment.attachment.id;
}

async function send(server: Server, conversationId: string, attachmentId: string): Promise<void> {
  const query = `mutation ($input: SendMessageInput!) { sendMessage(input: $input) { delivery { state } userErrors { code message } } }`;
  const input = { conversationId, attachmentIds: [attachmentId], idempotencyKey: crypto.randomUUID() };
  const { data } = await post(server, query, { input });
  if (data.sendMessage.delivery?.state !== 'SENT') throw new Error(JSON.stringify(data));
}

async function conversation(server: Server, accountId: string, externalId: string): Promise<string> {
  const query = `query ($accountId: ID!, $externalId: String!) { conversationByExternalId(accountId: $accountId, externalId: $externalId) { id } }`;
  return (await post(server, query, { accountId, externalId })).data.conversationByExternalId.id;
}

function post({ url }: Server, query: string, variables: object): Promise<any> {
  const headers = { 'content-type': 'application/json' };
  return answerOf(
    fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query, variables }) }),
  );
}

async function answerOf(request: Promise<Response>): Promise<any> {
  return (await request).json();
}

function writeAccounts(): string {
  const { pact, letstalk } = sandbox;
  const accounts = [
    { id: 'sales', provider: 'pact', companyId: pact.companyId, token: pact.token, baseUrl: pact.url },
    { id: 'support', provider: 'letstalk', apiKey: letstalk.agentKey, role: 'agent', baseUrl: letstalk.url },
  ];
  const path = join(folder, 'accounts.yaml');
  writeFileSync(path, JSON.stringify({ accounts }));
  return path;
}

/** The first row is what the others' times are compared with. */
function print(rows: readonly [string, Measured][]): void {
  const reference = rows[0]![1];
  process.stdout.write(`${size} MB, ${ROUNDS} times each, in a process of its own\n`);
  for (const [what, { megabytes, seconds }] of rows) {
    const ratio = (seconds / reference.seconds).toFixed(2);
    const cost = `${megabytes.toFixed(1).padStart(6)} MB over idle  ${seconds.toFixed(2).padStart(6)} s`;
    process.stdout.write(`${what.padEnd(58)} ${cost}  ${ratio} x\n`);
  }
}
