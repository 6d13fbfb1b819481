/**
 * Reads what providers write as a point in time, and writes it as UTC ISO 8601 with milliseconds, a form whose
 * alphabetical order is the order in time. Null for what is not a date: a guess would put a message in the wrong place.
 *
 * Taken are ISO 8601 dates with `Z`, `+hh:mm` or `+hhmm` (Letstalk), `2017-11-11 12:45:53 UTC` (Pact's webhooks), and
 * numbers, which are Unix seconds (Pact). A date without a zone is read as UTC: no provider documents one.
 */
export function parseInstant(value: unknown): string | null {
  if (typeof value === 'number') {
    // Zero is Pact's "never".
    return value > 0 ? toIso(value * 1000) : null;
  }
  if (typeof value !== 'string') return null;
  if (AS_WRITTEN.test(value)) return value;
  const match = ISO_LIKE.exec(value);
  if (!match) return null;
  const [, year, month, day, time, fraction = '.', sign, hours, minutes = '00'] = match;
  // JavaScript takes the 30th of February for the 1st of March.
  if (day === '00' || Number(day) > daysOf(Number(year), Number(month))) return null;
  const local = `${year}-${month}-${day}T${time}${fraction.slice(0, 4).padEnd(4, '0')}`;
  const isUtc = !sign || (hours === '00' && minutes === '00');
  if (isUtc && time! < '24') return `${local}Z`;
  return toIso(Date.parse(`${local}${sign ? `${sign}${hours}:${minutes}` : 'Z'}`));
}

/** What is in the one form already, on a day that every month has: a page has hundreds of them. */
const AS_WRITTEN =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

const ISO_LIKE =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}:[0-5]\d:[0-5]\d)(\.\d+)?\s?(?:Z|UTC|([+-])(\d{2}):?(\d{2})?)?$/;

/** 0 for a month that is none, so that no day is one of it. */
function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return DAYS[month - 1] ?? 0;
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function toIso(milliseconds: number): string | null {
  return milliseconds >= MIN_TIME && milliseconds <= MAX_TIME ? new Date(milliseconds).toISOString() : null;
}

// Years before 0 and past 9999 have another ISO form, which would break the alphabetical order.
const MIN_TIME = Date.parse('0000-01-01T00:00:00.000Z');
const MAX_TIME = Date.parse('9999-12-31T23:59:59.999Z');
