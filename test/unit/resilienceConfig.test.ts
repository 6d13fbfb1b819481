import { describe, expect, it } from '@jest/globals';
import { stringify } from 'yaml';
import { parseAccounts } from '../../src/config/accounts.ts';

const SECRET = 'canary-secret-8c02';

const pact = { id: 'sales', provider: 'pact', companyId: 7, token: SECRET };

/** An accounts file, without aliases. */
const toYaml = (file: object) => stringify(file, { aliasDuplicateObjects: false });

describe('how a provider is treated', () => {
  /** What is wrong with it, once said of an account, and once of all accounts of its provider. */
  const problemsBoth = (resilience: unknown): [string, string] => {
    const ofAccount = parseAccounts(toYaml({ accounts: [{ ...pact, resilience }] }), {});
    const ofProvider = parseAccounts(toYaml({ accounts: [pact], providers: { pact: resilience } }), {});
    return [ofAccount.problems.join('\n'), ofProvider.problems.join('\n')];
  };

  it('may be said whole, of an account and of a provider', () => {
    const resilience = {
      ...{ connectTimeout: '500ms', readTimeout: '2s', sendTimeout: '3s', retries: '10', cache: '2s' },
      concurrency: { reads: 1, sends: '1000', uploads: 2, queue: 0 },
      circuitBreaker: { failureRatio: '0.25', minimumCalls: 1, window: 1_000, openFor: '1m' },
      ...{ rates: { calls: ['20/1s', '500/1m'], uploads: ['5/1s'] }, adaptiveRate: false },
    };
    const read = {
      ...{ connectTimeout: 500, readTimeout: 2_000, sendTimeout: 3_000, retries: 10, cache: 2_000 },
      concurrency: { reads: 1, sends: 1_000, uploads: 2, queue: 0 },
      circuitBreaker: { failureRatio: 0.25, minimumCalls: 1, window: 1_000, openFor: 60_000 },
      rates: {
        calls: [
          { count: 20, per: 1_000 },
          { count: 500, per: 60_000 },
        ],
        uploads: [{ count: 5, per: 1_000 }],
      },
      adaptiveRate: false,
    };
    const { file, problems } = parseAccounts(
      toYaml({
        accounts: [{ ...pact, resilience }],
        providers: { pact: { ...resilience, maxCalls: 10_000 }, letstalk: {}, pigeons: { retries: 0 } },
      }),
      {},
    );
    expect(problems).toEqual([]);
    expect(file!.accounts[0]!.resilience).toEqual(read);
    expect(file!.providers).toEqual({
      pact: { ...read, maxCalls: 10_000 },
      letstalk: {},
      pigeons: { retries: 0 },
    });
  });

  it('may switch off the circuit breaker and the cache, as YAML writes it', () => {
    const { file } = parseAccounts(
      `accounts: [{ id: a, provider: letstalk, apiKey: k, role: agent, resilience: { circuitBreaker: off, cache: off, retries: } }]
providers:`,
      {},
    );
    expect(file!.accounts[0]!.resilience).toEqual({ circuitBreaker: 'off', cache: 0 });
    expect(file!.providers).toEqual({});
  });

  const NO_COUNT = [true, [2], '', ' ', '0x2', '1e1', 1.5, '1.5', -1, 100_000, SECRET, {}, '2 '];
  const NO_DURATION = [5, '', '0s', '5', '1.5s', '-1s', '60d', SECRET, true, ['5s'], {}];

  it.each<[string, (value: unknown) => object, readonly unknown[]]>([
    ['connectTimeout', (connectTimeout) => ({ connectTimeout }), NO_DURATION],
    ['readTimeout', (readTimeout) => ({ readTimeout }), NO_DURATION],
    ['sendTimeout', (sendTimeout) => ({ sendTimeout }), NO_DURATION],
    ['cache', (cache) => ({ cache }), [...NO_DURATION, false, 'on']],
    ['retries', (retries) => ({ retries }), [...NO_COUNT, 11]],
    ['concurrency', (concurrency) => ({ concurrency }), [5, SECRET, [5], 'off']],
    ['concurrency.reads', (reads) => ({ concurrency: { reads } }), [...NO_COUNT, 0, 1_001]],
    ['concurrency.sends', (sends) => ({ concurrency: { sends } }), [...NO_COUNT, 0]],
    ['concurrency.uploads', (uploads) => ({ concurrency: { uploads } }), [...NO_COUNT, 0]],
    ['concurrency.queue', (queue) => ({ concurrency: { queue } }), [...NO_COUNT, 10_001]],
    ['circuitBreaker', (circuitBreaker) => ({ circuitBreaker }), ['on', false, 5, SECRET, ['off']]],
    [
      'circuitBreaker.failureRatio',
      (failureRatio) => ({ circuitBreaker: { failureRatio } }),
      [0, 1, -0.5, 1.5, '50%', '', true, [0.5], SECRET],
    ],
    [
      'circuitBreaker.minimumCalls',
      (minimumCalls) => ({ circuitBreaker: { minimumCalls } }),
      [...NO_COUNT, 0, 1_001],
    ],
    ['circuitBreaker.window', (window) => ({ circuitBreaker: { window } }), [...NO_COUNT, 0]],
    ['circuitBreaker.openFor', (openFor) => ({ circuitBreaker: { openFor } }), NO_DURATION],
    ['rates', (rates) => ({ rates }), [['5/1s'], '5/1s', SECRET]],
    ['rates.calls', (calls) => ({ rates: { calls } }), ['5/1s', 5, SECRET, new Array(11).fill('5/1s')]],
    [
      'rates.uploads[0]',
      (rate) => ({ rates: { uploads: [rate] } }),
      ['5', 5, '0/1s', '5/0s', '5/500ms', '5/2d', '5 / 1s', '1.5/1s', SECRET, null],
    ],
    ['adaptiveRate', (adaptiveRate) => ({ adaptiveRate }), ['yes', 'true', 1, SECRET]],
  ])('is refused for a bad %s, by its path, without the value', (path, withValue, values) => {
    for (const value of values) {
      const [ofAccount, ofProvider] = problemsBoth(withValue(value));
      expect([value, ofAccount]).toEqual([
        value,
        expect.stringContaining(`accounts[0].resilience.${path}: `),
      ]);
      expect([value, ofProvider]).toEqual([value, expect.stringContaining(`providers.pact.${path}: `)]);
      expect(ofAccount + ofProvider).not.toContain(SECRET);
      // In words that say what it should be.
      expect(ofAccount).not.toMatch(/: Invalid input$/m);
    }
  });

  it('is refused for what is no mapping, and for keys that there are not', () => {
    for (const value of [5, SECRET, [1]]) {
      const [ofAccount, ofProvider] = problemsBoth(value);
      expect(ofAccount).toMatch(/^accounts\[0\]\.resilience: /);
      expect(ofProvider).toMatch(/^providers\.pact: /);
    }
    for (const wrong of [
      { retry: 1 },
      { concurrency: { calls: 1 } },
      { circuitBreaker: { treshold: 0.5 } },
      { rates: { sends: [] } },
    ]) {
      for (const problems of problemsBoth(wrong)) expect(problems).toMatch(/(retry|calls|treshold|sends)$/);
    }
    // What all accounts of a provider share is no account's to say.
    expect(problemsBoth({ maxCalls: 5 })).toEqual(['accounts[0].resilience: has unknown keys: maxCalls', '']);
    const { problems } = parseAccounts(toYaml({ accounts: [pact], providers: { telegram: {} } }), {});
    expect(problems).toEqual(['providers: has unknown keys: telegram']);
  });
});
