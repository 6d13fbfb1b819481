import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createAuthenticate, EVERYBODY } from '../../src/auth/authenticate.ts';
import { hashApiKey } from '../../src/auth/clients.ts';
import { parseAccounts } from '../../src/config/accounts.ts';
import { ConfigError, loadConfig } from '../../src/config/index.ts';
import { pino } from 'pino';

const CANARY = 'canary-secret-77e1-of-at-least-32-bytes';

let folder: string;
let files = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-callers-config-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const ACCOUNTS = [{ id: 'sales', provider: 'pact', companyId: 1, token: CANARY }];
const CLIENT = {
  id: 'crm',
  keyHashes: [hashApiKey('a key')],
  accounts: ['sales'],
  scopes: ['messages:read'],
};

function fileWith(more: object = {}): string {
  const path = join(folder, `accounts-${(files += 1)}.yaml`);
  // JSON is YAML.
  writeFileSync(path, JSON.stringify({ accounts: ACCOUNTS, ...more }));
  return path;
}

function problemsOf(environment: Readonly<Record<string, string>>): readonly string[] {
  try {
    loadConfig(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).message).not.toContain('canary');
    return (error as ConfigError).problems;
  }
  return [];
}

const pem = (key: ReturnType<typeof generateKeyPairSync>['publicKey']) =>
  key.export({ type: 'spki', format: 'pem' }).toString();
const RSA = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const EC = (namedCurve: string) => pem(generateKeyPairSync('ec', { namedCurve }).publicKey);

const JWT = { AUTH: 'jwt', JWT_SECRET: CANARY, JWT_ISSUER: 'https://i.example', JWT_AUDIENCE: 'parley' };
const KEYED = (pem: string) => ({
  ...{ AUTH: 'jwt', JWT_PUBLIC_KEY: pem },
  ...{ JWT_ISSUER: 'https://i.example', JWT_AUDIENCE: 'parley' },
});
const ROUTER = { AUTH: 'router', ROUTER_SECRET: CANARY };

describe('AUTH', () => {
  it('has to be said where there are accounts, and then all there is to choose is said', () => {
    const problems = problemsOf({ PARLEY_ACCOUNTS: fileWith() });
    expect(problems).toHaveLength(1);
    for (const mode of ['AUTH', 'jwt', 'api-key', 'router', 'none']) expect(problems[0]).toContain(mode);
    expect(problemsOf({ PARLEY_ACCOUNTS: fileWith(), AUTH: '' })).toEqual(problems);
  });

  it('is none by its name alone, or where there is only the sandbox', async () => {
    for (const environment of [{}, { AUTH: 'none' }, { AUTH: 'none', PARLEY_ACCOUNTS: fileWith() }]) {
      const { auth } = loadConfig(environment);
      expect(await createAuthenticate(auth, pino({ level: 'silent' }))({})).toBe(EVERYBODY);
    }
  });

  it.each([
    ['another mode', 'oauth', 'AUTH: must be some of jwt, api-key, router, or none'],
    ['a mode in capitals', 'JWT', 'AUTH: must be some of jwt, api-key, router, or none'],
    ['no', 'false', 'AUTH: must be some of jwt, api-key, router, or none'],
    ['blanks', '  ', 'AUTH: must be a list, separated by commas'],
    ['a comma', ',', 'AUTH: must be a list, separated by commas'],
    ['a list with a hole', 'none,', 'AUTH: must be a list, separated by commas'],
    ['none beside another', 'none,jwt', 'AUTH: is either none, or some of the other modes'],
  ])('is refused when it is %s', (_what, AUTH, problem) => {
    expect(problemsOf({ AUTH })).toContain(problem);
    expect(problemsOf({ AUTH, PARLEY_ACCOUNTS: fileWith() })).toContain(problem);
  });

  it('may be several', () => {
    const { auth } = loadConfig({
      ...{ ...JWT, ...ROUTER, AUTH: 'jwt, api-key,router' },
      PARLEY_ACCOUNTS: fileWith({ clients: [CLIENT] }),
    });
    expect(auth.jwt).toMatchObject({ key: { kind: 'secret' }, algorithms: ['HS256'], clockTolerance: 5_000 });
    expect(auth.clients).toEqual([CLIENT]);
    expect(auth.router).toEqual({
      secrets: [CANARY],
      certificate: undefined,
      claimsHeader: undefined,
    });
  });

  it('api-key goes with clients in the accounts file', () => {
    const needs = 'AUTH: api-key needs "clients" in the accounts file (PARLEY_ACCOUNTS)';
    expect(problemsOf({ AUTH: 'api-key' })).toEqual([needs]);
    expect(problemsOf({ AUTH: 'api-key', PARLEY_ACCOUNTS: fileWith() })).toEqual([needs]);
    expect(problemsOf({ AUTH: 'api-key', PARLEY_ACCOUNTS: fileWith({ clients: [] }) })).toEqual([needs]);
    const file = fileWith({ clients: [CLIENT] });
    for (const AUTH of ['none', 'jwt'])
      expect(problemsOf({ ...(AUTH === 'jwt' && JWT), AUTH, PARLEY_ACCOUNTS: file })).toEqual([
        'AUTH: "clients" in the accounts file needs api-key',
      ]);
    expect(loadConfig({ AUTH: 'api-key', PARLEY_ACCOUNTS: file }).auth.clients).toHaveLength(1);
  });
});

