import { createHmac, createPublicKey } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { CryptoKey } from 'jose';
import { exportSPKI, generateKeyPair } from 'jose';
import type { Harness } from '../harness.ts';
import type { IdentityProvider, KeysAnswer } from '../identity.ts';
import {
  AUDIENCE,
  bearer,
  forge,
  ISSUER,
  seconds,
  sign,
  startGuarded,
  startIdentityProvider,
  UNAUTHENTICATED,
} from '../identity.ts';

jest.setTimeout(60_000);

const ACCOUNTS = '{ accounts { id } }';
const SECRET = 'a secret of the tests, and long enough';

const open: { close: () => Promise<void> }[] = [];
afterEach(async () => {
  jest.restoreAllMocks();
  for (const one of open.splice(0)) await one.close();
});

/** A server of a test's own. */
async function start(environment: Record<string, string>): Promise<Harness> {
  const harness = await startGuarded({ environment });
  open.push(harness);
  return harness;
}

async function startProvider(): Promise<IdentityProvider> {
  const provider = await startIdentityProvider();
  open.push(provider);
  return provider;
}

const realNow = Date.now.bind(Date);

/** Puts the clock forward, for whoever looks at it; timers are as ever. */
function setClock(milliseconds: number): void {
  jest.spyOn(Date, 'now').mockImplementation(() => realNow() + milliseconds);
}

describe('a clock tolerance', () => {
  it('holds on both sides, and no further', async () => {
    const secret = new TextEncoder().encode(SECRET);
    const harness = await start({ ...keyed({ JWT_SECRET: SECRET }), JWT_CLOCK_TOLERANCE: '5m' });
    const statusWith = async (changes: Record<string, unknown>) => {
      const token = await sign(secret, { alg: 'HS256' }, changes);
      return (await harness.query(ACCOUNTS, { headers: bearer(token) })).status;
    };
    expect(await statusWith({ exp: seconds(-200) })).toBe(200);
    expect(await statusWith({ exp: seconds(-400) })).toBe(401);
    expect(await statusWith({ nbf: seconds(200) })).toBe(200);
    expect(await statusWith({ nbf: seconds(400) })).toBe(401);
  });
});

const keyed = (key: Record<string, string>) => ({
  AUTH: 'jwt',
  JWT_ISSUER: ISSUER,
  JWT_AUDIENCE: AUDIENCE,
  ...key,
});

describe('a key of the configuration', () => {
  it.each(['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA'])('of %s verifies', async (alg) => {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    const pem = await exportSPKI(publicKey);
    const harness = await start(keyed({ JWT_PUBLIC_KEY: pem.replaceAll('\n', '\\n') }));
    const statusOf = async (token: string) =>
      (await harness.query(ACCOUNTS, { headers: bearer(token) })).status;

    expect(await statusOf(await sign(privateKey, { alg }))).toBe(200);
    const { privateKey: another } = await generateKeyPair(alg);
    expect(await statusOf(await sign(another, { alg }))).toBe(401);
    // The public key is public: taken for a secret, anybody could sign with it.
    for (const text of [pem, pem.trim(), pem.replaceAll('\n', '\\n')])
      expect(await statusOf(confused(text))).toBe(401);
    const der = createPublicKey(pem).export({ type: 'spki', format: 'der' });
    expect(await statusOf(confused(der))).toBe(401);
  });

  function confused(secret: string | Buffer): string {
    const signed = forge({ alg: 'HS256', typ: 'JWT' }, '').slice(0, -1);
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
  }

  it('that is a secret verifies HS256, and nothing else unless told', async () => {
    const secret = new TextEncoder().encode(SECRET.repeat(2));
    const usual = await start(keyed({ JWT_SECRET: SECRET.repeat(2) }));
    const told = await start(keyed({ JWT_SECRET: SECRET.repeat(2), JWT_ALGORITHMS: 'HS512' }));
    const statusesOf = async (key: Uint8Array | CryptoKey, alg: string) => {
      const options = { headers: bearer(await sign(key, { alg })) };
      return [(await usual.query(ACCOUNTS, options)).status, (await told.query(ACCOUNTS, options)).status];
    };
    expect(await statusesOf(secret, 'HS256')).toEqual([200, 401]);
    expect(await statusesOf(secret, 'HS512')).toEqual([401, 200]);
    expect(await statusesOf(new TextEncoder().encode(`${SECRET} but`), 'HS256')).toEqual([401, 401]);
    expect(await statusesOf((await generateKeyPair('RS256')).privateKey, 'RS256')).toEqual([401, 401]);
  });

  it('takes no algorithm outside of the list', async () => {
    const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
    const pem = await exportSPKI(publicKey);
    const harness = await start(keyed({ JWT_PUBLIC_KEY: pem, JWT_ALGORITHMS: 'RS512' }));
    const token = await sign(privateKey, { alg: 'RS256' });
    expect(await harness.query(ACCOUNTS, { headers: bearer(token) })).toEqual(UNAUTHENTICATED);
  });
});

const statusOf = async (harness: Harness, token: string) =>
  (await harness.query(ACCOUNTS, { headers: bearer(token) })).status;

