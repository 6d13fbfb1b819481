import { pino } from 'pino';
import { openAccounts, sandboxAccounts } from '../accounts.ts';
import { callLimitsOf } from '../callLimits.ts';
import type { AccountConfig } from '../config/accounts.ts';
import type { Config } from '../config/index.ts';
import { ConfigError, loadConfig } from '../config/index.ts';
import { NO_OBSERVER } from '../http/observer.ts';
import { startSandbox } from '../sandbox/index.ts';
import { checkAccount } from './checkAccount.ts';
import { checksOfAuthentication } from './checkAuthentication.ts';
import { checkNode } from './checkNode.ts';
import { checkPublicUrl } from './checkPublicUrl.ts';
import { checkRedis } from './checkRedis.ts';
import { checkStorage } from './checkStorage.ts';
import type { Check, Row } from './runCheck.ts';
import { runCheck } from './runCheck.ts';

export interface DoctorOptions {
  /** Milliseconds that each check may take. */
  readonly deadline?: number;
  /** Told after each check that is done. */
  readonly progress?: (done: number, all: number) => void;
}

/** Longer than a read at a provider takes by default, so that the provider's own deadline says more. */
const DEADLINE = 15_000;

/**
 * Tries what a server with these settings would need, all at once: it reads once at each provider, and leaves nothing behind
 * in Redis and in the storage.
 */
export async function runDoctor(
  environment: Readonly<Record<string, string | undefined>>,
  { deadline = DEADLINE, progress }: DoctorOptions = {},
): Promise<readonly Row[]> {
  const config = tryToLoad(environment);
  if (config instanceof ConfigError) {
    return [await runCheck(checkNode(process.versions.node), deadline), ...toRows(config)];
  }
  const sandbox = config.accounts ? undefined : await startSandbox();
  const accounts = config.accounts ?? sandboxAccounts(sandbox!);
  const { checks, close } = openAccountChecks(accounts, config, deadline);
  try {
    return await runAll(
      [
        checkNode(process.versions.node),
        toConfigurationCheck(config, environment),
        ...checksOfAuthentication(config),
        checkPublicUrl(config),
        checkRedis(config),
        checkStorage(config.uploads.storage),
        ...checks,
      ],
      { deadline, progress },
    );
  } finally {
    await close();
    await sandbox?.close();
  }
}

function tryToLoad(environment: Readonly<Record<string, string | undefined>>): Config | ConfigError {
  try {
    return loadConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

function toRows({ problems }: ConfigError): Row[] {
  return [
    ...problems.map((problem): Row => ({
      name: 'configuration',
      result: 'failed',
      detail: problem,
      advice: adviseOn(problem),
    })),
    {
      name: 'everything else',
      result: 'skipped',
      detail: 'Nothing more can be checked before the configuration is right.',
    },
  ];
}

/** Where to read on. The problem itself says what its setting has to be. */
function adviseOn(problem: string): string {
  if (problem.startsWith('PARLEY_ACCOUNTS'))
    return 'docs/accounts.md explains each key of the accounts file.';
  if (/^(AUTH|JWT_|ROUTER_)/.test(problem)) return 'docs/authentication.md explains who may call, and how.';
  return '.env.example says what each variable may be.';
}

function toConfigurationCheck(
  { accounts }: Config,
  environment: Readonly<Record<string, string | undefined>>,
): Check {
  const count = `${accounts?.length ?? 0} account${accounts?.length === 1 ? '' : 's'}`;
  return {
    name: 'configuration',
    run: () => ({
      result: 'ok',
      detail: accounts
        ? `${count} in ${environment['PARLEY_ACCOUNTS'] ?? ''}`
        : 'no accounts file: the embedded sandbox is served',
    }),
  };
}

function openAccountChecks(accounts: readonly AccountConfig[], config: Config, deadline: number) {
  const limitsOf = (account: AccountConfig) => {
    const limits = callLimitsOf(account, config);
    // What takes longer would end without a word of why.
    return { ...limits, readTimeout: Math.min(limits.readTimeout, deadline) };
  };
  const { registry, close } = openAccounts(accounts, {
    limitsOf,
    observer: NO_OBSERVER,
    log: pino({ level: 'silent' }),
  });
  const checks = registry.all.map(({ provider }, index) => checkAccount(accounts[index]!, provider));
  return { checks, close };
}

async function runAll(
  checks: readonly Check[],
  { deadline, progress }: { deadline: number; progress: DoctorOptions['progress'] },
): Promise<Row[]> {
  let done = 0;
  progress?.(done, checks.length);
  return Promise.all(
    checks.map(async (check) => {
      const row = await runCheck(check, deadline);
      done += 1;
      progress?.(done, checks.length);
      return row;
    }),
  );
}
