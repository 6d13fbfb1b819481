import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ContractError } from '../../src/messaging/errors.ts';
import type { Position } from '../../src/messaging/paging.ts';
import { readPage } from '../../src/providers/pact/v2/numberedList.ts';
import { MAX_CALLS } from '../../src/providers/pact/v2/rankedView.ts';
import { walkBack } from '../../src/providers/pact/v2/walkBack.ts';
import type { PactV2MessageRow } from '../../src/providers/pact/v2/wire.ts';
import { parseMessagePage } from '../../src/providers/pact/v2/wire.ts';

const UNREACHABLE = new Error('unreachable');
const MOST = 2 ** 31 - 1;
const wire = {
  source: { provider: 'PACT', accountId: 'sales' },
  lost: () => undefined,
  breached: () => undefined,
} as const;

/** What a list answers, by the number of the call: rows, and what is said of them. */
type Answer = (
  page: number,
  perPage: number,
  call: number,
) => { readonly rows: readonly object[]; readonly meta: object };

function listOf(answer: Answer) {
  const habits = { oldestFirst: undefined as boolean | undefined, perPage: 150 };
  const asked: number[] = [];
  return {
    asked,
    habits,
    fetchPage: (page: number, perPage: number) => {
      asked.push(perPage);
      const { rows, meta } = answer(page, perPage, asked.length - 1);
      return Promise.resolve(parseMessagePage({ status: 'ok', data: rows, meta }, perPage, wire));
    },
    idOf: ({ id }: PactV2MessageRow) => id,
    timeOf: ({ sentAt }: PactV2MessageRow) => Date.parse(sentAt),
    oldestFirst: true,
    rowsMove: false,
    unreachable: () => UNREACHABLE,
  };
}

/** Seconds since 1970, of the newest row. */
const NOW = 1_700_000_000;

/** The rows of a page of so many in all, newest first. */
function rowsOf(total: number, page: number, perPage: number): object[] {
  const begin = (page - 1) * perPage;
  const count = Math.max(0, Math.min(perPage, total - begin));
  return Array.from({ length: count }, (_, index) => ({
    id: total - begin - index,
    external_created_at: NOW - begin - index,
  }));
}

const newest = (size: number) => ({ direction: 'backward', size }) as const;
const idsFrom = (first: number, count: number) =>
  Array.from({ length: count }, (_, at) => String(first + at));

describe('pages by number of a list that lies', () => {
  it('end where it says that its pages, and it, are larger than anything', async () => {
    const list = listOf((page, perPage) => ({
      rows: rowsOf(10, page, perPage),
      meta: { page, entries_count: MOST, per_page: MOST },
    }));

    await expect(readPage(list, { direction: 'forward', size: 5 })).rejects.toBe(UNREACHABLE);
    expect(list.asked).toHaveLength(MAX_CALLS);
    const { items } = await readPage(list, newest(5));
    expect(items).toHaveLength(5);
  });

  it.each([
    ['0', 0],
    ['less than there are', 1],
    ['less than none', -5],
    ['a word', 'many'],
    ['nothing', undefined],
  ])('are as large as they were to be where it says that they have %s', async (_what, said) => {
    const list = listOf((page, perPage) => ({
      rows: rowsOf(400, page, perPage),
      meta: { page, entries_count: 400, per_page: said },
    }));

    const { items } = await readPage(list, newest(200));

    expect(items.map(({ item }) => item.id)).toEqual(idsFrom(201, 200));
    expect(list.habits.perPage).toBe(150);
    expect(list.asked.length).toBeLessThanOrEqual(2);
  });

  it.each([0, 7])('have all the rows that they show where it says that there are %i', async (said) => {
    const list = listOf((page, perPage) => ({
      rows: rowsOf(20, page, perPage),
      meta: { page, entries_count: said, per_page: perPage },
    }));

    const { items } = await readPage(list, newest(50));

    expect(items.map(({ item }) => item.id)).toEqual(idsFrom(1, 20));
  });

  it('cost a bounded number of calls, and end in a page or an error that is meant, whatever it says', async () => {
    const said = fc.oneof(
      fc.constantFrom<unknown>(0, 1, 25, 150, 1_000, MOST, MOST + 1, -1, '7', 'x', String(MOST), null, 1.5),
      fc.nat({ max: 400 }),
    );
    const answers = fc.array(
      fc.record({
        count: fc.nat({ max: 200 }),
        ...{ total: said, perPage: said },
        rise: fc.constantFrom(1, 0, -1, 7_919),
        shift: fc.nat({ max: 5 }),
      }),
      { minLength: 1, maxLength: 4 },
    );
    const place = fc
      .tuple(
        fc.constantFrom('5', '9999999999999999999'),
        fc.constantFrom(0, NOW * 1_000, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
        fc.oneof(fc.nat({ max: 500 }), fc.constantFrom(MOST - 1)),
        fc.constantFrom(501, MOST),
      )
      .filter(([, , rank, total]) => rank < total);
    await fc.assert(
      fc.asyncProperty(
        ...[answers, fc.option(place, { nil: undefined }), fc.integer({ min: 1, max: 200 })],
        ...[fc.constantFrom('forward' as const, 'backward' as const), fc.boolean(), fc.boolean()],
        async (lies, from, size, direction, oldestFirst, rowsMove) => {
          const list = listOf((page, perPage, call) => {
            if (page < 1 || perPage < 1) throw new Error(`page ${page} of ${perPage}`);
            const { count, total, perPage: many, rise, shift } = lies[call % lies.length]!;
            const rows = Array.from({ length: count }, (_, index) => ({
              id: index + page * shift,
              external_created_at: NOW + ((index * rise) % 101),
            }));
            return { rows, meta: { page, entries_count: total, per_page: many } };
          });
          const options = { ...list, oldestFirst, rowsMove };
          const request = { direction, size, ...(from && { from: from as Position }) };

          const page = await readPage(options, request).catch((error: unknown) => {
            if (error !== UNREACHABLE && !(error instanceof ContractError)) throw error;
          });

          const ids = page?.items.map(({ item }) => item.id) ?? [];
          expect(ids.length).toBeLessThanOrEqual(size);
          expect(new Set(ids).size).toBe(ids.length);
          // Each of its restarts may make as many.
          expect(list.asked.length).toBeLessThanOrEqual(MAX_CALLS);
          list.asked.length = 0;
          await walkBack(list, { take: () => undefined, goOn: () => true }).catch((error: unknown) => {
            if (!(error instanceof ContractError)) throw error;
          });
          expect(list.asked.length).toBeLessThanOrEqual(MAX_CALLS);
        },
      ),
      { numRuns: 300 },
    );
  });
});
