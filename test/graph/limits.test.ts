import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { conversationId, messageId } from '../../src/messaging/ids.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';

interface Cost {
  readonly estimate: number | null;
  readonly limit: number;
  readonly upstreamCalls: number;
}

const LIST = '{ conversations(first: 20) { nodes { id title } } }';

/** What the graph says that an operation costs. */
async function costOf(
  harness: Harness,
  document: string,
  variables?: Record<string, unknown>,
): Promise<Cost> {
  const answer = await harness.query(document, {
    ...(variables && { variables }),
    headers: { 'parley-cost': '1' },
  });
  expect(answer.errors).toBeUndefined();
  return answer.extensions!['cost'] as Cost;
}

describe('the cost of an operation', () => {
  let harness: Harness;
  let ids: Record<'pact' | 'letstalk' | 'pigeons', string>;
  let messages: { id: string; conversation: string }[];

  beforeAll(async () => {
    harness = await startHarness();
    const { conversations, conversationByExternalId } = await harness.data(`{
      conversations(first: 50) { nodes { id account { provider } messages(last: 30) { nodes { id } } } }
      conversationByExternalId(accountId: "support", externalId: "1500005") { id }
    }`);
    const of = (provider: string) =>
      conversations.nodes.find((node: any) => node.account.provider === provider).id as string;
    ids = { pact: of('PACT'), pigeons: of('PIGEONS'), letstalk: conversationByExternalId.id };
    messages = conversations.nodes.flatMap((node: any) =>
      node.messages.nodes.map(({ id }: { id: string }) => ({ id, conversation: node.id })),
    );
  });
  beforeEach(() => {
    harness.reset();
    harness.takeCalls();
  });
  afterAll(() => harness.close());

  it.each<[string, (names: typeof ids) => string, number]>([
    ['what costs no call', () => '{ accounts { id name status capabilities { sendText } } }', 0],
    [
      'a page of messages',
      ({ pact }) => `{ conversation(id: "${pact}") { messages(last: 20) { nodes { text } } } }`,
      1,
    ],
    ['a fact of a conversation', ({ letstalk }) => `{ conversation(id: "${letstalk}") { title state } }`, 1],
    ['the list of two accounts', () => LIST, 2],
    [
      'the list of one account by name',
      () => '{ conversations(filter: { accountIds: ["sales"] }) { nodes { id } } }',
      1,
    ],
    [
      'the list of an account',
      () => '{ account(id: "sales") { conversations(first: 5) { nodes { title } } } }',
      1,
    ],
    [
      'an inbox',
      () =>
        '{ account(id: "sales") { conversations(first: 10) { nodes { title messages(last: 20) { nodes { text } } } } } }',
      11,
    ],
    [
      'messages with what they answer, which are sought together',
      ({ pact }) =>
        `{ conversation(id: "${pact}") { messages(last: 20) { nodes { text replyTo { text replyTo { id } } } } } }`,
      3,
    ],
    [
      'messages that lead back to their conversation',
      ({ pact }) =>
        `{ conversation(id: "${pact}") { messages(last: 20) { nodes { conversation { id messages(last: 20) { nodes { id } } } } } } }`,
      2,
    ],
  ])('of %s is told before, and is never less than what is called', async (_what, documentOf, estimate) => {
    const cost = await costOf(harness, documentOf(ids));
    expect(cost).toEqual({
      estimate: expect.any(Number),
      limit: 500,
      upstreamCalls: harness.takeCalls().length,
    });
    expect(cost.estimate).toBeGreaterThanOrEqual(cost.upstreamCalls);
    // The list of accounts holds one that takes no part, which the estimate can't know.
    expect(cost.estimate).toBeLessThanOrEqual(estimate + 1);
    expect(cost.estimate).toBeGreaterThanOrEqual(estimate);
  });

  const ENTITIES = `query ($representations: [_Any!]!) {
    _entities(representations: $representations) { ... on Message { FIELDS } }
  }`;
  const references = () => messages.slice(0, 100).map(({ id }) => ({ __typename: 'Message', id }));

  it('of references is one call for each conversation that they lead to', async () => {
    const conversations = new Set(messages.slice(0, 100).map(({ conversation }) => conversation)).size;
    const cost = await costOf(harness, ENTITIES.replace('FIELDS', 'text'), { representations: references() });
    expect(cost.estimate).toBe(conversations);
    // The sandbox's Pigeons gives a conversation's messages in one call as well.
    expect(cost.upstreamCalls).toBe(conversations);
  });

  it('of references is nothing where only their keys are asked for', async () => {
    const cost = await costOf(harness, ENTITIES.replace('FIELDS', 'id accountId'), {
      representations: references(),
    });
    expect(cost).toMatchObject({ estimate: 0, upstreamCalls: 0 });
  });

  it('counts every write, under whichever alias', async () => {
    const send = (name: string) =>
      `${name}: sendMessage(input: { conversationId: "${ids.pact}", text: "${name}", idempotencyKey: "${name}" }) { delivery { state } }`;
    const cost = await costOf(harness, `mutation { ${['a', 'b', 'c'].map(send).join(' ')} }`);
    expect(cost.estimate).toBe(6);
    expect(cost.upstreamCalls).toBeGreaterThanOrEqual(3);
  });

  it('counts what puts away, reopens and deletes', async () => {
    const input = `input: { conversationId: "${ids.pact}" }`;
    const cost = await costOf(
      harness,
      `mutation {
        archiveConversation(${input}) { conversation { id } }
        reopenConversation(${input}) { conversation { title } }
        deleteMessages(input: { messageIds: ["${messages[0]!.id}"] }) { conversation { title } }
      }`,
    );
    expect(cost.estimate).toBe(8);
  });

  it.each([
    [
      'pages in pages',
      `{
        accounts { conversations(first: 150) { nodes { messages(last: 1) { nodes { id } } } } }
        conversations(first: 150) { nodes { messages(last: 1) { nodes { id } } } }
      }`,
    ],
    [
      'aliases',
      `{ ${Array.from({ length: 130 }, (_, index) => `a${index}: conversations(first: 200) { nodes { id } }`).join(' ')} }`,
    ],
    [
      'writes',
      `mutation { ${Array.from({ length: 200 }, (_, index) => `a${index}: closeConversation(input: { conversationId: "x" }) { conversation { title } }`).join(' ')} }`,
    ],
  ])('is refused before anything is called where it comes to too much by %s', async (_what, document) => {
    const { status, data, errors } = await harness.query(document);
    expect(status).toBe(400);
    expect(data).toBeUndefined();
    expect(errors).toMatchObject([
      {
        message: expect.stringMatching(/could come to \d+ calls to providers; 500 is/),
        extensions: { code: 'OPERATION_TOO_COSTLY' },
      },
    ]);
    expect(harness.takeCalls()).toEqual([]);
  });

  it('is told to nobody who does not ask', async () => {
    expect((await harness.query(LIST)).extensions).toBeUndefined();
  });
});

