import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { loadConfig } from '../../src/config/index.ts';
import { checkRedis } from '../../src/doctor/checkRedis.ts';
import type { Finding } from '../../src/doctor/runCheck.ts';
import { canUseTls, makeCertificates } from '../certificates.ts';
import { canStartRedis, startRedis } from '../redis.ts';
import { startCluster } from '../redisCluster.ts';
import { startSentinel } from '../redisSentinel.ts';

jest.setTimeout(30_000);

const PASSWORD = 'canary-password';

(canStartRedis ? describe : describe.skip)('the doctor’s look at Redis', () => {
  const opened: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of opened.splice(0).reverse()) await close();
  });

  async function check(environment: Record<string, string>): Promise<Finding> {
    const finding = await checkRedis(loadConfig(environment)).run(new AbortController().signal);
    expect(JSON.stringify(finding)).not.toContain(PASSWORD);
    return finding;
  }

  (canUseTls ? it : it.skip)(
    'finds one that speaks TLS right, and one whose certificate is not',
    async () => {
      const certificates = makeCertificates();
      const redis = (await startRedis({ tls: certificates, args: ['--requirepass', PASSWORD] }))!;
      opened.push(() => redis.stop().then(() => certificates.remove()));
      const environment = { REDIS_URL: redis.url, REDIS_PASSWORD: PASSWORD };

      expect(await check({ ...environment, REDIS_TLS_CA: certificates.caFile })).toEqual({
        result: 'ok',
        detail: `127.0.0.1:${redis.address.port} keeps what it is given`,
      });
      expect(await check({ ...environment, REDIS_TLS_CA: certificates.strangerFile })).toMatchObject({
        result: 'failed',
        detail: expect.stringContaining('certificate'),
      });
    },
  );

  it('finds a primary that a sentinel knows right, and a name that it does not', async () => {
    const sentinel = await startSentinel({ password: PASSWORD });
    opened.push(() => sentinel.stop());
    const address = `127.0.0.1:${sentinel.address.port}`;
    const environment = { REDIS_SENTINELS: address, REDIS_PASSWORD: PASSWORD };

    expect(await check({ ...environment, REDIS_SENTINEL_NAME: sentinel.name })).toEqual({
      result: 'ok',
      detail: `the primary "${sentinel.name}", which ${address} knows, keeps what it is given`,
    });
    expect(await check({ ...environment, REDIS_SENTINEL_NAME: 'another' })).toMatchObject({
      result: 'failed',
      detail: expect.stringContaining('REDIS_SENTINEL_NAME'),
    });
  });

  it('finds a cluster right, and one with a primary that may forget', async () => {
    const cluster = await startCluster({ primaries: 2, password: PASSWORD });
    opened.push(() => cluster.stop());
    const addresses = cluster.addresses.map(({ host, port }) => `${host}:${port}`);
    const environment = { REDIS_CLUSTER: addresses.join(','), REDIS_PASSWORD: PASSWORD };

    expect(await check(environment)).toEqual({
      result: 'ok',
      detail: `the cluster of ${addresses.join(', ')} keeps what it is given`,
    });
    for (const { admin } of cluster.nodes) expect(await admin.dbsize()).toBe(0);
    const { admin } = cluster.nodes[1]!;
    await admin.config('SET', 'maxmemory', '100mb');
    await admin.config('SET', 'maxmemory-policy', 'volatile-lru');
    expect(await check(environment)).toMatchObject({
      result: 'failed',
      detail: expect.stringContaining('noeviction'),
    });
  });

  it('says of a cluster that is named as one Redis how to name it', async () => {
    const cluster = await startCluster({ primaries: 2 });
    opened.push(() => cluster.stop());

    expect(await check({ REDIS_URL: cluster.nodes[1]!.redis.url })).toMatchObject({
      result: 'failed',
      detail: expect.stringMatching(/is a cluster: .*REDIS_CLUSTER/),
    });
  });
});
