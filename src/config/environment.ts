import { z } from 'zod';
import { authVariables, problemsOfAuth } from './auth.ts';
import { baseUrl } from './baseUrl.ts';
import { browserVariables } from './browsers.ts';
import { eventVariables } from './events.ts';
import { limitVariables } from './limits.ts';
import { loadVariables } from './load.ts';
import { persistedVariables, problemsOfPersisted } from './persistedOperations.ts';
import { tracingVariables } from './tracing.ts';
import { duration, durationOrUnlimited, timeout, wholeNumber } from './quantities.ts';
import { problemsOfRedis, redisVariables } from './redis.ts';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

const DAY = 86_400_000;

interface Times {
  readonly READ_TIMEOUT: number;
  readonly SEND_TIMEOUT: number;
  readonly UPLOAD_TOTAL_TIMEOUT: number;
  readonly SEND_SETTLING_TIME: number;
}

/** Whether it is longer than from the beginning of a send to when it is certain that nothing has come of it. */
export function isLongerThanDoubt(
  duration: number,
  { READ_TIMEOUT, SEND_TIMEOUT, UPLOAD_TOTAL_TIMEOUT, SEND_SETTLING_TIME }: Times,
): boolean {
  const times = [READ_TIMEOUT, SEND_TIMEOUT, UPLOAD_TOTAL_TIMEOUT, SEND_SETTLING_TIME];
  // Where one of them is no duration, that is the mistake.
  if (![duration, ...times].every(Number.isFinite)) return true;
  return duration >= times.reduce((sum, time) => sum + time);
}

// Also when another variable is wrong: every mistake is named in one go.
const always = () => true;

/** The environment variables that Parley reads. Sizes are bytes; README says what each is for. */
export const environmentSchema = z
  .object({
    // Only this machine until somebody asks for more.
    HOST: z.string().min(1).default('127.0.0.1'),
    PORT: wholeNumber(0, 65_535).default(4000),
    PUBLIC_URL: baseUrl.optional(),
    LOG_LEVEL: z.enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(', ')}` }).default('info'),
    NODE_ENV: z.string().optional(),
    PARLEY_ACCOUNTS: z.string().optional(),
    METRICS_PORT: wholeNumber(0, 65_535).optional(),
    ...authVariables,
    ...browserVariables,
    ...limitVariables,
    ...eventVariables,
    ...loadVariables,
    ...persistedVariables,
    ...tracingVariables,
    ...redisVariables,
    CONNECT_TIMEOUT: timeout().default(3_000),
    READ_TIMEOUT: timeout().default(10_000),
    SEND_TIMEOUT: timeout().default(15_000),
    OPERATION_TIMEOUT: timeout().default(20_000),
    IDEMPOTENCY_TTL: duration().default(DAY),
    SEND_SETTLING_TIME: duration().default(60_000),
    UPLOAD_MAX_BYTES: wholeNumber(1, 5 * 2 ** 30).default(25 * 1024 * 1024),
    UPLOAD_MAX_FILES: wholeNumber(1, 100).default(10),
    UPLOAD_IDLE_TIMEOUT: timeout().default(20_000),
    UPLOAD_TOTAL_TIMEOUT: timeout().default(300_000),
    UNSENT_FILE_TTL: duration().default(DAY),
    SENT_FILE_RETENTION: durationOrUnlimited().default(Infinity),
    FILE_FOLDER: z.string().optional(),
    S3_BUCKET: z.string().optional(),
    S3_REGION: z.string().default('us-east-1'),
    S3_ENDPOINT: baseUrl.optional(),
    S3_PREFIX: z
      .string()
      .regex(/^[\w!.*'()/-]{1,200}$/, 'must be the beginning of an object key')
      .default('parley'),
    S3_PATH_STYLE: z.enum(['true', 'false'], { error: 'must be true or false' }).optional(),
    S3_ACCESS_KEY_ID: z.string().optional(),
    S3_SECRET_ACCESS_KEY: z.string().optional(),
  })
  .refine((settings) => isLongerThanDoubt(settings.IDEMPOTENCY_TTL, settings), {
    path: ['IDEMPOTENCY_TTL'],
    message:
      'must be at least READ_TIMEOUT + SEND_TIMEOUT + UPLOAD_TOTAL_TIMEOUT + SEND_SETTLING_TIME: a send that is forgotten ' +
      'before it is settled could be sent twice',
  })
  .refine(({ S3_BUCKET, FILE_FOLDER }) => !S3_BUCKET || !FILE_FOLDER, {
    path: ['FILE_FOLDER'],
    message: 'is of no use beside S3_BUCKET: files are in one place',
    when: always,
  })
  .refine(({ S3_BUCKET, S3_ENDPOINT }) => S3_BUCKET || !S3_ENDPOINT, {
    path: ['S3_ENDPOINT'],
    message: 'needs S3_BUCKET',
    when: always,
  })
  .refine((settings) => !settings.S3_ACCESS_KEY_ID === !settings.S3_SECRET_ACCESS_KEY, {
    path: ['S3_SECRET_ACCESS_KEY'],
    message: 'goes with S3_ACCESS_KEY_ID',
    when: always,
  })
  .superRefine((settings, context) => {
    const problems = [problemsOfAuth, problemsOfPersisted, problemsOfRedis].flatMap((find) => find(settings));
    for (const { path, message } of problems) context.addIssue({ code: 'custom', path: [path], message });
  });

export type Environment = z.output<typeof environmentSchema>;
