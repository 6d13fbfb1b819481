import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import { sandboxAccounts } from '../../src/accounts.ts';
import { runCheck } from '../../src/doctor/runCheck.ts';
import type { Row } from '../../src/doctor/runCheck.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { startSandbox } from '../../src/sandbox/index.ts';
import type { S3Server } from '../contract/s3Server.ts';
import { startS3Server } from '../contract/s3Server.ts';
import { freePort } from '../freePort.ts';
import { canStartRedis, startRedis } from '../redis.ts';
import { run } from './processes.ts';

jest.setTimeout(60_000);

/** What must stand in nothing that is printed. */
const CANARIES = {
  PACT_TOKEN: 'canary-pact-token',
  REDIS_PASSWORD: 'canary-redis-password',
  S3_SECRET: 'canary-s3-secret-key',
  ROUTER_SECRET: 'canary-router-secret-of-32-characters',
  PROVIDER_TEXT: 'canary-text-of-a-provider',
};

let sandbox: Sandbox;
let s3: S3Server;
let folder: string;

beforeAll(async () => {
  sandbox = await startSandbox();
  s3 = await startS3Server();
  folder = mkdtempSync(join(tmpdir(), 'parley-doctor-'));
});
afterEach(() => sandbox.reset());
afterAll(async () => {
  await sandbox.close();
  await s3.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('parley doctor', () => {
  it('is called by npx in a clone, finds nothing wrong with the embedded sandbox, and shows no progress to a log', async () => {
    // A cache of its own and no registry: the clone's own program is meant, and not a package of that name.
    const cache = join(folder, 'npm');
    const { code, stdout, stderr } = await run('npx', ['--offline', 'parley', 'doctor'], {
      npm_config_cache: cache,
      npm_config_update_notifier: 'false',
    }).ended;

    expect(stderr).toBe('');
    expect(stdout).toMatch(/^CHECK +RESULT +DETAIL\n/);
    for (const name of [
      'configuration',
      'authentication',
      'Redis',
      'storage',
      'account sales',
      'account app',
    ])
      expect(stdout).toMatch(new RegExp(`^${name} +ok `, 'm'));
    expect(stdout).not.toContain('FAILED');
    expect(code).toBe(0);
  });

  it('tries everything that real accounts need by one read each, and leaves nothing behind', async () => {
    const redis = await startRedis();
    const { code, rows } = await doctor({
      ...onSandbox(),
      ...inBucket(),
      ...{ AUTH: 'router', ROUTER_SECRET: CANARIES.ROUTER_SECRET, PUBLIC_URL: 'https://parley.example.com' },
      ...(redis && { REDIS_URL: redis.url }),
    });

    for (const { name, result } of rows.filter(({ name }) => !['Node.js', 'Redis'].includes(name)))
      expect([name, result]).toEqual([name, 'ok']);
    expect(code).toBe(0);
    expect(sandbox.pact.requests.map(({ call }) => call)).toEqual(['conversations']);
    expect(sandbox.letstalk.requests.map(({ call }) => call)).toEqual(['messages']);
    expect(sandbox.pigeons.requests.map(({ call }) => call)).toEqual(['conversations']);
    expect(s3.objects()).toEqual([]);
    if (redis) {
      expect(find(rows, 'Redis')).toMatchObject({ result: 'ok' });
      const client = new Redis(redis.url);
      expect(await client.dbsize()).toBe(0);
      client.disconnect();
      await redis.stop();
    }
  });

  it('says which credentials are refused, of each provider, and exits 1', async () => {
    const { code, rows } = await doctor(
      onSandbox((account) => ({
        ...account,
        ...('token' in account && { token: CANARIES.PACT_TOKEN }),
        ...('apiKey' in account && { apiKey: CANARIES.PACT_TOKEN }),
      })),
    );

    expect(code).toBe(1);
    for (const [id, key] of [
      ['sales', '"token"'],
      ['support', '"apiKey"'],
      ['app', '"token"'],
    ] as const) {
      const row = find(rows, `account ${id}`);
      expect(row).toMatchObject({ result: 'failed' });
      expect(row.detail).toMatch(/refuses the account's credentials/);
      expect(row.advice).toContain(key);
      expect(row.advice).toContain(`"${id}"`);
    }
  });

  it('tells a provider that is away, one that hangs and one that speaks another language apart', async () => {
    const free = await freePort();
    sandbox.letstalk.failNext({ hang: true }, { times: Infinity });
    sandbox.pigeons.failNext({
      status: 200,
      body: CANARIES.PROVIDER_TEXT,
      headers: { 'content-type': 'text/html' },
    });
    const { code, rows } = await doctor({
      ...onSandbox((account) =>
        account.provider === 'pact' ? { ...account, baseUrl: `http://127.0.0.1:${free}` } : account,
      ),
      READ_TIMEOUT: '1s',
    });

    expect(code).toBe(1);
    expect(find(rows, 'account sales')).toMatchObject({
      result: 'failed',
      detail: expect.stringContaining('ECONNREFUSED'),
      advice: expect.stringContaining('"baseUrl"'),
    });
    expect(find(rows, 'account support')).toMatchObject({
      result: 'failed',
      detail: expect.stringContaining('did not answer in time'),
      advice: expect.stringContaining('READ_TIMEOUT'),
    });
    expect(find(rows, 'account app')).toMatchObject({
      result: 'failed',
      detail: expect.stringContaining('something else than it documents'),
    });
  });

  it.each([
    [402, 'failed', /Pay the account/],
    [403, 'warning', /Read a conversation that you know/],
    [429, 'failed', /^Wait/],
    [503, 'failed', /has to be waited for/],
  ])('judges the status %i where nothing can be listed as %s', async (status, result, advice) => {
    sandbox.letstalk.failNext({ status, body: { error: CANARIES.PROVIDER_TEXT } }, { times: Infinity });
    const { code, rows } = await doctor(onSandbox());

    const row = find(rows, 'account support');
    expect(row.result).toBe(result);
    expect(row.advice).toMatch(advice);
    expect(code).toBe(result === 'failed' ? 1 : 0);
  });

  it('tries no account whose callers bring their own token', async () => {
    const { code, rows } = await doctor(
      onSandbox(({ ...account }) => {
        if (!('publicKey' in account)) return account;
        const { token: _token, live: _live, ...rest } = account;
        return { ...rest, tokenHeader: 'x-pigeons-token' };
      }),
    );

    expect(find(rows, 'account app')).toMatchObject({
      result: 'skipped',
      detail: expect.stringContaining('their own'),
    });
    expect(sandbox.pigeons.requests).toHaveLength(0);
    expect(code).toBe(0);
  });

  it('warns of accounts that are open to all, without Redis, and with an address that nobody else reaches', async () => {
    const { code, rows } = await doctor({ ...onSandbox(), PUBLIC_URL: 'http://localhost:4000' });

    expect(code).toBe(0);
    for (const name of ['authentication', 'Redis', 'public URL']) {
      const row = find(rows, name);
      expect([name, row.result]).toEqual([name, 'warning']);
      expect(row.advice).toBeTruthy();
    }
  });

  it('names a Redis that is away without its password', async () => {
    const { code, rows } = await doctor({
      ...onSandbox(),
      REDIS_URL: `redis://parley:${CANARIES.REDIS_PASSWORD}@127.0.0.1:${await freePort()}`,
    });

    expect(code).toBe(1);
    expect(find(rows, 'Redis')).toMatchObject({
      result: 'failed',
      detail: expect.stringContaining('ECONNREFUSED'),
    });
  });

  (canStartRedis ? it : it.skip)('does not trust a Redis that may forget, or one that hangs', async () => {
    const redis = (await startRedis({ args: ['--maxmemory', '50mb', '--maxmemory-policy', 'allkeys-lru'] }))!;
    try {
      const forgetful = await doctor({ ...onSandbox(), REDIS_URL: redis.url });
      expect(forgetful.code).toBe(1);
      expect(find(forgetful.rows, 'Redis').detail).toContain('noeviction');

      redis.freeze();
      const hanging = await doctor({ ...onSandbox(), REDIS_URL: redis.url });
      expect(hanging.code).toBe(1);
      expect(find(hanging.rows, 'Redis')).toMatchObject({ result: 'failed' });
    } finally {
      redis.thaw();
      await redis.stop();
    }
  });

  it('tries the folder for files without making it', async () => {
    const missing = join(folder, 'not', 'there');
    const { code, rows } = await doctor({ ...onSandbox(), FILE_FOLDER: missing });

    expect(find(rows, 'storage')).toMatchObject({ result: 'ok' });
    expect(code).toBe(0);
    expect(existsSync(join(folder, 'not'))).toBe(false);
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('says that a folder can take no files', async () => {
    // Root may write everywhere, though not below a file.
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    const { code, rows } = await doctor({ ...onSandbox(), FILE_FOLDER: join(file, 'files') });

    expect(code).toBe(1);
    expect(find(rows, 'storage')).toMatchObject({
      result: 'failed',
      detail: expect.stringContaining('ENOTDIR'),
      advice: expect.stringContaining('FILE_FOLDER'),
    });
  });

  it.each([
    ['a bucket that is not there', { S3_BUCKET: 'elsewhere' }, /Make the bucket/],
    [
      'a key that is not known',
      { S3_ACCESS_KEY_ID: 'somebody', S3_SECRET_ACCESS_KEY: CANARIES.S3_SECRET },
      /S3_ACCESS_KEY_ID/,
    ],
  ])('says what to do about %s', async (_what, settings, advice) => {
    const { code, rows } = await doctor({ ...onSandbox(), ...inBucket(), ...settings });

    expect(code).toBe(1);
    expect(find(rows, 'storage')).toMatchObject({ result: 'failed', advice: expect.stringMatching(advice) });
  });

  it('wants a right to list as well', async () => {
    s3.forbid({ method: 'GET', path: `/${s3.bucket}/` });
    const { rows } = await doctor({ ...onSandbox(), ...inBucket() });
    s3.forbid(undefined);

    expect(find(rows, 'storage')).toMatchObject({
      result: 'failed',
      advice: expect.stringContaining('list'),
    });
    expect(s3.objects()).toEqual([]);
  });

  it('gives every mistake of the configuration a row of its own', async () => {
    const { code, rows } = await doctor({
      ...{ PORT: 'many', READ_TIMEOUT: '5', AUTH: 'router' },
      ROUTER_SECRET: `${CANARIES.ROUTER_SECRET} with spaces`,
      REDIS_URL: `http://parley:${CANARIES.REDIS_PASSWORD}@127.0.0.1`,
    });

    expect(code).toBe(1);
    const mistakes = rows.filter(({ name }) => name === 'configuration');
    for (const variable of ['PORT', 'READ_TIMEOUT', 'ROUTER_SECRET', 'REDIS_URL']) {
      const row = mistakes.find(({ detail }) => detail.startsWith(`${variable}:`));
      expect([variable, row?.result, typeof row?.advice]).toEqual([variable, 'failed', 'string']);
    }
    expect(find(rows, 'everything else')).toMatchObject({ result: 'skipped' });
  });

  it('finds out whether an identity provider has keys', async () => {
    let body: unknown = { keys: [{ kty: 'RSA', kid: '1', n: 'AQAB', e: 'AQAB' }] };
    let status = 200;
    const server = createServer((_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json', location: '/elsewhere' });
      response.end(JSON.stringify(body));
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const environment = {
      ...onSandbox(),
      AUTH: 'jwt',
      ...{ JWT_ISSUER: 'https://id.example.com', JWT_AUDIENCE: 'parley' },
      JWT_JWKS_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`,
    };

    const found = find((await doctor(environment)).rows, 'identity provider');
    expect(found).toMatchObject({ result: 'warning', detail: expect.stringContaining('has 1 key') });

    body = { keys: [{ kty: 'RSA', use: 'enc' }] };
    expect(find((await doctor(environment)).rows, 'identity provider')).toMatchObject({ result: 'failed' });
    body = { message: CANARIES.PROVIDER_TEXT };
    expect(find((await doctor(environment)).rows, 'identity provider')).toMatchObject({ result: 'failed' });
    status = 302;
    const redirected = await doctor(environment);
    expect(redirected.code).toBe(1);
    expect(find(redirected.rows, 'identity provider').detail).toContain('302');
    server.close();
    server.closeAllConnections();
  });

  it('waits for nothing that never ends, and shows nothing of an error that nobody foresaw', async () => {
    let given: AbortSignal | undefined;
    const hanging = await runCheck(
      {
        name: 'a check',
        run: (signal) => {
          given = signal;
          return new Promise(() => undefined);
        },
      },
      5,
    );
    expect(hanging).toMatchObject({ name: 'a check', result: 'failed' });
    expect(given?.aborted).toBe(true);

    const run = () => Promise.reject(Object.assign(new Error(CANARIES.PROVIDER_TEXT), { code: 'EODD' }));
    const broken = await runCheck({ name: 'a check', run }, 60_000);
    expect(broken).toMatchObject({ result: 'failed', detail: expect.stringContaining('EODD') });
    expect(JSON.stringify(broken)).not.toContain(CANARIES.PROVIDER_TEXT);
  });
});

type Written = Readonly<Record<string, unknown>> & { readonly provider: string };

/** Settings for the sandbox's accounts, taken for real ones. JSON is YAML. */
function onSandbox(change: (account: Written) => object = (account) => account): Record<string, string> {
  const accounts = sandboxAccounts(sandbox).map((account) => change({ ...account }));
  const file = join(folder, 'accounts.yaml');
  writeFileSync(file, JSON.stringify({ accounts }));
  return { PARLEY_ACCOUNTS: file, AUTH: 'none', FILE_FOLDER: folder };
}

function inBucket(): Record<string, string> {
  return {
    ...{ S3_BUCKET: s3.bucket, S3_ENDPOINT: s3.endpoint, FILE_FOLDER: '' },
    S3_ACCESS_KEY_ID: s3.credentials.accessKeyId,
    S3_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
  };
}

/** Runs it as a process; fails where a secret is printed. */
async function doctor(environment: Record<string, string>): Promise<{ code: number | null; rows: Row[] }> {
  const { code, stdout, stderr } = await run(
    process.execPath,
    ['bin/parley.js', 'doctor', '--json'],
    environment,
  ).ended;
  const secrets = [
    ...Object.values(CANARIES),
    ...[sandbox.pact.token, sandbox.letstalk.agentKey, sandbox.pigeons.publicKey, sandbox.pigeons.user.token],
  ];
  for (const secret of secrets) expect(stdout + stderr).not.toContain(secret);
  if (!stdout.startsWith('[')) throw new Error(`no rows: ${stdout}${stderr}`);
  return { code, rows: JSON.parse(stdout) as Row[] };
}

function find(rows: readonly Row[], name: string): Row {
  const row = rows.find((row) => row.name === name);
  if (!row) throw new Error(`no row "${name}" among ${rows.map((row) => row.name).join(', ')}`);
  return row;
}
