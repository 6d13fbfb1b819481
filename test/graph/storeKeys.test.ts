import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import { messageId } from '../../src/messaging/ids.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import type { Harness } from '../harness.ts';
import { emulators, startHarness } from '../harness.ts';
import type { StartedRedis } from '../redis.ts';
import { canStartRedis, startRedis } from '../redis.ts';
import { conversations, PDF, PNG, PROVIDERS, send, start, uploaded } from './writes.ts';

jest.setTimeout(30_000);

const PREFIX = 'everything:';

(canStartRedis ? describe : describe.skip)('what Parley leaves in Redis', () => {
  let redis: StartedRedis;
  let harness: Harness;
  beforeAll(async () => {
    redis = (await startRedis())!;
    harness = await startHarness({
      environment: {
        ...{ REDIS_URL: redis.url, REDIS_KEY_PREFIX: PREFIX },
        ...{ RATE_LIMIT_OPERATIONS: '1000/1h', RATE_LIMIT_SENDS: '1000/1h' },
      },
    });
  });
  afterAll(async () => {
    await harness.close();
    await redis.stop();
  });

  it('has the prefix and an end, each key of it, after writes of every kind', async () => {
    for (const [, provider, conversationId] of PROVIDERS) {
      const emulator = emulators(harness.sandbox)[provider];
      const text = `Hello ${randomUUID()}`;
      await send(harness, { conversationId, text });
      emulator.failNext({ acceptThen: 'reset' }, { call: 'sendMessage' });
      await send(harness, { conversationId, text });
      emulator.failNext(400, { call: 'sendMessage' });
      await send(harness, { conversationId, text });
      const attachmentIds = [
        await uploaded(harness, conversationId, PNG),
        await uploaded(harness, conversationId, PDF),
      ];
      await send(harness, { conversationId, text, attachmentIds });
      await uploaded(harness, conversationId, PDF);
    }
    const idempotencyKey = randomUUID();
    const pact = { accountId: 'sales', messenger: 'WHATSAPP', phone: '79991230077', text: 'Good morning' };
    await start(harness, { pact: { ...pact, idempotencyKey } });
    const { documented: conversationExternalId, documentedMessage: externalId } = wellKnown.pigeons;
    await harness.data(
      `mutation ($message: ID!, $conversation: ID!) {
        addReaction(input: { messageId: $message, emoji: "👍" }) { outcome }
        markMessageRead(input: { messageId: $message }) { message { id } }
        closeConversation(input: { conversationId: $conversation }) { conversation { id } }
        archiveConversation(input: { conversationId: $conversation }) { conversation { id } }
        reopenConversation(input: { conversationId: $conversation }) { conversation { id } }
        deleteMessages(input: { messageIds: [$message] }) { conversation { id } }
      }`,
      {
        message: messageId({ accountId: 'app', conversationExternalId, externalId }),
        conversation: conversations.letstalk,
      },
    );

    const keys = await readAll(redis);

    expect(keys.filter(({ name }) => !name.startsWith(PREFIX))).toEqual([]);
    expect(keys.filter(({ timeToLive }) => !(timeToLive > 0))).toEqual([]);
    const kinds = new Set(keys.map(({ name }) => /^[^:]+:([^:]+):/.exec(name)?.[1]));
    // Sends, who may own a message, uploads, and limits.
    expect([...kinds].sort()).toEqual(['contenders', 'rate', 'send', 'upload']);
  });
});

async function readAll({ url }: StartedRedis) {
  const client = new Redis(url);
  const keys: { name: string; timeToLive: number }[] = [];
  for await (const names of client.scanStream() as AsyncIterable<readonly string[]>)
    for (const name of names) keys.push({ name, timeToLive: await client.pttl(name) });
  client.disconnect();
  return keys;
}
