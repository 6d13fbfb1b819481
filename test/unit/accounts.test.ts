import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { stringify } from 'yaml';
import { parseAccounts } from '../../src/config/accounts.ts';
import type { Config } from '../../src/config/index.ts';
import { secretsOf } from '../../src/observability/secretsOf.ts';

const SECRET = 'canary-secret-51d0';

const pact = { id: 'sales', provider: 'pact', companyId: 7, token: SECRET };
const letstalk = { id: 'support', provider: 'letstalk', apiKey: SECRET, role: 'agent' };
const pigeons = {
  id: 'app',
  provider: 'pigeons',
  publicKey: SECRET,
  token: SECRET,
  baseUrl: 'https://pigeons.example',
};

type Environment = Record<string, string | undefined>;

const parse = (accounts: readonly object[], environment: Environment = {}) => {
  const { file, problems } = parseAccounts(stringify({ accounts }), environment);
  return file ? { accounts: file.accounts, problems } : { problems };
};

/** What is wrong with one account, as one text. */
const problemsOf = (account: object, environment?: Environment) =>
  parse([account], environment).problems.join('\n');

const without = (account: object, key: string) =>
  Object.fromEntries(Object.entries(account).filter(([name]) => name !== key));

afterEach(() => {
  jest.restoreAllMocks();
});

describe('an accounts file', () => {
  it('gives its accounts, in their order, with the defaults filled in', () => {
    expect(parse([pact, letstalk, pigeons])).toEqual({
      accounts: [
        { ...pact, baseUrl: 'https://api.pact.im' },
        { ...letstalk, baseUrl: 'https://api.letsta.lk' },
        pigeons,
      ],
      problems: [],
    });
  });

  it('may say all that can be said', () => {
    const { accounts } = parse([
      {
        ...pact,
        name: ' Sales ',
        companyId: '7',
        apiVersion: 'v2',
        baseUrl: 'http://localhost:8080/pact///',
      },
      { ...without(pigeons, 'token'), tokenHeader: 'X-User-Token' },
    ]);
    expect(accounts).toMatchObject([
      { name: 'Sales', companyId: 7, apiVersion: 'v2', baseUrl: 'http://localhost:8080/pact' },
      { tokenHeader: 'x-user-token' },
    ]);
  });

  it.each<[string, string]>([
    ['nothing', ''],
    ['null', 'null'],
    ['text', 'hello'],
    ['a list', '[]'],
    ['no accounts', 'accounts:'],
    ['accounts that are no list', 'accounts: {a: 1}'],
    ['an empty list', 'accounts: []'],
    ['accounts that are numbers', 'accounts: [1]'],
    ['accounts that are null', 'accounts: [null]'],
    ['an account that is empty', 'accounts: [{}]'],
    [
      'accounts and something else',
      'accounts: [{id: a, provider: letstalk, apiKey: k, role: agent}]\nother: 1',
    ],
  ])('that holds %s has a problem', (_what, yaml) => {
    const { file, problems } = parseAccounts(yaml, {});
    expect(file).toBeUndefined();
    expect(problems).not.toEqual([]);
  });

  it.each<[string, string]>([
    ['a text that does not end', `accounts:\n  - token: "${SECRET}`],
    ['a bad indentation', `accounts:\n  - token: ${SECRET}\n id: a`],
    ['a key twice', `accounts:\n  - token: ${SECRET}\n    token: ${SECRET}`],
    ['two documents', `token: ${SECRET}\n---\ntoken: ${SECRET}`],
    ['an alias of nothing', `accounts: [{token: ${SECRET}, id: *nobody}]`],
    ['a list that holds itself', `accounts: &all [{token: ${SECRET}}, *all]`],
    ['an account that holds itself', `accounts: [&one {token: ${SECRET}, id: *one}]`],
    ['a bomb of aliases', `${bomb()}\naccounts: [{token: ${SECRET}}]`],
  ])('with %s has a problem, which does not quote it', (_what, yaml) => {
    const warn = jest.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    const { file, problems } = parseAccounts(yaml, {});
    expect(file).toBeUndefined();
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.join('\n')).not.toContain(SECRET);
    expect(JSON.stringify(warn.mock.calls.map(([warning]) => String(warning)))).not.toContain(SECRET);
  });

  it('says where it is not YAML', () => {
    expect(parseAccounts('accounts:\n  - token: "x', {}).problems.join()).toMatch(
      /YAML at line 2, column \d+/,
    );
  });

  it('is not printed by the YAML parser either, where that only warns', () => {
    const warn = jest.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    parseAccounts(`accounts: [{id: a, provider: letstalk, role: agent, apiKey: !secret ${SECRET}}]`, {});
    expect(JSON.stringify(warn.mock.calls.map(([warning]) => String(warning)))).not.toContain(SECRET);
  });
});

