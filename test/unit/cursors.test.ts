import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  checkCursor,
  encodeCursor,
  encodeMergedCursor,
  parseCursor,
  parseMergedCursor,
} from '../../src/messaging/cursors.ts';
import { InputError } from '../../src/messaging/errors.ts';
import type { Cut, Mark } from '../../src/messaging/merge.ts';
import type { Position } from '../../src/messaging/paging.ts';

const LIST = 'messages of somebody';

const position: fc.Arbitrary<Position> = fc.array(
  fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.constant('t'.repeat(255)),
    // JSON knows neither NaN nor the infinities, nor a negative zero.
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    fc.maxSafeInteger(),
    fc.constant(null),
  ),
  { minLength: 1, maxLength: 8, size: 'max' },
);

const accountId = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', '0', '1'),
);

const mark: fc.Arbitrary<Mark> = fc.oneof(
  fc.constant('end' as const),
  fc.record({ side: fc.constantFrom('after' as const, 'before' as const), position }),
);

const cut: fc.Arbitrary<Cut> = fc.record({
  owner: accountId,
  marks: fc
    .uniqueArray(fc.tuple(accountId, mark), { selector: ([id]) => id, maxLength: 6 })
    .map((entries) => Object.fromEntries(entries)),
});

type Parse = (list: string, cursor: string, argument: string) => unknown;

