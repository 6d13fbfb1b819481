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
/** Milliseconds for which keys that were read are used on while the identity provider gives none. */
const JWKS_MAX_STALE = 3_600_000;
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
  const source = createKeySource();
  const getKey = createRemoteJWKSet(url, {
    timeoutDuration: JWKS_TIMEOUT,
    cooldownDuration: JWKS_COOLDOWN,
    cacheMaxAge: JWKS_MAX_AGE,
    [customFetch]: source.fetch,
  });
  return async (header, token) => {
    try {
      return await getKey(header, token);
    } catch (cause) {
      // A key that is not known may be a new one, which nobody can tell now. Everything else is about the key that the token names,
      // and whoever sends it chooses that.
      const isMissing = cause instanceof KeysUnavailable || cause instanceof errors.JWKSTimeout;
      const mayBeNew = cause instanceof errors.JWKSNoMatchingKey && source.failure() !== undefined;
      if (!isMissing && !mayBeNew) throw cause;
      throw new ParleyError(
        'AUTHENTICATION_UNAVAILABLE',
        "The identity provider's keys can't be read now, and without them no token can be verified.",
        { retryable: true, retryAfter: JWKS_PAUSE / 1_000, cause: source.failure() ?? cause },
      );
    }
  };
}

/** Why there are no keys: the name of what was wrong, for logs. */
class KeysUnavailable extends Error {
  readonly code: string;

  constructor(code: string, cause?: unknown) {
    super("the identity provider's keys can't be read", { cause });
    this.code = code;
  }
}

/**
 * Fetches keys, no more than {@link JWKS_MAX_BYTES}. A failure counts for a while: whoever sends tokens that nobody has signed
 * would otherwise make as many requests to an identity provider that is in trouble already. Meanwhile, keys that were good lately
 * are as good as ever.
 */
function createKeySource(): {
  readonly fetch: FetchImplementation;
  readonly failure: () => Error | undefined;
} {
  let failure: { readonly at: number; readonly cause: KeysUnavailable } | undefined;
  let known: { readonly at: number; readonly keys: object } | undefined;
  return { fetch: fetchKeys, failure: () => failure?.cause };

  async function fetchKeys(...[url, options]: Parameters<FetchImplementation>): Promise<Response> {
    if (!failure || Date.now() - failure.at >= JWKS_PAUSE) {
      try {
        known = { at: Date.now(), keys: await readKeys(await fetch(url, options)) };
        failure = undefined;
        return Response.json(known.keys);
      } catch (cause) {
        failure = { at: Date.now(), cause: toKeysUnavailable(cause) };
      }
    }
    if (known && Date.now() - known.at < JWKS_MAX_STALE) return Response.json(known.keys);
    throw failure.cause;
  }
}

function toKeysUnavailable(cause: unknown): KeysUnavailable {
  if (cause instanceof KeysUnavailable) return cause;
  const { name, cause: deeper } = cause as { name?: unknown; cause?: { code?: unknown } };
  return new KeysUnavailable(String(deeper?.code ?? name), cause);
}

async function readKeys({ status, body }: Response): Promise<object> {
  if (status !== 200) {
    // A body that nobody reads would hold its connection.
    await body?.cancel();
    throw new KeysUnavailable(`STATUS_${status}`);
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop ends the answer.
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > JWKS_MAX_BYTES) throw new KeysUnavailable('ANSWER_TOO_LONG');
    chunks.push(chunk);
  }
  const keys = JSON.parse(Buffer.concat(chunks).toString('utf8')) as JSONWebKeySet;
  // Throws for what are no keys: looked at here, so that it counts as a failure.
  createLocalJWKSet(keys);
  return keys;
}
