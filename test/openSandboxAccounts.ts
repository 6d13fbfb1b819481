import { pino } from 'pino';
import type { OpenAccounts } from '../src/accounts.ts';
import { openAccounts } from '../src/accounts.ts';
import type { CallLimits } from '../src/callLimits.ts';
import { DEFAULT_CALL_LIMITS } from '../src/callLimits.ts';
import type { AccountConfig } from '../src/config/accounts.ts';
import { NO_OBSERVER } from '../src/http/observer.ts';

/** For tests of one fault after another on the same account: none leaves anything behind for the next. */
export const EACH_FAULT_BY_ITSELF: Partial<CallLimits> = { circuitBreaker: undefined, adaptiveRate: false };

/** Adapters over real HTTP, without a graph in front of them. */
export function openSandboxAccounts(
  accounts: readonly AccountConfig[],
  limits: Partial<CallLimits> = {},
): OpenAccounts {
  return openAccounts(accounts, {
    limitsOf: () => ({ ...DEFAULT_CALL_LIMITS, ...limits }),
    observer: NO_OBSERVER,
    log: pino({ level: 'silent' }),
  });
}
