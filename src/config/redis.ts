import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { wholeNumber } from './quantities.ts';

const trueOrFalse = z.enum(['true', 'false'], { error: 'must be true or false' });

/** Where some of them are; without a port, it is the usual one. */
const addresses = (usualPort: number) =>
  z.string().transform((text, context) => {
    const found = text.split(',').map((item) => toAddress(item.trim(), usualPort));
    if (found.every((address) => address !== undefined)) return found;
    // It is not quoted: who mistakes it for a URL may have written a password.
    context.addIssue({ code: 'custom', message: 'must be host:port, with commas between several' });
    return z.NEVER;
  });

/** The environment variables of Redis. */
export const redisVariables = {
  REDIS_URL: z.string().refine(isRedisUrl, 'must be a redis:// or rediss:// URL').optional(),
  REDIS_SENTINELS: addresses(26_379).optional(),
  REDIS_SENTINEL_NAME: z.string().optional(),
  REDIS_SENTINEL_USERNAME: z.string().optional(),
  REDIS_SENTINEL_PASSWORD: z.string().optional(),
  REDIS_SENTINEL_TLS: trueOrFalse.optional(),
  REDIS_CLUSTER: addresses(6_379).optional(),
  REDIS_USERNAME: z.string().optional(),
  REDIS_PASSWORD: z.string().optional(),
  REDIS_DB: wholeNumber(0, 1_000_000).optional(),
  REDIS_TLS: trueOrFalse.optional(),
  REDIS_TLS_CA: z.string().optional(),
  REDIS_TLS_CERT: z.string().optional(),
  REDIS_TLS_KEY: z.string().optional(),
  REDIS_TLS_SERVERNAME: z.string().optional(),
  REDIS_KEY_PREFIX: z
    .string()
    .regex(/^[\w:.-]{1,100}$/, 'must be 1 to 100 letters, digits, "_", "-", ":" or "."')
    .default('parley:'),
};

type RedisSettings = z.output<z.ZodObject<typeof redisVariables>>;

/** Where what outlives a request is kept. */
export interface RedisConfig {
  readonly target: RedisTarget;
  /** Stands before every key, for a Redis that others use as well. */
  readonly keyPrefix: string;
}

/** One Redis, a primary that sentinels know, or a cluster. Each may hold passwords, and a private key. */
export type RedisTarget =
  | {
      readonly kind: 'single';
      readonly url: string;
      /** Undefined for no TLS. */
      readonly tls: RedisTlsConfig | undefined;
    }
  | ({
      readonly kind: 'sentinel';
      readonly sentinels: readonly RedisAddress[];
      /** What the sentinels call the primary. */
      readonly name: string;
      readonly database: number;
      readonly sentinelUsername: string | undefined;
      readonly sentinelPassword: string | undefined;
      readonly sentinelTls: boolean;
    } & RedisCredentials)
  | ({ readonly kind: 'cluster'; readonly nodes: readonly RedisAddress[] } & RedisCredentials);

export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

interface RedisCredentials {
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly tls: RedisTlsConfig | undefined;
}

/** Certificates and keys in PEM; undefined for what Node.js takes by itself. */
export interface RedisTlsConfig {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  /** Whose certificate Redis's has to be, where that is not the host's. */
  readonly servername: string | undefined;
}

/** Everything about these variables that does not fit together, by variable. */
export function problemsOfRedis(settings: RedisSettings): readonly { path: string; message: string }[] {
  const { REDIS_URL, REDIS_SENTINELS, REDIS_CLUSTER, REDIS_SENTINEL_NAME } = settings;
  const problems: { path: string; message: string }[] = [];
  const complain = (path: string, message: string) => problems.push({ path, message });

  const [place, ...others] = Object.entries({ REDIS_URL, REDIS_SENTINELS, REDIS_CLUSTER }).filter(isSet);
  for (const [name] of others) complain(name, `is of no use beside ${place![0]}: Redis is in one place`);
  if (REDIS_SENTINELS && REDIS_SENTINEL_NAME === undefined)
    complain('REDIS_SENTINEL_NAME', 'is missing: REDIS_SENTINELS needs it');
  if (!REDIS_SENTINELS) {
    for (const [name] of Object.entries(settings).filter(isSet))
      if (name.startsWith('REDIS_SENTINEL_')) complain(name, 'needs REDIS_SENTINELS');
    if (settings.REDIS_DB !== undefined)
      complain('REDIS_DB', 'needs REDIS_SENTINELS: a URL has it at its end, and a cluster has none');
  }
  for (const kind of ['REDIS', 'REDIS_SENTINEL'] as const)
    if (settings[`${kind}_USERNAME`] !== undefined && settings[`${kind}_PASSWORD`] === undefined)
      complain(`${kind}_PASSWORD`, `goes with ${kind}_USERNAME`);
  return [...problems, ...problemsOfUrl(settings), ...problemsOfTls(settings)];
}

