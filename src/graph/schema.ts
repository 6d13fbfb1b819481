import { readdirSync, readFileSync } from 'node:fs';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { addResolversToSchema } from '@graphql-tools/schema';
import type { GraphQLSchema } from 'graphql';
import { graphqlSync, parse } from 'graphql';
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

/** The executable subgraph: the contract, the fields that Federation adds, and the resolvers. */
export function createSchema(): GraphQLSchema {
  return addResolversToSchema({
    schema: buildSubgraphSchema(parse(readTypeDefs())),
    resolvers,
    resolverValidationOptions: { requireResolversToMatchSchema: 'error' },
    // Federation keeps its own resolvers on the schema's types; a copy would lose them.
    updateResolversInPlace: true,
  });
}

/** The SDL that a router gets when it asks the subgraph for it: `_service { sdl }`. */
export function printSubgraph(schema: GraphQLSchema): string {
  const { data } = graphqlSync({ schema, source: '{ _service { sdl } }' });
  return (data as { _service: { sdl: string } })._service.sdl;
}
