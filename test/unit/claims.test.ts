import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ClaimsMapping } from '../../src/auth/claims.ts';
import { parseClaimsHeader, toUser } from '../../src/auth/claims.ts';
import { ParleyError } from '../../src/messaging/errors.ts';
import type { Scope } from '../../src/messaging/viewer.ts';
import { SCOPES } from '../../src/messaging/viewer.ts';

const USUAL: ClaimsMapping = { subject: ['sub'], accounts: ['parley_accounts'], scopes: ['scope'] };

const accountsOf = (claim: unknown, mapping = USUAL) => {
  const { accounts } = toUser({ sub: 'ann', parley_accounts: claim }, mapping);
  return accounts === '*' ? '*' : [...accounts];
};
const scopesOf = (claim: unknown, mapping = USUAL) => [
  ...toUser({ sub: 'ann', scope: claim }, mapping).scopes,
];

/** What everything inherits that is no null. */
const INHERITED = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'prototype'];

describe('the accounts of a user', () => {
  it.each<[string, unknown, unknown]>([
    ['a list', ['sales', 'app'], ['sales', 'app']],
    ['a text of words', '  sales  app ', ['sales', 'app']],
    ['a list, as its items are', ['sales app', 'app'], ['sales app', 'app']],
    ['every account', '*', '*'],
    ['every account, among others', ['sales', '*'], '*'],
    ['no words', '   ', []],
    ['an empty list', [], []],
    ['nothing', undefined, []],
    ['null', null, []],
    ['true', true, []],
    ['a number', 7, []],
    ['an object', { sales: true }, []],
    ['an object like a list', { 0: 'sales', length: 1 }, []],
    [
      'a list with what are no texts',
      ['sales', 7, null, ['app'], { app: 1 }, '*'.repeat(2)],
      ['sales', '**'],
    ],
    ['names that all objects have', INHERITED, INHERITED],
  ])('by %s', (_what, claim, accounts) => {
    expect(accountsOf(claim)).toEqual(accounts);
  });

  const mapping: ClaimsMapping = {
    ...USUAL,
    accountValues: { support: ['sales', 'app'], 'all of it': '*', none: [] },
  };
  it.each<[string, unknown, unknown]>([
    ['stand for what the mapping says', ['support'], ['sales', 'app']],
    ['may have blanks in a list', ['all of it'], '*'],
    ['are words in a text', 'all of it', []],
    ['are nothing by themselves', ['sales', 'app', '*'], []],
    ['are nothing in other letters', ['Support', 'support '], []],
    ['are nothing where all objects have such a name', INHERITED, []],
  ])('with a mapping, values %s', (_what, claim, accounts) => {
    expect(accountsOf(claim, mapping)).toEqual(accounts);
  });

  it('are none with a mapping of nothing', () => {
    expect(accountsOf(['sales', '*', ...INHERITED], { ...USUAL, accountValues: {} })).toEqual([]);
  });
});

describe('the scopes of a user', () => {
  it('are those that there are', () => {
    expect(scopesOf('openid messages:read profile')).toEqual(['messages:read']);
    expect(scopesOf([...SCOPES])).toEqual([...SCOPES]);
    for (const claim of ['*', 'messages:*', 'messages', 'MESSAGES:READ', 'messages:read,messages:write'])
      expect(scopesOf(claim)).toEqual([]);
    expect(scopesOf(INHERITED)).toEqual([]);
  });

  it('are with a mapping only what it gives', () => {
    const mapping: ClaimsMapping = { ...USUAL, scopeValues: { agent: ['messages:read', 'messages:write'] } };
    expect(scopesOf('agent', mapping)).toEqual(['messages:read', 'messages:write']);
    expect(scopesOf(['conversations:write', 'messages:read', '*', ...INHERITED], mapping)).toEqual([]);
  });
});

describe('the way to a claim', () => {
  const nested = (accounts: readonly string[]): ClaimsMapping => ({ ...USUAL, accounts });
  const claims = {
    sub: 'ann',
    realm: { access: { groups: ['sales'] }, list: [['app']], text: 'app' },
    'realm.access.groups': ['dotted'],
  };
  const find = (path: readonly string[]) => {
    const { accounts } = toUser(claims, nested(path));
    return accounts === '*' ? '*' : [...accounts];
  };

  it('goes through objects, by names as they are', () => {
    expect(find(['realm', 'access', 'groups'])).toEqual(['sales']);
    expect(find(['realm.access.groups'])).toEqual(['dotted']);
  });

  it('ends at what is none', () => {
    expect(find(['realm', 'access', 'groups', 'more'])).toEqual([]);
    expect(find(['realm', 'nothing', 'groups'])).toEqual([]);
    expect(find(['realm', 'text', 'length'])).toEqual([]);
    for (const name of INHERITED) expect(find([name, 'name'])).toEqual([]);
    expect(find(['constructor', 'name'])).toEqual([]);
    expect(find(['realm', 'text', 'constructor', 'name'])).toEqual([]);
  });
});

