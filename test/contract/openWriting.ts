import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import type { OpenAccounts } from '../../src/accounts.ts';
import type { AccountConfig } from '../../src/config/accounts.ts';
import type { HttpLimits } from '../../src/http/client.ts';
import type { Provider } from '../../src/messaging/provider.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { startSandbox } from '../../src/sandbox/index.ts';
import { openSandboxAccounts } from '../openSandboxAccounts.ts';

/** Accounts over real HTTP, new for each test: an adapter may remember whom it met in another one. */
export interface Writing {
  readonly sandbox: () => Sandbox;
  readonly provider: (accountId: string, options?: OpenOptions) => Provider;
}

export interface OpenOptions {
  readonly limits?: Partial<HttpLimits>;
  /** What is different about the account. */
  readonly account?: Partial<AccountConfig>;
}

/** Runs a sandbox, as its seed has it at the beginning of each test. */
export function openWriting(accountsOf: (sandbox: Sandbox) => readonly AccountConfig[]): Writing {
  let sandbox: Sandbox;
  let opened: OpenAccounts[] = [];

  beforeAll(async () => {
    sandbox = await startSandbox();
  });
  beforeEach(() => {
    sandbox.reset();
  });
  afterEach(async () => {
    await Promise.all(opened.map(({ close }) => close()));
    opened = [];
  });
  afterAll(() => sandbox.close());

  return {
    sandbox: () => sandbox,
    provider(accountId, { limits, account: changes } = {}) {
      const account = accountsOf(sandbox).find(({ id }) => id === accountId);
      const accounts = openSandboxAccounts([{ ...account, ...changes } as AccountConfig], limits);
      opened.push(accounts);
      return accounts.registry.get(accountId)!.provider;
    },
  };
}