describe('the settings of jwt', () => {
  it('are of no use without AUTH=jwt, which somebody has forgotten', () => {
    for (const [name, value] of Object.entries(JWT).filter(([key]) => key !== 'AUTH')) {
      expect(problemsOf({ [name]: value })).toEqual([`${name}: needs AUTH=jwt`]);
      expect(problemsOf({ ...ROUTER, [name]: value })).toEqual([`${name}: needs AUTH=jwt`]);
      expect(problemsOf({ AUTH: 'none', [name]: value })).toEqual([`${name}: needs AUTH=jwt`]);
    }
  });

  it('are a key, an issuer and an audience', () => {
    expect(problemsOf({ AUTH: 'jwt' })).toEqual([
      'JWT_JWKS_URL: with AUTH=jwt there is one of JWT_JWKS_URL, JWT_PUBLIC_KEY and JWT_SECRET',
      'JWT_ISSUER: is missing: AUTH=jwt needs it',
      'JWT_AUDIENCE: is missing: AUTH=jwt needs it',
    ]);
    const two = { ...JWT, JWT_JWKS_URL: 'https://i.example/keys' };
    expect(problemsOf(two)).toEqual([
      'JWT_JWKS_URL: with AUTH=jwt there is one of JWT_JWKS_URL, JWT_PUBLIC_KEY and JWT_SECRET',
    ]);
    expect(problemsOf({ ...JWT, JWT_PUBLIC_KEY: pem(RSA.publicKey) })).toHaveLength(1);
    expect(problemsOf({ ...JWT, JWT_ISSUER: 'a, ,b' })).toEqual([
      'JWT_ISSUER: must be a list, separated by commas',
    ]);
    expect(loadConfig({ ...JWT, JWT_ISSUER: 'a, b' }).auth.jwt!.issuer).toEqual(['a', 'b']);
  });

  it.each([
    ['a short secret', { JWT_SECRET: 'x'.repeat(31) }, 'JWT_SECRET: must have at least 32 bytes'],
    ['a tolerance that is no time', { JWT_CLOCK_TOLERANCE: '5' }, 'JWT_CLOCK_TOLERANCE: must be a duration'],
    ['a tolerance of a day', { JWT_CLOCK_TOLERANCE: '1d' }, 'JWT_CLOCK_TOLERANCE: must be 10m at the most'],
    ['no such algorithm', { JWT_ALGORITHMS: 'HS257' }, 'JWT_ALGORITHMS: must be some of RS256'],
    ['no algorithm', { JWT_ALGORITHMS: 'none' }, 'JWT_ALGORITHMS: must be some of RS256'],
    [
      'a public key’s algorithm',
      { JWT_ALGORITHMS: 'HS256,RS256' },
      'JWT_ALGORITHMS: must fit the key: HS256',
    ],
  ])('are refused with %s', (_what, changes, problem) => {
    expect(problemsOf({ ...JWT, ...changes })).toEqual([expect.stringContaining(problem)]);
  });

  it.each([
    ['RSA', () => pem(RSA.publicKey), ['RS256', 'PS256']],
    ['P-256', () => EC('prime256v1'), ['ES256']],
    ['P-384', () => EC('secp384r1'), ['ES384']],
    ['P-521', () => EC('secp521r1'), ['ES512']],
    ['Ed25519', () => pem(generateKeyPairSync('ed25519').publicKey), ['EdDSA', 'Ed25519']],
  ])('take a key of %s, and by default its algorithms', (_what, create, algorithms) => {
    const key = create();
    expect(loadConfig(KEYED(key)).auth.jwt!.algorithms).toEqual(algorithms);
    expect(loadConfig(KEYED(key.replaceAll('\n', '\\n'))).auth.jwt!.key).toEqual({
      kind: 'public',
      pem: key,
    });
    expect(problemsOf({ ...KEYED(key), JWT_ALGORITHMS: 'HS256' })).toEqual([
      expect.stringContaining('JWT_ALGORITHMS: must fit the key: '),
    ]);
  });

  it('take no algorithm that the key can’t have', () => {
    expect(problemsOf({ ...KEYED(EC('secp384r1')), JWT_ALGORITHMS: 'ES384,ES256' })).toEqual([
      'JWT_ALGORITHMS: must fit the key: ES384',
    ]);
    expect(
      loadConfig({ ...KEYED(pem(RSA.publicKey)), JWT_ALGORITHMS: 'RS512' }).auth.jwt!.algorithms,
    ).toEqual(['RS512']);
  });

  it.each([
    ['a private key', () => RSA.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
    ['a short key', () => pem(generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey)],
    ['a key of another curve', () => EC('secp256k1')],
    ['a key that does not sign', () => pem(generateKeyPairSync('x25519').publicKey)],
    ['a secret', () => CANARY],
    ['half a key', () => pem(RSA.publicKey).slice(0, 100)],
  ])('take no public key that is %s', (_what, create) => {
    expect(problemsOf(KEYED(create()))).toEqual([
      expect.stringContaining('JWT_PUBLIC_KEY: must be a public key or a certificate in PEM'),
    ]);
  });

  it('have keys at an address, which may have a query', () => {
    const at = (url: string) => ({ ...KEYED(''), JWT_JWKS_URL: url });
    for (const url of ['https://i.example/keys', 'https://i.example/keys?p=policy', 'http://keys:8080/'])
      expect(loadConfig(at(url)).auth.jwt!.key).toEqual({ kind: 'jwks', url });
    for (const url of [
      'i.example/keys',
      'file:///keys',
      `https://u:${CANARY}@i.example/`,
      'https://i.example/#a',
    ])
      expect(problemsOf(at(url))).toEqual([expect.stringContaining('JWT_JWKS_URL: must be an http(s) URL')]);
  });
});

describe('the settings of a router', () => {
  const CERTIFICATE = { ROUTER_CERTIFICATE: 'CN=router', ROUTER_CERTIFICATE_HEADER: 'X-Client-Subject' };

  it('are of no use without AUTH=router, which somebody has forgotten', () => {
    const all = { ROUTER_SECRET: CANARY, ...CERTIFICATE, ROUTER_CLAIMS_HEADER: 'x-user' };
    for (const [name, value] of Object.entries(all))
      expect(problemsOf({ ...JWT, [name]: value })).toEqual([`${name}: needs AUTH=router`]);
  });

  it('say how a router shows what it is', () => {
    expect(problemsOf({ AUTH: 'router' })).toEqual([expect.stringContaining('ROUTER_SECRET: is missing')]);
    expect(loadConfig({ AUTH: 'router', ...CERTIFICATE }).auth.router).toEqual({
      secrets: [],
      certificate: { header: 'x-client-subject', value: 'CN=router' },
      claimsHeader: 'router-claims',
    });
  });

  const { ROUTER_CERTIFICATE, ROUTER_CERTIFICATE_HEADER } = CERTIFICATE;
  it.each<[string, Record<string, string>, string]>([
    ['a short secret', { ROUTER_SECRET: 'x'.repeat(31) }, 'ROUTER_SECRET: must be 32 to 1,024'],
    ['a secret with a blank', { ROUTER_SECRET: `${CANARY} x` }, 'ROUTER_SECRET: must be 32 to 1,024'],
    ['a certificate without its header', { ROUTER_CERTIFICATE }, 'ROUTER_CERTIFICATE: goes with'],
    ['a header without its certificate', { ROUTER_CERTIFICATE_HEADER }, 'ROUTER_CERTIFICATE: goes with'],
    [
      'a certificate that no header can say',
      { ...CERTIFICATE, ROUTER_CERTIFICATE: 'CN=router\n' },
      'ROUTER_CERTIFICATE: must be printable ASCII',
    ],
    [
      'a header that is none',
      { ...CERTIFICATE, ROUTER_CERTIFICATE_HEADER: 'x y' },
      'ROUTER_CERTIFICATE_HEADER: must be the name of an HTTP header',
    ],
    [
      'claims where tokens are',
      { ROUTER_CLAIMS_HEADER: 'Authorization' },
      'ROUTER_CLAIMS_HEADER: "authorization" is the header of something else',
    ],
    [
      'claims where the secret is',
      { ROUTER_CLAIMS_HEADER: 'router-authorization' },
      'ROUTER_CLAIMS_HEADER: "router-authorization" is the header of something else',
    ],
    [
      'a certificate where claims are',
      { ...CERTIFICATE, ROUTER_CERTIFICATE_HEADER: 'router-claims' },
      'ROUTER_CLAIMS_HEADER: "router-claims" is the header of something else',
    ],
    [
      'a certificate that every client can name',
      { ...CERTIFICATE, ROUTER_CERTIFICATE_HEADER: 'User-Agent' },
      'ROUTER_CERTIFICATE_HEADER: "user-agent" is the header of something else',
    ],
  ])('are refused with %s', (_what, changes, problem) => {
    expect(problemsOf({ ...ROUTER, ...changes })).toEqual([expect.stringContaining(problem)]);
  });
});

describe('the clients of an accounts file', () => {
  const [hash, otherHash] = [hashApiKey('a key'), hashApiKey('another key')];
  it.each<[string, object, string]>([
    ['no id', { ...CLIENT, id: undefined }, 'clients[0].id: is missing'],
    ['an id with a blank', { ...CLIENT, id: 'a b' }, 'clients[0].id: must be 1 to 64 letters'],
    ['the key itself', { ...CLIENT, keyHashes: [CANARY] }, 'clients[0].keyHashes[0]: must be "sha256:"'],
    [
      'a hash in capitals',
      { ...CLIENT, keyHashes: [hash.toUpperCase()] },
      'clients[0].keyHashes[0]: must be "sha256:"',
    ],
    [
      'a hash and a line',
      { ...CLIENT, keyHashes: [`${hash}\n`] },
      'clients[0].keyHashes[0]: must be "sha256:"',
    ],
    [
      'the hash of nothing',
      { ...CLIENT, keyHashes: [hashApiKey('')] },
      'clients[0].keyHashes[0]: is the hash of an empty key',
    ],
    ['no hash', { ...CLIENT, keyHashes: [] }, 'clients[0].keyHashes: must have at least one hash'],
    ['one hash', { ...CLIENT, keyHashes: hash }, 'clients[0].keyHashes: must be a list'],
    [
      'eleven hashes',
      { ...CLIENT, keyHashes: Array.from({ length: 11 }, (_, index) => hashApiKey(String(index))) },
      'clients[0].keyHashes: must have at most ten hashes',
    ],
    ['no accounts', { ...CLIENT, accounts: [] }, 'clients[0].accounts: '],
    ['accounts left out', { ...CLIENT, accounts: undefined }, 'clients[0].accounts: must be a list'],
    ['a star in a list', { ...CLIENT, accounts: ['*'] }, 'clients[0].accounts'],
    [
      'an unknown account',
      { ...CLIENT, accounts: ['nobody'] },
      'clients[0].accounts: there is no account "nobody"',
    ],
    ['no scopes', { ...CLIENT, scopes: [] }, 'clients[0].scopes: must name at least one scope'],
    [
      'every scope by a star',
      { ...CLIENT, scopes: ['*'] },
      'clients[0].scopes[0]: must be one of messages:read',
    ],
    ['a key that is none', { ...CLIENT, role: 'admin' }, 'clients[0]: has unknown keys: role'],
  ])('are refused with %s', (_what, client, problem) => {
    const problems = problemsOf({ AUTH: 'api-key', PARLEY_ACCOUNTS: fileWith({ clients: [client] }) });
    expect(problems).toContainEqual(expect.stringContaining(problem));
  });

  it('are told apart by their ids and by their keys', () => {
    const clients = [CLIENT, { ...CLIENT, id: 'erp', keyHashes: [otherHash, hash] }];
    expect(problemsOf({ AUTH: 'api-key', PARLEY_ACCOUNTS: fileWith({ clients }) })).toEqual([
      expect.stringContaining('clients[1].keyHashes[1]: is a key of clients[0] as well'),
    ]);
    const twice = [CLIENT, { ...CLIENT, keyHashes: [otherHash] }];
    expect(problemsOf({ AUTH: 'api-key', PARLEY_ACCOUNTS: fileWith({ clients: twice }) })).toEqual([
      expect.stringContaining('clients: the id "crm" is used more than once'),
    ]);
  });
});

describe('the claims of an accounts file', () => {
  const parse = (claims: unknown) => parseAccounts(JSON.stringify({ accounts: ACCOUNTS, claims }), {});

  it('have a default for everything', () => {
    const usual = { subject: ['sub'], accounts: ['parley_accounts'], scopes: ['scope'] };
    for (const claims of [{}, undefined]) expect(parse(claims).file?.claims).toEqual(usual);
    expect(parse({ accounts: 'groups', scopes: ['realm', 'roles'] }).file?.claims).toEqual({
      ...usual,
      accounts: ['groups'],
      scopes: ['realm', 'roles'],
    });
  });

  it('may give values a meaning, by any name', () => {
    const accountValues = { 'Sales people': ['sales'], boss: '*', constructor: ['sales'] };
    const { file } = parse({ accountValues, scopeValues: { agent: ['messages:read'] } });
    expect(file?.claims.accountValues).toEqual(accountValues);
    expect(file?.claims.scopeValues).toEqual({ agent: ['messages:read'] });
  });

  it('never become a prototype', () => {
    const text =
      '{"accounts":[{"id":"sales","provider":"pact","companyId":1,"token":"t"}],"claims":{"accountValues":{"__proto__":["sales"]}}}';
    const { file } = parseAccounts(text, {});
    expect(Object.getPrototypeOf(file?.claims.accountValues ?? {})).toBe(Object.prototype);
  });

  it.each<[string, unknown, string]>([
    ['a path of nothing', { accounts: [] }, 'claims.accounts: '],
    ['an empty name', { scopes: '' }, 'claims.scopes: '],
    ['a path that is a number', { subject: 7 }, 'claims.subject: must be the name of a claim'],
    [
      'an unknown account',
      { accountValues: { a: ['nobody'] } },
      'claims.accountValues.a: there is no account "nobody"',
    ],
    [
      'an unknown scope',
      { scopeValues: { a: ['admin'] } },
      'claims.scopeValues.a[0]: must be one of messages:read',
    ],
    ['a meaning that is a text', { accountValues: { a: 'sales' } }, 'claims.accountValues.a: must be a list'],
    ['a list of meanings', { accountValues: ['sales'] }, 'claims.accountValues: must be a mapping'],
    ['a name that is none', { roles: 'roles' }, 'claims: has unknown keys: roles'],
    ['a list', ['sub'], 'claims: must be a mapping of keys to values'],
  ])('are refused with %s', (_what, claims, problem) => {
    expect(parse(claims).problems).toEqual([expect.stringContaining(problem)]);
  });
});

it.each([
  ['a public key', RSA.publicKey],
  ['a private key', undefined],
])('JWT_SECRET can’t be %s, with which everybody or the identity provider signs', (_what, key) => {
  const secret = key ? pem(key) : RSA.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  expect(problemsOf({ ...JWT, JWT_SECRET: secret })).toEqual([
    'JWT_SECRET: must be a secret, and no key in PEM',
  ]);
});

it('JWT_SECRET can’t be blanks', () => {
  expect(problemsOf({ ...JWT, JWT_SECRET: ' '.repeat(64) })).toEqual([
    'JWT_SECRET: must have at least 32 bytes',
  ]);
});

describe('the header in which callers bring a token of a provider', () => {
  const account = {
    ...{ id: 'app', provider: 'pigeons', publicKey: 'p' },
    baseUrl: 'https://pigeons.example',
  };
  const fileOf = (tokenHeader: string, more = {}) =>
    fileWith({ accounts: [{ ...account, tokenHeader }], ...more });

  it.each<[string, Record<string, string>]>([
    ['authorization', JWT],
    ['Authorization', ROUTER],
    ['x-api-key', { AUTH: 'none' }],
    ['router-authorization', ROUTER],
    ['router-claims', ROUTER],
    ['x-user', { ...ROUTER, ROUTER_CLAIMS_HEADER: 'x-user' }],
  ])('can’t be %s, which says who calls Parley', (header, environment) => {
    expect(problemsOf({ ...environment, PARLEY_ACCOUNTS: fileOf(header) })).toEqual([
      `accounts[0].tokenHeader: "${header.toLowerCase()}" says who calls Parley`,
    ]);
  });

  it('may be authorization where nobody reads that', () => {
    expect(problemsOf({ AUTH: 'none', PARLEY_ACCOUNTS: fileOf('authorization') })).toEqual([]);
  });
});

describe('claims', () => {
  it('that are mapped to nothing are a mistake, and no leave to mean what they say', () => {
    const path = join(folder, 'nothing.yaml');
    writeFileSync(
      path,
      `accounts: ${JSON.stringify(ACCOUNTS)}\nclaims:\n  accountValues:\n    # acme: [sales]\n`,
    );
    expect(problemsOf({ ...JWT, PARLEY_ACCOUNTS: path })).toEqual([
      expect.stringContaining('claims.accountValues: must be a mapping'),
    ]);
  });

  it('are of no use where nobody brings any', () => {
    const file = fileWith({ claims: { accounts: 'tenants' } });
    expect(problemsOf({ AUTH: 'none', PARLEY_ACCOUNTS: file })).toEqual([
      'AUTH: "claims" in the accounts file needs jwt or router',
    ]);
    expect(problemsOf({ ...JWT, PARLEY_ACCOUNTS: file })).toEqual([]);
  });
});
