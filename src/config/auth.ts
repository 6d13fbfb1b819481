import type { KeyObject } from 'node:crypto';
import { createPublicKey } from 'node:crypto';
import { z } from 'zod';
import { exactUrl } from './exactUrl.ts';
import { list } from './list.ts';
import { duration } from './quantities.ts';

export const AUTH_MODES = ['jwt', 'api-key', 'router'] as const;

/** How callers may say who they are; `none`: nobody is asked. */
export type AuthMode = (typeof AUTH_MODES)[number] | 'none';

const RSA: readonly string[] = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
const ED25519: readonly string[] = ['EdDSA', 'Ed25519'];
/** By the names that OpenSSL gives the curves. */
const CURVES: ReadonlyMap<string, readonly string[]> = new Map([
  ['prime256v1', ['ES256']],
  ['secp384r1', ['ES384']],
  ['secp521r1', ['ES512']],
]);
const ASYMMETRIC: readonly string[] = [...RSA, ...[...CURVES.values()].flat(), ...ED25519];
const SYMMETRIC: readonly string[] = ['HS256', 'HS384', 'HS512'];
const ALGORITHMS: readonly string[] = [...ASYMMETRIC, ...SYMMETRIC];

/** Visible ASCII: what can stand in a header. More than one while they are changed. */
const headerSecrets = list.refine(
  (secrets) => secrets.every((secret) => /^[\x21-\x7e]{32,1024}$/.test(secret)),
  'must be 32 to 1,024 printable ASCII characters without spaces, or several such with commas',
);

const headerName = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,64}$/, 'must be the name of an HTTP header')
  .transform((value) => value.toLowerCase());

/** The environment variables of authentication. */
export const authVariables = {
  AUTH: list.optional(),
  // Unlike addresses that paths are appended to, that of keys may need a query.
  JWT_JWKS_URL: exactUrl.optional(),
  JWT_PUBLIC_KEY: z
    .string()
    // Where a variable is one line.
    .transform((pem) => pem.replaceAll('\\n', '\n'))
    .refine(
      (pem) => algorithmsOf(pem) !== undefined,
      'must be a public key or a certificate in PEM: RSA of at least 2,048 bits, P-256, P-384, P-521 or Ed25519',
    )
    .optional(),
  JWT_SECRET: z
    .string()
    .refine((secret) => Buffer.byteLength(secret.trim()) >= 32, {
      error: 'must have at least 32 bytes',
      abort: true,
    })
    // Whoever has the public key, which is everybody, could sign with it.
    .refine((secret) => !secret.includes('-----BEGIN'), 'must be a secret, and no key in PEM')
    .optional(),
  JWT_ISSUER: list.optional(),
  JWT_AUDIENCE: list.optional(),
  JWT_ALGORITHMS: list
    .refine(
      (names) => names.every((name) => ALGORITHMS.includes(name)),
      `must be some of ${ALGORITHMS.join(', ')}`,
    )
    .optional(),
  JWT_CLOCK_TOLERANCE: duration()
    // Clocks that differ by more are to be set: until then, tokens that are over would be taken.
    .refine((tolerance) => tolerance <= 600_000, 'must be 10m at the most')
    .optional(),
  ROUTER_SECRET: headerSecrets.optional(),
  ROUTER_CERTIFICATE_HEADER: headerName.optional(),
  ROUTER_CERTIFICATE: z
    .string()
    // As a header's value comes out of a parser: any other is never shown.
    .regex(/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/, 'must be printable ASCII without spaces around it')
    .optional(),
  ROUTER_CLAIMS_HEADER: headerName.optional(),
};

type AuthSettings = z.output<z.ZodObject<typeof authVariables>>;

