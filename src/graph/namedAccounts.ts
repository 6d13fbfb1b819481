import { narrowAccounts } from '../messaging/conversationList.ts';
import { InputError } from '../messaging/errors.ts';
import type { Account, Accounts } from '../messaging/registry.ts';

/** The accounts that a caller names, else all that they may use. Throws an `InputError` for one that is not among those. */
export function namedAccounts(
  accounts: Accounts,
  accountIds: readonly string[] | null | undefined,
): readonly Account[] {
  if (accountIds == null) return accounts.all;
  try {
    return narrowAccounts(accounts, { accountIds });
  } catch (error) {
    // The same words, for an argument that stands by itself.
    if (!(error instanceof InputError)) throw error;
    throw new InputError('accountIds', error.message.replace('filter.accountIds', 'accountIds'));
  }
}