describe('the limits of an operation', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness({
      environment: {
        MAX_COST: '4',
        MAX_DEPTH: '6',
        MAX_ALIASES: '3',
        MAX_DIRECTIVES: '2',
        MAX_TOKENS: '100',
      },
    });
  });
  beforeEach(() => {
    harness.reset();
    harness.takeCalls();
  });
  afterAll(() => harness.close());

  const levels = (last: string) =>
    `{ account(id: "sales") { conversations(first: 1) { nodes { account { ${last} } } } } }`;

  it.each([
    [
      'levels',
      () => levels('conversations(first: 1) { nodes { id } }'),
      'An operation is at most 6 levels deep.',
    ],
    [
      'levels by fragments',
      () =>
        `{ accounts { ...A } } fragment A on Account { conversations(first: 1) { nodes { ...C } } } fragment C on Conversation { account { conversations(first: 1) { nodes { id } } } }`,
      'An operation is at most 6 levels deep.',
    ],
    [
      'aliases',
      () => '{ a: accounts { id } b: accounts { id } c: accounts { id } d: accounts { id } }',
      'An operation has at most 3 aliases.',
    ],
    [
      'aliases of what costs nothing',
      () => '{ a: __typename b: __typename c: __typename d: __typename }',
      'An operation has at most 3 aliases.',
    ],
    [
      'aliases by fragments',
      () => '{ accounts { ...A } account(id: "x") { ...A } } fragment A on Account { a: id b: id }',
      'An operation has at most 3 aliases.',
    ],
    [
      'directives',
      () => '{ accounts { id @skip(if: false) @include(if: true) name @skip(if: false) } }',
      'An operation has at most 2 directives.',
    ],
  ])('refuse more %s than they allow, before anything is called', async (_what, documentOf, message) => {
    const { status, errors, data } = await harness.query(documentOf());
    expect({ status, data }).toEqual({ status: 400, data: undefined });
    expect(errors).toContainEqual(
      expect.objectContaining({ message, extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }),
    );
    expect(harness.takeCalls()).toEqual([]);
  });

  it('refuse more tokens than they allow', async () => {
    const { status, errors } = await harness.query(`{ ${'__typename '.repeat(100)} }`);
    expect(status).toBe(400);
    expect(errors).toMatchObject([{ extensions: { code: 'GRAPHQL_PARSE_FAILED' } }]);
  });

  it('allow as much as they say', async () => {
    expect((await harness.query(levels('capabilities { sendText }'))).errors).toBeUndefined();
    const wide =
      '{ a: __typename b: __typename c: __typename accounts { id @skip(if: false) name @skip(if: false) } }';
    expect((await harness.query(wide)).errors).toBeUndefined();
  });

  it('end an operation that comes to more calls than was to be expected, and keep what it has read', async () => {
    const middle = messageId({
      accountId: 'sales',
      conversationExternalId: String(wellKnown.pact.long),
      externalId: String(harness.sandbox.pact.messages(wellKnown.pact.long)[1_000]!.external_id),
    });
    const { status, data, errors } = await harness.query(
      `{ message(id: "${middle}") { text } accounts { id } }`,
    );
    expect(status).toBe(200);
    expect(data).toMatchObject({ message: null, accounts: [{}, {}, {}] });
    expect(errors).toMatchObject([
      { path: ['message'], extensions: { code: 'OPERATION_TOO_COSTLY', retryable: false } },
    ]);
    expect(harness.takeCalls()).toHaveLength(4);
  });
});

