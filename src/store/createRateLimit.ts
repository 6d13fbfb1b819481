import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
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
  readonly shared?: { readonly redis: Redis; readonly keyPrefix: string };
}

/** While Redis can't be reached, each process counts alone: a limit is no reason to answer nobody. */
export function createRateLimit({ what, count, per, shared }: RateLimitOptions): RateLimit {
  const rate = { points: count, duration: Math.ceil(per / 1_000), keyPrefix: `rate:${what}` };
  const alone = new RateLimiterMemory(rate);
  const limiter = shared
    ? new RateLimiterRedis({
        ...rate,
        storeClient: shared.redis,
        keyPrefix: `${shared.keyPrefix}${rate.keyPrefix}`,
        rejectIfRedisNotReady: true,
        insuranceLimiter: alone,
      })
    : alone;
  return {
    async take(viewerId) {
      try {
        // Who somebody is has no business in a key.
        await limiter.consume(createHash('sha256').update(viewerId).digest('base64url'));
      } catch (thrown) {
        if (!(thrown instanceof RateLimiterRes)) throw thrown;
        throw new ParleyError('RATE_LIMITED', `At most ${count} ${what} in ${per / 1_000} seconds.`, {
          retryable: true,
          retryAfter: Math.max(1, Math.ceil(thrown.msBeforeNext / 1_000)),
        });
      }
    },
  };
}