/** Ten levels, each ten times the one before. */
function bomb(): string {
  const level = (name: string, of: string) =>
    `${name}: &${name} [${Array.from({ length: 10 }, () => of).join(', ')}]`;
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];
  return names.map((name, index) => level(name, index === 0 ? 'x' : `*${names[index - 1]!}`)).join('\n');
}

describe('an account', () => {
  it.each<[object, string, readonly unknown[]]>([
    [pact, 'id', [undefined, '', 'a b', 'a.b', 'é', 'a'.repeat(65), 5, null, ['a']]],
    [pact, 'provider', [undefined, '', 'PACT', 'telegram', null, 1]],
    [pact, 'apiVersion', ['', 'v3', 'V2', 2, true, ['v2']]],
    [pact, 'companyId', [undefined, '', 'seven', 0, -1, 1.5, 1e300, null, true, [7], '0x10', '1e3', '7 8']],
    [pact, 'token', [undefined, '', 'a b', 'a\nb', 'a\r\nx: y', 'ä', '\u0000', null, ['x']]],
    [
      pact,
      'webhookSecret',
      ['', 'x'.repeat(15), 'x'.repeat(129), 'a/b'.repeat(8), `${SECRET}.`, 5, [SECRET]],
    ],
    [{ ...pact, webhookSecret: SECRET }, 'webhookSources', ['', '192.0.2.1', [], {}, 5]],
    [pact, 'name', ['', '   ', 'x'.repeat(201), 5, ['x']]],
    [letstalk, 'apiKey', [undefined, '', 'a b', 'a\nb', null]],
    [letstalk, 'role', [undefined, '', 'Agent', 'admin', null, 1]],
    [pigeons, 'publicKey', [undefined, '', 'a b', null]],
    [pigeons, 'userUuid', ['', 5]],
    [pigeons, 'baseUrl', [undefined, '', null, 5]],
  ])('%j is refused for a bad %s, by name', (account, key, values) => {
    for (const value of values) {
      const changed = value === undefined ? without(account, key) : { ...account, [key]: value };
      expect([value, problemsOf(changed)]).toEqual([value, expect.stringContaining(`accounts[0].${key}:`)]);
    }
  });

  it.each(['token', 'id'])('is not told that its %s is missing when that is a number', (key) => {
    const problems = problemsOf({ ...pact, [key]: 12_345 });
    expect(problems).toContain(`accounts[0].${key}:`);
    expect(problems).not.toContain('missing');
  });

  it.each([
    'ftp://host',
    'host.example',
    '//host',
    'javascript:alert(1)',
    'https://',
    `https://user:${SECRET}@host`,
    `https://${SECRET}@host`,
    `https://host/?key=${SECRET}`,
    `https://host/#${SECRET}`,
    'https://host?',
    'https://host/#',
    ' https://host',
    'https://host ',
    'https://ho st',
    'https:host',
    'https:\\\\host',
    'https://host/a b',
    'https://host\n',
  ])('is refused for the base URL %j', (baseUrl) => {
    const problems = problemsOf({ ...pact, baseUrl });
    expect(problems).toContain('accounts[0].baseUrl:');
    expect(problems).not.toContain(SECRET);
  });

  it.each([
    ['https://host', 'https://host'],
    ['https://host/', 'https://host'],
    ['http://127.0.0.1:8080/a/b//', 'http://127.0.0.1:8080/a/b'],
    ['http://[::1]:80/x', 'http://[::1]:80/x'],
  ])('takes the base URL %s as %s', (given, expected) => {
    expect(parse([{ ...pact, baseUrl: given }]).accounts).toMatchObject([{ baseUrl: expected }]);
  });

  it('of Pact may have a secret for webhooks, and say from where they come', () => {
    const webhookSources = ['192.0.2.1', '198.51.100.0/24', '0.0.0.0/0', '2001:db8::1', '2001:db8::/32'];
    const webhooks = { webhookSecret: 'Abc_-0123456789x', webhookSources };
    expect(parse([{ ...pact, ...webhooks }]).accounts).toMatchObject([webhooks]);
    expect(parse([{ ...pact, webhookSecret: 'x'.repeat(128) }]).problems).toEqual([]);
    expect(parse([{ ...pact, webhookSources }]).problems).toEqual([
      'accounts[0].webhookSources: goes with "webhookSecret": without it, no webhook is taken',
    ]);
  });

  it.each([
    ...[
      '',
      'pact.im',
      '192.0.2',
      '192.0.2.256',
      '192.0.2.0/33',
      '192.0.2.0/',
      '192.0.2.0/08',
      '192.0.2.0/+8',
    ],
    ...['2001:db8::/129', '192.0.2.0/24/24', 'fe80::1%eth0', ' 192.0.2.1', '192.0.2.1,192.0.2.2', '[::1]', 5],
  ])('of Pact takes no webhook from %j', (source) => {
    const problems = problemsOf({ ...pact, webhookSecret: SECRET, webhookSources: ['192.0.2.1', source] });
    expect(problems).toContain('accounts[0].webhookSources[1]:');
  });

  const live = { subscribeKey: 'sub-c-1', userId: 7 };

  it('of Letstalk may say how it is heard what happens, with the rest filled in', () => {
    const everything = { ...live, publishKey: 'pub-c-1', authKey: SECRET, origin: 'https://events.example' };
    for (const [given, expected] of [
      [live, { ...live, origin: 'https://ps.pndsn.com' }],
      [
        { ...live, userId: '7' },
        { ...live, origin: 'https://ps.pndsn.com' },
      ],
      [everything, everything],
      [
        { ...live, origin: 'http://127.0.0.1:4010/' },
        { ...live, origin: 'http://127.0.0.1:4010' },
      ],
      [
        { ...live, origin: 'http://[::1]:4010' },
        { ...live, origin: 'http://[::1]:4010' },
      ],
    ])
      expect(parse([{ ...letstalk, live: given }])).toMatchObject({
        accounts: [{ live: expected }],
        problems: [],
      });
    expect(parse([letstalk]).accounts).not.toMatchObject([{ live: expect.anything() }]);
  });

  it.each<[string, readonly unknown[]]>([
    ['subscribeKey', [undefined, '', 'a b', 'a\nb', 5]],
    ['publishKey', ['', 'a b', 5]],
    ['authKey', ['', `${SECRET} `, 'ä', 5]],
    ['userId', [undefined, '', 'seven', 0, -1, 1.5, 1e300, true, [7], '0x10']],
    [
      'origin',
      ['', 5, 'host', 'ftp://host', `https://${SECRET}@host`, 'http://host', 'http://127.0.0.1.example'],
    ],
  ])('of Letstalk is refused for a bad %s of its events, by name', (key, values) => {
    for (const value of values) {
      const changed = value === undefined ? without(live, key) : { ...live, [key]: value };
      const problems = problemsOf({ ...letstalk, live: changed });
      expect([value, problems]).toEqual([value, expect.stringContaining(`accounts[0].live.${key}:`)]);
      expect(problems).not.toContain(SECRET);
      expect(problems).not.toContain('\n');
    }
  });

  it.each([[5], ['sub-c-1'], [[live]], [true]])('of Letstalk is refused for events that are %j', (value) => {
    expect(problemsOf({ ...letstalk, live: value })).toBe(
      'accounts[0].live: must be a mapping of keys to values',
    );
  });

  it('of Letstalk is refused for keys of its events that there are not, and others for events', () => {
    expect(problemsOf({ ...letstalk, live: { ...live, subKey: SECRET } })).toBe(
      'accounts[0].live: has unknown keys: subKey',
    );
    expect(problemsOf({ ...pact, live })).toContain('unknown keys: live');
  });

  it('of Letstalk has another authKey of its events kept out of logs', () => {
    const account = { ...letstalk, live: { ...live, authKey: 'canary-auth-key' } };
    const { accounts } = parse([account]);
    expect(secretsOf({ accounts, auth: {}, uploads: { storage: {} } } as unknown as Config)).toEqual(
      expect.arrayContaining([SECRET, 'canary-auth-key']),
    );
  });

  it('of Pigeons needs a token or the header in which callers bring theirs, and not both', () => {
    const neither = without(pigeons, 'token');
    expect(parse([neither]).problems).toEqual(['accounts[0]: needs either "token" or "tokenHeader"']);
    expect(parse([{ ...pigeons, tokenHeader: 'x-token' }]).problems).toEqual([
      'accounts[0]: needs either "token" or "tokenHeader"',
    ]);
    expect(parse([{ ...neither, tokenHeader: 'x-token' }]).problems).toEqual([]);
    expect(parse([{ ...neither, tokenHeader: 'x-token', userUuid: 'u-1' }]).problems).toEqual([
      'accounts[0].userUuid: goes with "token": with "tokenHeader" each caller is somebody else',
    ]);
    for (const tokenHeader of ['', 'a b', 'a:b', 'a\nb', 'x'.repeat(65)]) {
      expect(problemsOf({ ...neither, tokenHeader })).toContain('accounts[0].tokenHeader:');
    }
  });

  describe('of Pigeons, live', () => {
    const key = 'app-key_1';
    const url = 'wss://live.example';
    const withLive = (live: unknown) => parse([{ ...pigeons, live }]);

    it.each([
      [
        { key, url },
        { key, url },
      ],
      [
        { key, url: 'wss://live.example:6001/reverb//', authUrl: 'https://api.example/auth/' },
        { key, url: 'wss://live.example:6001/reverb', authUrl: 'https://api.example/auth' },
      ],
      [
        { key, url: 'ws://127.0.0.1:4010' },
        { key, url: 'ws://127.0.0.1:4010' },
      ],
      [
        { key, url: 'ws://[::1]:4010/' },
        { key, url: 'ws://[::1]:4010' },
      ],
      [
        { key, url: 'ws://localhost' },
        { key, url: 'ws://localhost' },
      ],
    ])('may be %j', (given, expected) => {
      const { accounts, problems } = withLive(given);
      expect(problems).toEqual([]);
      expect(accounts).toMatchObject([{ live: expected }]);
    });

    it.each<[string, unknown]>([
      ['live', 'yes'],
      ['live', []],
      ['live.key', { url }],
      ['live.key', { key: '', url }],
      ['live.key', { key: 'a/b', url }],
      ['live.key', { key: 'a?b', url }],
      ['live.key', { key: 'x'.repeat(129), url }],
      ['live.key', { key: 5, url }],
      ['live.url', { key }],
      ['live.url', { key, url: 'live.example' }],
      ['live.url', { key, url: 'https://live.example' }],
      ['live.url', { key, url: 'ws://live.example' }],
      ['live.url', { key, url: 'ws://127.0.0.1.live.example' }],
      ['live.url', { key, url: `wss://user:${SECRET}@live.example` }],
      ['live.url', { key, url: `wss://live.example?key=${SECRET}` }],
      ['live.url', { key, url: `wss://live.example/#${SECRET}` }],
      ['live.url', { key, url: 'wss://live.example/a b' }],
      ['live.authUrl', { key, url, authUrl: '/broadcasting/auth' }],
      ['live.authUrl', { key, url, authUrl: `https://x:${SECRET}@api.example` }],
    ])('is refused at %s for %j, once', (path, live) => {
      const { problems } = withLive(live);
      expect(problems).toEqual([expect.stringContaining(`accounts[0].${path}: `)]);
      expect(problems.join()).not.toContain(SECRET);
    });

    it('is refused for keys that there are not', () => {
      expect(withLive({ key, url, secret: SECRET }).problems).toEqual([
        'accounts[0].live: has unknown keys: secret',
      ]);
    });

    it('goes with a token, not with one that each caller brings', () => {
      const account = { ...without(pigeons, 'token'), tokenHeader: 'x-token', live: { key, url } };
      expect(parse([account]).problems).toEqual([
        'accounts[0].live: goes with "token": with "tokenHeader" Parley has no token of its own',
      ]);
    });
  });

  it('is refused for keys that there are not, by name', () => {
    expect(problemsOf({ ...pact, tokn: SECRET, apiKey: SECRET })).toMatch(/unknown keys: tokn, apiKey/);
  });
});

