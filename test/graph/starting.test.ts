import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sandboxAccounts } from '../../src/accounts.ts';
import { conversationId } from '../../src/messaging/ids.ts';
import type { Fault, Sandbox } from '../../src/sandbox/index.ts';
import type { Harness } from '../harness.ts';
import { emulators, startHarness } from '../harness.ts';
import { readDelivery, send, START, start, until, writeCalls } from './writes.ts';

type Input = Record<string, any>;

/** Three starts, each new: of one provider each, by the field of the input. */
const newPact = (changes: object = {}): Input => ({
  pact: {
    ...{ accountId: 'sales', idempotencyKey: randomUUID(), messenger: 'WHATSAPP' },
    ...{ phone: newPhone(), text: `Good morning ${randomUUID()}`, ...changes },
  },
});
const newLetstalk = (changes: object = {}): Input => ({
  letstalk: {
    ...{ accountId: 'visitor', idempotencyKey: randomUUID(), organizationId: '9' },
    ...{ title: `Question ${randomUUID()}`, text: 'Are you open?', ...changes },
  },
});
const newPigeons = (changes: object = {}): Input => ({
  pigeons: {
    ...{ accountId: 'app', idempotencyKey: randomUUID(), participantId: NOBODY_YET },
    ...{ taggableType: 'Deal', taggableId: String((dealNumber += 1)), ...changes },
  },
});
const NOBODY_YET = '660e8400-e29b-41d4-a716-446655440015';
let dealNumber = 1_000;
let phoneNumber = 79_990_000_000;
const newPhone = () => String((phoneNumber += 1));

const STARTS: ['pact' | 'letstalk' | 'pigeons', (changes?: object) => Input][] = [
  ['pact', newPact],
  ['letstalk', newLetstalk],
  ['pigeons', newPigeons],
];

const accounts = (sandbox: Sandbox) => {
  const all = sandboxAccounts(sandbox);
  const { clientKey: apiKey } = sandbox.letstalk;
  return [...all, { ...(all[1] as any), id: 'visitor', apiKey, role: 'client' }];
};

const startedIn = ({ sandbox: { pact, letstalk, pigeons } }: Harness): string[] =>
  [pact.stored(), letstalk.stored(), pigeons.stored()].flatMap(({ conversations }) =>
    conversations.map(String),
  );

const UNKNOWN = {
  conversation: null,
  delivery: { id: expect.any(String), state: 'UNKNOWN', evidence: 'NONE', message: null },
  userErrors: [],
};

