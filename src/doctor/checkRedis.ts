import { randomUUID } from 'node:crypto';
import type { Config } from '../config/index.ts';
import type { RedisAddress, RedisConfig, RedisTarget } from '../config/redis.ts';
import { ParleyError } from '../messaging/errors.ts';
import { createRedisStore } from '../store/createRedisStore.ts';
import type { Check, Finding } from './runCheck.ts';

/** Milliseconds after which the trial entry would be gone by itself. */
const TRIAL = 10_000;

/** Whether Redis answers, may be trusted to forget nothing, and takes what a send would write. */
export function checkRedis({ redis, accounts }: Pick<Config, 'redis' | 'accounts'>): Check {
  return { name: 'Redis', run: () => (redis ? tryOut(redis) : withoutRedis(accounts)) };
}

function withoutRedis(accounts: Config['accounts']): Finding {
  if (!accounts) return { result: 'ok', detail: 'not used: the sandbox forgets everything anyway' };
  return {
    result: 'warning',
    detail:
      'REDIS_URL is not set: idempotency keys are forgotten at a restart, and no other process knows them.',
    advice:
      'Set REDIS_URL (REDIS_SENTINELS or REDIS_CLUSTER for more than one Redis), unless there is one process and a repeated send after a restart does no harm.',
  };
}

async function tryOut(redis: RedisConfig): Promise<Finding> {
  const store = createRedisStore({ ...redis, report: () => undefined });
  const key = `doctor:${randomUUID()}`;
  try {
    await store.create(key, '1', TRIAL);
    await store.replace(key, '1', '2', TRIAL);
    const kept = await store.get(key);
    const removed = await store.remove(key, '2');
    if (kept !== '2' || !removed) return lost;
    return { result: 'ok', detail: `${nameOf(redis.target)} keeps what it is given` };
  } catch (error) {
    if (!(error instanceof ParleyError)) throw error;
    // Each of the store's messages says what to do.
    return { result: 'failed', detail: error.message, advice: 'Until then every send is refused.' };
  } finally {
    await store.close();
  }
}

/** Where it is, without who Parley is to it. */
function nameOf(target: RedisTarget): string {
  switch (target.kind) {
    case 'single':
      return new URL(target.url).host;
    case 'sentinel':
      return `the primary "${target.name}", which ${listOf(target.sentinels)} ${target.sentinels.length > 1 ? 'know' : 'knows'},`;
    case 'cluster':
      return `the cluster of ${listOf(target.nodes)}`;
  }
}

function listOf(addresses: readonly RedisAddress[]): string {
  return addresses.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`).join(', ');
}

const lost: Finding = {
  result: 'failed',
  detail: 'Redis answers, and has not kept what it was given.',
  advice: 'Take a Redis that is not shared with anybody who empties it.',
};