describe('an identity provider', () => {
  it('is asked for its keys once, and not when the server starts', async () => {
    const provider = await startProvider();
    const harness = await start({ ...provider.environment });
    expect(provider.asked()).toBe(0);
    const token = await provider.token();
    const statuses = await Promise.all(Array.from({ length: 10 }, () => statusOf(harness, token)));
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(await statusOf(harness, token)).toBe(200);
    expect(provider.asked()).toBe(1);
  });

  it('is asked once more for a key that nobody knows, and then not for a while', async () => {
    const provider = await startProvider();
    const harness = await start({ ...provider.environment });
    const ask = async () => {
      const tokens = Array.from({ length: 10 }, (_, index) =>
        provider.token({}, { kid: `unknown-${index}` }),
      );
      const statuses = await Promise.all(
        (await Promise.all(tokens)).map((token) => statusOf(harness, token)),
      );
      expect(new Set(statuses)).toEqual(new Set([401]));
    };
    expect(await statusOf(harness, await provider.token())).toBe(200);
    await ask();
    expect(provider.asked()).toBe(1);
    setClock(31_000);
    await ask();
    await ask();
    expect(provider.asked()).toBe(2);
  });

  it('that has changed its key is noticed', async () => {
    const provider = await startProvider();
    const harness = await start({ ...provider.environment });
    const before = await provider.token();
    expect(await statusOf(harness, before)).toBe(200);
    await provider.rotate();
    const after = await provider.token();
    setClock(31_000);
    expect(await statusOf(harness, after)).toBe(200);
    // What it has taken back is good for nothing.
    expect(await statusOf(harness, before)).toBe(401);
  });

  it('that nobody listens for makes a good token wait', async () => {
    const provider = await startIdentityProvider();
    const harness = await start({ ...provider.environment });
    const token = await provider.token();
    await provider.close();
    expect(await statusOf(harness, token)).toBe(503);
  });

  it('that has failed since then keeps out nobody whose key is known', async () => {
    const provider = await startProvider();
    const harness = await start({ ...provider.environment });
    const [good, unknown] = [await provider.token(), await provider.token({}, { kid: 'unknown' })];
    expect(await statusOf(harness, good)).toBe(200);
    provider.answer({ status: 500, body: '' });
    setClock(31_000);
    expect(await statusOf(harness, unknown)).toBe(503);
    expect(await statusOf(harness, unknown)).toBe(503);
    expect(await statusOf(harness, good)).toBe(200);
    expect(provider.asked()).toBe(2);
  });

  it('is not asked for what can’t be a token of its', async () => {
    const provider = await startProvider();
    const harness = await start({ ...provider.environment });
    for (const token of ['a.b.c', forge({ alg: 'HS256', kid: 'key-1' }, 'AAAA'), forge({ alg: 'none' }, '')])
      expect(await statusOf(harness, token)).toBe(401);
    expect(provider.asked()).toBe(0);
  });
});

describe('an identity provider in trouble', () => {
  let provider: IdentityProvider;
  let harness: Harness;
  let hours = 0;
  beforeAll(async () => {
    provider = await startIdentityProvider();
    harness = await startGuarded({ environment: { ...provider.environment } });
  });
  afterAll(async () => {
    await harness.close();
    await provider.close();
  });

  const CANARY = 'canary-of-the-identity-provider';
  it.each<[string, KeysAnswer]>([
    ['fails', { status: 500, body: CANARY }],
    ['knows no such address', { status: 404, body: CANARY }],
    ['sends elsewhere', { status: 302, body: CANARY }],
    ['answers what is no JSON', { status: 200, body: `<html>${CANARY}` }],
    ['answers nothing', { status: 200, body: '' }],
    ['answers null', { status: 200, body: 'null' }],
    ['answers what are no keys', { status: 200, body: `{"keys":"${CANARY}"}` }],
    ['answers a list of no keys', { status: 200, body: `{"keys":["${CANARY}"]}` }],
    ['answers without end', { status: 200, body: `{"keys":[],"more":"${CANARY.repeat(100_000)}"}` }],
    ['cuts the connection', 'cut'],
    ['does not answer', 'hang'],
  ])('that %s makes a good token wait, and is not talked about', async (_what, answer) => {
    const token = await provider.token();
    provider.answer(answer);
    // Long enough for the keys of the last test to be too old.
    setClock((hours += 3_600_000));
    const response = await fetch(`${harness.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...bearer(token) },
      body: JSON.stringify({ query: ACCOUNTS }),
    });
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(response.headers.get('www-authenticate')).toBeNull();
    const body = await response.text();
    expect(JSON.parse(body)).toEqual({
      errors: [
        {
          message: expect.any(String),
          extensions: { code: 'AUTHENTICATION_UNAVAILABLE', retryable: true, retryAfter: 1 },
        },
      ],
    });
    // Whoever runs the server learns of it.
    const warned = harness
      .logged()
      .split('\n')
      .filter((line) => line.includes('AUTHENTICATION_UNAVAILABLE'));
    expect(JSON.parse(warned.at(-1)!)).toMatchObject({ level: 40, reason: expect.any(String) });
    for (const text of [body, harness.logged()]) {
      expect(text).not.toContain(CANARY);
      expect(text).not.toContain(provider.jwksUrl);
      expect(text).not.toContain(token);
    }
    // Others do not make it worse.
    const asked = provider.asked();
    for (let tries = 0; tries < 5; tries += 1) expect(await statusOf(harness, token)).toBe(503);
    expect(provider.asked()).toBe(asked);

    provider.answer('keys');
    setClock((hours += 2_000));
    expect(await statusOf(harness, token)).toBe(200);
  });
});
