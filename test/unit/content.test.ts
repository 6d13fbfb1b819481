import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Content } from '../../src/messaging/content.ts';
import {
  checkContent,
  checkFile,
  checkKey,
  checkLimits,
  fingerprintOf,
  MAX_PARTS,
  splitContent,
  textDigest,
} from '../../src/messaging/content.ts';
import type { OutgoingActionList, OutgoingDevice, OutgoingFile } from '../../src/messaging/outgoing.ts';
import type { MessageLimits } from '../../src/messaging/provider.ts';
import type { UserError } from '../../src/messaging/userErrors.ts';

const EMPTY: Content = {
  text: null,
  attachmentIds: [],
  actionList: null,
  buttons: [],
  splitIfNeeded: false,
  device: null,
};

const UNLIMITED: MessageLimits = {
  maxTextLength: null,
  maxAttachmentsPerMessage: null,
  textWithAttachment: 'ALLOWED',
  attachmentMimeTypes: null,
  textWithAttachmentMimeTypes: null,
  maxAttachmentBytes: null,
  sendActionList: true,
  sendButtons: true,
};

const ACTIONS: OutgoingActionList = {
  title: 'What next?',
  viewType: null,
  showItemIcons: null,
  items: [{ kind: 'quickReply', label: 'Yes', message: 'Yes, please' }],
};

const DEVICE: OutgoingDevice = {
  type: 'WEB',
  os: 'Linux',
  osVersion: null,
  appVersion: null,
  model: null,
  browser: null,
  browserVersion: null,
};

function fileOf(mimeType: string, byteSize: number | null = 1, fileName = 'file'): OutgoingFile {
  const open = () => Promise.reject(new Error('nobody reads it here'));
  return { externalId: null, fileName, mimeType, byteSize, url: null, open };
}

/** Each error in short: its code, and the field below `input`. */
function told(errors: readonly UserError[]): string[] {
  return errors.map(({ code, field, retryable }) => {
    expect(retryable).toBe(false);
    expect(field?.[0]).toBe('input');
    return `${code} ${field!.slice(1).join('.')}`;
  });
}

const check = (content: Partial<Content>) => told(checkContent({ ...EMPTY, ...content }));

const UNCLEAN = ['\0', 'a\0b', '\ud800', 'a\udfff', '\udc00\ud800'];
const BLANK = ['', ' ', '\n\t', '\u00a0', '\u2003\ufeff'];

describe('a key', () => {
  it.each(['k', ' ', '🙂', '0190c4f2-8f0b-7c0e-9a53-2f7f5a6d1e77', 'x'.repeat(128), '🙂'.repeat(64)])(
    'can be %j',
    (key) => {
      expect(checkKey(key, 'idempotencyKey')).toEqual([]);
    },
  );

  it.each(['', 'x'.repeat(129), `${'🙂'.repeat(64)}x`, ...UNCLEAN])('is not %j', (key) => {
    expect(told(checkKey(key, 'pact.idempotencyKey'))).toEqual(['BAD_USER_INPUT pact.idempotencyKey']);
  });
});

describe('a content', () => {
  it.each([null, ...BLANK])('of the text %j alone is nothing to send', (text) => {
    expect(check({ text })).toEqual(['NOTHING_TO_SEND text']);
  });

  it.each<Partial<Content>>([
    { text: 'Hello' },
    { text: '🙂' },
    { attachmentIds: ['a'] },
    { text: ' ', attachmentIds: ['a'] },
    { actionList: ACTIONS },
    { text: 'Hello', attachmentIds: ['a', 'b'], actionList: ACTIONS, buttons: ['Yes'], device: DEVICE },
  ])('can be %j', (content) => {
    expect(check(content)).toEqual([]);
  });

  it.each(UNCLEAN)('has no text like %j, which no database keeps', (text) => {
    expect(check({ text })).toEqual(['BAD_USER_INPUT text']);
  });

  it('names each button that is no text', () => {
    const buttons = ['Yes', ...BLANK, ...UNCLEAN, 'No'];
    const wrong = buttons.slice(1, -1).map((_, index) => `BAD_USER_INPUT buttons.${index + 1}`);
    expect(check({ text: 'So?', buttons })).toEqual(wrong);
  });

  it('has buttons only under a text, and at most 20', () => {
    const buttons = Array.from({ length: 20 }, (_, index) => `${index}`);
    expect(check({ text: 'So?', buttons })).toEqual([]);
    expect(check({ text: 'So?', buttons: [...buttons, '20'] })).toEqual(['BAD_USER_INPUT buttons']);
    expect(check({ text: ' ', attachmentIds: ['a'], buttons })).toEqual(['TEXT_REQUIRED text']);
  });

  it('has at most 20 attachments, and each once', () => {
    const attachmentIds = Array.from({ length: 20 }, (_, index) => `${index}`);
    expect(check({ attachmentIds })).toEqual([]);
    expect(check({ attachmentIds: [...attachmentIds, '20'] })).toEqual([
      'TOO_MANY_ATTACHMENTS attachmentIds',
    ]);
    expect(check({ attachmentIds: ['a', 'b', 'a'] })).toEqual(['BAD_USER_INPUT attachmentIds']);
  });

  it('names what is wrong with each item of an action list', () => {
    const items: OutgoingActionList['items'] = [
      { kind: 'link', label: ' ', url: 'https://example.org', target: null },
      { kind: 'quickReply', label: '\0', message: '' },
      { kind: 'quickReply', label: 'Yes', message: '\ud800' },
    ];
    expect(check({ actionList: { ...ACTIONS, title: '', items } })).toEqual([
      'BAD_USER_INPUT actionList.title',
      'BAD_USER_INPUT actionList.items.0.link.label',
      'BAD_USER_INPUT actionList.items.1.quickReply.label',
      'BAD_USER_INPUT actionList.items.1.quickReply.message',
      'BAD_USER_INPUT actionList.items.2.quickReply.message',
    ]);
  });

  it.each([
    [0, ['BAD_USER_INPUT actionList.items']],
    [1, []],
    [50, []],
    [51, ['BAD_USER_INPUT actionList.items']],
  ])('with an action list of %d items is told %j', (length, errors) => {
    const items = Array.from({ length }, () => ACTIONS.items[0]!);
    expect(check({ actionList: { ...ACTIONS, items } })).toEqual(errors);
  });

  it('says of a device at most 100 characters each', () => {
    const said = { osVersion: 'x'.repeat(100), browser: '🙂'.repeat(50) };
    expect(check({ text: 'Hi', device: { ...DEVICE, ...said } })).toEqual([]);
    const wrong = { os: ' ', osVersion: 'x'.repeat(101), model: '\0', browser: '' };
    expect(check({ text: 'Hi', device: { ...DEVICE, ...wrong } }).sort()).toEqual([
      'BAD_USER_INPUT device.browser',
      'BAD_USER_INPUT device.model',
      'BAD_USER_INPUT device.os',
      'BAD_USER_INPUT device.osVersion',
    ]);
  });
});

