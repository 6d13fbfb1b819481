import { readFileSync } from 'node:fs';
import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginInlineTraceDisabled } from '@apollo/server/plugin/disabled';
import { startStandaloneServer } from '@apollo/server/standalone';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { GraphQLError, parse } from 'graphql';
import type { ConversationKey, Customer, MessageKey } from './customers.ts';
import { CUSTOMERS, FLAGGED_MESSAGES } from './customers.ts';
import { sentimentOf } from './sentimentOf.ts';

export interface CrmOptions {
  readonly host?: string;
  readonly port?: number;
  /** What a router has to show in `router-authorization`. Without it everybody is answered. */
  readonly routerSecret?: string | undefined;
}

export interface Crm {
  readonly url: string;
  close(): Promise<void>;
}

export const CRM_SDL = readFileSync(new URL('crm.graphql', import.meta.url), 'utf8');

/** The second subgraph: whose a conversation is, and how a message sounds. It keeps nothing of Parley's. */
export async function startCrm({
  host = '127.0.0.1',
  port = 0,
  routerSecret,
}: CrmOptions = {}): Promise<Crm> {
  const server = new ApolloServer({
    schema: buildSubgraphSchema({ typeDefs: parse(CRM_SDL), resolvers }),
    introspection: true,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    plugins: [ApolloServerPluginInlineTraceDisabled()],
  });
  const { url } = await startStandaloneServer(server, {
    listen: { host, port },
    // Customers are nobody's business: whoever comes past the router is not answered.
    context: ({ req }) =>
      routerSecret === undefined || req.headers['router-authorization'] === routerSecret
        ? Promise.resolve({})
        : Promise.reject(NOT_THE_ROUTER),
  });
  return { url, close: () => server.stop() };
}

const NOT_THE_ROUTER = new GraphQLError('Only the router may ask.', {
  extensions: { code: 'UNAUTHENTICATED', http: { status: 401 } },
});

const customerOf = new Map(
  CUSTOMERS.flatMap((customer) => customer.conversations.map((key) => [nameOf(key), customer] as const)),
);

function nameOf({ accountId, externalId }: ConversationKey): string {
  return `${accountId} ${externalId}`;
}

function checkFirst(first: number, most: number): number {
  if (first >= 1 && first <= most) return first;
  throw new GraphQLError(`"first" is 1 to ${most}.`, { extensions: { code: 'BAD_USER_INPUT' } });
}

// A function that answers a reference gets the fields of the key, and of `@requires` when one of its fields is asked for.
const resolvers = {
  Query: {
    customer: (_: unknown, { id }: { id: string }) =>
      CUSTOMERS.find((customer) => customer.id === id) ?? null,
    customers: (_: unknown, { first }: { first: number }) => {
      const nodes = CUSTOMERS.slice(0, checkFirst(first, 100));
      return {
        nodes,
        pageInfo: { hasNextPage: nodes.length < CUSTOMERS.length, hasPreviousPage: false },
      };
    },
    flaggedMessages: (_: unknown, { first }: { first: number }): readonly MessageKey[] =>
      FLAGGED_MESSAGES.slice(0, checkFirst(first, 200)),
  },
  Customer: {
    __resolveReference: ({ id }: { id: string }) => CUSTOMERS.find((customer) => customer.id === id) ?? null,
  },
  Conversation: {
    __resolveReference: (key: ConversationKey) => key,
    customer: (key: ConversationKey): Customer | null => customerOf.get(nameOf(key)) ?? null,
  },
  Message: {
    __resolveReference: (key: MessageKey) => key,
    // A router hands on what it got, which is no text where Parley refused to tell it.
    sentiment: ({ text }: { text?: unknown }) => (typeof text === 'string' ? sentimentOf(text) : null),
  },
};
