import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { CallLimits } from './callLimits.ts';
import type { AccountConfig } from './config/accounts.ts';
import type { AdapterOptions } from './http/adapterOptions.ts';
import type { Credentials } from './http/client.ts';
import { createHttp } from './http/client.ts';
import { createGotTransport } from './http/gotTransport.ts';
import type { CallObserver } from './http/observer.ts';
import type { AdaptiveRate } from './http/resilience/adaptiveRate.ts';
import { createAdaptiveRate } from './http/resilience/adaptiveRate.ts';
import { createProviderShares } from './http/resilience/createProviderShares.ts';
import type { AccountLoad, ProviderShare } from './http/resilience/createResilience.ts';
import { createResilience } from './http/resilience/createResilience.ts';
import type { ReadPool } from './http/undiciTransport.ts';
import { createReadPool } from './http/undiciTransport.ts';
import type { ContractError, ErrorSource } from './messaging/errors.ts';
import type { Provider } from './messaging/provider.ts';
import type { AccountStatus, Registry } from './messaging/registry.ts';
import { createRegistry } from './messaging/registry.ts';
import { createLetstalkProvider, letstalkHeaders } from './providers/letstalk/index.ts';
import { createPactProvider, pactHeaders } from './providers/pact/index.ts';
import { createPactV2Provider, pactV2Fields } from './providers/pact/v2/index.ts';
import { createPigeonsProvider, pigeonsHeaders } from './providers/pigeons/index.ts';
import type { Sandbox } from './sandbox/index.ts';

/** The configured accounts with their adapters, each with connections of its own. */
export interface OpenAccounts {
  readonly registry: Registry;
  /** How each account is doing right now. */
  readonly load: () => readonly (AccountLoad & {
    readonly source: ErrorSource;
    readonly status: AccountStatus;
  })[];
  readonly close: () => Promise<void>;
}

export interface OpenAccountsOptions {
  readonly limitsOf: (account: AccountConfig) => CallLimits;
  readonly observer: CallObserver;
  readonly log: Logger;
}

/** Gives each account its adapter. Makes no call to any provider. */
export function openAccounts(accounts: readonly AccountConfig[], options: OpenAccountsOptions): OpenAccounts {
  const shareOf = createProviderShares();
  const uploadRateOf = createUploadRates();
  const opened = accounts.map((account) => {
    const limits = options.limitsOf(account);
    // Platforms that only have their software in common are no one provider.
    const key = `${account.provider} ${new URL(account.baseUrl).origin}`;
    return openAccount(account, limits, {
      ...options,
      share: shareOf(key, limits.maxProviderCalls),
      uploadRate: uploadRateOf(account, limits),
    });
  });
  return {
    registry: createRegistry(opened.map(({ entry }) => entry)),
    load: () =>
      opened.map(({ source, resilience }) => ({
        source,
        status: resilience.status(),
        ...resilience.load(),
      })),
    close: async () => {
      await Promise.all(opened.map(({ reads }) => reads.close()));
    },
  };
}

function openAccount(
  account: AccountConfig,
  limits: CallLimits,
  {
    observer,
    log,
    share,
    uploadRate,
  }: Omit<OpenAccountsOptions, 'limitsOf'> & {
    readonly share: ProviderShare;
    readonly uploadRate: AdaptiveRate | undefined;
  },
) {
  const { id, name = id, baseUrl } = account;
  const source: ErrorSource = { provider: PROVIDER_NAMES[account.provider], accountId: id };
  // Connections of its own: an account that hangs must not hold up another one.
  const reads: ReadPool = createReadPool({ ...limits, maxConnections: limits.concurrency.reads });
  const resilience = createResilience({
    ...limits,
    ...{ source, observer, shared: share, uploadRate },
    patience: limits.readTimeout * PATIENCE,
    ownCredentials: !('tokenHeader' in account && account.tokenHeader),
  });
  const http = createHttp({
    ...{ source, baseUrl, resilience, observer, log },
    ...{ limits, cacheFor: limits.cacheFor },
    credentials: credentialsOf(account),
    reads: reads.transport,
    sends: createGotTransport(limits),
  });
  const lost = (call: string, count: number) => {
    observer.lost(source, call, count);
    log.warn({ ...source, call, count }, 'rows of an answer could not be read');
  };
  const breached = (error: ContractError) => {
    resilience.spoiled(error);
    observer.breached(source);
    log.warn({ ...source, code: error.code, reason: error.message }, 'an answer of a provider is of no use');
  };
  const provider = createProvider(account, { accountId: id, baseUrl, http, lost, breached });
  return { source, resilience, reads, entry: { id, name, provider, status: () => resilience.status() } };
}

