import { readFileSync } from 'node:fs';
import { composeServices as composeByApollo } from '@apollo/composition';
import { composeServices as composeByGuild } from '@theguild/federation-composition';
import { parse } from 'graphql';
import { createSchema, printSubgraph } from '../../src/graph/schema.ts';

/** A composition of Parley with the second subgraph. */
export interface Composed {
  readonly composer: string;
  /** Errors and hints alike. */
  readonly complaints: readonly string[];
  /** Undefined where there are errors. */
  readonly supergraphSdl: string | undefined;
}

/** Composes Parley with a subgraph that extends its entities, by both composers that routers use. */
export function compose(): readonly Composed[] {
  const crm = readFileSync(new URL('crm.graphql', import.meta.url), 'utf8');
  const services = [
    { name: 'parley', typeDefs: parse(printSubgraph(createSchema())), url: 'http://parley/graphql' },
    { name: 'crm', typeDefs: parse(crm), url: 'http://crm/graphql' },
  ];
  const byApollo = composeByApollo(services);
  const byGuild = composeByGuild(services);
  return [
    {
      composer: '@apollo/composition',
      complaints: [...(byApollo.errors ?? []), ...(byApollo.hints ?? [])].map((complaint) =>
        complaint.toString(),
      ),
      supergraphSdl: byApollo.supergraphSdl,
    },
    {
      composer: '@theguild/federation-composition',
      complaints: (byGuild.errors ?? []).map((error) => error.message),
      supergraphSdl: byGuild.supergraphSdl,
    },
  ];
}

if (import.meta.url === `file://${process.argv[1] ?? ''}`) {
  for (const { composer, complaints } of compose()) {
    process.stdout.write(
      `${composer}: ${complaints.length === 0 ? 'composes without errors or hints' : 'FAILED'}\n`,
    );
    for (const complaint of complaints) process.stdout.write(`  ${complaint}\n`);
    if (complaints.length > 0) process.exitCode = 1;
  }
}