describe('starting a conversation', () => {
  let harness: Harness;

  beforeAll(async () => {
    harness = await startHarness({ accounts });
  });
  afterAll(() => harness.close());
  beforeEach(() => {
    harness.reset();
  });

  const read = async (input: Input) =>
    (
      await harness.data(
        `mutation ($input: StartConversationInput!) { startConversation(input: $input) {
          conversation { externalId accountId title messages { nodes { text direction } } capabilities { sendText }
            participants { name phone } providerDetails { ... on PactConversation { channelType } ... on PigeonsConversation { taggableType taggableId } } }
          delivery { state evidence } userErrors { code }
        } }`,
        { input },
      )
    ).startConversation;

  it.each([
    ['WHATSAPP', 'whatsapp', { phone: newPhone() }],
    ['TELEGRAM_PERSONAL', 'telegram_personal', { phone: newPhone() }],
    ['TELEGRAM_PERSONAL', 'telegram_personal', { phone: null, username: 'some_body' }],
  ])(
    'over Pact and %s stores it with its text, and reads it back',
    async (messenger, channelType, contact) => {
      const input = newPact({ messenger, ...contact });
      const { conversation, ...payload } = await read(input);

      const [id] = harness.sandbox.pact.stored().conversations;
      expect(harness.sandbox.pact.stored().messages).toMatchObject([
        { conversationId: id, text: input['pact'].text },
      ]);
      expect(payload).toEqual({ delivery: { state: 'SENT', evidence: 'RESPONSE' }, userErrors: [] });
      expect(conversation).toMatchObject({
        ...{ externalId: String(id), accountId: 'sales', providerDetails: { channelType } },
        messages: { nodes: [{ text: input['pact'].text, direction: 'OUTBOUND' }] },
      });
    },
  );

  it('at Letstalk as a client stores everything that was said', async () => {
    const metadata = { campaign: 'spring', items: [1, { deep: true }] };
    const input = newLetstalk({ organizationId: '12', inquiryId: '34', metadata });
    const { conversation, ...payload } = await read(input);

    const { letstalk } = harness.sandbox;
    const [id] = letstalk.stored().conversations;
    expect(letstalk.conversations().find((row) => row.id === id)).toMatchObject({
      ...{ issue: input['letstalk'].title, metadata, organization_id: 12, inquiry_id: 34 },
    });
    expect(letstalk.stored().messages).toMatchObject([
      { conversationId: id, content: 'Are you open?', remoteId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    ]);
    expect(payload).toEqual({ delivery: { state: 'SENT', evidence: 'RESPONSE' }, userErrors: [] });
    expect(conversation).toMatchObject({
      ...{ externalId: String(id), accountId: 'visitor' },
      messages: { nodes: [{ text: 'Are you open?', direction: 'OUTBOUND' }] },
    });
  });

  it('is the same in whatever order its metadata is written: JSON objects have none', async () => {
    const input = newLetstalk({ metadata: { a: 1, b: { c: 2, d: [3, { e: 4, f: 5 }] } } });
    const first = await start(harness, input);
    const metadata = { b: { d: [3, { f: 5, e: 4 }], c: 2 }, a: 1 };
    expect(await start(harness, { letstalk: { ...input['letstalk'], metadata } })).toEqual(first);
    expect(startedIn(harness)).toHaveLength(1);
  });

  it('at Pigeons stores it with what it is about, and without a message', async () => {
    const input = newPigeons();
    const { conversation, ...payload } = await read(input);

    const [uuid] = harness.sandbox.pigeons.stored().conversations;
    expect(conversation).toMatchObject({
      ...{ externalId: uuid, accountId: 'app', messages: { nodes: [] } },
      providerDetails: { taggableType: 'Deal', taggableId: input['pigeons'].taggableId },
    });
    expect(payload).toEqual({ delivery: { state: 'SENT', evidence: 'RESPONSE' }, userErrors: [] });
    const sent = await send(harness, {
      conversationId: conversationId({ accountId: 'app', externalId: uuid! }),
      text: 'Hello',
    });
    expect(sent.message).toMatchObject({ text: 'Hello' });
  });

  it('with whom there is one answers with that one, where the provider does', async () => {
    const pact = newPact();
    const pigeons = newPigeons();
    for (const input of [pact, pigeons]) {
      const [field] = Object.keys(input) as ['pact'];
      const first = await start(harness, input);
      const second = await start(harness, { [field]: { ...input[field], idempotencyKey: randomUUID() } });
      expect(second.conversation).toEqual(first.conversation);
      expect(second.delivery.id).not.toBe(first.delivery.id);
    }
    expect(startedIn(harness)).toHaveLength(2);
    // Its text is sent there: it is another send.
    expect(harness.sandbox.pact.stored().messages.map(({ text }) => text)).toEqual([
      ...[pact['pact'].text, pact['pact'].text],
    ]);
  });

  describe.each(STARTS)('at %s', (provider, newInput) => {
    const fail = (fault: Fault) =>
      emulators(harness.sandbox)[provider].failNext(fault, { call: 'startConversation' });

    it('happens once for a key, also for five at the same time', async () => {
      const input = newInput();
      const first = await start(harness, input);
      expect(first.userErrors).toEqual([]);
      const answers = await Promise.all(Array.from({ length: 5 }, () => start(harness, input)));
      for (const answer of answers) expect(answer).toEqual(first);
      expect(writeCalls(harness)).toEqual(['startConversation']);

      const other = newInput();
      const same = await Promise.all(Array.from({ length: 5 }, () => start(harness, other)));
      for (const answer of same) expect(answer).toEqual(same[0]);
      expect(startedIn(harness)).toEqual([first.conversation.externalId, same[0].conversation.externalId]);
      expect(await readDelivery(harness, first.delivery.id)).toMatchObject({ state: 'SENT' });
    });

    it('is refused under a used key for anybody else', async () => {
      const input = newInput();
      await start(harness, input);
      const { idempotencyKey } = input[provider];
      const { userErrors, ...nothing } = await start(harness, newInput({ idempotencyKey }));
      expect(nothing).toEqual({ conversation: null, delivery: null });
      const field = ['input', provider, 'idempotencyKey'];
      expect(userErrors).toMatchObject([{ code: 'IDEMPOTENCY_CONFLICT', field, retryable: false }]);
      expect(startedIn(harness)).toHaveLength(1);
    });

    it.each<[string, Fault, object]>([
      ['400', 400, { code: 'PROVIDER_REJECTED', field: null }],
      ['404', 404, { code: 'NOT_FOUND' }],
      [
        '429',
        { status: 429, headers: { 'retry-after': '9' } },
        { code: 'PROVIDER_RATE_LIMITED', retryAfter: 9 },
      ],
    ])('leaves the key free after %s', async (_what, fault, error) => {
      const input = newInput();
      fail(fault);
      expect(await start(harness, input)).toMatchObject({
        ...{ conversation: null, delivery: null, userErrors: [error] },
      });
      expect(startedIn(harness)).toEqual([]);
      expect((await start(harness, input)).userErrors).toEqual([]);
      expect(startedIn(harness)).toHaveLength(1);
    });

    it('is found after a lost answer where it can be sought, and else stays UNKNOWN', async () => {
      const input = newInput();
      fail({ acceptThen: 'reset' });
      const lost = await start(harness, input);
      expect(lost).toMatchObject(UNKNOWN);

      const again = await start(harness, input);
      const read = await readDelivery(harness, lost.delivery.id);

      if (provider === 'letstalk') {
        expect(again).toMatchObject(UNKNOWN);
        expect(read).toMatchObject({ state: 'UNKNOWN' });
      } else {
        const [externalId] = startedIn(harness);
        expect(again).toMatchObject({ conversation: { externalId }, userErrors: [] });
        expect(again.delivery).toMatchObject({ state: 'SENT', evidence: 'HISTORY', id: lost.delivery.id });
        expect(read).toMatchObject({ state: 'SENT', evidence: 'HISTORY' });
      }
      expect(startedIn(harness)).toHaveLength(1);
      expect(writeCalls(harness)).toEqual(['startConversation']);
    });

    it('stays UNKNOWN when it was dropped, while it may still turn up', async () => {
      const input = newInput();
      fail({ reset: true });
      for (let count = 0; count < 3; count += 1) expect(await start(harness, input)).toMatchObject(UNKNOWN);
      expect(startedIn(harness)).toEqual([]);
      expect(writeCalls(harness)).toEqual(['startConversation']);
    });
  });

  it('has a first message that no lost send of the same words is taken for', async () => {
    const input = newPact();
    const { conversation } = await start(harness, input);
    harness.sandbox.pact.failNext({ reset: true }, { call: 'sendMessage' });
    const sending = {
      conversationId: conversation.id,
      text: input['pact'].text,
      idempotencyKey: randomUUID(),
    };
    expect((await send(harness, sending)).delivery.state).toBe('UNKNOWN');
    expect((await send(harness, sending)).delivery.state).toBe('UNKNOWN');
  });

  it.each<[string, Input, string, string, RegExp]>([
    [
      'the account of another provider',
      newPact({ accountId: 'app' }),
      'NOT_FOUND',
      'pact.accountId',
      /nothing of this id/,
    ],
    [
      'an unknown account',
      newLetstalk({ accountId: 'nobody' }),
      'NOT_FOUND',
      'letstalk.accountId',
      /nothing of this id/,
    ],
    [
      'a malformed account id',
      newPigeons({ accountId: 'a b' }),
      'BAD_USER_INPUT',
      'pigeons.accountId',
      /not a valid account id/,
    ],
    [
      'an account that answers and never asks',
      newLetstalk({ accountId: 'support' }),
      'UNSUPPORTED',
      'letstalk.accountId',
      /starting conversations/,
    ],
    ['an empty key', newPact({ idempotencyKey: '' }), 'BAD_USER_INPUT', 'pact.idempotencyKey', /1 to 128/],
    [
      'a key that is too long',
      newPigeons({ idempotencyKey: 'k'.repeat(129) }),
      'BAD_USER_INPUT',
      'pigeons.idempotencyKey',
      /1 to 128/,
    ],
    ['WhatsApp without a phone', newPact({ phone: null }), 'BAD_USER_INPUT', 'pact.phone', /by a phone/],
    ['WhatsApp by name', newPact({ username: 'x' }), 'BAD_USER_INPUT', 'pact.phone', /by a phone/],
    [
      'Telegram by both',
      newPact({ messenger: 'TELEGRAM_PERSONAL', username: 'x' }),
      'BAD_USER_INPUT',
      'pact.phone',
      /either a phone or a username/,
    ],
    [
      'Telegram by neither',
      newPact({ messenger: 'TELEGRAM_PERSONAL', phone: null }),
      'BAD_USER_INPUT',
      'pact.phone',
      /either a phone or a username/,
    ],
    [
      'VKontakte by a phone',
      newPact({ messenger: 'VKONTAKTE' }),
      'BAD_USER_INPUT',
      'pact.vkontakteId',
      /by a vkontakteId/,
    ],
    [
      'VKontakte by a name',
      newPact({ messenger: 'VKONTAKTE', phone: null, vkontakteId: 'durov' }),
      'BAD_USER_INPUT',
      'pact.vkontakteId',
      /1 to 19 digits/,
    ],
    [
      'VKontakte at an account of version 1',
      newPact({ messenger: 'VKONTAKTE', phone: null, vkontakteId: '1234567' }),
      'BAD_USER_INPUT',
      'pact.messenger',
      /apiVersion: v2/,
    ],
    [
      'WhatsApp by an id at VKontakte',
      newPact({ vkontakteId: '1234567' }),
      'BAD_USER_INPUT',
      'pact.phone',
      /by a phone/,
    ],
    [
      'a phone with a plus',
      newPact({ phone: '+79990000001' }),
      'BAD_USER_INPUT',
      'pact.phone',
      /7 to 15 digits/,
    ],
    [
      'a phone that is too short',
      newPact({ phone: '123456' }),
      'BAD_USER_INPUT',
      'pact.phone',
      /7 to 15 digits/,
    ],
    ['no words', newPact({ text: ' ' }), 'BAD_USER_INPUT', 'pact.text', /not empty/],
    ['half a character', newLetstalk({ text: '\ud83e' }), 'BAD_USER_INPUT', 'letstalk.text', /text/],
    [
      'an organisation that is no number',
      newLetstalk({ organizationId: 'nine' }),
      'BAD_USER_INPUT',
      'letstalk.organizationId',
      /whole number/,
    ],
    [
      'an inquiry that is no number',
      newLetstalk({ inquiryId: '0' }),
      'BAD_USER_INPUT',
      'letstalk.inquiryId',
      /whole number/,
    ],
    ['an empty title', newLetstalk({ title: '' }), 'BAD_USER_INPUT', 'letstalk.title', /not empty/],
    ['nobody', newPigeons({ participantId: '' }), 'BAD_USER_INPUT', 'pigeons.participantId', /not empty/],
  ])('is refused before anything is written: %s', async (_what, input, code, field, message) => {
    expect(await start(harness, input)).toEqual({
      conversation: null,
      delivery: null,
      userErrors: [
        {
          ...{ code, field: ['input', ...field.split('.')], message: expect.stringMatching(message) },
          ...{ retryable: false, retryAfter: null },
        },
      ],
    });
    expect(harness.takeCalls()).toEqual([]);
  });

  it.each([
    ['two providers', { ...newPact(), ...newPigeons() }],
    ['none', {}],
    ['null', { pact: null }],
  ])('is of exactly one provider: %s is refused', async (_what, input) => {
    const { status, data, errors } = await harness.query(START, { variables: { input } });
    expect([status, data]).toEqual([400, undefined]);
    expect(errors![0]!.extensions).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(harness.takeCalls()).toEqual([]);
  });

  it('is refused with someone whom the provider does not know', async () => {
    const input = newPigeons({ participantId: '660e8400-e29b-41d4-a716-000000000000' });
    expect(await start(harness, input)).toMatchObject({
      ...{ conversation: null, delivery: null, userErrors: [{ code: 'PROVIDER_REJECTED', field: null }] },
    });
  });

  it('can be done where the capabilities say so', async () => {
    const { accounts: all } = await harness.data(
      '{ accounts { id capabilities { startConversation closeConversation listConversations } } }',
    );
    expect(
      Object.fromEntries(all.map(({ id, capabilities }: any) => [id, Object.values(capabilities)])),
    ).toEqual({
      sales: [true, false, true],
      support: [false, true, false],
      app: [true, false, true],
      visitor: [true, false, false],
    });
  });
});

describe('a start whose answer was lost, when its time is over', () => {
  let harness: Harness;

  beforeAll(async () => {
    const environment = { READ_TIMEOUT: '1s', SEND_TIMEOUT: '1s', SEND_SETTLING_TIME: '1ms' };
    harness = await startHarness({ accounts, environment });
  });
  afterAll(() => harness.close());

  it('is tried again only where it is certain that nothing came of it: never at Letstalk', async () => {
    const inputs = STARTS.map(([provider, newInput]) => {
      emulators(harness.sandbox)[provider].failNext({ reset: true }, { call: 'startConversation' });
      return newInput();
    });
    const [pact, letstalk, pigeons] = inputs as [Input, Input, Input];
    for (const input of inputs) expect(await start(harness, input)).toMatchObject(UNKNOWN);

    // Last of all, so that the time of the others is over as well.
    const again = await until(
      () => start(harness, pigeons),
      ({ delivery }) => delivery.state !== 'UNKNOWN',
    );

    expect(again).toMatchObject({ delivery: { state: 'SENT' }, userErrors: [] });
    expect(startedIn(harness)).toEqual([again.conversation.externalId]);
    for (const input of [pact, letstalk]) expect(await start(harness, input)).toMatchObject(UNKNOWN);
    expect(startedIn(harness)).toHaveLength(1);
  }, 30_000);
});
