import type { Logger } from 'pino';
import type { AccountConfig } from './config/accounts.ts';
import type { AdapterOptions } from './http/adapterOptions.ts';
import type { HttpLimits } from './http/client.ts';
import { createHttp } from './http/client.ts';
import { createGotTransport } from './http/gotTransport.ts';
import { createHealth } from './http/health.ts';
import type { ReadPool } from './http/undiciTransport.ts';
import { createReadPool } from './http/undiciTransport.ts';
import type { ErrorSource } from './messaging/errors.ts';
import type { Provider } from './messaging/provider.ts';
import type { Registry } from './messaging/registry.ts';
import { createRegistry } from './messaging/registry.ts';
import { createLetstalkProvider, letstalkHeaders } from './providers/letstalk/index.ts';
import { createPactProvider, pactHeaders } from './providers/pact/index.ts';
import { createPigeonsProvider, pigeonsHeaders } from './providers/pigeons/index.ts';
import type { Sandbox } from './sandbox/index.ts';

/** The configured accounts with their adapters, each with connections of its own. */
export interface OpenAccounts {
  readonly registry: Registry;
  readonly close: () => Promise<void>;
}

/** Gives each account its adapter. Makes no call to any provider. */
export function openAccounts(
  accounts: readonly AccountConfig[],
  limits: HttpLimits,
  log: Logger,
): OpenAccounts {
  const sends = createGotTransport(limits);
  const pools: ReadPool[] = [];

  const entries = accounts.map((account) => {
    // Connections of its own: an account that hangs must not hold up another one.
    const reads = createReadPool(limits);
    pools.push(reads);
    const source: ErrorSource = { provider: PROVIDER_NAMES[account.provider], accountId: account.id };
    const health = createHealth({ ownCredentials: !('tokenHeader' in account && account.tokenHeader) });
    const http = createHttp({
      source,
      baseUrl: account.baseUrl,
      headers: headersOf(account),
      limits,
      reads: reads.transport,
      sends,
      health,
      log,
    });
    const lost = (call: string, count: number) =>
      log.warn({ ...source, call, count }, 'rows of an answer could not be read');
    return {
      id: account.id,
      name: account.name ?? account.id,
      provider: createProvider(account, { accountId: account.id, baseUrl: account.baseUrl, http, lost }),
      status: () => health.status(),
    };
  });
  return {
    registry: createRegistry(entries),
    close: async () => {
      await Promise.all(pools.map((pool) => pool.close()));
    },
  };
}

/** One account for each of the sandbox's providers. */
export function sandboxAccounts({ pact, letstalk, pigeons }: Sandbox): readonly AccountConfig[] {
  return [
    {
      id: 'sales',
      provider: 'pact',
      name: 'Sales',
      companyId: pact.companyId,
      token: pact.token,
      baseUrl: pact.url,
    },
    {
      id: 'support',
      provider: 'letstalk',
      name: 'Support',
      apiKey: letstalk.agentKey,
      role: 'agent',
      baseUrl: letstalk.url,
    },
    {
      id: 'app',
      provider: 'pigeons',
      name: 'App',
      publicKey: pigeons.publicKey,
      token: pigeons.user.token,
      baseUrl: pigeons.url,
    },
  ];
}

const PROVIDER_NAMES = { pact: 'PACT', letstalk: 'LETSTALK', pigeons: 'PIGEONS' } as const;

function headersOf(account: AccountConfig): Record<string, string> {
  switch (account.provider) {
    case 'pact':
      return pactHeaders(account.token);
    case 'letstalk':
      return letstalkHeaders(account.apiKey);
    case 'pigeons':
      return pigeonsHeaders(account.publicKey);
  }
}

function createProvider(account: AccountConfig, options: AdapterOptions): Provider {
  switch (account.provider) {
    case 'pact':
      return createPactProvider({ ...options, companyId: account.companyId });
    case 'letstalk':
      return createLetstalkProvider({ ...options, role: account.role });
    case 'pigeons':
      return createPigeonsProvider({
        ...options,
        token: account.token !== undefined ? { value: account.token } : { header: account.tokenHeader! },
        userUuid: account.userUuid,
      });
  }
}