describe('the problems of an accounts file', () => {
  it('are all named in one go', () => {
    const { problems } = parse(
      [
        { ...pact, companyId: 'x', extra: 1, token: '${MISSING}' },
        { ...letstalk, role: 'admin', baseUrl: 'nowhere' },
        { ...pigeons, publicKey: '', tokenHeader: 'x-token' },
        { ...pact, id: 'sales' },
        { id: 'x', provider: 'telegram' },
      ],
      {},
    );
    const text = problems.join('\n');
    for (const named of [
      'accounts[0].companyId:',
      'accounts[0]: has unknown keys: extra',
      'accounts[0].token: the environment variable MISSING is not set',
      'accounts[1].role:',
      'accounts[1].baseUrl:',
      'accounts[2].publicKey:',
      'accounts[2]: needs either "token" or "tokenHeader"',
      'the id "sales" is used more than once',
      'accounts[4].provider:',
    ]) {
      expect(text).toContain(named);
    }
    expect(new Set(problems).size).toBe(problems.length);
  });

  it('never hold a value', () => {
    const { problems } = parse(
      [
        {
          ...pact,
          token: `${SECRET} with spaces`,
          webhookSecret: `${SECRET}!`,
          companyId: SECRET,
          name: SECRET.repeat(20),
        },
        { ...letstalk, apiKey: `${SECRET}\n`, role: SECRET, baseUrl: `ftp://${SECRET}` },
        { ...pigeons, token: `${SECRET}\u0000`, tokenHeader: `${SECRET}:`, baseUrl: SECRET },
        { id: `${SECRET}!`, provider: SECRET },
        { ...pact, id: 'b', token: '${BAD}', companyId: '${BAD}' },
      ],
      { BAD: `${SECRET} too` },
    );
    expect(problems.length).toBeGreaterThan(10);
    expect(problems.join('\n')).not.toContain(SECRET);
  });

  it('name an id that is used twice once, also where the environment makes it the same', () => {
    expect(parse([pact, { ...letstalk, id: 'sales' }, { ...pigeons, id: 'sales' }]).problems).toEqual([
      'accounts: the id "sales" is used more than once',
    ]);
    const { accounts, problems } = parse([pact, { ...letstalk, id: '${ID}' }], { ID: 'sales' });
    expect(accounts).toBeUndefined();
    expect(problems).toEqual([expect.stringMatching(/used more than once/)]);
  });

  it('do not call ids the same that the environment makes different', () => {
    const { problems } = parse(
      [
        { ...pact, id: 'a-${ONE}' },
        { ...letstalk, id: 'a-${TWO}' },
      ],
      { ONE: '1', TWO: '2' },
    );
    expect(problems).toEqual([]);
  });
});

