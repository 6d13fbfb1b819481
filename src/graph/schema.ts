import { readdirSync, readFileSync } from 'node:fs';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { addResolversToSchema } from '@graphql-tools/schema';
import type { GraphQLResolveInfo, GraphQLSchema } from 'graphql';
import { graphqlSync, parse } from 'graphql';
import { enforceAccess } from './authorize.ts';
import type { GraphContext } from './context.ts';
import { resolvers } from './resolvers/index.ts';

/** The public contract as the files in `schema/` say it, in the order of their names. */
export function readTypeDefs(): string {
  const folder = new URL('../../schema/', import.meta.url);
  return readdirSync(folder)
    .filter((name) => name.endsWith('.graphql'))
    .sort()
    .map((name) => readFileSync(new URL(name, folder), 'utf8'))
    .join('\n');
}

/** The executable subgraph: the contract, the fields that Federation adds, the resolvers, and who may use them. */
export function createSchema(): GraphQLSchema {
  const { references, fields } = splitResolvers();
  const schema = addResolversToSchema({
    schema: buildSubgraphSchema({ typeDefs: parse(readTypeDefs()), resolvers: references as never }),
    resolvers: fields,
    resolverValidationOptions: { requireResolversToMatchSchema: 'error' },
  });
  return withFailuresAsValues(enforceAccess(schema));
}

/** A reference that fails costs itself alone: as a value it keeps its place in the list, whatever executes the operation. */
function withFailuresAsValues(schema: GraphQLSchema): GraphQLSchema {
  const entities = schema.getQueryType()!.getFields()['_entities']!;
  const { resolve } = entities;
  entities.resolve = (source, args: unknown, context, info) => {
    const references = resolve!(source, args, context, info) as readonly unknown[];
    return references.map((reference) =>
      reference instanceof Promise ? reference.catch((error: unknown) => error) : reference,
    );
  };
  return schema;
}

type ResolveReference = (reference: object, context: GraphContext, info: GraphQLResolveInfo) => unknown;

// Federation finds reference resolvers only where it has put them itself; all others have to match the schema.
function splitResolvers() {
  const references: Record<string, { __resolveReference: ResolveReference }> = {};
  const fields: Record<string, unknown> = {};
  for (const [typeName, resolver] of Object.entries(resolvers)) {
    if (typeof resolver !== 'object' || !('__resolveReference' in resolver)) {
      fields[typeName] = resolver;
      continue;
    }
    const { __resolveReference, ...rest } = resolver;
    const resolve = __resolveReference as ResolveReference;
    // One that throws at once, rather than rejects, would take all its neighbours along.
    references[typeName] = {
      __resolveReference: async (reference, context, info) => await resolve(reference, context, info),
    };
    fields[typeName] = rest;
  }
  return { references, fields: fields as typeof resolvers };
}

/** The SDL that a router gets when it asks the subgraph for it: `_service { sdl }`. */
export function printSubgraph(schema: GraphQLSchema): string {
  const contextValue = { tellsSchema: true } satisfies Partial<GraphContext>;
  const { data } = graphqlSync({ schema, contextValue, source: '{ _service { sdl } }' });
  return (data as { _service: { sdl: string } })._service.sdl;
}
