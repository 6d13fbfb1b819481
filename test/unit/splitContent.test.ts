import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Content } from '../../src/messaging/content.ts';
import {
  checkContent,
  checkLimits,
  fingerprintOf,
  MAX_PARTS,
  splitContent,
  textDigest,
} from '../../src/messaging/content.ts';
import type { MessageLimits } from '../../src/messaging/provider.ts';
import { ACTIONS, BLANK, DEVICE, EMPTY, fileOf, told, UNLIMITED } from './contents.ts';

const mimeType = fc.constantFrom('image/png', 'image/gif', 'video/mp4', 'application/pdf');
const types = fc.option(
  fc.subarray(['image/*', 'image/png', 'video/mp4', 'application/pdf'], { minLength: 1 }),
);
const text = fc.option(
  fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.constantFrom(...BLANK, ' Hi \r\n', '🙂'.repeat(10), '🙂'.repeat(11)),
  ),
);

const anyLimits: fc.Arbitrary<MessageLimits> = fc
  .record({
    maxTextLength: fc.option(fc.constantFrom(1, 10, 5_000)),
    maxAttachmentsPerMessage: fc.option(fc.nat({ max: 4 })),
    textWithAttachment: fc.constantFrom('ALLOWED', 'REQUIRED', 'FORBIDDEN'),
    attachmentMimeTypes: types,
    textWithAttachmentMimeTypes: types,
    maxAttachmentBytes: fc.option(fc.constantFrom(1, 10)),
    sendActionList: fc.boolean(),
    sendButtons: fc.boolean(),
    replies: fc.boolean(),
    deleteMessages: fc.boolean(),
  })
  // No provider has these: one text for the files of several messages, and a text for files that take none.
  .filter(
    (limits) =>
      limits.textWithAttachment !== 'REQUIRED' ||
      (limits.maxAttachmentsPerMessage === null && limits.textWithAttachmentMimeTypes === null),
  );

/** A content that is right in itself, with its files. */
const sendable = fc
  .record({
    text,
    sorts: fc.array(fc.tuple(mimeType, fc.option(fc.constantFrom(0, 1, 10, 11))), { maxLength: 7 }),
    actionList: fc.option(fc.constant(ACTIONS)),
    buttons: fc.array(fc.constantFrom('Yes', 'No'), { maxLength: 2 }),
    splitIfNeeded: fc.boolean(),
  })
  .map(({ sorts, ...rest }) => ({
    content: { ...EMPTY, ...rest, attachmentIds: sorts.map((_, index) => `${index}`) },
    files: sorts.map(([type, byteSize], index) => fileOf(type, byteSize, `${index}`)),
  }))
  .filter(({ content }) => checkContent(content).length === 0);

