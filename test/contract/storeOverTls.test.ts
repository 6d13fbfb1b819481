import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { ParleyError } from '../../src/messaging/errors.ts';
import type { RedisStore } from '../../src/store/createRedisStore.ts';
import { createRedisStore } from '../../src/store/createRedisStore.ts';
import type { RedisTls } from '../../src/store/redisTarget.ts';
import type { Certificates } from '../certificates.ts';
import { canUseTls, makeCertificates } from '../certificates.ts';
import type { StartedRedis } from '../redis.ts';
import { startRedis } from '../redis.ts';
import { describeStore } from './storeContract.ts';
import { refusals } from './storeFailures.ts';

jest.setTimeout(30_000);

(canUseTls ? describe : describe.skip)('with Redis over TLS', () => {
  let certificates: Certificates;
  let redis: StartedRedis;
  const opened: { close(): Promise<void> }[] = [];
  let reported: ParleyError[];
  beforeAll(async () => {
    certificates = makeCertificates();
    redis = (await startRedis({ tls: certificates }))!;
  });
  afterEach(() => Promise.all(opened.splice(0).map((each) => each.close())));
  afterAll(async () => {
    await redis.stop();
    certificates.remove();
  });

  const read = (name: 'caFile' | 'certFile' | 'keyFile' | 'strangerFile') =>
    readFileSync(certificates[name], 'utf8');

  function open(tls: RedisTls | undefined, url = redis.url): RedisStore {
    reported = [];
    const report = (error: ParleyError) => void reported.push(error);
    const store = createRedisStore({ target: { kind: 'single', url, tls }, report });
    opened.push(store);
    return store;
  }

  describeStore('TLS', () => {
    const target = { kind: 'single', url: redis.url, tls: { ca: read('caFile') } } as const;
    const store = createRedisStore({ target, report: fail });
    return Promise.resolve({ store, close: () => store.close() });
  });

  it('is a Redis whose certificate somebody has signed who is trusted', async () => {
    for (const tls of [{ ca: read('strangerFile') }, {}, undefined]) {
      const store = open(tls);

      for (const error of await refusals(store)) expect(error.message).toMatch(/certificate .* not trust/);
      expect(store.isUsable()).toBe(false);
      expect(reported).toHaveLength(1);
    }
  });

  it('has a certificate for the host, or for the name that is given instead', async () => {
    const ca = read('caFile');
    expect(await open({ ca, servername: 'redis.internal' }).get('a')).toBeUndefined();

    const store = open({ ca, servername: 'redis.example.com' });

    for (const error of await refusals(store)) expect(error.message).toMatch(/REDIS_TLS_SERVERNAME/);
  });

  it('takes who shows a certificate, where Redis asks for one', async () => {
    const strict = (await startRedis({ tls: certificates, args: ['--tls-auth-clients', 'yes'] }))!;
    opened.push({ close: () => strict.stop() });
    const ca = read('caFile');
    // How a server hangs up on who has none is up to it.
    await refusals(open({ ca }, strict.url));

    const store = open({ ca, cert: read('certFile'), key: read('keyFile') }, strict.url);

    expect(await store.create('a', 'one', 60_000)).toBe(true);
    expect(await store.get('a')).toBe('one');
  });
});

function fail(error: Error): never {
  throw error;
}
