import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { DEFAULT_CALL_LIMITS } from '../../src/callLimits.ts';
import { parseAccounts } from '../../src/config/accounts.ts';
import { providers } from '../../src/config/resilience.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

describe('the settings of resilience', () => {
  /** The table of settings: keys, with their defaults as they are written. */
  const settings = new Map(
    [...read('docs/resilience.md').matchAll(/^\| `([a-z]\w+(?:\.\w+)?)` +\|([^|]*)\|/gm)].map(
      ([, key, value]) => [key!, value!.trim().replaceAll('`', '')] as const,
    ),
  );

  it('have every key of the accounts file on their page, and no other', () => {
    const keys = Object.keys(providers.shape.pact.unwrap().shape);
    const listed = [...settings.keys()].map((key) => key.split('.')[0]!);
    expect(keys.length).toBeGreaterThan(9);
    expect([...new Set(listed)].sort()).toEqual(keys.sort());
  });

  it('have their defaults there', () => {
    const { concurrency, circuitBreaker, maxRetries, maxProviderCalls, adaptiveRate, cacheFor } =
      DEFAULT_CALL_LIMITS;
    for (const [key, value] of Object.entries(concurrency))
      expect([key, settings.get(`concurrency.${key}`)]).toEqual([key, String(value)]);
    for (const [key, value] of Object.entries(circuitBreaker!))
      expect([key, settings.get(`circuitBreaker.${key}`)]).toEqual([
        key,
        key === 'openFor' ? `${value / 1_000}s` : String(value),
      ]);
    expect(settings.get('retries')).toBe(String(maxRetries));
    expect(settings.get('maxCalls')).toBe(String(maxProviderCalls));
    expect(settings.get('adaptiveRate')).toBe(String(adaptiveRate));
    expect([settings.get('cache'), cacheFor]).toEqual(['off', 0]);
  });

  it.each(['docs/resilience.md', 'docs/accounts.md'])(
    'have an example in %s that works when pasted',
    (page) => {
      const examples = [...read(page).matchAll(/```yaml\n([\s\S]*?)```/g)]
        .map(([, yaml]) => yaml!)
        .filter((yaml) => yaml.includes('resilience:'));
      expect(examples).toHaveLength(1);
      const secrets = { PACT_TOKEN: 'a-token', LETSTALK_API_KEY: 'a-key' };
      expect(parseAccounts(examples[0]!, secrets).problems).toEqual([]);
    },
  );
});
