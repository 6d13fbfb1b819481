import type { Capabilities } from './capabilities.ts';
import { capabilitiesOf } from './capabilities.ts';
import type { ErrorSource } from './errors.ts';
import type { Provider } from './provider.ts';

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

/** Every account there is, in the order of the accounts file. */
export interface Registry {
  readonly accounts: readonly Account[];
  get(accountId: string): Account | undefined;
}

/** Adds to accounts what follows from their adapters. */
export function createRegistry(accounts: readonly Omit<Account, 'capabilities'>[]): Registry {
  const entries = accounts.map((account) => ({ ...account, capabilities: capabilitiesOf(account.provider) }));
  const byId = new Map(entries.map((account) => [account.id, account]));
  return { accounts: entries, get: (accountId) => byId.get(accountId) };
}

/** The account as errors name it. */
export function sourceOf(account: Account): ErrorSource {
  return { provider: account.provider.name, accountId: account.id };
}
