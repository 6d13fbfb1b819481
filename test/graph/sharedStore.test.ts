import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sandboxAccounts } from '../../src/accounts.ts';
import type { Harness } from '../harness.ts';
import { emulators, startHarness } from '../harness.ts';
import type { OpenedRedis, StartedRedis } from '../redis.ts';
import { canStartRedis, hasRedis, openRedis, startRedis } from '../redis.ts';
import {
  conversations,
  NOTHING_SENT,
  PDF,
  PROVIDERS,
  readDelivery,
  send,
  sentTexts,
  start,
  until,
  upload,
  writeCalls,
} from './writes.ts';

const { otherMessenger, letstalk } = conversations;

const newInput = (conversationId: string) => ({
  conversationId,
  text: `Shared ${randomUUID()}`,
  idempotencyKey: randomUUID(),
});

const onRedis = (redis: Pick<OpenedRedis, 'url'> & Partial<OpenedRedis>) => ({
  REDIS_URL: redis.url,
  REDIS_KEY_PREFIX: redis.keyPrefix ?? 'parley-test:',
});

(hasRedis ? describe : describe.skip)('a key in two processes', () => {
  let redis: OpenedRedis;
  let one: Harness;
  let other: Harness;

  beforeAll(async () => {
    redis = (await openRedis())!;
    one = await startHarness({ environment: onRedis(redis) });
    // Another server in front of the same providers.
    other = await startHarness({
      environment: onRedis(redis),
      accounts: () => sandboxAccounts(one.sandbox),
    });
  });
  afterAll(async () => {
    await one.close();
    await other.close();
    await redis.close();
  });
  beforeEach(() => {
    one.reset();
  });

  describe.each(PROVIDERS)('at %s', (_name, provider, conversation) => {
    it('gives the result of the one also from the other', async () => {
      const input = newInput(conversation);
      const first = await send(one, input);
      expect(first.userErrors).toEqual([]);
      expect(await send(other, input)).toEqual(first);
      expect(await readDelivery(other, first.delivery.id)).toMatchObject({ id: first.delivery.id });
      const { userErrors } = await send(other, { ...input, text: 'Other words' });
      expect(userErrors).toMatchObject([{ code: 'IDEMPOTENCY_CONFLICT' }]);
      expect(sentTexts(one)).toEqual([input.text]);
    });

    it('sends once when both are asked at the same time', async () => {
      const input = newInput(conversation);
      emulators(one.sandbox)[provider].failNext({ delay: 50 }, { call: 'sendMessage' });
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_none, index) => send(index % 2 ? one : other, input)),
      );
      for (const answer of answers) expect(answer).toEqual(answers[0]);
      expect(sentTexts(one)).toEqual([input.text]);
    });

    it('is free in both when it was refused in one', async () => {
      const input = newInput(conversation);
      emulators(one.sandbox)[provider].failNext(400, { call: 'sendMessage' });
      expect(await send(one, input)).toMatchObject(NOTHING_SENT);
      expect((await send(other, input)).userErrors).toEqual([]);
      expect(sentTexts(one)).toEqual([input.text]);
    });

    it('is found by the other when the one has lost its answer', async () => {
      const input = newInput(conversation);
      emulators(one.sandbox)[provider].failNext({ acceptThen: 'reset' }, { call: 'sendMessage' });
      const lost = await send(one, input);
      expect(lost.delivery.state).toBe('UNKNOWN');
      expect(await send(other, input)).toMatchObject({
        delivery: { id: lost.delivery.id, state: 'SENT', evidence: 'HISTORY', message: { text: input.text } },
      });
      expect(await readDelivery(one, lost.delivery.id)).toMatchObject({ state: 'SENT' });
      expect(sentTexts(one)).toEqual([input.text]);
    });
  });

  it('starts one conversation', async () => {
    const pact = {
      ...{ accountId: 'sales', idempotencyKey: randomUUID(), messenger: 'WHATSAPP' },
      ...{ phone: '79991230099', text: `Begun ${randomUUID()}` },
    };
    const answers = await Promise.all([one, other, one, other].map((harness) => start(harness, { pact })));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(one.sandbox.pact.stored()).toMatchObject({
      conversations: [Number(answers[0].conversation.externalId)],
      messages: [{ text: pact.text }],
    });
  });

  it('leaves no text in the store, and no key', async () => {
    const text = `The canary ${randomUUID()}`;
    const input = { ...newInput(otherMessenger), text };
    await send(one, input);
    const { Redis } = await import('ioredis');
    const client = new Redis(redis.url);
    const keys = await client.keys(`${redis.keyPrefix}*`);
    const values = await Promise.all(keys.map((key) => client.get(key)));
    await client.quit();
    expect(keys.length).toBeGreaterThan(0);
    for (const canary of [text, input.idempotencyKey])
      expect(JSON.stringify([keys, values])).not.toContain(canary);
  });
});

