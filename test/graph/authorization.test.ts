import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { buildSubgraphSchema } from '@apollo/subgraph';
import type { DirectiveNode, ObjectTypeDefinitionNode } from 'graphql';
import { getNamedType, graphql, isUnionType, Kind, parse } from 'graphql';
import { enforceAccess } from '../../src/graph/authorize.ts';
import { createSchema, readTypeDefs } from '../../src/graph/schema.ts';
import { attachmentId, messageId } from '../../src/messaging/ids.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import type { Harness } from '../harness.ts';
import { as, SECRET_ENVIRONMENT, startGuarded } from '../identity.ts';
import { postUpload } from '../uploading.ts';
import { conversations, PDF, sentTexts, writeCalls } from './writes.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startGuarded({ environment: SECRET_ENVIRONMENT });
});
beforeEach(() => {
  harness.reset();
});
afterAll(() => harness.close());

const MESSAGE = {
  accountId: 'app',
  conversationExternalId: wellKnown.pigeons.documented,
  externalId: wellKnown.pigeons.documentedMessage,
};
const ID = {
  conversation: conversations.pigeons,
  message: messageId(MESSAGE),
  attachment: attachmentId({ message: MESSAGE, key: { place: 0 } }),
};

const SCOPES = {
  read: 'messages:read',
  write: 'messages:write',
  start: 'conversations:write',
  both: 'messages:read messages:write',
  none: '',
} as const;
type Set = keyof typeof SCOPES;

/** Each root field, whom it answers, and what it says that others need. */
const FIELDS: readonly [string, string, readonly Set[], string?][] = [
  ['accounts', '{ accounts { id } }', ['read', 'write', 'start', 'both', 'none']],
  [
    'account',
    '{ account(id: "app") { id capabilities { sendText } } }',
    ['read', 'write', 'start', 'both', 'none'],
  ],
  ['conversation', `{ conversation(id: "${ID.conversation}") { id } }`, ['read', 'both'], 'messages:read'],
  [
    'conversationByExternalId',
    `{ conversationByExternalId(accountId: "app", externalId: "${MESSAGE.conversationExternalId}") { id } }`,
    ['read', 'both'],
    'messages:read',
  ],
  ['message', `{ message(id: "${ID.message}") { id } }`, ['read', 'both'], 'messages:read'],
  ['attachment', `{ attachment(id: "${ID.attachment}") { id } }`, ['read', 'both'], 'messages:read'],
  ['conversations', '{ conversations { sources { account { id } } } }', ['read', 'both'], 'messages:read'],
  [
    'sendMessage',
    `mutation { sendMessage(input: { conversationId: "${ID.conversation}", text: "a", idempotencyKey: "KEY" }) { userErrors { code } } }`,
    ['write', 'both'],
    'messages:write',
  ],
  [
    'addReaction',
    `mutation { addReaction(input: { messageId: "${ID.message}", emoji: "👍" }) { userErrors { code } } }`,
    ['write', 'both'],
    'messages:write',
  ],
  [
    'markMessageRead',
    `mutation { markMessageRead(input: { messageId: "${ID.message}" }) { userErrors { code } } }`,
    ['write', 'both'],
    'messages:write',
  ],
  [
    'startConversation',
    `mutation { startConversation(input: { pact: { accountId: "sales", messenger: WHATSAPP, phone: "79250000001", text: "a", idempotencyKey: "KEY" } }) { userErrors { code } } }`,
    ['start'],
    'conversations:write',
  ],
  [
    'closeConversation',
    `mutation { closeConversation(input: { conversationId: "${conversations.letstalk}" }) { userErrors { code } } }`,
    ['start'],
    'conversations:write',
  ],
  [
    'archiveConversation',
    `mutation { archiveConversation(input: { conversationId: "${conversations.whatsApp}" }) { userErrors { code } } }`,
    ['start'],
    'conversations:write',
  ],
  [
    'reopenConversation',
    `mutation { reopenConversation(input: { conversationId: "${conversations.whatsApp}" }) { userErrors { code } } }`,
    ['start'],
    'conversations:write',
  ],
  [
    'deleteMessages',
    `mutation { deleteMessages(input: { messageIds: ["${ID.message}"] }) { userErrors { code } } }`,
    ['start'],
    'conversations:write',
  ],
];

