import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generateKeyPair, UnsecuredJWT } from 'jose';
import type { Harness } from '../harness.ts';
import type { IdentityProvider } from '../identity.ts';
import {
  AUDIENCE,
  bearer,
  claimsOf,
  forge,
  ISSUER,
  seconds,
  sign,
  startGuarded,
  startIdentityProvider,
  UNAUTHENTICATED,
} from '../identity.ts';
import { openConnection, PREFLIGHT, temporaryFiles } from '../uploading.ts';
import { head } from './incomingClient.ts';

const ACCOUNTS = '{ accounts { id } }';
const ROUTER_SECRET = 'the-secret-that-routers-show-in-tests';
const ALL = { accounts: [{ id: 'sales' }, { id: 'support' }, { id: 'app' }] };

describe('with AUTH=jwt, a caller', () => {
  let provider: IdentityProvider;
  let harness: Harness;
  beforeAll(async () => {
    provider = await startIdentityProvider();
    harness = await startGuarded({ environment: { ...provider.environment } });
  });
  afterAll(async () => {
    await harness.close();
    await provider.close();
  });

  const askWith = (token: string) => harness.query(ACCOUNTS, { headers: bearer(token) });

  it('with a good token is who it says', async () => {
    expect(await askWith(await provider.token())).toEqual({ status: 200, data: ALL });
    const narrow = await provider.token({ parley_accounts: ['support'], scope: '' });
    expect(await askWith(narrow)).toEqual({ status: 200, data: { accounts: [{ id: 'support' }] } });
    expect(await askWith(await provider.token({ parley_accounts: undefined }))).toMatchObject({
      data: { accounts: [] },
    });
  });

  it.each<[string, Record<string, unknown>]>([
    ['one of several audiences', { aud: ['another', AUDIENCE] }],
    ['a beginning that has been', { nbf: seconds(-10) }],
  ])('with %s is let in', async (_what, changes) => {
    expect(await askWith(await provider.token(changes))).toMatchObject({ status: 200 });
  });

  it.each<[string, Record<string, unknown>]>([
    ['that has expired', { exp: seconds(-60) }],
    ['that never ends', { exp: undefined }],
    ['whose end is a text', { exp: String(seconds(600)) }],
    ['whose end is null', { exp: null }],
    ['that does not hold yet', { nbf: seconds(3_600) }],
    ['of another issuer', { iss: 'https://evil.example' }],
    ['of an issuer that begins the same', { iss: `${ISSUER}.evil.example` }],
    ['of no issuer', { iss: undefined }],
    ['of a list of issuers', { iss: [ISSUER] }],
    ['for another audience', { aud: 'another' }],
    ['for no audience', { aud: undefined }],
    ['for an empty audience', { aud: [] }],
    ['of nobody', { sub: undefined }],
    ['of an empty subject', { sub: '' }],
    ['of a subject that is a number', { sub: 7 }],
    ['of a subject that is a list', { sub: ['ann'] }],
  ])('with a token %s is refused', async (_what, changes) => {
    harness.takeCalls();
    expect(await askWith(await provider.token(changes))).toEqual(UNAUTHENTICATED);
    expect(harness.takeCalls()).toEqual([]);
  });

  it('with an altered token is refused, whichever part it is', async () => {
    const [header, payload, signature] = (await provider.token({ parley_accounts: ['sales'] })).split('.');
    const others = (await provider.token()).split('.');
    const garbled = `${signature!.slice(0, 20)}${signature![20] === 'A' ? 'B' : 'A'}${signature!.slice(21)}`;
    for (const token of [
      [header, others[1], signature],
      [header, payload, others[2]],
      [header, payload, garbled],
      [header, payload, ''],
      [header, payload],
      [header, payload, signature, signature],
      ['', payload, signature],
    ])
      expect(await askWith(token.join('.'))).toEqual(UNAUTHENTICATED);
  });

  it('with a token that nobody has signed is refused', async () => {
    const unsigned = new UnsecuredJWT(claimsOf()).encode();
    expect(await askWith(unsigned)).toEqual(UNAUTHENTICATED);
    for (const alg of ['None', 'NONE', '', null, 7, ['RS256']])
      expect(await askWith(forge({ alg, kid: 'key-1' }, ''))).toEqual(UNAUTHENTICATED);
  });

  it('with the token of a key that it brings along is refused', async () => {
    const { privateKey, publicKey } = await generateKeyPair('RS256');
    const jwk = { ...(await crypto.subtle.exportKey('jwk', publicKey)), kid: 'key-1' };
    for (const more of [{}, { jwk }, { jku: 'http://127.0.0.1:1/keys' }, { x5u: 'http://127.0.0.1:1/c' }]) {
      const token = await sign(privateKey, { alg: 'RS256', kid: 'key-1', ...more });
      expect(await askWith(token)).toEqual(UNAUTHENTICATED);
    }
  });

  it('with a token of an extension that nobody here understands is refused', async () => {
    const token = await provider.token({}, { crit: ['b64'], b64: true });
    expect((await askWith(token)).status).toBe(200);
    const forged = forge({ alg: 'RS256', kid: 'key-1', crit: ['future'], future: 1 }, 'AAAA');
    expect(await askWith(forged)).toEqual(UNAUTHENTICATED);
  });

  it.each([
    ['nothing', undefined],
    ['only the scheme', 'Bearer'],
    ['an empty token', 'Bearer  '],
    ['a token without a scheme', 'eyJhbGciOiJSUzI1NiJ9.e30.AAAA'],
    ['another scheme', 'Basic YW5uOnNlY3JldA=='],
    ['two tokens', 'Bearer aaaa.bbbb.cccc dddd.eeee.ffff'],
    ['a list of tokens', 'Bearer aaaa.bbbb.cccc, Bearer dddd.eeee.ffff'],
    ['three dots', 'Bearer ...'],
    ['two dots', 'Bearer ..'],
    ['a word', 'Bearer undefined'],
    ['what is no ASCII', 'Bearer Ã¼.Ã¼.Ã¼'],
    ['what is very long', `Bearer ${'a'.repeat(12_000)}`],
    ['a header that is no JSON', 'Bearer YWJj.e30.AAAA'],
    ['a header that is null', 'Bearer bnVsbA.e30.AAAA'],
  ])('with %s in the header is refused, and told how to come in', async (_what, authorization) => {
    const response = await fetch(`${harness.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(authorization !== undefined && { authorization }) },
      body: JSON.stringify({ query: ACCOUNTS }),
    });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toEqual({ errors: UNAUTHENTICATED.errors });
  });

  it('is asked for the header: in an address, in the body or in a cookie a token is nothing', async () => {
    const token = await provider.token();
    for (const name of ['access_token', 'token', 'authorization', 'jwt']) {
      const search = new URLSearchParams({ query: ACCOUNTS, [name]: token }).toString();
      const response = await fetch(`${harness.url}/graphql?${search}`, {
        headers: { ...PREFLIGHT, cookie: `${name}=${token}` },
      });
      expect(response.status).toBe(401);
      const inBody = await fetch(`${harness.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: ACCOUNTS, [name]: token }),
      });
      expect(inBody.status).toBe(401);
    }
  });

  it('who says twice who they are is the first of them, and nobody else', async () => {
    const good = `Bearer ${await provider.token({ parley_accounts: ['sales'] })}`;
    const other = `Bearer ${await provider.token({ sub: 'bob', parley_accounts: ['app'] })}`;
    expect(await askTwice([good, other])).toEqual({ data: { accounts: [{ id: 'sales' }] } });
    expect(await askTwice(['Bearer aaaa.bbbb.cccc', good])).toEqual({ errors: UNAUTHENTICATED.errors });
  });

  /** Fetch would make one header of two. */
  async function askTwice(values: readonly string[]): Promise<unknown> {
    const headers = ['host', 'parley', 'content-type', 'application/json'];
    const body = JSON.stringify({ query: ACCOUNTS });
    return new Promise((resolve, reject) => {
      request(`${harness.url}/graphql`, {
        method: 'POST',
        headers: [
          ...headers,
          ...['content-length', String(body.length)],
          ...values.flatMap((value) => ['authorization', value]),
        ],
      })
        .on('error', reject)
        .on('response', (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => (text += chunk.toString()));
          response.on('end', () => {
            resolve(JSON.parse(text));
          });
        })
        .end(body);
    });
  }

  it('is asked on every method, and for every kind of body', async () => {
    const address = `${harness.url}/graphql?${new URLSearchParams({ query: ACCOUNTS }).toString()}`;
    expect((await fetch(address, { headers: PREFLIGHT })).status).toBe(401);
    expect((await fetch(address, { method: 'HEAD', headers: PREFLIGHT })).status).toBe(401);
    expect((await fetch(address, { method: 'OPTIONS' })).status).toBe(401);
    for (const type of ['text/plain', 'application/graphql', 'application/x-www-form-urlencoded']) {
      const init = { method: 'POST', headers: { 'content-type': type }, body: ACCOUNTS };
      expect((await fetch(`${harness.url}/graphql`, init)).status).toBe(401);
    }
  });

  it('is not asked before a browser has asked whether it may: that carries no credentials', async () => {
    const response = await fetch(`${harness.url}/graphql`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://studio.apollographql.com',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-headers')).toContain('authorization');
  });

  it('who uploads is refused before a byte of the body is there', async () => {
    const connection = await openConnection(harness.url);
    connection.socket.write(head(20_000_000));
    const answer = await connection.received(/\r\n\r\n\{.*\}/);
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
    expect(answer).toContain('"code":"UNAUTHENTICATED"');
    expect(temporaryFiles()).toEqual([]);
    connection.socket.destroy();
  });

  it('leaves neither token nor claims in the log', async () => {
    const token = await provider.token({ sub: 'canary-of-a-subject', exp: seconds(-60) });
    await askWith(token);
    expect(harness.logged()).toContain('ERR_JWT_EXPIRED');
    for (const part of [...token.split('.'), 'canary-of-a-subject'])
      expect(harness.logged()).not.toContain(part);
  });
});

