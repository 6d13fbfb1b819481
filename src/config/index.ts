import { readFileSync } from 'node:fs';
import type { AccountConfig, AccountsFile } from './accounts.ts';
import { parseAccounts } from './accounts.ts';
import type { AuthFromEnvironment, AuthMode, JwtConfig, RouterConfig } from './auth.ts';
import { CREDENTIAL_HEADERS, toAuth } from './auth.ts';
import type { BrowserConfig } from './browsers.ts';
import { toBrowsers } from './browsers.ts';
import type { ClaimsConfig, ClientConfig } from './callers.ts';
import { DEFAULT_CLAIMS } from './callers.ts';
import type { Environment, LOG_LEVELS } from './environment.ts';
import { environmentSchema, isLongerThanDoubt } from './environment.ts';
import type { EventsConfig } from './events.ts';
import { toEvents } from './events.ts';
import type { LimitsConfig } from './limits.ts';
import { toLimits } from './limits.ts';
import type { LoadConfig } from './load.ts';
import { toLoad } from './load.ts';
import type { PersistedOperations } from './persistedOperations.ts';
import { readPersistedOperations } from './persistedOperations.ts';
import type { RedisConfig } from './redis.ts';
import { readRedis } from './redis.ts';
import type { ProvidersConfig } from './resilience.ts';
import type { TracingConfig } from './tracing.ts';
import { toTracing } from './tracing.ts';

/** All that Parley is told from outside, checked and unchanging. Times are milliseconds, sizes bytes. */
export interface Config extends BrowserConfig {
  /** The address to listen on. */
  readonly host: string;
  /** The port to listen on; 0 takes any free one. */
  readonly port: number;
  /** Where the server is reached from outside, without a slash at the end; undefined for the address that it listens on. */
  readonly publicUrl: string | undefined;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  /** In production nothing is told that only developers need. */
  readonly production: boolean;
  /** The accounts to serve; undefined for those of the embedded sandbox. */
  readonly accounts: readonly AccountConfig[] | undefined;
  /** How all accounts of a provider are treated, where that is not as usual. */
  readonly providers: ProvidersConfig;
  readonly auth: AuthConfig;
  readonly limits: LimitsConfig;
  readonly persistedOperations: PersistedOperations;
  /** The port of the metrics, on the same address; undefined for none, 0 takes any free one. */
  readonly metricsPort: number | undefined;
  /** Where traces go; undefined for nowhere. */
  readonly tracing: TracingConfig | undefined;
  /** Where what outlives a request is kept; undefined for memory. */
  readonly redis: RedisConfig | undefined;
  /** Deadlines of calls to providers. */
  readonly deadlines: Deadlines;
  /** What all reads of one operation may take together. */
  readonly operationTimeout: number;
  readonly events: EventsConfig;
  readonly load: LoadConfig;
  /** What stopping may take. */
  readonly shutdownGrace: number;
  readonly sends: SendsConfig;
  readonly uploads: UploadsConfig;
}

/** Who may call. */
export interface AuthConfig {
  /** Nobody is asked who they are. */
  readonly open: boolean;
  readonly jwt: JwtConfig | undefined;
  readonly clients: readonly ClientConfig[] | undefined;
  readonly router: RouterConfig | undefined;
  /** Where tokens say what their bearers may. */
  readonly claims: ClaimsConfig;
}

export interface Deadlines {
  readonly connectTimeout: number;
  readonly readTimeout: number;
  readonly sendTimeout: number;
}

export interface SendsConfig {
  /** How long an idempotency key is remembered. */
  readonly keyTtl: number;
  /** How long after its deadline a send may still turn up in a provider's history. */
  readonly settlingTime: number;
}

export interface UploadsConfig {
  readonly maxFileBytes: number;
  readonly maxFiles: number;
  /** Without a byte. */
  readonly idleTimeout: number;
  readonly totalTimeout: number;
  /** How long a file waits for a send. */
  readonly unsentTtl: number;
  /** How long a sent file stays readable; Infinity for good. */
  readonly sentRetention: number;
  readonly storage: FileStorageConfig;
}

/** Where staged files are: a folder (undefined: one that goes with the process), or S3-compatible object storage. */
export type FileStorageConfig =
  { readonly kind: 'folder'; readonly folder: string | undefined } | ({ readonly kind: 's3' } & S3Config);

