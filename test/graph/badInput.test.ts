import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { attachmentId, conversationId, messageId } from '../../src/messaging/ids.ts';
import { loadConfig } from '../../src/config/index.ts';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';

const CONVERSATION = conversationId({ accountId: 'sales', externalId: '8741' });
const MESSAGE = messageId({ accountId: 'app', conversationExternalId: 'x', externalId: 'y' });
const OTHER_CONVERSATION = conversationId({ accountId: 'sales', externalId: '8750' });

describe('bad input', () => {
  let harness: Harness;
  let cursorOfAnotherConversation: string;
  let cursorOfConversations: string;

  beforeAll(async () => {
    harness = await startHarness({
      // So that what they refuse gets as far as what comes after them.
      config: { limits: { ...loadConfig({}).limits, maxDepth: Infinity, maxAliases: Infinity } },
    });
    const data = await harness.data(
      'query ($id: ID!) { conversation(id: $id) { messages(last: 1) { pageInfo { endCursor } } } conversations(first: 1) { pageInfo { endCursor } } }',
      { id: OTHER_CONVERSATION },
    );
    cursorOfAnotherConversation = data.conversation.messages.pageInfo.endCursor;
    cursorOfConversations = data.conversations.pageInfo.endCursor;
  });
  afterAll(() => harness.close());
  beforeEach(() => {
    harness.takeCalls();
  });

  async function expectRefusal(document: string, argument: string, variables: Record<string, unknown> = {}) {
    const { errors } = await harness.query(document, { variables });
    expect(errors).toHaveLength(1);
    expect(errors![0]!.extensions).toMatchObject({ code: 'BAD_USER_INPUT', argument });
    expect(errors![0]!.message).toContain(`"${argument}"`);
    expect(harness.takeCalls()).toEqual([]);
  }

  it.each([
    ['conversation', 'nonsense'],
    ['conversation', ''],
    ['conversation', messageId({ accountId: 'sales', conversationExternalId: '8741', externalId: '47098' })],
    ['conversation', `${CONVERSATION}A`],
    ['message', CONVERSATION],
    ['message', '%%%'],
    ['attachment', CONVERSATION],
    ['account', 'no such/account'],
    ['account', 'x'.repeat(65)],
  ])('a malformed id for %s is refused by name (%#)', async (field, id) => {
    await expectRefusal(`query ($id: ID!) { ${field}(id: $id) { id } }`, 'id', { id });
  });

  it.each([
    ['', 'externalId'],
    ['x'.repeat(256), 'externalId'],
    ['a\u0000b', 'externalId'],
  ])(
    'an external id that no provider can have given is refused by name (%#)',
    async (externalId, argument) => {
      await expectRefusal(
        'query ($id: String!) { conversationByExternalId(accountId: "sales", externalId: $id) { id } }',
        argument,
        { id: externalId },
      );
    },
  );

  const lists: [string, (args: string) => string][] = [
    ['conversations', (args) => `{ conversations(${args}) { nodes { id } } }`],
    [
      'Account.conversations',
      (args) => `{ account(id: "sales") { conversations(${args}) { nodes { id } } } }`,
    ],
    [
      'Conversation.messages',
      (args) => `{ conversation(id: "${CONVERSATION}") { title messages(${args}) { nodes { id } } } }`,
    ],
    [
      'Conversation.messages deep inside a list',
      (args) =>
        `{ conversations(first: 2) { nodes { ...F } } } fragment F on Conversation { messages(${args}) { nodes { id } } }`,
    ],
  ];
  const mistakes: [string, string][] = [
    ['first: -1', 'first'],
    ['first: 0', 'first'],
    ['first: 201', 'first'],
    ['last: -1', 'last'],
    ['last: 0', 'last'],
    ['last: 201', 'last'],
    ['first: 5, last: 5', 'last'],
    ['first: 5, before: "abc"', 'before'],
    ['last: 5, after: "abc"', 'after'],
    ['after: "nonsense"', 'after'],
    ['before: "bm9uc2Vuc2U"', 'before'],
    ['after: ""', 'after'],
  ];
  it.each(
    lists.flatMap(([list, document]) =>
      mistakes.map(([args, argument]) => [list, args, argument, document] as const),
    ),
  )('%s(%s) is refused by name', async (_list, args, argument, document) => {
    await expectRefusal(document(args), argument);
  });

  it('a page size out of range in a variable is refused by name', async () => {
    await expectRefusal(
      `query ($size: Int) { conversation(id: "${CONVERSATION}") { title messages(first: $size) { nodes { id } } } }`,
      'first',
      { size: 201 },
    );
  });

  it('does not look at the operation that was not chosen', async () => {
    const response = await fetch(`${harness.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        query: 'query A { accounts { id } } query B { conversations(first: 0) { nodes { id } } }',
        operationName: 'A',
      }),
    });
    expect(await response.json()).toEqual({
      data: { accounts: [{ id: 'sales' }, { id: 'support' }, { id: 'app' }] },
    });
  });

  it('a cursor of another conversation is refused by name', async () => {
    await expectRefusal(
      'query ($id: ID!, $cursor: String) { conversation(id: $id) { title messages(before: $cursor) { nodes { id } } } }',
      'before',
      { id: CONVERSATION, cursor: cursorOfAnotherConversation },
    );
  });

  it('a cursor of another list is refused by name', async () => {
    await expectRefusal(
      'query ($id: ID!, $cursor: String) { conversation(id: $id) { messages(after: $cursor) { nodes { id } } } }',
      'after',
      { id: CONVERSATION, cursor: cursorOfConversations },
    );
    await expectRefusal(
      'query ($cursor: String) { conversations(after: $cursor) { nodes { id } } }',
      'after',
      {
        cursor: cursorOfAnotherConversation,
      },
    );
  });

  it('a page size out of range in the default of a variable is refused by name', async () => {
    await expectRefusal(
      'query ($size: Int = 500) { conversations(first: 2) { nodes { messages(last: $size) { nodes { id } } } } }',
      'last',
    );
  });

  it('a cursor of another list is refused wherever it stands', async () => {
    await expectRefusal(
      'query ($cursor: String) { conversations(first: 2) { nodes { messages(before: $cursor) { nodes { id } } } } }',
      'before',
      { cursor: cursorOfConversations },
    );
    await expectRefusal(
      'query ($id: ID!, $cursor: String) { conversation(id: $id) { a: messages { nodes { id } } b: messages(after: $cursor) { nodes { id } } } }',
      'after',
      { id: CONVERSATION, cursor: cursorOfAnotherConversation },
    );
  });

  it('a cursor of the merged list with one place that was tampered with is refused by name', async () => {
    const [list, owner, marks] = JSON.parse(Buffer.from(cursorOfConversations, 'base64url').toString()) as [
      string,
      string,
      object,
    ];
    const forged = [list, owner, { ...marks, app: ['after', 1, 2, 3] }];
    await expectRefusal(
      'query ($cursor: String) { conversations(after: $cursor) { nodes { id } } }',
      'after',
      {
        cursor: Buffer.from(JSON.stringify(forged)).toString('base64url'),
      },
    );
  });

  it('what is skipped, or stands in a fragment of another operation, is not looked at', async () => {
    const response = await fetch(`${harness.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        query: `
          query A { account(id: "sales") { id conversations(first: 0) @skip(if: true) { nodes { id } } } }
          query B { account(id: "sales") { ...F } }
          fragment F on Account { conversations(first: 0) { nodes { id } } }`,
        operationName: 'A',
      }),
    });
    expect(await response.json()).toEqual({ data: { account: { id: 'sales' } } });
  });

  it.each([
    [
      'in each other',
      `{ conversationByExternalId(accountId: "app", externalId: "x") { messages(last: 200) { nodes { conversation {
           messages(last: 200) { nodes { conversation { messages(last: 200) { nodes { id } } } } } } } } } }`,
    ],
    [
      'behind fragments',
      `{ conversationByExternalId(accountId: "app", externalId: "x") { ...A } }
       fragment A on Conversation { messages(last: 200) { nodes { conversation { ...B } } } }
       fragment B on Conversation { one: messages(last: 200) { nodes { id } } two: messages(last: 199) { nodes { id } } }`,
    ],
  ])(
    'lists %s that could have too many items are refused before anything is read',
    async (_where, document) => {
      const { status, errors } = await harness.query(document);
      expect(status).toBe(400);
      expect(errors).toMatchObject([
        { message: expect.stringContaining('50000'), extensions: { code: 'BAD_USER_INPUT' } },
      ]);
      expect(harness.takeCalls()).toEqual([]);
    },
  );

  it.each([
    [
      'fragments that double without any list',
      `{ message(id: "${MESSAGE}") { ...F0 } }
       ${Array.from({ length: 25 }, (_, n) => `fragment F${n} on Message { a: delivery { message { ...F${n + 1} } } b: delivery { message { ...F${n + 1} } } }`).join('\n')}
       fragment F25 on Message { id }`,
    ],
    [
      'many fields of many items',
      `{ conversation(id: "${CONVERSATION}") { ${Array.from({ length: 5 }, (_, n) => `a${n}: messages(last: 200) { nodes { ...F } }`).join(' ')} } }
       fragment F on Message { ${Array.from({ length: 2_000 }, (_, n) => `f${n}: text`).join(' ')} }`,
    ],
  ])('%s are refused before anything is read', async (_what, document) => {
    const { status, errors } = await harness.query(document);
    expect(status).toBe(400);
    expect(errors).toMatchObject([
      { message: expect.stringContaining('1000000'), extensions: { code: 'BAD_USER_INPUT' } },
    ]);
    expect(harness.takeCalls()).toEqual([]);
  });

  it('lists of accounts count as long as they are', async () => {
    const document =
      '{ accounts { conversations(first: 200) { nodes { messages(last: 100) { nodes { id } } } } } }';
    const { errors } = await harness.query(document);
    expect(errors).toMatchObject([
      { message: expect.stringContaining('50000'), extensions: { code: 'BAD_USER_INPUT' } },
    ]);
    expect(harness.takeCalls()).toEqual([]);
  });

  it('a subscription without a way to bring events is refused as such, and is told which ways there are', async () => {
    const { status, errors } = await harness.query('subscription { messageAdded { id } }');
    expect(status).toBe(400);
    expect(errors).toMatchObject([
      {
        message: expect.stringMatching(/graphql-transport-ws.*text\/event-stream/),
        extensions: { code: 'BAD_REQUEST' },
      },
    ]);
  });

  it('a mutation by GET is refused: whatever follows a link would write', async () => {
    const input = `{ conversationId: "${CONVERSATION}", text: "x", idempotencyKey: "k" }`;
    const query = `mutation { sendMessage(input: ${input}) { parts { id } } }`;
    const url = `${harness.url}/graphql?${new URLSearchParams({ query }).toString()}`;
    const response = await fetch(url, { headers: { 'apollo-require-preflight': 'true' } });
    expect(response.status).toBe(405);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
    expect(harness.takeCalls()).toEqual([]);
  });

  it.each([
    {},
    { accountId: 'sales' },
    { id: null },
    { id: 123 },
    { accountId: 'sales', externalId: ['8741'] },
  ])('a reference that names nothing is the mistake of whoever made it: %j', async (reference) => {
    const { data, errors } = await harness.query(
      'query ($refs: [_Any!]!) { _entities(representations: $refs) { __typename ... on Account { name } ... on Conversation { title } ... on Message { text } } }',
      {
        variables: {
          refs: ['Account', 'Conversation', 'Message', 'Attachment'].map((__typename) => ({
            __typename,
            ...reference,
          })),
        },
      },
    );
    expect(data._entities).toEqual([null, null, null, null]);
    expect(errors).toHaveLength(4);
    for (const { extensions } of errors!) {
      expect(extensions).toMatchObject({ code: 'BAD_USER_INPUT', argument: 'representations' });
    }
    expect(harness.takeCalls()).toEqual([]);
  });

  it('more references than anyone needs are refused', async () => {
    await expectRefusal(
      'query ($refs: [_Any!]!) { _entities(representations: $refs) { ... on Conversation { title } } }',
      'representations',
      { refs: Array.from({ length: 1001 }, () => ({ __typename: 'Conversation', id: CONVERSATION })) },
    );
  });

  it('a cursor of the same list under another filter is refused by name', async () => {
    await expectRefusal(
      'query ($cursor: String) { conversations(after: $cursor, filter: { providers: [PACT] }) { nodes { id } } }',
      'after',
      { cursor: cursorOfConversations },
    );
  });

  it('a cursor whose place was tampered with is refused by name', async () => {
    const [list] = JSON.parse(Buffer.from(cursorOfAnotherConversation, 'base64url').toString()) as unknown[];
    for (const position of [
      ['up', null, 0, '1', 1],
      ['desc', 'x'.repeat(256), 0, '1', 1],
      ['desc', null, 0, '../1', 1],
      [1],
      [],
    ]) {
      const cursor = Buffer.from(JSON.stringify([list, ...position])).toString('base64url');
      const { errors } = await harness.query(
        'query ($id: ID!, $cursor: String) { conversation(id: $id) { messages(before: $cursor) { nodes { id } } } }',
        { variables: { id: OTHER_CONVERSATION, cursor } },
      );
      expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', argument: 'before' });
    }
    expect(harness.takeCalls()).toEqual([]);
  });

  it('an unknown account in a filter is refused by name', async () => {
    for (const accountIds of [['sales', 'nobody'], ['no such/account']]) {
      await expectRefusal(
        'query ($accountIds: [ID!]) { conversations(filter: { accountIds: $accountIds }) { nodes { id } } }',
        'filter.accountIds',
        { accountIds },
      );
    }
  });

  it('a well-formed id of an unknown account is null, without a call', async () => {
    const accountId = 'nobody';
    const message = { accountId, conversationExternalId: '8741', externalId: '47098' };
    const data = await harness.data(
      `query ($conversation: ID!, $message: ID!, $attachment: ID!, $refs: [_Any!]!) {
        account(id: "nobody") { id }
        conversation(id: $conversation) { id }
        conversationByExternalId(accountId: "nobody", externalId: "8741") { id }
        message(id: $message) { id }
        attachment(id: $attachment) { id }
        _entities(representations: $refs) { __typename ... on Conversation { title } ... on Message { text } }
      }`,
      {
        conversation: conversationId({ accountId, externalId: '8741' }),
        message: messageId(message),
        attachment: attachmentId({ message, key: { place: 0 } }),
        refs: [
          { __typename: 'Conversation', accountId, externalId: '8741' },
          { __typename: 'Message', ...message },
          { __typename: 'Account', id: accountId },
        ],
      },
    );

    expect(data).toEqual({
      account: null,
      conversation: null,
      conversationByExternalId: null,
      message: null,
      attachment: null,
      _entities: [null, null, null],
    });
    expect(harness.takeCalls()).toEqual([]);
  });

  it('a malformed reference costs itself and not its neighbours', async () => {
    const { data, errors } = await harness.query(
      'query ($refs: [_Any!]!) { _entities(representations: $refs) { ... on Conversation { externalId } } }',
      {
        variables: {
          refs: [
            { __typename: 'Conversation', id: 'nonsense' },
            { __typename: 'Conversation', id: CONVERSATION },
          ],
        },
      },
    );

    expect(data._entities).toEqual([null, { externalId: '8741' }]);
    expect(errors).toHaveLength(1);
    expect(errors![0]).toMatchObject({
      path: ['_entities', 0],
      extensions: { code: 'BAD_USER_INPUT', argument: 'representations' },
    });
  });

  it('an input with thousands of unknown fields is refused in few words', async () => {
    const input = Object.fromEntries(Array.from({ length: 30_000 }, (_none, index) => [`f${index}`, 1]));
    const { status, errors } = await harness.query(
      'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }',
      { variables: { input } },
    );

    expect(status).toBe(400);
    expect(errors).toHaveLength(1);
    expect(errors![0]!.extensions['code']).toBe('BAD_USER_INPUT');
    expect(errors![0]!.message.length).toBeLessThan(1_000);
    expect(harness.takeCalls()).toEqual([]);
  });

  it('a body that is no UTF-8 is refused, rather than sent to a customer with marks in place of it', async () => {
    const response = await fetch(`${harness.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: Buffer.from('{"query": "{ accounts { id } } # caf\xe9"}', 'latin1'),
    });

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
  });

  it.each([
    ['malformed JSON', '{"query": ', 400, 'BAD_REQUEST'],
    ['no query', '{}', 400, 'BAD_REQUEST'],
    ['a query that is no GraphQL', '{"query": "{"}', 400, 'GRAPHQL_PARSE_FAILED'],
    ['a field that does not exist', '{"query": "{ nothing }"}', 400, 'GRAPHQL_VALIDATION_FAILED'],
    [
      'variables of a wrong type',
      '{"query": "query ($id: ID!) { account(id: $id) { id } }", "variables": {"id": {}}}',
      400,
      'BAD_USER_INPUT',
    ],
    ['a batch', '[{"query": "{ accounts { id } }"}]', 400, 'BAD_REQUEST'],
    ['a huge body', JSON.stringify({ query: `# ${'x'.repeat(1_100_000)}` }), 413, 'PAYLOAD_TOO_LARGE'],
    [
      'too many tokens',
      JSON.stringify({ query: `{ ${'accounts { id } '.repeat(5_000)} }` }),
      400,
      'GRAPHQL_PARSE_FAILED',
    ],
  ])('%s is answered as coded JSON', async (_what, body, status, code) => {
    const response = await fetch(`${harness.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    const answer: any = await response.json();

    expect(response.status).toBe(status);
    expect(answer.errors[0].extensions.code).toBe(code);
    expect(JSON.stringify(answer)).not.toContain('stack');
    expect(harness.takeCalls()).toEqual([]);
  });
});
