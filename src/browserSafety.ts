import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import { ParleyError } from './messaging/errors.ts';
import { SECURITY_HEADERS } from './securityHeaders.ts';

export interface BrowserSafetyOptions {
  /** The origins whose pages may read answers, exactly as browsers write them. */
  readonly corsOrigins: readonly string[];
  /** More names of headers that such pages may send. */
  readonly requestHeaders: readonly string[];
  /**
   * The only names by which requests may have reached us; undefined for any. A page whose own name leads to this machine
   * (DNS rebinding) would be of no other origin, and be let in where nobody is asked who they are.
   */
  readonly hostNames?: ReadonlySet<string> | undefined;
}

/**
 * Security headers on every answer, and CORS: pages of the listed origins may ask, those of all others learn nothing.
 * A preflight is answered before anybody is asked who they are, since browsers send none of that with it.
 */
export function addBrowserSafety(
  app: FastifyInstance,
  { corsOrigins, requestHeaders, hostNames }: BrowserSafetyOptions,
): void {
  app.addHook('onRequest', ({ headers }, { raw }, done) => {
    // On the raw answer, where they stay also when Fastify no longer writes it. What a route says itself comes before them.
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) raw.setHeader(name, value);
    done(headers.host ? undefined : new ParleyError('BAD_REQUEST', NO_HOST));
  });
  if (hostNames) {
    app.addHook('onRequest', ({ hostname }, _reply, done) => {
      done(hostNames.has(hostname.toLowerCase()) ? undefined : strangeName());
    });
  }

  const allowed = new Set(corsOrigins);
  void app.register(cors, {
    // With a plain list, others would still be told of methods and headers.
    origin: (origin, done) => done(null, origin !== undefined && allowed.has(origin)),
    methods: ['GET', 'POST'],
    allowedHeaders: [...new Set([...REQUEST_HEADERS, ...requestHeaders])],
    exposedHeaders: ['retry-after'],
    // Callers say who they are by headers that no browser adds by itself, never by cookies.
    credentials: false,
    maxAge: PREFLIGHT_MAX_AGE,
    // Else what is odd but harmless is refused in plain text.
    strictPreflight: false,
  });
}

const NO_HOST = 'A request says in the header "host" whom it is for.';

/** The refusal of whoever calls by a name that is not ours. */
export function strangeName(): ParleyError {
  return new ParleyError('BAD_REQUEST', STRANGE_NAME);
}

const STRANGE_NAME =
  'Parley asks nobody here who they are, so it answers only by the names of this machine and that of PUBLIC_URL.';

/** What clients of GraphQL send, beside what needs no permission. */
const REQUEST_HEADERS = [
  'content-type',
  'authorization',
  'x-api-key',
  'apollo-require-preflight',
  'x-apollo-operation-name',
  'x-apollo-operation-id',
  'x-apollo-operation-type',
  'apollographql-client-name',
  'apollographql-client-version',
  'graphql-client-name',
  'graphql-client-version',
  'traceparent',
  'tracestate',
  'baggage',
  'x-request-id',
];

/** Seconds for which a browser remembers what is allowed. */
const PREFLIGHT_MAX_AGE = 600;
