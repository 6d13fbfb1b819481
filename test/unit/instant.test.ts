import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseInstant } from '../../src/messaging/instant.ts';

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe('a point in time', () => {
  it.each<[string, unknown, string]>([
    ['ISO 8601 in UTC', '2024-05-06T07:08:09Z', '2024-05-06T07:08:09.000Z'],
    ['milliseconds', '2024-05-06T07:08:09.123Z', '2024-05-06T07:08:09.123Z'],
    ['tenths', '2024-05-06T07:08:09.5Z', '2024-05-06T07:08:09.500Z'],
    ['nanoseconds, cut off', '2024-05-06T07:08:09.123999999Z', '2024-05-06T07:08:09.123Z'],
    ['an offset with a colon', '2024-05-06T07:08:09+03:00', '2024-05-06T04:08:09.000Z'],
    ['an offset without a colon', '2024-05-06T07:08:09.25-0330', '2024-05-06T10:38:09.250Z'],
    ['an offset of hours', '2024-05-06T07:08:09+03', '2024-05-06T04:08:09.000Z'],
    ['an offset over midnight', '2024-01-01T00:30:00+01:00', '2023-12-31T23:30:00.000Z'],
    ['the form of Pact’s webhooks', '2017-11-11 12:45:53 UTC', '2017-11-11T12:45:53.000Z'],
    ['no zone, for UTC', '2017-11-11 12:45:53', '2017-11-11T12:45:53.000Z'],
    ['a leap day', '2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['seconds', 1_510_404_353, '2017-11-11T12:45:53.000Z'],
    ['seconds with a fraction', 1_510_404_353.25, '2017-11-11T12:45:53.250Z'],
  ])('is read from %s', (_what, value, expected) => {
    expect(parseInstant(value)).toBe(expected);
  });

  it.each<[string, unknown]>([
    ['zero, which is Pact’s "never"', 0],
    ['a negative number', -1],
    ['NaN', NaN],
    ['infinity', Infinity],
    ['a number past the year 9999', 253_402_300_800],
    ['a number past all dates', 1e300],
    ['nothing', ''],
    ['null', null],
    ['undefined', undefined],
    ['a truth', true],
    ['an object', {}],
    ['a list', ['2024-05-06T07:08:09Z']],
    ['a Date', new Date(0)],
    ['digits', '1510404353'],
    ['a day without a time', '2024-05-06'],
    ['a time without seconds', '2024-05-06T07:08Z'],
    ['words', 'yesterday'],
    ['another order', '06.05.2024 07:08:09'],
    ['a date with something behind it', '2024-05-06T07:08:09Z and more'],
    ['a date with something before it', 'on 2024-05-06T07:08:09Z'],
    ['a line break behind it', '2024-05-06T07:08:09Z\n'],
    ['another zone’s name', '2024-05-06T07:08:09 MSK'],
    ['a month that is none', '2024-13-06T07:08:09Z'],
    ['a day that is none', '2024-05-32T07:08:09Z'],
    ['a day that this month lacks', '2024-04-31T07:08:09Z'],
    ['a 30th of February', '2024-02-30T07:08:09Z'],
    ['a leap day of another year', '2023-02-29T07:08:09Z'],
    ['an hour that is none', '2024-05-06T25:08:09Z'],
    ['a minute that is none', '2024-05-06T07:60:09Z'],
    ['an offset that is none', '2024-05-06T07:08:09+99:99'],
    ['a year before the first', '0000-01-01T00:00:00+01:00'],
    ['a year past 9999', '9999-12-31T23:59:59-01:00'],
    ['digits of another script', '٢٠٢٤-05-06T07:08:09Z'],
  ])('is not read from %s', (_what, value) => {
    expect(parseInstant(value)).toBeNull();
  });

  it('has a form whose alphabetical order is the order in time', () => {
    const seconds = fc.integer({ min: 1, max: 253_402_300_799 });
    fc.assert(
      fc.property(seconds, seconds, (a, b) => {
        const [left, right] = [parseInstant(a)!, parseInstant(b)!];
        expect(left).toMatch(INSTANT);
        expect(Math.sign(a - b)).toBe(left < right ? -1 : left > right ? 1 : 0);
      }),
    );
  });

  it('survives being read again', () => {
    const date = fc.date({
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-31T00:00:00Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(date, (instant) => expect(parseInstant(instant.toISOString())).toBe(instant.toISOString())),
    );
  });

  it('is null or well-formed, whatever it is read from', () => {
    const digits = fc
      .tuple(
        fc.stringMatching(/^\d{4}-\d{2}-\d{2}$/),
        fc.constantFrom('T', ' '),
        fc.stringMatching(/^\d{2}:\d{2}:\d{2}(\.\d{1,9})?$/),
        fc.constantFrom('', 'Z', ' UTC', '+00:00', '-1200', '+14:00', '+99:99', '+05:'),
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.double(), fc.string(), digits), (value) => {
        expect(parseInstant(value) ?? '2024-05-06T07:08:09.000Z').toMatch(INSTANT);
      }),
      { numRuns: 300 },
    );
  });
});
