import { describe } from '@jest/globals';
import { createMemoryStore } from '../../src/store/createMemoryStore.ts';
import { createRedisStore } from '../../src/store/createRedisStore.ts';
import { hasRedis, openRedis } from '../redis.ts';
import { describeStore } from './storeContract.ts';

describeStore('memory', () => {
  let time = 0;
  return Promise.resolve({
    store: createMemoryStore({ now: () => time }),
    advance: (milliseconds) => (time += milliseconds),
    close: () => Promise.resolve(),
  });
});

(hasRedis ? describe : describe.skip)('with Redis', () => {
  describeStore('Redis', async () => {
    const redis = (await openRedis())!;
    const { url, keyPrefix } = redis;
    const store = createRedisStore({ target: { kind: 'single', url }, keyPrefix, report: fail });
    return {
      store,
      async close() {
        await store.close();
        await redis.close();
      },
    };
  });
});

function fail(error: Error): never {
  throw error;
}
