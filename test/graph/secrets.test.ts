import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sandboxAccounts } from '../../src/accounts.ts';
import { conversationId, messageId } from '../../src/messaging/ids.ts';
import type { Fault } from '../../src/sandbox/index.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import type { Answer, Harness } from '../harness.ts';
import { emulators, startHarness } from '../harness.ts';
import { conversations, PDF, SEND, START, upload } from './writes.ts';

const { whatsApp, letstalk, pigeons } = conversations;
const PHONE = '79995550123';
const CALLERS_TOKEN = 'pigeons-sandbox-token-1';
const ownTokens = conversationId({ accountId: 'callers', externalId: wellKnown.pigeons.documented });
const message = messageId({
  ...{ accountId: 'app', conversationExternalId: wellKnown.pigeons.documented },
  externalId: wellKnown.pigeons.documentedMessage,
});

describe('what is secret', () => {
  let harness: Harness;

  beforeAll(async () => {
    harness = await startHarness({
      accounts: (sandbox) => {
        const [pact, letstalk, pigeons] = sandboxAccounts(sandbox) as [any, any, any];
        const { token: _own, ...callers } = pigeons;
        const { clientKey } = sandbox.letstalk;
        return [
          ...[pact, letstalk, pigeons],
          { ...callers, id: 'callers', tokenHeader: 'x-pigeons-token' },
          { ...letstalk, id: 'visitor', apiKey: clientKey, role: 'client' },
        ];
      },
    });
  });
  afterAll(() => harness.close());
  beforeEach(() => {
    harness.reset();
  });

  /** What no answer and no log line may hold, whatever happens. */
  const secrets = () => {
    const { pact, letstalk, pigeons } = harness.sandbox;
    return [
      ...[pact.token, letstalk.agentKey, letstalk.clientKey, pigeons.user.token, pigeons.publicKey],
      ...[letstalk.agentKey, letstalk.clientKey].map((key) => Buffer.from(`${key}:X`).toString('base64')),
      ...[CALLERS_TOKEN, PHONE, 'very secret words', 'the words of a customer', 'a label of theirs'],
    ];
  };

  /** Every write there is, each with words and numbers that are somebody's own. */
  const writes = (): (() => Promise<unknown>)[] => {
    const text = 'the words of a customer';
    const query = async (document: string, variables: object, headers = {}): Promise<Answer> =>
      harness.query(document, { variables: { ...variables }, headers });
    const input = (given: object) => ({ input: { idempotencyKey: randomUUID(), ...given } });
    const items = [{ quickReply: { label: 'a label of theirs', message: text } }];
    const startPact = { accountId: 'sales', messenger: 'WHATSAPP', phone: PHONE, text };
    return [
      () => query(SEND, input({ conversationId: whatsApp, text })),
      () => query(SEND, input({ conversationId: letstalk, text })),
      () => query(SEND, input({ conversationId: letstalk, actionList: { title: text, items } })),
      () => query(SEND, input({ conversationId: pigeons, text })),
      () => query(SEND, input({ conversationId: ownTokens, text }), { 'x-pigeons-token': CALLERS_TOKEN }),
      () => query(START, { input: { pact: { ...startPact, idempotencyKey: randomUUID() } } }),
      () =>
        query(START, {
          input: {
            letstalk: { accountId: 'visitor', idempotencyKey: randomUUID(), organizationId: '9', text },
          },
        }),
      () => upload(harness, whatsApp, { ...PDF, bytes: `%PDF-1.7 ${text}` }),
      () =>
        query(
          'mutation ($id: ID!) { addReaction(input: { messageId: $id, emoji: "👍" }) { userErrors { message } } markMessageRead(input: { messageId: $id }) { userErrors { message } } }',
          { id: message },
        ),
      () =>
        query(
          'mutation ($id: ID!) { closeConversation(input: { conversationId: $id }) { userErrors { message } } }',
          { id: letstalk },
        ),
    ];
  };

  const echo = () => ({ error: ['very secret words', ...secrets()] });

  it.each<[string, () => Fault]>([
    ['a refusal that quotes the request', () => ({ status: 400, body: echo() })],
    ['a refusal in words', () => ({ status: 422, body: secrets().join(' ') })],
    ['401', () => ({ status: 401, body: echo() })],
    ['500', () => ({ status: 500, body: echo() })],
    ['a page', () => ({ html: true })],
    ['an answer that quotes the request', () => ({ status: 200, body: echo() })],
    ['an answer that is not JSON', () => ({ status: 200, body: `{"error": "${secrets().join(' ')}` })],
    ['a redirect', () => ({ redirect: `https://elsewhere.example.com/${secrets()[0]}` })],
    ['a lost answer', () => ({ acceptThen: 'reset' })],
    ['a lost request', () => ({ reset: true })],
  ])('stands in no answer and no log line when a write fails: %s', async (_what, fault) => {
    const before = harness.logged().length;
    for (const write of writes()) {
      for (const emulator of Object.values(emulators(harness.sandbox))) {
        // Only what writes: what is read afterwards may well be what was written.
        emulator.failNext(fault(), { match: ({ method }) => method !== 'GET', times: Infinity });
      }
      const answer = JSON.stringify(await write());
      for (const secret of secrets()) expect(answer).not.toContain(secret);
    }
    const logged = harness.logged().slice(before);
    expect(logged).toContain('provider call');
    for (const secret of secrets()) expect(logged).not.toContain(secret);
  });

  it('stands in no log line when everything goes well, or is refused by us', async () => {
    const before = harness.logged().length;
    for (const write of writes()) await write();
    await harness.query(SEND, {
      variables: { input: { conversationId: pigeons, idempotencyKey: randomUUID(), text: `${PHONE}\0` } },
    });
    await harness.query(`mutation { sendMessage(input: { text: "the words of a customer" ] }`);
    const logged = harness.logged().slice(before);
    for (const secret of secrets()) expect(logged).not.toContain(secret);
  });
});
