import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { JWTHeaderParameters } from 'jose';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { hashApiKey } from '../src/auth/clients.ts';
import type { Harness, HarnessOptions } from './harness.ts';
import { startHarness } from './harness.ts';

/** What a caller gets whom nobody knows. */
export const UNAUTHENTICATED = {
  status: 401,
  errors: [{ message: expect.any(String), extensions: { code: 'UNAUTHENTICATED' } }],
};

/** Who signs tokens in tests, and for whom. */
export const ISSUER = 'https://issuer.example';
export const AUDIENCE = 'parley';

/** A token of everything, which ends in ten minutes. A claim that is undefined is left out. */
export function claimsOf(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: 'ann',
    exp: seconds(600),
    parley_accounts: '*',
    scope: 'messages:read messages:write conversations:write',
    ...changes,
  };
}

/** So many seconds from now, as tokens say times. */
export function seconds(fromNow: number): number {
  return Math.floor(Date.now() / 1_000) + fromNow;
}

export async function sign(
  key: Parameters<SignJWT['sign']>[0],
  header: JWTHeaderParameters,
  changes?: Readonly<Record<string, unknown>>,
): Promise<string> {
  return new SignJWT(claimsOf(changes)).setProtectedHeader(header).sign(key);
}

/** A token with any header, the claims of everything, and no signature unless given. */
export function forge(header: object, signature = ''): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${encode(header)}.${encode(claimsOf())}.${signature}`;
}

export const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

const SECRET = 'a secret of the tests, and long enough';

/** The environment of a server that takes the tokens of {@link as}. */
export const SECRET_ENVIRONMENT = {
  AUTH: 'jwt',
  JWT_SECRET: SECRET,
  JWT_ISSUER: ISSUER,
  JWT_AUDIENCE: AUDIENCE,
};

/** The headers of a caller who may do everything, unless the claims say less. */
export async function as(claims?: Readonly<Record<string, unknown>>): Promise<Record<string, string>> {
  return bearer(await sign(new TextEncoder().encode(SECRET), { alg: 'HS256' }, claims));
}

/** What an identity provider answers when it is asked for its keys. */
export type KeysAnswer = 'keys' | 'hang' | 'cut' | { readonly status: number; readonly body: string };

/** An identity provider: over real HTTP on a free port, with one key at a time. */
export interface IdentityProvider {
  readonly jwksUrl: string;
  /** The environment of a server that takes its tokens. */
  readonly environment: Readonly<Record<string, string>>;
  /** How often it was asked for its keys. */
  readonly asked: () => number;
  /** A token that is good unless the changes make it bad. */
  readonly token: (
    changes?: Readonly<Record<string, unknown>>,
    header?: Partial<JWTHeaderParameters>,
  ) => Promise<string>;
  /** Signs with a new key from now on, and forgets the old one. */
  readonly rotate: () => Promise<void>;
  readonly answer: (how: KeysAnswer) => void;
  readonly close: () => Promise<void>;
}

export async function startIdentityProvider(): Promise<IdentityProvider> {
  let how: KeysAnswer = 'keys';
  let asked = 0;
  let generation = 0;
  let pair = await createPair();
  const hanging = new Set<ServerResponse>();

  async function createPair() {
    generation += 1;
    const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
    const kid = `key-${generation}`;
    return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, use: 'sig' } };
  }

  const server = createServer((request, response) => {
    asked += 1;
    request.resume();
    if (how === 'hang') hanging.add(response);
    else if (how === 'cut') response.destroy();
    else if (how === 'keys') response.end(JSON.stringify({ keys: [pair.jwk] }));
    else response.writeHead(how.status, { location: '/elsewhere' }).end(how.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;

  return {
    jwksUrl,
    environment: {
      AUTH: 'jwt',
      JWT_JWKS_URL: jwksUrl,
      JWT_ISSUER: ISSUER,
      JWT_AUDIENCE: AUDIENCE,
    },
    asked: () => asked,
    token: (changes, header) =>
      sign(pair.privateKey, { alg: 'RS256', kid: pair.kid, typ: 'JWT', ...header }, changes),
    async rotate() {
      pair = await createPair();
    },
    answer(next) {
      how = next;
    },
    async close() {
      for (const response of hanging) response.destroy();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** A client as the accounts file writes it, with the keys themselves. */
export interface ClientWithKeys {
  readonly id: string;
  readonly keys: readonly string[];
  readonly accounts: readonly string[] | '*';
  readonly scopes: readonly string[];
}

export interface GuardedOptions extends Omit<HarnessOptions, 'config'> {
  readonly clients?: readonly ClientWithKeys[];
  /** The accounts file's `claims`. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** Parley on the sandbox's three accounts, with `clients` and `claims` read from a real accounts file. */
export async function startGuarded({ clients, claims, ...options }: GuardedOptions): Promise<Harness> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-callers-'));
  const file = join(folder, 'accounts.yaml');
  // JSON is YAML. Where the accounts are, the harness knows.
  const document = {
    accounts: [
      { id: 'sales', provider: 'pact', companyId: 1, token: 'unused' },
      { id: 'support', provider: 'letstalk', role: 'agent', apiKey: 'unused' },
      { id: 'app', provider: 'pigeons', publicKey: 'unused', token: 'unused', baseUrl: 'http://127.0.0.1:1' },
    ],
    ...(clients && {
      clients: clients.map(({ keys, ...rest }) => ({ ...rest, keyHashes: keys.map(hashApiKey) })),
    }),
    ...(claims && { claims }),
  };
  writeFileSync(file, JSON.stringify(document));
  const environment = { PARLEY_ACCOUNTS: file, FILE_FOLDER: join(folder, 'files'), ...options.environment };
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  const harness = await startHarness({ ...options, environment }).catch((error: unknown) => {
    removeFolder();
    throw error;
  });
  return {
    ...harness,
    async close() {
      await harness.close();
      removeFolder();
    },
  };
}