/** What is said twice has to be the same: one of them would be believed, and not used. */
function problemsOfUrl(settings: RedisSettings): { path: string; message: string }[] {
  // What is no URL at all has been said already.
  if (settings.REDIS_URL === undefined || !isRedisUrl(settings.REDIS_URL)) return [];
  const { username, password } = new URL(settings.REDIS_URL);
  const said = { REDIS_USERNAME: username, REDIS_PASSWORD: password };
  return Object.entries(said).flatMap(([path, inUrl]) => {
    const value = settings[path as keyof typeof said];
    const isOther = value !== undefined && inUrl !== '' && decodeURIComponent(inUrl) !== value;
    return isOther ? [{ path, message: 'is another one than in REDIS_URL' }] : [];
  });
}

function problemsOfTls(settings: RedisSettings): { path: string; message: string }[] {
  const { REDIS_URL, REDIS_SENTINELS, REDIS_CLUSTER, REDIS_TLS, REDIS_TLS_CERT, REDIS_TLS_KEY } = settings;
  const problems: { path: string; message: string }[] = [];
  if (REDIS_TLS !== undefined && !REDIS_SENTINELS && !REDIS_CLUSTER) {
    const message = `needs REDIS_SENTINELS or REDIS_CLUSTER${REDIS_URL === undefined ? '' : ': in REDIS_URL, rediss:// says it'}`;
    problems.push({ path: 'REDIS_TLS', message });
  }
  if (!isTls(settings)) {
    for (const [path, value] of Object.entries(settings))
      if (path.startsWith('REDIS_TLS_') && value !== undefined)
        problems.push({ path, message: 'needs rediss:// in REDIS_URL, or REDIS_TLS=true' });
    if (settings.REDIS_SENTINEL_TLS === 'true')
      problems.push({ path: 'REDIS_SENTINEL_TLS', message: 'needs REDIS_TLS=true' });
  }
  if ((REDIS_TLS_CERT === undefined) !== (REDIS_TLS_KEY === undefined))
    problems.push({
      path: REDIS_TLS_CERT === undefined ? 'REDIS_TLS_CERT' : 'REDIS_TLS_KEY',
      message: `goes with ${REDIS_TLS_CERT === undefined ? 'REDIS_TLS_KEY' : 'REDIS_TLS_CERT'}`,
    });
  return problems;
}

/** Turns settings without problems into where Redis is, and reads the files that they name. Undefined for no Redis. */
export function readRedis(settings: RedisSettings): {
  readonly redis: RedisConfig | undefined;
  readonly problems: readonly string[];
} {
  const { REDIS_KEY_PREFIX: keyPrefix } = settings;
  const { tls, problems } = isTls(settings) ? readTls(settings) : { tls: undefined, problems: [] };
  const target = toTarget(settings, tls);
  return { redis: target && Object.freeze({ target: Object.freeze(target), keyPrefix }), problems };
}

/** What nobody may read in a log. */
export function secretsOfRedis({ target }: RedisConfig): string[] {
  const own = target.kind === 'single' ? passwordsIn(target.url) : [target.password];
  const others = target.kind === 'sentinel' ? [target.sentinelPassword] : [];
  return [...own, ...others, target.tls?.key].filter((secret) => secret !== undefined).filter(Boolean);
}

/** The password of an address, as it is written there and as it is. */
function passwordsIn(url: string): string[] {
  const { password } = new URL(url);
  return [...new Set([password, decodeURIComponent(password)])];
}

