import { z } from 'zod';
import { rate, timeout } from './quantities.ts';
import type { Rate } from './quantities.ts';

// What YAML reads as a number, and what `${NAME}` puts there as text.
const count = (least: number, most: number) =>
  z.coerce
    .number({ error: `must be a whole number from ${least} to ${most}` })
    .refine(
      (value) => Number.isInteger(value) && value >= least && value <= most,
      `must be a whole number from ${least} to ${most}`,
    );

const RATIO = 'must be a number between 0 and 1';

const circuitBreaker = z.strictObject(
  {
    failureRatio: z.coerce
      .number({ error: RATIO })
      .refine((value) => value > 0 && value < 1, RATIO)
      .optional(),
    minimumCalls: count(1, 1_000).optional(),
    window: count(1, 1_000).optional(),
    openFor: timeout().optional(),
  },
  { error: 'must be off, or a mapping' },
);

const rates = z
  .array(rate(), { error: 'must be a list of rates such as 5/1s' })
  .max(10, 'has at most 10 rates');

const keys = {
  /** Deadlines; the environment's unless given. */
  connectTimeout: timeout().optional(),
  readTimeout: timeout().optional(),
  sendTimeout: timeout().optional(),
  /** How often a read is tried again. */
  retries: count(0, 10).optional(),
  /** The most calls at once, and of each kind that wait for a place. */
  concurrency: z
    .strictObject({
      reads: count(1, 1_000).optional(),
      sends: count(1, 1_000).optional(),
      uploads: count(1, 1_000).optional(),
      queue: count(0, 10_000).optional(),
    })
    .optional(),
  circuitBreaker: z.union([z.literal('off'), circuitBreaker]).optional(),
  /** The most calls that the provider takes: of uploads, and of all others. */
  rates: z.strictObject({ calls: rates.optional(), uploads: rates.optional() }).optional(),
  /** Whether "too many requests" lowers the rate. */
  adaptiveRate: z.boolean({ error: 'must be true or false' }).optional(),
  /** How long a read's answer may be given again to whoever asks with the same credentials. */
  cache: z.union([z.literal('off').transform(() => 0), timeout()]).optional(),
};

/** How an account's provider is treated. What is absent is as usual. */
export const resilience = z.strictObject(keys);

export type ResilienceConfig = z.output<typeof resilience>;

/** The same for all accounts of a provider, and what they share. */
const provider = z.strictObject({
  ...keys,
  /** The most calls of each kind at once, of all its accounts together. */
  maxCalls: count(1, 10_000).optional(),
});

export const providers = z.strictObject({
  pact: provider.optional(),
  letstalk: provider.optional(),
  pigeons: provider.optional(),
});

export type ProvidersConfig = z.output<typeof providers>;

export type { Rate };
