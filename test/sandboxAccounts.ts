import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the sandbox's providers are, and what opens them. A `Sandbox` has all of it. */
export interface SandboxDoors {
  readonly pact: { readonly url: string; readonly companyId: number; readonly token: string };
  readonly letstalk: { readonly url: string; readonly agentKey: string };
  readonly pigeons: {
    readonly url: string;
    readonly publicKey: string;
    readonly user: { readonly token: string };
  };
}

/** The ids of the sandbox's accounts, by provider. */
export const SANDBOX_ACCOUNTS = { pact: 'sales', letstalk: 'support', pigeons: 'app' } as const;

/** Writes an accounts file for processes that run on a sandbox; gives its path. `more` is what else stands in it. */
export function writeSandboxAccounts(
  folder: string,
  { pact, letstalk, pigeons }: SandboxDoors,
  more: Readonly<Record<string, unknown>> = {},
): string {
  const accounts = [
    {
      ...{ id: SANDBOX_ACCOUNTS.pact, provider: 'pact', companyId: pact.companyId, token: pact.token },
      baseUrl: pact.url,
    },
    {
      ...{ id: SANDBOX_ACCOUNTS.letstalk, provider: 'letstalk', apiKey: letstalk.agentKey, role: 'agent' },
      baseUrl: letstalk.url,
    },
    {
      ...{ id: SANDBOX_ACCOUNTS.pigeons, provider: 'pigeons', publicKey: pigeons.publicKey },
      ...{ token: pigeons.user.token, baseUrl: pigeons.url },
    },
  ];
  const path = join(folder, 'accounts.yaml');
  // JSON is YAML.
  writeFileSync(path, JSON.stringify({ accounts, ...more }));
  return path;
}
