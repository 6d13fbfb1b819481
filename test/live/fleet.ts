import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sandboxAccounts } from '../../src/accounts.ts';
import { hashApiKey } from '../../src/auth/clients.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { startSandbox } from '../../src/sandbox/index.ts';
import type { Run } from '../e2e/processes.ts';
import { runParley, urlOf } from '../e2e/processes.ts';

/** Processes of Parley that share a Redis, in front of one sandbox. */
export interface Fleet {
  readonly sandbox: Sandbox;
  readonly key: string;
  readonly routerSecret: string;
  readonly webhookSecret: string;
  /** Where each is reached right now; waits while it starts. */
  readonly urls: readonly (() => Promise<string>)[];
  /** Ends one like a crash, and starts it again on another port. */
  kill(index: number): void;
  stop(): Promise<void>;
}

const KEY = 'parley_key-of-a-test-that-nobody-guesses';
const ROUTER_SECRET = 'router-secret-of-a-test-that-is-long-enough';

export async function startFleet(size: number, environment: Record<string, string>): Promise<Fleet> {
  const sandbox = await startSandbox();
  const folder = mkdtempSync(join(tmpdir(), 'parley-fleet-'));
  const path = join(folder, 'accounts.yaml');
  const client = {
    id: 'test',
    keyHashes: [hashApiKey(KEY)],
    accounts: '*',
    scopes: ['messages:read', 'messages:write'],
  };
  // JSON is YAML.
  const accounts = sandboxAccounts(sandbox);
  writeFileSync(path, JSON.stringify({ accounts, clients: [client] }));
  const runs: Run[] = [];
  const urls: Promise<string>[] = [];
  const start = (index: number) => {
    const started = runParley({
      ...{ PARLEY_ACCOUNTS: path, FILE_FOLDER: join(folder, 'files'), TMPDIR: folder },
      ...{ AUTH: 'api-key,router', ROUTER_SECRET, MAX_EVENT_LOOP_DELAY: '60s' },
      ...environment,
    });
    runs[index] = started;
    urls[index] = urlOf(started);
    urls[index].catch(() => undefined);
  };
  for (let index = 0; index < size; index += 1) start(index);
  return {
    ...{ sandbox, key: KEY, routerSecret: ROUTER_SECRET },
    webhookSecret: accounts.flatMap((account) =>
      account.provider === 'pact' ? [account.webhookSecret!] : [],
    )[0]!,
    urls: Array.from({ length: size }, (_none, index) => () => urls[index]!),
    kill(index) {
      runs[index]!.child.kill('SIGKILL');
      start(index);
    },
    async stop() {
      for (const { child } of runs) child.kill('SIGKILL');
      await Promise.all(runs.map(({ ended }) => ended));
      await sandbox.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
