import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { conversationId } from '../../src/messaging/ids.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import { SEND } from '../graph/writes.ts';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';
import { createHostileClient, many } from './hostileClient.ts';

/*
 * What clients may send, row by row, and where it is tested.
 *
 * | malformed JSON, wrong types, bad UTF-8, NUL, lone surrogates, overlong text | here, graph/badInput, graph/refusedContent |
 * | huge body or variables, many coercion errors                                | here, graph/badInput                       |
 * | bombs of aliases, directives, depth, cycles, fragments, tokens              | http/bombs, graph/limits, graph/badInput   |
 * | batched arrays                                                              | here, graph/badInput                       |
 * | page sizes, ids and cursors that can't be                                   | graph/badInput                             |
 * | ids of foreign and unknown accounts                                         | graph/isolation, graph/foreignAccounts     |
 * | introspection and suggestions                                               | http/browser                               |
 * | tokens, side doors, identity headers     | http/authentication, http/tokenKeys, http/routers, graph/authorization |
 * | the client goes away                                                        | graph/failures, http/client                |
 * | persisted and listed operations                                             | here, http/persistedOperations             |
 * | anything else                                                               | http/anything                              |
 *
 * Uploads: http/incoming, graph/uploadRefusals, e2e/badUploads.
 */

const CONVERSATION = conversationId({ accountId: 'sales', externalId: String(wellKnown.pact.documented) });

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.close());
beforeEach(() => {
  harness.takeCalls();
});

const { host, post, sendRaw, expectRefusal, expectNoFaultOfOurs } = createHostileClient(() => harness);

