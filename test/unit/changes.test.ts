import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Change } from '../../src/messaging/changes.ts';
import { compareChangeIds, conversationOf, FIRST, isChangeId, timeOf } from '../../src/messaging/changes.ts';
import { checkCursor, encodeChangeCursor, parseChangeCursor } from '../../src/messaging/cursors.ts';
import { InputError } from '../../src/messaging/errors.ts';

const number = fc.nat({ max: 10 ** 15 - 1 });
const place = fc.record({
  time: fc.oneof(number, fc.nat({ max: 20 })),
  number: fc.oneof(number, fc.nat({ max: 20 })),
});
const idOf = (at: { time: number; number: number }) => `${at.time}-${at.number}`;

describe('the id of a change', () => {
  it('rises with the time, and with the number within it', () => {
    fc.assert(
      fc.property(place, place, (a, b) => {
        const expected = Math.sign(a.time - b.time) || Math.sign(a.number - b.number);
        expect(Math.sign(compareChangeIds(idOf(a), idOf(b)))).toBe(expected);
        expect(Math.sign(compareChangeIds(idOf(b), idOf(a))) + expected).toBe(0);
      }),
    );
  });

  it('tells its time, and is never before the first', () => {
    fc.assert(
      fc.property(place, (at) => {
        expect(isChangeId(idOf(at))).toBe(true);
        expect(timeOf(idOf(at))).toBe(at.time);
        expect(compareChangeIds(FIRST, idOf(at))).toBeLessThanOrEqual(0);
      }),
    );
  });

  it.each([
    ...['', '-', '1', '1-', '-1', '1-1-1', '1_1', ' 1-1', '1-1 ', '1-1\n', '+', '$', '*', '(1-1'],
    ...['a-1', '1-a', '0x1-1', '1.5-1', '1e3-1', '٣-1', '1--1', `${'1'.repeat(16)}-1`, `1-${'1'.repeat(16)}`],
    ...[1, null, undefined, true, ['1-1'], { id: '1-1' }],
  ])('is not %j', (value) => {
    expect(isChangeId(value)).toBe(false);
  });
});

describe('the cursor of a change', () => {
  it('holds its place and the name of its log', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), place, (epoch, at) => {
        const cursor = encodeChangeCursor({ epoch, id: idOf(at) });
        expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(parseChangeCursor(cursor, 'after')).toEqual({ epoch, id: idOf(at) });
        expect(() => checkCursor('events', cursor, 'after')).not.toThrow();
      }),
    );
  });

  const [head] = JSON.parse(
    Buffer.from(encodeChangeCursor({ epoch: 'e', id: FIRST }), 'base64url').toString(),
  ) as [string];
  const write = (...parts: readonly unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');

  it.each([
    ['nothing', ''],
    ['no base64url', 'a b'],
    ['no JSON', Buffer.from('[').toString('base64url')],
    ['no list', Buffer.from('{}').toString('base64url')],
    ['no list’s name', write(1, 'e', '1-1')],
    ['another list', write('mAAAAAAAA', 'e', '1-1')],
    ['no place', write(head)],
    ['no id', write(head, 'e')],
    ['no name of a log', write(head, 7, '1-1')],
    ['an id that is none', write(head, 'e', '1')],
    ['an id that is a number', write(head, 'e', 1)],
    ['more than a place', write(head, 'e', '1-1', '1-1')],
  ])('is refused where it is %s', (_what, cursor) => {
    expect(() => parseChangeCursor(cursor, 'after')).toThrow(InputError);
    expect(() => parseChangeCursor(cursor, 'after')).toThrow('"after"');
  });

  it('is refused by lists of another kind', () => {
    const cursor = encodeChangeCursor({ epoch: 'e', id: '1-1' });

    for (const kind of ['messages', 'conversations', 'inbox'] as const)
      expect(() => checkCursor(kind, cursor, 'after')).toThrow(InputError);
  });

  it('is either read or refused, whatever it is', () => {
    const garbage = fc.oneof(
      fc.string(),
      fc.base64String(),
      fc.json().map((text) => write(text)),
    );
    fc.assert(
      fc.property(garbage, (cursor) => {
        expect(() => parseChangeCursor(cursor, 'after')).toThrow(InputError);
      }),
    );
  });
});

describe('the conversation of a change', () => {
  const accountId = 'acme';
  const conversation = { accountId, externalId: 'c1' };
  const message = { accountId, conversationExternalId: 'c1', externalId: '7' };

  it.each<[Change, string | undefined]>([
    [{ kind: 'CONVERSATION_UPDATED', conversation }, 'c1'],
    [{ kind: 'MESSAGE_ADDED', message, conversation } as unknown as Change, 'c1'],
    [{ kind: 'DELIVERY_UPDATED', accountId, message, jobId: null } as unknown as Change, 'c1'],
    [{ kind: 'DELIVERY_UPDATED', accountId, message: null, jobId: 'j' } as unknown as Change, undefined],
  ])('is known where it is told (%j)', (change, expected) => {
    expect(conversationOf(change)).toBe(expected);
  });
});
