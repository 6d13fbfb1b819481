import { readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { ParleyError } from '../../src/messaging/errors.ts';
import type { RedisStore } from '../../src/store/createRedisStore.ts';
import { createRedisStore } from '../../src/store/createRedisStore.ts';
import type { SentinelRedis } from '../../src/store/redisTarget.ts';
import { canUseTls, makeCertificates } from '../certificates.ts';
import { freePort } from '../freePort.ts';
import { canStartRedis } from '../redis.ts';
import type { StartedSentinel, StartSentinelOptions } from '../redisSentinel.ts';
import { startSentinel } from '../redisSentinel.ts';
import { describeStore } from './storeContract.ts';
import { eventually } from '../eventually.ts';
import { refusals } from './storeFailures.ts';

jest.setTimeout(30_000);

const LONG = 60_000;

(canStartRedis ? describe : describe.skip)('with a primary that sentinels name', () => {
  const opened: { close(): Promise<void> }[] = [];
  let reported: ParleyError[] = [];
  afterEach(async () => {
    for (const each of opened.splice(0).reverse()) await each.close();
    reported = [];
  });

  async function start(options?: StartSentinelOptions): Promise<StartedSentinel> {
    const started = await startSentinel(options);
    opened.push({ close: () => started.stop() });
    return started;
  }

  function open(sentinel: StartedSentinel, target: Partial<SentinelRedis> = {}): RedisStore {
    const report = (error: ParleyError) => void reported.push(error);
    const store = createRedisStore({ target: { ...targetOf(sentinel), ...target }, report });
    opened.push(store);
    return store;
  }

  describeStore('Sentinel', async () => {
    const sentinel = await startSentinel({ password: 's3cret', sentinelPassword: 'other' });
    const target = { ...targetOf(sentinel), password: 's3cret', sentinelPassword: 'other', database: 3 };
    const store = createRedisStore({ target, report: fail });
    return {
      store,
      async close() {
        await store.close();
        await sentinel.stop();
      },
    };
  });

  it('goes on with the replica when the primary is gone, by itself, and remembers what was written', async () => {
    const sentinel = await start();
    const store = open(sentinel);
    await store.create('a', 'one', LONG);
    const admin = sentinel.adminOf(sentinel.primary);
    while ((await admin.wait(1, 0)) < 1) await turn();

    await sentinel.primary.kill();
    while (store.isUsable()) await turn();

    // Nobody asks for anything meanwhile.
    while (!store.isUsable()) await turn();
    expect(await store.create('a', 'two', LONG)).toBe(false);
    expect(await store.replace('a', 'one', 'three', LONG)).toBe(true);
    expect(await sentinel.adminOf(sentinel.replica).get('parley:a')).toBe('three');
  });

  it('goes on with the replica when the primary has stopped to answer', async () => {
    const sentinel = await start();
    const store = open(sentinel);
    await store.create('a', 'one', LONG);

    sentinel.primary.freeze();

    await eventually(() => store.create('b', 'one', LONG));
    const admin = sentinel.adminOf(sentinel.replica);
    expect(await admin.get('parley:b')).toBe('one');
    expect(await admin.info('replication')).toContain('role:master');
    sentinel.primary.thaw();
  });

  it('fails whatever is asked while there is no sentinel, at once, and works as soon as there is one', async () => {
    const sentinel = await start();
    const nowhere = { host: '127.0.0.1', port: await freePort() };
    const store = open(sentinel, { sentinels: [nowhere] });

    for (const error of await refusals(store)) expect(error.message).toMatch(/No sentinel tells/);
    expect(store.isUsable()).toBe(false);
    expect(reported).toHaveLength(1);

    const other = open(sentinel, { sentinels: [nowhere, sentinel.address] });
    expect(await other.create('a', 'one', LONG)).toBe(true);
  });

  it.each([
    ['a name that they do not know', { name: 'another' }],
    ['a password that they do not take', { sentinelPassword: 'wrong' }],
  ])('fails whatever is asked for %s', async (_what, target) => {
    const store = open(await start({ sentinelPassword: 'right' }), target);

    for (const error of await refusals(store)) expect(error.message).toMatch(/No sentinel tells/);
  });

  it('fails whatever is asked for a password that the primary does not take', async () => {
    const store = open(await start({ password: 'right' }), { password: 'wrong' });

    for (const error of await refusals(store)) expect(error.message).toMatch(/password/);
  });

  it('is closed while no sentinel is there', async () => {
    const sentinel = await start();
    const store = open(sentinel, { sentinels: [{ host: '127.0.0.1', port: await freePort() }] });
    await refusals(store);

    await store.close();

    for (const error of await refusals(store)) expect(error.message).toMatch(/closed/);
  });

  (canUseTls ? it : it.skip)('is spoken to over TLS, and so are the sentinels', async () => {
    const certificates = makeCertificates();
    const sentinel = await start({ tls: certificates });
    const ca = readFileSync(certificates.caFile, 'utf8');

    const store = open(sentinel, { tls: { ca }, sentinelTls: true });

    expect(await store.create('a', 'one', LONG)).toBe(true);
    await refusals(open(sentinel, { tls: { ca }, sentinelTls: false }));
    await refusals(open(sentinel, { sentinelTls: false }));
    certificates.remove();
  });
});

function targetOf({ address, name }: StartedSentinel): SentinelRedis {
  return { kind: 'sentinel', sentinels: [address], name, database: 0, sentinelTls: false };
}

function fail(error: Error): never {
  throw error;
}
