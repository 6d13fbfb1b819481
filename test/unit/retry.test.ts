import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { NotMadeError } from '../../src/http/resilience/NotMadeError.ts';
import type { RetryOptions } from '../../src/http/resilience/retry.ts';
import { retryReads } from '../../src/http/resilience/retry.ts';
import type { ErrorCode } from '../../src/messaging/errors.ts';
import { ProviderError } from '../../src/messaging/errors.ts';

const source = { provider: 'PACT', accountId: 'sales' } as const;

const passing = (code: ErrorCode = 'PROVIDER_UNAVAILABLE', retryAfter?: number) =>
  new ProviderError(code, `${code} for now`, { source, retryable: true, retryAfter });

const notMade = () =>
  new NotMadeError('PROVIDER_UNAVAILABLE', 'not asked for a while', { source, retryAfter: 5 });

/** Reads that end as a test says, one after the other; the last for good. */
function readsOf(...outcomes: readonly (Error | string)[]) {
  let tries = 0;
  return {
    tries: () => tries,
    read: () => {
      const outcome = outcomes[Math.min(tries, outcomes.length - 1)]!;
      tries += 1;
      return outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome);
    },
  };
}

const options = (changes: Partial<RetryOptions> = {}): RetryOptions => ({
  signal: new AbortController().signal,
  maxRetries: 2,
  left: () => 10_000,
  mayRetry: () => true,
  ...changes,
});

afterEach(() => {
  jest.restoreAllMocks();
});

describe('a read that fails in a way that may pass', () => {
  it('is tried again until it succeeds, and nothing is told of what went before', async () => {
    const { read, tries } = readsOf(passing(), passing('PROVIDER_RATE_LIMITED'), 'answered');
    await expect(retryReads(read, options())).resolves.toBe('answered');
    expect(tries()).toBe(3);
  });

  it.each([0, 1, 4])('is tried again %i times, and no more', async (maxRetries) => {
    jest.spyOn(Math, 'random').mockReturnValue(0);
    const { read, tries } = readsOf(passing());
    await expect(retryReads(read, options({ maxRetries }))).rejects.toMatchObject({ retryable: true });
    expect(tries()).toBe(maxRetries + 1);
  });

  it('ends with why it had to be tried again when it could not be', async () => {
    const first = passing();
    const { read, tries } = readsOf(first, passing('PROVIDER_RATE_LIMITED'), notMade());
    await expect(retryReads(read, options({ maxRetries: 5 }))).rejects.toBe(first);
    expect(tries()).toBe(3);
  });

  it('asks before each retry whether it may, and not where there is none', async () => {
    const mayRetry = jest.fn(() => true);
    for (const outcome of ['answered', new Error('ours'), passing('PROVIDER_TIMEOUT'), notMade()])
      await retryReads(readsOf(outcome).read, options({ mayRetry })).catch(() => undefined);
    await retryReads(readsOf(passing()).read, options({ mayRetry, maxRetries: 0 })).catch(() => undefined);
    await retryReads(readsOf(passing()).read, options({ mayRetry, left: () => 10 })).catch(() => undefined);
    expect(mayRetry).not.toHaveBeenCalled();
    await retryReads(readsOf(passing()).read, options({ mayRetry })).catch(() => undefined);
    expect(mayRetry).toHaveBeenCalledTimes(2);
  });

  it('is not tried again where it may not', async () => {
    const { read, tries } = readsOf(passing());
    await expect(retryReads(read, options({ mayRetry: () => false }))).rejects.toThrow('for now');
    expect(tries()).toBe(1);
  });

  it.each<[string, number, number, number]>([
    ['after 25 milliseconds at the least', 0, 0, 25],
    ['after 50 milliseconds at the most', 0, 0.999_999, 50],
    ['then after 50 at the least', 1, 0, 50],
    ['then after 100 at the most', 1, 0.999_999, 100],
  ])(
    'is tried again %s, if there is time left for that and for the try',
    async (_when, retry, chance, pause) => {
      jest.spyOn(Math, 'random').mockReturnValue(chance);
      for (const [left, isTried] of [
        [pause + 50, true],
        [pause + 48, false],
      ] as const) {
        const { read, tries } = readsOf(passing());
        const lefts = [...new Array<number>(retry).fill(10_000), left];
        await retryReads(read, options({ maxRetries: retry + 1, left: () => lefts.shift()! })).catch(
          () => undefined,
        );
        expect([left, tries()]).toEqual([left, retry + (isTried ? 2 : 1)]);
      }
    },
  );

  it('waits as long as the provider says, where there is time left for it', async () => {
    const { read, tries } = readsOf(passing('PROVIDER_RATE_LIMITED', 0.02), 'answered');
    await expect(retryReads(read, options())).resolves.toBe('answered');
    expect(tries()).toBe(2);
  });

  it('tells how long the provider says at once, where there is less time left', async () => {
    const { read, tries } = readsOf(passing('PROVIDER_RATE_LIMITED', 9.96));
    await expect(retryReads(read, options())).rejects.toMatchObject({ retryAfter: 9.96 });
    expect(tries()).toBe(1);
  });
});

describe('a read that is no use to try again', () => {
  it.each<[string, Error]>([
    ['refused for good', new ProviderError('PROVIDER_FORBIDDEN', 'no', { source })],
    ['out of time', passing('PROVIDER_TIMEOUT')],
    ['not made', notMade()],
    ['broken by a mistake of ours', new TypeError('ours')],
  ])('is not, as one that is %s', async (_what, error) => {
    const { read, tries } = readsOf(error);
    await expect(retryReads(read, options())).rejects.toBe(error);
    expect(tries()).toBe(1);
  });
});

describe('a caller who leaves', () => {
  it('while the read is under way has nothing tried again for them', async () => {
    const caller = new AbortController();
    const mayRetry = jest.fn(() => true);
    let tries = 0;
    const error = passing();
    const read = () => {
      tries += 1;
      caller.abort();
      return Promise.reject(error);
    };
    await expect(retryReads(read, options({ signal: caller.signal, mayRetry }))).rejects.toBe(error);
    expect([tries, mayRetry.mock.calls.length]).toEqual([1, 0]);
  });

  it('in the pause before the next try does not wait it out, and is told what went wrong', async () => {
    const caller = new AbortController();
    const error = passing('PROVIDER_RATE_LIMITED', 3_600);
    const { read, tries } = readsOf(error);
    // The pause has begun once it was allowed.
    const mayRetry = () => (setImmediate(() => caller.abort()), true);
    await expect(
      retryReads(read, options({ signal: caller.signal, mayRetry, left: () => Infinity })),
    ).rejects.toBe(error);
    expect(tries()).toBe(1);
  });
});
