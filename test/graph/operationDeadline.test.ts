import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';
import { conversations, send, SEND, sentTexts } from './writes.ts';

jest.setTimeout(30_000);

/** Long enough for what is not delayed, on any machine. */
const MOST = 2_000;
/** Each fits, two do not. */
const SLOW = 1_300;

const TIMED_OUT = { code: 'PROVIDER_TIMEOUT', retryable: true };

describe('the time that all reads of an operation have together', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness({ environment: { OPERATION_TIMEOUT: `${MOST}ms` } });
  });
  afterAll(() => harness.close());
  beforeEach(() => {
    harness.reset();
  });

  it('ends what comes too late, and what was read before stays', async () => {
    const { pact } = harness.sandbox;
    pact.failNext({ delay: SLOW }, { call: 'conversations' });
    pact.failNext({ delay: SLOW }, { call: 'messages' });
    const { data, errors } = await harness.query(
      '{ account(id: "sales") { conversations(first: 1) { nodes { title messages(last: 1) { nodes { id } } } } } }',
    );
    const [conversation] = data.account.conversations.nodes;
    expect(conversation.title).toEqual(expect.any(String));
    expect(conversation.messages).toBeNull();
    expect(errors).toHaveLength(1);
    expect(errors![0]).toMatchObject({
      path: ['account', 'conversations', 'nodes', 0, 'messages'],
      extensions: { ...TIMED_OUT, provider: 'PACT', accountId: 'sales' },
    });
  });

  it('costs a hanging account its own rows, and no other', async () => {
    harness.sandbox.pact.failNext({ hang: true }, { times: Infinity });
    const { conversations: list } = await harness.data(
      `{ conversations(first: 50, filter: { accountIds: ["sales", "app"] }) {
           nodes { accountId }
           sources { account { id } answered error { code retryable } }
       } }`,
    );
    expect(new Set(list.nodes.map((node: any) => node.accountId))).toEqual(new Set(['app']));
    expect(list.sources).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ account: { id: 'sales' }, answered: false, error: TIMED_OUT }),
        expect.objectContaining({ account: { id: 'app' }, answered: true, error: null }),
      ]),
    );
  });

  it('is not that of another operation', async () => {
    for (let operations = 0; operations < 2; operations += 1) {
      harness.sandbox.pact.failNext({ delay: SLOW }, { call: 'conversation' });
      const { errors } = await harness.query(
        '{ conversationByExternalId(accountId: "sales", externalId: "8741") { title } }',
      );
      expect(errors).toBeUndefined();
    }
  });

  it('is not that of a write, nor of what a write goes by, and begins anew after it', async () => {
    const { pact } = harness.sandbox;
    const text = `Slowly sent ${randomUUID()}`;
    pact.failNext({ delay: MOST + 100 }, { call: 'conversation' });
    pact.failNext({ delay: MOST + 100 }, { call: 'sendMessage' });
    pact.failNext({ delay: SLOW }, { call: 'messages' });
    const { message, delivery, userErrors } = await send(harness, {
      conversationId: conversations.whatsApp,
      text,
    });
    expect([userErrors, delivery.failureReason]).toEqual([[], null]);
    expect(message).toMatchObject({ text });
    expect(sentTexts(harness)).toEqual([text]);
  });

  it('begins anew after each of several writes', async () => {
    const { pact } = harness.sandbox;
    pact.failNext({ delay: SLOW }, { call: 'sendMessage', times: 3 });
    const fields = SEND.slice(SEND.indexOf('sendMessage(input'), SEND.lastIndexOf('}'));
    const names = ['a', 'b', 'c'];
    const inputs = Object.fromEntries(
      names.map((name) => [
        name,
        {
          conversationId: conversations.whatsApp,
          text: `One of three ${name}`,
          idempotencyKey: randomUUID(),
        },
      ]),
    );
    const { data, errors } = await harness.query(
      `mutation(${names.map((name) => `$${name}: SendMessageInput!`).join()}) {
         ${names.map((name) => `${name}: ${fields.replace('$input', `$${name}`)}`).join('\n')}
       }`,
      { variables: inputs },
    );
    expect(errors).toBeUndefined();
    expect(names.map((name) => data[name].message?.text)).toEqual(
      names.map((name) => `One of three ${name}`),
    );
  });

  it('holds for a query that looks for what became of a send', async () => {
    const { pact } = harness.sandbox;
    pact.failNext({ reset: true }, { call: 'sendMessage' });
    const { delivery } = await send(harness, { conversationId: conversations.whatsApp, text: 'Lost' });
    expect(delivery.state).toBe('UNKNOWN');
    // It would wait for ten seconds, a read's own time.
    pact.failNext({ hang: true }, { call: 'messages', times: Infinity });
    const { data } = await harness.query(`{ delivery(id: "${delivery.id}") { state } }`);
    expect(data.delivery).toEqual({ state: 'UNKNOWN' });
    expect(harness.logged()).toContain('PROVIDER_TIMEOUT');
  });
});
