import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { parse as parseYaml } from 'yaml';
import { sandboxAccounts } from '../../src/accounts.ts';
import { createSchema, printSubgraph } from '../../src/graph/schema.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { startSandbox } from '../../src/sandbox/index.ts';
import { run, urlOf } from './processes.ts';

jest.setTimeout(60_000);

const ROOT = new URL('../..', import.meta.url).pathname;
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };

const parley = (args: readonly string[], environment?: Record<string, string>) =>
  run(process.execPath, ['bin/parley.js', ...args], environment);

let sandbox: Sandbox;
let folder: string;

beforeAll(async () => {
  sandbox = await startSandbox();
  folder = mkdtempSync(join(tmpdir(), 'parley-cli-'));
});
afterAll(async () => {
  await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the command line', () => {
  it('explains itself', async () => {
    const [help, nothing, asked] = await Promise.all([
      parley(['help']).ended,
      parley([]).ended,
      parley(['--version']).ended,
    ]);

    expect(help).toMatchObject({ code: 0, stderr: '' });
    for (const command of ['start', 'doctor', 'schema', 'api-key'])
      expect(help.stdout).toContain(`  ${command}`);
    expect(nothing).toEqual(help);
    expect(asked).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it.each([
    [['dcotor'], '"dcotor"'],
    [['toString'], '"toString"'],
    [['doctor', '--jsno'], '--jsno'],
    [['api-key', '--scopes', 'messages:delete'], 'messages:read'],
    [['api-key', '--accounts', 'sales,,'], '--accounts'],
    [['api-key', '--id', 'a b'], '--id'],
  ])('refuses %j with 2 and a way out', async (args, named) => {
    const { code, stdout, stderr } = await parley(args).ended;

    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(named);
    expect(stderr).toContain('parley help');
    expect(stderr).not.toContain('    at ');
  });

  it('prints the SDL of the subgraph, and nothing else', async () => {
    const { code, stdout, stderr } = await parley(['schema']).ended;

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(`${printSubgraph(createSchema())}\n`);
  });

  it('starts the server, which ends as one', async () => {
    const started = parley(['start']);
    const url = await urlOf(started);
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);

    started.child.kill('SIGTERM');
    expect(await started.ended).toMatchObject({ code: 0 });
  });

  it('makes a key that opens the server to whoever has it, for the accounts and scopes that were asked for', async () => {
    const { code, stdout } = await parley([
      'api-key',
      ...['--id', 'web', '--accounts', 'sales', '--scopes', 'messages:read,messages:write'],
    ]).ended;
    expect(code).toBe(0);
    const [key] = /\bparley_[\w-]{43}\b/.exec(stdout)!;
    const hash = `sha256:${createHash('sha256').update(key).digest('hex')}`;
    expect(stdout.match(/sha256:[0-9a-f]{64}/g)).toEqual([hash, hash]);

    const lines = stdout.slice(stdout.indexOf('clients:'));
    const { clients } = parseYaml(lines) as { clients: unknown };
    expect(clients).toEqual([
      { id: 'web', keyHashes: [hash], accounts: ['sales'], scopes: ['messages:read', 'messages:write'] },
    ]);

    const file = join(folder, 'accounts.yaml');
    writeFileSync(file, `accounts: ${JSON.stringify(sandboxAccounts(sandbox))}\n${lines}`);
    const started = parley(['start'], { PARLEY_ACCOUNTS: file, AUTH: 'api-key', FILE_FOLDER: folder });
    const ask = async (headers: Record<string, string>) => {
      const answer = await fetch(`${await urlOf(started)}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query: '{ accounts { id } }' }),
      });
      return { status: answer.status, body: await answer.json() };
    };

    expect(await ask({ 'x-api-key': key })).toMatchObject({
      status: 200,
      body: { data: { accounts: [{ id: 'sales' }] } },
    });
    expect(await ask({ 'x-api-key': `${key}x` })).toMatchObject({ status: 401 });
    started.child.kill('SIGTERM');
    await started.ended;
  });

  it('makes another key each time', async () => {
    const [one, other] = await Promise.all([parley(['api-key']).ended, parley(['api-key']).ended]);

    expect(one.stdout).not.toBe(other.stdout);
  });
});

describe('which Parley runs', () => {
  const layOut = (name: string, { source, build, tsx }: Record<'source' | 'build' | 'tsx', boolean>) => {
    const root = join(folder, name);
    mkdirSync(root);
    cpSync(join(ROOT, 'bin'), join(root, 'bin'), { recursive: true });
    writeFileSync(join(root, 'package.json'), '{"type":"module"}');
    const write = (path: string, text: string) => {
      mkdirSync(join(root, path));
      return (file: string) => writeFileSync(join(root, path, file), text);
    };
    if (source) write('src', "const said: string = 'source';\nprocess.stdout.write(said);\n")('cli.ts');
    if (build) write('dist', "process.stdout.write('build');\n")('cli.js');
    if (tsx) {
      mkdirSync(join(root, 'node_modules'));
      symlinkSync(join(ROOT, 'node_modules/tsx'), join(root, 'node_modules/tsx'));
    }
    return run(process.execPath, [join(root, 'bin/parley.js')]).ended;
  };

  it('is the source in a clone, also beside an older build', async () => {
    expect(await layOut('clone', { source: true, build: true, tsx: true })).toMatchObject({
      code: 0,
      stdout: 'source',
    });
  });

  it('is the build where tsx is not installed', async () => {
    expect(await layOut('production', { source: true, build: true, tsx: false })).toMatchObject({
      code: 0,
      stdout: 'build',
    });
    expect(await layOut('image', { source: false, build: true, tsx: false })).toMatchObject({
      code: 0,
      stdout: 'build',
    });
  });

  it('is none where neither is there, which is said', async () => {
    const { code, stderr } = await layOut('neither', { source: true, build: false, tsx: false });

    expect(code).toBe(1);
    expect(stderr).toContain('npm ci');
    expect(stderr).not.toContain('    at ');
  });
});
