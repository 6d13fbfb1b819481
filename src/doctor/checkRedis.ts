import { randomUUID } from 'node:crypto';
import type { Config } from '../config/index.ts';
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
    advice: 'Set REDIS_URL, unless there is one process and a repeated send after a restart does no harm.',
  };
}

async function tryOut({ url, keyPrefix }: NonNullable<Config['redis']>): Promise<Finding> {
  const store = createRedisStore({ url, keyPrefix, report: () => undefined });
  const key = `doctor:${randomUUID()}`;
  try {
    await store.create(key, '1', TRIAL);
    await store.replace(key, '1', '2', TRIAL);
    const kept = await store.get(key);
    const removed = await store.remove(key, '2');
    if (kept !== '2' || !removed) return lost;
    return { result: 'ok', detail: `${new URL(url).host} keeps what it is given` };
  } catch (error) {
    if (!(error instanceof ParleyError)) throw error;
    // Each of the store's messages says what to do.
    return { result: 'failed', detail: error.message, advice: 'Until then every send is refused.' };
  } finally {
    await store.close();
  }
}

const lost: Finding = {
  result: 'failed',
  detail: 'Redis answers, and has not kept what it was given.',
  advice: 'Let REDIS_URL name a Redis that is not shared with anybody who empties it.',
};
