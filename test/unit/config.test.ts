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
      logLevel: 'info',
      production: false,
      accounts: undefined,
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
        PARLEY_ACCOUNTS: file,
        TOKEN: SECRET,
        UNRELATED: 'x',
      }),
    ).toEqual({
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
    const config = loadConfig({ PARLEY_ACCOUNTS: file });
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
  ])('is refused for %s=%j, by name', (name, value) => {
    expect(problemsOf({ [name]: value })).toEqual([expect.stringMatching(new RegExp(`^${name}: `))]);
  });

  it.each([
    ['PORT', '65535', { port: 65_535 }],
    ['PORT', '1', { port: 1 }],
    ['LOG_LEVEL', 'silent', { logLevel: 'silent' }],
  ])('takes %s=%j', (name, value, expected) => {
    expect(loadConfig({ [name]: value })).toMatchObject(expected);
  });

  it('names all its mistakes in one go, and no secret', () => {
    const file = fileWith(
      `accounts: [{id: a, provider: pact, companyId: ${SECRET}, token: "${SECRET} x"}, {id: a, provider: letstalk, apiKey: "\${NONE}", role: x}]`,
    );
    const problems = problemsOf({ PORT: 'x', LOG_LEVEL: 'y', PARLEY_ACCOUNTS: file }).join('\n');
    for (const named of ['PORT: ', 'LOG_LEVEL: ', 'companyId', 'token', 'NONE', 'role', 'more than once']) {
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
