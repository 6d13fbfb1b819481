import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TypedDocumentNode } from '@apollo/client';
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { print } from 'graphql';
import { loadConfig } from '../../src/config/index.ts';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';

const QUERY = '{ accounts { id } }';
const OTHER = '{ accounts { name } }';
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
const persisted = (sha256Hash: unknown) => ({ persistedQuery: { version: 1, sha256Hash } });

async function post(url: string, body: unknown) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, ...((await response.json()) as { data?: any; errors?: any[] }) };
}

async function get(url: string, parameters: Record<string, string>) {
  const response = await fetch(`${url}/graphql?${new URLSearchParams(parameters).toString()}`, {
    headers: { 'apollo-require-preflight': 'true' },
  });
  return { status: response.status, ...((await response.json()) as { data?: any; errors?: any[] }) };
}

/** An operation as Apollo Client sends it: it adds `__typename` to what is selected. */
const LISTED: TypedDocumentNode<{ readonly accounts: readonly { readonly id: string }[] }> = gql`
  query Accounts {
    accounts {
      id
      __typename
    }
  }
`;

describe('automatic persisted queries', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness();
  });
  afterAll(() => harness.close());

  it('take a hash once the document has come along with it', async () => {
    const unknown = await post(harness.url, { extensions: persisted(hashOf(QUERY)) });
    expect(unknown.errors).toMatchObject([{ extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }]);
    const registered = await post(harness.url, { query: QUERY, extensions: persisted(hashOf(QUERY)) });
    expect(registered.data.accounts).toHaveLength(3);
    const known = await post(harness.url, { extensions: persisted(hashOf(QUERY)) });
    expect(known.data).toEqual(registered.data);
  });

  it('refuse a hash that is not the document’s', async () => {
    const answer = await post(harness.url, { query: OTHER, extensions: persisted(hashOf(QUERY)) });
    expect(answer).toMatchObject({ status: 400, errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
    const version = await post(harness.url, {
      extensions: { persistedQuery: { version: 2, sha256Hash: hashOf(QUERY) } },
    });
    expect(version).toMatchObject({ status: 400, errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
  });

  it('work with Apollo Client as it is documented', async () => {
    const client = new ApolloClient({
      cache: new InMemoryCache(),
      link: new PersistedQueryLink({
        sha256: (document: string) => hashOf(document),
      }).concat(new HttpLink({ uri: `${harness.url}/graphql` })),
    });
    const { data } = await client.query({ query: LISTED });
    expect(data!.accounts).toHaveLength(3);
    client.stop();
  });
});

describe('without persisted operations', () => {
  it('documents are answered, and hashes are not', async () => {
    const harness = await startHarness({ environment: { PERSISTED_OPERATIONS: 'off' } });
    expect((await post(harness.url, { query: QUERY })).data.accounts).toHaveLength(3);
    const answer = await post(harness.url, { extensions: persisted(hashOf(QUERY)) });
    expect(answer.errors).toMatchObject([{ extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } }]);
    await harness.close();
  });
});

describe('a safelist', () => {
  let folder: string;
  let manifest: string;
  let harness: Harness;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'parley-manifest-'));
    manifest = join(folder, 'persisted-query-manifest.json');
    const operations = [
      { id: hashOf(print(LISTED)), name: 'Accounts', type: 'query', body: print(LISTED) },
      { id: 'an-id-of-ours', name: 'Query', type: 'query', body: QUERY },
    ];
    writeFileSync(
      manifest,
      JSON.stringify({ format: 'apollo-persisted-query-manifest', version: 1, operations }),
    );
    harness = await startHarness({
      environment: {
        PERSISTED_OPERATIONS: 'safelist',
        PERSISTED_OPERATIONS_MANIFEST: manifest,
        AUTH: 'router',
        ROUTER_SECRET: 'a-secret-of-the-router-for-this-test',
      },
    });
  });
  afterAll(async () => {
    await harness.close();
    rmSync(folder, { recursive: true });
  });

  const REFUSED = { status: 400, errors: [{ extensions: { code: 'PERSISTED_QUERY_NOT_IN_LIST' } }] };
  let direct: Harness;
  beforeAll(async () => {
    direct = await startHarness({
      environment: { PERSISTED_OPERATIONS: 'safelist', PERSISTED_OPERATIONS_MANIFEST: manifest },
    });
  });
  afterAll(() => direct.close());

  it.each([
    ['its id', { extensions: persisted('an-id-of-ours') }],
    ['the document', { query: QUERY }],
    ['both', { query: QUERY, extensions: persisted('an-id-of-ours') }],
  ])('answers a listed operation by %s', async (_what, body) => {
    const byPost = await post(direct.url, body);
    expect(byPost).toMatchObject({ status: 200, data: { accounts: [{}, {}, {}] } });
    const byGet = await get(
      direct.url,
      Object.fromEntries(
        Object.entries(body).map(([name, value]) => [
          name,
          typeof value === 'string' ? value : JSON.stringify(value),
        ]),
      ),
    );
    expect(byGet).toMatchObject({ status: 200, data: byPost.data });
  });

  it.each<[string, object]>([
    ['another document', { query: OTHER }],
    ['another document under a listed id', { query: OTHER, extensions: persisted('an-id-of-ours') }],
    ['a listed document under another id', { query: QUERY, extensions: persisted(hashOf(QUERY)) }],
    ['an unknown id', { extensions: persisted('nobody') }],
    ['an id that is none', { extensions: persisted(['an-id-of-ours']) }],
    ['a listed document and a blank', { query: `${QUERY} ` }],
    ['a document that does not parse', { query: '{' }],
    ['introspection', { query: '{ __schema { types { name } } }' }],
    ['the schema', { query: '{ _service { sdl } }' }],
    ['nothing', {}],
    ['a batch', [{ query: QUERY }]],
  ])('refuses %s', async (_what, body) => {
    const answer = await post(direct.url, body);
    expect(answer.status).toBe(400);
    expect(answer.data).toBeUndefined();
    if (!Array.isArray(body)) expect(answer).toMatchObject(REFUSED);
    expect(direct.takeCalls()).toEqual([]);
  });

  it('refuses the same in an address', async () => {
    expect(await get(direct.url, { query: OTHER })).toMatchObject(REFUSED);
    expect(await get(direct.url, { extensions: '{' })).toMatchObject(REFUSED);
    const twice = await fetch(
      `${direct.url}/graphql?query=${encodeURIComponent(QUERY)}&query=${encodeURIComponent(OTHER)}`,
      { headers: { 'apollo-require-preflight': 'true' } },
    );
    expect(twice.status).toBe(400);
  });

  it('works with Apollo Client and the ids of its manifest', async () => {
    const client = new ApolloClient({
      cache: new InMemoryCache(),
      link: new PersistedQueryLink({ generateHash: (document) => hashOf(print(document)) }).concat(
        new HttpLink({ uri: `${direct.url}/graphql` }),
      ),
    });
    const { data } = await client.query({ query: LISTED });
    expect(data!.accounts).toHaveLength(3);
    client.stop();
  });

  it('does not hold for a router, which makes documents of its own', async () => {
    const { status, data } = await harness.query(OTHER, {
      headers: {
        'router-authorization': 'a-secret-of-the-router-for-this-test',
        'router-claims': JSON.stringify({ sub: 'ann', parley_accounts: ['sales'] }),
      },
    });
    expect({ status, data }).toEqual({ status: 200, data: { accounts: [{ name: 'Sales' }] } });
  });

  it.each<[string, string]>([
    ['no JSON', '{'],
    ['another format', '{"format":"relay","version":1,"operations":[{"id":"a","body":"{a}"}]}'],
    [
      'no GraphQL',
      '{"format":"apollo-persisted-query-manifest","version":1,"operations":[{"id":"a","body":"{"}]}',
    ],
    ['no operations', '{"format":"apollo-persisted-query-manifest","version":1,"operations":[]}'],
  ])('that is %s is a mistake of the configuration', (_what, text) => {
    const path = join(folder, 'bad.json');
    writeFileSync(path, text);
    expect(() =>
      loadConfig({ PERSISTED_OPERATIONS: 'safelist', PERSISTED_OPERATIONS_MANIFEST: path }),
    ).toThrow(/PERSISTED_OPERATIONS_MANIFEST \(.*bad\.json\)/);
  });
});
