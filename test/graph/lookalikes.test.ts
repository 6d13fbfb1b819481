import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { wellKnown } from '../../src/sandbox/index.ts';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';
import { conversations, PNG, send, start, uploaded } from './writes.ts';

const { whatsApp } = conversations;

/** Pact keeps no name of ours: what looks like a lost message need not be it. */
describe('a message at Pact that looks like a lost one', () => {
  let harness: Harness;

  beforeAll(async () => {
    harness = await startHarness();
  });
  afterAll(() => harness.close());
  beforeEach(() => {
    harness.reset();
  });

  const drop = () => harness.sandbox.pact.failNext({ reset: true }, { call: 'sendMessage' });
  const outbound = (given: object) =>
    harness.sandbox.pact.addMessage(wellKnown.pact.documented, {
      ...{ income: false, created_at: new Date().toISOString() },
      ...given,
    });

  it('is taken for it where nothing else can be', async () => {
    const input = { conversationId: whatsApp, text: 'Good morning!', idempotencyKey: randomUUID() };
    harness.sandbox.pact.failNext({ acceptThen: 'reset' }, { call: 'sendMessage' });
    expect((await send(harness, input)).delivery.state).toBe('UNKNOWN');
    expect((await send(harness, input)).delivery).toMatchObject({ state: 'SENT', evidence: 'HISTORY' });
  });

  it('is not, when somebody else wrote it a while before', async () => {
    outbound({ message: 'Good morning!', created_at: new Date(Date.now() - 20_000).toISOString() });
    const input = { conversationId: whatsApp, text: 'Good morning!', idempotencyKey: randomUUID() };
    drop();
    await send(harness, input);
    expect((await send(harness, input)).delivery.state).toBe('UNKNOWN');
  });

  it('is not, when it began the conversation by a start that was lost as well', async () => {
    const { pact } = harness.sandbox;
    const text = 'You asked us to call back.';
    const phone = pact
      .conversations()
      .find(({ external_id }) => external_id === wellKnown.pact.documented)!.sender_external_id;
    pact.failNext({ acceptThen: 'reset' }, { call: 'startConversation' });
    const begun = await start(harness, {
      pact: { accountId: 'sales', idempotencyKey: randomUUID(), messenger: 'WHATSAPP', phone, text },
    });
    expect(begun.delivery.state).toBe('UNKNOWN');

    const input = { conversationId: whatsApp, text, idempotencyKey: randomUUID() };
    drop();
    await send(harness, input);

    expect((await send(harness, input)).delivery.state).toBe('UNKNOWN');
  });

  it('is not, when it carries another file', async () => {
    const attachmentId = await uploaded(harness, whatsApp, PNG);
    const input = { conversationId: whatsApp, attachmentIds: [attachmentId], idempotencyKey: randomUUID() };
    drop();
    await send(harness, input);
    outbound({ message: '', attachments: [{ id: 999_999, file_name: 'cat.png', mime_type: 'image/png' }] });

    expect((await send(harness, input)).delivery.state).toBe('UNKNOWN');
  });
});
