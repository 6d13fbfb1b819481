import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { connect, createServer } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sandboxAccounts } from '../../src/accounts.ts';
import { conversationId } from '../../src/messaging/ids.ts';
import type { Fault } from '../../src/sandbox/index.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import type { Harness } from '../harness.ts';
import { emulators, startHarness } from '../harness.ts';
import { freePort } from '../freePort.ts';
import {
  conversations,
  NOTHING_SENT,
  PROVIDERS,
  readDelivery,
  SEND,
  send,
  sentTexts,
  start,
  writeCalls,
} from './writes.ts';

const { whatsApp, otherMessenger, letstalk, pigeons } = conversations;

/** The account with callers' own tokens, and the one whose provider can't be reached. */
const ownTokens = conversationId({ accountId: 'callers', externalId: wellKnown.pigeons.documented });
const unreachable = conversationId({
  accountId: 'away',
  externalId: String(wellKnown.letstalk.documented),
});

describe('an idempotency key', () => {
  let harness: Harness;
  let port: number;

  beforeAll(async () => {
    port = await freePort();
    harness = await startHarness({
      accounts: (sandbox) => {
        const [pact, letstalk, pigeons] = sandboxAccounts(sandbox) as [any, any, any];
        const { token: _own, ...callers } = pigeons;
        return [
          ...[pact, letstalk, pigeons],
          { ...callers, id: 'callers', tokenHeader: 'x-pigeons-token' },
          { ...letstalk, id: 'away', baseUrl: `http://127.0.0.1:${port}` },
        ];
      },
    });
  });
  afterAll(() => harness.close());
  beforeEach(() => {
    harness.reset();
  });

  describe.each(PROVIDERS)('at %s', (_name, provider, conversation) => {
    const newInput = () => ({
      conversationId: conversation,
      text: `Once ${randomUUID()}`,
      idempotencyKey: randomUUID(),
    });

    it('gives the same result for the same content, without another call that writes', async () => {
      const input = newInput();
      const first = await send(harness, input);
      expect(first.delivery.message).not.toBeNull();

      for (let count = 0; count < 3; count += 1) expect(await send(harness, input)).toEqual(first);

      expect(sentTexts(harness)).toEqual([input.text]);
      expect(writeCalls(harness)).toEqual(['sendMessage']);
    });

    it('sends once for ten at the same time, who are all told the same', async () => {
      const input = newInput();
      emulators(harness.sandbox)[provider].failNext({ delay: 50 }, { call: 'sendMessage' });

      const answers = await Promise.all(Array.from({ length: 10 }, () => send(harness, input)));

      expect(answers[0].userErrors).toEqual([]);
      for (const answer of answers) expect(answer).toEqual(answers[0]);
      expect(sentTexts(harness)).toEqual([input.text]);
    });

    it('sends twice for two keys, though the content is one', async () => {
      const input = newInput();
      const first = await send(harness, input);
      const second = await send(harness, { ...input, idempotencyKey: randomUUID() });
      expect(second.message.externalId).not.toBe(first.message.externalId);
      expect(second.delivery.id).not.toBe(first.delivery.id);
      expect(sentTexts(harness)).toEqual([input.text, input.text]);
    });

    it('is refused with another content, and the first one stands', async () => {
      const input = newInput();
      const first = await send(harness, input);

      const others: object[] = [
        { text: `${input.text}!` },
        { text: ` ${input.text}` },
        { conversationId: conversation === letstalk ? pigeons : letstalk },
      ];
      for (const other of others) {
        const { userErrors, ...nothing } = await send(harness, { ...input, ...other });
        expect(nothing).toEqual(NOTHING_SENT);
        expect(userErrors).toEqual([
          {
            code: 'IDEMPOTENCY_CONFLICT',
            field: ['input', 'idempotencyKey'],
            message: expect.stringContaining('another content'),
            ...{ retryable: false, retryAfter: null },
          },
        ]);
      }
      expect(sentTexts(harness)).toEqual([input.text]);
      expect(await send(harness, input)).toEqual(first);
    });

    it.each<[string, Fault, object]>([
      ['400', 400, { code: 'PROVIDER_REJECTED', field: null, retryable: false, retryAfter: null }],
      ['401', 401, { code: 'PROVIDER_UNAUTHENTICATED', retryable: false }],
      ['402', 402, { code: 'PROVIDER_PAYMENT_REQUIRED', retryable: false }],
      ['403', 403, { code: 'PROVIDER_FORBIDDEN', retryable: false }],
      ['404', 404, { code: 'NOT_FOUND', field: ['input', 'conversationId'], retryable: false }],
      ['410', 410, { code: 'PROVIDER_GONE', retryable: false }],
      ['422', 422, { code: 'PROVIDER_REJECTED', retryable: false }],
      ['429', 429, { code: 'PROVIDER_RATE_LIMITED', retryable: true, retryAfter: null }],
      [
        '429 with a time',
        { status: 429, headers: { 'retry-after': '120' } },
        { code: 'PROVIDER_RATE_LIMITED', retryable: true, retryAfter: 120 },
      ],
    ])('is free again after %s, also for another content', async (_what, fault, error) => {
      const input = newInput();
      const fail = () => emulators(harness.sandbox)[provider].failNext(fault, { call: 'sendMessage' });
      fail();
      expect(await send(harness, input)).toMatchObject({ ...NOTHING_SENT, userErrors: [error] });
      fail();
      expect(await send(harness, input)).toMatchObject({ ...NOTHING_SENT, userErrors: [error] });
      expect(sentTexts(harness)).toEqual([]);

      const other = { ...input, text: `${input.text} again` };
      const sent = await send(harness, other);

      expect(sent.userErrors).toEqual([]);
      expect(await send(harness, other)).toEqual(sent);
      expect(sentTexts(harness)).toEqual([other.text]);
    });

    it('outlives its caller: who leaves in the middle finds the message sent', async () => {
      const input = newInput();
      const caller = new AbortController();
      const arrived = new Promise<void>((resolve) => {
        const match = () => (resolve(), true);
        emulators(harness.sandbox)[provider].failNext({ delay: 100 }, { call: 'sendMessage', match });
      });
      const asking = fetch(`${harness.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: SEND, variables: { input } }),
        signal: caller.signal,
      });
      await arrived;
      caller.abort();
      await expect(asking).rejects.toThrow();

      const { userErrors, delivery } = await send(harness, input);

      expect(userErrors).toEqual([]);
      expect(delivery).toMatchObject({ evidence: 'RESPONSE', message: { text: input.text } });
      expect(sentTexts(harness)).toEqual([input.text]);
    });
  });

  it('may be as long as 128 characters, and is told from any other', async () => {
    const keys = ['k'.repeat(128), 'k'.repeat(127), ' k', 'k', 'K', 'é', 'e\u0301', '🔑', '5'];
    for (const key of keys) await send(harness, { conversationId: pigeons, text: 'x', idempotencyKey: key });
    expect(sentTexts(harness)).toHaveLength(keys.length);
    // An ID may come as a number.
    await send(harness, { conversationId: pigeons, text: 'x', idempotencyKey: 5 });
    expect(sentTexts(harness)).toHaveLength(keys.length);
  });

  it('counts in one operation as in many', async () => {
    const input = { conversationId: letstalk, text: 'Twice in one', idempotencyKey: randomUUID() };
    const { a, b, c } = await harness.data(
      `mutation ($input: SendMessageInput!, $other: SendMessageInput!) {
        a: sendMessage(input: $input) { delivery { id } userErrors { code } }
        b: sendMessage(input: $input) { delivery { id } userErrors { code } }
        c: sendMessage(input: $other) { delivery { id } userErrors { code } }
      }`,
      { input, other: { ...input, text: 'Another' } },
    );
    expect(b).toEqual(a);
    expect(c).toEqual({ delivery: null, userErrors: [{ code: 'IDEMPOTENCY_CONFLICT' }] });
    expect(sentTexts(harness)).toEqual(['Twice in one']);
  });

  it('is one for sends and another one for starts', async () => {
    const idempotencyKey = randomUUID();
    await send(harness, { conversationId: whatsApp, text: 'A send', idempotencyKey });
    const started = await start(harness, {
      pact: {
        ...{ accountId: 'sales', idempotencyKey, messenger: 'WHATSAPP' },
        ...{ phone: '79990001122', text: 'A start' },
      },
    });
    expect(started.userErrors).toEqual([]);
    expect(harness.sandbox.pact.stored().messages.map(({ text }) => text)).toEqual(['A send', 'A start']);
  });

  it('of a content that is wrong is told what is wrong, though it was used', async () => {
    const input = { conversationId: pigeons, text: 'x', idempotencyKey: randomUUID() };
    await send(harness, input);
    const { userErrors } = await send(harness, { ...input, text: 'x'.repeat(5_001) });
    expect(userErrors).toMatchObject([{ code: 'TEXT_TOO_LONG' }]);
  });

  it('is free again when there was no connection, and sends when there is one', async () => {
    const input = { conversationId: unreachable, text: 'Is it there?', idempotencyKey: randomUUID() };
    const refused = await send(harness, input);
    expect(refused).toMatchObject({
      ...NOTHING_SENT,
      userErrors: [{ code: 'PROVIDER_UNAVAILABLE', field: null, retryable: true, retryAfter: null }],
    });

    const proxy = await forward(port, new URL(harness.sandbox.letstalk.url).port);
    const { userErrors, message } = await send(harness, input);
    proxy.close();

    expect(userErrors).toEqual([]);
    expect(message).toMatchObject({ text: 'Is it there?' });
    expect(sentTexts(harness)).toEqual(['Is it there?']);
  });

  it('of a job that failed answers that, and does not send again', async () => {
    const { pact } = harness.sandbox;
    pact.delivery('async');
    const input = { conversationId: otherMessenger, text: 'In vain', idempotencyKey: randomUUID() };
    const { delivery } = await send(harness, input);
    pact.settleJob(pact.jobs()[0]!.id, 'NOT DELIVERED', 'blocked by +79990001122');
    expect(await readDelivery(harness, delivery.id)).toMatchObject({ state: 'FAILED', evidence: 'JOB' });

    const again = await send(harness, input);

    expect(again).toMatchObject({ message: null, userErrors: [] });
    expect(again.delivery).toMatchObject({ id: delivery.id, state: 'FAILED' });
    expect(sentTexts(harness)).toEqual(['In vain']);
  });

  describe('where callers have their own tokens', () => {
    const as = (index: number) => ({
      headers: { 'x-pigeons-token': harness.sandbox.pigeons.users[index]!.token },
    });

    it('is the one of its user: two users have two messages under one key', async () => {
      const input = { conversationId: ownTokens, text: 'Mine', idempotencyKey: randomUUID() };
      const first = await send(harness, input, as(0));
      const second = await send(harness, input, as(1));

      expect([first.userErrors, second.userErrors]).toEqual([[], []]);
      expect(second.delivery.id).not.toBe(first.delivery.id);
      expect(harness.sandbox.pigeons.messages(wellKnown.pigeons.documented).slice(-2)).toMatchObject(
        [0, 1].map((index) => ({ sender: { uuid: harness.sandbox.pigeons.users[index]!.uuid } })),
      );

      expect(await send(harness, input, as(0))).toEqual(first);
      expect(await send(harness, input, as(1))).toEqual(second);
      expect(sentTexts(harness)).toEqual(['Mine', 'Mine']);
      expect(await readDelivery(harness, first.delivery.id, as(0))).toMatchObject({ state: 'SENT' });
      expect(await readDelivery(harness, first.delivery.id, as(1))).toBeNull();
    });

    it('is of no use to a user of whom nobody can tell who they are, but for a start', async () => {
      const { sandbox } = harness;
      // Whoever has conversations with one person only, or none.
      const index = sandbox.pigeons.users.findIndex(
        ({ uuid }) =>
          new Set(
            sandbox.pigeons
              .conversations()
              .map(({ participants }) => participants.map((participant) => participant.uuid))
              .filter((uuids) => uuids.includes(uuid))
              .flat(),
          ).size === 2,
      );
      const mine = sandbox.pigeons
        .conversations()
        .find(({ participants }) =>
          participants.some(({ uuid }) => uuid === sandbox.pigeons.users[index]!.uuid),
        )!;
      const where = conversationId({ accountId: 'callers', externalId: mine.uuid });
      const input = { conversationId: where, text: 'Who am I?', idempotencyKey: randomUUID() };
      expect(await send(harness, input, as(index))).toMatchObject({
        ...NOTHING_SENT,
        userErrors: [{ code: 'UNSUPPORTED', message: expect.stringContaining('participant') }],
      });
      expect(sentTexts(harness)).toEqual([]);

      const pigeonsStart = {
        accountId: 'callers',
        idempotencyKey: randomUUID(),
        participantId: sandbox.pigeons.users[index === 2 ? 3 : 2]!.uuid,
      };
      const started = await start(harness, { pigeons: pigeonsStart }, as(index));
      expect(started.userErrors).toEqual([]);
      expect(await start(harness, { pigeons: pigeonsStart }, as(index))).toMatchObject({
        userErrors: [],
        conversation: started.conversation,
      });
    });

    it('is of no use without a token, or with one that the provider does not know', async () => {
      const input = { conversationId: ownTokens, text: 'Nobody', idempotencyKey: randomUUID() };
      expect(await send(harness, input)).toMatchObject({
        ...NOTHING_SENT,
        userErrors: [{ code: 'UNAUTHENTICATED', message: expect.stringContaining('x-pigeons-token') }],
      });
      const forged = { headers: { 'x-pigeons-token': 'forged' } };
      expect(await send(harness, input, forged)).toMatchObject({
        ...NOTHING_SENT,
        userErrors: [{ code: 'PROVIDER_UNAUTHENTICATED' }],
      });
      expect(writeCalls(harness)).toEqual([]);
      expect((await send(harness, input, as(0))).userErrors).toEqual([]);
    });
  });
});

/** Makes a provider reachable at a port where nothing was. */
async function forward(port: number, target: string): Promise<Server> {
  const server = createServer((socket) => {
    const onward = connect(Number(target), '127.0.0.1');
    socket.pipe(onward).pipe(socket);
    socket.on('error', () => onward.destroy());
    onward.on('error', () => socket.destroy());
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  expect((server.address() as AddressInfo).port).toBe(port);
  return server;
}
