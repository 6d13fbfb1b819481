import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { AccountConfig } from './accounts.ts';
import { parseAccounts } from './accounts.ts';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** All that Parley is told from outside, checked and unchanging. */
export interface Config {
  /** The address to listen on. */
  readonly host: string;
  /** The port to listen on; 0 takes any free one. */
  readonly port: number;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  /** In production there is neither introspection nor Apollo Sandbox. */
  readonly production: boolean;
  /** The accounts to serve; undefined for those of the embedded sandbox. */
  readonly accounts: readonly AccountConfig[] | undefined;
}

/** Everything that is wrong with the configuration, in one go. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(["The configuration can't be used:", ...problems.map((problem) => `  - ${problem}`)].join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

const environmentSchema = z.object({
  // Only this machine until somebody asks for more: there is no authentication yet.
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: z
    .string()
    .regex(/^\d{1,5}$/, 'must be a number from 0 to 65535')
    .transform(Number)
    .refine((port) => port <= 65_535, 'must be a number from 0 to 65535')
    .default(4000),
  LOG_LEVEL: z.enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(', ')}` }).default('info'),
  NODE_ENV: z.string().optional(),
  PARLEY_ACCOUNTS: z.string().optional(),
});

/** Reads the environment and the accounts file that it names. Throws a {@link ConfigError}. */
export function loadConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const settings = environmentSchema.safeParse(withoutEmpty(environment));
  const problems = settings.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
  const file = environment['PARLEY_ACCOUNTS'];
  const { accounts, problems: fileProblems } = file ? readAccounts(file, environment) : { problems: [] };
  problems.push(...fileProblems.map((problem) => `PARLEY_ACCOUNTS (${file}): ${problem}`));
  if (!settings.success || problems.length > 0) throw new ConfigError(problems);
  const { HOST, PORT, LOG_LEVEL, NODE_ENV } = settings.data;
  return Object.freeze({
    host: HOST,
    port: PORT,
    logLevel: LOG_LEVEL,
    production: NODE_ENV === 'production',
    accounts: accounts && Object.freeze(accounts.map((account) => Object.freeze(account))),
  });
}

function readAccounts(file: string, environment: Readonly<Record<string, string | undefined>>) {
  let yaml: string;
  try {
    yaml = readFileSync(file, 'utf8');
  } catch (error) {
    return { problems: [`can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`] };
  }
  return parseAccounts(yaml, environment);
}

// `PORT= npm start` means the default, as in every shell.
function withoutEmpty(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value)) as Record<
    string,
    string
  >;
}
