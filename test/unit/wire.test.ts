import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import {
  boolean,
  count,
  createContract,
  externalId,
  float,
  items,
  list,
  nonEmptyText,
  object,
  text,
  url,
} from '../../src/http/wire.ts';
import { ContractError } from '../../src/messaging/errors.ts';
import { conversationId, parseConversationId } from '../../src/messaging/ids.ts';

const OBJECT = { a: 1 };
const LIST = [1, 2];

type Reader = (value: unknown) => unknown;

/** Each reader with what it reads, and as what. Null is also what each makes of null, undefined and anything unlisted. */
const TABLE: readonly [string, Reader, readonly (readonly [unknown, unknown])[]][] = [
  [
    'text',
    text,
    [
      ['a', 'a'],
      ['', ''],
      [' ', ' '],
      [7, '7'],
      [0, '0'],
      [-1.5, '-1.5'],
      [NaN, null],
      [Infinity, null],
      [true, null],
      [OBJECT, null],
      [LIST, null],
    ],
  ],
  [
    'nonEmptyText',
    nonEmptyText,
    [
      ['a', 'a'],
      ['', null],
      [0, '0'],
      [false, null],
      [OBJECT, null],
      [LIST, null],
    ],
  ],
  [
    'externalId',
    externalId,
    [
      ['a', 'a'],
      [7, '7'],
      [0, '0'],
      [Number.MAX_SAFE_INTEGER, '9007199254740991'],
      ['', null],
      ['x'.repeat(255), 'x'.repeat(255)],
      ['x'.repeat(256), null],
      [true, null],
      [OBJECT, null],
      [LIST, null],
    ],
  ],
  [
    'count',
    count,
    [
      [0, 0],
      [7, 7],
      ['7', 7],
      [2_147_483_647, 2_147_483_647],
      [2_147_483_648, null],
      [-1, null],
      [1.5, null],
      ['1.5', null],
      ['', null],
      ['1e3', null],
      ['0x10', null],
      [' 7', null],
      [NaN, null],
      [Infinity, null],
      [true, null],
      [LIST, null],
    ],
  ],
  [
    'float',
    float,
    [
      [1.5, 1.5],
      [-7, -7],
      ['1.5', 1.5],
      ['-0.25', -0.25],
      ['1e3', null],
      ['', null],
      ['x', null],
      ['9'.repeat(400), null],
      [NaN, null],
      [-Infinity, null],
      [false, null],
      [LIST, null],
    ],
  ],
  [
    'boolean',
    boolean,
    [
      [true, true],
      [false, false],
      ['true', null],
      [1, null],
      [0, null],
      [OBJECT, null],
    ],
  ],
  [
    'object',
    object,
    [
      [OBJECT, OBJECT],
      [{}, {}],
      [[], {}],
      [LIST, null],
      ['a', null],
      [1, null],
      [true, null],
    ],
  ],
  [
    'url',
    (value) => url(value),
    [
      ['https://a.example/x?y#z', 'https://a.example/x?y#z'],
      ['http://a.example', 'http://a.example/'],
      ['/avatars/missing.png', null],
      ['', null],
      ['javascript:alert(1)', null],
      ['data:text/html,x', null],
      ['file:///etc/passwd', null],
      ['ftp://a.example', null],
      ['https://', null],
      [7, null],
      [OBJECT, null],
    ],
  ],
  [
    'url with a base',
    (value) => url(value, 'https://api.example/base'),
    [
      ['/avatars/missing.png', 'https://api.example/avatars/missing.png'],
      ['https://other.example/x', 'https://other.example/x'],
      ['javascript:alert(1)', null],
      ['', null],
    ],
  ],
];

describe.each(TABLE)('the reader %s', (_name, read, rows) => {
  it.each(rows)('reads %j as %j', (value, expected) => {
    expect(read(value)).toEqual(expected);
  });

  it('makes null of null and of what is not there', () => {
    expect([read(null), read(undefined)]).toEqual([null, null]);
  });

  it('throws at nothing', () => {
    fc.assert(fc.property(fc.anything(), (value) => void read(value)));
  });
});

describe('the reader externalId', () => {
  it.each([
    ['a lone surrogate', '\ud800'],
    ['NUL', 'a\0b'],
  ])('does not take an id with %s, which can’t be made into an id of ours', (_what, value) => {
    expect(externalId(value)).toBeNull();
  });

  it.each([2 ** 53, 12_345_678_901_234_567_890, 1e21, 1.5, -0.5])(
    'does not take the number %d, whose digits are not those that the provider wrote',
    (value) => {
      expect(externalId(value)).toBeNull();
    },
  );

  it('takes only what can be made into an id of ours and back', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
      fc.integer(),
      fc.anything(),
    );
    fc.assert(
      fc.property(value, (given) => {
        const id = externalId(given);
        if (id === null) return;
        const ref = { accountId: 'a', externalId: id };
        expect(parseConversationId(conversationId(ref))).toEqual(ref);
      }),
      { numRuns: 200 },
    );
  });
});

describe('the reader list', () => {
  it('takes an array for itself, and anything else for none', () => {
    expect(list(LIST)).toBe(LIST);
    for (const value of [null, undefined, {}, 'ab', 1, { length: 2 }]) expect(list(value)).toEqual([]);
  });
});

describe('the items of a page', () => {
  it('are those that can be read; the others are counted, not thrown at', () => {
    const lost = jest.fn<(count: number) => void>();
    const parse = (row: Readonly<Record<string, unknown>>) => text(row['id']);
    expect(items([{ id: 'a' }, null, 'x', { id: {} }, [], { id: 'b' }], parse, lost)).toEqual(['a', 'b']);
    expect(lost.mock.calls).toEqual([[4]]);
  });

  it('are not counted as lost when none is', () => {
    const lost = jest.fn<(count: number) => void>();
    expect(items([{ id: 1 }], ({ id }) => ({ id }), lost)).toEqual([{ id: 1 }]);
    expect(items([], () => ({}), lost)).toEqual([]);
    expect(lost).not.toHaveBeenCalled();
  });

  it('know their place among all that was there', () => {
    expect(
      items(
        [{}, null, {}],
        (_row, index) => ({ index }),
        () => undefined,
      ),
    ).toEqual([{ index: 0 }, { index: 2 }]);
  });
});

describe('a contract', () => {
  const contract = createContract(
    {
      source: { provider: 'PACT', accountId: 'sales' },
      lost: () => undefined,
      breached: () => undefined,
    },
    'messages',
  );

  it('gives what is there', () => {
    expect(contract.object(OBJECT, 'data')).toBe(OBJECT);
    expect(contract.list(LIST, 'data.messages')).toBe(LIST);
  });

  it.each<[string, () => unknown]>([
    ['an object', () => contract.object('canary', 'data.x')],
    ['an object that is null', () => contract.object(null, 'data.x')],
    ['a list', () => contract.list({ canary: 1 }, 'data.x')],
    ['a list that is missing', () => contract.list(undefined, 'data.x')],
    ['anything', () => contract.breach('data.x')],
  ])('names provider, call and path where %s is not there, and never what was', (_what, breach) => {
    expect(breach).toThrow(ContractError);
    expect(breach).toThrow(
      expect.objectContaining({
        code: 'PROVIDER_CONTRACT',
        retryable: false,
        source: { provider: 'PACT', accountId: 'sales' },
        message: expect.stringMatching(/^(?!.*canary).*PACT.*"messages".*data\.x/),
      }),
    );
  });
});