describe('the length of an answer', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness({ environment: { MAX_ANSWER_BYTES: '65536', NODE_ENV: 'production' } });
  });
  afterAll(() => harness.close());

  const TOO_LARGE = [{ message: expect.stringContaining('65536'), extensions: { code: 'ANSWER_TOO_LARGE' } }];
  const REFERENCES = 'query ($of: [_Any!]!) { _entities(representations: $of) { ... on FIELDS } }';
  const accounts = (count: number) =>
    Array.from({ length: count }, () => ({ __typename: 'Account', id: 'sales' }));

  it('is bounded, whichever way a text is repeated', async () => {
    const texts = Array.from({ length: 20 }, (_, index) => `t${index}: text`).join(' ');
    const nested = await harness.query(
      `{ conversation(id: "YzpzYWxlczo4NzQx") { messages(last: 20) { nodes { conversation { messages(last: 20) { nodes { ${texts} } } } } } } }`,
    );
    expect(nested).toMatchObject({ status: 200, data: null, errors: TOO_LARGE });

    const name = await harness.query(REFERENCES.replace('FIELDS', `Account { ${'x'.repeat(1_000)}: id }`), {
      variables: { of: accounts(1_000) },
    });
    expect(name).toMatchObject({ status: 200, data: null, errors: TOO_LARGE });
  });

  it('is bounded where names stand in the paths of errors', async () => {
    const { errors } = await harness.query(
      `{ ${Array.from({ length: 100 }, (_, index) => `${'x'.repeat(1_000)}${index}: message(id: "bad") { id }`).join(' ')} }`,
    );
    expect(errors).toEqual(TOO_LARGE);
  });

  it('lets pass what is shorter', async () => {
    const { data, errors } = await harness.query(REFERENCES.replace('FIELDS', 'Account { id }'), {
      variables: { of: accounts(1_000) },
    });
    expect(errors).toBeUndefined();
    expect(data._entities).toHaveLength(1_000);
  });

  it('lists no more than a thousand errors, and says how many more there were', async () => {
    const generous = await startHarness();
    const of = Array.from({ length: 1_000 }, () => ({ __typename: 'Account', id: '!' }));
    const { data, errors } = await generous.query(
      'query ($of: [_Any!]!) { a: _entities(representations: $of) { __typename } b: _entities(representations: $of) { __typename } }',
      { variables: { of } },
    );
    expect(data.b).toHaveLength(1_000);
    expect(errors).toHaveLength(1_001);
    expect(errors!.at(-1)).toMatchObject({ message: 'And 1000 more errors, which are not listed.' });
    const more = await generous.query(
      'query ($of: [_Any!]!) { a: _entities(representations: $of) { __typename } b: _entities(representations: $of) { __typename } c: _entities(representations: $of) { __typename } }',
      { variables: { of } },
    );
    expect(more).toMatchObject({ status: 400, errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
    await generous.close();
  });

  it('does not grow by suggestions from a schema that is not told', async () => {
    const { errors } = await harness.query(
      'query ($f: ConversationFilter) { conversations(filter: $f) { nodes { id } } }',
      {
        variables: { f: { providers: ['PACTS'] } },
      },
    );
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    expect(JSON.stringify(errors)).not.toContain('Did you mean');
  });
});

