import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';
import type { StartedRedis } from '../redis.ts';
import { canStartRedis, startRedis } from '../redis.ts';
import { NOTHING_SENT, PROVIDERS, send, sentTexts, until, writeCalls } from './writes.ts';

jest.setTimeout(60_000);

const LIST = '{ conversations(first: 5) { nodes { title messages(last: 1) { nodes { text } } } } }';

const DOWN = {
  code: 'STORE_UNAVAILABLE',
  field: null,
  retryable: true,
  message: expect.stringMatching(/^Parley's store can't be used now/),
};

const READY = { status: 200, body: { status: 'ready' } };
const DEGRADED = { status: 200, body: { status: 'degraded', store: 'unavailable' } };

(canStartRedis ? describe : describe.skip)('while Redis is lost', () => {
  let redis: StartedRedis;
  let harness: Harness;
  beforeAll(async () => {
    redis = (await startRedis({ durable: true }))!;
    harness = await startHarness({
      environment: { REDIS_URL: redis.url, RATE_LIMIT_OPERATIONS: '100000/1h' },
    });
  });
  afterAll(async () => {
    redis.thaw();
    await harness.close();
    await redis.stop();
  });
  beforeEach(() => {
    harness.reset();
  });

  const health = async () => {
    const answer = await fetch(`${harness.url}/health/ready`);
    return { status: answer.status, body: (await answer.json()) as { status: string } };
  };
  const untilItSays = (status: string) => until(health, ({ body }) => body.status === status);

  it.each([
    ['is gone', () => redis.kill(), () => redis.restart()],
    ['does not answer', () => redis.freeze(), () => redis.thaw()],
  ] as const)(
    'because it %s, reads go on, sends are refused, readiness says so, and all of that ends by itself',
    async (_how, lose, mend) => {
      await untilItSays('ready');
      const inputs = PROVIDERS.map(([, , conversationId]) => ({
        conversationId,
        text: `Lost ${randomUUID()}`,
        idempotencyKey: randomUUID(),
      }));

      await lose();
      const refused = await Promise.all(inputs.map((input) => send(harness, input)));
      for (const payload of refused) expect(payload).toMatchObject({ ...NOTHING_SENT, userErrors: [DOWN] });
      expect(await health()).toEqual(DEGRADED);
      const { conversations } = await harness.data(LIST);
      expect(conversations.nodes).toHaveLength(5);
      expect(writeCalls(harness)).toEqual([]);
      await mend();

      // Nobody sends meanwhile.
      await untilItSays('ready');
      expect(await health()).toEqual(READY);
      for (const input of inputs) {
        // What was asked of a Redis that did not answer may have come about, and is taken back.
        const sent = await until(
          () => send(harness, input),
          ({ userErrors }) => userErrors.length === 0,
        );
        expect(sent.message).toMatchObject({ text: input.text });
        expect(await send(harness, input)).toEqual(sent);
      }
      expect(sentTexts(harness)).toEqual(inputs.map(({ text }) => text));
    },
  );

  it('at the start of Parley, it starts, reads, and sends as soon as Redis is there', async () => {
    const other = (await startRedis())!;
    await other.kill();
    const early = await startHarness({ environment: { REDIS_URL: other.url } });
    const [, , conversationId] = PROVIDERS[1];
    const input = { conversationId, text: `Early ${randomUUID()}`, idempotencyKey: randomUUID() };

    expect(await send(early, input)).toMatchObject({ ...NOTHING_SENT, userErrors: [DOWN] });
    expect((await early.data(LIST)).conversations.nodes).toHaveLength(5);
    await other.restart();

    const sent = await until(
      () => send(early, input),
      ({ userErrors }) => userErrors.length === 0,
    );
    expect(sent.message).toMatchObject({ text: input.text });
    expect(sentTexts(early)).toEqual([input.text]);
    await early.close();
    await other.stop();
  });
});
