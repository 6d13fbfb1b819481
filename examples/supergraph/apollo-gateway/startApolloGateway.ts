import type { GraphQLDataSourceProcessOptions } from '@apollo/gateway';
import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import type { FormattedExecutionResult } from 'graphql';
import { GraphQLError } from 'graphql';

export interface ApolloGatewayOptions {
  /** As `composePlainSupergraph` makes it. */
  readonly supergraphSdl: string;
  readonly host?: string;
  readonly port?: number;
  /** What the subgraphs know this gateway by. */
  readonly routerSecret?: string | undefined;
  /**
   * Verifies a token and gives its claims, which then go to Parley in place of the token. Throws when it is not good. Without it, Parley
   * gets the token, and verifies it.
   */
  readonly verify?: ((token: string) => Promise<object>) | undefined;
}

export interface RunningGateway {
  readonly url: string;
  close(): Promise<void>;
}

/** What Parley is told of a request: who asks, and in which language Pigeons is asked. */
type ToParley = Readonly<Record<string, string | undefined>>;

/** `@apollo/gateway` in front of both subgraphs. It can't take files: those go to Parley itself. */
export async function startApolloGateway({
  supergraphSdl,
  host = '127.0.0.1',
  port = 0,
  routerSecret,
  verify,
}: ApolloGatewayOptions): Promise<RunningGateway> {
  const server = new ApolloServer<ToParley>({
    gateway: new ApolloGateway({
      supergraphSdl,
      // The supergraph has an address for each.
      buildService: ({ name, url }) => new Subgraph(name, url!, routerSecret),
    }),
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
  });
  const { url } = await startStandaloneServer(server, {
    listen: { host, port },
    context: async ({ req: { headers } }) => ({
      'accept-language': headers['accept-language'],
      ...(verify
        ? { 'router-claims': await claimsOf(headers.authorization, verify) }
        : { authorization: headers.authorization }),
    }),
  });
  return { url, close: () => server.stop() };
}

async function claimsOf(
  authorization: string | undefined,
  verify: (token: string) => Promise<object>,
): Promise<string | undefined> {
  const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) return undefined;
  try {
    return Buffer.from(JSON.stringify(await verify(token))).toString('base64url');
  } catch (cause) {
    const extensions = { code: 'UNAUTHENTICATED', http: { status: 401 } };
    throw new GraphQLError('The token is not valid here.', { extensions, originalError: cause as Error });
  }
}

type FetcherResponse = Parameters<RemoteGraphQLDataSource['errorFromResponse']>[0];

class Subgraph extends RemoteGraphQLDataSource<ToParley> {
  readonly #name: string;
  readonly #routerSecret: string | undefined;

  constructor(name: string, url: string, routerSecret: string | undefined) {
    super({ url });
    this.#name = name;
    this.#routerSecret = routerSecret;
  }

  // Nothing is passed on but what stands here: a client that sends `router-claims` or `router-authorization` has said it to nobody.
  override willSendRequest({ request, context }: GraphQLDataSourceProcessOptions<ToParley>): void {
    const headers = request.http!.headers;
    if (this.#routerSecret !== undefined) headers.set('router-authorization', this.#routerSecret);
    if (this.#name !== 'parley') return;
    for (const [name, value] of Object.entries<string | undefined>(context))
      if (value !== undefined) headers.set(name, value);
  }

  // By default a client would be shown the subgraph's address and its whole answer, under another code.
  override async errorFromResponse(response: FetcherResponse): Promise<GraphQLError> {
    const answer = (await this.parseBody(response)) as FormattedExecutionResult | string;
    const first = typeof answer === 'object' ? answer.errors?.[0] : undefined;
    return first
      ? new GraphQLError(first.message, { extensions: first.extensions })
      : failureOf(this.#name, `status ${response.status}`);
  }

  // What could not be sent or understood, whose message names the address.
  override didEncounterError(error: Error): never {
    throw error instanceof GraphQLError ? error : failureOf(this.#name, error.message);
  }
}

/** Says to the client which subgraph failed, and to the log how. */
function failureOf(subgraph: string, reason: string): GraphQLError {
  process.stderr.write(`The subgraph "${subgraph}" failed: ${reason}\n`);
  return new GraphQLError(`The subgraph "${subgraph}" failed.`, { extensions: { code: 'SUBGRAPH_FAILED' } });
}
