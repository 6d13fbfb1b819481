import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ConfigError } from '../../src/config/index.ts';
import { loadConfig } from '../../src/config/index.ts';
import { secretsOfRedis } from '../../src/config/redis.ts';
import type { Certificates } from '../certificates.ts';
import { canUseTls, makeCertificates } from '../certificates.ts';

const SECRET = 'canary-secret-41f0';

const redisOf = (environment: Record<string, string>) => loadConfig(environment).redis!;

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    loadConfig(environment);
  } catch (error) {
    expect((error as Error).message).not.toContain(SECRET);
    return (error as ConfigError).problems;
  }
  return [];
}

const SENTINELS = { REDIS_SENTINELS: 'one:26380, two', REDIS_SENTINEL_NAME: 'main' };
const CLUSTER = { REDIS_CLUSTER: 'one:7000,[2001:db8::1]:7001,10.0.0.3' };

describe('where Redis is', () => {
  it('is nowhere, whatever a password for something else says', () => {
    expect(loadConfig({}).redis).toBeUndefined();
    expect(loadConfig({ REDIS_PASSWORD: SECRET, REDIS_KEY_PREFIX: 'x:' }).redis).toBeUndefined();
  });

  it('is an address, with TLS where it says so', () => {
    expect(redisOf({ REDIS_URL: 'redis://h:1/2' }).target).toEqual({
      ...{ kind: 'single', url: 'redis://h:1/2', tls: undefined },
    });
    expect(redisOf({ REDIS_URL: 'rediss://h', REDIS_TLS_SERVERNAME: 'name' }).target).toEqual({
      ...{ kind: 'single', url: 'rediss://h' },
      tls: { ca: undefined, cert: undefined, key: undefined, servername: 'name' },
    });
  });

  it('is what sentinels say', () => {
    const known = {
      kind: 'sentinel',
      name: 'main',
      sentinels: [
        { host: 'one', port: 26_380 },
        { host: 'two', port: 26_379 },
      ],
    };
    const none = { username: undefined, password: undefined };
    const noneOfSentinels = { sentinelUsername: undefined, sentinelPassword: undefined };
    expect(redisOf(SENTINELS)).toEqual({
      target: { ...known, ...none, ...noneOfSentinels, database: 0, sentinelTls: false, tls: undefined },
      keyPrefix: 'parley:',
    });
    const all = {
      ...{ REDIS_USERNAME: 'parley', REDIS_PASSWORD: SECRET, REDIS_DB: '5', REDIS_TLS: 'true' },
      ...{ REDIS_SENTINEL_USERNAME: 'watcher', REDIS_SENTINEL_PASSWORD: 'w' },
    };
    expect(redisOf({ ...SENTINELS, ...all }).target).toEqual({
      ...known,
      ...{ username: 'parley', password: SECRET, database: 5 },
      ...{ sentinelUsername: 'watcher', sentinelPassword: 'w', sentinelTls: true },
      tls: { ca: undefined, cert: undefined, key: undefined, servername: undefined },
    });
    expect(redisOf({ ...SENTINELS, ...all, REDIS_SENTINEL_TLS: 'false' }).target).toMatchObject({
      sentinelTls: false,
    });
  });

  it('is a cluster', () => {
    expect(redisOf({ ...CLUSTER, REDIS_PASSWORD: SECRET, REDIS_KEY_PREFIX: 'p:' })).toEqual({
      target: {
        kind: 'cluster',
        nodes: [
          { host: 'one', port: 7_000 },
          { host: '2001:db8::1', port: 7_001 },
          { host: '10.0.0.3', port: 6_379 },
        ],
        ...{ username: undefined, password: SECRET, tls: undefined },
      },
      keyPrefix: 'p:',
    });
  });

  it.each([
    ['redis://h:1/2', { REDIS_PASSWORD: 'p%/@:' }, 'redis://:p%25%2F%40%3A@h:1/2'],
    ['redis://h', { REDIS_USERNAME: 'a b', REDIS_PASSWORD: 'p' }, 'redis://a%20b:p@h'],
    ['redis://parley@h', { REDIS_PASSWORD: 'p' }, 'redis://parley:p@h'],
    ['redis://parley:p%20q@h', { REDIS_USERNAME: 'parley', REDIS_PASSWORD: 'p q' }, 'redis://parley:p%20q@h'],
  ])('at %s takes who Parley is from variables of their own as well', (url, credentials, expected) => {
    expect(redisOf({ REDIS_URL: url, ...credentials }).target).toMatchObject({ url: expected });
  });

  it.each([
    [{ REDIS_URL: 'redis://h', ...CLUSTER }, 'REDIS_CLUSTER: is of no use beside REDIS_URL'],
    [{ REDIS_URL: 'redis://h', ...SENTINELS }, 'REDIS_SENTINELS: is of no use beside REDIS_URL'],
    [{ ...SENTINELS, ...CLUSTER }, 'REDIS_CLUSTER: is of no use beside REDIS_SENTINELS'],
    [{ REDIS_SENTINELS: 'one' }, 'REDIS_SENTINEL_NAME: is missing'],
    [{ ...CLUSTER, REDIS_DB: '1' }, 'REDIS_DB: needs REDIS_SENTINELS'],
    [
      { ...CLUSTER, REDIS_SENTINEL_TLS: 'true', REDIS_TLS: 'true' },
      'REDIS_SENTINEL_TLS: needs REDIS_SENTINELS',
    ],
    [{ ...SENTINELS, REDIS_SENTINEL_TLS: 'true' }, 'REDIS_SENTINEL_TLS: needs REDIS_TLS=true'],
    [
      { ...SENTINELS, REDIS_SENTINEL_USERNAME: 'x' },
      'REDIS_SENTINEL_PASSWORD: goes with REDIS_SENTINEL_USERNAME',
    ],
    [{ ...CLUSTER, REDIS_USERNAME: 'x' }, 'REDIS_PASSWORD: goes with REDIS_USERNAME'],
    [
      { REDIS_URL: 'redis://h', REDIS_TLS: 'true' },
      'REDIS_TLS: needs REDIS_SENTINELS or REDIS_CLUSTER: in REDIS_URL, rediss',
    ],
    [{ REDIS_URL: 'redis://h', REDIS_TLS_CA: '/x' }, 'REDIS_TLS_CA: needs rediss://'],
    [
      { ...CLUSTER, REDIS_TLS: 'false', REDIS_TLS_CERT: '/x', REDIS_TLS_KEY: '/y' },
      'REDIS_TLS_CERT: needs rediss://',
    ],
    [{ REDIS_URL: 'rediss://h', REDIS_TLS_CERT: '/x' }, 'REDIS_TLS_KEY: goes with REDIS_TLS_CERT'],
    [{ REDIS_URL: 'rediss://h', REDIS_TLS_KEY: '/x' }, 'REDIS_TLS_CERT: goes with REDIS_TLS_KEY'],
    [
      { REDIS_URL: `redis://:${SECRET}@h`, REDIS_PASSWORD: 'x' },
      'REDIS_PASSWORD: is another one than in REDIS_URL',
    ],
    [
      { REDIS_URL: 'redis://a:x@h', REDIS_USERNAME: 'b', REDIS_PASSWORD: 'x' },
      'REDIS_USERNAME: is another one',
    ],
  ] as const)('is refused as %j', (environment, problem) => {
    expect(problemsOf(environment)).toContainEqual(expect.stringContaining(problem));
  });

  it('tells what is secret of each', () => {
    const secrets = [
      secretsOfRedis(redisOf({ REDIS_URL: 'redis://user:a%2Fb@h' })),
      secretsOfRedis(redisOf({ ...SENTINELS, REDIS_PASSWORD: 'c', REDIS_SENTINEL_PASSWORD: 'd' })),
      secretsOfRedis(redisOf({ ...CLUSTER, REDIS_PASSWORD: 'e' })),
      secretsOfRedis(redisOf({ REDIS_URL: 'redis://h' })),
    ];
    expect(secrets).toEqual([['a%2Fb', 'a/b'], ['c', 'd'], ['e'], []]);
  });
});