function expectRefused(parse: Parse, cursor: string, list = LIST): void {
  let thrown: unknown;
  try {
    parse(list, cursor, 'after');
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(InputError);
  expect(thrown).toMatchObject({ code: 'BAD_USER_INPUT', argument: 'after' });
  expect((thrown as Error).message).toContain('"after"');
}

const write = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const digestOf = (list: string) =>
  (JSON.parse(Buffer.from(encodeCursor(list, [1]), 'base64url').toString()) as [string])[0];

const mergedDigestOf = (list: string) => `c${digestOf(list).slice(1)}`;

describe('a cursor', () => {
  it('gives back the place that it names', () => {
    fc.assert(
      fc.property(fc.string(), position, (list, place) => {
        expect(parseCursor(list, encodeCursor(list, place), 'after')).toEqual(place);
      }),
      { numRuns: 200 },
    );
  });

  it('is made of characters that need no escape in a URL, and says which kind of list it belongs to', () => {
    fc.assert(
      fc.property(position, cut, (place, aCut) => {
        const cursors = [
          ['messages', encodeCursor(LIST, place), 'conversations'],
          ['conversations', encodeMergedCursor(LIST, aCut), 'messages'],
        ] as const;
        for (const [kind, cursor, otherKind] of cursors) {
          expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
          expect(() => checkCursor(kind, cursor, 'after')).not.toThrow();
          expect(() => checkCursor(otherKind, cursor, 'after')).toThrow(InputError);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('is refused on another list', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string(), { minLength: 2, maxLength: 2 }),
        position,
        cut,
        (lists, at, aCut) => {
          expectRefused(parseCursor, encodeCursor(lists[0]!, at), lists[1]);
          expectRefused(parseMergedCursor, encodeMergedCursor(lists[0]!, aCut), lists[1]);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('says that it belongs to another list, where it does', () => {
    expect(() => parseCursor('one', encodeCursor('other', [1]), 'after')).toThrow(/another list/);
  });
});

function entriesOf({ marks }: Cut): [string, Mark][] {
  return Object.entries(marks).sort(([a], [b]) => (a < b ? -1 : 1));
}

describe('a cursor of a merged list', () => {
  it('gives back the cut that it names', () => {
    fc.assert(
      fc.property(fc.string(), cut, (list, aCut) => {
        const parsed = parseMergedCursor(list, encodeMergedCursor(list, aCut), 'after');
        expect(parsed.owner).toBe(aCut.owner);
        expect(entriesOf(parsed)).toEqual(entriesOf(aCut));
      }),
      { numRuns: 200 },
    );
  });

  it('may hold hundreds of accounts with the longest places', () => {
    const marks = Object.fromEntries(
      Array.from({ length: 400 }, (_, index): [string, Mark] => [
        `account-${index}`,
        { side: 'after', position: ['desc', 't'.repeat(255), 1, '9'.repeat(19), 1_700_000_000_000] },
      ]),
    );
    const aCut: Cut = { owner: 'account-0', marks };
    expect(parseMergedCursor(LIST, encodeMergedCursor(LIST, aCut), 'after')).toEqual(aCut);
  });

  it('does no harm with accounts named like JavaScript’s own', () => {
    const forged = Buffer.from(
      `["${mergedDigestOf(LIST)}","__proto__",{"__proto__":["after",1],"constructor":"end","polluted":"end"}]`,
    ).toString('base64url');
    const { marks } = parseMergedCursor(LIST, forged, 'after');
    expect(Object.getPrototypeOf(marks)).toBe(Object.prototype);
    expect(Object.keys(marks).sort()).toEqual(['__proto__', 'constructor', 'polluted']);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    expect(({} as Record<string, unknown>)['side']).toBeUndefined();
  });

  it.each<[string, unknown[]]>([
    ['nothing else', []],
    ['no marks', ['a']],
    ['marks that are null', ['a', null]],
    ['marks that are text', ['a', 'end']],
    ['an owner that is no text', [1, {}]],
    ['something behind the marks', ['a', {}, 1]],
    ['a mark that is null', ['a', { a: null }]],
    ['a mark that is another word', ['a', { a: 'start' }]],
    ['a mark on no side', ['a', { a: ['beside', 1] }]],
    ['a mark without a place', ['a', { a: ['after'] }]],
    ['a mark that is an object', ['a', { a: { side: 'after', position: [1] } }]],
    ['a place that holds an object', ['a', { a: ['after', {}] }]],
    ['a place that holds a list', ['a', { a: ['after', [1]] }]],
    ['a place that holds a truth', ['a', { a: ['after', true] }]],
    ['a place of nine parts', ['a', { a: ['after', 1, 2, 3, 4, 5, 6, 7, 8, 9] }]],
    ['a place with an overlong text', ['a', { a: ['after', 'x'.repeat(301)] }]],
  ])('is refused when it holds %s', (_what, rest) => {
    expectRefused(parseMergedCursor, write([digestOf(LIST), ...rest]));
  });
});

describe('what is no cursor', () => {
  it.each<[string, string]>([
    ['nothing', ''],
    ['a space', ' '],
    ['NUL', '\0'],
    ['a lone surrogate', '\ud800'],
    ['a place without a list', write([])],
    ['a list that is no text', write([1, 2])],
    ['a list without a place', write([digestOf(LIST)])],
    ['an object', write({ 0: digestOf(LIST), 1: 1, length: 2 })],
    ['null', write(null)],
    ['a number', write(1)],
    ['a text', write('text')],
    ['JSON cut short', Buffer.from(`["${digestOf(LIST)}",1`).toString('base64url')],
    ['an object in the place', write([digestOf(LIST), {}])],
    ['nine parts', write([digestOf(LIST), 1, 2, 3, 4, 5, 6, 7, 8, 9])],
    ['an overlong part', write([digestOf(LIST), 'x'.repeat(301)])],
    ['padding', `${encodeCursor(LIST, [1])}=`],
    ['a line break', `${encodeCursor(LIST, [1])}\n`],
    ['lists in lists', Buffer.from(`${'['.repeat(90_000)}${']'.repeat(90_000)}`).toString('base64url')],
    ['lists in lists in a place', write([digestOf(LIST), nested(1_000)])],
    ['a long text', 'A'.repeat(262_145)],
    ['ten million characters', 'A'.repeat(10_000_000)],
  ])('is refused: %s', (_what, cursor) => {
    expectRefused(parseCursor, cursor);
    expectRefused(parseMergedCursor, cursor);
  });

  it('is refused and fails in no other way, whatever it is', () => {
    const json = fc.jsonValue({ maxDepth: 3 });
    const garbage = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
      fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64url')),
      json.map(write),
      fc.array(json).map((rest) => write([digestOf(LIST), ...rest])),
      fc.tuple(fc.string(), json).map(([owner, marks]) => write([digestOf(LIST), owner, marks])),
      fc
        .tuple(
          fc.oneof(
            position.map((at) => encodeCursor(LIST, at)),
            cut.map((at) => encodeMergedCursor(LIST, at)),
          ),
          fc.nat(),
        )
        .map(([cursor, at]) => cursor.slice(0, at % cursor.length)),
    );
    fc.assert(
      fc.property(garbage, (text) => {
        for (const parse of [parseCursor, parseMergedCursor] as Parse[]) {
          try {
            parse(LIST, text, 'after');
          } catch {
            expectRefused(parse, text);
          }
        }
        try {
          checkCursor('messages', text, 'after');
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      { numRuns: 200 },
    );
  });
});

function nested(depth: number): unknown {
  let value: unknown = [];
  for (let i = 0; i < depth; i += 1) value = [value];
  return value;
}
