import { conversationId } from '../../src/messaging/ids.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import type { ProviderKey } from '../e2e/chaos/plan.ts';
import { SANDBOX_ACCOUNTS } from '../sandboxAccounts.ts';

/** Where the next message goes. */
export type NextPlace = (provider: ProviderKey) => string;

/** How many messages a conversation gets before the next one does. */
const EACH = 25;
/** More sends a second than any provider here sees. */
const MOST_A_SECOND = 12;

/**
 * Conversations to send to, for so long. The sandbox keeps every message for ever, and Pigeons answers all of a conversation's:
 * in a single one, answers would grow with time, and Parley's memory with them. All are there before it begins, since
 * lists of conversations would grow as well.
 */
export function makePlaces(sandbox: Sandbox, duration: number): NextPlace {
  const count = Math.ceil(((duration / 1_000) * MOST_A_SECOND) / EACH);
  const make: Record<ProviderKey, () => string> = {
    pact: () => String(sandbox.pact.addConversation().external_id),
    letstalk: () => String(sandbox.letstalk.addConversation().id),
    pigeons: () => sandbox.pigeons.addConversation().uuid,
  };
  const ids = {
    pact: Array.from({ length: count }, make.pact),
    letstalk: Array.from({ length: count }, make.letstalk),
    pigeons: Array.from({ length: count }, make.pigeons),
  };
  const given: Record<ProviderKey, number> = { pact: 0, letstalk: 0, pigeons: 0 };
  return (provider) => {
    const index = Math.floor(given[provider] / EACH) % count;
    given[provider] += 1;
    return conversationId({ accountId: SANDBOX_ACCOUNTS[provider], externalId: ids[provider][index]! });
  };
}