(canUseTls ? describe : describe.skip)('what Redis is trusted by', () => {
  let certificates: Certificates;
  let folder: string;
  beforeAll(() => {
    certificates = makeCertificates();
    folder = mkdtempSync(join(tmpdir(), 'parley-config-'));
  });
  afterAll(() => {
    certificates.remove();
    rmSync(folder, { recursive: true });
  });

  function fileWith(text: string): string {
    const path = join(mkdtempSync(join(folder, 'file-')), 'file.pem');
    writeFileSync(path, text);
    return path;
  }

  it('is read from files', () => {
    const { caFile, certFile, keyFile } = certificates;
    const files = { REDIS_TLS_CA: caFile, REDIS_TLS_CERT: certFile, REDIS_TLS_KEY: keyFile };
    const [ca, cert, key] = [caFile, certFile, keyFile].map((file) => readFileSync(file, 'utf8'));
    for (const place of [{ REDIS_URL: 'rediss://h' }, { ...CLUSTER, REDIS_TLS: 'true' }]) {
      const redis = redisOf({ ...place, ...files });
      expect(redis.target.tls).toEqual({ ca, cert, key, servername: undefined });
      expect(secretsOfRedis(redis)).toEqual([key]);
    }
  });

  it('is refused where it is something else, by file and without what is in it', () => {
    const { caFile, certFile, keyFile } = certificates;
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const otherKey = fileWith(other.export({ type: 'pkcs8', format: 'pem' }).toString());
    const problemsWith = (files: Record<string, string>) => problemsOf({ REDIS_URL: 'rediss://h', ...files });
    const none = join(folder, 'none.pem');

    expect(problemsWith({ REDIS_TLS_CA: none })).toEqual([`REDIS_TLS_CA (${none}): can't be read (ENOENT)`]);
    expect(problemsWith({ REDIS_TLS_CA: fileWith(SECRET) })[0]).toMatch(/^REDIS_TLS_CA .*no certificate/);
    expect(problemsWith({ REDIS_TLS_CA: keyFile })[0]).toMatch(/^REDIS_TLS_CA .*no certificate/);
    expect(problemsWith({ REDIS_TLS_CERT: keyFile, REDIS_TLS_KEY: fileWith(SECRET) })).toEqual([
      expect.stringMatching(/^REDIS_TLS_CERT .*no certificate/),
      expect.stringMatching(/^REDIS_TLS_KEY .*no private key/),
    ]);
    expect(problemsWith({ REDIS_TLS_CERT: certFile, REDIS_TLS_KEY: otherKey })).toEqual([
      expect.stringMatching(/^REDIS_TLS_KEY .*not the key of REDIS_TLS_CERT/),
    ]);
    expect(problemsWith({ REDIS_TLS_CA: caFile })).toEqual([]);
  });
});
