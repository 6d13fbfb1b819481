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
 * `UNAUTHENTICATED` where they do not say who it is, or are over.
 */
export function toUser(claims: Claims, mapping: ClaimsMapping): Viewer {
  const subject = find(claims, mapping.subject);
  if (typeof subject !== 'string' || subject === '')
    throw new ParleyError('UNAUTHENTICATED', 'The credentials do not say who the user is.');
  const { iss, exp } = claims;
  // A token's has been looked at already; a router may pass claims on for longer than they hold.
  if (exp !== undefined && !(typeof exp === 'number' && exp > Date.now() / 1_000 - CLOCK_TOLERANCE))
    throw new ParleyError('UNAUTHENTICATED', 'The credentials have expired.');
  return {
    // Two identity providers may know two people by one name.
    id: JSON.stringify(['user', typeof iss === 'string' ? iss : null, subject]),
    authenticated: true,
    accounts: toAccounts(valuesOf(find(claims, mapping.accounts)), mapping.accountValues),
    scopes: toScopes(valuesOf(find(claims, mapping.scopes)), mapping.scopeValues),
    viaRouter: false,
  };
}

/** Reads claims that a router passes on: JSON, as it is or in base64url. */
export function parseClaimsHeader(header: string): Claims {
  try {
    const json = header.trimStart().startsWith('{') ? header : Buffer.from(header, 'base64').toString('utf8');
    const claims: unknown = JSON.parse(json);
    if (typeof claims === 'object' && claims !== null && !Array.isArray(claims)) return claims as Claims;
  } catch {
    // Said below.
  }
  throw new ParleyError('UNAUTHENTICATED', "The router's claims are no JSON object.");
}

/** Seconds; more than any that is configured for tokens need not be told apart here. */
const CLOCK_TOLERANCE = 60;

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
