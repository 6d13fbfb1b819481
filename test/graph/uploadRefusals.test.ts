import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sandboxAccounts } from '../../src/accounts.ts';
import { conversationId } from '../../src/messaging/ids.ts';
import type { Fault } from '../../src/sandbox/index.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import type { Harness, HarnessOptions } from '../harness.ts';
import { startHarness } from '../harness.ts';
import type { PartSpec, RawConnection } from '../http/incomingClient.ts';
import { encode, field, file, head, HEADERS } from '../http/incomingClient.ts';
import type { ClientFile } from '../uploading.ts';
import {
  filesBelow,
  openConnection,
  pdf,
  PNG,
  postUpload,
  temporaryFiles,
  until,
  UPLOAD,
} from '../uploading.ts';

const MAX_BYTES = 400_000;
const CONVERSATIONS = {
  pact: conversationId({ accountId: 'sales', externalId: String(wellKnown.pact.empty) }),
  letstalk: conversationId({ accountId: 'support', externalId: String(wellKnown.letstalk.empty) }),
  pigeons: conversationId({ accountId: 'app', externalId: wellKnown.pigeons.justCreated }),
};
const PROVIDERS = ['pact', 'letstalk', 'pigeons'] as const;
const picture: ClientFile = { bytes: PNG, fileName: 'a.png', type: 'image/png' };

/** The parts of a well-formed request for one file. */
function partsOf(conversation: string, bytes: string | Buffer): [PartSpec, PartSpec, PartSpec] {
  const variables = { input: { conversationId: conversation, file: null } };
  return [
    field('operations', { query: UPLOAD, variables }),
    field('map', { 0: ['variables.input.file'] }),
    file('0', bytes, 'plan.pdf', 'application/pdf'),
  ];
}

