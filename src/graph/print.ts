import { createSchema, printSubgraph } from './schema.ts';

// What a schema registry or a router asks for, alone on standard output.
process.stdout.write(`${printSubgraph(createSchema())}\n`);
