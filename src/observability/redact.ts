import { hasSecretName, looksSecret, redactText, REDACTED } from './redactText.ts';

/**
 * Takes out of a line of JSON what must not be kept, wherever it stands: what is called as secrets are, credentials by their form, mail
 * addresses and telephone numbers, and the secrets that Parley knows, whatever they look like. Every other line stays as it is.
 *
 * Not by pino's own redaction, which knows a fixed depth, and with its wildcards costs twenty times what the line does.
 *
 * @param secrets the values themselves; those of less than six characters stand in every text, and to take them out would tell them
 */
export function createRedact(secrets: readonly string[]): (line: string) => string {
  const forms = [...new Set(secrets.filter(({ length }) => length >= SHORTEST).flatMap(formsOf))];
  const known = toPattern(forms, 'g');
  // As the line has them.
  const written = toPattern([...new Set([...forms, ...forms.map(escapeForJson)])], '');

  return (line) => {
    if (!looksSecret(line) && !written?.test(line)) return line;
    try {
      const value = JSON.parse(line) as unknown;
      const redacted = JSON.stringify(redactValue(value));
      return redacted === JSON.stringify(value) ? line : `${redacted}\n`;
    } catch {
      // Nobody writes such a line. What can't be read can't be looked through.
      return `{"msg":"${REDACTED}"}\n`;
    }
  };

  function redactValue(value: unknown): unknown {
    if (typeof value === 'string') return redactString(value);
    if (Array.isArray(value)) return value.map(redactValue);
    // A number that is a time, or a count, is nobody's.
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [
        redactString(name),
        hasSecretName(name) ? REDACTED : redactValue(inner),
      ]),
    );
  }

  function redactString(text: string): string {
    // First, since a pattern may fit a part of one.
    return redactText(known ? text.replaceAll(known, REDACTED) : text);
  }
}

/** Characters. */
const SHORTEST = 6;

/** A secret as it is, as JSON inside a text writes it, and as an address does. */
function formsOf(secret: string): string[] {
  return [secret, escapeForJson(secret), encodeURIComponent(secret.toWellFormed())];
}

function escapeForJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** Of several that begin alike, the longest. */
function toPattern(values: readonly string[], flags: string): RegExp | undefined {
  if (values.length === 0) return undefined;
  const longestFirst = [...values].sort((a, b) => b.length - a.length);
  return new RegExp(longestFirst.map(escapeForRegExp).join('|'), flags);
}

function escapeForRegExp(text: string): string {
  return text.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&');
}
