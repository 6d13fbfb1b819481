import type { GatewayContext, GatewayPlugin } from '@graphql-hive/gateway';
import {
  createInlineSigningKeyProvider,
  createRemoteJwksSigningKeyProvider,
  defineConfig,
  extractFromHeader,
  useUpstreamRetry,
} from '@graphql-hive/gateway';

const { SUPERGRAPH = 'supergraph.graphql', ROUTER_SECRET, RETRY_DELAY = '500', CORS_ORIGINS } = process.env;
// How Parley is told who asks: by the user's own token, or by claims of a token that this gateway has verified.
const { ROUTER_PASSES = 'token', JWT_JWKS_URL, JWT_SECRET, JWT_ISSUER, JWT_AUDIENCE } = process.env;

export const gatewayConfig = defineConfig({
  supergraph: SUPERGRAPH,

  // Subscriptions reach Parley as server-sent events: each is a request of its own, with the headers below. By GET, as it would be, the
  // document and its variables would stand in the logs of whatever is on the way.
  transportEntries: { parley: { options: { method: 'POST' } } },

  // Off unless switched on. Files go on to Parley as they came, by the same specification.
  multipart: true,

  // By default every site's pages may ask, and read what they are answered: here those that are listed, with commas.
  cors: CORS_ORIGINS ? { origin: CORS_ORIGINS.split(','), credentials: false } : false,

  // A form of another site can post a file without asking first. Parley refuses such a request by a header, but whom Parley sees is
  // this gateway, which sends that header always: so it has to insist on one as well.
  csrfPrevention: { requestHeaders: ['apollo-require-preflight', 'x-apollo-operation-name'] },

  // Only for `claims`: with `token`, Parley verifies.
  ...(ROUTER_PASSES === 'claims' && {
    jwt: {
      signingKeyProviders: [
        JWT_JWKS_URL
          ? createRemoteJwksSigningKeyProvider({ jwksUri: JWT_JWKS_URL })
          : createInlineSigningKeyProvider(JWT_SECRET!),
      ],
      tokenVerification: {
        issuer: JWT_ISSUER!,
        audience: JWT_AUDIENCE!,
        // With a public key taken for a secret, anybody could sign: never both kinds.
        algorithms: JWT_JWKS_URL ? ['RS256', 'ES256'] : ['HS256'],
      },
      tokenLookupLocations: [
        tokenOfConnection,
        extractFromHeader({ name: 'authorization', prefix: 'Bearer' }),
      ],
      // Who brings none is refused by Parley, with a code that clients know.
      reject: { missingToken: false },
      // Parley reads a header, not `extensions`.
      forward: { payload: false },
    },
  }),

  plugins: () => [
    // Before the retries, so that every try has the headers.
    toSubgraphs(headersFor),

    // Whatever can fail is asked again, mutations included: a lost answer may belong to a message that went out. That is safe, since
    // Parley sends once for each `idempotencyKey`, and a repetition gets what the first request got.
    useUpstreamRetry({ maxRetries: 2, retryDelay: Number(RETRY_DELAY), shouldRetry: isLost }),
  ],
});

/** Browsers can't send headers with a WebSocket: their token comes with its first message, in the same words. */
function tokenOfConnection({ serverContext }: { readonly serverContext: object | undefined }) {
  const { connectionParams } = (serverContext ?? {}) as { connectionParams?: { authorization?: unknown } };
  const [, token] = /^Bearer (\S+)$/i.exec(String(connectionParams?.authorization)) ?? [];
  return token === undefined ? undefined : { prefix: 'Bearer', token };
}

/**
 * Whether an answer is none of the subgraph's own. By default whatever names a `Retry-After` would be asked again after that time: a
 * user over a rate limit would wait for all of it, instead of learning that.
 */
function isLost({ response }: { readonly response?: { readonly status: number } }): boolean {
  return response === undefined || [502, 503, 504].includes(response.status);
}

/**
 * The headers of a request to a subgraph. Nothing is passed on but what stands here: a client that sends `router-claims` or
 * `router-authorization` has said it to nobody.
 */
function headersFor(subgraph: string, { headers, jwt }: Context): Headers {
  // By this both subgraphs know the gateway. Parley believes the claims of whoever shows it.
  const router = { 'router-authorization': ROUTER_SECRET };
  if (subgraph !== 'parley') return router;
  return {
    ...router,
    ...(ROUTER_PASSES === 'claims'
      ? { 'router-claims': jwt && Buffer.from(JSON.stringify(jwt.payload)).toString('base64url') }
      : { authorization: headers['authorization'] }),
    // What Pigeons is asked in.
    'accept-language': headers['accept-language'],
    'apollo-require-preflight': 'true',
  };
}

type Headers = Record<string, string | undefined>;
type Context = GatewayContext & { readonly jwt?: { readonly payload: unknown } };

/** What `propagateHeaders` is for; but that gives a request's headers to its first try only, so that a retry comes from nobody. */
function toSubgraphs(headersFor: (subgraph: string, context: Context) => Headers): GatewayPlugin {
  return {
    onSubgraphExecute(hook) {
      const { subgraphName, executor } = hook;
      hook.setExecutor((request) => {
        // Outside of a request, as when a subgraph is introspected, there is no context.
        const context = request.context as Context | undefined;
        const headers = context ? definedOf(headersFor(subgraphName, context)) : {};
        return executor(Object.assign(request, { extensions: { ...request.extensions, headers } }));
      });
    },
  };
}

function definedOf(headers: Headers): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string] => Boolean(entry[1])),
  );
}
