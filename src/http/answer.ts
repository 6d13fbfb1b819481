import type { ErrorSource } from '../messaging/errors.ts';
import { ContractError, NotFoundError, ProviderError } from '../messaging/errors.ts';
import type { Answer } from './transport.ts';

/**
 * The error that an answer's status stands for; undefined for success. The answer's text takes no part in it. A 4xx is
 * a definite refusal; after any other status nobody knows what the provider has done.
 */
export function toStatusError(answer: Answer, source: ErrorSource): ProviderError | undefined {
  const { status } = answer;
  const { provider } = source;
  if (status >= 200 && status < 300) return undefined;
  switch (status) {
    case 401:
      return new ProviderError('PROVIDER_UNAUTHENTICATED', `${provider} refuses the account's credentials.`, {
        source,
        refused: true,
      });
    case 402:
      return new ProviderError('PROVIDER_PAYMENT_REQUIRED', `${provider} wants the account to be paid.`, {
        source,
        refused: true,
      });
    case 403:
      return new ProviderError('PROVIDER_FORBIDDEN', `${provider} does not let this account do this.`, {
        source,
        refused: true,
      });
    case 404:
      return new NotFoundError(source);
    case 410:
      return new ProviderError('PROVIDER_GONE', `${provider} says that this is gone for good.`, {
        source,
        refused: true,
      });
    case 429:
      return new ProviderError('PROVIDER_RATE_LIMITED', `${provider} gets too many requests.`, {
        source,
        refused: true,
        retryable: true,
        retryAfter: parseRetryAfter(answer.header('retry-after')),
      });
  }
  if (status >= 500) {
    return new ProviderError('PROVIDER_UNAVAILABLE', `${provider} failed on its side.`, {
      source,
      retryable: true,
      retryAfter: parseRetryAfter(answer.header('retry-after')),
    });
  }
  if (status >= 300 && status < 400) {
    return new ProviderError('PROVIDER_CONTRACT', `${provider} redirects, which Parley never follows.`, {
      source,
    });
  }
  return new ProviderError('PROVIDER_REJECTED', `${provider} refuses this request.`, {
    source,
    refused: true,
  });
}

/** The answer's JSON. Throws a {@link ContractError} for anything else, without a word of it. */
export function readBody(answer: Answer, source: ErrorSource, call: string): unknown {
  const type = answer.header('content-type');
  // An answer that names no type is given the benefit of the doubt: the parser decides.
  if (type !== undefined && !/^[^;]*[/+]json\b/i.test(type))
    throw new ContractError(source, call, 'content-type');
  try {
    return JSON.parse(answer.body);
  } catch {
    // The parser's own error quotes the text, and so is not kept even as a cause.
    throw new ContractError(source, call, 'the JSON itself');
  }
}

/** Seconds, from either form of the header, a day at the most; undefined for what is absent, past or no time at all. */
export function parseRetryAfter(value: string | undefined, now = Date.now()): number | undefined {
  if (value === undefined) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : Math.ceil((parseHttpDate(value) - now) / 1000);
  return seconds > 0 ? Math.min(seconds, 86_400) : undefined;
}

/** Milliseconds since 1970; NaN for what is not written as HTTP writes dates. JavaScript finds a year in nearly any text. */
function parseHttpDate(value: string): number {
  return /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(value) ? Date.parse(value) : NaN;
}
