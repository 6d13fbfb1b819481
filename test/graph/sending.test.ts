import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';
import { conversations, PROVIDERS, SEND, send, sentTexts, writeCalls } from './writes.ts';

const { otherMessenger, business, letstalk, pigeons } = conversations;

const LINK = { link: { label: 'Our shop', url: 'https://shop.example.com/a?b=c', target: 'BLANK' } };
const REPLY = { quickReply: { label: 'Yes', message: 'Yes, please' } };
const list = (changes: object = {}) => ({ title: 'Menu', items: [LINK, REPLY], ...changes });
const device = (changes: object = {}) => ({ type: 'MOBILE', os: 'iOS', ...changes });

describe('sending', () => {
  let harness: Harness;

  beforeAll(async () => {
    harness = await startHarness();
  });
  afterAll(() => harness.close());
  beforeEach(() => {
    harness.reset();
  });

  it.each(PROVIDERS)(
    'a text over %s stores it once and answers with it',
    async (name, _key, conversation) => {
      const text = `Hello ${name} 👩🏾‍🚀 שלום`;

      const { message, delivery, parts, userErrors } = await send(harness, {
        conversationId: conversation,
        text,
      });

      expect(sentTexts(harness)).toEqual([text]);
      expect(userErrors).toEqual([]);
      expect(message).toMatchObject({ text });
      const state = name === 'Pact' ? 'DELIVERED' : 'SENT';
      expect(delivery).toMatchObject({ id: expect.any(String), state, evidence: 'RESPONSE', message });
      expect(delivery.sentAt).not.toBeNull();
      expect(parts).toEqual([delivery]);
    },
  );

  it('answers with the message that the provider has stored', async () => {
    const sent = [];
    for (const [name, , conversation] of PROVIDERS)
      sent.push((await send(harness, { conversationId: conversation, text: name })).message.externalId);

    const { pact, letstalk, pigeons } = harness.sandbox;
    expect(sent).toEqual([
      String(pact.stored().messages[0]!.id),
      String(letstalk.stored().messages[0]!.id),
      pigeons.stored().messages[0]!.id,
    ]);
  });

  it('takes text as it is: nothing trims, escapes or joins it', async () => {
    const text = '  "a"\r\n\tb=c&d %20 {{x}} <b>\u2028 ';
    for (const [, , conversation] of PROVIDERS) await send(harness, { conversationId: conversation, text });
    expect(sentTexts(harness)).toEqual([text, text, text]);
  });

  it('takes 5,000 characters at Pigeons, however many bytes they have', async () => {
    const text = '🦊'.repeat(5_000);
    const { userErrors } = await send(harness, { conversationId: pigeons, text });
    expect(userErrors).toEqual([]);
    expect(sentTexts(harness)).toEqual([text]);
  });

  it('into a closed Letstalk conversation is for the provider to decide', async () => {
    const { userErrors, delivery } = await send(harness, {
      conversationId: conversations.closed,
      text: 'Still there?',
    });
    expect(userErrors).toEqual([]);
    expect(delivery.state).toBe('SENT');
    expect(sentTexts(harness)).toEqual(['Still there?']);
  });

  describe('an action list', () => {
    it('is stored as Letstalk has it', async () => {
      const actionList = list({
        viewType: 'PILL',
        showItemIcons: true,
        items: [LINK, { link: { label: 'Here', url: 'http://example.com/', target: 'PARENT' } }, REPLY],
      });
      const { message } = await send(harness, { conversationId: letstalk, actionList });

      const [stored] = harness.sandbox.letstalk.stored().messages;
      expect(JSON.parse(stored!.content as string)).toEqual({
        title: 'Menu',
        options: { viewType: 'pill', showItemsIcon: true },
        items: [
          {
            type: 'link',
            payload: { label: 'Our shop', url: 'https://shop.example.com/a?b=c', target: '_blank' },
          },
          { type: 'link', payload: { label: 'Here', url: 'http://example.com/', target: '_parent' } },
          { type: 'quick-reply', payload: { label: 'Yes', message: 'Yes, please' } },
        ],
      });
      expect(message.externalId).toBe(String(stored!.id));
    });

    it('leaves to the provider what the client does not say', async () => {
      const items = [{ link: { label: 'Here', url: 'http://example.com/' } }];
      await send(harness, { conversationId: letstalk, actionList: { title: 'Menu', items } });
      expect(JSON.parse(harness.sandbox.letstalk.stored().messages[0]!.content as string)).toEqual({
        title: 'Menu',
        items: [{ type: 'link', payload: { label: 'Here', url: 'http://example.com/' } }],
      });
    });

    it.each<[string, string, object[]]>([
      [
        'both',
        '{ link: { label: "a", url: "http://a.example" }, quickReply: { label: "a", message: "b" } }',
        [{ ...LINK, ...REPLY }],
      ],
      ['neither', '{}', [{}]],
      ['null', '{ link: null }', [{ link: null }]],
    ])(
      'has items of exactly one kind: %s is refused as a literal and as a variable',
      async (_what, literal, items) => {
        const asLiteral = await harness.query(
          `mutation { sendMessage(input: { conversationId: "${letstalk}", idempotencyKey: "${randomUUID()}", actionList: { title: "t", items: [${literal}] } }) { parts { id } } }`,
        );
        const input = { conversationId: letstalk, idempotencyKey: randomUUID(), actionList: list({ items }) };
        const asVariable = await harness.query(SEND, { variables: { input } });

        for (const { status, data, errors } of [asLiteral, asVariable]) {
          expect(status).toBe(400);
          expect(data).toBeUndefined();
          expect(errors![0]!.message).toMatch(/ActionItemInput|"link" must be non-null/);
        }
        expect(writeCalls(harness)).toEqual([]);
      },
    );
  });

  it('carries buttons on WhatsApp Business', async () => {
    const buttons = ['Fine', 'Не очень', '👍'];
    const { userErrors } = await send(harness, { conversationId: business, text: 'How are you?', buttons });

    expect(userErrors).toEqual([]);
    expect(harness.sandbox.pact.jobs().map(({ sent }) => sent)).toMatchObject([
      { message: 'How are you?', interactive: { type: 'button', buttons } },
    ]);
  });

  describe('the device', () => {
    const stored = () =>
      harness.sandbox.pigeons.messages('550e8400-e29b-41d4-a716-446655440000').at(-1)!.device;

    it('is the one that the client names', async () => {
      const told = {
        ...{ type: 'DESKTOP', os: 'Linux', osVersion: '6.1', appVersion: '1.2.3', model: 'X1' },
        ...{ browser: 'Firefox', browserVersion: '140' },
      };
      await send(harness, { conversationId: pigeons, text: 'x', device: told });
      expect(stored()).toEqual({
        ...{ type: 'desktop', os: 'Linux', os_version: '6.1', app_version: '1.2.3', model: 'X1' },
        ...{ browser: 'Firefox', browser_version: '140' },
      });

      await send(harness, { conversationId: pigeons, text: 'y', device: device() });
      expect(stored()).toEqual({ type: 'mobile', os: 'iOS' });
    });

    it.each([
      [
        'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
        {
          type: 'mobile',
          os: 'iOS',
          os_version: '17.5',
          model: 'iPhone',
          browser: 'Safari',
          browser_version: '17.5',
        },
      ],
      [
        'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
        { type: 'web', os: 'Linux', browser: 'Firefox', browser_version: '140.0' },
      ],
      ['', { type: 'web', os: 'unknown' }],
      ['\u00e9'.repeat(5_000), { type: 'web', os: 'unknown' }],
    ])('is by default what the user agent tells (%#)', async (userAgent, expected) => {
      const headers = { 'user-agent': userAgent };
      const { userErrors } = await send(harness, { conversationId: pigeons, text: 'x' }, { headers });
      expect(userErrors).toEqual([]);
      expect(stored()).toMatchObject(expected);
    });

    it('is no part of the content: from another one the key is the same', async () => {
      const input = { conversationId: pigeons, text: 'x', idempotencyKey: randomUUID() };
      const first = await send(harness, { ...input, device: device() });
      const second = await send(harness, { ...input, device: device({ os: 'Android' }) });
      expect(second).toEqual(first);
      expect(sentTexts(harness)).toEqual(['x']);
    });
  });

  it('keeps a write apart from what its answer reads', async () => {
    harness.sandbox.letstalk.failNext(403, { call: 'messages' });
    const variables = {
      input: { conversationId: letstalk, text: 'Written', idempotencyKey: randomUUID() },
    };
    const document = `mutation ($input: SendMessageInput!) {
      sendMessage(input: $input) { message { text } delivery { state } userErrors { code } }
    }`;
    const { data, errors } = await harness.query(document, { variables });

    expect(data.sendMessage).toEqual({ message: null, delivery: { state: 'SENT' }, userErrors: [] });
    expect(errors).toMatchObject([
      { path: ['sendMessage', 'message'], extensions: { code: 'PROVIDER_FORBIDDEN' } },
    ]);
    expect(sentTexts(harness)).toEqual(['Written']);
  });

  it('is asynchronous where the provider is: no message yet', async () => {
    const payload = await send(harness, { conversationId: otherMessenger, text: 'Later' });
    expect(payload).toMatchObject({
      message: null,
      delivery: { state: 'QUEUED', evidence: 'RESPONSE', message: null },
      userErrors: [],
    });
  });
});