export interface S3Config {
  readonly bucket: string;
  readonly region: string;
  /** Undefined for Amazon's own. */
  readonly endpoint: string | undefined;
  /** Whether the bucket's name goes into the path, as most that are not Amazon's want it. */
  readonly forcePathStyle: boolean;
  readonly prefix: string;
  /** Undefined where the environment, a profile or the machine gives them, as Amazon's tools find them. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
}

/** Everything that is wrong with the configuration, in one go. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(["The configuration can't be used:", ...problems.map((problem) => `  - ${problem}`)].join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** Reads the environment and the files that it names. Throws a {@link ConfigError}. */
export function loadConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const settings = environmentSchema.safeParse(withoutEmpty(environment));
  const problems = settings.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
  const path = environment['PARLEY_ACCOUNTS'];
  const { file, problems: fileProblems } = path ? readAccounts(path, environment) : { problems: [] };
  problems.push(...fileProblems.map((problem) => `PARLEY_ACCOUNTS (${path}): ${problem}`));
  const persisted = settings.data && readPersistedOperations(settings.data);
  const redis = settings.data && readRedis(settings.data);
  problems.push(...(persisted?.problems ?? []), ...(redis?.problems ?? []));
  const auth = settings.data && toAuth(settings.data);
  // With mistakes in the file, nobody knows whether there are clients.
  if (auth && (file || !path)) problems.push(...problemsBetween(auth, file));
  if (settings.data && file) problems.push(...problemsOfTimeouts(settings.data, file));
  if (!settings.success || !auth || !persisted?.operations || problems.length > 0)
    throw new ConfigError(problems);
  return toConfig(settings.data, {
    file,
    auth: toAuthConfig(auth, file),
    persistedOperations: persisted.operations,
    redis: redis?.redis,
  });
}

/** What does not fit between who may call and what is served. */
function problemsBetween(auth: AuthFromEnvironment, file: AccountsFile | undefined): string[] {
  const { modes } = auth;
  if (!modes) return file ? [CHOOSE_AUTH] : [];
  return [
    ...problemsOfClients(modes, file),
    ...(file?.hasClaims && !modes.has('jwt') && !modes.has('router')
      ? ['AUTH: "claims" in the accounts file needs jwt or router']
      : []),
    ...problemsOfTokenHeaders(auth, file?.accounts ?? []),
  ];
}

function problemsOfClients(modes: ReadonlySet<AuthMode>, file: AccountsFile | undefined): string[] {
  const needsClients = modes.has('api-key');
  if (needsClients && !file?.clients?.length)
    return ['AUTH: api-key needs "clients" in the accounts file (PARLEY_ACCOUNTS)'];
  if (!needsClients && file?.clients) return ['AUTH: "clients" in the accounts file needs api-key'];
  return [];
}

/** What says who calls Parley is nobody else's to read: such a header would be sent on to the provider. */
function problemsOfTokenHeaders(
  { modes, router }: AuthFromEnvironment,
  accounts: readonly AccountConfig[],
): string[] {
  const taken = new Set([
    ...[CREDENTIAL_HEADERS.client, CREDENTIAL_HEADERS.router],
    ...[router?.claimsHeader, router?.certificate?.header],
    modes?.has('jwt') || modes?.has('router') ? CREDENTIAL_HEADERS.user : undefined,
  ]);
  return accounts.flatMap((account, index) =>
    'tokenHeader' in account && account.tokenHeader !== undefined && taken.has(account.tokenHeader)
      ? [`accounts[${index}].tokenHeader: "${account.tokenHeader}" says who calls Parley`]
      : [],
  );
}

/** An account's own deadlines count as the environment's do: for longer than its sends are in doubt, a key must be remembered. */
function problemsOfTimeouts(settings: Environment, { accounts, providers }: AccountsFile): string[] {
  return accounts.flatMap(({ id, provider, resilience }) => {
    const own = { ...providers[provider], ...resilience };
    const { readTimeout = settings.READ_TIMEOUT, sendTimeout = settings.SEND_TIMEOUT } = own;
    const times = { ...settings, READ_TIMEOUT: readTimeout, SEND_TIMEOUT: sendTimeout };
    return isLongerThanDoubt(settings.IDEMPOTENCY_TTL, times)
      ? []
      : [`IDEMPOTENCY_TTL: is too short for the deadlines of the account "${id}" (docs/resilience.md)`];
  });
}

