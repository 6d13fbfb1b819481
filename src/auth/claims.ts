import { ParleyError } from '../messaging/errors.ts';
import type { Scope, Viewer } from '../messaging/viewer.ts';
import { SCOPES } from '../messaging/viewer.ts';

/** What a token, or a router, says of a user. */
export type Claims = Readonly<Record<string, unknown>>;

/** The names that lead to a claim. */
type ClaimPath = readonly string[];

/** Where claims say what a user may, and what their values stand for. */
export interface ClaimsMapping {
  readonly subject: ClaimPath;
  readonly accounts: ClaimPath;
  readonly scopes: ClaimPath;
  /** Undefined where values are accounts' ids themselves. */
  readonly accountValues?: Readonly<Record<string, readonly string[] | '*'>> | undefined;
  /** Undefined where values are scopes themselves. */
  readonly scopeValues?: Readonly<Record<string, readonly Scope[]>> | undefined;
}

/**
 * The user of whom claims speak. What they do not say, the user may not. Throws a `ParleyError` with the code
 * `UNAUTHENTICATED` where they do not say who it is.
 *
 * @param tolerance milliseconds for which they hold beyond the instant that they name
 */
export function toUser(claims: Claims, mapping: ClaimsMapping, tolerance = CLOCK_TOLERANCE * 1_000): Viewer {
  const subject = find(claims, mapping.subject);
  if (typeof subject !== 'string' || subject === '')
    throw new ParleyError('UNAUTHENTICATED', 'The credentials do not say who the user is.');
  const { iss, exp } = claims;
  return {
    // Two identity providers may know two people by one name.
    id: JSON.stringify(['user', typeof iss === 'string' ? iss : null, subject]),
    authenticated: true,
    accounts: toAccounts(valuesOf(find(claims, mapping.accounts)), mapping.accountValues),
    scopes: toScopes(valuesOf(find(claims, mapping.scopes)), mapping.scopeValues),
    viaRouter: false,
    ...(typeof exp === 'number' && { expiresAt: exp * 1_000 + tolerance }),
  };
}

/**
 * Reads claims that a router passes on: JSON in UTF-8, as it is or in base64url. Throws a `ParleyError` with the code
 * `UNAUTHENTICATED` where they can't be read, or do not hold now.
 */
export function parseClaimsHeader(header: string): Claims {
  const claims = decodeClaims(header);
  if (!claims) throw new ParleyError('UNAUTHENTICATED', "The router's claims are no JSON object.");
  const { nbf, exp } = claims;
  const now = Date.now() / 1_000;
  // A router may pass claims on for longer than they hold.
  if (exp !== undefined && !(typeof exp === 'number' && exp > now - CLOCK_TOLERANCE))
    throw new ParleyError('UNAUTHENTICATED', 'The credentials have expired.');
  if (nbf !== undefined && !(typeof nbf === 'number' && nbf <= now + CLOCK_TOLERANCE))
    throw new ParleyError('UNAUTHENTICATED', 'The credentials do not hold yet.');
  return claims;
}

/** Seconds by which the router's clock may differ. */
const CLOCK_TOLERANCE = 60;

function decodeClaims(header: string): Claims | undefined {
  try {
    // Node gives a header's bytes one by one: a name in UTF-8 would be somebody else's.
    const bytes = header.startsWith('{') ? Buffer.from(header, 'latin1') : fromBase64(header);
    const claims: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return typeof claims === 'object' && claims !== null && !Array.isArray(claims)
      ? (claims as Claims)
      : undefined;
  } catch {
    return undefined;
  }
}

// Node's own decoder skips what it does not know, such as the comma between two headers of one name.
function fromBase64(text: string): Buffer {
  if (!/^[\w+/-]+={0,2}$/.test(text)) throw new SyntaxError('not base64url');
  return Buffer.from(text, 'base64');
}

function find(claims: Claims, path: ClaimPath): unknown {
  return path.reduce<unknown>(
    (value, name) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? (value as Claims)[name]
        : undefined,
    claims,
  );
}

/** A list of texts, or one text of many words, as OAuth writes scopes. */
function valuesOf(claim: unknown): readonly string[] {
  if (typeof claim === 'string') return claim.split(' ').filter((value) => value !== '');
  if (!Array.isArray(claim)) return [];
  return claim.filter((value): value is string => typeof value === 'string');
}

function toAccounts(values: readonly string[], meanings: ClaimsMapping['accountValues']): Viewer['accounts'] {
  const accounts = values.flatMap((value) => meaningOf(value, meanings) ?? []);
  return accounts.includes('*') ? '*' : new Set(accounts);
}

function toScopes(values: readonly string[], meanings: ClaimsMapping['scopeValues']): ReadonlySet<Scope> {
  return new Set(
    values
      .flatMap((value) => meaningOf(value, meanings) ?? [])
      .filter((value): value is Scope => (SCOPES as readonly string[]).includes(value)),
  );
}

// Where meanings are given, nothing else counts: a value that happens to be an account's id was not meant as one.
function meaningOf<T>(
  value: string,
  meanings: Readonly<Record<string, T>> | undefined,
): T | string | undefined {
  if (!meanings) return value;
  return Object.hasOwn(meanings, value) ? meanings[value] : undefined;
}
