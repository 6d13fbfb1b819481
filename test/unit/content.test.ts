import { describe, expect, it } from '@jest/globals';
import type { Content } from '../../src/messaging/content.ts';
import { checkContent, checkFile, checkKey, checkLimits, checkReply } from '../../src/messaging/content.ts';
import type { OutgoingActionList } from '../../src/messaging/outgoing.ts';
import { ACTIONS, BLANK, DEVICE, EMPTY, fileOf, told, UNCLEAN, UNLIMITED } from './contents.ts';

const check = (content: Partial<Content>) => told(checkContent({ ...EMPTY, ...content }));

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

describe('an answer', () => {
  const here = { accountId: 'sales', externalId: '7' };
  const message = { accountId: 'sales', conversationExternalId: '7', externalId: '1' };

  it('is to a message of its own conversation, of its own account', () => {
    expect(checkReply({ ...EMPTY, replyTo: null }, here)).toEqual([]);
    expect(checkReply({ ...EMPTY, replyTo: message }, here)).toEqual([]);
    const others = [
      { ...message, conversationExternalId: '8' },
      { ...message, accountId: 'app' },
    ].map((replyTo) => checkReply({ ...EMPTY, replyTo }, here));
    expect(told(others[0]!)).toEqual(['BAD_USER_INPUT replyTo']);
    // Whose the other one is can't be told from the words.
    expect(others[1]).toEqual(others[0]);
  });

  it('goes nowhere where no message can be answered', () => {
    const content = { ...EMPTY, text: 'Yes', replyTo: message };
    expect(checkLimits(content, [], UNLIMITED)).toEqual([]);
    const errors = checkLimits(content, [], { ...UNLIMITED, replies: false });
    expect(told(errors)).toEqual(['UNSUPPORTED replyTo']);
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