describe('a mutation', () => {
  it('sends whatever it costs, and what is read of it has a limit', async () => {
    const harness = await startHarness({ environment: { MAX_COST: '12' } });
    const long = conversationId({ accountId: 'sales', externalId: String(wellKnown.pact.long) });
    const pageBefore = async (before: string | null) => {
      const { conversation } = await harness.data(
        'query ($id: ID!, $before: String) { conversation(id: $id) { messages(last: 100, before: $before) { edges { cursor } } } }',
        { id: long, before },
      );
      return conversation.messages.edges.map(({ cursor }: { cursor: string }) => cursor) as string[];
    };
    // Cursors of a walk back in time: going on from them in the other direction takes a walk of its own.
    let cursors = await pageBefore(null);
    for (let pages = 0; pages < 4; pages += 1) cursors = await pageBefore(cursors[0]!);
    harness.takeCalls();

    const reads = cursors
      .slice(0, 8)
      .map((after, index) => `p${index}: messages(first: 1, after: "${after}") { nodes { id } }`);
    const { data, errors } = await harness.query(
      `mutation {
        sendMessage(input: { conversationId: "${long}", text: "Whatever it costs", idempotencyKey: "k" }) {
          delivery { state }
          message { conversation { id ${reads.join(' ')} } }
          userErrors { code }
        }
      }`,
    );
    expect(data.sendMessage).toMatchObject({ delivery: { state: 'DELIVERED' }, userErrors: [] });
    expect(new Set(errors!.map(({ extensions }) => extensions['code']))).toEqual(
      new Set(['OPERATION_TOO_COSTLY']),
    );
    expect(harness.takeCalls().length).toBeLessThanOrEqual(12 + 2);
    await harness.close();
  });
});
