import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { getIntrospectionQuery, Kind, OperationTypeNode, parse, print, visit } from 'graphql';
import { EXAMPLE_OPERATIONS } from '../../src/graph/exampleOperations.ts';
import { conversationId, messageId } from '../../src/messaging/ids.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';

let parley: Harness;
beforeAll(async () => {
  // The first time by GraphQL's own algorithm, the second time by code that is made of the document.
  parley = await startHarness({ compileAfter: 1 });
});
afterAll(() => parley.close());

const { pact, letstalk, pigeons } = wellKnown;
const pactId = conversationId({ accountId: 'sales', externalId: String(pact.documented) });

/** The examples, each by itself, with its texts as variables: code is made of no others. */
const examples = parse(EXAMPLE_OPERATIONS).definitions.flatMap((definition) => {
  if (definition.kind !== Kind.OPERATION_DEFINITION || definition.operation !== OperationTypeNode.QUERY)
    return [];
  // The inbox fills meanwhile.
  if (definition.name?.value === 'Inbox') return [];
  const variables: Record<string, string> = {};
  const document = visit(definition, {
    StringValue({ value }) {
      const name = `v${Object.keys(variables).length}`;
      variables[name] = value;
      return { kind: 'Variable', name: { kind: 'Name', value: name } };
    },
  });
  const text = print(document).replace(/ByExternalId\b/, 'ByExternalId($v0: ID!, $v1: String!)');
  return [[definition.name?.value ?? '', text, variables] as const];
});

const MESSAGES = `
  fragment M on Message {
    __typename id text sentAt direction author { __typename id name kind }
    content {
      __typename
      ... on ActionListContent { items { __typename ... on LinkAction { url label } ... on QuickReplyAction { message } } }
      ... on MediaContent { attachments { id fileName media { __typename ... on ImageMedia { width } } } }
    }
    attachments { id url providerDetails { __typename } }
    reactions { emoji author { id } providerDetails { __typename } }
    providerDetails { __typename ... on PactMessage { channelId } ... on LetstalkMessage { internal } ... on PigeonsMessage { metadata } }
  }`;
const BY_EXTERNAL_ID = `query ($a: ID!, $e: String!, $n: Int, $with: Boolean!) {
  conversationByExternalId(accountId: $a, externalId: $e) {
    title @include(if: $with)
    other: title @skip(if: $with)
    participants { name }
    first: messages(first: $n) { edges { cursor node { ...M } } pageInfo { hasNextPage endCursor } }
    messages(last: $n) { nodes { ...M conversation { id } } }
  }
} ${MESSAGES}`;
const conversation = (a: string, e: string | number, more: object = {}) => {
  return { a, e: String(e), n: 5, with: true, ...more };
};

const entities = [
  { __typename: 'Conversation', id: pactId },
  { __typename: 'Conversation', id: 'nonsense' },
  { __typename: 'Message', accountId: 'sales', conversationExternalId: '8741', externalId: '47098' },
  { __typename: 'Account', id: 'nobody' },
  { __typename: 'Account', id: 'app' },
];

describe('an operation that comes again', () => {
  it.each<readonly [string, string, Record<string, unknown>]>([
    ...examples,
    ['messages of Pact', BY_EXTERNAL_ID, conversation('sales', pact.documented)],
    ['messages of Letstalk', BY_EXTERNAL_ID, conversation('support', letstalk.documented, { with: false })],
    ['messages of Pigeons', BY_EXTERNAL_ID, conversation('app', pigeons.documented)],
    ['a conversation that is not there', BY_EXTERNAL_ID, conversation('sales', 1)],
    ['an account that is not there', BY_EXTERNAL_ID, conversation('nobody', 1)],
    [
      'an id that is none',
      'query ($id: ID!) { one: conversation(id: $id) { id } accounts { id } }',
      { id: 'no' },
    ],
    ['a page size that is none', BY_EXTERNAL_ID, conversation('sales', pact.documented, { n: 0 })],
    ['a variable that is missing', BY_EXTERNAL_ID, {}],
    [
      'a message',
      'query ($id: ID!) { message(id: $id) { ...M } }' + MESSAGES,
      {
        id: messageId({ accountId: 'sales', conversationExternalId: '8741', externalId: '47098' }),
      },
    ],
    [
      'entities',
      `query ($r: [_Any!]!) { _entities(representations: $r) {
      __typename ... on Conversation { title messages(last: 2) { nodes { text } } } ... on Message { text } ... on Account { name }
    } }`,
      { r: entities },
    ],
    ['the schema', getIntrospectionQuery(), {}],
    ['names alone', '{ __typename accounts { __typename capabilities { sendText } } }', {}],
  ])('is answered as it was before: %s', async (_name, document, variables) => {
    const first = await parley.query(document, { variables });
    const second = await parley.query(document, { variables });
    const third = await parley.query(document, { variables });

    expect(second).toEqual(first);
    expect(third).toEqual(first);
    expect(JSON.stringify(second)).toBe(JSON.stringify(first));
  });

  it('has nothing of it executed that its author has written into a text', async () => {
    // The compiler takes such a text for a date, and what follows for code.
    const magic = '__MAGIC_DATE__33a9e76d_02e0_4128_8e92_3530ad3da74d';
    const text = `${magic}0),externalId:(globalThis.written=true`;
    const document = `{ conversationByExternalId(accountId: "${text}", externalId: "1") { id } }`;
    const withDefault = `query ($a: ID! = "${text}") { conversationByExternalId(accountId: $a, externalId: $a) { id } }`;

    for (const query of [document, document, document, withDefault, withDefault, withDefault])
      expect((await parley.query(query)).status).toBeLessThan(500);

    expect(globalThis).not.toHaveProperty('written');
  });

  it('may name a field like what all objects have', async () => {
    const ask = async () => {
      const response = await fetch(`${parley.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: '{ __proto__: accounts { id } constructor: __typename }' }),
      });
      return response.text();
    };
    const first = await ask();
    expect(first).toContain('"__proto__":[{"id":"sales"}');

    for (let times = 0; times < 3; times += 1) expect(await ask()).toBe(first);
  });
});
