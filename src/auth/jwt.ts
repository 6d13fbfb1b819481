import { createPublicKey } from 'node:crypto';
import type { FetchImplementation, JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import { createLocalJWKSet, createRemoteJWKSet, customFetch, errors, jwtVerify } from 'jose';
import { ParleyError } from '../messaging/errors.ts';
import type { Claims } from './claims.ts';

/** Whose tokens are taken, and how they are verified. */
export interface JwtOptions {
  readonly key:
    | { readonly kind: 'jwks'; readonly url: string }
    | { readonly kind: 'public'; readonly pem: string }
    | { readonly kind: 'secret'; readonly secret: string };
  readonly issuer: readonly string[];
  readonly audience: readonly string[];
  readonly algorithms: readonly string[];
  /** Milliseconds by which clocks may differ. */
  readonly clockTolerance: number;
}

/** Milliseconds: for one answer of the identity provider, between two questions for a key that it did not have, and that its keys are taken to be the same. */
const JWKS_TIMEOUT = 3_000;
const JWKS_COOLDOWN = 30_000;
const JWKS_MAX_AGE = 600_000;
/** Milliseconds after an answer without keys in which the identity provider is not asked again, whoever calls. */
const JWKS_PAUSE = 1_000;
/** Bytes; a hundred keys with their certificates are fewer. */
const JWKS_MAX_BYTES = 1_048_576;

/**
 * Verifies tokens. Throws a `ParleyError`: `UNAUTHENTICATED` for a token that is not good, `AUTHENTICATION_UNAVAILABLE` where
 * the identity provider does not tell its keys.
 */
export function createJwtVerifier(options: JwtOptions): (token: string) => Promise<Claims> {
  const getKey = createGetKey(options.key);
  const rules = {
    issuer: [...options.issuer],
    audience: [...options.audience],
    algorithms: [...options.algorithms],
    clockTolerance: options.clockTolerance / 1_000,
    // One that never ends can't be taken back.
    requiredClaims: ['exp'],
  };
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, getKey, rules);
      return payload;
    } catch (cause) {
      if (cause instanceof ParleyError) throw cause;
      const message =
        cause instanceof errors.JWTExpired ? 'The token has expired.' : 'The token is not valid here.';
      throw new ParleyError('UNAUTHENTICATED', message, { cause });
    }
  };
}

function createGetKey(key: JwtOptions['key']): JWTVerifyGetKey {
  switch (key.kind) {
    case 'secret': {
      const secret = new TextEncoder().encode(key.secret);
      return () => Promise.resolve(secret);
    }
    case 'public': {
      const publicKey = createPublicKey(key.pem);
      return () => Promise.resolve(publicKey);
    }
    case 'jwks':
      return createJwks(new URL(key.url));
  }
}

function createJwks(url: URL): JWTVerifyGetKey {
  const getKey = createRemoteJWKSet(url, {
    timeoutDuration: JWKS_TIMEOUT,
    cooldownDuration: JWKS_COOLDOWN,
    cacheMaxAge: JWKS_MAX_AGE,
    [customFetch]: createKeyFetch(),
  });
  return async (header, token) => {
    try {
      return await getKey(header, token);
    } catch (cause) {
      // The token's fault; everything else is the identity provider's.
      if (cause instanceof errors.JWKSNoMatchingKey || cause instanceof errors.JWKSMultipleMatchingKeys)
        throw cause;
      if (cause instanceof errors.JOSENotSupported) throw cause;
      throw new ParleyError(
        'AUTHENTICATION_UNAVAILABLE',
        "The identity provider's keys can't be read now, and without them no token can be verified.",
        { retryable: true, retryAfter: JWKS_PAUSE / 1_000, cause },
      );
    }
  };
}

/**
 * Fetches keys, no more than {@link JWKS_MAX_BYTES}. A failure counts for a while: whoever sends tokens that nobody has signed
 * would otherwise make as many requests to an identity provider that is in trouble already.
 */
function createKeyFetch(): FetchImplementation {
  let failure: { readonly at: number; readonly cause: unknown } | undefined;
  return async (url, options) => {
    if (failure && Date.now() - failure.at < JWKS_PAUSE) throw failure.cause;
    try {
      const keys = await readKeys(await fetch(url, options));
      failure = undefined;
      return Response.json(keys);
    } catch (cause) {
      failure = { at: Date.now(), cause };
      throw cause;
    }
  };
}

async function readKeys({ status, body }: Response): Promise<object> {
  if (status !== 200) {
    // A body that nobody reads would hold its connection.
    await body?.cancel();
    throw keysError(`STATUS_${status}`);
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop ends the answer.
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > JWKS_MAX_BYTES) throw keysError('ANSWER_TOO_LONG');
    chunks.push(chunk);
  }
  const keys = JSON.parse(Buffer.concat(chunks).toString('utf8')) as JSONWebKeySet;
  // Throws for what are no keys: looked at here, so that it counts as a failure.
  createLocalJWKSet(keys);
  return keys;
}

/** An answer of the identity provider that is none, with a name of ours for logs. */
function keysError(code: string): Error {
  return Object.assign(new Error("the identity provider's answer can't be used"), { code });
}
