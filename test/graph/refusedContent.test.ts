import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { messageId } from '../../src/messaging/ids.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';
import { conversations, NOTHING_SENT, send, sentTexts, writeCalls } from './writes.ts';

const { whatsApp, business, vkontakte, letstalk, pigeons } = conversations;

const LINK = { link: { label: 'Our shop', url: 'https://shop.example.com/a?b=c', target: 'BLANK' } };
const REPLY = { quickReply: { label: 'Yes', message: 'Yes, please' } };
const list = (changes: object = {}) => ({ title: 'Menu', items: [LINK, REPLY], ...changes });
const device = (changes: object = {}) => ({ type: 'MOBILE', os: 'iOS', ...changes });
const messageIn = (accountId: string, conversation: number | string) =>
  messageId({ accountId, conversationExternalId: String(conversation), externalId: '1' });
const LONE_SURROGATE = 'half \ud83e a fox';

describe('a content that is wrong', () => {
  let harness: Harness;

  beforeAll(async () => {
    harness = await startHarness();
  });
  afterAll(() => harness.close());
  beforeEach(() => {
    harness.reset();
  });

  type Refused = [what: string, input: object, code: string, field: string, message: RegExp];

  const REFUSED: Refused[] = [
    ['nothing', { conversationId: whatsApp }, 'NOTHING_TO_SEND', 'text', /nothing to send/],
    [
      'a blank text',
      { conversationId: letstalk, text: ' \n ' },
      'NOTHING_TO_SEND',
      'text',
      /nothing to send/,
    ],
    ['an empty list', { conversationId: pigeons, attachmentIds: [] }, 'NOTHING_TO_SEND', 'text', /nothing/],
    [
      '5,001 characters at Pigeons',
      { conversationId: pigeons, text: '🦊'.repeat(5_001) },
      ...(['TEXT_TOO_LONG', 'text', /at most 5000 characters; this one has 5001/] as const),
    ],
    [
      'a lone surrogate',
      { conversationId: whatsApp, text: LONE_SURROGATE },
      'BAD_USER_INPUT',
      'text',
      /Unicode/,
    ],
    ['a NUL', { conversationId: letstalk, text: 'a\0b' }, 'BAD_USER_INPUT', 'text', /NUL/],
    ...[whatsApp, vkontakte, letstalk, pigeons].map((conversation, index): Refused => [
      `buttons where there are none (${index})`,
      { conversationId: conversation, text: 'Well?', buttons: ['Fine'] },
      ...(['UNSUPPORTED', 'buttons', /no buttons/] as const),
    ]),
    [
      'a blank button',
      { conversationId: business, text: 'Well?', buttons: ['A', ' '] },
      'BAD_USER_INPUT',
      'buttons.1',
      /not empty/,
    ],
    [
      '21 buttons',
      { conversationId: business, text: 'Well?', buttons: Array.from({ length: 21 }, (_, n) => `${n}`) },
      ...(['BAD_USER_INPUT', 'buttons', /at most 20 buttons; these are 21/] as const),
    ],
    ...[whatsApp, business, pigeons].map((conversation, index): Refused => [
      `an action list where there are none (${index})`,
      { conversationId: conversation, actionList: list() },
      ...(['UNSUPPORTED', 'actionList', /no action lists/] as const),
    ]),
    [
      'an action list beside a text',
      { conversationId: letstalk, text: 'See', actionList: list() },
      'SPLIT_NEEDED',
      'actionList',
      /splitIfNeeded/,
    ],
    [
      'a list without a title',
      { conversationId: letstalk, actionList: list({ title: '' }) },
      'BAD_USER_INPUT',
      'actionList.title',
      /not empty/,
    ],
    [
      'a list without items',
      { conversationId: letstalk, actionList: list({ items: [] }) },
      'BAD_USER_INPUT',
      'actionList.items',
      /1 to 50 items; this one has 0/,
    ],
    [
      '51 items',
      { conversationId: letstalk, actionList: list({ items: Array.from({ length: 51 }, () => REPLY) }) },
      ...(['BAD_USER_INPUT', 'actionList.items', /1 to 50 items; this one has 51/] as const),
    ],
    [
      'an item without words',
      {
        conversationId: letstalk,
        actionList: list({ items: [LINK, { quickReply: { label: 'Yes', message: '' } }] }),
      },
      ...(['BAD_USER_INPUT', 'actionList.items.1.quickReply.message', /not empty/] as const),
    ],
    ...['javascript:alert(1)', 'JAVASCRIPT:alert(1)', 'data:text/html,x', 'file:///etc/passwd'].map(
      (url): Refused => [
        `a link to ${url}`,
        { conversationId: letstalk, actionList: list({ items: [REPLY, { link: { label: 'x', url } }] }) },
        ...(['BAD_USER_INPUT', 'actionList.items.1.link.url', /http or https/] as const),
      ],
    ),
    ...['', 'nonsense', '../..', whatsApp.slice(1)].map((conversationId): Refused => [
      `the malformed conversation id "${conversationId}"`,
      { conversationId, text: 'Hello' },
      ...(['BAD_USER_INPUT', 'conversationId', /not a valid conversation id/] as const),
    ]),
    ...[conversations.foreign, conversations.noPact, conversations.noPigeons].map(
      (conversationId, index): Refused => [
        `a conversation that is not there, or not the caller's (${index})`,
        { conversationId, text: 'Hello' },
        ...(['NOT_FOUND', 'conversationId', /nothing of this id, or it is not yours/] as const),
      ],
    ),
    [
      'a device of no system',
      { conversationId: pigeons, text: 'x', device: device({ os: ' ' }) },
      'BAD_USER_INPUT',
      'device.os',
      /1 to 100 characters/,
    ],
    [
      'a device with a novel',
      { conversationId: pigeons, text: 'x', device: device({ model: 'x'.repeat(101) }) },
      'BAD_USER_INPUT',
      'device.model',
      /1 to 100 characters/,
    ],
    ...['', 'k'.repeat(129), LONE_SURROGATE, 'a\0b'].map((idempotencyKey, index): Refused => [
      `a key that is none (${index})`,
      { conversationId: whatsApp, text: 'x', idempotencyKey },
      ...(['BAD_USER_INPUT', 'idempotencyKey', /1 to 128 characters/] as const),
    ]),
    ...['', 'nonsense', whatsApp].map((replyTo): Refused => [
      `an answer to "${replyTo}", which names no message`,
      { conversationId: whatsApp, text: 'x', replyTo },
      ...(['BAD_USER_INPUT', 'replyTo', /not a valid message id/] as const),
    ]),
    // One that is there, one of another account, and one of an account that nobody has: the words are the same.
    ...[
      messageIn('sales', wellKnown.pact.vkontakte),
      messageIn('support', wellKnown.pact.documented),
      messageIn('nobody', wellKnown.pact.documented),
    ].map((replyTo, index): Refused => [
      `an answer to a message of another conversation (${index})`,
      { conversationId: whatsApp, text: 'x', replyTo },
      ...(['BAD_USER_INPUT', 'replyTo', /^A message answers one of its own conversation: this/] as const),
    ]),
    ...(
      [
        [whatsApp, messageIn('sales', wellKnown.pact.documented)],
        [letstalk, messageIn('support', wellKnown.letstalk.documented)],
        [pigeons, messageIn('app', wellKnown.pigeons.documented)],
      ] as const
    ).map(([conversationId, replyTo], index): Refused => [
      `an answer where there are none (${index})`,
      { conversationId, text: 'x', replyTo },
      ...(['UNSUPPORTED', 'replyTo', /can answer another/] as const),
    ]),
    [
      '21 attachments',
      { conversationId: vkontakte, attachmentIds: Array.from({ length: 21 }, (_, n) => `${n}`) },
      ...(['TOO_MANY_ATTACHMENTS', 'attachmentIds', /at most 20 attachments; these are 21/] as const),
    ],
    [
      'an attachment that is no upload',
      { conversationId: letstalk, attachmentIds: [letstalk] },
      'BAD_USER_INPUT',
      'attachmentIds.0',
      /not the id of an uploaded/,
    ],
    [
      'a number that is no id',
      { conversationId: letstalk, attachmentIds: [5] },
      'BAD_USER_INPUT',
      'attachmentIds.0',
      /not the id of an uploaded/,
    ],
  ];

  it.each(REFUSED)(
    'is refused before anything is written: %s',
    async (_what, input, code, field, message) => {
      const { userErrors, ...nothing } = await send(harness, { ...input });

      const path = ['input', ...field.split('.')];
      expect(userErrors).toEqual([
        { code, field: path, message: expect.stringMatching(message), retryable: false, retryAfter: null },
      ]);
      expect(nothing).toEqual(NOTHING_SENT);
      expect(writeCalls(harness)).toEqual([]);
      expect(sentTexts(harness)).toEqual([]);
    },
  );

  it('says everything that is wrong at once, and leaves the key free', async () => {
    const key = { idempotencyKey: randomUUID(), conversationId: letstalk };
    const { userErrors } = await send(harness, {
      ...key,
      text: 'a\0b',
      device: device({ os: '' }),
      actionList: list({ title: '', items: [] }),
    });
    expect(userErrors.map(({ field }: any) => field.join('.'))).toEqual([
      'input.text',
      'input.actionList.title',
      'input.actionList.items',
      'input.device.os',
    ]);

    expect((await send(harness, { ...key, text: 'Now' })).userErrors).toEqual([]);
    expect(sentTexts(harness)).toEqual(['Now']);
  });

  it('has the provider refuse a Letstalk conversation that is not there', async () => {
    const payload = await send(harness, { conversationId: conversations.noLetstalk, text: 'x' });
    expect(payload).toMatchObject({
      ...NOTHING_SENT,
      userErrors: [{ code: 'NOT_FOUND', field: ['input', 'conversationId'], retryable: false }],
    });
    expect(sentTexts(harness)).toEqual([]);
  });

  it('needs a text above buttons', async () => {
    const { userErrors } = await send(harness, { conversationId: business, buttons: ['Fine'] });
    expect(userErrors.map(({ code }: any) => code)).toContain('TEXT_REQUIRED');
    expect(writeCalls(harness)).toEqual([]);
  });
});
