import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import type { ParleyError } from '../../src/messaging/errors.ts';
import type { RedisStore, RedisStoreOptions } from '../../src/store/createRedisStore.ts';
import { createRedisStore } from '../../src/store/createRedisStore.ts';
import type { StartedRedis } from '../redis.ts';
import { canStartRedis, startRedis } from '../redis.ts';
import { eventually } from '../eventually.ts';
import { refusal, refusals } from './storeFailures.ts';

jest.setTimeout(30_000);

type Options = Omit<RedisStoreOptions, 'target'> & { readonly url: string };

const LONG = 60_000;
const CANARY = 'canary-5f2d';

(canStartRedis ? describe : describe.skip)('what is special about the Redis store', () => {
  let redis: StartedRedis;
  let admin: Redis;
  let opened: RedisStore[];
  let reported: ParleyError[];
  beforeAll(async () => {
    redis = (await startRedis({ durable: true }))!;
  });
  afterAll(() => redis.stop());
  beforeEach(() => {
    opened = [];
    reported = [];
    admin = adminOf(redis);
  });
  afterEach(async () => {
    redis.thaw();
    await Promise.all(opened.map((store) => store.close()));
    admin.disconnect();
  });

  function open({ url = redis.url, ...options }: Partial<Options> = {}): RedisStore {
    const report = (error: ParleyError) => void reported.push(error);
    const target = { kind: 'single', url } as const;
    const store = createRedisStore({ target, keyPrefix: `${randomUUID()}:`, report, ...options });
    opened.push(store);
    return store;
  }

  describe('when all is well', () => {
    it('gives every entry its time to live', async () => {
      const store = open({ keyPrefix: 'timed:' });
      await store.create('a', 'one', 600_000);
      expect(await admin.pttl('timed:a')).toBeGreaterThan(LONG);

      await store.replace('a', 'one', 'two', LONG);
      expect(await admin.pttl('timed:a')).toBeLessThanOrEqual(LONG);
    });

    it('takes a time to live that is no whole number', async () => {
      const store = open();

      expect(await store.create('a', 'one', LONG + 0.5)).toBe(true);
      expect(await store.replace('a', 'one', 'two', LONG / 7)).toBe(true);
    });

    it('meets no key of another prefix', async () => {
      const [one, two] = [open({ keyPrefix: 'one:' }), open({ keyPrefix: 'two:' })];
      await one.create('a', 'one', LONG);

      expect(await two.get('a')).toBeUndefined();
      expect(await two.create('a', 'two', LONG)).toBe(true);
      expect(await one.get('a')).toBe('one');
    });

    it('is one with every other store of the same prefix', async () => {
      const keyPrefix = `${randomUUID()}:`;
      const stores = Array.from({ length: 10 }, () => open({ keyPrefix }));

      const created = await Promise.all(stores.map((store, index) => store.create('a', `${index}`, LONG)));

      expect(created.filter(Boolean)).toHaveLength(1);
      for (const store of stores) expect(await store.get('a')).toBe(`${created.indexOf(true)}`);
    });

    it('goes on when Redis has forgotten the scripts', async () => {
      const store = open();
      await store.create('a', 'one', LONG);
      expect(await store.replace('a', 'one', 'two', LONG)).toBe(true);

      await admin.script('FLUSH');

      expect(await store.replace('a', 'two', 'three', LONG)).toBe(true);
      expect(await store.remove('a', 'three')).toBe(true);
    });
  });

  describe('when Redis is down', () => {
    it('fails whatever is asked, and works by itself as soon as Redis is there', async () => {
      await redis.kill();
      const store = open();

      for (const error of await refusals(store)) expect(error.message).toMatch(/can't be reached/);
      await redis.restart();

      await eventually(async () => (await store.create('a', 'one', LONG)) || store.get('a'));
      expect(await store.get('a')).toBe('one');
    });

    it('comes back after a crash, again and again', async () => {
      const store = open();
      await store.create('a', 'one', LONG);

      for (let crash = 0; crash < 3; crash += 1) {
        await redis.kill();
        await refusal(store.get('a'));
        await redis.restart();
        await eventually(async () => expect(await store.get('a')).toBe('one'));
      }
    });

    it('fails what is under way at once', async () => {
      // Nothing but the crash can end these within the test's time.
      const store = open({ commandTimeout: 10 * LONG });
      await store.create('a', 'one', LONG);
      redis.freeze();
      const underWay = refusals(store);
      await turn();

      await redis.kill();

      await underWay;
      await redis.restart();
    });

    it('says why, and only once', async () => {
      await redis.kill();
      const store = open();
      for (let index = 0; index < 50; index += 1) await refusal(store.get('a'));

      await redis.restart();

      await eventually(() => store.get('a'));
      expect(reported.map(({ message }) => message)).toEqual([expect.stringMatching(/can't be reached/)]);
    });

    it('does not even notice that a connection was lost, when the next one can be made', async () => {
      const store = open();
      await store.create('a', 'one', LONG);

      await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');

      await eventually(() => store.get('a'));
      expect(await store.get('a')).toBe('one');
    });
  });

  it('tells the time by Redis, whatever the machine’s own clock says', async () => {
    const HOUR = 3_600_000;
    for (const wrong of [-HOUR, HOUR]) {
      const store = open({ wallClock: () => Date.now() + wrong });
      await store.get('a');
      expect(Math.abs(store.now() - Date.now())).toBeLessThan(HOUR / 2);
    }
  });

  describe('when Redis does not answer', () => {
    it('fails whatever is asked, and works by itself when Redis does', async () => {
      const store = open({ commandTimeout: 100 });
      await eventually(() => store.create('a', 'one', LONG));
      redis.freeze();

      for (const error of await refusals(store)) expect(error.message).toMatch(/within 100 ms/);
      redis.thaw();

      await eventually(async () => expect(await store.get('a')).toBe('one'));
    });

    it('fails before there is a connection as well', async () => {
      redis.freeze();
      const store = open({ commandTimeout: 100 });

      await refusals(store);
      redis.thaw();

      await eventually(() => store.create('a', 'one', LONG));
      await eventually(async () => expect(await store.get('a')).toBe('one'));
    });

    it('gives a connection up that has become silent, and makes another one', async () => {
      const store = open({ commandTimeout: 100 });
      await eventually(() => store.create('a', 'one', LONG));
      redis.freeze();
      await refusal(store.get('a'));
      // Later than the call has failed.
      while (!reported.some(({ message }) => message.includes('in time'))) await turn();

      redis.thaw();

      await eventually(async () => expect(await store.get('a')).toBe('one'));
    });

    it('does not begin what has been told to have failed', async () => {
      const wire = await startWire(redis.url);
      wire.hold();
      const store = open({ url: wire.url, commandTimeout: 400 });
      const late = refusal(store.create('late', 'one', LONG));
      await refusal(open({ url: wire.url, commandTimeout: 200 }).get('a'));
      // Now there is a connection, half the time later, and what comes before the write gets its own time.
      wire.release();
      wire.hold();
      await late;

      wire.release();

      expect(await eventually(() => store.get('late'))).toBeUndefined();
      wire.close();
    });
  });

  describe('when an answer is lost', () => {
    it.each(['create', 'replace', 'remove'] as const)('does not %s again', async (method) => {
      const wire = await startWire(redis.url);
      const keyPrefix = `${randomUUID()}:`;
      const store = open({ url: wire.url, keyPrefix });
      await store.create('a', 'one', LONG);
      await store.replace('a', 'one', 'two', LONG);
      const commands = await watchCommands(admin);
      wire.cut();

      if (method === 'create') await refusal(store.create('b', 'one', LONG));
      else if (method === 'replace') await refusal(store.replace('a', 'two', 'three', LONG));
      else await refusal(store.remove('a', 'two'));
      wire.mend();

      const held = { create: 'two', replace: 'three', remove: undefined }[method];
      expect(await store.get('a')).toBe(held);
      expect(await store.get('b')).toBe(method === 'create' ? 'one' : undefined);
      const key = `${keyPrefix}${method === 'create' ? 'b' : 'a'}`;
      const writes = (await commands.seen()).filter(
        ([name = '', ...words]) => /^(set|eval|evalsha)$/i.test(name) && words.includes(key),
      );
      expect(writes).toHaveLength(1);
      wire.close();
    });
  });

  describe('when Redis may forget', () => {
    afterEach(async () => {
      await admin.config('SET', 'maxmemory', '0');
      await admin.config('SET', 'maxmemory-policy', 'noeviction');
    });

    it.each(['allkeys-lru', 'volatile-ttl', 'allkeys-random'])(
      'fails whatever is asked under %s, names the setting, and works when that is right',
      async (policy) => {
        await admin.config('SET', 'maxmemory', '100mb');
        await admin.config('SET', 'maxmemory-policy', policy);
        const store = open();

        for (const error of await refusals(store)) {
          expect(error.message).toContain('maxmemory-policy to noeviction');
          expect(error.message).toContain(policy);
        }
        await admin.config('SET', 'maxmemory-policy', 'noeviction');

        expect(await store.create('a', 'one', LONG)).toBe(true);
        expect(reported).toHaveLength(1);
      },
    );

    it('minds no policy where there is no limit', async () => {
      await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');

      expect(await open().create('a', 'one', LONG)).toBe(true);
    });

    it('notices within a minute when that is changed, and does not ask more often', async () => {
      let time = 0;
      const store = open({ now: () => time });
      await store.create('a', 'one', LONG);
      await admin.config('RESETSTAT');
      await admin.config('SET', 'maxmemory', '100mb');
      await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
      time = 59_999;
      for (let index = 0; index < 20; index += 1) await store.get('a');
      expect(await admin.info('commandstats')).not.toContain('cmdstat_info');

      time = 60_000;

      // The call that finds the answer old does not wait for a new one.
      expect(await store.get('a')).toBe('one');
      await eventually(() => refusal(store.get('a')));
    });

    it('asks anew behind every new connection', async () => {
      const store = open({ now: () => 0 });
      await store.create('a', 'one', LONG);
      await admin.config('SET', 'maxmemory', '100mb');
      await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');

      await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');

      await eventually(async () => expect((await refusal(store.get('a'))).message).toContain('noeviction'));
    });

    it('fails to write into a Redis that is full, and still reads', async () => {
      const store = open();
      await store.create('a', 'one', LONG);
      await admin.config('SET', 'maxmemory', '1');

      expect((await refusal(store.create('b', CANARY, LONG))).message).toMatch(/full/);
      expect((await refusal(store.replace('a', 'one', CANARY, LONG))).message).toMatch(/full/);
      expect(await store.get('a')).toBe('one');
      await admin.config('SET', 'maxmemory', '0');

      expect(await store.replace('a', 'one', 'two', LONG)).toBe(true);
    });
  });

  describe('when Redis is a replica', () => {
    afterEach(() => admin.replicaof('NO', 'ONE'));

    it('fails whatever is asked, and works when it is the primary', async () => {
      await admin.replicaof('127.0.0.1', 1);
      const store = open();

      for (const error of await refusals(store)) expect(error.message).toMatch(/replica.*primary/);
      await admin.replicaof('NO', 'ONE');

      await eventually(() => store.create('a', 'one', LONG));
    });

    it('notices when it becomes one, connects again, and works when it is the primary', async () => {
      const store = open();
      await store.create('a', 'one', LONG);
      await admin.replicaof('127.0.0.1', 1);

      await refusal(store.replace('a', 'one', 'two', LONG));
      await eventually(async () => expect((await refusal(store.get('a'))).message).toMatch(/primary/));
      await admin.replicaof('NO', 'ONE');

      await eventually(async () => expect(await store.get('a')).toBe('one'));
    });
  });

  describe('who Parley is to Redis', () => {
    let guarded: StartedRedis;
    let urlOf: (credentials: string, database?: number) => string;
    beforeAll(async () => {
      guarded = (await startRedis({ args: ['--requirepass', 's3cret'] }))!;
      const owner = new Redis(guarded.url, { password: 's3cret' });
      await owner.acl('SETUSER', 'parley', 'on', '>s3cret/%', '~*', '+@all');
      await owner.acl('SETUSER', 'blind', 'on', '>s3cret', '~*', '+@all', '-info');
      owner.disconnect();
      urlOf = (credentials, database = 0) => `${guarded.url.replace('//', `//${credentials}@`)}/${database}`;
    });
    afterAll(() => guarded.stop());

    it('has a password', async () => {
      expect(await open({ url: urlOf(':s3cret') }).create('a', 'one', LONG)).toBe(true);
    });

    it('has a user name, a password of any characters, and a database', async () => {
      const [one, two] = [3, 4].map((database) =>
        open({ url: urlOf('parley:s3cret%2F%25', database), keyPrefix: 'x:' }),
      );

      expect(await one!.create('a', 'one', LONG)).toBe(true);
      expect(await two!.get('a')).toBeUndefined();
      expect(await one!.get('a')).toBe('one');
    });

    it.each([`:${CANARY}`, `parley:${CANARY}`, ''])(
      'fails with the credentials "%s"',
      async (credentials) => {
        const store = open({ url: credentials ? urlOf(credentials) : guarded.url });

        for (const error of await refusals(store))
          expect(error.message).toMatch(/user name and the password/);
        expect(reported).toHaveLength(1);
        expect(everythingIn(reported)).not.toContain(CANARY);
      },
    );

    it('fails where there is no such database, and does not take another one', async () => {
      const store = open({ url: urlOf(':s3cret', 99) });

      for (const error of await refusals(store)) expect(error.message).toMatch(/no database/);
    });

    it('may be a user who can do what the documentation says, and nothing else', async () => {
      const text = readFileSync('docs/deployment.md', 'utf8');
      const [, rules] = /^ACL SETUSER parley (.*)$/m.exec(text)!;
      const [, more] = /with `([^`]+)` as well where rates/.exec(text)!;
      const owner = new Redis(guarded.url, { password: 's3cret' });
      await owner.call('ACL', 'SETUSER', 'documented', ...rules!.split(' '), ...more!.split(' '));
      const keyPrefix = 'parley:documented:';
      const store = open({ url: urlOf('documented:secret', 1), keyPrefix });

      expect(await store.create('a', 'one', LONG)).toBe(true);
      expect(await store.replace('a', 'one', 'two', LONG)).toBe(true);
      expect(await store.remove('a', 'two')).toBe(true);
      expect(await store.get('a')).toBeUndefined();
      await store.rateLimit('tries', { count: 1, per: LONG }).take('somebody');
      const live = store.live(LONG);
      let wakes = 0;
      const unfollow = live.follow((accountId) => (wakes += accountId === 'sales' ? 1 : 0));
      await eventually(async () => {
        expect(await owner.call('PUBSUB', 'CHANNELS', `${keyPrefix}*`)).toHaveLength(1);
      });
      const change = { accountId: 'sales', key: 'conversation:1', activityAt: 1, changes: ['{}'] };
      expect(await live.commit({ ...change, expected: undefined, state: 'one' })).toBe(true);
      expect(await live.read('sales', ['conversation:1'])).toEqual(['one']);
      expect(await live.latest('sales', undefined, 1)).toHaveLength(1);
      // What becomes of a send has no place in an inbox.
      const job = { accountId: 'sales', key: 'job:1', changes: [] };
      expect(await live.commit({ ...job, expected: undefined, state: 'one' })).toBe(true);
      expect(await live.changes(['sales'], '0-0', 1)).toHaveLength(1);
      expect((await live.position()).last).not.toBe('0-0');
      await eventually(async () => {
        await turn();
        expect(wakes).toBe(1);
      });
      unfollow();
      await owner.select(1);
      expect(await owner.keys(`${keyPrefix}rate:tries:*`)).toHaveLength(1);
      await owner.acl('DELUSER', 'documented');
      owner.disconnect();
      expect(reported).toEqual([]);
    });

    it('fails where Redis does not say how it is set up', async () => {
      const store = open({ url: urlOf('blind:s3cret') });

      for (const error of await refusals(store)) expect(error.message).toMatch(/INFO/);
    });

    it('can be had for no malformed URL, and does not quote it', () => {
      let error: unknown;
      try {
        open({ url: `redis://:${CANARY}@127.0.0.1:99999` });
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toHaveProperty('message', expect.stringMatching(/URL of Redis is malformed/));
      expect(everythingIn([error])).not.toContain(CANARY);
    });

    it('fails where TLS is spoken to a Redis without', async () => {
      await refusals(open({ url: redis.url.replace('redis:', 'rediss:'), commandTimeout: 200 }));
    });
  });

  describe('what an error tells', () => {
    it('is no key and no value: a full Redis, and one without scripts', async () => {
      const server = (await startRedis({ args: ['--maxmemory', '1', '--rename-command', 'EVAL', ''] }))!;
      const store = open({ url: server.url });

      const errors = [
        await refusal(store.create(CANARY, CANARY, LONG)),
        await refusal(store.replace(CANARY, CANARY, CANARY, LONG)),
      ];

      expect(everythingIn([...errors, ...reported])).not.toContain(CANARY);
      await server.stop();
    });

    it('is no key and no value: a crash, and a Redis that does not answer', async () => {
      const server = (await startRedis())!;
      const [patient, hasty] = [open({ url: server.url }), open({ url: server.url, commandTimeout: 100 })];
      await Promise.all([patient.get('a'), eventually(() => hasty.get('a'))]);
      server.freeze();
      const crashed = refusal(patient.create(CANARY, CANARY, LONG));
      const slow = await refusal(hasty.create(CANARY, CANARY, LONG));
      await server.kill();

      expect(everythingIn([await crashed, slow, ...reported])).not.toContain(CANARY);
      await server.stop();
    });
  });

  describe('when it is closed', () => {
    it('fails whatever is asked, and may be closed again', async () => {
      const store = open();
      await store.create('a', 'one', LONG);

      await store.close();
      await store.close();

      for (const error of await refusals(store)) expect(error.message).toMatch(/closed/);
    });

    it('lets what is under way end', async () => {
      const store = open();
      await store.get('a');
      const underWay = store.create('a', 'one', LONG);
      // Past the checks, into the connection.
      await turn();

      await store.close();

      expect(await underWay).toBe(true);
    });

    it('is closed before it was open, while Redis is down, and while it does not answer', async () => {
      await open().close();
      await redis.kill();
      const store = open();
      await refusal(store.get('a'));
      await store.close();
      await redis.restart();
      const silent = open({ commandTimeout: 100 });
      await eventually(() => silent.get('a'));
      redis.freeze();
      await silent.close();
      redis.thaw();

      await refusals(silent);
      expect(reported).toHaveLength(1);
    });
  });
});

function adminOf({ url }: StartedRedis): Redis {
  const admin = new Redis(url, { retryStrategy: () => 20 });
  admin.on('error', () => undefined);
  return admin;
}

function everythingIn(errors: readonly unknown[]): string {
  return inspect(errors, { depth: Infinity, showHidden: true });
}

/** What everybody asks Redis for, except scripts. */
async function watchCommands(admin: Redis) {
  const monitor = await admin.monitor();
  const seen: (readonly string[])[] = [];
  monitor.on('monitor', (_time: string, words: readonly string[], source: string) => {
    if (source !== 'lua') seen.push(words);
  });
  return {
    /** Everything until now. */
    async seen() {
      const last = randomUUID();
      await admin.echo(last);
      while (!seen.some((words) => words.includes(last))) await turn();
      monitor.disconnect();
      return seen;
    },
  };
}

/** A way to Redis on which answers can be held up, or lost: what was asked is done, and nobody learns it. */
async function startWire(url: string) {
  let cut = false;
  let held: (() => void)[] | undefined;
  const server = createServer((client) => {
    const redis = connect(Number(new URL(url).port), '127.0.0.1');
    client.pipe(redis);
    redis.on('data', (answer) => {
      if (cut) client.destroy();
      else if (held) held.push(() => client.write(answer));
      else client.write(answer);
    });
    client.on('error', () => undefined).on('close', () => redis.destroy());
    redis.on('error', () => undefined).on('close', () => client.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: () => void (cut = true),
    mend: () => void (cut = false),
    hold: () => void (held = []),
    release() {
      for (const write of held ?? []) write();
      held = undefined;
    },
    close: () => void server.close(),
  };
}
