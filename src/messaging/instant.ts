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
  const match = ISO_LIKE.exec(value);
  if (!match) return null;
  const [, date, time, fraction = '', sign, hours, minutes = '00'] = match;
  const zone = sign ? `${sign}${hours}:${minutes}` : 'Z';
  // JavaScript takes the 30th of February for the 1st of March.
  if (!existsInCalendar(date!)) return null;
  return toIso(Date.parse(`${date}T${time}${fraction.slice(0, 4)}${zone}`));
}

const ISO_LIKE = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(\.\d+)?\s?(?:Z|UTC|([+-])(\d{2}):?(\d{2})?)?$/;

function existsInCalendar(date: string): boolean {
  const midnight = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(date);
}

function toIso(milliseconds: number): string | null {
  return milliseconds >= MIN_TIME && milliseconds <= MAX_TIME ? new Date(milliseconds).toISOString() : null;
}

// Years before 0 and past 9999 have another ISO form, which would break the alphabetical order.
const MIN_TIME = Date.parse('0000-01-01T00:00:00.000Z');
const MAX_TIME = Date.parse('9999-12-31T23:59:59.999Z');