describe('with AUTH=api-key, a caller', () => {
  const KEYS = {
    old: 'parley_an-old-key-that-is-long-enough',
    new: 'parley_a-new-key-that-is-long-enough',
    other: 'parley_the-key-of-the-other-client',
  };
  let harness: Harness;
  beforeAll(async () => {
    harness = await startGuarded({
      environment: { AUTH: 'api-key' },
      clients: [
        { id: 'one', keys: [KEYS.old, KEYS.new], accounts: ['sales', 'app'], scopes: ['messages:read'] },
        { id: 'other', keys: [KEYS.other], accounts: '*', scopes: ['conversations:write'] },
      ],
    });
  });
  afterAll(() => harness.close());

  const askWith = (key: string) => harness.query(ACCOUNTS, { headers: { 'x-api-key': key } });

  it('has the accounts of the client whose key it is, also by the next key', async () => {
    const own = { status: 200, data: { accounts: [{ id: 'sales' }, { id: 'app' }] } };
    expect(await askWith(KEYS.old)).toEqual(own);
    expect(await askWith(KEYS.new)).toEqual(own);
    expect(await askWith(KEYS.other)).toEqual({ status: 200, data: ALL });
  });

  it('has the scopes of the client whose key it is', async () => {
    const read = async (key: string) =>
      (await harness.query('{ conversations(first: 1) { nodes { id } } }', { headers: { 'x-api-key': key } }))
        .errors?.[0]?.extensions['code'];
    expect(await read(KEYS.old)).toBeUndefined();
    expect(await read(KEYS.other)).toBe('FORBIDDEN');
  });

  it.each<[string, string]>([
    ['another key', 'parley_nobody-has-ever-made-this-key'],
    ['the beginning of a key', KEYS.old.slice(0, -1)],
    ['a key and more', `${KEYS.old}x`],
    ['a key in capitals', KEYS.old.toUpperCase()],
    ['nothing', ''],
    ['a hash of a key', 'sha256:0000000000000000000000000000000000000000000000000000000000000000'],
    ['two keys', `${KEYS.old}, ${KEYS.new}`],
  ])('with %s is refused', async (_what, key) => {
    harness.takeCalls();
    expect(await askWith(key)).toEqual(UNAUTHENTICATED);
    expect(harness.takeCalls()).toEqual([]);
  });

  it('is asked for the header: elsewhere a key is nothing', async () => {
    expect((await harness.query(ACCOUNTS, { headers: bearer(KEYS.old) })).status).toBe(401);
    const search = new URLSearchParams({ query: ACCOUNTS, 'x-api-key': KEYS.old, apiKey: KEYS.old });
    const response = await fetch(`${harness.url}/graphql?${search.toString()}`, { headers: PREFLIGHT });
    expect(response.status).toBe(401);
  });

  it('leaves no key in a log line or an error', async () => {
    for (const key of [KEYS.new, 'parley_a-wrong-key-for-the-log']) {
      const answer = await harness.query('{ accounts { id } nothing }', { headers: { 'x-api-key': key } });
      for (const text of [JSON.stringify(answer), harness.logged()]) expect(text).not.toContain(key);
    }
  });
});

