import { readdirSync, readFileSync } from 'node:fs';
import { composeServices } from '@apollo/composition';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { OperationDefinitionNode } from 'graphql';
import { parse } from 'graphql';
import { EXAMPLE_OPERATIONS, FIRST_QUERY } from '../../src/graph/exampleOperations.ts';
import { environmentSchema } from '../../src/config/environment.ts';
import { createSchema, printSubgraph } from '../../src/graph/schema.ts';
import { conversationId } from '../../src/messaging/ids.ts';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';
import { postUpload } from '../uploading.ts';

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
    const queries = [...blocks('README.md', 'graphql'), ...blocks('docs/sending.md', 'graphql')];
    expect(queries.length).toBeGreaterThanOrEqual(7);
    const file = { bytes: 'order,amount', fileName: 'orders.csv', type: 'text/csv' };
    const support = conversationId({ accountId: 'support', externalId: '1484305' });
    const { data: uploaded } = await postUpload(harness.url, { conversationId: support }, file);
    const variables: Record<string, unknown> = { attachmentId: uploaded.uploadAttachment.attachment.id };
    for (const query of [...queries, FIRST_QUERY]) {
      const { data, errors } = await harness.query(query, { variables });
      expect(errors).toBeUndefined();
      for (const [name, answer] of Object.entries<any>(data)) {
        expect([name, answer?.userErrors ?? []]).toEqual([name, []]);
        expect([name, JSON.stringify(answer).length > 40]).toEqual([name, true]);
      }
      variables['id'] ??= data.sendMessage?.delivery.id;
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

  it.each(['ErrorCode', 'UserErrorCode'])('lists every value of %s', (enumName) => {
    const codes = createSchema().getType(enumName) as unknown as { getValues(): { name: string }[] };
    for (const { name } of codes.getValues()) expect(read('docs/errors.md')).toContain(`\`${name}\``);
  });

  it('lists every environment variable with its default', () => {
    const lines = read('.env.example').split('\n');
    for (const [name, setting] of Object.entries(environmentSchema.shape)) {
      if (name === 'NODE_ENV') continue;
      const line = lines.find((text) => text.startsWith(`# ${name}=`));
      expect(line).toBeDefined();
      // What is unset by default has an example, or nothing.
      const value = line!.slice(name.length + 3);
      const unset = setting.safeParse(undefined).data;
      if (unset !== undefined) expect([name, setting.safeParse(value).data]).toEqual([name, unset]);
    }
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