/** Likewise: those that have the accounts listened to from then on, so that calls to providers go on behind them. */
const LISTENING: readonly [string, string][] = [
  ['inbox', '{ inbox { sources { account { id } } } }'],
  ['changes', '{ changes { pageInfo { endCursor } } }'],
];

describe('the scopes of a viewer who wants to know what happens', () => {
  let other: Harness;
  beforeAll(async () => {
    other = await startGuarded({ environment: SECRET_ENVIRONMENT });
  });
  afterAll(() => other.close());

  it.each(LISTENING)('decide on %s', async (field, document) => {
    for (const scope of [SCOPES.none, SCOPES.write, SCOPES.start, SCOPES.read, SCOPES.both]) {
      const { data, errors } = await other.query(document, { headers: await as({ scope }) });
      const isAllowed = scope.includes('messages:read');
      expect([scope, data?.[field] != null]).toEqual([scope, isAllowed]);
      expect(errors?.map(({ extensions }) => extensions['code'])).toEqual(
        isAllowed ? undefined : ['FORBIDDEN'],
      );
    }
  });
});

describe('the scopes of a viewer', () => {
  it.each(FIELDS)('decide on %s', async (field, document, allowed, needed = '') => {
    for (const [name, scope] of Object.entries(SCOPES)) {
      harness.reset();
      const query = document.replace('KEY', randomUUID());
      const { status, data, errors } = await harness.query(query, { headers: await as({ scope }) });
      expect(status).toBe(200);
      if (allowed.includes(name as Set)) {
        expect({ name, errors }).toEqual({ name, errors: undefined });
        continue;
      }
      expect(data === null || data[field] === null).toBe(true);
      expect(errors).toEqual([
        expect.objectContaining({
          path: [field],
          message: `This needs the scope ${needed}.`,
          extensions: { code: 'FORBIDDEN', retryable: false },
        }),
      ]);
      expect(harness.takeCalls()).toEqual([]);
    }
  });

  it('are asked of every root field in these tests', () => {
    const { Query, Mutation } = createSchema().getTypeMap() as Record<string, any>;
    const tested = [
      ...FIELDS.map(([field]) => field),
      ...LISTENING.map(([field]) => field),
      'delivery',
      'uploadAttachment',
      '_entities',
      '_service',
    ];
    const fields = Object.keys({ ...Query.getFields(), ...Mutation.getFields() });
    expect(tested.toSorted()).toEqual(fields.toSorted());
  });

  it.each([
    ['Account', { id: 'app' }, ['read', 'write', 'start', 'both', 'none']],
    ['Conversation', { id: ID.conversation }, ['read', 'both']],
    ['Conversation', { accountId: 'app', externalId: MESSAGE.conversationExternalId }, ['read', 'both']],
    ['Message', { id: ID.message }, ['read', 'both']],
    ['Message', MESSAGE, ['read', 'both']],
    ['Attachment', { id: ID.attachment }, ['read', 'both']],
  ])('decide on the entity %s by %j', async (__typename, key, allowed) => {
    const document = `query ($of: [_Any!]!) { _entities(representations: $of) { __typename } }`;
    for (const [name, scope] of Object.entries(SCOPES)) {
      const variables = {
        of: [
          { __typename: 'Account', id: 'sales' },
          { __typename, ...key },
        ],
      };
      const { data, errors } = await harness.query(document, { headers: await as({ scope }), variables });
      const isAllowed = allowed.includes(name);
      expect({ name, data }).toEqual({
        name,
        data: { _entities: [{ __typename: 'Account' }, isAllowed ? { __typename } : null] },
      });
      if (isAllowed) expect(errors).toBeUndefined();
      else expect(errors).toMatchObject([{ path: ['_entities', 1], extensions: { code: 'FORBIDDEN' } }]);
    }
    expect(harness.takeCalls()).toEqual([]);
  });

  it('decide on what leads on to conversations and messages', async () => {
    for (const scope of [SCOPES.write, SCOPES.start, SCOPES.none]) {
      const document = '{ account(id: "sales") { id conversations(first: 1) { nodes { id } } } }';
      const { data, errors } = await harness.query(document, { headers: await as({ scope }) });
      expect(data).toEqual({ account: null });
      expect(errors).toMatchObject([
        { path: ['account', 'conversations'], extensions: { code: 'FORBIDDEN' } },
      ]);
    }
    expect(harness.takeCalls()).toEqual([]);
  });

  it('let whoever may only write send, and see what became of it, but not what it says', async () => {
    const document = `mutation ($input: SendMessageInput!) {
      sendMessage(input: $input) {
        message { id text }
        delivery { id state message { text } }
        userErrors { code }
      }
    }`;
    const headers = await as({ scope: SCOPES.write });
    const text = `sent ${randomUUID()}`;
    const input = { conversationId: ID.conversation, text, idempotencyKey: randomUUID() };
    const { data, errors } = await harness.query(document, { headers, variables: { input } });
    expect(data.sendMessage).toEqual({
      message: null,
      delivery: { id: expect.any(String), state: expect.any(String), message: null },
      userErrors: [],
    });
    expect(errors!.map(({ path, extensions }) => [path, extensions['code']])).toEqual(
      expect.arrayContaining([
        [['sendMessage', 'message'], 'FORBIDDEN'],
        [['sendMessage', 'delivery', 'message'], 'FORBIDDEN'],
      ]),
    );
    expect(sentTexts(harness).filter((sent) => sent === text)).toHaveLength(1);

    const { id } = data.sendMessage.delivery;
    const look = `{ delivery(id: "${id}") { id message { text } } }`;
    const own = await harness.query(look, { headers });
    expect(own.data).toEqual({ delivery: { id, message: null } });
    expect(own.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    const withRead = await harness.query(look, { headers: await as({ scope: SCOPES.both }) });
    expect(withRead.data).toEqual({ delivery: { id, message: { text } } });
    const withNone = await harness.query(look, { headers: await as({ scope: '' }) });
    expect(withNone.errors).toMatchObject([
      {
        message: 'This needs the scope messages:read, or messages:write, or conversations:write.',
        extensions: { code: 'FORBIDDEN' },
      },
    ]);
  });

  it('let whoever may only start conversations start one, but not read it', async () => {
    const document = `mutation {
      startConversation(input: { pact: {
        accountId: "sales", messenger: WHATSAPP, phone: "79250000001", text: "hello", idempotencyKey: "${randomUUID()}"
      } }) { conversation { id title } delivery { state } userErrors { code } }
    }`;
    const { data, errors } = await harness.query(document, { headers: await as({ scope: SCOPES.start }) });
    expect(data.startConversation).toEqual({
      conversation: null,
      delivery: { state: expect.any(String) },
      userErrors: [],
    });
    for (const { path, extensions } of errors ?? [])
      expect([path, extensions['code']]).toEqual([['startConversation', 'conversation'], 'FORBIDDEN']);
    expect(errors).toHaveLength(1);
    expect(writeCalls(harness)).toHaveLength(1);
  });

  it('decide on an upload, of which nothing is kept', async () => {
    for (const [name, scope] of Object.entries(SCOPES)) {
      const { data, errors } = await postUpload(
        harness.url,
        { conversationId: ID.conversation },
        PDF,
        await as({ scope }),
      );
      if (name === 'both') {
        expect(errors).toBeUndefined();
        expect(data.uploadAttachment.userErrors).toEqual([]);
      } else {
        expect(data).toEqual({ uploadAttachment: null });
        expect(errors).toMatchObject([
          {
            message: 'This needs the scope messages:read and messages:write.',
            extensions: { code: 'FORBIDDEN' },
          },
        ]);
      }
    }
  });

  it('refuse one field, and answer its neighbours', async () => {
    const { data, errors } = await harness.query(
      `{ accounts { id } conversation(id: "${ID.conversation}") { id } }`,
      { headers: await as({ scope: '', parley_accounts: 'app' }) },
    );
    expect(data).toEqual({ accounts: [{ id: 'app' }], conversation: null });
    expect(errors).toHaveLength(1);
  });
});

describe('the schema', () => {
  const document = parse(readTypeDefs());
  const types = document.definitions.filter(
    (node): node is ObjectTypeDefinitionNode => node.kind === Kind.OBJECT_TYPE_DEFINITION,
  );
  const isGuarded = (nodes: readonly DirectiveNode[] = []) =>
    nodes.some(({ name }) => name.value === 'authenticated' || name.value === 'requiresScopes');
  const typeNamed = (name: string) => types.find((type) => type.name.value === name);

  it('says of every root field what it needs, itself or by its type', () => {
    const schema = createSchema();
    const open = [schema.getQueryType()!, schema.getMutationType()!, schema.getSubscriptionType()!].flatMap(
      (root) =>
        Object.values(root.getFields())
          .filter(({ name }) => name !== '_entities' && name !== '_service')
          .filter(({ name, type }) => {
            const node = typeNamed(root.name)!.fields!.find((field) => field.name.value === name);
            return !isGuarded(node!.directives) && !isGuarded(typeNamed(getNamedType(type).name)?.directives);
          })
          .map(({ name }) => name),
    );
    expect(open).toEqual([]);
  });

  it('says of every entity what it needs', () => {
    const entities = createSchema().getType('_Entity');
    const names = isUnionType(entities) ? entities.getTypes().map(({ name }) => name) : [];
    expect(names.toSorted()).toEqual(['Account', 'Attachment', 'Conversation', 'Message']);
    for (const name of names) expect([name, isGuarded(typeNamed(name)!.directives)]).toEqual([name, true]);
  });

  const LINK = `extend schema @link(
    url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@authenticated", "@requiresScopes"]
  )`;
  const build = (typeDefs: string) =>
    enforceAccess(buildSubgraphSchema({ typeDefs: parse(`${LINK} ${typeDefs}`) }));

  it.each([
    ['a root field', 'type Query { a: String }', 'Query.a'],
    ['a mutation', 'type Query { a: String @authenticated } type Mutation { b: String }', 'Mutation.b'],
    [
      'a subscription',
      'type Query { a: String @authenticated } type Subscription { c: Int }',
      'Subscription.c',
    ],
    [
      'an entity',
      'type Query { a: String @authenticated } type Thing @key(fields: "id") { id: ID! }',
      'entity Thing',
    ],
    [
      'a guarded type in a union',
      'type Query { a: U @authenticated } union U = A | B type A { a: Int } type B @authenticated { b: Int }',
      'B has a requirement',
    ],
    [
      'a guarded type behind an interface',
      'type Query { a: I @authenticated } interface I { a: Int } type B implements I @authenticated { a: Int }',
      'B has a requirement',
    ],
  ])('is no schema with %s that nobody has thought of', (_what, typeDefs, said) => {
    expect(() => build(typeDefs)).toThrow(said);
  });

  it('guards an entity that has no resolver of its own, whose reference is taken as it is', async () => {
    const schema = build(
      'type Query { a: String @authenticated } type Thing @key(fields: "id") @requiresScopes(scopes: [["x"]]) { id: ID! secret: String }',
    );
    const source =
      '{ _entities(representations: [{ __typename: "Thing", id: "1", secret: "made up" }]) { ... on Thing { secret } } }';
    const ask = async (scopes: readonly string[]) =>
      graphql({
        schema,
        source,
        contextValue: { caller: { viewer: { authenticated: true, scopes: new Set(scopes) } } },
      });
    expect((await ask([])).data).toEqual({ _entities: [null] });
    expect((await ask(['x'])).data).toEqual({ _entities: [{ secret: 'made up' }] });
  });

  it('takes any one of several alternatives, and each of them whole', async () => {
    const schema = build('type Query { a: String @requiresScopes(scopes: [["x", "y"], ["z"]]) }');
    const codeFor = async (scopes: readonly string[], authenticated = true) => {
      const contextValue = { caller: { viewer: { authenticated, scopes: new Set(scopes) } } };
      const { errors } = await graphql({ schema, source: '{ a }', contextValue });
      return (errors?.[0]?.originalError as { code?: string } | undefined)?.code;
    };
    expect(await codeFor(['x'])).toBe('FORBIDDEN');
    expect(await codeFor(['y', 'X', 'xz'])).toBe('FORBIDDEN');
    expect(await codeFor(['x', 'y'])).toBeUndefined();
    expect(await codeFor(['z'])).toBeUndefined();
    // Scopes of nobody are none.
    expect(await codeFor(['x', 'y', 'z'], false)).toBe('UNAUTHENTICATED');
  });
});
