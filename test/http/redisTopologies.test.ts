import { randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { hashApiKey } from '../../src/auth/clients.ts';
import { sandboxAccounts } from '../../src/accounts.ts';
import type { Config } from '../../src/config/index.ts';
import { loadConfig } from '../../src/config/index.ts';
import { canUseTls, makeCertificates } from '../certificates.ts';
import { conversations, send, sentTexts, until } from '../graph/writes.ts';
import type { Harness, HarnessOptions } from '../harness.ts';
import { startHarness } from '../harness.ts';
import { canStartRedis, startRedis } from '../redis.ts';
import { startCluster } from '../redisCluster.ts';
import type { StartedSentinel } from '../redisSentinel.ts';
import { startSentinel } from '../redisSentinel.ts';

jest.setTimeout(60_000);

const QUERY = '{ accounts { id } }';
const PASSWORD = 'the-password-of-redis';
const as = (key: string) => ({ headers: { 'x-api-key': key } });

/** Two clients, who are two viewers. */
const CLIENTS: Partial<Config> = {
  auth: {
    ...loadConfig({}).auth,
    open: false,
    clients: ['key-of-ann', 'key-of-bob'].map((key) => ({
      id: key,
      keyHashes: [hashApiKey(key)],
      accounts: '*',
      scopes: ['messages:read', 'messages:write'],
    })),
  },
};

const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function open(options: HarnessOptions): Promise<Harness> {
  const harness = await startHarness({ config: CLIENTS, ...options });
  opened.push(() => harness.close());
  return harness;
}

const TOPOLOGIES: readonly (readonly [string, boolean, () => Promise<Record<string, string>>])[] = [
  [
    'a Redis that speaks TLS',
    canUseTls,
    async () => {
      const certificates = makeCertificates();
      const redis = (await startRedis({ tls: certificates, args: ['--requirepass', PASSWORD] }))!;
      opened.push(() => redis.stop().then(() => certificates.remove()));
      return { REDIS_URL: redis.url, REDIS_PASSWORD: PASSWORD, REDIS_TLS_CA: certificates.caFile };
    },
  ],
  [
    'a primary that sentinels name',
    canStartRedis,
    async () => {
      const sentinel = await startSentinel({ password: PASSWORD, sentinelPassword: `${PASSWORD}-too` });
      opened.push(() => sentinel.stop());
      return {
        ...inSentinel(sentinel),
        ...{ REDIS_PASSWORD: PASSWORD, REDIS_SENTINEL_PASSWORD: `${PASSWORD}-too` },
      };
    },
  ],
  [
    'a cluster',
    canStartRedis,
    async () => {
      const cluster = await startCluster({ primaries: 2, password: PASSWORD });
      opened.push(() => cluster.stop());
      const addresses = cluster.addresses.map(({ host, port }) => `${host}:${port}`);
      return { REDIS_CLUSTER: addresses.join(','), REDIS_PASSWORD: PASSWORD };
    },
  ],
];

describe.each(TOPOLOGIES)('two processes that share %s', (_name, isPossible, begin) => {
  (isPossible ? it : it.skip)('send once, and count together', async () => {
    const environment = { ...(await begin()), RATE_LIMIT_OPERATIONS: '3/1h' };
    const one = await open({ environment });
    const other = await open({ environment, accounts: () => sandboxAccounts(one.sandbox) });
    const input = {
      conversationId: conversations.letstalk,
      text: `Shared ${randomUUID()}`,
      idempotencyKey: randomUUID(),
    };

    const first = await send(one, input, as('key-of-bob'));
    expect(first.userErrors).toEqual([]);
    expect(await send(other, input, as('key-of-bob'))).toEqual(first);
    expect(sentTexts(one)).toEqual([input.text]);

    const statuses: number[] = [];
    for (const harness of [one, other, one, other, one])
      statuses.push((await harness.query(QUERY, as('key-of-ann'))).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
  });
});

(canStartRedis ? describe : describe.skip)('a process whose primary goes', () => {
  it('sends by the next one, without a restart, and repeats nothing that was sent before', async () => {
    const sentinel = await startSentinel();
    opened.push(() => sentinel.stop());
    const harness = await open({ environment: inSentinel(sentinel), config: {} });
    const inputs = ['before', 'after'].map((when) => ({
      conversationId: conversations.pigeons,
      text: `Sent ${when}`,
      idempotencyKey: randomUUID(),
    }));
    const before = await send(harness, inputs[0]!);
    const admin = sentinel.adminOf(sentinel.primary);
    while ((await admin.wait(1, 0)) < 1) await turn();

    await sentinel.primary.kill();
    const { userErrors } = await send(harness, inputs[1]!);
    expect(userErrors).toMatchObject([{ code: 'STORE_UNAVAILABLE', retryable: true }]);
    const after = await until(
      () => send(harness, inputs[1]!),
      (payload) => payload.userErrors.length === 0,
    );

    expect(after.message).toMatchObject({ text: 'Sent after' });
    expect(await send(harness, inputs[0]!)).toEqual(before);
    expect(sentTexts(harness)).toEqual(['Sent before', 'Sent after']);
  });
});

function inSentinel({ address: { host, port }, name }: StartedSentinel): Record<string, string> {
  return { REDIS_SENTINELS: `${host}:${port}`, REDIS_SENTINEL_NAME: name };
}
