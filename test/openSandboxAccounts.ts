import { pino } from 'pino';
import type { OpenAccounts } from '../src/accounts.ts';
import { openAccounts } from '../src/accounts.ts';
import type { AccountConfig } from '../src/config/accounts.ts';
import type { HttpLimits } from '../src/http/client.ts';
import { DEFAULT_HTTP_LIMITS } from '../src/http/client.ts';

/** Adapters over real HTTP, without a graph in front of them. */
export function openSandboxAccounts(
  accounts: readonly AccountConfig[],
  limits: Partial<HttpLimits> = {},
): OpenAccounts {
  return openAccounts(accounts, { ...DEFAULT_HTTP_LIMITS, ...limits }, pino({ level: 'silent' }));
}
