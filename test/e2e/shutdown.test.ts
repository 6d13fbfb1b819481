import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { stringify } from 'yaml';
import type { FaultOptions, Sandbox } from '../../src/sandbox/index.ts';
import { startSandbox } from '../../src/sandbox/index.ts';
import { conversations, SEND, sentTexts } from '../graph/writes.ts';
import type { RawConnection } from '../http/incomingClient.ts';
import { connectTo, encode, field, file, head } from '../http/incomingClient.ts';
import type { OpenedRedis } from '../redis.ts';
import { hasRedis, openRedis } from '../redis.ts';
import { filesBelow, UPLOAD } from '../uploading.ts';
import type { Run } from './processes.ts';
import { runParley, urlOf } from './processes.ts';

jest.setTimeout(60_000);

const READ = '{ conversationByExternalId(accountId: "sales", externalId: "8741") { title } }';

/** A Parley that a test stops. */
interface Started extends Run {
  readonly url: string;
  readonly metrics: string;
}

/** What an operation was answered, with the status. */
async function ask(url: string, query: string, variables?: object): Promise<{ status: number; body: any }> {
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  return { status: answer.status, body: await answer.json() };
}

/** A request as it goes over a connection that stays. */
function toHttp(query: string): string {
  const body = JSON.stringify({ query });
  return `POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

describe('a process that is told to stop', () => {
  let sandbox: Sandbox;
  let folder: string;
  let accounts: string;
  const running: Run[] = [];

  beforeAll(async () => {
    sandbox = await startSandbox();
    folder = mkdtempSync(join(tmpdir(), 'parley-shutdown-'));
    accounts = join(folder, 'accounts.yaml');
    const { pact, pigeons } = sandbox;
    writeFileSync(
      accounts,
      stringify({
        accounts: [
          {
            ...{ id: 'sales', provider: 'pact', companyId: pact.companyId },
            ...{ token: pact.token, baseUrl: pact.url },
          },
          {
            ...{ id: 'app', provider: 'pigeons', publicKey: pigeons.publicKey },
            ...{ token: pigeons.user.token, baseUrl: pigeons.url },
          },
        ],
      }),
    );
  });
  afterAll(async () => {
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => sandbox.reset());
  afterEach(async () => {
    for (const { child, ended } of running.splice(0)) {
      child.kill('SIGKILL');
      await ended;
    }
  });

  const start = async (environment: Record<string, string> = {}): Promise<Started> => {
    const run = runParley({
      ...{
        PARLEY_ACCOUNTS: accounts,
        AUTH: 'none',
        METRICS_PORT: '0',
        SHUTDOWN_GRACE: '1h',
        LOG_LEVEL: 'warn',
      },
      ...{ READ_TIMEOUT: '1h', SEND_TIMEOUT: '1h', OPERATION_TIMEOUT: '1h', IDEMPOTENCY_TTL: '7d' },
      ...environment,
    });
    running.push(run);
    const url = await urlOf(run);
    const [, metrics] = await run.said(/Metrics +(http:\S+)\/metrics/);
    return { ...run, url, metrics: metrics! };
  };

  /** Lets Pact keep its answer to one call, for good; settles when the call has come. */
  const hang = (call: string, fault: 'unread' | 'stored' = 'unread') =>
    new Promise<void>((resolve) => {
      const options: FaultOptions = { call, match: () => (resolve(), true) };
      sandbox.pact.failNext(fault === 'unread' ? { hang: true } : { acceptThen: 'hang' }, options);
    });

  /** Tells it to stop; settles when it has begun to. */
  const stop = async ({ child, metrics }: Started) => {
    child.kill('SIGTERM');
    for (;;) {
      const answer = await fetch(`${metrics}/health/ready`);
      const body = (await answer.json()) as object;
      if (answer.status === 503) return body;
    }
  };

  it('is not ready any more, takes no new connection, ends what is under way, and stops at once after that: exit 0', async () => {
    const parley = await start();
    let letGo: () => void = () => undefined;
    sandbox.pigeons.failNext({ delay: 1_500 }, { match: () => (letGo(), true) });
    const other = new Promise<void>((resolve) => (letGo = resolve));
    const slow = ask(parley.url, '{ account(id: "app") { conversations(first: 1) { nodes { id } } } }');
    await other;
    expect(await stop(parley)).toEqual({ status: 'stopping' });
    await expect(fetch(`${parley.url}/health/live`)).rejects.toThrow();
    const { status, body } = await slow;
    expect([status, body.errors]).toEqual([200, undefined]);
    expect(await parley.ended).toMatchObject({ code: 0 });
  });

  it('ends a read that hangs with a code before its grace is over, and then exits 0', async () => {
    const parley = await start({ SHUTDOWN_GRACE: '2s' });
    const arrived = hang('conversation');
    const reading = ask(parley.url, READ);
    await arrived;
    parley.child.kill('SIGTERM');
    const { status, body } = await reading;
    expect(status).toBe(200);
    expect(body.errors).toMatchObject([{ extensions: { code: 'CANCELLED', accountId: 'sales' } }]);
    const { code, stderr } = await parley.ended;
    expect([code, stderr]).toEqual([0, expect.not.stringMatching(/unhandled|    at /i)]);
  });

  it('turns away what comes late on a connection that it still has, with a code', async () => {
    const parley = await start({ SHUTDOWN_GRACE: '3s' });
    const connection = await connectTo(Number(new URL(parley.url).port));
    const arrived = hang('conversation');
    connection.socket.write(toHttp(READ));
    await arrived;
    await stop(parley);
    connection.socket.write(toHttp(READ));
    const answers = await connection.closed;
    expect(answers.match(/^HTTP\/1.1 \d+/gm)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 503']);
    expect(answers).toContain('"code":"CANCELLED"');
    expect(answers).toContain('"code":"OVERLOADED"');
    expect(answers).toMatch(/^retry-after: 1$/im);
    expect(await parley.ended).toMatchObject({ code: 0 });
  });

  it('exits at once, with 1, when it is told once more, but not for one keypress that comes twice', async () => {
    const parley = await start();
    const arrived = hang('conversation');
    const reading = ask(parley.url, READ).catch(() => 'cut');
    await arrived;
    parley.child.kill('SIGINT');
    parley.child.kill('SIGTERM');
    await stop(parley);
    let hasEnded = false;
    void parley.ended.then(() => (hasEnded = true));
    const isOver = () => hasEnded;
    while (!isOver()) {
      parley.child.kill('SIGTERM');
      await wait(50);
    }
    expect(await parley.ended).toMatchObject({ code: 1 });
    expect(await reading).toBe('cut');
  });

  describe('with an upload that has not arrived yet', () => {
    /** Begins an upload, and keeps its last bytes back. */
    async function beginUpload({ url }: Started): Promise<{ connection: RawConnection; rest: Buffer }> {
      const variables = { input: { conversationId: conversations.pigeons, file: null } };
      const body = encode([
        field('operations', { query: UPLOAD, variables }),
        field('map', { 0: ['variables.input.file'] }),
        file('0', Buffer.from(`%PDF-1.7 ${'x'.repeat(200_000)}`), 'a.pdf', 'application/pdf'),
      ]);
      const connection = await connectTo(Number(new URL(url).port));
      connection.socket.write(head(body.length));
      await new Promise((resolve) => connection.socket.write(body.subarray(0, 150_000), resolve));
      return { connection, rest: body.subarray(150_000) };
    }

    /** Settles when it has begun to store something. */
    const stored = async (files: string) => {
      while (filesBelow(files).length === 0) await wait(10);
    };

    it('takes the rest of it, and exits 0', async () => {
      const files = join(folder, randomUUID());
      const parley = await start({ FILE_FOLDER: files });
      const { connection, rest } = await beginUpload(parley);
      await stored(files);
      await stop(parley);
      connection.socket.write(rest);
      const answer = await connection.closed;
      expect(answer).toMatch(/^HTTP\/1.1 200/);
      expect(answer).toContain('"attachment":{');
      expect(await parley.ended).toMatchObject({ code: 0 });
    });

    it('answers with a code before its grace is over where the rest never comes, keeps nothing, and exits 0', async () => {
      const files = join(folder, randomUUID());
      const parley = await start({ FILE_FOLDER: files, SHUTDOWN_GRACE: '2s' });
      const { connection } = await beginUpload(parley);
      await stored(files);
      parley.child.kill('SIGTERM');
      const answer = await connection.closed;
      expect(answer).toMatch(/"code":"[A-Z_]+"/);
      expect(await parley.ended).toMatchObject({ code: 0 });
      expect(filesBelow(files)).toEqual([]);
    });
  });

  (hasRedis ? describe : describe.skip)('with a send whose answer does not come', () => {
    let redis: OpenedRedis;
    beforeAll(async () => {
      redis = (await openRedis())!;
    });
    afterAll(() => redis.close());

    it('says that nobody knows, exits 0, and another process finds the one message with the same key', async () => {
      const environment = { REDIS_URL: redis.url, REDIS_KEY_PREFIX: redis.keyPrefix };
      const input = {
        conversationId: conversations.whatsApp,
        ...{ text: `Stopped ${randomUUID()}`, idempotencyKey: randomUUID() },
      };
      const first = await start({ ...environment, SHUTDOWN_GRACE: '2s' });
      const arrived = hang('sendMessage', 'stored');
      const sending = ask(first.url, SEND, { input });
      await arrived;
      first.child.kill('SIGTERM');
      const { status, body } = await sending;
      expect(status).toBe(200);
      expect(body.errors).toBeUndefined();
      expect(body.data.sendMessage).toMatchObject({
        ...{ message: null, userErrors: [] },
        delivery: { state: 'UNKNOWN' },
      });
      expect(await first.ended).toMatchObject({ code: 0 });

      const second = await start(environment);
      const { body: found } = await ask(second.url, SEND, { input });
      expect(found.errors).toBeUndefined();
      expect(found.data.sendMessage).toMatchObject({
        message: { text: input.text },
        delivery: { id: body.data.sendMessage.delivery.id, evidence: 'HISTORY' },
        userErrors: [],
      });
      expect(sentTexts({ sandbox })).toEqual([input.text]);
    });
  });
});
