import type { ProviderName } from './provider.ts';

/** The codes that callers tell errors apart by: the enum `ErrorCode` of the schema, which describes each. */
export type ErrorCode =
  | 'BAD_USER_INPUT'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'AUTHENTICATION_UNAVAILABLE'
  | 'RATE_LIMITED'
  | 'OPERATION_TOO_COSTLY'
  | 'ANSWER_TOO_LARGE'
  | 'UNSUPPORTED'
  | 'CURSOR_UNREACHABLE'
  | 'CURSOR_EXPIRED'
  | 'SUBSCRIPTION_TOO_SLOW'
  | 'SHUTTING_DOWN'
  | 'MESSAGE_UNREACHABLE'
  | 'PROVIDER_UNAVAILABLE'
  | 'PROVIDER_TIMEOUT'
  | 'PROVIDER_CONTRACT'
  | 'PROVIDER_UNAUTHENTICATED'
  | 'PROVIDER_PAYMENT_REQUIRED'
  | 'PROVIDER_FORBIDDEN'
  | 'PROVIDER_GONE'
  | 'PROVIDER_REJECTED'
  | 'PROVIDER_RATE_LIMITED'
  | 'OVERLOADED'
  | 'STORE_UNAVAILABLE'
  | 'STORAGE_UNAVAILABLE'
  | 'BAD_REQUEST'
  | 'PERSISTED_QUERY_NOT_IN_LIST'
  | 'PAYLOAD_TOO_LARGE'
  | 'REQUEST_TIMEOUT'
  | 'SETTING_MISSING'
  | 'CANCELLED'
  | 'INTERNAL_SERVER_ERROR';

/** Which account of which provider an error came from. */
export interface ErrorSource {
  readonly provider: ProviderName;
  readonly accountId: string;
}

interface ErrorOptions {
  readonly source?: ErrorSource | undefined;
  readonly refused?: boolean;
  readonly retryable?: boolean;
  readonly retryAfter?: number | undefined;
  readonly cause?: unknown;
}

/**
 * The root of everything that Parley throws on purpose. Its message is written by us for a developer and is safe to
 * show; whatever a provider said is at most in `cause`, which never leaves the process.
 */
export class ParleyError extends Error {
  readonly code: ErrorCode;
  readonly source: ErrorSource | undefined;
  /**
   * Whether what was asked for has certainly not been done. Where it is false, a write may have happened nevertheless:
   * nothing is repeated on the strength of a guess.
   */
  readonly refused: boolean;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** Seconds to wait before that, when the provider named a time. */
  readonly retryAfter: number | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.source = options.source;
    this.refused = options.refused ?? NOTHING_DONE.has(code);
    this.retryable = options.retryable ?? false;
    this.retryAfter = options.retryAfter;
  }
}

/**
 * What callers are told of an error. How the store is set up, and what is wrong with it, is for whoever runs Parley, whom the log
 * tells.
 */
export function publicMessageOf({ code, message }: ParleyError): string {
  return code === 'STORE_UNAVAILABLE' ? STORE_WORDS : message;
}

const STORE_WORDS =
  "Parley's store can't be used now. The same request, with the same key, may succeed later.";

/** Codes that are given before a provider is called for the write. */
const NOTHING_DONE: ReadonlySet<ErrorCode> = new Set([
  'BAD_USER_INPUT',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'RATE_LIMITED',
  'OVERLOADED',
  'OPERATION_TOO_COSTLY',
  'UNSUPPORTED',
  'SETTING_MISSING',
  'STORAGE_UNAVAILABLE',
]);

/** Says of an error that came before a write that nothing has been done. */
export function beforeWriting(error: unknown): unknown {
  if (!(error instanceof ParleyError) || error.refused) return error;
  const { code, message, source, retryable, retryAfter, cause } = error;
  return new ProviderError(code, message, { source, retryable, retryAfter, cause, refused: true });
}

/** An argument that can't be used. `argument` is its name, dotted where it is nested: `filter.accountIds`. */
export class InputError extends ParleyError {
  readonly argument: string;

  constructor(argument: string, message: string) {
    super('BAD_USER_INPUT', message);
    this.argument = argument;
  }
}

/** Any way in which a provider did not give what it was asked for. */
export class ProviderError extends ParleyError {}

/** The provider says that what was asked for does not exist. Callers see null, never this error. */
export class NotFoundError extends ProviderError {
  constructor(source: ErrorSource) {
    super('PROVIDER_REJECTED', `${source.provider} says that this does not exist.`, {
      source,
      refused: true,
    });
  }
}

/** An answer that breaks the provider's documentation at `path`, a dotted path into the JSON of `call`. */
export class ContractError extends ProviderError {
  constructor(source: ErrorSource, call: string, path: string, cause?: unknown) {
    super(
      'PROVIDER_CONTRACT',
      `${source.provider} answered the call "${call}" with something else than it documents, at ${path}.`,
      { source, cause },
    );
  }
}

/** A method that the account's adapter does not have. */
export class UnsupportedError extends ParleyError {
  constructor(source: ErrorSource, what: string) {
    super('UNSUPPORTED', `${source.provider} does not support ${what}.`, { source });
  }
}
