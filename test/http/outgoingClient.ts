import type { Socket } from 'node:net';
import { inspect } from 'node:util';
import { pino } from 'pino';
import type { CallLimits } from '../../src/callLimits.ts';
import { DEFAULT_CALL_LIMITS } from '../../src/callLimits.ts';
import type { Credentials, Http, HttpBody, HttpRequest } from '../../src/http/client.ts';
import { createHttp } from '../../src/http/client.ts';
import { createGotTransport } from '../../src/http/gotTransport.ts';
import type { CallObserver } from '../../src/http/observer.ts';
import { NO_OBSERVER } from '../../src/http/observer.ts';
import { createProviderShares } from '../../src/http/resilience/createProviderShares.ts';
import type { ProviderShare, Resilience } from '../../src/http/resilience/createResilience.ts';
import { createResilience } from '../../src/http/resilience/createResilience.ts';
import { createReadPool } from '../../src/http/undiciTransport.ts';
import type { ParleyError } from '../../src/messaging/errors.ts';
import type { CallContext } from '../../src/messaging/upstreamCalls.ts';
import { createUpstreamCalls } from '../../src/messaging/upstreamCalls.ts';
import type { Behaviour, Upstream } from './upstream.ts';
import { startUpstream } from './upstream.ts';

/** The way out to a provider as an account has it, and far sides for it: what tests of either share. */

// Words that may never be seen anywhere but on the wire.
export const TOKEN = 'canary-token-3f9c';
export const PATH = 'canary-path-c2d3';

/** What is to be closed after a test. */
export const closers: (() => Promise<void>)[] = [];

/** For `afterEach`. */
export async function closeAll(): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close();
}

/** A server that is closed after the test. */
export async function upstream(behaviour: Behaviour): Promise<Upstream> {
  const started = await startUpstream(behaviour);
  closers.push(() => started.close());
  return started;
}

export type Reader = 'undici' | 'got';

export interface Client {
  readonly http: Http;
  readonly get: (request?: Partial<HttpRequest>) => Promise<unknown>;
  readonly post: (body?: HttpBody, request?: Partial<HttpRequest>) => Promise<unknown>;
  readonly health: Pick<Resilience, 'status' | 'load'>;
  readonly logged: () => string;
}

export interface ClientOptions {
  readonly limits?: Partial<CallLimits>;
  /** What carries the reads: in production it is undici. */
  readonly reader?: Reader;
  readonly ownCredentials?: boolean;
  /** Milliseconds; half of a read's time when absent. */
  readonly patience?: number;
  /** What it has in common with other accounts; nothing when absent. */
  readonly shared?: ProviderShare;
  readonly observer?: CallObserver;
  /** A header's unless given. */
  readonly credentials?: Credentials;
}

/** An account's client, without retries unless limits say so. */
export function createClient(
  baseUrl: string,
  {
    limits: changes,
    reader = 'undici',
    ownCredentials = true,
    patience,
    shared,
    observer = NO_OBSERVER,
    credentials = { headers: { 'x-private-api-token': TOKEN } },
  }: ClientOptions = {},
): Client {
  const limits = { ...DEFAULT_CALL_LIMITS, maxRetries: 0, ...changes };
  const pool = createReadPool({ ...limits, maxConnections: limits.concurrency.reads });
  closers.push(() => pool.close());
  const sends = createGotTransport(limits);
  const lines: string[] = [];
  const source = { provider: 'PACT', accountId: 'sales' } as const;
  const health = createResilience({
    ...limits,
    ...{ source, ownCredentials, observer },
    patience: patience ?? limits.readTimeout / 2,
    shared: shared ?? createProviderShares()('pact', limits.maxProviderCalls),
  });
  const http = createHttp({
    ...{ source, baseUrl, observer },
    credentials,
    ...{ limits, cacheFor: limits.cacheFor },
    reads: reader === 'undici' ? pool.transport : sends,
    sends,
    resilience: health,
    log: pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) }),
  });
  // Each call is one operation's.
  const newContext = () => contextOf(new AbortController().signal);
  return {
    http,
    get: (request = {}) => http({ call: 'things', path: `/${PATH}`, context: newContext(), ...request }),
    post: (body = { json: { a: 1 } }, request = {}) =>
      http({ call: 'send', path: `/${PATH}`, method: 'POST', body, context: newContext(), ...request }),
    health,
    logged: () => lines.join(''),
  };
}

/** An operation's, that may make as many calls as it likes. */
export function contextOf(signal: AbortSignal, changes: Partial<CallContext> = {}): CallContext {
  return { signal, calls: createUpstreamCalls(), ...changes };
}

/** The error that a call ends with. */
export async function failureOf(promise: Promise<unknown>): Promise<ParleyError> {
  const error: unknown = await promise.then(
    (value) => {
      throw new Error(`there was an answer: ${inspect(value)}`);
    },
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error) || !('code' in error)) throw error;
  return error as ParleyError;
}

/** Settles when a connection is closed. */
export function closing(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });
}

export const json: Behaviour = (response) => {
  response.setHeader('content-type', 'application/json').end('{"ok":true}');
};

export const never: Behaviour = () => undefined;
