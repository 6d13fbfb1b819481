import type { Logger } from 'pino';
import type { ErrorSource } from '../messaging/errors.ts';
import { ParleyError, ProviderError } from '../messaging/errors.ts';
import type { SpanAttributes } from '../messaging/span.ts';
import type { CallContext } from '../messaging/upstreamCalls.ts';
import { readBody, toStatusError } from './answer.ts';
import type { Ending } from './ending.ts';
import { createEnding, endingWith } from './ending.ts';
import type { MultipartField } from './multipart.ts';
import { destroyFiles } from './multipart.ts';
import type { CallKind, CallObserver } from './observer.ts';
import type { Resilience } from './resilience/createResilience.ts';
import type { ReadAnswer } from './sharedReads.ts';
import { createSharedReads } from './sharedReads.ts';
import type { Answer, Transport, WireRequest } from './transport.ts';

/** One call to a provider. */
export interface HttpRequest {
  /** The call's name in logs, errors and metrics: never its URL, which holds ids. */
  readonly call: string;
  /** Default GET. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Appended to the base URL, already percent-encoded. */
  readonly path: string;
  /** The base URL of a call that goes elsewhere than to the account's own. Gets the account's credentials nevertheless. */
  readonly base?: string;
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
 * Reads are retried, and equal ones that are asked for at once are one call; writes never are. Redirects are never followed, so that
 * credentials stay here. Of a write that failed, the error says in `refused` whether the provider has certainly not done it.
 */
export type Http = (request: HttpRequest) => Promise<unknown>;

/** Deadlines in milliseconds, and the most bytes that an answer may have. */
export interface HttpLimits {
  readonly connectTimeout: number;
  /** From when it is asked for to the last byte read, over all retries, and all waiting for a place. */
  readonly readTimeout: number;
  readonly sendTimeout: number;
  /** The same for a call that carries a file, which takes as long as whoever uploads it. */
  readonly uploadTimeout: number;
  readonly maxAnswerBytes: number;
  /** The most connections of reads at once. */
  readonly maxConnections: number;
}

export const DEFAULT_HTTP_LIMITS: HttpLimits = {
  connectTimeout: 3_000,
  readTimeout: 10_000,
  sendTimeout: 15_000,
  uploadTimeout: 300_000,
  // Pigeons answers whole conversations in one piece: some 20,000 messages fit.
  maxAnswerBytes: 32 * 1024 * 1024,
  maxConnections: 32,
};

/** Where an account's own credentials stand. */
export interface Credentials {
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * For a provider that takes them as fields: of the query where a call has no body, else of the body. They are added to the request
   * that goes out, and to nothing that is remembered or told of it.
   */
  readonly fields?: Readonly<Record<string, string | number>>;
}

export interface HttpOptions {
  readonly source: ErrorSource;
  readonly baseUrl: string;
  /** Sent with every call. */
  readonly credentials: Credentials;
  readonly limits: Pick<HttpLimits, 'readTimeout' | 'sendTimeout' | 'uploadTimeout'>;
  /** For reads. */
  readonly reads: Transport;
  /** For writes. */
  readonly sends: Transport;
  readonly resilience: Resilience;
  /** Milliseconds that a read's answer may be given again; 0 for not at all. */
  readonly cacheFor: number;
  readonly observer: CallObserver;
  readonly log: Logger;
}

/** The one way out to a provider, for one account. */
export function createHttp(options: HttpOptions): Http {
  const { source, limits, resilience, observer, log } = options;
  const ownBase = options.baseUrl.replace(/\/+$/, '');
  const ownServer = toServer(ownBase);
  const ownHeaders = { accept: 'application/json', ...options.credentials.headers };
  const { fields } = options.credentials;
  const reads = createSharedReads({
    cacheFor: options.cacheFor,
    shared: (how) => observer.shared(source, how),
  });
  const timeouts = { read: limits.readTimeout, send: limits.sendTimeout, upload: limits.uploadTimeout };

  return async (request) => {
    const { context } = request;
    context.calls.begin();
    const url = toUrl(request.base ?? ownBase, request);
    const call = { request, kind: kindOf(request), wire: toWire(request, url) };
    if (call.kind !== 'read') return write(call);
    const { signal, deadline } = context;
    const signals = deadline ? [signal, deadline.signal] : [signal];
    if (context.fresh) return (await make(call, endingWith(signals, timeouts.read))).value;
    const reader = { signals, ended: () => endedError(context), answered: () => context.calls.answered() };
    return reads.read(toKey(url, call.wire.headers, ownHeaders), reader, (abort) =>
      make(call, createEnding(abort, timeouts.read)),
    );
  };

  async function write(call: Call): Promise<unknown> {
    // Before it, nobody may wait for what will be old; after it, nobody be given what was read meanwhile.
    reads.drop();
    try {
      const ending = endingWith([call.request.context.signal], timeouts[call.kind]);
      return (await make(call, ending)).value;
    } finally {
      reads.drop();
      const { body } = call.wire;
      if (body && 'multipart' in body) destroyFiles(body.multipart);
    }
  }

  /** Makes a call, with whatever stands between Parley and a provider in trouble. */
  function make(call: Call, ending: Ending): Promise<ReadAnswer> {
    const { kind, request } = call;
    const running = resilience.run({
      kind,
      signal: ending.signal,
      left: () => Math.min(ending.left(), request.context.deadline?.left() ?? Infinity),
      attempt: () => attempt(call, ending),
      // What is in trouble already is not asked more often than an operation may ask.
      mayRetry: () => request.context.calls.hasRoom,
      ended: () =>
        toProviderError(new Error('ended before it was made'), { source, by: ending.by, refused: true }),
    });
    return running.finally(() => ending.over());
  }

  /** One round trip. */
  async function attempt({ kind, wire, request }: Call, ending: Ending): Promise<ReadAnswer> {
    const { call: name, context } = request;
    context.calls.made();
    const span = context.span?.child(`${source.provider} ${name}`, {
      'parley.provider': source.provider,
      'parley.account': source.accountId,
      'http.request.method': wire.method,
      ...(request.base === undefined ? ownServer : toServer(request.base)),
    });
    const startedAt = performance.now();
    let answer: Answer | undefined;
    let code = 'OK';
    try {
      answer = await (kind === 'read' ? options.reads : options.sends)(wire, ending.signal);
      const error = toStatusError(answer, source);
      if (error) throw error;
      return { value: readBody(answer, source, name), size: answer.body.length };
    } catch (cause) {
      const error = toProviderError(cause, { source, by: ending.by, refused: isUnwritten(cause) });
      code = error.code;
      throw error;
    } finally {
      const milliseconds = performance.now() - startedAt;
      if (answer) span?.set({ 'http.response.status_code': answer.status });
      span?.end(code === 'OK' ? undefined : code);
      observer.call(source, { kind, code, seconds: milliseconds / 1_000 });
      if (log.isLevelEnabled('debug')) {
        const { status } = answer ?? {};
        log.debug(
          { ...source, call: name, status, code, milliseconds: Math.round(milliseconds) },
          'provider call',
        );
      }
    }
  }

  function toWire({ method = 'GET', headers, body }: HttpRequest, url: string): WireRequest {
    return {
      method,
      url: fields && !body ? withQuery(url, fields) : url,
      headers: headers ? Object.assign({}, ownHeaders, headers) : ownHeaders,
      ...(body && { body: fields ? withFields(body, fields) : body }),
    };
  }

  function endedError({ signal }: CallContext): ParleyError {
    const by = signal.aborted ? 'CALLER' : 'DEADLINE';
    return toProviderError(new Error('not waited for'), { source, by, refused: true });
  }
}

interface Call {
  readonly request: HttpRequest;
  readonly kind: CallKind;
  readonly wire: WireRequest;
}

function kindOf({ method, body }: HttpRequest): CallKind {
  if (body === undefined && (method ?? 'GET') === 'GET') return 'read';
  return body !== undefined && 'multipart' in body ? 'upload' : 'send';
}

/** As OpenTelemetry's conventions name it. */
function toServer(baseUrl: string): SpanAttributes {
  const { hostname, port, protocol } = new URL(baseUrl);
  return { 'server.address': hostname, 'server.port': Number(port) || (protocol === 'https:' ? 443 : 80) };
}

/** All that an answer depends on: with other credentials, or in another language, it is another read. */
function toKey(url: string, headers: WireRequest['headers'], ownHeaders: WireRequest['headers']): string {
  return headers === ownHeaders ? url : JSON.stringify([url, headers]);
}

function withQuery(url: string, fields: NonNullable<Credentials['fields']>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) search.append(name, String(value));
  return `${url}${url.includes('?') ? '&' : '?'}${search.toString()}`;
}