describe('an upload that goes wrong', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-uploads-'));
  const harnesses: Harness[] = [];
  let harness: Harness;
  /** Whose provider, or whose client, is out of time soon. */
  let hasty: Harness;

  const start = async (options: HarnessOptions) => {
    const started = await startHarness(options);
    harnesses.push(started);
    return started;
  };
  beforeAll(async () => {
    const environment = { FILE_FOLDER: folder, UPLOAD_MAX_BYTES: String(MAX_BYTES), UPLOAD_MAX_FILES: '3' };
    harness = await start({ environment });
    hasty = await start({
      environment: { ...environment, UPLOAD_IDLE_TIMEOUT: '400ms' },
      callLimits: { uploadTimeout: 300 },
    });
  });
  let before: readonly string[];
  beforeEach(() => {
    for (const { reset } of harnesses) reset();
    before = staged();
  });
  // Whatever went wrong, nothing is left of it.
  afterEach(async () => {
    await until('no temporary file is left', () => temporaryFiles().length === 0);
    await until('nothing is left in the folder', () => staged().join() === before.join());
    for (const { sandbox } of harnesses) expect(sandbox.pact.uploads()).toEqual([]);
  });
  afterAll(async () => {
    await Promise.all(harnesses.map(({ close }) => close()));
    rmSync(folder, { recursive: true, force: true });
  });

  const staged = () => filesBelow(folder);
  const upload = async (to: Harness, input: Record<string, unknown>, sent: ClientFile = picture) => {
    const { status, data, errors } = await postUpload(to.url, input, sent);
    expect([status, errors]).toEqual([200, undefined]);
    expect(data.uploadAttachment.attachment).toBeNull();
    return data.uploadAttachment.userErrors;
  };
  /** Sends a request up to somewhere within its file. */
  const beginUpload = async (to: Harness, whole: Buffer, length: number) => {
    const connection = await openConnection(to.url);
    connection.socket.write(head(whole.length));
    connection.socket.write(whole.subarray(0, length));
    return connection;
  };
  /** The answer on a connection: its status, and its body. */
  const answerOf = async (connection: RawConnection): Promise<{ status: number; body: any }> => {
    const text = await connection.received(/\r\n\r\n\{.*\}/s);
    connection.socket.destroy();
    const [headers, body] = text.split('\r\n\r\n') as [string, string];
    expect(headers).toMatch(/content-type: application\/json/i);
    return { status: Number(headers.split(' ')[1]), body: JSON.parse(body) };
  };
  const post = async (parts: readonly PartSpec[], headers: Record<string, string> = HEADERS) => {
    const body = new Uint8Array(encode(parts));
    const response = await fetch(`${harness.url}/graphql`, { method: 'POST', headers, body });
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    return { status: response.status, body: (await response.json()) as any };
  };
  const refusal = (code: string) => ({ errors: [{ message: expect.any(String), extensions: { code } }] });

  describe('for want of the header that keeps other sites out', () => {
    it('is refused before a byte of its body has been sent', async () => {
      const connection = await openConnection(harness.url);
      connection.socket.write(
        `POST /graphql HTTP/1.1\r\nhost: parley\r\ncontent-length: 1000000\r\ncontent-type: ${HEADERS['content-type']}\r\n\r\n`,
      );
      expect(await answerOf(connection)).toEqual({ status: 400, body: refusal('BAD_REQUEST') });
    });

    it('is refused, and nothing of it is read', async () => {
      const [operations, map, content] = partsOf(CONVERSATIONS.pact, pdf(300_000));
      const { status, body } = await post([operations, map, content], {
        'content-type': HEADERS['content-type'],
      });
      expect([status, body]).toEqual([400, refusal('BAD_REQUEST')]);
      expect(body.errors[0].message).toContain('apollo-require-preflight');
      expect(temporaryFiles()).toEqual([]);
      expect(harness.takeCalls()).toEqual([]);
    });
  });

  describe('in its form', () => {
    const [operations, map, content] = partsOf(CONVERSATIONS.pact, PNG);
    const mapped = (paths: unknown) => [operations, field('map', { 0: paths }), content];
    const query =
      'mutation ($files: [Upload!]!) { uploadAttachment(input: { file: $files }) { __typename } }';
    const many = [0, 1, 2, 3].map(String);
    const mapOfFile = field('map', { 0: ['variables.file'] });

    it.each<[string, number, string, readonly PartSpec[]]>([
      ['without "map"', 400, 'BAD_REQUEST', [operations, content]],
      ['without "operations"', 400, 'BAD_REQUEST', [map, content]],
      ['without either', 400, 'BAD_REQUEST', [content]],
      ['with "map" before "operations"', 400, 'BAD_REQUEST', [map, operations, content]],
      ['with the file first', 400, 'BAD_REQUEST', [content, operations, map]],
      ['with a path outside of the variables', 400, 'BAD_REQUEST', mapped(['query'])],
      ['with a path to a prototype', 400, 'BAD_REQUEST', mapped(['variables.__proto__.file'])],
      [
        'with one file on many paths',
        400,
        'BAD_REQUEST',
        mapped(['variables.input.file', 'variables.input']),
      ],
      ['with a path to what is no null', 400, 'BAD_REQUEST', mapped(['variables.input.conversationId'])],
      ['with a batch', 400, 'BAD_REQUEST', [field('operations', [{ query: UPLOAD }]), map, content]],
      ['with "operations" that are not JSON', 400, 'BAD_REQUEST', [field('operations', '{'), map, content]],
      [
        'with too many files',
        413,
        'PAYLOAD_TOO_LARGE',
        [
          field('operations', { query, variables: { files: many.map(() => null) } }),
          field('map', Object.fromEntries(many.map((part) => [part, [`variables.files.${part}`]]))),
          ...many.map((part) => file(part, PNG)),
        ],
      ],
      [
        'with "operations" that are too long',
        413,
        'PAYLOAD_TOO_LARGE',
        [field('operations', ' '.repeat(2 ** 20 + 1))],
      ],
    ])('is refused as JSON, and no provider hears of it: %s', async (_what, status, code, parts) => {
      expect(await post(parts)).toEqual({ status, body: refusal(code) });
      expect(harness.takeCalls()).toEqual([]);
      expect(({} as Record<string, unknown>)['file']).toBeUndefined();
    });

    it('is refused as JSON when it has no boundary', async () => {
      const answer = await post([operations, map, content], {
        ...HEADERS,
        'content-type': 'multipart/form-data',
      });
      expect(answer).toEqual({ status: 400, body: refusal('BAD_REQUEST') });
    });

    it('is refused before its body has been sent when that is larger than any upload', async () => {
      const connection = await openConnection(harness.url);
      connection.socket.write(head(1_000_000_000));
      expect(await answerOf(connection)).toEqual({ status: 413, body: refusal('PAYLOAD_TOO_LARGE') });
    });

    it.each<[string, string]>([
      ['that can not be parsed', '{'],
      ['that the schema does not have', 'mutation { uploadFile { id } }'],
      ['whose file stands where no file can be', 'query ($file: Upload) { account(id: $file) { id } }'],
    ])('has an operation %s: that is refused, with the file', async (_what, query) => {
      const { status, body } = await post([
        field('operations', { query, variables: { file: null } }),
        mapOfFile,
        content,
      ]);
      expect([status, body.errors[0].extensions.code]).toEqual([400, expect.stringMatching(/^GRAPHQL_/)]);
    });

    it('has a file that nobody reads', async () => {
      const operations = { query: '{ accounts { id } }', variables: { file: null } };
      const { status, body } = await post([field('operations', operations), mapOfFile, content]);
      expect([status, body.data.accounts.length]).toEqual([200, 3]);
    });

    it.each<[string, unknown]>([
      ['nothing', null],
      ['a text', 'a.png'],
      ['an object', { fileName: 'a.png' }],
    ])('has %s where the file should be', async (_what, value) => {
      const input = { conversationId: CONVERSATIONS.pact, file: value };
      const { status, errors } = await harness.query(UPLOAD, { variables: { input } });
      expect([status, errors![0]!.extensions['code']]).toEqual([400, 'BAD_USER_INPUT']);
    });
  });

  describe.each(PROVIDERS)('for %s', (provider) => {
    const conversation = CONVERSATIONS[provider];

    it('is too large: a user error, and the provider gets nothing', async () => {
      const errors = await upload(
        harness,
        { conversationId: conversation },
        { ...picture, bytes: pdf(MAX_BYTES + 1) },
      );
      expect(errors).toMatchObject([
        { code: 'PAYLOAD_TOO_LARGE', field: ['input', 'file'], retryable: false },
      ]);
      expect(errors[0].message).toContain(String(MAX_BYTES));
    });

    it('names a file that never comes', async () => {
      const [operations, map] = partsOf(conversation, '');
      const { status, body } = await post([operations, map]);
      expect(status).toBe(200);
      expect(body.data.uploadAttachment).toMatchObject({
        attachment: null,
        userErrors: [{ code: 'BAD_REQUEST', field: ['input', 'file'] }],
      });
    });

    it.each([
      ['too long', 'a'.repeat(256)],
      ['only a path', '../..'],
    ])('has a name that is %s', async (_what, fileName) => {
      const errors = await upload(harness, { conversationId: conversation }, { ...picture, fileName });
      expect(errors).toMatchObject([{ code: 'BAD_REQUEST', field: ['input', 'file'], retryable: false }]);
    });

    it('is for something that is no conversation', async () => {
      expect(await upload(harness, { conversationId: 'malformed' })).toMatchObject([
        { code: 'BAD_USER_INPUT', field: ['input', 'conversationId'] },
      ]);
      const foreign = conversationId({ accountId: 'nobodys', externalId: '1' });
      expect(await upload(harness, { conversationId: foreign })).toMatchObject([
        { code: 'NOT_FOUND', field: ['input', 'conversationId'] },
      ]);
      expect(harness.takeCalls()).toEqual([]);
    });

    it('turns out to be too large after it has begun to be passed on: the provider never takes it for whole', async () => {
      const whole = encode(partsOf(conversation, pdf(MAX_BYTES + 100_000)));
      const connection = await beginUpload(harness, whole, 200_000);
      await isPassedOn(harness);
      connection.socket.write(whole.subarray(200_000));
      const { status, body } = await answerOf(connection);
      expect(status).toBe(200);
      expect(body.data.uploadAttachment).toMatchObject({
        attachment: null,
        userErrors: [{ code: 'PAYLOAD_TOO_LARGE', field: ['input', 'file'], retryable: false }],
      });
    });

    it('stops arriving', async () => {
      const whole = encode(partsOf(conversation, pdf(300_000)));
      const connection = await beginUpload(hasty, whole, 50_000);
      const { body } = await answerOf(connection);
      expect(body.data.uploadAttachment).toMatchObject({
        attachment: null,
        userErrors: [{ code: 'REQUEST_TIMEOUT', field: ['input', 'file'], retryable: true }],
      });
    });

    it('loses its client while it is passed on', async () => {
      const whole = encode(partsOf(conversation, pdf(300_000)));
      const connection = await beginUpload(harness, whole, 200_000);
      await isPassedOn(harness);
      connection.socket.destroy();
      await connection.closed;
      // That nothing is left is looked for after each test; here, that the account goes on as if nothing had been.
      const { data } = await harness.query(
        'query ($id: ID!) { conversation(id: $id) { account { status } } }',
        {
          variables: { id: conversation },
        },
      );
      expect(data.conversation.account.status).toBe('OPERATIONAL');
    });

    async function isPassedOn({ sandbox }: Harness): Promise<void> {
      await until('the file is passed on', () =>
        provider === 'pact'
          ? sandbox.pact.requests.some(({ call }) => call === 'uploadAttachment')
          : staged().some((path) => path.startsWith(join(folder, 'files')) && !before.includes(path)),
      );
    }
  });

  it('is given with a name that holds a path: that is left out', async () => {
    const sent = { ...picture, fileName: '../../etc/passwd.png' };
    const { data } = await postUpload(harness.url, { conversationId: CONVERSATIONS.pact }, sent);
    expect(data.uploadAttachment.attachment.fileName).toBe('passwd.png');
    expect(harness.sandbox.pact.uploads().map(({ fileName }) => fileName)).toEqual(['passwd.png']);
    harness.reset();
  });

  describe('at the provider', () => {
    const input = { conversationId: CONVERSATIONS.pact };

    // Answered when all has been read: one that answers early and closes may cut its own answer off.
    it.each<[string, Fault, object]>([
      ['400', { acceptThen: 400 }, { code: 'PROVIDER_REJECTED', retryable: false }],
      ['401', { acceptThen: 401 }, { code: 'PROVIDER_UNAUTHENTICATED', retryable: false }],
      ['402', { acceptThen: 402 }, { code: 'PROVIDER_PAYMENT_REQUIRED', retryable: false }],
      ['403', { acceptThen: 403 }, { code: 'PROVIDER_FORBIDDEN', retryable: false }],
      ['429', { acceptThen: 429 }, { code: 'PROVIDER_RATE_LIMITED', retryable: true }],
      ['500', { acceptThen: 500 }, { code: 'PROVIDER_UNAVAILABLE', retryable: true }],
      ['half of the JSON', { truncate: true }, { code: 'PROVIDER_CONTRACT', retryable: false }],
      ['a lost answer', { acceptThen: 'reset' }, { code: 'PROVIDER_UNAVAILABLE', retryable: true }],
      ['a reset', { reset: true }, { code: 'PROVIDER_UNAVAILABLE', retryable: true }],
    ])('meets %s: a user error, and the key is free', async (what, fault, error) => {
      const { pact } = harness.sandbox;
      const keyed = { ...input, idempotencyKey: `met ${what}` };
      pact.failNext(fault, { call: 'uploadAttachment' });
      expect(await upload(harness, keyed, { ...picture, bytes: pdf(300_000) })).toMatchObject([error]);

      const { data } = await postUpload(harness.url, keyed, picture);
      expect(data.uploadAttachment.userErrors).toEqual([]);
      expect(pact.uploads().at(-1)).toMatchObject({ byteSize: PNG.length });
      harness.reset();
    });

    it('is for a conversation that is not there', async () => {
      const unknown = conversationId({ accountId: 'sales', externalId: '999999' });
      expect(await upload(harness, { conversationId: unknown })).toMatchObject([
        { code: 'NOT_FOUND', field: ['input', 'conversationId'] },
      ]);
    });

    it('meets silence: a user error in time', async () => {
      hasty.sandbox.pact.failNext({ hang: true }, { call: 'uploadAttachment' });
      expect(await upload(hasty, input, { ...picture, bytes: pdf(300_000) })).toMatchObject([
        { code: 'PROVIDER_TIMEOUT', retryable: true },
      ]);
    });

    it('is ended there when its client leaves before there is an answer', async () => {
      const { pact } = harness.sandbox;
      pact.failNext({ hang: true }, { call: 'uploadAttachment' });
      const seen = harness.logged().length;
      const whole = encode(partsOf(CONVERSATIONS.pact, pdf(300_000)));
      const connection = await beginUpload(harness, whole, whole.length);
      await until('Pact has been asked', () => pact.requests.length > 0);
      connection.socket.destroy();
      await until('the call is over', () =>
        /"uploadAttachment".*"CANCELLED"/.test(harness.logged().slice(seen)),
      );
    });

    it('is refused while it still arrives: the client is told when it has sent everything', async () => {
      const pact = await startDeafProvider();
      const early = await start({
        environment: { FILE_FOLDER: folder },
        accounts: (sandbox) => sandboxAccounts(sandbox).map((account) => ({ ...account, baseUrl: pact.url })),
      });
      const whole = encode(partsOf(CONVERSATIONS.pact, pdf(300_000)));
      const connection = await beginUpload(early, whole, 200_000);
      await until('the provider has refused', () => early.logged().includes('PROVIDER_FORBIDDEN'));
      connection.socket.write(whole.subarray(200_000));
      const { status, body } = await answerOf(connection);
      expect([status, body.data.uploadAttachment.userErrors]).toMatchObject([
        200,
        [{ code: 'PROVIDER_FORBIDDEN' }],
      ]);
      await pact.close();
    });

    it('says nothing of where and with what the provider was asked', async () => {
      const { pact } = harness.sandbox;
      pact.failNext({ body: () => ({ error: 'very secret words' }) }, { call: 'uploadAttachment' });
      const shown = JSON.stringify(await upload(harness, input)) + harness.logged();
      for (const secret of [pact.token, 'very secret words', '/p1/']) expect(shown).not.toContain(secret);
      harness.reset();
    });
  });

  it('finds no place to be kept: STORAGE_UNAVAILABLE, which may pass', async () => {
    const place = join(folder, 'place');
    const full = await start({ environment: { FILE_FOLDER: place } });
    rmSync(place, { recursive: true, force: true });
    // What is below a file can't be written, whoever tries.
    writeFileSync(place, 'not a folder any more');
    before = staged();
    for (const provider of ['letstalk', 'pigeons'] as const) {
      expect(await upload(full, { conversationId: CONVERSATIONS[provider] })).toMatchObject([
        { code: 'STORAGE_UNAVAILABLE', retryable: true },
      ]);
    }
    expect(full.takeCalls()).toEqual([]);
    // What needs no place of ours goes on.
    const { data } = await postUpload(full.url, { conversationId: CONVERSATIONS.pact }, picture);
    expect(data.uploadAttachment.userErrors).toEqual([]);
    full.reset();
  });
});

/** A provider that refuses before it has read what it is sent, and reads it nevertheless, as a proxy in front would. */
async function startDeafProvider(): Promise<{ url: string; close: () => Promise<void> }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write('HTTP/1.1 403 Forbidden\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}');
      socket.resume();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.close();
      await once(server, 'close');
    },
  };
}