describe('the body of a request', () => {
  it.each<[string, string]>([
    ['nothing', ''],
    ['white space', '  \n'],
    ['a number', '1'],
    ['a text', '"{ __typename }"'],
    ['null', 'null'],
    ['true', 'true'],
    ['a list', '[]'],
    ['a list of operations', '[{"query":"{ __typename }"},{"query":"{ __typename }"}]'],
    ['a list in a list without end', `${'['.repeat(200_000)}${']'.repeat(200_000)}`],
    ['a list that does not end', '['.repeat(200_000)],
    ['half an object', '{"query":"{ __typename }"'],
    ['an object and more', '{"query":"{ __typename }"} {}'],
    ['a prototype', '{"query":"{ __typename }","__proto__":{"a":1}}'],
    ['a constructor', '{"query":"{ __typename }","constructor":{"prototype":{"a":1}}}'],
    ['no JSON', "{'query': '{ __typename }'}"],
    ['GraphQL', '{ __typename }'],
    ['a form', 'query=%7B__typename%7D'],
    ['a query that is a number', '{"query":1}'],
    ['a query that is an object', '{"query":{"a":1}}'],
    ['a query that is null', '{"query":null}'],
    ['an empty query', '{"query":""}'],
    ['a query of white space', '{"query":" \\n "}'],
    ['a query of a comment', '{"query":"# nothing"}'],
    ['a query with a NUL', '{"query":"{ __typename \\u0000 }"}'],
    ['a query with half a character', '{"query":"{ \\ud800 }"}'],
    ['a text with half a character in a query', '{"query":"{ account(id: \\"\\ud800\\") { id } }"}'],
    ['a query of fragments alone', '{"query":"fragment A on Account { id }"}'],
    ['a query that defines types', '{"query":"type Query { a: Int }"}'],
    ['an operation that is not there', '{"query":"query A { __typename }","operationName":"B"}'],
    ['an operation of an empty name', '{"query":"query A { __typename }","operationName":""}'],
    ['an operation whose name is a number', '{"query":"query A { __typename }","operationName":1}'],
    ['an operation whose name is an object', '{"query":"query A { __typename }","operationName":{}}'],
    ['variables that are a text', '{"query":"{ __typename }","variables":"{}"}'],
    ['variables that are a list', '{"query":"{ __typename }","variables":[]}'],
    ['variables that are a number', '{"query":"{ __typename }","variables":1}'],
    ['extensions that are a text', '{"query":"{ __typename }","extensions":"{}"}'],
    ['extensions that are a list', '{"query":"{ __typename }","extensions":[1]}'],
    ['extensions that are a number', '{"query":"{ __typename }","extensions":1}'],
  ])('is refused when it is %s', async (_what, body) => {
    const answer = await post(body);
    // What the specification leaves to us, and what is only odd, may be answered.
    if (answer.status === 200) expect(JSON.parse(answer.text)).not.toHaveProperty('data');
    else expectRefusal(answer);
    expectNoFaultOfOurs(answer);
  });

  const HASH = '0'.repeat(64);
  it.each<[string, unknown]>([
    ['a text', 'x'],
    ['a number', 1],
    ['a list', [HASH]],
    ['null', null],
    ['an empty object', {}],
    ['a version and no hash', { version: 1 }],
    ['a hash and no version', { sha256Hash: HASH }],
    ['a version that is a text', { version: '1', sha256Hash: HASH }],
    ['a version that is not there', { version: 2, sha256Hash: HASH }],
    ['a hash that is a number', { version: 1, sha256Hash: 1 }],
    ['a hash that is an object', { version: 1, sha256Hash: { a: 1 } }],
    ['a hash that is a list', { version: 1, sha256Hash: [HASH] }],
    ['an empty hash', { version: 1, sha256Hash: '' }],
    ['a hash of another document', { version: 1, sha256Hash: HASH }],
    ['a hash that is a prototype', { version: 1, sha256Hash: '__proto__' }],
    ['a long hash', { version: 1, sha256Hash: 'f'.repeat(100_000) }],
    ['a hash with a NUL', { version: 1, sha256Hash: 'a\0b' }],
  ])('has a persisted query that is %s', async (_what, persistedQuery) => {
    for (const query of [undefined, '{ __typename }']) {
      const answer = await post({ query, extensions: { persistedQuery } });
      expectNoFaultOfOurs(answer);
      const { errors, data } = JSON.parse(answer.text);
      expect(errors === undefined ? data : errors[0].extensions.code).toBeTruthy();
    }
    expect(harness.takeCalls()).toEqual([]);
  });

  it.each<[string, string | undefined]>([
    ['none', undefined],
    ['text', 'text/plain'],
    ['a form', 'application/x-www-form-urlencoded'],
    ['GraphQL', 'application/graphql'],
    ['two at once', 'application/json, text/plain'],
    ['no type', 'nonsense'],
    ['XML', 'application/xml'],
    ['a very long one', `application/${'x'.repeat(4_000)}`],
    ['multipart without a boundary', 'multipart/form-data'],
    ['multipart of another kind', 'multipart/mixed; boundary=x'],
  ])('is refused where its content type is %s', async (_what, contentType) => {
    const body = JSON.stringify({ query: '{ __typename }' });
    const type = contentType === undefined ? '' : `content-type: ${contentType}\r\n`;
    const { status, text } = await sendRaw(
      `POST /graphql HTTP/1.1\r\nhost: ${host()}\r\n${type}content-length: ${body.length}\r\n\r\n${body}`,
    );
    expectRefusal({ status, text: text.slice(text.indexOf('\r\n\r\n') + 4) });
  });

  it('is refused while most of it is still to come, when it says that it is too large', async () => {
    const { status, text } = await sendRaw(
      `POST /graphql HTTP/1.1\r\nhost: ${host()}\r\ncontent-type: application/json\r\ncontent-length: 900000000\r\n\r\n{"query":`,
    );
    expect(status).toBe(413);
    expectRefusal({ status, text: text.slice(text.indexOf('\r\n\r\n') + 4) });
  });

  it('is refused while most of it is still to come, when it turns out to be too large', async () => {
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    // One more than the limit, and neither the last chunk nor the end.
    const { status, text } = await sendRaw(
      `POST /graphql HTTP/1.1\r\nhost: ${host()}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`,
      ...Array.from({ length: 17 }, () => chunk),
    );
    expect(status).toBe(413);
    expectRefusal({ status, text: text.slice(text.indexOf('\r\n\r\n') + 4) });
  });
});

describe('a server that answers only listed operations', () => {
  const LISTED = '{ __typename }';
  let listed: Harness;
  beforeAll(async () => {
    const documents = new Map([['an-id', LISTED]]);
    listed = await startHarness({ config: { persistedOperations: { kind: 'safelist', documents } } });
  });
  afterAll(() => listed.close());

  const persisted = [
    null,
    'x',
    1,
    [],
    {},
    { sha256Hash: 1 },
    { sha256Hash: {} },
    { sha256Hash: '__proto__' },
  ];
  it.each<[string, object]>([
    ...persisted.map((persistedQuery): [string, object] => [
      `a persisted query that is ${JSON.stringify(persistedQuery)}`,
      { extensions: { persistedQuery } },
    ]),
    ['extensions that are a text', { extensions: 'x' }],
    ['extensions that are a list', { extensions: [{ persistedQuery: { sha256Hash: 'an-id' } }] }],
    ['a query that is an object', { query: { toString: LISTED } }],
    ['a query that is a list', { query: [LISTED] }],
    ['another query', { query: `${LISTED} ` }],
    [
      'another query with a listed id',
      {
        query: '{ accounts { id } }',
        extensions: { persistedQuery: { version: 1, sha256Hash: 'an-id' } },
      },
    ],
    ['a list of operations', [{ query: LISTED }]],
  ])('refuses %s', async (_what, operation) => {
    const address = new URL(`${listed.url}/graphql`);
    for (const [name, value] of Object.entries(operation))
      address.searchParams.set(name, JSON.stringify(value));
    const headers = { 'content-type': 'application/json', 'apollo-require-preflight': 'true' };
    for (const response of [
      await fetch(`${listed.url}/graphql`, { method: 'POST', headers, body: JSON.stringify(operation) }),
      await fetch(address, { headers }),
    ]) {
      expectRefusal({ status: response.status, text: await response.text() });
    }
    expect(listed.takeCalls()).toEqual([]);
  });
});

