import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConfigError, loadConfig } from '../../src/config/index.ts';

const SECRET = 'canary-secret-77e1';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-config-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function fileWith(text: string): string {
  const path = join(mkdtempSync(join(folder, 'file-')), 'accounts.yaml');
  writeFileSync(path, text);
  return path;
}

function problemsOf(environment: Record<string, string | undefined>): readonly string[] {
  try {
    loadConfig(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    const { problems, message } = error as ConfigError;
    for (const problem of problems) expect(message).toContain(problem);
    return problems;
  }
  return [];
}

describe('the configuration', () => {
  it('has a default for everything, and then no accounts but the sandbox’s', () => {
    const defaults = {
      host: '127.0.0.1',
      port: 4000,
      publicUrl: undefined,
      logLevel: 'info',
      production: false,
      corsOrigins: ['https://studio.apollographql.com'],
      explorer: 'sandbox',
      introspection: true,
      accounts: undefined,
      auth: {
        open: true,
        jwt: undefined,
        clients: undefined,
        router: undefined,
        claims: { subject: ['sub'], accounts: ['parley_accounts'], scopes: ['scope'] },
      },
      limits: {
        maxBodyBytes: 1_048_576,
        maxTokens: 10_000,
        maxDepth: 15,
        maxAliases: 200,
        maxDirectives: 100,
        maxCost: 500,
        maxAnswerBytes: 33_554_432,
        operations: undefined,
        sends: undefined,
      },
      events: {
        always: false,
        window: 86_400_000,
        pollInterval: 5_000,
        scanInterval: 600_000,
        maxConnections: 10_000,
        maxViewerConnections: 20,
        maxConnectionSubscriptions: 100,
        heartbeat: 12_000,
        callbackHosts: [],
      },
      persistedOperations: { kind: 'apq' },
      metricsPort: undefined,
      tracing: undefined,
      redis: undefined,
      deadlines: { connectTimeout: 3_000, readTimeout: 10_000, sendTimeout: 15_000 },
      operationTimeout: 20_000,
      load: { maxOperations: 1_000, maxEventLoopDelay: 250 },
      shutdownGrace: 25_000,
      providers: {},
      sends: { keyTtl: 86_400_000, settlingTime: 60_000 },
      uploads: {
        maxFileBytes: 26_214_400,
        maxFiles: 10,
        idleTimeout: 20_000,
        totalTimeout: 300_000,
        unsentTtl: 86_400_000,
        sentRetention: Infinity,
        storage: { kind: 'folder', folder: undefined },
      },
    };
    expect(loadConfig({})).toEqual(defaults);
    const empty = { HOST: '', PORT: '', LOG_LEVEL: '', NODE_ENV: '', PARLEY_ACCOUNTS: '' };
    expect(loadConfig(empty)).toEqual(defaults);
  });

  it('is what the environment says, with the accounts of the file that it names', () => {
    const file = fileWith(
      'accounts: [{id: sales, provider: pact, companyId: 1, token: "${TOKEN}", name: Sales}]',
    );
    expect(
      loadConfig({
        HOST: '0.0.0.0',
        PORT: '0',
        LOG_LEVEL: 'trace',
        NODE_ENV: 'production',
        AUTH: 'none',
        PARLEY_ACCOUNTS: file,
        TOKEN: SECRET,
        UNRELATED: 'x',
      }),
    ).toMatchObject({
      host: '0.0.0.0',
      port: 0,
      logLevel: 'trace',
      production: true,
      accounts: [
        {
          id: 'sales',
          provider: 'pact',
          companyId: 1,
          token: SECRET,
          name: 'Sales',
          baseUrl: 'https://api.pact.im',
        },
      ],
    });
  });

  it.each(['development', 'test', 'Production', 'prod'])(
    'is not one of production when NODE_ENV is %s',
    (value) => {
      expect(loadConfig({ NODE_ENV: value }).production).toBe(false);
    },
  );

  it('can not be changed', () => {
    const file = fileWith(`accounts: [{id: sales, provider: letstalk, role: agent, apiKey: ${SECRET}}]`);
    const config = loadConfig({ PARLEY_ACCOUNTS: file, AUTH: 'none' });
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.accounts)).toBe(true);
    expect(config.accounts!.every((account) => Object.isFrozen(account))).toBe(true);
  });

  it.each([
    ['PORT', 'http'],
    ['PORT', '-1'],
    ['PORT', '65536'],
    ['PORT', '1.5'],
    ['PORT', 'NaN'],
    ['PORT', 'Infinity'],
    ['PORT', ' '],
    ['PORT', '0x10'],
    ['PORT', '4e3'],
    ['LOG_LEVEL', 'verbose'],
    ['LOG_LEVEL', 'INFO'],
    ['PUBLIC_URL', 'example.com'],
    ['PUBLIC_URL', `https://user:${SECRET}@example.com`],
    ['REDIS_URL', 'localhost:6379'],
    ['REDIS_URL', 'redis://localhost:99999'],
    ['REDIS_URL', 'redis://:100%@localhost'],
    ['REDIS_KEY_PREFIX', 'two words'],
    ['REDIS_SENTINELS', 'redis://localhost'],
    ['REDIS_SENTINELS', 'localhost:26379,'],
    ['REDIS_SENTINEL_NAME', 'primary'],
    ['REDIS_SENTINEL_PASSWORD', SECRET],
    ['REDIS_CLUSTER', 'localhost:65536'],
    ['REDIS_CLUSTER', 'localhost:0'],
    ['REDIS_CLUSTER', `:${SECRET}@localhost`],
    ['REDIS_DB', '2'],
    ['REDIS_TLS', 'true'],
    ['REDIS_TLS', 'yes'],
    ['REDIS_TLS_CA', '/etc/ca.pem'],
    ['REDIS_TLS_SERVERNAME', 'redis.example.com'],
    ['SEND_TIMEOUT', '15'],
    ['SEND_TIMEOUT', '0s'],
    ['SEND_TIMEOUT', '-1s'],
    ['UPLOAD_IDLE_TIMEOUT', '25d'],
    ['IDEMPOTENCY_TTL', 'unlimited'],
    ['IDEMPOTENCY_TTL', '6m'],
    ['SENT_FILE_RETENTION', 'forever'],
    ['UPLOAD_MAX_BYTES', '25MB'],
    ['UPLOAD_MAX_BYTES', '0'],
    ['UPLOAD_MAX_FILES', '101'],
    ['S3_ENDPOINT', 'http://127.0.0.1:9000'],
    ['S3_ACCESS_KEY_ID', 'alone'],
    ['LIVE_EVENTS', 'never'],
    ['CHANGES_WINDOW', '31d'],
    ['CHANGES_WINDOW', '24'],
    ['POLL_INTERVAL', '0s'],
    ['POLL_INTERVAL', '25d'],
    ['INBOX_SCAN_INTERVAL', 'often'],
    ['MAX_CONNECTIONS', '0'],
    ['MAX_VIEWER_CONNECTIONS', '1000001'],
    ['MAX_CONNECTION_SUBSCRIPTIONS', '10001'],
    ['SUBSCRIPTION_HEARTBEAT', '12'],
    ['SUBSCRIPTION_CALLBACK_HOSTS', `https://${SECRET}@router`],
    ['SUBSCRIPTION_CALLBACK_HOSTS', 'router:4005,'],
    ['SUBSCRIPTION_CALLBACK_HOSTS', 'router:port'],
    ['SUBSCRIPTION_CALLBACK_HOSTS', '*'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://collector:4318?key=x'],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', `https://user:${SECRET}@collector`],
    ['OTEL_EXPORTER_OTLP_HEADERS', `Bearer ${SECRET}`],
    ['OTEL_EXPORTER_OTLP_HEADERS', `authorization=${SECRET},`],
    ['OTEL_EXPORTER_OTLP_HEADERS', `authorization=${SECRET}%0d%0ax: y`],
    ['OTEL_EXPORTER_OTLP_HEADERS', `authorization=${SECRET}%`],
    ['OTEL_EXPORTER_OTLP_TRACES_HEADERS', `no name=${SECRET}`],
    ['OTEL_SERVICE_NAME', 'x'.repeat(201)],
    ['OTEL_TRACES_SAMPLER_ARG', '1.1'],
    ['OTEL_TRACES_SAMPLER_ARG', '-0.5'],
    ['OTEL_TRACES_SAMPLER_ARG', '10%'],
  ])('is refused for %s=%j, by name', (name, value) => {
    const problems = problemsOf({ [name]: value });
    expect(problems).toHaveLength(1);
    // One that goes with another is told by the one that is missing.
    expect(problems[0]).toMatch(
      name === 'S3_ACCESS_KEY_ID' ? /^S3_SECRET_ACCESS_KEY: .*S3_ACCESS_KEY_ID/ : new RegExp(`^${name}: `),
    );
    expect(problems[0]).not.toContain(SECRET);
  });

  it.each([
    ['PORT', '65535', { port: 65_535 }],
    ['PORT', '1', { port: 1 }],
    ['LOG_LEVEL', 'silent', { logLevel: 'silent' }],
    ['PUBLIC_URL', 'https://example.com/parley/', { publicUrl: 'https://example.com/parley' }],
    [
      'REDIS_URL',
      'rediss://:x@example.com/2',
      { redis: { target: { kind: 'single', url: 'rediss://:x@example.com/2' }, keyPrefix: 'parley:' } },
    ],
    ['SEND_TIMEOUT', '1500ms', { deadlines: { sendTimeout: 1_500 } }],
    ['IDEMPOTENCY_TTL', '7d', { sends: { keyTtl: 604_800_000 } }],
    ['SENT_FILE_RETENTION', 'unlimited', { uploads: { sentRetention: Infinity } }],
    ['SENT_FILE_RETENTION', '90d', { uploads: { sentRetention: 7_776_000_000 } }],
    ['LIVE_EVENTS', 'always', { events: { always: true } }],
    ['CHANGES_WINDOW', '7d', { events: { window: 604_800_000 } }],
    ['SUBSCRIPTION_HEARTBEAT', '30s', { events: { heartbeat: 30_000 } }],
    [
      'SUBSCRIPTION_CALLBACK_HOSTS',
      'Router.example.com, router:4005, [::1]:4005',
      { events: { callbackHosts: ['router.example.com', 'router:4005', '[::1]:4005'] } },
    ],
    ['FILE_FOLDER', '/srv/files', { uploads: { storage: { kind: 'folder', folder: '/srv/files' } } }],
  ])('takes %s=%j', (name, value, expected) => {
    expect(loadConfig({ [name]: value })).toMatchObject(expected);
  });

  it.each([
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }, { url: 'http://collector:4318/v1/traces' }],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector/otlp/' }, { url: 'http://collector/otlp/v1/traces' }],
    [
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://traces/in/?tenant=1',
      },
      { url: 'https://traces/in/?tenant=1' },
    ],
    [
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
        OTEL_EXPORTER_OTLP_HEADERS: ' Authorization = Bearer%20x=y , x-tenant=all of them',
        OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-tenant=one',
        OTEL_SERVICE_NAME: 'inbox',
        OTEL_TRACES_SAMPLER_ARG: '0.25',
      },
      { headers: { authorization: 'Bearer x=y', 'x-tenant': 'one' }, serviceName: 'inbox', ratio: 0.25 },
    ],
  ])('sends traces as %j says', (environment, expected) => {
    const usual = { url: 'http://collector:4318/v1/traces', headers: {}, serviceName: 'parley', ratio: 1 };
    expect(loadConfig(environment).tracing).toEqual({ ...usual, ...expected });
  });

  it('keeps files in a folder that outlives the process as soon as there are real accounts', () => {
    const file = fileWith(`accounts: [{id: sales, provider: letstalk, role: agent, apiKey: ${SECRET}}]`);
    expect(loadConfig({ PARLEY_ACCOUNTS: file, AUTH: 'none' }).uploads.storage).toEqual({
      kind: 'folder',
      folder: 'data/files',
    });
  });

  it('keeps files in object storage where there is a bucket', () => {
    const bucket = {
      kind: 's3',
      bucket: 'files',
      prefix: 'parley',
      region: 'us-east-1',
      credentials: undefined,
    };
    expect(loadConfig({ S3_BUCKET: 'files' }).uploads.storage).toEqual({
      ...bucket,
      endpoint: undefined,
      forcePathStyle: false,
    });
    const other = {
      S3_BUCKET: 'files',
      S3_ENDPOINT: 'http://127.0.0.1:9000',
      S3_ACCESS_KEY_ID: 'a',
      S3_SECRET_ACCESS_KEY: 'b',
    };
    expect(loadConfig(other).uploads.storage).toEqual({
      ...bucket,
      endpoint: 'http://127.0.0.1:9000',
      forcePathStyle: true,
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    });
    expect(problemsOf({ S3_BUCKET: 'files', FILE_FOLDER: '/srv' })).toEqual([
      expect.stringContaining('FILE_FOLDER'),
    ]);
  });

  it('names all its mistakes in one go, and no secret', () => {
    const file = fileWith(
      `accounts: [{id: a, provider: pact, companyId: ${SECRET}, token: "${SECRET} x"}, {id: a, provider: letstalk, apiKey: "\${NONE}", role: x}]`,
    );
    const problems = problemsOf({ PORT: 'x', LOG_LEVEL: 'y', S3_ENDPOINT: 'z', PARLEY_ACCOUNTS: file }).join(
      '\n',
    );
    for (const named of [
      'PORT: ',
      'LOG_LEVEL: ',
      'needs S3_BUCKET',
      'companyId',
      'token',
      'NONE',
      'role',
      'more than once',
    ]) {
      expect(problems).toContain(named);
    }
    expect(problems).toContain(`PARLEY_ACCOUNTS (${file}): `);
    expect(problems).not.toContain(SECRET);
  });

  it('says of an accounts file that is not there why it can’t be read', () => {
    const missing = join(folder, 'nowhere.yaml');
    expect(problemsOf({ PARLEY_ACCOUNTS: missing })).toEqual([expect.stringContaining('ENOENT')]);
    expect(problemsOf({ PARLEY_ACCOUNTS: folder })).toEqual([expect.stringContaining('EISDIR')]);
    expect(problemsOf({ PARLEY_ACCOUNTS: 'a\0b' })).toHaveLength(1);
  });

  it('says of an accounts file that is no YAML where, and quotes nothing', () => {
    const problems = problemsOf({ PARLEY_ACCOUNTS: fileWith(`accounts: "${SECRET}`) });
    expect(problems).toEqual([expect.stringMatching(/line 1/)]);
    expect(problems.join()).not.toContain(SECRET);
  });
});