function toTarget(settings: RedisSettings, tls: RedisTlsConfig | undefined): RedisTarget | undefined {
  const { REDIS_URL, REDIS_SENTINELS, REDIS_CLUSTER } = settings;
  const credentials = { username: settings.REDIS_USERNAME, password: settings.REDIS_PASSWORD, tls };
  if (REDIS_URL !== undefined) return { kind: 'single', url: withCredentials(REDIS_URL, credentials), tls };
  if (REDIS_CLUSTER) return { kind: 'cluster', nodes: REDIS_CLUSTER, ...credentials };
  if (!REDIS_SENTINELS) return undefined;
  return {
    kind: 'sentinel',
    sentinels: REDIS_SENTINELS,
    name: settings.REDIS_SENTINEL_NAME!,
    database: settings.REDIS_DB ?? 0,
    sentinelUsername: settings.REDIS_SENTINEL_USERNAME,
    sentinelPassword: settings.REDIS_SENTINEL_PASSWORD,
    sentinelTls: tls !== undefined && settings.REDIS_SENTINEL_TLS !== 'false',
    ...credentials,
  };
}

/** For who keeps secrets apart from addresses. */
function withCredentials(
  text: string,
  { username, password }: Pick<RedisCredentials, 'username' | 'password'>,
) {
  if (username === undefined && password === undefined) return text;
  const url = new URL(text);
  // Of its own accord, a URL would leave a "%" as it is.
  if (username !== undefined) url.username = encodeURIComponent(username);
  if (password !== undefined) url.password = encodeURIComponent(password);
  return url.href;
}

function isTls({ REDIS_URL, REDIS_TLS }: RedisSettings): boolean {
  return REDIS_URL === undefined ? REDIS_TLS === 'true' : REDIS_URL.startsWith('rediss:');
}

function readTls(settings: RedisSettings): { tls: RedisTlsConfig; problems: string[] } {
  const problems: string[] = [];
  const read = (
    name: 'REDIS_TLS_CA' | 'REDIS_TLS_CERT' | 'REDIS_TLS_KEY',
    check: (pem: string) => string | undefined,
  ) => {
    const path = settings[name];
    if (path === undefined) return undefined;
    try {
      const pem = readFileSync(path, 'utf8');
      const problem = check(pem);
      if (problem) problems.push(`${name} (${path}): ${problem}`);
      return pem;
    } catch (error) {
      problems.push(
        `${name} (${path}): can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`,
      );
      return undefined;
    }
  };
  const cert = read('REDIS_TLS_CERT', (pem) => (parseCertificate(pem) ? undefined : NO_CERTIFICATE));
  const tls = {
    ca: read('REDIS_TLS_CA', (pem) => (parseCertificate(pem) ? undefined : NO_CERTIFICATE)),
    cert,
    key: read('REDIS_TLS_KEY', (pem) => problemOfKey(pem, cert)),
    servername: settings.REDIS_TLS_SERVERNAME,
  };
  return { tls: Object.freeze(tls), problems };
}

const NO_CERTIFICATE = 'is no certificate in PEM';

/** Undefined for what is none. Of several, the first. */
function parseCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function problemOfKey(pem: string, cert: string | undefined): string | undefined {
  const certificate = cert === undefined ? undefined : parseCertificate(cert);
  try {
    const key = createPrivateKey(pem);
    return certificate?.checkPrivateKey(key) === false ? 'is not the key of REDIS_TLS_CERT' : undefined;
  } catch {
    return 'is no private key in PEM without a passphrase';
  }
}

function toAddress(text: string, usualPort: number): RedisAddress | undefined {
  const parts = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/i.exec(text);
  const host = parts?.[1] ?? parts?.[2];
  const port = Number(parts?.[3] ?? usualPort);
  return host !== undefined && port >= 1 && port <= 65_535 ? { host, port } : undefined;
}

function isRedisUrl(text: string): boolean {
  if (!/^rediss?:\/\/./.test(text) || !URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  try {
    // As whoever connects will do.
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}

function isSet([, value]: readonly [string, unknown]): boolean {
  return value !== undefined;
}