describe('variables', () => {
  const send = (input: object) =>
    post({
      query: SEND,
      variables: { input: { conversationId: CONVERSATION, idempotencyKey: randomUUID(), ...input } },
    });

  it.each<[string, object]>([
    ['a NUL', { text: 'a\0b' }],
    ['half a character', { text: 'a\ud800b' }],
    ['a key of nothing', { text: 'x', idempotencyKey: '' }],
    ['a key with half a character', { text: 'x', idempotencyKey: '\ud800' }],
    ['a key that is long', { text: 'x', idempotencyKey: 'k'.repeat(129) }],
    ['an id with a NUL', { text: 'x', conversationId: 'a\0b' }],
    ['an id that is long', { text: 'x', conversationId: 'A'.repeat(500_000) }],
    ['more files than one can send', { attachmentIds: Array.from({ length: 10_000 }, () => 'x') }],
  ])('with %s are refused as data, and no provider is called', async (_what, input) => {
    const { status, text } = await send(input);
    expect(status).toBe(200);
    const { userErrors } = JSON.parse(text).data.sendMessage as { userErrors: { code: string }[] };
    expect(userErrors.length).toBeGreaterThan(0);
    expect(userErrors.length).toBeLessThan(30);
    for (const { code } of userErrors) expect(['BAD_USER_INPUT', 'TOO_MANY_ATTACHMENTS']).toContain(code);
    expect(text.length).toBeLessThan(10_000);
    expect(harness.takeCalls()).toEqual([]);
  });

  it.each<[string, string, object]>([
    ['a list of what is no id', '($ids: [ID!])', { ids: Array.from({ length: 30_000 }, () => ({})) }],
    ['a list of nulls', '($ids: [ID!])', { ids: Array.from({ length: 30_000 }, () => null) }],
    ['a text for a list of ids that is huge', '($ids: [ID!]!)', { ids: { [`x${'x'.repeat(900_000)}`]: 1 } }],
    ['one that is missing', '($ids: [ID!]!)', {}],
  ])('that are %s are refused in one error of few words', async (_what, definition, variables) => {
    const query = `query ${definition} { conversations(filter: { accountIds: $ids }) { nodes { id } } }`;
    const answer = await post({ query, variables });
    expectRefusal(answer);
    expect(JSON.parse(answer.text).errors).toHaveLength(1);
    expect(answer.text.length).toBeLessThan(2_000);
  });

  it.each([
    0,
    'x',
    null,
    [],
    [[]],
    {},
    { __typename: null },
    { __typename: 'Query' },
    { __typename: 'Nobody' },
  ])('with a reference that names no entity are refused: %j', async (reference) => {
    const query = 'query ($of: [_Any!]!) { _entities(representations: $of) { __typename } }';
    const answer = await post({ query, variables: { of: [reference] } });
    expectRefusal(answer);
    expect(answer.text).toContain('BAD_USER_INPUT');
  });

  it('that nobody asked for do no harm', async () => {
    const nested = `${'['.repeat(1_000)}${']'.repeat(1_000)}`;
    const answer = await post(
      `{"query":"{ __typename }","variables":{"a":${nested},"toString":1,"length":-1}}`,
    );
    expect(answer).toMatchObject({ status: 200 });
    expectRefusal(await post('{"query":"{ __typename }","variables":{"__proto__":{"a":1}}}'));
    expect(({} as { a?: number }).a).toBeUndefined();
  });
});