/** Pact v2 counts the files of a user, whichever of their companies they are for: the accounts of one token share their turns. */
function createUploadRates(): (account: AccountConfig, limits: CallLimits) => AdaptiveRate | undefined {
  const known = new Map<string, AdaptiveRate>();
  return (account, { rates, adaptiveRate: adapts }) => {
    if (account.provider !== 'pact' || account.apiVersion !== 'v2') return undefined;
    const key = JSON.stringify([account.baseUrl, account.token, rates.uploads, adapts]);
    const rate = known.get(key) ?? createAdaptiveRate({ known: rates.uploads, adapts });
    known.set(key, rate);
    return rate;
  };
}

/** Of this process alone: whoever could guess it could post what never happened. */
const SANDBOX_WEBHOOK_SECRET = randomBytes(24).toString('base64url');

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
      webhookSecret: SANDBOX_WEBHOOK_SECRET,
    },
    {
      id: 'support',
      provider: 'letstalk',
      name: 'Support',
      apiKey: letstalk.agentKey,
      role: 'agent',
      baseUrl: letstalk.url,
      live: {
        subscribeKey: letstalk.live.subscribeKey,
        publishKey: letstalk.live.publishKey,
        userId: letstalk.agentId,
        origin: letstalk.live.origin,
      },
    },
    {
      id: 'app',
      provider: 'pigeons',
      name: 'App',
      publicKey: pigeons.publicKey,
      token: pigeons.user.token,
      baseUrl: pigeons.url,
      live: { key: pigeons.live.key, url: pigeons.live.url },
    },
  ];
}

/** Where Laravel, which Pigeons is built on, signs for channels: at the root of a host. */
const AUTH_PATH = '/broadcasting/auth';

/** The part of a read's time after which callers who leave have left for want of an answer. */
const PATIENCE = 0.5;

const PROVIDER_NAMES = { pact: 'PACT', letstalk: 'LETSTALK', pigeons: 'PIGEONS' } as const;

function credentialsOf(account: AccountConfig): Credentials {
  switch (account.provider) {
    case 'pact':
      return account.apiVersion === 'v2'
        ? { fields: pactV2Fields(account) }
        : { headers: pactHeaders(account.token) };
    case 'letstalk':
      return { headers: letstalkHeaders(account.apiKey) };
    case 'pigeons':
      return { headers: pigeonsHeaders(account.publicKey) };
  }
}

function createProvider(account: AccountConfig, options: AdapterOptions): Provider {
  switch (account.provider) {
    case 'pact': {
      const webhooks = account.webhookSecret !== undefined;
      return account.apiVersion === 'v2'
        ? createPactV2Provider({ ...options, webhooks })
        : createPactProvider({ ...options, companyId: account.companyId, webhooks });
    }
    case 'letstalk':
      return createLetstalkProvider({
        ...options,
        role: account.role,
        live: account.live && { ...account.live, authKey: account.live.authKey ?? account.apiKey },
      });
    case 'pigeons':
      return createPigeonsProvider({
        ...options,
        token: account.token !== undefined ? { value: account.token } : { header: account.tokenHeader! },
        userUuid: account.userUuid,
        live: account.live && {
          ...account.live,
          authUrl: account.live.authUrl ?? new URL(AUTH_PATH, account.baseUrl).href,
        },
      });
  }
}
