import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { PageArguments } from '../../src/graph/pageArguments.ts';
import { parsePageArguments, toMessagePageRequest } from '../../src/graph/pageArguments.ts';
import { InputError } from '../../src/messaging/errors.ts';
import { toMessageList } from '../../src/messaging/messageList.ts';
import type { Position } from '../../src/messaging/paging.ts';
import type { Provider } from '../../src/messaging/provider.ts';

/** Knows one place. */
const PROVIDER = { isPosition: ([name]: Position) => name === 'place' } as Provider;

const after = (value: string) => ({ value, argument: 'after' });
const before = (value: string) => ({ value, argument: 'before' });

describe('paging arguments', () => {
  it.each<[PageArguments, 'forward' | 'backward', object]>([
    [{}, 'forward', { direction: 'forward', size: 20, cursor: undefined }],
    [{}, 'backward', { direction: 'backward', size: 20, cursor: undefined }],
    [{ first: 5 }, 'backward', { direction: 'forward', size: 5, cursor: undefined }],
    [{ last: 5 }, 'forward', { direction: 'backward', size: 5, cursor: undefined }],
    [{ first: 1 }, 'forward', { direction: 'forward', size: 1, cursor: undefined }],
    [{ last: 200 }, 'forward', { direction: 'backward', size: 200, cursor: undefined }],
    [{ first: 5, after: 'x' }, 'backward', { direction: 'forward', size: 5, cursor: after('x') }],
    [{ last: 5, before: 'x' }, 'forward', { direction: 'backward', size: 5, cursor: before('x') }],
    [{ after: 'x' }, 'backward', { direction: 'forward', size: 20, cursor: after('x') }],
    [{ before: 'x' }, 'forward', { direction: 'backward', size: 20, cursor: before('x') }],
    [{ first: null, after: null, last: null, before: null }, 'backward', { direction: 'backward', size: 20 }],
    [{ first: 5, after: null, last: null, before: null }, 'backward', { direction: 'forward', size: 5 }],
    [
      { first: null, last: 7, before: 'x' },
      'forward',
      { direction: 'backward', size: 7, cursor: before('x') },
    ],
    [{ after: '' }, 'forward', { direction: 'forward', size: 20, cursor: after('') }],
  ])('%j, usually %s, mean %j', (args, usual, expected) => {
    expect(parsePageArguments(args, usual)).toMatchObject(expected);
  });

  it.each<[PageArguments, string]>([
    [{ first: 0 }, 'first'],
    [{ first: -1 }, 'first'],
    [{ first: 201 }, 'first'],
    [{ last: 0 }, 'last'],
    [{ last: -5 }, 'last'],
    [{ last: 2 ** 31 - 1 }, 'last'],
    [{ first: NaN }, 'first'],
    [{ first: 5, last: 5 }, 'last'],
    [{ after: 'x', before: 'y' }, 'before'],
    [{ first: 5, before: 'x' }, 'before'],
    [{ last: 5, after: 'x' }, 'after'],
    [{ first: 0, after: 'x' }, 'first'],
  ])('%j are refused for "%s"', (args, argument) => {
    for (const usual of ['forward', 'backward'] as const) {
      expect(() => parsePageArguments(args, usual)).toThrow(InputError);
      expect(() => parsePageArguments(args, usual)).toThrow(
        expect.objectContaining({ code: 'BAD_USER_INPUT', argument }),
      );
      expect(() => parsePageArguments(args, usual)).toThrow(`"${argument}"`);
    }
  });

  it('give a page of 1 to 200 in one direction or are refused, whatever they are', () => {
    const size = fc.option(fc.integer({ min: -300, max: 300 }));
    const cursor = fc.option(fc.string());
    fc.assert(
      fc.property(
        fc.record({ first: size, after: cursor, last: size, before: cursor }, { requiredKeys: [] }),
        (args) => {
          try {
            const page = parsePageArguments(args, 'forward');
            expect(page.size).toBeGreaterThanOrEqual(1);
            expect(page.size).toBeLessThanOrEqual(200);
            if (page.cursor)
              expect(page.direction).toBe(page.cursor.argument === 'after' ? 'forward' : 'backward');
          } catch (error) {
            expect(error).toBeInstanceOf(InputError);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('the page of a conversation’s messages', () => {
  const conversation = { accountId: 'sales', externalId: '7' };
  const cursorOf = (externalId: string, position: Position = ['place', 1]) =>
    toMessageList(
      { ...conversation, externalId },
      { direction: 'backward', size: 1 },
      {
        items: [{ item: undefined as never, position }],
        hasMore: false,
      },
    ).cursorAt(0);

  it('is the newest 20 when nothing is asked', () => {
    expect(toMessagePageRequest(conversation, PROVIDER, {})).toEqual({ direction: 'backward', size: 20 });
  });

  it('goes on from the place of a cursor of that conversation', () => {
    expect(toMessagePageRequest(conversation, PROVIDER, { last: 3, before: cursorOf('7') })).toEqual({
      direction: 'backward',
      size: 3,
      from: ['place', 1],
    });
  });

  it.each(['after', 'before'] as const)('is refused for a bad "%s", by its name', (argument) => {
    for (const cursor of ['', 'garbage', cursorOf('8'), cursorOf('7', ['unknown'])]) {
      expect(() => toMessagePageRequest(conversation, PROVIDER, { [argument]: cursor })).toThrow(
        expect.objectContaining({ code: 'BAD_USER_INPUT', argument }),
      );
    }
  });
});
