import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { sandboxAccounts } from '../../src/accounts.ts';
import type { AccountConfig } from '../../src/config/accounts.ts';
import { conversationId } from '../../src/messaging/ids.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import type { WriteSubject } from '../contract/writeSubjects.ts';
import { letstalkSubject, pactSubject, pigeonsSubject } from '../contract/writeSubjects.ts';
import type { Answer, Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';
import type { ClientFile } from '../uploading.ts';
import {
  filesBelow,
  formOf,
  pdf,
  PNG,
  postForm,
  postUpload,
  sendFiles,
  sha256,
  temporaryFiles,
  until,
} from '../uploading.ts';

const UNKNOWN_TYPE = 'application/octet-stream';
// As Apollo Sandbox says it: it knows no types.
const picture: ClientFile = { bytes: PNG, fileName: 'смета – 見積書 ñ 👋.png', type: UNKNOWN_TYPE };
const ATTACHMENT = `query ($id: ID!) {
  attachment(id: $id) {
    id fileName mimeType byteSize url
    providerDetails { __typename ... on StagedAttachment { expiresAt } }
  }
}`;
const DAY = 86_400_000;
const PROVIDERS = [
  ['Pact', pactSubject],
  ['Letstalk', letstalkSubject],
  ['Pigeons', pigeonsSubject],
] as const;

describe('an upload', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-uploads-'));
  let harness: Harness;

  beforeAll(async () => {
    harness = await startHarness({
      environment: { FILE_FOLDER: folder },
      accounts: (sandbox) => {
        const accounts = sandboxAccounts(sandbox);
        const { token: _own, ...pigeons } = accounts[2] as Extract<AccountConfig, { provider: 'pigeons' }>;
        return [
          ...accounts,
          ...accounts.map((account) => ({ ...account, id: `second-${account.id}` })),
          { ...pigeons, id: 'callers', tokenHeader: 'x-pigeons-token' },
        ];
      },
    });
  });
  beforeEach(() => {
    harness.reset();
  });
  afterEach(() => until('no temporary file is left', () => temporaryFiles().length === 0));
  afterAll(async () => {
    await harness.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const upload = async (id: string, file: ClientFile, key?: string): Promise<any> => {
    const input = { conversationId: id, ...(key !== undefined && { idempotencyKey: key }) };
    const { data, errors } = await postUpload(harness.url, input, file);
    expect(errors).toBeUndefined();
    return data.uploadAttachment;
  };
  const taken = async (id: string, file: ClientFile, key?: string): Promise<any> => {
    const { attachment, userErrors } = await upload(id, file, key);
    expect(userErrors).toEqual([]);
    return attachment;
  };
  const read = async (id: string) => (await harness.data(ATTACHMENT, { id })).attachment;

  describe.each(PROVIDERS)('for %s', (_provider, toSubject) => {
    let subject: WriteSubject;
    let conversation: string;
    let another: string;
    /** Where nothing may be sent without a text. */
    let words: { text?: string };

    beforeEach(() => {
      subject = toSubject(harness.sandbox);
      const { accountId, conversations } = subject;
      conversation = conversationId({ accountId, externalId: conversations.empty });
      another = conversationId({ accountId, externalId: conversations.long });
      words = subject.storesFiles ? {} : { text: 'Look:' };
    });

    const storedFile = async () => {
      subject.settle();
      const [message, ...others] = subject.stored(subject.conversations.empty);
      expect(others).toEqual([]);
      const [file, ...more] = message!.files;
      expect(more).toEqual([]);
      const { url, ...told } = file!;
      if (url === undefined) return told;
      // Pigeons stores an address: what it stands for is what anyone reads there.
      return { ...told, sha256: sha256(Buffer.from(await (await fetch(url)).arrayBuffer())) };
    };

    it('is stored by the provider byte for byte, under its name, as what its bytes are', async () => {
      const { id, ...told } = await taken(conversation, picture);
      expect(told).toMatchObject({
        ...{ fileName: picture.fileName, mimeType: 'image/png', byteSize: PNG.length },
        media: { __typename: 'ImageMedia' },
      });

      const sent = await sendFiles(harness, { conversationId: conversation, attachmentIds: [id], ...words });

      expect(sent.userErrors).toEqual([]);
      expect(await storedFile()).toEqual({
        ...{ fileName: picture.fileName, mimeType: 'image/png', byteSize: PNG.length },
        sha256: sha256(PNG),
      });
    });

    it('is stored whole when it is larger than anything that is kept in memory', async () => {
      const bytes = pdf(5 * 1024 * 1024);
      const { id } = await taken(conversation, { ...picture, bytes, fileName: 'plan.pdf' });
      await sendFiles(harness, { conversationId: conversation, attachmentIds: [id], ...words });
      expect(await storedFile()).toMatchObject({ byteSize: bytes.length, sha256: sha256(bytes) });
    });

    it('waits as a StagedAttachment until it is sent, and is readable by its id before and after', async () => {
      const before = Date.now();
      const attachment = await taken(conversation, picture);
      const { __typename, expiresAt } = attachment.providerDetails;
      expect(__typename).toBe('StagedAttachment');
      expect(Date.parse(expiresAt)).toBeGreaterThanOrEqual(before + DAY);
      expect(Date.parse(expiresAt)).toBeLessThanOrEqual(Date.now() + DAY);
      const { media: _media, ...readable } = attachment;
      expect(await read(attachment.id)).toEqual(readable);

      await sendFiles(harness, { conversationId: conversation, attachmentIds: [attachment.id], ...words });

      expect(await read(attachment.id)).toEqual({ ...readable, providerDetails: null });
    });

    it('can be sent in no other conversation and by no other account', async () => {
      const { id } = await taken(conversation, picture);
      harness.takeCalls();
      const second = conversationId({
        ...{ accountId: `second-${subject.accountId}`, externalId: subject.conversations.empty },
      });
      for (const [elsewhere, code] of [
        [another, 'ATTACHMENT_OF_ANOTHER_CONVERSATION'],
        [second, 'NOT_FOUND'],
      ] as const) {
        const refused = await sendFiles(harness, {
          conversationId: elsewhere,
          attachmentIds: [id],
          ...words,
        });
        expect(refused).toMatchObject({ delivery: null, message: null });
        expect(refused.userErrors).toMatchObject([{ code, field: ['input', 'attachmentIds', '0'] }]);
      }
      expect(harness.takeCalls().filter((call) => call.endsWith('sendMessage'))).toEqual([]);
    });

    describe('under a key', () => {
      let key: string;
      beforeEach(() => {
        key = randomUUID();
      });
      /** Every attachment that was made, wherever it waits. */
      const kept = () => filesBelow(folder).length + harness.sandbox.pact.uploads().length;

      it('is made once, also when it is asked for twice at the same time', async () => {
        const before = kept();
        const attachments = await Promise.all([1, 2, 3].map(() => taken(conversation, picture, key)));
        const after = kept();
        const again = await taken(conversation, picture, key);

        expect(new Set([...attachments, again].map(({ id }) => id)).size).toBe(1);
        expect(again).toEqual(attachments[0]);
        expect(after).toBeGreaterThan(before);
        expect(kept()).toBe(after);
        await taken(conversation, picture, randomUUID());
        expect(kept() - after).toBe(after - before);
      });

      it.each<[string, Partial<ClientFile>]>([
        ['other bytes', { bytes: Buffer.concat([PNG, Buffer.alloc(1)]) }],
        ['another name', { fileName: 'other.png' }],
      ])('is refused with %s', async (_what, other) => {
        const first = await taken(conversation, picture, key);
        const { attachment, userErrors } = await upload(conversation, { ...picture, ...other }, key);
        expect(attachment).toBeNull();
        expect(userErrors).toMatchObject([
          { code: 'IDEMPOTENCY_CONFLICT', field: ['input', 'idempotencyKey'], retryable: false },
        ]);
        expect(await taken(conversation, picture, key)).toEqual(first);
      });

      it('is refused for another conversation', async () => {
        await taken(conversation, picture, key);
        expect((await upload(another, picture, key)).userErrors).toMatchObject([
          { code: 'IDEMPOTENCY_CONFLICT' },
        ]);
      });

      it('leaves the key free when it was not taken', async () => {
        const { userErrors } = await upload(conversation, { ...picture, fileName: 'a'.repeat(256) }, key);
        expect(userErrors).toHaveLength(1);
        await taken(conversation, picture, key);
      });

      it.each(['', 'a'.repeat(129), 'a\0'])('that is none is refused: %j', async (none) => {
        expect((await upload(conversation, picture, none)).userErrors).toMatchObject([
          { code: 'BAD_USER_INPUT', field: ['input', 'idempotencyKey'] },
        ]);
      });
    });
  });

  describe.each(PROVIDERS.slice(1))('that is staged for %s', (_provider, toSubject) => {
    let conversation: string;
    beforeEach(() => {
      const { accountId, conversations } = toSubject(harness.sandbox);
      conversation = conversationId({ accountId, externalId: conversations.empty });
    });

    it('can be read by whoever knows its address, as a file to be saved', async () => {
      const { url } = await taken(conversation, picture);
      const answer = await fetch(url);

      expect(answer.status).toBe(200);
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        'content-type': 'image/png',
        'content-length': String(PNG.length),
        'x-content-type-options': 'nosniff',
        'content-disposition': expect.stringMatching(
          `^attachment;.*filename\\*=UTF-8''${encodeURIComponent(picture.fileName)}$`,
        ),
      });
      expect(Buffer.from(await answer.arrayBuffer()).equals(PNG)).toBe(true);
    });

    it('has an address that nothing else tells', async () => {
      const twins = [await taken(conversation, picture), await taken(conversation, picture)];
      const keys = twins.map(({ url }) => /^\/files\/([A-Za-z0-9_-]{43})\//.exec(new URL(url).pathname)![1]!);

      expect(keys[0]).not.toBe(keys[1]);
      for (const [index, key] of keys.entries()) {
        expect(Buffer.from(twins[index].id, 'base64url').toString()).not.toContain(key);
        expect(harness.logged()).not.toContain(key);
      }
      expect((await fetch(`${harness.url}/files/${'A'.repeat(43)}`)).status).toBe(404);
    });
  });

  describe('whose client lies about its type', () => {
    const conversation = conversationId({ accountId: 'app', externalId: wellKnown.pigeons.justCreated });

    it.each<[string, ClientFile, string]>([
      ['a picture as a text', { bytes: PNG, fileName: 'a.txt', type: 'text/plain' }, 'image/png'],
      ['a document as anything', { bytes: pdf(), fileName: 'a', type: UNKNOWN_TYPE }, 'application/pdf'],
      ['a script as a picture', { bytes: 'alert(1)', fileName: 'a.png', type: 'image/png' }, UNKNOWN_TYPE],
      ['a page as a page', { bytes: '<script>', fileName: 'a.html', type: 'text/html' }, 'text/plain'],
      ['a table as anything', { bytes: 'a;b\n1;2\n', fileName: 'a.csv', type: UNKNOWN_TYPE }, 'text/csv'],
    ])('is told and served as what it is: %s', async (_what, file, mimeType) => {
      const attachment = await taken(conversation, file);
      expect(attachment.mimeType).toBe(mimeType);
      const { headers } = await fetch(attachment.url);
      expect(headers.get('content-type')).toBe(mimeType);
      expect(headers.get('content-disposition')).toMatch(/^attachment;/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    });
  });

  describe('at an account that takes no such files', () => {
    const conversation = conversationId({
      accountId: 'support',
      externalId: String(wellKnown.letstalk.empty),
    });

    it.each<[string, ClientFile]>([
      ['a text', { bytes: 'hello', fileName: 'a.txt', type: 'text/plain' }],
      ['a script that is declared a picture', { bytes: 'alert(1)', fileName: 'a.js', type: 'image/png' }],
      [
        'a program that is declared a document',
        {
          bytes: Buffer.from('MZ\x90\0\x03'.padEnd(200, '\0'), 'latin1'),
          fileName: 'a.pdf',
          type: 'application/pdf',
        },
      ],
      [
        'an archive',
        { bytes: Buffer.from('504b0304140000000800', 'hex'), fileName: 'a.zip', type: 'application/zip' },
      ],
    ])('is refused before anything of it is kept: %s', async (_what, file) => {
      const before = filesBelow(folder);
      const { attachment, userErrors } = await upload(conversation, file);

      expect(attachment).toBeNull();
      expect(userErrors).toMatchObject([
        { code: 'ATTACHMENT_TYPE_FORBIDDEN', field: ['input', 'file'], retryable: false },
      ]);
      expect(filesBelow(folder)).toEqual(before);
      expect(harness.takeCalls()).toEqual([]);
    });
  });

  it('is taken once in an operation, however many fields name it', async () => {
    const conversation = conversationId({ accountId: 'support', externalId: '1484305' });
    const before = filesBelow(folder).length;
    const payload = '{ attachment { id } userErrors { code field } }';
    const form = formOf(
      {
        query: `mutation ($input: UploadAttachmentInput!) {
          a: uploadAttachment(input: $input) ${payload}
          b: uploadAttachment(input: $input) ${payload}
        }`,
        variables: { input: { conversationId: conversation, file: null } },
      },
      { 0: ['variables.input.file'] },
      { 0: { ...picture, bytes: pdf(100) } },
    );
    const { data } = await postForm(harness.url, form);

    expect(data.a).toMatchObject({ attachment: { id: expect.any(String) }, userErrors: [] });
    expect(data.b).toEqual({
      attachment: null,
      userErrors: [{ code: 'BAD_USER_INPUT', field: ['input', 'file'] }],
    });
    // Its bytes, what is known of them, and the mark that it waits.
    expect(filesBelow(folder)).toHaveLength(before + 3);
  });

  it('is one of several in an operation, each with bytes of its own', async () => {
    const ids = PROVIDERS.map(([, toSubject]) => toSubject(harness.sandbox)).map(
      ({ accountId, conversations }) => conversationId({ accountId, externalId: conversations.empty }),
    );
    const payload = '{ attachment { id fileName byteSize url } userErrors { code } }';
    const form = formOf(
      {
        query: `mutation ($a: UploadAttachmentInput!, $b: ID!, $file: Upload!, $c: UploadAttachmentInput!) {
          pact: uploadAttachment(input: $a) ${payload}
          letstalk: uploadAttachment(input: { conversationId: $b, file: $file }) ${payload}
          pigeons: uploadAttachment(input: $c) ${payload}
        }`,
        variables: {
          a: { conversationId: ids[0], file: null },
          b: ids[1],
          file: null,
          c: { conversationId: ids[2], file: null },
        },
      },
      { x: ['variables.c.file'], y: ['variables.a.file'], z: ['variables.file'] },
      // In another order than they are asked for.
      {
        x: { ...picture, bytes: pdf(300_000), fileName: 'x.pdf' },
        y: { ...picture, bytes: pdf(200_000), fileName: 'y.pdf' },
        z: { ...picture, bytes: pdf(100_000), fileName: 'z.pdf' },
      },
    );
    const { data, errors } = await postForm(harness.url, form);

    expect(errors).toBeUndefined();
    for (const [name, fileName, byteSize] of [
      ['pact', 'y.pdf', 200_000],
      ['letstalk', 'z.pdf', 100_000],
      ['pigeons', 'x.pdf', 300_000],
    ] as const) {
      const { attachment, userErrors } = data[name];
      expect([userErrors, attachment]).toMatchObject([[], { fileName, byteSize }]);
      const stored = attachment.url
        ? sha256(Buffer.from(await (await fetch(attachment.url)).arrayBuffer()))
        : harness.sandbox.pact.uploads()[0]!.sha256;
      expect(stored).toBe(sha256(pdf(byteSize)));
    }
  });

  it('stands beside a send in one request, each a mutation of its own, in their order', async () => {
    const id = conversationId({ accountId: 'support', externalId: String(wellKnown.letstalk.empty) });
    const earlier = await taken(id, picture);
    const form = formOf(
      {
        query: `mutation ($upload: UploadAttachmentInput!, $send: SendMessageInput!) {
          sendMessage(input: $send) { message { attachments { mimeType } } userErrors { code } }
          uploadAttachment(input: $upload) { attachment { id } userErrors { code } }
        }`,
        variables: {
          upload: { conversationId: id, file: null },
          send: { conversationId: id, attachmentIds: [earlier.id], idempotencyKey: 'beside an upload' },
        },
      },
      { 0: ['variables.upload.file'] },
      { 0: { ...picture, fileName: 'later.png' } },
    );
    const { data, errors } = await postForm(harness.url, form);

    expect(errors).toBeUndefined();
    expect(data.sendMessage).toEqual({
      message: { attachments: [{ mimeType: 'image/png' }] },
      userErrors: [],
    });
    expect(data.uploadAttachment.userErrors).toEqual([]);
    const later = await sendFiles(harness, {
      conversationId: id,
      attachmentIds: [data.uploadAttachment.attachment.id],
    });
    expect(later.userErrors).toEqual([]);
  });

  it("is nobody else's", async () => {
    const [mine, theirs] = harness.sandbox.pigeons.users.map(({ token }) => ({ 'x-pigeons-token': token }));
    const input = {
      conversationId: conversationId({ accountId: 'callers', externalId: wellKnown.pigeons.documented }),
      idempotencyKey: 'of two callers',
    };
    const idOf = ({ data }: Answer): string => data.uploadAttachment.attachment.id;
    const id = idOf(await postUpload(harness.url, input, picture, mine));
    const seenBy = async (headers: Record<string, string>) =>
      (await harness.query(ATTACHMENT, { variables: { id }, headers })).data.attachment;

    expect(await seenBy(mine!)).toMatchObject({ id });
    expect(await seenBy(theirs!)).toBeNull();
    // Nor is its key.
    expect(idOf(await postUpload(harness.url, input, picture, theirs))).not.toBe(id);
  });
});

describe('the time of an upload', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-uploads-'));
  const clock = Date.now.bind(Date);
  let ahead = 0;
  beforeAll(() => {
    jest.spyOn(Date, 'now').mockImplementation(() => clock() + ahead);
  });
  afterAll(() => {
    jest.restoreAllMocks();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is over when nothing has sent it: its id is unknown and its file is swept, but what was sent stays', async () => {
    const environment = { FILE_FOLDER: folder, UNSENT_FILE_TTL: '2h' };
    const conversation = conversationId({ accountId: 'app', externalId: wellKnown.pigeons.justCreated });
    const harness = await startHarness({ environment });
    const addresses: string[] = [];
    try {
      const ids: string[] = [];
      for (const fileName of ['sent.png', 'unsent.png']) {
        const { data } = await postUpload(
          harness.url,
          { conversationId: conversation },
          { ...picture, fileName },
        );
        ids.push(data.uploadAttachment.attachment.id);
        addresses.push(new URL(data.uploadAttachment.attachment.url).pathname);
      }
      const sent = { conversationId: conversation, attachmentIds: [ids[0]!], text: 'Look:' };
      expect((await sendFiles(harness, sent)).userErrors).toEqual([]);

      ahead = 3 * 3_600_000;

      const seen = await harness.data(
        'query ($sent: ID!, $unsent: ID!) { sent: attachment(id: $sent) { fileName } unsent: attachment(id: $unsent) { fileName } }',
        { sent: ids[0], unsent: ids[1] },
      );
      expect(seen).toEqual({ sent: { fileName: 'sent.png' }, unsent: null });
      const late = await sendFiles(harness, { ...sent, attachmentIds: [ids[1]!] });
      expect(late.delivery).toBeNull();
      expect(late.userErrors).toMatchObject([{ code: 'NOT_FOUND', field: ['input', 'attachmentIds', '0'] }]);
    } finally {
      await harness.close();
    }

    // Whoever starts sweeps.
    const later = await startHarness({ environment });
    try {
      const [sent, unsent] = addresses.map((path) => `${later.url}${path}`);
      await until('the unsent file is swept', async () => (await fetch(unsent!)).status === 404);
      const answer = await fetch(sent!);
      expect(answer.status).toBe(200);
      expect(Buffer.from(await answer.arrayBuffer()).equals(PNG)).toBe(true);
    } finally {
      await later.close();
    }
  });
});