describe('a content that is checked against the limits of its conversation', () => {
  it('becomes messages that hold each file once and in order, and the rest exactly once', () => {
    fc.assert(
      fc.property(sendable, anyLimits, ({ content, files }, limits) => {
        fc.pre(checkLimits(content, files, limits).length === 0);
        const parts = splitContent(content, files, limits);
        expect(parts.flatMap((part) => part.files)).toEqual(files);
        const isBlank = (content.text ?? '').trim() === '';
        expect(parts.flatMap((part) => part.text ?? [])).toEqual(isBlank ? [] : [content.text]);
        expect(parts.flatMap((part) => part.actionList ?? [])).toEqual(content.actionList ? [ACTIONS] : []);
        expect(parts.flatMap((part) => part.buttons)).toEqual(content.buttons);
        expect(parts.length).toBeLessThanOrEqual(MAX_PARTS);
      }),
      { numRuns: 500 },
    );
  });

  it('becomes messages of which each fits by itself', () => {
    fc.assert(
      fc.property(sendable, anyLimits, ({ content, files }, limits) => {
        fc.pre(checkLimits(content, files, limits).length === 0);
        for (const part of splitContent(content, files, limits)) {
          const attachmentIds = part.files.map(({ fileName }) => fileName);
          const alone: Content = { ...EMPTY, ...part, attachmentIds };
          expect(checkContent(alone)).toEqual([]);
          expect(checkLimits(alone, part.files, limits)).toEqual([]);
          expect(splitContent(alone, part.files, limits)).toEqual([part]);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('without splitIfNeeded is one message, or is told which field has to give way', () => {
    fc.assert(
      fc.property(sendable, anyLimits, ({ content, files }, limits) => {
        fc.pre(checkLimits({ ...content, splitIfNeeded: true }, files, limits).length === 0);
        const errors = checkLimits({ ...content, splitIfNeeded: false }, files, limits);
        const parts = splitContent(content, files, limits);
        if (errors.length === 0) expect(parts).toHaveLength(1);
        else expect(parts.length).toBeGreaterThan(1);
        for (const error of told(errors))
          expect([
            'TOO_MANY_ATTACHMENTS attachmentIds',
            'TEXT_WITH_ATTACHMENT_FORBIDDEN text',
            'SPLIT_NEEDED actionList',
          ]).toContain(error);
      }),
      { numRuns: 500 },
    );
  });

  it('is refused for what splitting does not help, whether or not it may be split', () => {
    const limits: MessageLimits = { ...UNLIMITED, sendActionList: false, sendButtons: false };
    const content = { ...EMPTY, text: 'Hi', actionList: ACTIONS, buttons: ['Yes'] };
    for (const splitIfNeeded of [false, true]) {
      expect(told(checkLimits({ ...content, splitIfNeeded }, [], limits))).toEqual([
        'UNSUPPORTED actionList',
        'UNSUPPORTED buttons',
      ]);
    }
    const required: MessageLimits = { ...UNLIMITED, textWithAttachment: 'REQUIRED' };
    expect(told(checkLimits({ ...EMPTY, text: ' ' }, [fileOf('image/png')], required))).toEqual([
      'TEXT_REQUIRED text',
    ]);
  });
});

describe('a fingerprint', () => {
  it('is the same for the same content, whatever device it is written on, and whether or not it may be split', () => {
    fc.assert(
      fc.property(sendable, ({ content }) => {
        const again = { ...structuredClone(content), device: DEVICE, splitIfNeeded: !content.splitIfNeeded };
        expect(fingerprintOf('c', again)).toBe(fingerprintOf('c', content));
      }),
      { numRuns: 100 },
    );
  });

  it('is the same in whatever order the keys of objects come, and another for another order of a list', () => {
    const turned = (value: unknown): unknown =>
      Array.isArray(value) || typeof value !== 'object' || value === null
        ? value
        : Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([key, each]) => [key, turned(each)]),
          );
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (metadata) => {
        const told = fingerprintOf('c', { metadata });
        expect(fingerprintOf('c', turned({ metadata }) as object)).toBe(told);
        expect(fingerprintOf('c', { metadata: { ...metadata, more: 1 } }) === told).toBe(
          metadata['more'] === 1,
        );
      }),
      { numRuns: 100 },
    );
    expect(fingerprintOf('c', { buttons: ['1', '2'] })).not.toBe(fingerprintOf('c', { buttons: ['2', '1'] }));
  });

  // Records outlive a deployment: these digests are of the time before anything could be answered.
  it.each<[string, string, object, string]>([
    [
      'a message that answers none',
      JSON.stringify({ accountId: 'sales', externalId: '8741' }),
      { ...EMPTY, text: 'Hello', attachmentIds: ['a'], buttons: ['Yes'] },
      '7mUPilyVCBT9i01d1ucfoNM36KGB-2VIuOhWADI6xVE',
    ],
    [
      'a start without an id at VKontakte',
      'sales',
      {
        ...{ provider: 'PACT', messenger: 'WHATSAPP', phone: '79991234567', username: null },
        ...{ vkontakteId: null, text: 'Hello' },
      },
      'lqY7aeagr-BSyeYvIV6EYVPcxMNUR__HGIHuORwg8Mk',
    ],
  ])('is what it has always been for %s', (_what, place, content, digest) => {
    expect(fingerprintOf(place, content)).toBe(digest);
  });

  it('is another for an answer, and for an answer to another message', () => {
    const replyTo = { accountId: 'a', conversationExternalId: 'c', externalId: '1' };
    const of = (answer: Content['replyTo']) => fingerprintOf('c', { ...EMPTY, text: 'Hi', replyTo: answer });
    const digests = [of(null), of(replyTo), of({ ...replyTo, externalId: '2' })];
    expect(new Set(digests).size).toBe(3);
    expect(of({ ...replyTo })).toBe(digests[1]);
  });

  it('is another for another content, and for another conversation', () => {
    fc.assert(
      fc.property(sendable, sendable, ({ content: one }, { content: two }) => {
        const told = ({ text, attachmentIds, actionList, buttons }: Content) =>
          JSON.stringify([text, attachmentIds, actionList, buttons]);
        const isSame = told(one) === told(two);
        expect(fingerprintOf('c', one) === fingerprintOf('c', two)).toBe(isSame);
        expect(fingerprintOf('d', one)).not.toBe(fingerprintOf('c', one));
      }),
      { numRuns: 200 },
    );
  });
});

describe('a text as histories are searched for it', () => {
  it('is the same however a provider trims it and breaks its lines', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.constantFrom('', ' ', '\n', '\r\n'), (words, rim) => {
        const sent = `${rim}${words}\nand more${rim}`;
        expect(textDigest(sent.replaceAll('\r\n', '\n').trim())).toBe(textDigest(sent));
        expect(textDigest(sent.replaceAll('\r\n', '\n').replaceAll('\n', '\r\n'))).toBe(textDigest(sent));
      }),
      { numRuns: 200 },
    );
    expect(textDigest(null)).toBe(textDigest(' '));
  });

  it.each([
    ['Hi', 'hi'],
    ['a b', 'a  b'],
    ['é', 'e\u0301'],
    ['a\nb', 'a b'],
    ['🙂', '🙃'],
  ])('tells %j from %j', (one, other) => {
    expect(textDigest(one)).not.toBe(textDigest(other));
  });
});