/** Verifies the tokens of an identity provider. */
export interface JwtConfig {
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

/** How a router shows that it is ours, and where it says whom it speaks for. Header names are lower-case. */
export interface RouterConfig {
  /** Any of these. */
  readonly secrets: readonly string[];
  /** What a TLS terminator says of the router's certificate. */
  readonly certificate: { readonly header: string; readonly value: string } | undefined;
  /** Undefined where it is not asked: then users show their own credentials. */
  readonly claimsHeader: string | undefined;
}

/** What the environment says of who may call. */
export interface AuthFromEnvironment {
  /** Undefined where `AUTH` is not set. */
  readonly modes: ReadonlySet<AuthMode> | undefined;
  readonly jwt: JwtConfig | undefined;
  readonly router: RouterConfig | undefined;
}

/** Everything about these variables that does not fit together, by variable. */
export function problemsOfAuth(settings: AuthSettings): readonly { path: string; message: string }[] {
  const { AUTH, ROUTER_SECRET, ROUTER_CERTIFICATE, ROUTER_CERTIFICATE_HEADER } = settings;
  const modes: readonly string[] = AUTH ?? [];
  const problems: { path: string; message: string }[] = [];
  const complain = (path: string, message: string) => problems.push({ path, message });

  const unknown = modes.some((mode) => mode !== 'none' && !(AUTH_MODES as readonly string[]).includes(mode));
  if (unknown) complain('AUTH', `must be some of ${AUTH_MODES.join(', ')}, or none`);
  if (modes.includes('none') && modes.length > 1)
    complain('AUTH', 'is either none, or some of the other modes');

  for (const [name, value] of Object.entries(settings)) {
    const mode = name.startsWith('JWT_') ? 'jwt' : name.startsWith('ROUTER_') ? 'router' : undefined;
    // Whoever sets it believes that it protects something.
    if (mode && value !== undefined && !modes.includes(mode)) complain(name, `needs AUTH=${mode}`);
  }
  if (modes.includes('jwt')) problems.push(...problemsOfJwt(settings));
  if (modes.includes('router')) {
    if (ROUTER_SECRET === undefined && ROUTER_CERTIFICATE === undefined)
      complain(
        'ROUTER_SECRET',
        'is missing: with AUTH=router, it or ROUTER_CERTIFICATE shows who is a router',
      );
    if ((ROUTER_CERTIFICATE === undefined) !== (ROUTER_CERTIFICATE_HEADER === undefined))
      complain('ROUTER_CERTIFICATE', 'goes with ROUTER_CERTIFICATE_HEADER');
    problems.push(...problemsOfHeaders(settings));
  }
  return problems;
}

/** One header can't say two things. */
function problemsOfHeaders(settings: AuthSettings): { path: string; message: string }[] {
  const names = ['ROUTER_CERTIFICATE_HEADER', 'ROUTER_CLAIMS_HEADER'] as const;
  const taken = new Set(TAKEN_HEADERS);
  return names.flatMap((path) => {
    const header = path === 'ROUTER_CLAIMS_HEADER' ? claimsHeaderOf(settings) : settings[path];
    if (header === undefined) return [];
    const isTaken = taken.has(header);
    taken.add(header);
    return isTaken ? [{ path, message: `"${header}" is the header of something else` }] : [];
  });
}

/**
 * Where users bring tokens that are verified here, claims are read only when somebody has asked for that: behind a router that
 * passes on every header, whoever brings no token would be whoever they like.
 */
function claimsHeaderOf({ AUTH, ROUTER_CLAIMS_HEADER }: AuthSettings): string | undefined {
  return ROUTER_CLAIMS_HEADER ?? (AUTH?.includes('jwt') ? undefined : 'router-claims');
}

/** The headers in which callers say who they are, by what they are. */
export const CREDENTIAL_HEADERS = {
  user: 'authorization',
  client: 'x-api-key',
  router: 'router-authorization',
};

/** Headers of every request, and those that say who calls. */
const TAKEN_HEADERS = [
  ...Object.values(CREDENTIAL_HEADERS),
  ...['host', 'connection', 'content-type', 'content-length', 'transfer-encoding', 'user-agent'],
  ...['accept', 'accept-encoding', 'accept-language'],
  ...['cookie', 'origin', 'referer', 'apollo-require-preflight', 'x-apollo-operation-name'],
];

function problemsOfJwt(settings: AuthSettings): { path: string; message: string }[] {
  const { JWT_JWKS_URL, JWT_PUBLIC_KEY, JWT_SECRET, JWT_ISSUER, JWT_AUDIENCE, JWT_ALGORITHMS } = settings;
  const problems: { path: string; message: string }[] = [];
  const keys = [JWT_JWKS_URL, JWT_PUBLIC_KEY, JWT_SECRET].filter((key) => key !== undefined);
  if (keys.length !== 1) {
    const message = 'with AUTH=jwt there is one of JWT_JWKS_URL, JWT_PUBLIC_KEY and JWT_SECRET';
    problems.push({ path: 'JWT_JWKS_URL', message });
  }
  // A token of the same identity provider for another service must not open this one.
  if (!JWT_ISSUER) problems.push({ path: 'JWT_ISSUER', message: 'is missing: AUTH=jwt needs it' });
  if (!JWT_AUDIENCE) problems.push({ path: 'JWT_AUDIENCE', message: 'is missing: AUTH=jwt needs it' });
  // With a public key taken for a secret, anybody could sign.
  const fitting = fittingAlgorithms(settings);
  // What is no algorithm at all has been said already.
  if (JWT_ALGORITHMS?.some((name) => ALGORITHMS.includes(name) && !fitting.includes(name)))
    problems.push({ path: 'JWT_ALGORITHMS', message: `must fit the key: ${fitting.join(', ')}` });
  return problems;
}

/** The algorithms that a signature by the configured key can have. */
function fittingAlgorithms({ JWT_PUBLIC_KEY, JWT_SECRET }: AuthSettings): readonly string[] {
  if (JWT_SECRET !== undefined) return SYMMETRIC;
  return (JWT_PUBLIC_KEY === undefined ? undefined : algorithmsOf(JWT_PUBLIC_KEY)) ?? ASYMMETRIC;
}

/** Turns settings without problems into what authentication is made of. */
export function toAuth(settings: AuthSettings): AuthFromEnvironment {
  const modes = settings.AUTH && new Set(settings.AUTH as AuthMode[]);
  return {
    modes,
    jwt: modes?.has('jwt') ? toJwt(settings) : undefined,
    router: modes?.has('router') ? toRouter(settings) : undefined,
  };
}

function toJwt(settings: AuthSettings): JwtConfig {
  const { JWT_JWKS_URL, JWT_PUBLIC_KEY, JWT_SECRET } = settings;
  const fitting = fittingAlgorithms(settings);
  const usual = fitting.filter((name) => USUAL_ALGORITHMS.includes(name));
  return {
    key:
      JWT_JWKS_URL !== undefined
        ? { kind: 'jwks', url: JWT_JWKS_URL }
        : JWT_PUBLIC_KEY !== undefined
          ? { kind: 'public', pem: JWT_PUBLIC_KEY }
          : { kind: 'secret', secret: JWT_SECRET! },
    issuer: settings.JWT_ISSUER!,
    audience: settings.JWT_AUDIENCE!,
    // A key of one curve has one algorithm, usual or not.
    algorithms: settings.JWT_ALGORITHMS ?? (usual.length > 0 ? usual : fitting),
    clockTolerance: settings.JWT_CLOCK_TOLERANCE ?? 5_000,
  };
}

const USUAL_ALGORITHMS: readonly string[] = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519', 'HS256'];

function toRouter(settings: AuthSettings): RouterConfig {
  const { ROUTER_SECRET, ROUTER_CERTIFICATE, ROUTER_CERTIFICATE_HEADER } = settings;
  return {
    secrets: ROUTER_SECRET ?? [],
    certificate:
      ROUTER_CERTIFICATE !== undefined && ROUTER_CERTIFICATE_HEADER !== undefined
        ? { header: ROUTER_CERTIFICATE_HEADER, value: ROUTER_CERTIFICATE }
        : undefined,
    claimsHeader: claimsHeaderOf(settings),
  };
}

/** Undefined for what is no public key, or one that no algorithm takes. */
function algorithmsOf(pem: string): readonly string[] | undefined {
  // Node would make a public key of a private one, which has no business here.
  if (pem.includes('PRIVATE')) return undefined;
  try {
    return algorithmsFor(createPublicKey(pem));
  } catch {
    return undefined;
  }
}

function algorithmsFor({
  asymmetricKeyType,
  asymmetricKeyDetails,
}: KeyObject): readonly string[] | undefined {
  const { namedCurve = '', modulusLength = 0 } = asymmetricKeyDetails ?? {};
  if (asymmetricKeyType === 'rsa') return modulusLength >= 2_048 ? RSA : undefined;
  if (asymmetricKeyType === 'ed25519') return ED25519;
  return asymmetricKeyType === 'ec' ? CURVES.get(namedCurve) : undefined;
}
