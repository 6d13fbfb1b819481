import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import type { ParleyError } from '../../src/messaging/errors.ts';
import type { RedisStore } from '../../src/store/createRedisStore.ts';
import { createRedisStore } from '../../src/store/createRedisStore.ts';
import type { RedisTarget } from '../../src/store/redisTarget.ts';
import { canStartRedis, startRedis } from '../redis.ts';
import type { ClusterNode, StartedCluster } from '../redisCluster.ts';
import { startCluster } from '../redisCluster.ts';
import { describeStore } from './storeContract.ts';
import { eventually } from '../eventually.ts';
import { refusal, refusals } from './storeFailures.ts';

jest.setTimeout(40_000);

const LONG = 60_000;

(canStartRedis ? describe : describe.skip)('with a cluster', () => {
  let cluster: StartedCluster;
  let one: ClusterNode;
  let other: ClusterNode;
  const opened: { close(): Promise<void> }[] = [];
  let reported: ParleyError[] = [];
  beforeAll(async () => {
    cluster = await startCluster({ primaries: 2, password: 's3cret' });
    [one, other] = [cluster.nodes[0]!, cluster.nodes[1]!];
  });
  afterEach(async () => {
    for (const each of opened.splice(0).reverse()) await each.close();
    reported = [];
  });
  afterAll(() => cluster.stop());

  function open(target: Partial<RedisTarget> = {}, keyPrefix = `${randomUUID()}:`): RedisStore {
    const report = (error: ParleyError) => void reported.push(error);
    const known = { kind: 'cluster', nodes: cluster.addresses.slice(0, 1), password: 's3cret' } as const;
    const store = createRedisStore({ target: { ...known, ...target } as RedisTarget, keyPrefix, report });
    opened.push(store);
    return store;
  }

  describeStore('Cluster', () => {
    const target = { kind: 'cluster', nodes: cluster.addresses, password: 's3cret' } as const;
    const store = createRedisStore({ target, report: fail });
    return Promise.resolve({ store, close: () => store.close() });
  });

  it('puts keys on each primary, and changes them there', async () => {
    const store = open({}, 'spread:');
    const keys = Array.from({ length: 50 }, (_none, index) => String(index));

    for (const key of keys) expect(await store.create(key, 'one', LONG)).toBe(true);

    const held = await Promise.all([one, other].map(({ admin }) => admin.keys('spread:*')));
    expect(held.flat().sort()).toEqual(keys.map((key) => `spread:${key}`).sort());
    for (const some of held) expect(some.length).toBeGreaterThan(5);
    for (const key of keys) {
      expect(await store.replace(key, 'one', 'two', LONG)).toBe(true);
      expect(await store.get(key)).toBe('two');
      expect(await store.remove(key, 'two')).toBe(true);
    }
  });

  it('tells the time by one primary for all, whomever they ask first', async () => {
    for (const { admin } of cluster.nodes) await admin.config('RESETSTAT');

    for (const address of cluster.addresses) await open({ nodes: [address] }, 'same:').get('a');

    const stats = await Promise.all(cluster.nodes.map(({ admin }) => admin.info('commandstats')));
    const counts = stats.map((text) => Number(/cmdstat_time:calls=(\d+)/.exec(text)?.[1] ?? 0));
    expect(counts.sort()).toEqual([0, 4].map((count) => count / 2).sort());
  });

  it.each([0, 1])('asks every primary whether it may forget (%i)', async (index) => {
    const { admin } = cluster.nodes[index]!;
    await admin.config('SET', 'maxmemory', '100mb');
    await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
    const store = open();

    for (const error of await refusals(store)) expect(error.message).toContain('noeviction');
    expect(store.isUsable()).toBe(false);
    await admin.config('SET', 'maxmemory', '0');

    while (!store.isUsable()) await turn();
    expect(await store.create('a', 'one', LONG)).toBe(true);
  });

  it('does once what is asked for while its slot moves from one to another', async () => {
    const store = open({}, 'moving:');
    const tag = `{${randomUUID()}}`;
    const slot = await one.admin.cluster('KEYSLOT', tag);
    const [from, to] = slot < 8_192 ? [one, other] : [other, one];
    await store.create(`old ${tag}`, 'one', LONG);

    await to.admin.cluster('SETSLOT', slot, 'IMPORTING', from.id);
    await from.admin.cluster('SETSLOT', slot, 'MIGRATING', to.id);
    // What is not there yet is where the slot goes, and what is there stays until it is fetched.
    expect(await store.create(`new ${tag}`, 'one', LONG)).toBe(true);
    expect(await store.create(`new ${tag}`, 'two', LONG)).toBe(false);
    expect(await store.replace(`new ${tag}`, 'one', 'two', LONG)).toBe(true);
    expect(await store.replace(`old ${tag}`, 'one', 'two', LONG)).toBe(true);
    await move(from, to, [`moving:old ${tag}`]);
    for (const { admin } of [to, from]) await admin.cluster('SETSLOT', slot, 'NODE', to.id);

    expect(await store.get(`new ${tag}`)).toBe('two');
    expect(await store.get(`old ${tag}`)).toBe('two');
    expect(await store.create(`last ${tag}`, 'one', LONG)).toBe(true);
    expect(await to.admin.pttl(`moving:last ${tag}`)).toBeGreaterThan(0);
  });

  it('fails what moves to a node that is gone, and lives on', async () => {
    // A member of the cluster that has no keys yet, and is not asked who it is.
    const gone = (await startRedis({ args: ['--cluster-enabled', 'yes'] }))!;
    opened.push({ close: () => gone.stop() });
    const admin = new Redis(gone.url);
    const id = await admin.cluster('MYID');
    admin.disconnect();
    await one.admin.cluster('MEET', gone.address.host, gone.address.port);
    for (const { admin } of [one, other])
      while (!String(await admin.cluster('NODES')).includes(id)) await turn();
    const store = open({}, 'moving:');
    const tag = `{${randomUUID()}}`;
    const slot = await one.admin.cluster('KEYSLOT', tag);
    const owner = slot < 8_192 ? one : other;
    await store.get(tag);
    await owner.admin.cluster('SETSLOT', slot, 'MIGRATING', id);
    await gone.kill();

    for (const error of await Promise.all([refusal(store.get(tag)), refusal(store.create(tag, 'one', LONG))]))
      expect(error.message).toMatch(/can't be reached/);

    await owner.admin.cluster('SETSLOT', slot, 'STABLE');
    for (const { admin } of [one, other]) await admin.cluster('FORGET', id);
    while (!store.isUsable()) await turn();
    expect(await store.create(tag, 'one', LONG)).toBe(true);
  });

  it('fails whatever is asked while a primary is gone, and works by itself when it is back', async () => {
    const store = open();
    await store.create('a', 'one', LONG);

    await other.redis.kill();
    await eventually(async () => {
      await refusals(store);
    });
    while (store.isUsable()) await turn();
    for (const error of await refusals(store)) expect(error.message).not.toMatch(/REDIS_URL/);
    await other.redis.restart();

    // Nobody asks for anything meanwhile.
    while (!store.isUsable()) await turn();
    // Until each node has heard that all are back, it may say that the cluster is down.
    await eventually(async () => expect(await store.get('a')).toBe('one'));
    await cluster.whole();
  });

  it('does not send again what was under way when a connection was lost', async () => {
    const store = open({}, 'lost:');
    const { admin } = other;
    let key = randomUUID();
    while ((await admin.cluster('KEYSLOT', `lost:${key}`)) < 8_192) key = randomUUID();
    await store.get(key);
    await admin.call('CLIENT', 'PAUSE', LONG, 'WRITE');
    const underWay = refusal(store.create(key, 'one', LONG));
    while (!(await admin.info('clients')).includes('blocked_clients:1')) await turn();

    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await admin.call('CLIENT', 'UNPAUSE');

    await underWay;
    while (!store.isUsable()) await turn();
    expect(await store.get(key)).toBeUndefined();
  });

  it('fails whatever is asked while a primary does not answer, and works by itself when it does', async () => {
    const store = open();
    await store.create('a', 'one', LONG);
    other.redis.freeze();

    const keys = Array.from({ length: 20 }, () => randomUUID());
    await Promise.allSettled(keys.map((key) => store.get(key)));
    expect(store.isUsable()).toBe(false);
    other.redis.thaw();

    while (!store.isUsable()) await turn();
    // Until each node has heard that all are back, it may say that the cluster is down.
    await eventually(async () => expect(await store.get('a')).toBe('one'));
    await cluster.whole();
  });

  it('fails whatever is asked with a password that it does not take', async () => {
    const store = open({ password: 'wrong' });

    for (const error of await refusals(store)) expect(error.message).toMatch(/password/);
    expect(reported).toHaveLength(1);
  });

  it('takes a user who can do what the documentation says, and nothing else', async () => {
    const [, rules] = /^ACL SETUSER parley (.*)$/m.exec(readFileSync('docs/deployment.md', 'utf8'))!;
    for (const { admin } of cluster.nodes)
      await admin.call('ACL', 'SETUSER', 'documented', ...rules!.split(' '));
    const store = open({ username: 'documented', password: 'secret' }, 'parley:documented:');

    for (const key of Array.from({ length: 20 }, () => randomUUID())) {
      expect(await store.create(key, 'one', LONG)).toBe(true);
      expect(await store.replace(key, 'one', 'two', LONG)).toBe(true);
    }
    expect(reported).toEqual([]);
  });

  it('is told apart from a Redis that is none, both ways', async () => {
    const plain = (await startRedis())!;
    opened.push({ close: () => plain.stop() });
    const nodes = [plain.address];
    for (const error of await refusals(open({ nodes, password: undefined })))
      expect(error.message).toMatch(/no cluster: .*REDIS_URL/);

    const url = one.redis.url.replace('//', '//:s3cret@');
    for (const error of await refusals(open({ kind: 'single', url })))
      expect(error.message).toMatch(/is a cluster: .*REDIS_CLUSTER/);
  });

  it('of one primary, which has all keys, may be named as one Redis as well', async () => {
    const lone = await startCluster({ primaries: 1, replicas: 1 });
    opened.push({ close: () => lone.stop() });
    const { url, address } = lone.nodes[0]!.redis;
    const [single, whole] = [
      open({ kind: 'single', url }, 'same:'),
      open({ nodes: [address], password: undefined }, 'same:'),
    ];

    expect(await single.create('a', 'one', LONG)).toBe(true);
    expect(await whole.replace('a', 'one', 'two', LONG)).toBe(true);
    expect(await single.get('a')).toBe('two');
  });

  it('is closed while none of its nodes is there, and while it is', async () => {
    const gone = (await startRedis({ args: ['--cluster-enabled', 'yes'] }))!;
    await gone.stop();
    const store = open({ nodes: [gone.address] });
    for (const error of await refusals(store)) expect(error.message).toMatch(/can't be reached \(ECONN/);
    expect(store.isUsable()).toBe(false);
    await store.close();
    for (const error of await refusals(store)) expect(error.message).toMatch(/closed/);

    const other = open();
    const underWay = other.create('a', 'one', LONG);
    await eventually(() => other.get('a'));
    await other.close();
    expect(await underWay).toBe(true);
    expect((await refusal(other.get('a'))).message).toMatch(/closed/);
  });
});

(canStartRedis ? describe : describe.skip)('with a cluster whose primary has a replica', () => {
  it('goes on with the replica when the primary is gone, by itself, and remembers what was written', async () => {
    const cluster = await startCluster({ primaries: 3, replicas: 1 });
    const [{ redis, admin }, , , replica] = cluster.nodes as [
      ClusterNode,
      ClusterNode,
      ClusterNode,
      ClusterNode,
    ];
    const target = { kind: 'cluster', nodes: cluster.addresses.slice(1, 2) } as const;
    const store = createRedisStore({ target, report: () => undefined });
    const keys = Array.from({ length: 20 }, (_none, index) => String(index));
    for (const key of keys) await store.create(key, 'one', LONG);
    while ((await admin.wait(1, 0)) < 1) await turn();

    await redis.kill();
    while (store.isUsable()) await turn();

    // Nobody asks for anything meanwhile.
    while (!store.isUsable()) await turn();
    for (const key of keys) expect(await store.replace(key, 'one', 'two', LONG)).toBe(true);
    expect(await replica.admin.info('replication')).toContain('role:master');
    expect((await replica.admin.keys('*')).length).toBeGreaterThan(0);
    await store.close();
    await cluster.stop();
  });
});

/** Brings keys from one node to another, as a tool that moves slots does. */
async function move(from: ClusterNode, to: ClusterNode, keys: readonly string[]): Promise<void> {
  const { host, port } = to.redis.address;
  await from.admin.call('MIGRATE', host, port, '', 0, 5_000, 'AUTH', 's3cret', 'KEYS', ...keys);
}

function fail(error: Error): never {
  throw error;
}
