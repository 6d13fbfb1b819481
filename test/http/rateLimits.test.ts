import { afterEach, describe, expect, it } from '@jest/globals';
import { hashApiKey } from '../../src/auth/clients.ts';
import type { Config } from '../../src/config/index.ts';
import { loadConfig } from '../../src/config/index.ts';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';
import { hasRedis, openRedis, startRedis, canStartRedis } from '../redis.ts';

const QUERY = '{ accounts { id } }';
const SEND = `mutation ($key: ID!) {
  sendMessage(input: { conversationId: "YzpzYWxlczo4NzQx", text: "Hello", idempotencyKey: $key }) {
    delivery { state }
    userErrors { code message field retryable retryAfter }
  }
}`;

const KEYS = { ann: 'key-of-ann', bob: 'key-of-bob' };

/** Two clients, who are two viewers. */
const CLIENTS: Partial<Config> = {
  auth: {
    ...loadConfig({}).auth,
    open: false,
    clients: Object.entries(KEYS).map(([id, key]) => ({
      id,
      keyHashes: [hashApiKey(key)],
      accounts: '*',
      scopes: ['messages:read', 'messages:write'],
    })),
  },
};

const as = (name: keyof typeof KEYS) => ({ headers: { 'x-api-key': KEYS[name] } });

const open: Harness[] = [];
const start = async (environment: Record<string, string>): Promise<Harness> => {
  const harness = await startHarness({ environment, config: CLIENTS });
  open.push(harness);
  return harness;
};
afterEach(async () => {
  for (const harness of open.splice(0)) await harness.close();
});

const post = (harness: Harness, name: keyof typeof KEYS) =>
  fetch(`${harness.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...as(name).headers },
    body: JSON.stringify({ query: QUERY }),
  });

describe('a limit of operations', () => {
  it('holds for each viewer by itself, and says when to come back', async () => {
    const harness = await start({ RATE_LIMIT_OPERATIONS: '2/1h' });
    expect((await harness.query(QUERY, as('ann'))).status).toBe(200);
    expect((await harness.query(QUERY, as('ann'))).status).toBe(200);
    harness.takeCalls();

    const refused = await post(harness, 'ann');
    expect(refused.status).toBe(429);
    const retryAfter = Number(refused.headers.get('retry-after'));
    expect(retryAfter).toBeGreaterThan(0);
    expect(retryAfter).toBeLessThanOrEqual(3_600);
    expect(await refused.json()).toEqual({
      errors: [
        {
          message: 'At most 2 operations in 3600 seconds.',
          extensions: { code: 'RATE_LIMITED', retryable: true, retryAfter },
        },
      ],
    });
    expect(harness.takeCalls()).toEqual([]);
    expect((await harness.query(QUERY, as('bob'))).status).toBe(200);
  });

  it('does not count those whom nobody knows', async () => {
    const harness = await start({ RATE_LIMIT_OPERATIONS: '1/1h' });
    for (let tries = 0; tries < 3; tries += 1) {
      const { status } = await harness.query(QUERY, { headers: { 'x-api-key': 'wrong' } });
      expect(status).toBe(401);
    }
    expect((await harness.query(QUERY, as('ann'))).status).toBe(200);
  });

  it('is none where nobody has set one', async () => {
    const harness = await start({});
    const answers = await Promise.all(Array.from({ length: 50 }, () => harness.query(QUERY, as('ann'))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });

  (hasRedis ? it : it.skip)('is one for all processes that share a Redis', async () => {
    const redis = (await openRedis())!;
    const environment = {
      RATE_LIMIT_OPERATIONS: '3/1h',
      REDIS_URL: redis.url,
      REDIS_KEY_PREFIX: redis.keyPrefix,
    };
    const [one, other] = [await start(environment), await start(environment)];
    // The connection is being made while a process starts, and until then each counts alone.
    await one.query(SEND, { ...as('bob'), variables: { key: 'warm-1' } });
    await other.query(SEND, { ...as('bob'), variables: { key: 'warm-2' } });

    expect((await one.query(QUERY, as('ann'))).status).toBe(200);
    expect((await other.query(QUERY, as('ann'))).status).toBe(200);
    expect((await one.query(QUERY, as('ann'))).status).toBe(200);
    expect((await other.query(QUERY, as('ann'))).status).toBe(429);
    expect((await one.query(QUERY, as('ann'))).status).toBe(429);
    await redis.close();
  });

  (canStartRedis ? it : it.skip)('goes on in each process by itself while Redis is gone', async () => {
    const redis = (await startRedis())!;
    const harness = await start({ RATE_LIMIT_OPERATIONS: '2/1h', REDIS_URL: redis.url });
    await harness.query(SEND, { ...as('bob'), variables: { key: 'warm' } });
    await redis.stop();
    const statuses: number[] = [];
    for (let asked = 0; asked < 3; asked += 1) statuses.push((await harness.query(QUERY, as('ann'))).status);
    expect(statuses).toEqual([200, 200, 429]);
  });
});

describe('a limit of sends', () => {
  it('is a user error, by which nothing was sent and no key was used', async () => {
    const harness = await start({ RATE_LIMIT_SENDS: '1/1h' });
    const first = await harness.query(SEND, { ...as('ann'), variables: { key: 'one' } });
    expect(first.data.sendMessage.userErrors).toEqual([]);
    const stored = harness.sandbox.pact.stored().messages.length;

    const second = await harness.query(SEND, { ...as('ann'), variables: { key: 'two' } });
    expect(second.data.sendMessage).toEqual({
      delivery: null,
      userErrors: [
        {
          code: 'RATE_LIMITED',
          message: 'At most 1 sends in 3600 seconds.',
          field: null,
          retryable: true,
          retryAfter: expect.any(Number),
        },
      ],
    });
    expect(harness.sandbox.pact.stored().messages).toHaveLength(stored);

    const other = await harness.query(SEND, { ...as('bob'), variables: { key: 'two' } });
    expect(other.data.sendMessage.userErrors).toEqual([]);
    // Reading is another thing.
    expect((await harness.query(QUERY, as('ann'))).errors).toBeUndefined();
  });

  it('does not count a key that was used before, which gets what it got', async () => {
    const harness = await start({ RATE_LIMIT_SENDS: '1/1h' });
    const first = await harness.query(SEND, { ...as('ann'), variables: { key: 'one' } });
    const again = await harness.query(SEND, { ...as('ann'), variables: { key: 'one' } });
    expect(again.data).toEqual(first.data);
    expect(again.data.sendMessage.userErrors).toEqual([]);
  });

  it('counts each send of an operation', async () => {
    const harness = await start({ RATE_LIMIT_SENDS: '2/1h' });
    const send = (key: string) =>
      `${key}: sendMessage(input: { conversationId: "YzpzYWxlczo4NzQx", text: "${key}", idempotencyKey: "${key}" }) { userErrors { code } }`;
    const { data } = await harness.query(`mutation { ${['a', 'b', 'c'].map(send).join(' ')} }`, as('ann'));
    expect(data).toEqual({
      a: { userErrors: [] },
      b: { userErrors: [] },
      c: { userErrors: [{ code: 'RATE_LIMITED' }] },
    });
  });
});
