import { encodeMergedCursor, parseMergedCursor } from './cursors.ts';
import { InputError, ParleyError, UnsupportedError } from './errors.ts';
import { ACCOUNT_ID } from './ids.ts';
import { readMerged } from './merge.ts';
import type { Conversation, ConversationState, Provider, ProviderName, ReadContext } from './provider.ts';
import type { Account, Accounts } from './registry.ts';
import { sourceOf } from './registry.ts';

/** Which conversations a list shows; an absent condition does not narrow, an empty one matches nothing. */
export interface ConversationFilter {
  readonly accountIds?: readonly string[] | undefined;
  readonly providers?: readonly ProviderName[] | undefined;
  readonly states?: readonly ConversationState[] | undefined;
}

export interface ConversationListRequest {
  readonly direction: 'forward' | 'backward';
  readonly size: number;
  /** A client's cursor, and the name of the argument that it came in. */
  readonly cursor: { readonly value: string; readonly argument: string } | undefined;
  readonly filter: ConversationFilter;
}

export interface ConversationList {
  readonly items: readonly Conversation[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  /** The cursor that the page was asked from. */
  readonly from: string | undefined;
  readonly cursorAt: (index: number) => string;
  readonly sources: readonly ConversationListSource[];
}

export interface ConversationListSource {
  readonly account: Account;
  /** Why the account gave nothing to the page; undefined when it answered. */
  readonly error: ParleyError | undefined;
}

/**
 * One page of the conversations of all accounts that take part, newest first: by what each account's list is sorted by. A provider's failure becomes a
 * source with an error; an {@link InputError} is thrown for a filter or a cursor that can't be used.
 */
export async function listConversations(
  accounts: Accounts,
  request: ConversationListRequest,
  context: ReadContext,
): Promise<ConversationList> {
  const { direction, size, cursor, filter } = request;
  const selected = selectAccounts(accounts, filter);
  const list = nameOf(filter);
  const takingPart = new Map(selected.map((account) => [account.id, account.provider]));
  // Only a forged cursor holds a place that an adapter does not know: it is refused before any provider is asked.
  const from =
    cursor &&
    parseMergedCursor(
      list,
      cursor.value,
      cursor.argument,
      (accountId, position) => takingPart.get(accountId)?.isPosition(position) ?? true,
    );
  const { states } = filter;

  const page = await readMerged(
    selected.map((account) => ({
      accountId: account.id,
      read: (pageRequest) => {
        const unsupported = unsupportedBy(account, states);
        if (unsupported) throw unsupported;
        const asked = states ? { ...pageRequest, states } : pageRequest;
        return context.share(`${account.id} conversations ${JSON.stringify(asked)}`, () =>
          account.provider.listConversations!(asked, context),
        );
      },
    })),
    { direction, size, ...(from && { from }) },
    newestFirst(takingPart),
  );

  const sources = page.outcomes.map(({ error }, index) => ({
    account: selected[index]!,
    error: error === undefined ? undefined : toSourceError(error, selected[index]!),
  }));
  // Rows that may still come are worth asking for again; those of a provider that refuses are not.
  const hasMore = page.hasMore || sources.some(({ error }) => error?.retryable);
  return {
    items: page.items,
    from: cursor?.value,
    // The cursor's own item lies on the other side: there is always something there.
    hasNextPage: direction === 'forward' ? hasMore : from !== undefined,
    hasPreviousPage: direction === 'backward' ? hasMore : from !== undefined,
    cursorAt: (index) => encodeMergedCursor(list, page.cutAt(index)),
    sources,
  };
}

/** More than anyone has accounts. */
const MAX_ACCOUNT_IDS = 1_000;

/** Those that a filter names, or those of all that can give such a list. Throws an {@link InputError} for one that does not exist. */
export function selectAccounts(accounts: Accounts, filter: ConversationFilter): Account[] {
  const named = filter.accountIds !== undefined || filter.providers !== undefined;
  return narrowAccounts(accounts, filter).filter(
    (account) => named || !unsupportedBy(account, filter.states),
  );
}

/** Those that a filter leaves, whatever they can do. Throws an {@link InputError} for one that does not exist. */
export function narrowAccounts(
  accounts: Accounts,
  { accountIds, providers }: Pick<ConversationFilter, 'accountIds' | 'providers'>,
): Account[] {
  if (accountIds && accountIds.length > MAX_ACCOUNT_IDS) {
    throw new InputError(
      'filter.accountIds',
      `The argument "filter.accountIds" has at most ${MAX_ACCOUNT_IDS} ids.`,
    );
  }
  for (const accountId of accountIds ?? []) {
    // An account that does not exist and one that the caller may not use get the same words.
    if (!ACCOUNT_ID.test(accountId) || !accounts.get(accountId)) {
      throw new InputError(
        'filter.accountIds',
        'The argument "filter.accountIds" names an account that does not exist.',
      );
    }
  }
  return accounts.all.filter(
    ({ id, provider }) =>
      (!accountIds || accountIds.includes(id)) && (!providers || providers.includes(provider.name)),
  );
}

/** Why an account can't give such a list at all; undefined when it can. */
function unsupportedBy(
  account: Account,
  states: readonly ConversationState[] | undefined,
): UnsupportedError | undefined {
  const { provider } = account;
  if (!provider.listConversations) return new UnsupportedError(sourceOf(account), 'listing conversations');
  if (states && provider.knownStates.length === 0) {
    return new UnsupportedError(sourceOf(account), 'filtering conversations by state');
  }
  return undefined;
}

/** The same for every page of one list, so that a cursor can't be carried over to another filter. */
function nameOf({ accountIds, providers, states }: ConversationFilter): string {
  const sorted = (values: readonly string[] | undefined) => (values ? [...new Set(values)].sort() : null);
  return JSON.stringify(['conversations', sorted(accountIds), sorted(providers), sorted(states)]);
}

// Instants are text whose alphabetical order is the order in time; what has none comes last.
function newestFirst(providers: ReadonlyMap<string, Provider>): (a: Conversation, b: Conversation) => number {
  const instantOf = ({ accountId, createdAt, lastActivityAt }: Conversation): string =>
    (providers.get(accountId)?.listedBy === 'ACTIVITY' ? lastActivityAt : createdAt) ?? '';
  return (a, b) => {
    const left = instantOf(a);
    const right = instantOf(b);
    return left === right ? 0 : left > right ? -1 : 1;
  };
}

function toSourceError(error: unknown, account: Account): ParleyError {
  if (error instanceof ParleyError) return error;
  return new ParleyError('INTERNAL_SERVER_ERROR', 'Parley failed to read this account.', {
    source: sourceOf(account),
    cause: error,
  });
}
