import { readdirSync, readFileSync } from 'node:fs';
import { composeServices } from '@apollo/composition';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { OperationDefinitionNode } from 'graphql';
import { OperationTypeNode, parse, print } from 'graphql';
import { EXAMPLE_OPERATIONS, FIRST_QUERY } from '../../src/graph/exampleOperations.ts';
import { environmentSchema } from '../../src/config/environment.ts';
import { createSchema, printSubgraph } from '../../src/graph/schema.ts';
import { conversationId } from '../../src/messaging/ids.ts';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';
import { listen, subscribed } from '../live/listening.ts';
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
    const queries = [
      ...blocks('README.md', 'graphql'),
      ...blocks('docs/sending.md', 'graphql'),
      ...blocks('docs/live.md', 'graphql'),
    ];
    expect(queries.length).toBeGreaterThanOrEqual(9);
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
      const { name, operation } = definition as OperationDefinitionNode;
      if (operation === OperationTypeNode.SUBSCRIPTION) continue;
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

  it('has subscriptions that tell of a message that is sent', async () => {
    const pasted = [...blocks('README.md', 'sh'), ...blocks('docs/live.md', 'sh')].flatMap(
      (text) => /"query":"(subscription [^"]+)"/.exec(text)?.slice(1) ?? [],
    );
    const examples = parse(EXAMPLE_OPERATIONS).definitions.filter(
      (definition) => (definition as OperationDefinitionNode).operation === OperationTypeNode.SUBSCRIPTION,
    );
    const subscriptions = [...pasted, ...examples.map((definition) => print(definition))];
    expect([pasted.length, examples.length]).toEqual([2, 1]);
    const listeners = subscriptions.map((query) => listen(harness.url, 'sse', query));
    await subscribed(harness.metricsUrl, subscriptions.length);
    const [, send] = blocks('docs/live.md', 'sh');
    const [, query] = /"query":"(mutation .+)"}'/.exec(send!)!;

    await harness.data(query!.replaceAll('\\"', '"'));

    for (const listener of listeners) {
      const [{ data, errors }] = await listener.until(1);
      expect(errors).toBeUndefined();
      expect(data.messageAdded.text).toBe('Hello');
      await listener.stop();
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