/** A body with the credentials in it; what is of another shape than an object is the adapter's mistake. */
function withFields(body: HttpBody, fields: NonNullable<Credentials['fields']>): HttpBody {
  if ('json' in body) return { json: Object.assign({}, fields, body.json) };
  const texts = Object.entries(fields).map(([name, value]) => [name, String(value)] as const);
  if ('multipart' in body) return { multipart: [...texts, ...body.multipart] };
  const form = new URLSearchParams(body.form);
  for (const [name, value] of texts) form.append(name, value);
  return { form };
}

function toUrl(base: string, { path, query = {} }: HttpRequest): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query))
    if (value !== undefined) search.append(key, String(value));
  const suffix = search.size > 0 ? `?${search.toString()}` : '';
  return `${base}${path}${suffix}`;
}

interface Circumstances {
  readonly source: ErrorSource;
  /** Who has ended the call. */
  readonly by: Ending['by'];
  /** Whether the provider has certainly got nothing of it. */
  readonly refused: boolean;
}

function toProviderError(thrown: unknown, { source, by, refused }: Circumstances): ParleyError {
  if (thrown instanceof ParleyError) return thrown;
  const cause = toCause(thrown);
  if (by === 'CALLER')
    return new ParleyError(
      'CANCELLED',
      'The operation was ended: its caller went away, or Parley is stopping.',
      { source, refused, cause },
    );
  if (by === 'DEADLINE' || isTimeout(thrown)) {
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