describe('${NAME} in a value', () => {
  it('stands for that environment variable, anywhere in any value', () => {
    const { accounts } = parse(
      [
        {
          ...pact,
          id: 'a-${STAGE}',
          companyId: '${COMPANY}',
          token: 'x${ONE}${TWO}y',
          baseUrl: '${BASE}/p/',
        },
      ],
      { STAGE: 'dev', COMPANY: '42', ONE: '1', TWO: '2', BASE: 'http://localhost:1' },
    );
    expect(accounts).toMatchObject([
      { id: 'a-dev', companyId: 42, token: 'x12y', baseUrl: 'http://localhost:1/p' },
    ]);
  });

  it('is read once: what a variable holds is taken as it is', () => {
    const { accounts } = parse([{ ...pact, token: '${ONE}' }], { ONE: '${TWO}$&$1', TWO: 'no' });
    expect(accounts).toMatchObject([{ token: '${TWO}$&$1' }]);
  });

  it('is not meant by a dollar alone', () => {
    expect(parse([{ ...pact, token: '$NAME' }], { NAME: 'x' }).accounts).toMatchObject([{ token: '$NAME' }]);
  });

  it.each(['${}', '${1A}', '${A-B}', '$${', '${A', '${A:-x}', '${A}${'])(
    'is not taken for a token where it is written wrongly, as %s',
    (token) => {
      expect(parse([{ ...pact, token }], { A: 'x' }).problems).toEqual([
        'accounts[0].token: has "${" without the name of an environment variable and "}"',
      ]);
    },
  );

  it('may be left without a value where it need not be there', () => {
    expect(parse([{ ...pigeons, userUuid: null, name: null }]).accounts).toMatchObject([{ id: pigeons.id }]);
  });

  it('can not make new YAML of its text', () => {
    const { accounts } = parse([{ ...pact, name: '${NAME}' }], { NAME: 'x\ntoken: "stolen", [' });
    expect(accounts).toMatchObject([{ name: 'x\ntoken: "stolen", [', token: SECRET }]);
  });

  it('is a problem for each variable that is unset or empty, and the only one of its key', () => {
    expect(
      parse([{ ...pact, token: '${ONE}', companyId: '${TWO}' }], { TWO: '' }).problems.toSorted(),
    ).toEqual([
      'accounts[0].companyId: the environment variable TWO is not set',
      'accounts[0].token: the environment variable ONE is not set',
    ]);
  });

  it('is a problem for each of two unset variables in one value', () => {
    const text = problemsOf({ ...pact, token: '${ONE}${TWO}' });
    expect(text).toContain('ONE');
    expect(text).toContain('TWO');
  });

  it('does not reach what every object has', () => {
    expect(problemsOf({ ...pact, token: '${constructor}' })).toContain('constructor is not set');
    expect(problemsOf({ ...pact, token: '${__proto__}' })).toContain('__proto__ is not set');
  });
});
