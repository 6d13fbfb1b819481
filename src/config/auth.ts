import { createPublicKey } from 'node:crypto';
import { z } from 'zod';
import { baseUrl } from './baseUrl.ts';
import { list } from './list.ts';
import { timeout } from './quantities.ts';

export const AUTH_MODES = ['jwt', 'api-key', 'router'] as const;

/** How callers may say who they are; `none`: nobody is asked. */
export type AuthMode = (typeof AUTH_MODES)[number] | 'none';

const ASYMMETRIC = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
] as const;
const SYMMETRIC = ['HS256', 'HS384', 'HS512'] as const;
const ALGORITHMS: readonly string[] = [...ASYMMETRIC, ...SYMMETRIC];

/** Visible ASCII: what can stand in a header. */
const headerSecret = z
  .string()
  .regex(/^[\x21-\x7e]{32,1024}$/, 'must be 32 to 1,024 printable ASCII characters without spaces');

const headerName = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,64}$/, 'must be the name of an HTTP header')
  .transform((value) => value.toLowerCase());

/** The environment variables of authentication. */
export const authVariables = {
  AUTH: list.optional(),
  JWT_JWKS_URL: baseUrl.optional(),
  JWT_PUBLIC_KEY: z
    .string()
    // Where a variable is one line.
    .transform((pem) => pem.replaceAll('\\n', '\n'))
    .refine(isPublicKey, 'must be a public key or a certificate in PEM')
    .optional(),
  JWT_SECRET: z
    .string()
    .refine((secret) => Buffer.byteLength(secret) >= 32, 'must have at least 32 bytes')
    .optional(),
  JWT_ISSUER: list.optional(),
  JWT_AUDIENCE: list.optional(),
  JWT_ALGORITHMS: list
    .refine(
      (names) => names.every((name) => ALGORITHMS.includes(name)),
      `must be some of ${ALGORITHMS.join(', ')}`,
    )
    .optional(),
  JWT_CLOCK_TOLERANCE: timeout().optional(),
  ROUTER_SECRET: headerSecret.optional(),
  ROUTER_CERTIFICATE_HEADER: headerName.optional(),
  ROUTER_CERTIFICATE: z.string().optional(),
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
  readonly secret: string | undefined;
  /** What a TLS terminator says of the router's certificate. */
  readonly certificate: { readonly header: string; readonly value: string } | undefined;
  readonly claimsHeader: string;
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
  }
  return problems;
}

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
  const fitting: readonly string[] = JWT_SECRET === undefined ? ASYMMETRIC : SYMMETRIC;
  if (JWT_ALGORITHMS && !JWT_ALGORITHMS.every((name) => fitting.includes(name)))
    problems.push({ path: 'JWT_ALGORITHMS', message: `must fit the key: ${fitting.join(', ')}` });
  return problems;
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
  return {
    key:
      JWT_JWKS_URL !== undefined
        ? { kind: 'jwks', url: JWT_JWKS_URL }
        : JWT_PUBLIC_KEY !== undefined
          ? { kind: 'public', pem: JWT_PUBLIC_KEY }
          : { kind: 'secret', secret: JWT_SECRET! },
    issuer: settings.JWT_ISSUER!,
    audience: settings.JWT_AUDIENCE!,
    algorithms: settings.JWT_ALGORITHMS ?? (JWT_SECRET === undefined ? USUAL_ALGORITHMS : ['HS256']),
    clockTolerance: settings.JWT_CLOCK_TOLERANCE ?? 5_000,
  };
}

const USUAL_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'];

function toRouter(settings: AuthSettings): RouterConfig {
  const { ROUTER_SECRET, ROUTER_CERTIFICATE, ROUTER_CERTIFICATE_HEADER } = settings;
  return {
    secret: ROUTER_SECRET,
    certificate:
      ROUTER_CERTIFICATE !== undefined && ROUTER_CERTIFICATE_HEADER !== undefined
        ? { header: ROUTER_CERTIFICATE_HEADER, value: ROUTER_CERTIFICATE }
        : undefined,
    claimsHeader: settings.ROUTER_CLAIMS_HEADER ?? 'router-claims',
  };
}

function isPublicKey(pem: string): boolean {
  try {
    return !pem.includes('PRIVATE') && createPublicKey(pem).type === 'public';
  } catch {
    return false;
  }
}
