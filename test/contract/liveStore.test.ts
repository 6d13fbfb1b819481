import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, jest } from '@jest/globals';
import { createMemoryLiveStore } from '../../src/store/createMemoryLiveStore.ts';
import { createRedisConnection } from '../../src/store/createRedisConnection.ts';
import { createRedisLiveStore } from '../../src/store/createRedisLiveStore.ts';
import type { RedisTarget } from '../../src/store/redisTarget.ts';
import type { OpenedRedis } from '../redis.ts';
import { canStartRedis, hasRedis, openRedis } from '../redis.ts';
import type { StartedCluster } from '../redisCluster.ts';
import { startCluster } from '../redisCluster.ts';
import type { LiveStoreOptions, LiveStoreSubject } from './liveStoreContract.ts';
import { CHANGE_LENGTH, describeLiveStore } from './liveStoreContract.ts';

jest.setTimeout(40_000);

describeLiveStore('memory', ({ keep, room }) => {
  let time = 1_714_521_600_000;
  const live = createMemoryLiveStore({ keep, maxCharacters: room * CHANGE_LENGTH, now: () => time });
  return Promise.resolve({
    ...{ live, other: live },
    advance: (milliseconds) => (time += milliseconds),
    close: () => Promise.resolve(),
  });
});

(hasRedis ? describe : describe.skip)('with Redis', () => {
  let redis: OpenedRedis;
  beforeAll(async () => {
    redis = (await openRedis())!;
  });
  afterAll(() => redis.close());

  describeLiveStore('Redis', (options) =>
    open({ kind: 'single', url: redis.url }, `${redis.keyPrefix}${randomUUID()}:`, options),
  );
});

(canStartRedis ? describe : describe.skip)('with a cluster', () => {
  let cluster: StartedCluster;
  beforeAll(async () => {
    cluster = await startCluster({ primaries: 2, password: 's3cret' });
  });
  afterAll(() => cluster.stop());

  describeLiveStore('Cluster', (options) =>
    open({ kind: 'cluster', nodes: cluster.addresses, password: 's3cret' }, `${randomUUID()}:`, options),
  );
});

async function open(
  target: RedisTarget,
  keyPrefix: string,
  { keep, room }: LiveStoreOptions,
): Promise<LiveStoreSubject> {
  const openOne = async () => {
    const ignore = () => undefined;
    const connection = createRedisConnection({
      ...{ target, commandTimeout: 10_000 },
      ...{ opened: ignore, lost: ignore, report: ignore },
    });
    await connection.whenReady();
    // As the store does before its first command: a cluster's first connections go again.
    await connection.loadInfo();
    const run = <T>(command: () => Promise<T>) => command();
    const live = createRedisLiveStore({ client: connection.client, keyPrefix, run, keep, maxChanges: room });
    return { live, connection };
  };
  const [one, two] = await Promise.all([openOne(), openOne()]);
  return {
    ...{ live: one.live, other: two.live },
    async close() {
      for (const { live, connection } of [one, two]) {
        live.close();
        await connection.close();
      }
    },
  };
}
