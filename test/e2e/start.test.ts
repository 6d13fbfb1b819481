import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { parse } from 'graphql';
import type { Run } from './processes.ts';
import { run as runProcess, runParley, urlOf } from './processes.ts';

jest.setTimeout(60_000);

describe('as a process', () => {
  const running: Run[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'parley-'));

  afterEach(async () => {
    for (const { child, ended } of running.splice(0)) {
      child.kill('SIGKILL');
      await ended;
    }
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (command: string, args: readonly string[], env?: Record<string, string>) => {
    const started = runProcess(command, args, env);
    running.push(started);
    return started;
  };
  const start = (env?: Record<string, string>) => {
    const started = runParley(env);
    running.push(started);
    return started;
  };

  it('starts on the sandbox, says where, gives a first query that works, and Ctrl-C exits 0', async () => {
    const npm = run('npm', ['start']);
    const url = await urlOf(npm);
    const [, command] = await npm.said(/(curl -s [^\n]+\n[^\n]+)\n/);

    expect(await (await fetch(`${url}/health/live`)).json()).toEqual({ status: 'live' });
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);

    const pasted = await run('sh', ['-c', command!]).ended;
    const answer = JSON.parse(pasted.stdout) as {
      data: { conversations: { nodes: unknown[] } };
      errors?: unknown;
    };
    expect(answer.errors).toBeUndefined();
    expect(answer.data.conversations.nodes).toHaveLength(5);

    process.kill(-npm.child.pid!, 'SIGINT');
    expect(await npm.ended).toMatchObject({ code: 0 });
  });

  it('opens Apollo Sandbox with example operations for a browser', async () => {
    const url = await urlOf(start());
    const response = await fetch(`${url}/graphql`, { headers: { accept: 'text/html' } });
    const page = await response.text();

    expect(response.headers.get('content-type')).toContain('text/html');
    expect(page).toContain('embeddable-sandbox');
    expect(page).toContain('query Inbox');
  });

  it('has neither Sandbox nor introspection in production', async () => {
    const url = await urlOf(start({ NODE_ENV: 'production' }));
    const page = await fetch(`${url}/graphql`, { headers: { accept: 'text/html' } });
    expect(await page.text()).not.toContain('embeddable-sandbox');

    const introspection = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ __schema { types { name } } }' }),
    });
    expect(introspection.status).toBe(400);
  });

  it('stops at once on SIGTERM although a browser holds a connection that it never used', async () => {
    const parley = start();
    const { port } = new URL(await urlOf(parley));
    const unused = connect(Number(port), '127.0.0.1');
    await new Promise((resolve) => unused.once('connect', resolve));
    const closed = new Promise((resolve) => unused.once('close', resolve));

    parley.child.kill('SIGTERM');

    expect(await parley.ended).toMatchObject({ code: 0 });
    await closed;
  });

  it('names every mistake of the configuration in one go, and no secret', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'parley-')), 'accounts.yaml');
    writeFileSync(
      file,
      `accounts:
  - { id: sales, provider: pact, companyId: one, token: "\${PARLEY_TEST_UNSET}" }
  - { id: "not valid", provider: letstalk, apiKey: "hush hush", role: boss }
  - { id: app, provider: pigeons, publicKey: key }
`,
    );
    const { code, stderr } = await start({ PARLEY_ACCOUNTS: file, PORT: 'many' }).ended;
    rmSync(file);

    expect(code).toBe(1);
    for (const mistake of [
      'PORT',
      'accounts[0].companyId',
      'PARLEY_TEST_UNSET is not set',
      'accounts[1].id',
      'accounts[1].apiKey',
      'accounts[1].role',
      'accounts[2].baseUrl',
      'tokenHeader',
    ]) {
      expect(stderr).toContain(mistake);
    }
    expect(stderr).not.toContain('hush');
    expect(stderr).not.toContain('    at ');
  });

  it('says what to do when the port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { code, stderr } = await start({ PORT: String((taken.address() as AddressInfo).port) }).ended;
    taken.close();

    expect(code).toBe(1);
    expect(stderr).toContain('PORT=');
    expect(stderr).not.toContain('    at ');
  });

  it('says what to do when the address to listen on is not of this machine', async () => {
    // Set aside for documentation: no machine has it.
    const { code, stderr } = await start({ HOST: '192.0.2.1' }).ended;

    expect(code).toBe(1);
    expect(stderr).toContain('Check HOST');
    expect(stderr).not.toContain('    at ');
  });

  it('prints the SDL of the subgraph alone', async () => {
    const { code, stdout } = await run('npm', ['run', '--silent', 'schema:print']).ended;

    expect(code).toBe(0);
    expect(() => parse(stdout)).not.toThrow();
    expect(stdout).toContain('type Conversation\n  @key(fields: "id")');
  });

  it('serves the sandbox alone on one port', async () => {
    const sandbox = run('npm', ['run', 'sandbox'], { SANDBOX_PORT: '0' });
    const [, url] = await sandbox.said(/(http:\/\/127\.0\.0\.1:\d+)/);
    const answer = await fetch(`${url!}/p1/companies/154/conversations?per=1`, {
      headers: { 'x-private-api-token': 'pact-sandbox-token' },
    });
    expect(((await answer.json()) as { status: string }).status).toBe('ok');

    process.kill(-sandbox.child.pid!, 'SIGINT');
    expect(await sandbox.ended).toMatchObject({ code: 0 });
  });
});
