import type { Logger } from 'pino';
import type { ErrorSource } from '../messaging/errors.ts';
import { ParleyError, ProviderError } from '../messaging/errors.ts';
import type { CallContext } from '../messaging/upstreamCalls.ts';
import type { AccountHealth } from './health.ts';
import { readBody, toStatusError } from './answer.ts';
import type { MultipartField } from './multipart.ts';
import type { Answer, Transport } from './transport.ts';
import { retryReads } from './retry.ts';

/** One call to a provider. */
export interface HttpRequest {
  /** The call's name in logs, errors and metrics: never its URL, which holds ids. */
  readonly call: string;
  /** Default GET. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Appended to the account's base URL, already percent-encoded. */
  readonly path: string;
  /** An undefined value leaves its key out. */
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: HttpBody;
  /** The operation that it is made for. */
  readonly context: CallContext;
}

/** What a call carries. A form keeps repeated keys; multipart is for files. */
export type HttpBody =
  | { readonly json: unknown }
  | { readonly form: URLSearchParams }
  | { readonly multipart: readonly MultipartField[] };

/**
 * Makes one call and gives the JSON of its answer, unvalidated. Throws a `ProviderError` for everything else:
 * `NotFoundError` for 404, `ContractError` for an answer that is no JSON.
 *
 * Reads are retried, writes never are; redirects are never followed, so that credentials stay here. Of a write that failed,
 * the error says in `refused` whether the provider has certainly not done it.
 */
export type Http = (request: HttpRequest) => Promise<unknown>;

/** Deadlines in milliseconds, and the most bytes that an answer may have. */
export interface HttpLimits {
  readonly connectTimeout: number;
  /** From the first byte written to the last byte read, over all retries. */
  readonly readTimeout: number;
  readonly sendTimeout: number;
  /** The same for a call that carries a file, which takes as long as whoever uploads it. */
  readonly uploadTimeout: number;
  readonly maxAnswerBytes: number;
  /** How often a read is tried again. */
  readonly maxRetries: number;
  /** The most connections at once. */
  readonly maxConnections: number;
}

export const DEFAULT_HTTP_LIMITS: HttpLimits = {
  connectTimeout: 3_000,
  readTimeout: 10_000,
  sendTimeout: 15_000,
  uploadTimeout: 300_000,
  // Pigeons answers whole conversations in one piece: some 20,000 messages fit.
  maxAnswerBytes: 32 * 1024 * 1024,
  maxRetries: 2,
  maxConnections: 32,
};

export interface HttpOptions {
  readonly source: ErrorSource;
  readonly baseUrl: string;
  /** Sent with every call: where the account's own credentials stand. */
  readonly headers: Readonly<Record<string, string>>;
  readonly limits: HttpLimits;
  /** For reads. */
  readonly reads: Transport;
  /** For writes. */
  readonly sends: Transport;
  readonly health: AccountHealth;
  readonly log: Logger;
}

/** The one way out to a provider, for one account. */
export function createHttp(options: HttpOptions): Http {
  const { source, limits, health, log } = options;
  const base = options.baseUrl.replace(/\/+$/, '');

  return async (request) => {
    const { signal: caller, calls } = request.context;
    calls.begin();
    const isRead = request.body === undefined && (request.method ?? 'GET') === 'GET';
    const carriesFile = request.body !== undefined && 'multipart' in request.body;
    const timeout = isRead ? limits.readTimeout : carriesFile ? limits.uploadTimeout : limits.sendTimeout;
    const deadline = AbortSignal.timeout(timeout);
    const call = {
      request: {
        method: request.method ?? 'GET',
        url: toUrl(base, request),
        headers: { accept: 'application/json', ...options.headers, ...request.headers },
        ...(request.body && { body: request.body }),
      },
      signal: AbortSignal.any([caller, deadline]),
    };
    const once = () => attempt(isRead ? options.reads : options.sends, call, request);
    if (!isRead) return once();
    return retryReads(once, {
      ...{ signal: call.signal, maxRetries: limits.maxRetries },
      // What is in trouble already is not asked more often than an operation may ask.
      mayRetry: () => calls.hasRoom,
    });

    // One round trip. Circuit breaking and budgets wrap this function.
    async function attempt(
      transport: Transport,
      { request: wire, signal }: typeof call,
      { call: name }: HttpRequest,
    ): Promise<unknown> {
      calls.made();
      const startedAt = performance.now();
      let answer: Answer | undefined;
      let code = 'OK';
      try {
        answer = await transport(wire, signal);
        const error = toStatusError(answer, source);
        if (error) throw error;
        const body = readBody(answer, source, name);
        health.succeeded();
        return body;
      } catch (cause) {
        const error = toProviderError(cause, { source, caller, deadline });
        code = error.code;
        if (error.code !== 'CANCELLED') health.failed(error);
        throw error;
      } finally {
        const milliseconds = Math.round(performance.now() - startedAt);
        log.debug({ ...source, call: name, status: answer?.status, code, milliseconds }, 'provider call');
      }
    }
  };
}

function toUrl(base: string, { path, query = {} }: HttpRequest): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query))
    if (value !== undefined) search.append(key, String(value));
  const suffix = search.size > 0 ? `?${search.toString()}` : '';
  return `${base}${path}${suffix}`;
}

function toProviderError(
  thrown: unknown,
  { source, caller, deadline }: { source: ErrorSource; caller: AbortSignal; deadline: AbortSignal },
): ParleyError {
  if (thrown instanceof ParleyError) return thrown;
  const cause = toCause(thrown);
  const refused = isUnwritten(thrown);
  if (caller.aborted)
    return new ParleyError(
      'CANCELLED',
      'The operation was ended: its caller went away, or Parley is stopping.',
      { source, refused, cause },
    );
  if (deadline.aborted || isTimeout(thrown)) {
    return new ProviderError('PROVIDER_TIMEOUT', `${source.provider} did not answer in time.`, {
      source,
      refused,
      retryable: true,
      cause,
    });
  }
  if (isTooLarge(thrown)) {
    return new ProviderError(
      'PROVIDER_CONTRACT',
      `${source.provider} answered with more than Parley reads.`,
      {
        source,
        cause,
      },
    );
  }
  return new ProviderError('PROVIDER_UNAVAILABLE', `${source.provider} can't be reached.`, {
    source,
    refused,
    retryable: true,
    cause,
  });
}

// A transport's own error holds the request with its credentials, or what the provider wrote: its name has to do.
function toCause(thrown: unknown): Error {
  const { name } = thrown instanceof Error ? thrown : new Error();
  return new Error([name, codeOf(thrown)].join(' ').trim());
}

// Both transports name what went wrong in `code`: undici's own, Node's, and got's.
function isTimeout(cause: unknown): boolean {
  return /TIMEOUT|TIMEDOUT/.test(codeOf(cause));
}

// The transport of writes says so: without a connection nothing can have been written to it.
function isUnwritten(thrown: unknown): boolean {
  return thrown instanceof Error && 'written' in thrown && thrown.written === false;
}

function isTooLarge(cause: unknown): boolean {
  return codeOf(cause) === 'UND_ERR_RES_EXCEEDED_MAX_SIZE' || codeOf(cause) === 'ERR_BODY_TOO_LARGE';
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
}
