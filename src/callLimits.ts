import type { AccountConfig } from './config/accounts.ts';
import type { Config } from './config/index.ts';
import type { ResilienceConfig } from './config/resilience.ts';
import type { HttpLimits } from './http/client.ts';
import { DEFAULT_HTTP_LIMITS } from './http/client.ts';
import type { ResilienceOptions } from './http/resilience/createResilience.ts';

/** All that bounds the calls of an account. Times are milliseconds. */
export interface CallLimits
  extends
    Omit<HttpLimits, 'maxConnections'>,
    Pick<ResilienceOptions, 'maxRetries' | 'concurrency' | 'circuitBreaker' | 'rates' | 'adaptiveRate'> {
  /** How long a read's answer may be given again; 0 for not at all. */
  readonly cacheFor: number;
  /** The most calls of each kind at once, of all accounts of the same provider together. */
  readonly maxProviderCalls: number;
}

/** Meant to need no tuning: wide enough for a healthy provider, and narrow enough that one in trouble costs little. */
export const DEFAULT_CALL_LIMITS: CallLimits = {
  ...DEFAULT_HTTP_LIMITS,
  maxRetries: 2,
  concurrency: { reads: 32, sends: 32, uploads: 16, queue: 200 },
  circuitBreaker: { failureRatio: 0.5, minimumCalls: 10, window: 20, openFor: 5_000 },
  // v1 of Pact, Letstalk and Pigeons document nothing.
  rates: { calls: [], uploads: [] },
  adaptiveRate: true,
  cacheFor: 0,
  maxProviderCalls: 256,
};

/** The limits of an account: its own count more than its provider's, and those more than what is usual. */
export function callLimitsOf(
  account: AccountConfig,
  { providers, deadlines, uploads }: Pick<Config, 'providers' | 'deadlines' | 'uploads'>,
  changes: Partial<CallLimits> = {},
): CallLimits {
  const usual = { ...DEFAULT_CALL_LIMITS, ...ratesOf(account), ...deadlines, ...changes };
  const { maxCalls = usual.maxProviderCalls, ...provider } = providers[account.provider] ?? {};
  const limits = withChanges(withChanges(usual, provider), account.resilience ?? {});
  return {
    ...limits,
    maxProviderCalls: maxCalls,
    // A file that is passed on while it arrives takes as long as that, and its answer as long as any other.
    uploadTimeout: changes.uploadTimeout ?? uploads.totalTimeout + limits.sendTimeout,
  };
}

/** What a provider documents of how much it takes. */
function ratesOf(account: AccountConfig): Pick<CallLimits, 'rates'> {
  const isPactV2 = account.provider === 'pact' && account.apiVersion === 'v2';
  return { rates: isPactV2 ? { calls: [], uploads: PACT_V2_UPLOADS } : DEFAULT_CALL_LIMITS.rates };
}

/** `pact.md`, "v2": at most 5 files a second and 30 a minute. A little longer, since what leaves a second apart may arrive closer. */
const PACT_V2_UPLOADS: CallLimits['rates']['uploads'] = [
  { count: 5, per: 1_200 },
  { count: 30, per: 61_000 },
];

function withChanges(limits: CallLimits, changes: ResilienceConfig): CallLimits {
  const { retries = limits.maxRetries, cache = limits.cacheFor } = changes;
  return {
    ...limits,
    connectTimeout: changes.connectTimeout ?? limits.connectTimeout,
    readTimeout: changes.readTimeout ?? limits.readTimeout,
    sendTimeout: changes.sendTimeout ?? limits.sendTimeout,
    adaptiveRate: changes.adaptiveRate ?? limits.adaptiveRate,
    maxRetries: retries,
    cacheFor: cache,
    concurrency: { ...limits.concurrency, ...withoutUndefined(changes.concurrency) },
    rates: { ...limits.rates, ...withoutUndefined(changes.rates) },
    circuitBreaker: toCircuitBreaker(limits.circuitBreaker, changes.circuitBreaker),
  };
}

function toCircuitBreaker(
  usual: CallLimits['circuitBreaker'],
  changes: ResilienceConfig['circuitBreaker'],
): CallLimits['circuitBreaker'] {
  if (changes === 'off') return undefined;
  if (changes === undefined) return usual;
  return { ...DEFAULT_CALL_LIMITS.circuitBreaker!, ...usual, ...withoutUndefined(changes) };
}

/** What is given, without what is only there to be absent. */
function withoutUndefined<T extends object>(values: T | undefined): { [K in keyof T]: NonNullable<T[K]> } {
  const given = Object.entries(values ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as { [K in keyof T]: NonNullable<T[K]> };
}