describe('with several modes', () => {
  it('each credential counts, a bad one is never made up for, and two that are good are the token’s', async () => {
    const provider = await startIdentityProvider();
    const key = 'parley_a-key-beside-tokens-of-others';
    const harness = await startGuarded({
      environment: {
        ...provider.environment,
        AUTH: 'api-key, jwt,router',
        ROUTER_SECRET,
        ROUTER_CLAIMS_HEADER: 'router-claims',
      },
      clients: [{ id: 'one', keys: [key], accounts: ['sales'], scopes: ['messages:read'] }],
    });
    const ask = async (headers: Record<string, string>) => {
      const { status, data } = await harness.query(ACCOUNTS, { headers });
      return data ? data.accounts.map(({ id }: { id: string }) => id) : status;
    };
    const good = bearer(await provider.token({ parley_accounts: ['app'] }));
    const expired = bearer(await provider.token({ exp: seconds(-60) }));

    expect(await ask(good)).toEqual(['app']);
    expect(await ask({ 'x-api-key': key })).toEqual(['sales']);
    expect(await ask({ ...good, 'x-api-key': key })).toEqual(['app']);
    expect(await ask({ ...expired, 'x-api-key': key })).toBe(401);
    expect(await ask({ ...good, 'x-api-key': 'wrong' })).toEqual(['app']);
    // A router is asked no less: it passes on what its client shows, and that was wrong.
    const router = { 'router-authorization': ROUTER_SECRET };
    const claims = { 'router-claims': JSON.stringify({ sub: 'ann', parley_accounts: ['support'] }) };
    expect(await ask({ ...router, ...claims })).toEqual(['support']);
    expect(await ask({ ...router, ...claims, 'x-api-key': key })).toEqual(['sales']);
    expect(await ask({ ...router, ...claims, 'x-api-key': 'wrong' })).toBe(401);
    expect(await ask({ ...router, 'x-api-key': 'wrong' })).toBe(401);
    // A header of another service says nothing here.
    expect(await ask({ authorization: 'Basic YTpi', 'x-api-key': key })).toEqual(['sales']);
    expect(await ask({})).toBe(401);
    await harness.close();
    await provider.close();
  });
});
