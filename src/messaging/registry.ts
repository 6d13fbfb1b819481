import type { Capabilities } from './capabilities.ts';
import { capabilitiesOf } from './capabilities.ts';
import type { ErrorSource } from './errors.ts';
import type { Reading } from './noticeReads.ts';
import { noticeReads } from './noticeReads.ts';
import type { Provider } from './provider.ts';
import type { Viewer } from './viewer.ts';

export type AccountStatus = 'OPERATIONAL' | 'DEGRADED' | 'UNAVAILABLE';

/** A configured account with the adapter that serves it. */
export interface Account {
  readonly id: string;
  readonly name: string;
  readonly provider: Provider;
  readonly capabilities: Capabilities;
  /** How the provider has been answering, from the calls that were made anyway. */
  status(): AccountStatus;
}

/** Accounts in the order of the accounts file. */
export interface Accounts {
  readonly all: readonly Account[];
  /** How many there are at the most. */
  readonly count: number;
  /** Undefined for an account that is not among these, whether it exists or not: nobody can tell which. */
  get(accountId: string): Account | undefined;
}

/** Every account there is. */
export interface Registry extends Accounts {
  /** Those that a viewer may use. The one place where that is decided, for every way in. */
  of(viewer: Viewer): Accounts;
}

/** Adds to accounts what follows from their adapters. */
export function createRegistry(accounts: readonly Omit<Account, 'capabilities'>[]): Registry {
  const every = toAccounts(
    accounts.map((account) => ({ ...account, capabilities: capabilitiesOf(account.provider) })),
  );
  return {
    ...every,
    of({ accounts: allowed }) {
      if (allowed === '*') return every;
      return {
        get all() {
          return every.all.filter(({ id }) => allowed.has(id));
        },
        count: Math.min(allowed.size, every.count),
        get: (accountId) => (allowed.has(accountId) ? every.get(accountId) : undefined),
      };
    },
  };
}

/**
 * The same accounts, whose reads are noticed; but for those where each caller brings credentials of their own, since nobody else may know
 * what they read.
 */
export function noticingRegistry(registry: Registry, noticed: (reading: Reading) => void): Registry {
  return createRegistry(
    registry.all.map(({ provider, ...account }) => ({
      ...account,
      provider: provider.actor ? provider : noticeReads(account.id, provider, noticed),
    })),
  );
}

function toAccounts(accounts: readonly Account[]): Accounts {
  const byId = new Map(accounts.map((account) => [account.id, account]));
  return { all: accounts, count: accounts.length, get: (accountId) => byId.get(accountId) };
}

/** The account as errors name it. */
export function sourceOf(account: Account): ErrorSource {
  return { provider: account.provider.name, accountId: account.id };
}