(canStartRedis ? describe : describe.skip)('a store that is down', () => {
  let redis: StartedRedis;
  let harness: Harness;

  beforeAll(async () => {
    redis = (await startRedis({ durable: true }))!;
    harness = await startHarness({ environment: onRedis(redis) });
  });
  afterAll(async () => {
    await harness.close();
    await redis.stop();
  });
  beforeEach(() => {
    harness.reset();
  });

  const isUp = () =>
    until(
      () => send(harness, newInput(letstalk)),
      ({ userErrors }) => userErrors.length === 0,
    );
  const DOWN = {
    code: 'STORE_UNAVAILABLE',
    field: null,
    retryable: true,
    message: expect.stringMatching(/^Parley's store can't be used now/),
  };

  it('keeps anything from being sent, started or uploaded, and reads go on', async () => {
    await isUp();
    await redis.kill();
    harness.reset();
    const inputs = PROVIDERS.map(([, , conversation]) => newInput(conversation));

    for (const input of inputs)
      expect(await send(harness, input)).toMatchObject({ ...NOTHING_SENT, userErrors: [DOWN] });
    const pact = { accountId: 'sales', messenger: 'WHATSAPP', phone: '79991230088', text: 'x' };
    expect(await start(harness, { pact: { ...pact, idempotencyKey: randomUUID() } })).toMatchObject({
      conversation: null,
      delivery: null,
      userErrors: [DOWN],
    });
    expect(await upload(harness, letstalk, PDF)).toMatchObject({ attachment: null, userErrors: [DOWN] });
    expect(writeCalls(harness)).toEqual([]);
    const { conversations: list } = await harness.data(
      '{ conversations(first: 5) { nodes { title messages(last: 1) { nodes { text } } } sources { answered } } }',
    );
    expect(list.nodes).toHaveLength(5);

    await redis.restart();
    await isUp();
    harness.reset();
    for (const input of inputs) expect((await send(harness, input)).userErrors).toEqual([]);
    expect(sentTexts(harness)).toHaveLength(3);
  }, 30_000);

  it('is told of a delivery that is read, as an error: nobody knows', async () => {
    await isUp();
    const { delivery } = await send(harness, newInput(letstalk));
    await redis.kill();
    const { data, errors } = await harness.query('query ($id: ID!) { delivery(id: $id) { state } }', {
      variables: { id: delivery.id },
    });
    expect(data).toEqual({ delivery: null });
    expect(errors).toMatchObject([{ extensions: { code: 'STORE_UNAVAILABLE', retryable: true } }]);
    await redis.restart();
    await isUp();
    expect(await readDelivery(harness, delivery.id)).toMatchObject({ state: 'SENT' });
  }, 30_000);

  // With and without a list of those who say the same.
  it.each(PROVIDERS.slice(0, 2))(
    'in the middle of a send does not keep its caller from learning how it ended: %s',
    async (_name, provider, conversation) => {
      await isUp();
      const input = newInput(conversation);
      harness.reset();
      // From the moment at which the message arrives at the provider.
      const match = () => (redis.freeze(), true);
      emulators(harness.sandbox)[provider].failNext({ delay: 0 }, { call: 'sendMessage', match });

      const first = await send(harness, input);
      redis.thaw();

      expect(first.userErrors).toEqual([]);
      expect(first.message).toMatchObject({ text: input.text });
      // It is written down as soon as it can be, and whoever asks meanwhile waits.
      const again = await until(
        () => send(harness, input),
        ({ userErrors }) => userErrors.length === 0,
      );
      expect(again).toMatchObject({ message: first.message, delivery: { id: first.delivery.id } });
      expect(sentTexts(harness)).toEqual([input.text]);
    },
    60_000,
  );
});
