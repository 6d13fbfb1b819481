import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Fault } from '../../src/sandbox/index.ts';
import type { Harness } from '../harness.ts';
import { emulators, startHarness } from '../harness.ts';
import {
  conversations,
  NOTHING_SENT,
  PDF,
  PNG,
  readDelivery,
  send,
  sentTexts,
  upload,
  uploaded,
  writeCalls,
} from './writes.ts';

const { whatsApp, business, vkontakte, otherMessenger, letstalk, pigeons } = conversations;

describe('files in a send', () => {
  let harness: Harness;

  beforeAll(async () => {
    harness = await startHarness();
  });
  afterAll(() => harness.close());
  beforeEach(() => {
    harness.reset();
  });

  const sends = () => writeCalls(harness).filter((call) => call === 'sendMessage');

  /** The fault hits one send of several, counted from 1. */
  const failSend = (provider: 'pact' | 'letstalk' | 'pigeons', number: number, fault: Fault) => {
    let count = 0;
    emulators(harness.sandbox)[provider].failNext(fault, {
      call: 'sendMessage',
      match: () => (count += 1) === number,
    });
  };

  it.each([
    [
      'two files at Letstalk',
      letstalk,
      null,
      2,
      'TOO_MANY_ATTACHMENTS',
      'attachmentIds',
      /at most 1 attachment; these are 2/,
    ],
    [
      'two files on WhatsApp',
      whatsApp,
      null,
      2,
      'TOO_MANY_ATTACHMENTS',
      'attachmentIds',
      /at most 1 attachment; these are 2/,
    ],
    [
      'a text beside a file at Letstalk',
      letstalk,
      'See',
      1,
      'TEXT_WITH_ATTACHMENT_FORBIDDEN',
      'text',
      /either a text or an attachment/,
    ],
    [
      'a text beside a PDF on WhatsApp',
      whatsApp,
      'See',
      1,
      'TEXT_WITH_ATTACHMENT_FORBIDDEN',
      'text',
      /no text beside a file of the type application\/pdf/,
    ],
    [
      'a text beside a file elsewhere',
      otherMessenger,
      'See',
      1,
      'TEXT_WITH_ATTACHMENT_FORBIDDEN',
      'text',
      /either a text or an attachment/,
    ],
    ['a file alone at Pigeons', pigeons, null, 1, 'TEXT_REQUIRED', 'text', /needs a text/],
    ['a file beside a blank text at Pigeons', pigeons, ' ', 1, 'TEXT_REQUIRED', 'text', /needs a text/],
  ])(
    'are refused before anything is written: %s',
    async (_what, conversationId, text, files, code, field, message) => {
      const attachmentIds = [];
      for (let count = 0; count < files; count += 1)
        attachmentIds.push(await uploaded(harness, conversationId));

      const { userErrors, ...nothing } = await send(harness, { conversationId, text, attachmentIds });

      expect(userErrors).toEqual([
        {
          code,
          field: ['input', field],
          message: expect.stringMatching(message),
          retryable: false,
          retryAfter: null,
        },
      ]);
      expect(nothing).toEqual(NOTHING_SENT);
      expect(sends()).toEqual([]);
    },
  );

  it('are refused in another conversation than the one that they are for, each by its place', async () => {
    const attachmentIds = [await uploaded(harness, letstalk), await uploaded(harness, conversations.closed)];
    const { userErrors } = await send(harness, {
      conversationId: letstalk,
      attachmentIds,
      splitIfNeeded: true,
    });

    expect(userErrors).toMatchObject([
      { code: 'ATTACHMENT_OF_ANOTHER_CONVERSATION', field: ['input', 'attachmentIds', '1'] },
    ]);
    const elsewhere = await send(harness, { conversationId: pigeons, text: 'x', attachmentIds });
    expect(elsewhere.userErrors.map(({ code }: any) => code)).toEqual(['NOT_FOUND', 'NOT_FOUND']);
    const twice = await send(harness, { conversationId: vkontakte, attachmentIds: ['a', 'a'] });
    expect(twice.userErrors).toMatchObject([{ code: 'BAD_USER_INPUT', field: ['input', 'attachmentIds'] }]);
    expect(sends()).toEqual([]);
  });

  it('of a type that Letstalk does not take are refused when they are uploaded', async () => {
    const bytes = Buffer.from('504b0506'.padEnd(44, '0'), 'hex');
    const file = { fileName: 'x.zip', type: 'application/zip', bytes };
    expect(await upload(harness, letstalk, file)).toMatchObject({
      attachment: null,
      userErrors: [
        {
          code: 'ATTACHMENT_TYPE_FORBIDDEN',
          field: ['input', 'file'],
          message: expect.stringMatching(/no files of the type application\/zip/),
        },
      ],
    });
  });

  it('go in one message where one takes them: a caption, several files, a text beside', async () => {
    const caption = [await uploaded(harness, whatsApp, PNG)];
    const several = [await uploaded(harness, vkontakte), await uploaded(harness, vkontakte, PNG)];
    const beside = [await uploaded(harness, pigeons), await uploaded(harness, pigeons, PNG)];
    for (const input of [
      { conversationId: whatsApp, text: 'One', attachmentIds: caption },
      { conversationId: vkontakte, text: 'Two', attachmentIds: several },
      { conversationId: pigeons, text: 'Three', attachmentIds: beside },
    ]) {
      const { userErrors, parts } = await send(harness, input);
      expect({ userErrors, parts: parts.length }).toEqual({ userErrors: [], parts: 1 });
    }

    const { pact, pigeons: stored } = harness.sandbox;
    expect(pact.stored().jobs.map(({ text, attachments }) => [text, attachments])).toEqual([
      ['One', 1],
      ['Two', 2],
    ]);
    expect(stored.stored().messages).toMatchObject([{ text: 'Three', attachments: 2 }]);
  });

  describe('with splitIfNeeded', () => {
    const toLetstalk = async () => ({
      conversationId: letstalk,
      text: 'First the words',
      attachmentIds: [await uploaded(harness, letstalk, PDF), await uploaded(harness, letstalk, PNG)],
      actionList: { title: 'Menu', items: [{ quickReply: { label: 'Yes', message: 'Yes' } }] },
      splitIfNeeded: true,
      idempotencyKey: randomUUID(),
    });
    const atLetstalk = () =>
      harness.sandbox.letstalk
        .stored()
        .messages.map(({ contentType, file }) => file?.fileName ?? contentType);

    it('become several messages at Letstalk, in order: text, files, action list', async () => {
      const input = await toLetstalk();
      const { message, delivery, parts, userErrors } = await send(harness, input);

      expect(userErrors).toEqual([]);
      expect(atLetstalk()).toEqual(['text/plain', 'offer.pdf', 'face.png', 'application/json']);
      expect(parts.map((part: any) => part.state)).toEqual(['SENT', 'SENT', 'SENT', 'SENT']);
      expect(parts.map((part: any) => part.message.externalId)).toEqual(
        harness.sandbox.letstalk.stored().messages.map(({ id }) => String(id)),
      );
      expect(new Set(parts.map(({ id }: any) => id)).size).toBe(4);
      expect(delivery).toEqual(parts[0]);
      expect(message).toMatchObject({ text: 'First the words' });

      expect(await send(harness, input)).toEqual({ message, delivery, parts, userErrors });
      expect(atLetstalk()).toHaveLength(4);
    });

    it('become as few as the messenger allows at Pact', async () => {
      const document = [await uploaded(harness, whatsApp), await uploaded(harness, whatsApp, PNG)];
      const picture = [await uploaded(harness, business, PNG), await uploaded(harness, business)];
      const both = { text: 'See', splitIfNeeded: true };
      const first = await send(harness, { ...both, conversationId: whatsApp, attachmentIds: document });
      const second = await send(harness, {
        ...{ ...both, conversationId: business, attachmentIds: picture, buttons: ['Fine'] },
      });

      expect([first.parts.length, second.parts.length]).toEqual([3, 2]);
      expect(
        harness.sandbox.pact.jobs().map(({ sent }) => [sent.message, sent.attachmentIds.length]),
      ).toEqual([
        ['See', 0],
        ['', 1],
        ['', 1],
        ['See', 1],
        ['', 1],
      ]);
      expect(harness.sandbox.pact.jobs().map(({ sent }) => sent.interactive?.buttons)).toEqual([
        ...[undefined, undefined, undefined, ['Fine'], undefined],
      ]);
    });

    it('stay one where one takes them all', async () => {
      const { parts } = await send(harness, { conversationId: pigeons, text: 'One', splitIfNeeded: true });
      expect(parts).toHaveLength(1);
      expect(sentTexts(harness)).toEqual(['One']);
    });

    it('are checked as a whole before the first part goes out', async () => {
      const input = await toLetstalk();
      const { userErrors } = await send(harness, { ...input, buttons: ['Fine'] });
      expect(userErrors).toMatchObject([{ code: 'UNSUPPORTED', field: ['input', 'buttons'] }]);
      expect(sends()).toEqual([]);
    });

    it.each<[string, Fault, string, number | null]>([
      ['refused', 400, 'PROVIDER_REJECTED', null],
      ['slowed down', { status: 429, headers: { 'retry-after': '7' } }, 'PROVIDER_RATE_LIMITED', 7],
    ])(
      'say which parts went out when one is %s, and the same key goes on there',
      async (_what, fault, code, retryAfter) => {
        const input = await toLetstalk();
        failSend('letstalk', 3, fault);

        const first = await send(harness, input);

        expect(first.userErrors).toMatchObject([{ code, retryAfter, field: null }]);
        expect(first.parts.map(({ state }: any) => state)).toEqual(['SENT', 'SENT', 'FAILED', 'FAILED']);
        expect(first.parts.map(({ message }: any) => message !== null)).toEqual([true, true, false, false]);
        for (const part of first.parts.slice(2))
          expect(part.failureReason).toMatch(/^Not sent.*The same mutation with the same key sends it\.$/);
        expect(first.message).toMatchObject({ text: 'First the words' });
        expect(atLetstalk()).toEqual(['text/plain', 'offer.pdf']);
        const beforeQueries = writeCalls(harness);
        // What was never tried is nothing that could be asked for.
        expect(first.parts.at(-1).id).toBeNull();
        for (const { id, state } of first.parts.slice(0, -1))
          expect(await readDelivery(harness, id)).toMatchObject({ id, state });
        expect(writeCalls(harness)).toEqual(beforeQueries);

        const second = await send(harness, input);

        expect(second.userErrors).toEqual([]);
        expect(second.parts.map(({ state }: any) => state)).toEqual(['SENT', 'SENT', 'SENT', 'SENT']);
        expect(second.parts.slice(0, 2)).toEqual(first.parts.slice(0, 2));
        expect(atLetstalk()).toEqual(['text/plain', 'offer.pdf', 'face.png', 'application/json']);
      },
    );

    it('send nothing of a key that is refused at its first part, and leave it free', async () => {
      const input = await toLetstalk();
      failSend('letstalk', 1, 400);
      expect(await send(harness, input)).toMatchObject({
        ...NOTHING_SENT,
        userErrors: [{ code: 'PROVIDER_REJECTED' }],
      });
      expect((await send(harness, { ...input, text: 'Other words' })).userErrors).toEqual([]);
      expect(atLetstalk()).toHaveLength(4);
    });

    it('refuse another content once a part has gone out', async () => {
      const input = await toLetstalk();
      failSend('letstalk', 2, 400);
      await send(harness, input);
      const { userErrors } = await send(harness, { ...input, text: 'Other words' });
      expect(userErrors).toMatchObject([
        { code: 'IDEMPOTENCY_CONFLICT', field: ['input', 'idempotencyKey'] },
      ]);
      expect(atLetstalk()).toEqual(['text/plain']);
    });

    it('wait for a part whose answer is lost, and go on behind it when it is found', async () => {
      const input = await toLetstalk();
      failSend('letstalk', 2, { acceptThen: 'reset' });

      const first = await send(harness, input);

      expect(first.parts.map(({ state }: any) => state)).toEqual(['SENT', 'UNKNOWN', 'FAILED', 'FAILED']);
      // Nor does it look as if all were sent to who looks at one delivery alone.
      expect(first).toMatchObject({ userErrors: [], delivery: { id: first.parts[1].id, state: 'UNKNOWN' } });
      expect(atLetstalk()).toEqual(['text/plain', 'offer.pdf']);

      const second = await send(harness, input);

      expect(second.userErrors).toEqual([]);
      expect(second.parts.map(({ state, evidence }: any) => [state, evidence])).toEqual([
        ...[
          ['SENT', 'RESPONSE'],
          ['SENT', 'HISTORY'],
          ['SENT', 'RESPONSE'],
          ['SENT', 'RESPONSE'],
        ],
      ]);
      expect(atLetstalk()).toEqual(['text/plain', 'offer.pdf', 'face.png', 'application/json']);
    });

    it('are each sent once, however many ask at the same time', async () => {
      const input = await toLetstalk();
      const answers = await Promise.all(Array.from({ length: 5 }, () => send(harness, input)));
      for (const answer of answers) expect(answer).toEqual(answers[0]);
      expect(atLetstalk()).toEqual(['text/plain', 'offer.pdf', 'face.png', 'application/json']);
    });
  });
});