describe('what is hardly HTTP', () => {
  const GET = '/graphql?query=%7B__typename%7D';
  const PREFLIGHT = 'apollo-require-preflight: true\r\n';

  it.each<[string, () => string, number]>([
    [
      'a header that is too long',
      () => `GET ${GET} HTTP/1.1\r\nhost: ${host()}\r\nx-long: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
    ],
    [
      'too many headers',
      () =>
        `GET ${GET} HTTP/1.1\r\nhost: ${host()}\r\n${many(3_000, (index) => `x-${index}: ${index}\r\n`).replaceAll('\n ', '\n')}\r\n`,
      431,
    ],
    ['a path that is too long', () => `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nhost: ${host()}\r\n\r\n`, 431],
    ['a host that is none', () => `GET ${GET} HTTP/1.1\r\nhost: [not a host\r\n${PREFLIGHT}\r\n`, 400],
    ['an empty host', () => `GET ${GET} HTTP/1.1\r\nhost:\r\n${PREFLIGHT}\r\n`, 400],
    ['no request', () => 'hello\r\n\r\n', 400],
    ['TLS', () => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 400],
    ['a method that nobody knows', () => `BREW ${GET} HTTP/1.1\r\nhost: ${host()}\r\n\r\n`, 400],
    ['no host', () => `GET ${GET} HTTP/1.1\r\n${PREFLIGHT}\r\n`, 400],
    [
      'an expectation',
      () => `GET ${GET} HTTP/1.1\r\nhost: ${host()}\r\nexpect: a miracle\r\n${PREFLIGHT}\r\n`,
      417,
    ],
    ['PUT', () => `PUT ${GET} HTTP/1.1\r\nhost: ${host()}\r\n\r\n`, 405],
    ['DELETE', () => `DELETE ${GET} HTTP/1.1\r\nhost: ${host()}\r\n\r\n`, 405],
    ['TRACE', () => `TRACE ${GET} HTTP/1.1\r\nhost: ${host()}\r\n\r\n`, 405],
    ['PROPFIND', () => `PROPFIND ${GET} HTTP/1.1\r\nhost: ${host()}\r\n\r\n`, 405],
    ['a path that is no path', () => `GET /%ff%fe%zz HTTP/1.1\r\nhost: ${host()}\r\n\r\n`, 400],
    ['a path upwards', () => `GET /files/../../etc/passwd HTTP/1.1\r\nhost: ${host()}\r\n\r\n`, 404],
    ['another path', () => `GET //graphql HTTP/1.1\r\nhost: ${host()}\r\n\r\n`, 404],
    [
      'two lengths',
      () => `POST /graphql HTTP/1.1\r\nhost: ${host()}\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}`,
      400,
    ],
    [
      'a length and chunks',
      () =>
        `POST /graphql HTTP/1.1\r\nhost: ${host()}\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    [
      'a length below nothing',
      () => `POST /graphql HTTP/1.1\r\nhost: ${host()}\r\ncontent-length: -1\r\n\r\n`,
      400,
    ],
    [
      'a chunk of no length',
      () =>
        `POST /graphql HTTP/1.1\r\nhost: ${host()}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n`,
      400,
    ],
    [
      'a header with a line break in it',
      () => `GET ${GET} HTTP/1.1\r\nhost: ${host()}\r\nx-a: b\nx-c\r\n\r\n`,
      400,
    ],
    [
      'a query that is no UTF-8',
      () => `GET /graphql?query=%ff%fe HTTP/1.1\r\nhost: ${host()}\r\n${PREFLIGHT}\r\n`,
      400,
    ],
    [
      'a query that is there twice',
      () => `GET ${GET}&query=%7Baccounts%7Bid%7D%7D HTTP/1.1\r\nhost: ${host()}\r\n${PREFLIGHT}\r\n`,
      400,
    ],
    [
      'variables that are no JSON',
      () => `GET ${GET}&variables=%7B HTTP/1.1\r\nhost: ${host()}\r\n${PREFLIGHT}\r\n`,
      400,
    ],
    [
      'extensions that are no JSON',
      () => `GET ${GET}&extensions=%7B HTTP/1.1\r\nhost: ${host()}\r\n${PREFLIGHT}\r\n`,
      400,
    ],
    [
      'a GET without the header that Parley wants',
      () => `GET ${GET} HTTP/1.1\r\nhost: ${host()}\r\n\r\n`,
      400,
    ],
  ])('is refused: %s', async (_what, requestOf, status) => {
    const answer = await sendRaw(requestOf());
    expect(answer.status).toBe(status);
    const [head, body] = [
      answer.text.slice(0, answer.text.indexOf('\r\n\r\n')),
      answer.text.slice(answer.text.indexOf('\r\n\r\n') + 4),
    ];
    expect(head).toMatch(/content-type: application\/json/i);
    expect(head).toMatch(/cache-control: no-store/i);
    expectRefusal({ status, text: body });
  });
});
