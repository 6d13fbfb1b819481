import { describe, expect, it } from '@jest/globals';
import type { CallLimits } from '../../src/callLimits.ts';
import { callLimitsOf, DEFAULT_CALL_LIMITS } from '../../src/callLimits.ts';
import { parseAccounts } from '../../src/config/accounts.ts';
import { loadConfig } from '../../src/config/index.ts';

/** The limits of one account, as an operator would set them. */
function limitsOf(
  {
    apiVersion = 'v1',
    account = '',
    pact = '',
    rest = '',
    environment = {},
  }: {
    apiVersion?: string;
    account?: string;
    pact?: string;
    rest?: string;
    environment?: Record<string, string>;
  },
  changes?: Partial<CallLimits>,
): CallLimits {
  const { file, problems } = parseAccounts(
    `accounts:
  - { id: sales, provider: pact, companyId: 7, token: a-token, apiVersion: ${apiVersion}, resilience: { ${account} } }
providers: { pact: { ${pact} }${rest} }`,
    {},
  );
  expect(problems).toEqual([]);
  const config = { ...loadConfig(environment), providers: file!.providers };
  return callLimitsOf(file!.accounts[0]!, config, changes);
}

describe('the limits of an account', () => {
  it('are the usual ones where nobody says anything', () => {
    expect(limitsOf({})).toEqual({ ...DEFAULT_CALL_LIMITS, uploadTimeout: 315_000 });
  });

  it('are the account’s own more than its provider’s, and those more than the environment’s, key by key', () => {
    const limits = limitsOf({
      environment: { CONNECT_TIMEOUT: '1s', READ_TIMEOUT: '4s', SEND_TIMEOUT: '6s' },
      pact: 'readTimeout: 3s, sendTimeout: 5s, retries: 1, concurrency: { reads: 8, queue: 50 }, adaptiveRate: false',
      account: 'sendTimeout: 2s, concurrency: { queue: 0, uploads: 2 }, cache: 2s',
    });
    expect(limits).toMatchObject({
      ...{ connectTimeout: 1_000, readTimeout: 3_000, sendTimeout: 2_000 },
      ...{ maxRetries: 1, adaptiveRate: false, cacheFor: 2_000 },
      concurrency: { reads: 8, sends: 32, uploads: 2, queue: 0 },
    });
  });

  it('may go back to what is usual where their provider’s do not', () => {
    const limits = limitsOf({
      pact: 'cache: 5s, adaptiveRate: false, retries: 0, rates: { calls: [1/1s], uploads: [2/1m] }',
      account: 'cache: off, adaptiveRate: true, retries: 2, rates: { calls: [] }',
    });
    expect(limits).toMatchObject({
      ...{ cacheFor: 0, adaptiveRate: true, maxRetries: 2 },
      rates: { calls: [], uploads: [{ count: 2, per: 60_000 }] },
    });
  });

  it('have a circuit breaker, whose parts may each be another, or none', () => {
    const { circuitBreaker: usual } = DEFAULT_CALL_LIMITS;
    expect(limitsOf({ account: 'circuitBreaker: off' }).circuitBreaker).toBeUndefined();
    expect(limitsOf({ pact: 'circuitBreaker: off' }).circuitBreaker).toBeUndefined();
    expect(
      limitsOf({
        pact: 'circuitBreaker: { openFor: 1s, window: 40 }',
        account: 'circuitBreaker: { openFor: 9s }',
      }).circuitBreaker,
    ).toEqual({ ...usual, window: 40, openFor: 9_000 });
    // Switched on again.
    expect(
      limitsOf({ pact: 'circuitBreaker: off', account: 'circuitBreaker: { minimumCalls: 3 }' })
        .circuitBreaker,
    ).toEqual({ ...usual, minimumCalls: 3 });
  });

  it('know what Pact takes of uploads by its second API, unless somebody says otherwise', () => {
    expect(limitsOf({}).rates).toEqual({ calls: [], uploads: [] });
    expect(limitsOf({ apiVersion: 'v2' }).rates).toEqual({
      calls: [],
      uploads: [
        { count: 5, per: 1_200 },
        { count: 30, per: 61_000 },
      ],
    });
    const own = limitsOf({ apiVersion: 'v2', account: 'rates: { uploads: [] }' });
    expect(own.rates).toEqual({ calls: [], uploads: [] });
  });

  it('do not come from another provider', () => {
    expect(limitsOf({ rest: ', letstalk: { retries: 9, readTimeout: 1s }' })).toMatchObject({
      maxRetries: 2,
      readTimeout: 10_000,
    });
  });

  it('give a file the time that it may take to arrive, and its answer that of a send', () => {
    const environment = { UPLOAD_TOTAL_TIMEOUT: '60s' };
    expect(limitsOf({ environment, account: 'sendTimeout: 4s' }).uploadTimeout).toBe(64_000);
    expect(limitsOf({ environment }, { uploadTimeout: 5 }).uploadTimeout).toBe(5);
  });

  it('hold how many calls all accounts of the provider make at once', () => {
    expect(limitsOf({ pact: 'maxCalls: 3' }).maxProviderCalls).toBe(3);
  });
});
