import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { conversationId, messageId } from '../../src/messaging/ids.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import { SEND, START } from '../graph/writes.ts';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';
import { openConnection, UPLOAD } from '../uploading.ts';
import type { Sent } from './hostileClient.ts';
import { createHostileClient } from './hostileClient.ts';

const CONVERSATION = conversationId({ accountId: 'sales', externalId: String(wellKnown.pact.documented) });
const MESSAGE = messageId({
  ...{ accountId: 'sales', conversationExternalId: String(wellKnown.pact.documented) },
  externalId: String(wellKnown.pact.documentedMessage),
});
const ENTITIES = `query ($references: [_Any!]!) { _entities(representations: $references) {
  ... on Account { name } ... on Conversation { title } ... on Message { text } ... on Attachment { url }
} }`;

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.close());

const { host, post } = createHostileClient(() => harness);

describe('anything at all', () => {
  const DOCUMENTS = [
    SEND,
    START,
    UPLOAD,
    'query ($a: ID!) { conversation(id: $a) { title messages(last: 1) { nodes { text } } } message(id: $a) { text } attachment(id: $a) { url } delivery(id: $a) { state } account(id: $a) { name } }',
    'query ($a: ID!, $b: String!) { conversationByExternalId(accountId: $a, externalId: $b) { title } }',
    'query ($a: Int, $b: String) { conversations(first: $a, after: $b) { nodes { id } } }',
    'query ($a: Int, $b: String) { account(id: "sales") { conversations(last: $a, before: $b) { nodes { id } } } }',
    `query ($a: Int, $b: String) { conversation(id: "${CONVERSATION}") { messages(last: $a, before: $b) { nodes { id } } } }`,
    'query ($input: ConversationFilter) { conversations(filter: $input) { nodes { id } sources { answered } } }',
    'mutation ($a: ID!, $b: String!) { addReaction(input: { messageId: $a, emoji: $b }) { outcome } markMessageRead(input: { messageId: $a }) { userErrors { code } } closeConversation(input: { conversationId: $a }) { userErrors { code } } }',
    'mutation ($a: ID!) { archiveConversation(input: { conversationId: $a }) { userErrors { code } } reopenConversation(input: { conversationId: $a }) { userErrors { code } } deleteMessages(input: { messageIds: [$a] }) { userErrors { code } } }',
    ENTITIES,
  ];
  // Near enough to what is right to get past the first check, and wrong in every way behind it.
  const id = fc.oneof(
    fc.constantFrom(CONVERSATION, MESSAGE, 'sales', 'app', 'support', '8741', ''),
    fc.string({ unit: 'binary' }),
    fc.base64String({ maxLength: 60 }),
  );
  const scalar = fc.oneof(id, fc.integer(), fc.double(), fc.constantFrom(null, true, 1e400));
  const names = [
    ...[
      'conversationId',
      'text',
      'attachmentIds',
      'actionList',
      'buttons',
      'idempotencyKey',
      'splitIfNeeded',
    ],
    ...['pact', 'letstalk', 'pigeons', 'accountId', 'messenger', 'phone', 'organizationId', 'participantId'],
    ...[
      'accountIds',
      'providers',
      'states',
      '__typename',
      'id',
      'externalId',
      'conversationExternalId',
      'file',
    ],
  ];
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      scalar,
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...names), tie('value'), { maxKeys: 4 }),
    ),
  }));
  const input = fc.oneof(
    value,
    fc.record({ conversationId: id, text: value, idempotencyKey: id }, { requiredKeys: [] }),
    fc.record({
      pact: fc.record({
        accountId: id,
        idempotencyKey: id,
        messenger: fc.constant('WHATSAPP'),
        phone: id,
        text: id,
      }),
    }),
    fc.record({
      letstalk: fc.record({
        accountId: id,
        idempotencyKey: id,
        organizationId: id,
        text: id,
        metadata: value,
      }),
    }),
    fc.record({ pigeons: fc.record({ accountId: id, idempotencyKey: id, participantId: id }) }),
  );
  const references = fc.oneof(
    value,
    fc.array(
      fc.record(
        {
          __typename: fc.constantFrom('Account', 'Conversation', 'Message', 'Attachment'),
          ...{ id: value, accountId: value, externalId: value, conversationExternalId: value },
        },
        { requiredKeys: ['__typename'] },
      ),
      { maxLength: 4 },
    ),
  );
  const operation = fc.record(
    {
      query: fc.oneof(
        { weight: 5, arbitrary: fc.constantFrom(...DOCUMENTS) },
        { weight: 1, arbitrary: value },
      ),
      variables: fc.oneof(
        {
          weight: 5,
          arbitrary: fc.record({
            a: fc.oneof(id, fc.integer(), value),
            b: fc.oneof(id, value),
            input,
            references,
          }),
        },
        { weight: 1, arbitrary: value },
      ),
      operationName: fc.option(value),
      extensions: fc.oneof(value, fc.record({ persistedQuery: value })),
    },
    { requiredKeys: ['query', 'variables'] },
  );
  /** A text with some of it replaced by something else. */
  const spoilt = (text: fc.Arbitrary<string>) =>
    fc
      .tuple(text, fc.nat(), fc.nat(20), fc.string({ unit: 'binary', maxLength: 8 }))
      .map(([given, at, length, other]) => {
        const from = at % (given.length + 1);
        return given.slice(0, from) + other + given.slice(from + length);
      });
  const body = fc.oneof(
    { weight: 6, arbitrary: operation.map((given) => JSON.stringify(given)) },
    { weight: 2, arbitrary: spoilt(operation.map((given) => JSON.stringify(given))) },
    { weight: 2, arbitrary: spoilt(fc.constantFrom(...DOCUMENTS)).map((query) => JSON.stringify({ query })) },
    { weight: 1, arbitrary: fc.json() },
    { weight: 1, arbitrary: fc.uint8Array() },
  );
  const headerText = fc.string({
    unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
    maxLength: 60,
  });
  const headers = fc.dictionary(
    fc.constantFrom(
      ...[
        'accept',
        'accept-encoding',
        'authorization',
        'content-encoding',
        'cookie',
        'origin',
        'user-agent',
        'x-api-key',
      ],
      ...[
        'apollo-require-preflight',
        'parley-cost',
        'router-authorization',
        'router-claims',
        'traceparent',
        'range',
      ],
      ...[
        'x-forwarded-for',
        'x-forwarded-host',
        'x-http-method-override',
        'if-none-match',
        'access-control-request-method',
      ],
    ),
    headerText,
    { maxKeys: 4 },
  );
  const runs = { seed: 20261126, numRuns: Number(process.env['HOSTILE_RUNS'] ?? 250) };
  const isSound = ({ status, text }: Sent) => {
    if (status >= 500 || text.includes('INTERNAL_SERVER_ERROR')) throw new Error(`${status}: ${text}`);
  };
  afterEach(async () => {
    expect(harness.logged().includes('internal error')).toBe(false);
    expect(await post({ query: '{ __typename }' })).toMatchObject({ status: 200 });
  });

  it('may be the body, with any headers: it is never a fault of ours', async () => {
    await fc.assert(
      fc.asyncProperty(body, headers, async (given, shown) => {
        isSound(await post(given, shown));
      }),
      runs,
    );
  }, 120_000);

  it('may be the address: it is never a fault of ours', async () => {
    const parameter = fc.tuple(
      fc.constantFrom('query', 'variables', 'extensions', 'operationName', 'x'),
      fc.oneof(
        body.filter((given) => typeof given === 'string'),
        fc.constantFrom(...DOCUMENTS),
        fc.json(),
        headerText,
      ),
    );
    const search = fc.array(parameter, { maxLength: 4 }).map((pairs) => {
      const parameters = new URLSearchParams();
      for (const [name, given] of pairs) parameters.append(name, given.toWellFormed());
      return parameters.toString();
    });
    const path = fc.oneof(
      fc.constant('/graphql'),
      fc.webPath(),
      fc.webPath().map((rest) => `/files${rest}`),
    );
    await fc.assert(
      fc.asyncProperty(path, spoilt(search), headers, async (place, query, shown) => {
        const url = new URL(harness.url);
        url.pathname = place;
        url.search = query.toWellFormed().slice(0, 8_000);
        const response = await fetch(url, { headers: { 'apollo-require-preflight': 'true', ...shown } });
        isSound({ status: response.status, text: await response.text() });
      }),
      runs,
    );
  }, 120_000);

  it('may be written to the socket: it is never a fault of ours', async () => {
    const line = spoilt(
      fc.constantFrom(
        `POST /graphql HTTP/1.1\r\nhost: HOST\r\ncontent-type: application/json\r\ncontent-length: 27\r\n\r\n{"query":"{ __typename } "}\r\n`,
        `GET /graphql?query=%7B__typename%7D HTTP/1.1\r\nhost: HOST\r\nx-apollo-operation-name: a\r\n\r\n`,
        `POST /graphql HTTP/1.1\r\nhost: HOST\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n3\r\n{"q\r\n0\r\n\r\n`,
      ),
    );
    await fc.assert(
      fc.asyncProperty(line, async (text) => {
        const connection = await openConnection(harness.url);
        // Nothing comes after it: whatever it was the beginning of, it is over.
        connection.socket.end(text.replace('HOST', host()));
        const answer = await connection.closed;
        isSound({ status: Number(answer.split(' ')[1] ?? 0), text: answer });
      }),
      runs,
    );
  }, 120_000);
});