const CHOOSE_AUTH =
  'AUTH: is missing: say who may use the accounts. jwt, api-key and router, or several of them with commas, or none for ' +
  'everybody who reaches the address (docs/authentication.md)';

function toAuthConfig(
  { modes, jwt, router }: AuthFromEnvironment,
  file: AccountsFile | undefined,
): AuthConfig {
  return {
    // Without a word about it, which only the sandbox may be.
    open: !modes || modes.has('none'),
    ...{ jwt, router },
    clients: modes?.has('api-key') ? file?.clients : undefined,
    claims: file?.claims ?? DEFAULT_CLAIMS,
  };
}

interface FromFiles {
  readonly file: AccountsFile | undefined;
  readonly auth: AuthConfig;
  readonly persistedOperations: PersistedOperations;
  readonly redis: RedisConfig | undefined;
}

function toConfig(settings: Environment, { file, auth, persistedOperations, redis }: FromFiles): Config {
  const accounts = file?.accounts;
  const production = settings.NODE_ENV === 'production';
  return Object.freeze({
    host: settings.HOST,
    port: settings.PORT,
    publicUrl: settings.PUBLIC_URL,
    logLevel: settings.LOG_LEVEL,
    production,
    ...toBrowsers(settings, production),
    accounts: accounts && Object.freeze(accounts.map((account) => Object.freeze(account))),
    providers: Object.freeze(file?.providers ?? {}),
    auth: Object.freeze(auth),
    limits: Object.freeze(toLimits(settings)),
    persistedOperations,
    metricsPort: settings.METRICS_PORT,
    tracing: toTracing(settings),
    redis,
    deadlines: Object.freeze({
      connectTimeout: settings.CONNECT_TIMEOUT,
      readTimeout: settings.READ_TIMEOUT,
      sendTimeout: settings.SEND_TIMEOUT,
    }),
    operationTimeout: settings.OPERATION_TIMEOUT,
    events: Object.freeze(toEvents(settings)),
    load: Object.freeze(toLoad(settings)),
    shutdownGrace: settings.SHUTDOWN_GRACE,
    sends: Object.freeze({ keyTtl: settings.IDEMPOTENCY_TTL, settlingTime: settings.SEND_SETTLING_TIME }),
    uploads: Object.freeze({
      maxFileBytes: settings.UPLOAD_MAX_BYTES,
      maxFiles: settings.UPLOAD_MAX_FILES,
      idleTimeout: settings.UPLOAD_IDLE_TIMEOUT,
      totalTimeout: settings.UPLOAD_TOTAL_TIMEOUT,
      unsentTtl: settings.UNSENT_FILE_TTL,
      sentRetention: settings.SENT_FILE_RETENTION,
      storage: Object.freeze(toStorage(settings, accounts !== undefined)),
    }),
  });
}

function toStorage(settings: Environment, hasAccounts: boolean): FileStorageConfig {
  const { S3_BUCKET, S3_REGION, S3_ENDPOINT, S3_PREFIX, S3_PATH_STYLE } = settings;
  const { S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY } = settings;
  if (!S3_BUCKET) {
    // What real recipients were sent has to be there tomorrow; what the sandbox forgets need not.
    return { kind: 'folder', folder: settings.FILE_FOLDER ?? (hasAccounts ? 'data/files' : undefined) };
  }
  const hasCredentials = S3_ACCESS_KEY_ID !== undefined && S3_SECRET_ACCESS_KEY !== undefined;
  return {
    kind: 's3',
    bucket: S3_BUCKET,
    region: S3_REGION,
    endpoint: S3_ENDPOINT,
    forcePathStyle: S3_PATH_STYLE ? S3_PATH_STYLE === 'true' : S3_ENDPOINT !== undefined,
    prefix: S3_PREFIX,
    credentials: hasCredentials
      ? { accessKeyId: S3_ACCESS_KEY_ID, secretAccessKey: S3_SECRET_ACCESS_KEY }
      : undefined,
  };
}

function readAccounts(file: string, environment: Readonly<Record<string, string | undefined>>) {
  let yaml: string;
  try {
    yaml = readFileSync(file, 'utf8');
  } catch (error) {
    return { problems: [`can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`] };
  }
  return parseAccounts(yaml, environment);
}

// `PORT= npm start` means the default, as in every shell.
function withoutEmpty(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value)) as Record<
    string,
    string
  >;
}
