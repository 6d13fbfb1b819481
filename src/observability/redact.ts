/**
 * Takes out of a line of JSON what must not be kept, wherever it stands: credentials by their form, mail addresses and telephone
 * numbers, and the secrets that Parley knows, whatever they look like.
 *
 * @param secrets the values themselves; shorter ones than {@link SHORTEST} stand in every text, and are left alone
 */
export function createRedact(secrets: readonly string[]): (line: string) => string {
  const values = secrets.filter(({ length }) => length >= SHORTEST).flatMap(formsOf);
  const longestFirst = [...new Set(values)].sort((a, b) => b.length - a.length);
  const known =
    longestFirst.length > 0 ? new RegExp(longestFirst.map(escapeForRegExp).join('|'), 'g') : undefined;
  return (line) => {
    const withoutKnown = known ? line.replace(known, REDACTED) : line;
    // Only in texts: a number that is a time, or a count, is nobody's.
    return withoutKnown.replace(TEXTS, redactText);
  };
}

export const REDACTED = '[redacted]';

/** Characters. */
export const SHORTEST = 4;

/** A text in JSON, quotes included. */
const TEXTS = /"(?:[^"\\]|\\.)*"/g;

/** What at least one of the patterns below needs, so that most texts are looked at once. */
const SUSPICIOUS = /@|eyJ|bearer|basic|[=\d][^"]{7}/i;

function redactText(text: string): string {
  if (!SUSPICIOUS.test(text)) return text;
  return PATTERNS.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), text);
}

// Each begins where a run of its characters does, and has a longest length or no way back, so that no text takes long.
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  // A JSON Web Token.
  [/(?<![\w-])eyJ[\w-]+(?:\.[\w-]*){1,4}/g, REDACTED],
  [/\b(bearer|basic) +[\w.~+/=-]{6,}/gi, `$1 ${REDACTED}`],
  // The user of an address, with the password.
  [/:\/\/[^\s/@"\\]{1,512}@/g, `://${REDACTED}@`],
  [
    /([?&](?:access_?token|token|api_?key|key|secret|password|signature|x-amz-[a-z-]{1,40})=)[^&\s"\\#]+/gi,
    `$1${REDACTED}`,
  ],
  // A mail address.
  [/(?<![\w.+%-])[\w.+%-]{1,64}@[a-z\d-]{1,63}(?:\.[a-z\d-]{1,63})+/gi, REDACTED],
  // A telephone number with its country, or ten to fifteen digits that are part of nothing else.
  [/(?<![\w+])\+\d[\d ().-]{5,22}\d(?!\w)/g, REDACTED],
  [/(?<![\w.:-])\d{10,15}(?![\w.:-])/g, REDACTED],
];

/** A secret as it is, as JSON writes it, and as an address does. */
function formsOf(secret: string): string[] {
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)];
}

function escapeForRegExp(text: string): string {
  return text.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&');
}