describe('a text', () => {
  const limits = { ...UNLIMITED, maxTextLength: 5_000 };

  it.each([
    ['letters', 'x'],
    ['letters of another script', 'я'],
    ['emoji of two code units', '🙂'],
    ['combining marks', '\u0301'],
  ])('is measured in code points: 5,000 %s are allowed, 5,001 are not', (_what, character) => {
    const of = (length: number) =>
      checkLimits({ ...EMPTY, text: character.repeat(length), splitIfNeeded: true }, [], limits);
    expect(of(5_000)).toEqual([]);
    expect(told(of(5_001))).toEqual(['TEXT_TOO_LONG text']);
  });

  it('counts a family of five code points as five', () => {
    const family = '👨\u200d👩\u200d👧';
    const of = (maxTextLength: number) =>
      told(checkLimits({ ...EMPTY, text: family }, [], { ...UNLIMITED, maxTextLength }));
    expect(of(5)).toEqual([]);
    expect(of(4)).toEqual(['TEXT_TOO_LONG text']);
  });
});

describe('a file', () => {
  const limits = { ...UNLIMITED, attachmentMimeTypes: ['image/*', 'text/plain'], maxAttachmentBytes: 100 };

  it.each([
    ['image/png', 100, undefined],
    ['text/plain', 0, undefined],
    ['text/plain', 101, 'ATTACHMENT_TOO_LARGE'],
    ['image/png', 101, 'ATTACHMENT_TOO_LARGE'],
    ['text/plainer', 1, 'ATTACHMENT_TYPE_FORBIDDEN'],
    ['imagery/png', 1, 'ATTACHMENT_TYPE_FORBIDDEN'],
    ['image', 1, 'ATTACHMENT_TYPE_FORBIDDEN'],
    ['x-image/png', 1, 'ATTACHMENT_TYPE_FORBIDDEN'],
  ])('of the type %s and %d bytes is told %s', (mimeType, byteSize, code) => {
    expect(checkFile(mimeType, byteSize, limits)?.code).toBe(code);
    const errors = checkLimits(EMPTY, [fileOf('image/gif'), fileOf(mimeType, byteSize)], limits);
    expect(told(errors)).toEqual(code ? [`${code} attachmentIds.1`] : []);
  });

  it('goes nowhere where no message has attachments', () => {
    const none = { ...UNLIMITED, maxAttachmentsPerMessage: 0 };
    const errors = checkLimits({ ...EMPTY, splitIfNeeded: true }, [fileOf('image/png')], none);
    expect(told(errors)).toEqual(['UNSUPPORTED attachmentIds.0']);
  });
});

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
  it('is the same for the same content, whatever device it is written on', () => {
    fc.assert(
      fc.property(sendable, ({ content }) => {
        const again = { ...structuredClone(content), device: DEVICE };
        expect(fingerprintOf('c', again)).toBe(fingerprintOf('c', content));
      }),
      { numRuns: 100 },
    );
  });

  it('is another for another content, and for another conversation', () => {
    fc.assert(
      fc.property(sendable, sendable, ({ content: one }, { content: two }) => {
        const isSame = JSON.stringify(one) === JSON.stringify(two);
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
