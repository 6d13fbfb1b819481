import { createHash } from 'node:crypto';
import type { Cluster, Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { ParleyError } from '../messaging/errors.ts';
import type { RateLimit } from '../messaging/rateLimit.ts';

export interface RateLimitOptions {
  /** What is counted, in words: `operations`. Part of the key. */
  readonly what: string;
  readonly count: number;
  /** Milliseconds; counted by the second. */
  readonly per: number;
  /** Where processes count together; undefined for one process that counts alone. */
  readonly shared?: SharedCounts;
}

export interface SharedCounts {
  readonly redis: Redis | Cluster;
  readonly keyPrefix: string;
  /** Whether Redis answers, as last seen. */
  readonly isUsable: () => boolean;
  /** Told when it has not. */
  readonly failed: (thrown: unknown) => void;
}

/** While Redis can't be reached, each process counts alone: a limit is no reason to answer nobody. */
export function createRateLimit({ what, count, per, shared }: RateLimitOptions): RateLimit {
  const rate = { points: count, duration: Math.ceil(per / 1_000), keyPrefix: `rate:${what}` };
  const alone = new RateLimiterMemory(rate);
  const together =
    shared &&
    new RateLimiterRedis({
      ...rate,
      storeClient: shared.redis,
      keyPrefix: `${shared.keyPrefix}${rate.keyPrefix}`,
    });
  return {
    async take(viewerId) {
      try {
        // Who somebody is has no business in a key.
        await consume(createHash('sha256').update(viewerId).digest('base64url'));
      } catch (thrown) {
        if (!(thrown instanceof RateLimiterRes)) throw thrown;
        throw new ParleyError('RATE_LIMITED', `At most ${count} ${what} in ${per / 1_000} seconds.`, {
          retryable: true,
          retryAfter: Math.max(1, Math.ceil(thrown.msBeforeNext / 1_000)),
        });
      }
    },
  };

  async function consume(key: string): Promise<unknown> {
    if (!shared || !together || shared.redis.status !== 'ready' || !shared.isUsable())
      return alone.consume(key);
    try {
      return await together.consume(key);
    } catch (thrown) {
      if (thrown instanceof RateLimiterRes) throw thrown;
      // So that only the first one waits for an answer that does not come.
      shared.failed(thrown);
      return alone.consume(key);
    }
  }
}
