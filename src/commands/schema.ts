import { createSchema, printSubgraph } from '../graph/schema.ts';

/** Prints the subgraph's SDL, alone on standard output: what `rover subgraph publish` and `hive schema:publish` read. */
export function schema(): number {
  process.stdout.write(`${printSubgraph(createSchema())}\n`);
  return 0;
}
