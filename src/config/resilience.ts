import { z } from 'zod';
import { rate, timeout } from './quantities.ts';
import type { Rate } from './quantities.ts';

// What YAML reads as a number, or what `${NAME}` puts there as text.
const number = (pattern: RegExp, error: string) =>
  z.union([z.number(), z.string().regex(pattern).transform(Number)], { error });

const count = (least: number, most: number) => {
  const error = `must be a whole number from ${least} to ${most}`;
  return number(/^\d{1,9}$/, error).refine(
    (value) => Number.isInteger(value) && value >= least && value <= most,
    error,
  );
};

const RATIO = 'must be a number between 0 and 1';

const mapping = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) => (issue.code === 'invalid_type' ? 'must be a mapping' : undefined),
  });

/** Either `off`, or what another schema says, in the words of that one. */
const orOff = <Schema extends z.ZodType>(schema: Schema) =>
  z.unknown().transform((value, context): 'off' | z.output<Schema> => {
    if (value === 'off') return 'off';
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    for (const { path, message, code, ...issue } of parsed.error.issues) {
      const keys = code === 'unrecognized_keys' && 'keys' in issue ? issue.keys : undefined;
      const words = keys ? `has unknown keys: ${keys.join(', ')}` : message;
      context.addIssue({
        code: 'custom',
        path,
        message: path.length === 0 && !keys ? `must be off, or ${words.replace(/^must be /, '')}` : words,
      });
    }
    return z.NEVER;
  });

const circuitBreaker = mapping({
  failureRatio: number(/^0?\.\d{1,9}$/, RATIO)
    .refine((value) => value > 0 && value < 1, RATIO)
    .optional(),
  minimumCalls: count(1, 1_000).optional(),
  window: count(1, 1_000).optional(),
  openFor: timeout().optional(),
});

/** More than any provider takes of one account; each is remembered for as long as it counts. */
const MAX_RATE = 10_000;

const rates = z
  .array(
    rate().refine(({ count }) => count <= MAX_RATE, `must be for ${MAX_RATE} at the most`),
    { error: 'must be a list of rates such as 5/1s' },
  )
  .max(10, 'has at most 10 rates');

const keys = {
  /** Deadlines; the environment's unless given. */
  connectTimeout: timeout().optional(),
  readTimeout: timeout().optional(),
  sendTimeout: timeout().optional(),
  /** How often a read is tried again. */
  retries: count(0, 10).optional(),
  /** The most calls at once, and of each kind that wait for a place. */
  concurrency: mapping({
    reads: count(1, 1_000).optional(),
    sends: count(1, 1_000).optional(),
    uploads: count(1, 1_000).optional(),
    queue: count(0, 10_000).optional(),
  }).optional(),
  circuitBreaker: orOff(circuitBreaker).optional(),
  /** The most calls that the provider takes: of uploads, and of all others. */
  rates: mapping({ calls: rates.optional(), uploads: rates.optional() }).optional(),
  /** Whether "too many requests" lowers the rate. */
  adaptiveRate: z.boolean({ error: 'must be true or false' }).optional(),
  /** How long a read's answer may be given again to whoever asks with the same credentials. */
  cache: orOff(timeout())
    .transform((value) => (value === 'off' ? 0 : value))
    .optional(),
};

/** How an account's provider is treated. What is absent is as usual. */
export const resilience = mapping(keys);

export type ResilienceConfig = z.output<typeof resilience>;

/** The same for all accounts of a provider, and what they share. */
const provider = mapping({
  ...keys,
  /** The most calls of each kind at once, of all its accounts together. */
  maxCalls: count(1, 10_000).optional(),
});

export const providers = mapping({
  pact: provider.optional(),
  letstalk: provider.optional(),
  pigeons: provider.optional(),
});

export type ProvidersConfig = z.output<typeof providers>;

export type { Rate };