describe('a user', () => {
  it('has nothing that a library has put on every object', () => {
    const everyObject = Object.prototype as unknown as Record<string, unknown>;
    const polluted = { parley_accounts: '*', scope: 'messages:read', admin: '*' };
    Object.assign(everyObject, polluted);
    try {
      expect(toUser({ sub: 'ann' }, USUAL)).toMatchObject({ accounts: new Set(), scopes: new Set() });
      expect(accountsOf(['admin'], { ...USUAL, accountValues: {} })).toEqual([]);
    } finally {
      for (const name of Object.keys(polluted)) Reflect.deleteProperty(everyObject, name);
    }
  });

  it('is told apart from users of the same name at another issuer, or at none', () => {
    const idOf = (claims: Record<string, unknown>) => toUser(claims, USUAL).id;
    const ids = [
      { iss: 'https://a.example', sub: 'ann' },
      { iss: 'https://b.example', sub: 'ann' },
      { iss: 'https://a.example', sub: 'bob' },
      { sub: 'ann' },
      { iss: '', sub: 'ann' },
      { iss: 'https://a.example","ann', sub: 'x' },
      { iss: 'https://a.example', sub: 'ann","x' },
    ].map(idOf);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.each([[undefined], [null], [''], [7], [true], [['ann']], [{ name: 'ann' }]])(
    'is nobody with the subject %j',
    (sub) => {
      expect(() => toUser({ sub }, USUAL)).toThrow(ParleyError);
    },
  );

  it('has never more than its claims and the mapping give', () => {
    const name = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom('a', 'b', 'c', '*', ...SCOPES, ...INHERITED) },
      { weight: 1, arbitrary: fc.string({ maxLength: 6 }) },
    );
    const claim = fc.oneof(
      fc.array(name, { maxLength: 5 }),
      fc.array(name, { maxLength: 5 }).map((names) => names.join(' ')),
      fc.jsonValue({ maxDepth: 3 }),
    );
    const dictionary = <T>(value: fc.Arbitrary<T>) =>
      fc.array(fc.tuple(name, value), { maxLength: 5 }).map((entries) => Object.fromEntries(entries));
    const accountId = fc.constantFrom('a', 'b', 'c', ...INHERITED);
    const accountValues = dictionary(
      fc.oneof(fc.constant('*' as const), fc.array(accountId, { maxLength: 3 })),
    );
    const scopeValues = dictionary(fc.subarray<Scope>([...SCOPES]));
    const path = fc.array(name, { minLength: 1, maxLength: 3 });
    const given = fc.record({
      claims: fc.tuple(dictionary(claim), claim, claim),
      accounts: path,
      scopes: path,
      accountValues: fc.option(accountValues, { nil: undefined }),
      scopeValues: fc.option(scopeValues, { nil: undefined }),
    });

    fc.assert(
      fc.property(given, ({ claims: [more, one, other], accounts, scopes, accountValues, scopeValues }) => {
        // Beside what is anywhere, something stands where it is looked for.
        const claims = { ...more, ...nest(accounts, one), ...nest(scopes, other), user: 'ann' };
        const user = toUser(claims, { subject: ['user'], accounts, scopes, accountValues, scopeValues });
        const meant = meaningsOf(valueAt(claims, accounts), accountValues);
        expect(user.accounts).toEqual(meant.has('*') ? '*' : meant);
        const known = [...meaningsOf(valueAt(claims, scopes), scopeValues)].filter((scope) =>
          (SCOPES as readonly string[]).includes(scope),
        );
        expect(user.scopes).toEqual(new Set(known));
      }),
      { numRuns: 2_000 },
    );
  });

  function nest(path: readonly string[], value: unknown): Record<string, unknown> {
    return path.reduceRight<unknown>((inner, name) => Object.fromEntries([[name, inner]]), value) as Record<
      string,
      unknown
    >;
  }

  /** As JSON sees it: nothing is inherited there. */
  function valueAt(claims: unknown, path: readonly string[]): unknown {
    let value = claims;
    for (const name of path) {
      const isObject = typeof value === 'object' && value !== null;
      value = isObject ? new Map(Object.entries(value as object)).get(name) : undefined;
    }
    return value;
  }

  function meaningsOf(
    claim: unknown,
    meanings: Readonly<Record<string, readonly string[] | '*'>> | undefined,
  ): Set<string> {
    const list: unknown[] = typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim : [];
    const texts = list.filter(
      (value): value is string => typeof value === 'string' && !(typeof claim === 'string' && value === ''),
    );
    if (!meanings) return new Set(texts);
    const byValue = new Map(Object.entries(meanings));
    return new Set(texts.flatMap((text) => byValue.get(text) ?? []));
  }
});

describe('the header of a router’s claims', () => {
  it('is JSON in UTF-8, as it is or in base64url', () => {
    const claims = { sub: 'Zoë 👋', list: ['???', '>>>'] };
    const json = Buffer.from(JSON.stringify(claims));
    // Node gives the bytes of a header one by one.
    for (const header of [json.toString('latin1'), json.toString('base64'), json.toString('base64url')])
      expect(parseClaimsHeader(header)).toEqual(claims);
  });

  it.each([
    [''],
    ['null'],
    ['[]'],
    ['{}}'],
    ['{"sub":"a"} {"sub":"b"}'],
    ['{"sub":"\xff"}'],
    [Buffer.from('7').toString('base64url')],
    [Buffer.from('[{"sub":"a"}]').toString('base64url')],
    [`${Buffer.from('{"sub":"a"}').toString('base64url')}.`],
    [` ${Buffer.from('{"sub":"a"}').toString('base64url')}`],
    ['%7B%22sub%22%3A%22a%22%7D'],
  ])('is refused when it is %j', (header) => {
    expect(() => parseClaimsHeader(header)).toThrow("The router's claims are no JSON object.");
  });

  it('gives an object with what is written there, and no other prototype', () => {
    const claims = parseClaimsHeader('{"sub":"ann","__proto__":{"parley_accounts":"*"}}');
    expect(toUser(claims, USUAL).accounts).toEqual(new Set());
  });

  it('never makes the process fail, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.json(), fc.base64String(), fc.string({ unit: 'binary' })),
        (header) => {
          try {
            expect(typeof parseClaimsHeader(header)).toBe('object');
          } catch (error) {
            expect(error).toMatchObject({ code: 'UNAUTHENTICATED' });
          }
        },
      ),
    );
  });
});
