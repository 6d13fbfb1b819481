import type { ProviderShare } from './createResilience.ts';
import { mapKinds } from './createResilience.ts';
import { createPlaces } from './places.ts';
import { createRetryBudget } from './retryBudget.ts';

/** How many calls may wait for a place at a provider: each has a place of its account already. */
const QUEUE = 10_000;

/** Gives accounts that ask the same provider the same share. `key` says which provider that is. */
export function createProviderShares(): (key: string, maxCalls: number) => ProviderShare {
  const shares = new Map<string, ProviderShare>();
  return (key, maxCalls) => {
    const known = shares.get(key);
    if (known) return known;
    const places = mapKinds(() => createPlaces(maxCalls, QUEUE));
    const share = { places, retries: createRetryBudget() };
    shares.set(key, share);
    return share;
  };
}
