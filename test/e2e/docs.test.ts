import { readdirSync, readFileSync } from 'node:fs';
import { composeServices } from '@apollo/composition';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { OperationDefinitionNode } from 'graphql';
import { parse } from 'graphql';
import { EXAMPLE_OPERATIONS, FIRST_QUERY } from '../../src/graph/exampleOperations.ts';
import { createSchema, printSubgraph } from '../../src/graph/schema.ts';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';

const ROOT = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(new URL('docs/', ROOT)).map((name) => `docs/${name}`),
];
const blocks = (path: string, language: string) =>
  [...read(path).matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    ([, block]) => block!,
  );

describe('the documentation', () => {
  let harness: Harness;

  beforeAll(async () => {
    harness = await startHarness();
  });
  afterAll(() => harness.close());

  it('has queries that work when pasted', async () => {
    const queries = blocks('README.md', 'graphql');
    expect(queries.length).toBeGreaterThanOrEqual(2);
    for (const query of [...queries, FIRST_QUERY]) {
      const { data, errors } = await harness.query(query);
      expect(errors).toBeUndefined();
      expect(JSON.stringify(data).length).toBeGreaterThan(200);
    }
    expect(read('README.md')).toContain(FIRST_QUERY);
  });

  it('has example operations for Apollo Sandbox that work', async () => {
    for (const definition of parse(EXAMPLE_OPERATIONS).definitions) {
      const { name } = definition as OperationDefinitionNode;
      const operationName = name?.value;
      const response = await fetch(`${harness.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: EXAMPLE_OPERATIONS, operationName }),
      });
      const answer: any = await response.json();
      expect(answer.errors).toBeUndefined();
    }
  });

  it('has a subgraph to copy that composes', () => {
    const [subgraph] = blocks('docs/federation.md', 'graphql');
    const { errors, hints } = composeServices([
      { name: 'parley', typeDefs: parse(printSubgraph(createSchema())), url: 'http://parley' },
      { name: 'crm', typeDefs: parse(subgraph!), url: 'http://crm' },
    ]);
    expect(errors ?? []).toEqual([]);
    expect(hints).toEqual([]);
  });

  it('lists every error code', () => {
    const codes = createSchema().getType('ErrorCode') as unknown as { getValues(): { name: string }[] };
    for (const { name } of codes.getValues()) expect(read('docs/errors.md')).toContain(`\`${name}\``);
  });

  it('has no link into nothing', () => {
    for (const page of pages) {
      for (const [, link] of read(page).matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
        if (/^https?:/.test(link!)) continue;
        expect(() => readFileSync(new URL(link!, new URL(page, ROOT)))).not.toThrow();
      }
    }
  });
});
