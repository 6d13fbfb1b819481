export const REDACTED = '[redacted]';

/** Names of secrets end so, in headers as in objects. */
const NAME =
  '(?:authorization|cookie|token|password|secret|(?:api|access|public|private)[-_]?key|headers|phone)';

const SECRET_NAME = new RegExp(`${NAME}$`, 'i');

/** What parameters of addresses and forms are called; the ends of it. */
const PARAMETER = '(?:token|key|secret|passw(?:or)?d|signature|credential)';

/**
 * What each of the patterns below needs, in a line of JSON as in the texts that it holds. Few lines have any of it, so that most are
 * looked at once. Hashes have many digits in a row as well, but in front of them only where they begin, or after what JSON escapes.
 */
const SUSPICIOUS = new RegExp(
  [
    ...['[@+]', 'eyJ', `${PARAMETER}=`, `${NAME}\\\\*" ?:`],
    ...['(?:bearer|basic)(?:[ \\t]|\\\\t)', '(?:^|[^\\da-f]|\\\\(?:[bf]|u00[\\da-f]{2}))\\d{10}'],
  ].join('|'),
  'i',
);

// Each begins where a run of its characters does, or with something that is not in the run, and never goes over a run twice, so that
// no text takes long.
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  // The user of an address, with the password.
  [/:\/\/[^\s/?#"'<>]*@/g, `://${REDACTED}@`],
  [new RegExp(`(${PARAMETER}=)[^&\\s"'<>#;]+`, 'gi'), `$1${REDACTED}`],
  // JSON inside a text.
  [new RegExp(`(${NAME}\\\\*" ?: ?\\\\*")[^"\\\\]+`, 'gi'), `$1${REDACTED}`],
  [/\b((?:bearer|basic)[ \t]+)[\w.~+/=-]{6,}/gi, `$1${REDACTED}`],
  // A JSON Web Token.
  [/(?<![\w-])eyJ[\w-]+(?:\.[\w-]*){1,4}/g, REDACTED],
  // A mail address. Its last part has letters, unlike that of a package's version.
  [/(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}._%+-]+@(?:[\p{L}\p{N}-]+\.)+\p{L}[\p{L}\p{N}-]+/gu, REDACTED],
  // A telephone number with its country, or ten to fifteen digits that are part of no word, and of no UUID.
  [/(?<!\w)\+(?:[ \u00a0()./-]{0,3}\d){7,15}/g, REDACTED],
  [/(?<!\w)(?<![\da-f]{8}(?:-[\da-f]{4}){3}-)\d{10,15}(?!\w)/gi, REDACTED],
];

/** Whether there may be something in a line, or in a text, that is not to be kept. */
export function looksSecret(line: string): boolean {
  return SUSPICIOUS.test(line);
}

/** Whether it is called as secrets are, so that its value is one, whatever it looks like. */
export function hasSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** Takes out of a text what has the form of a credential, of a mail address or of a telephone number. */
export function redactText(text: string): string {
  if (!looksSecret(text)) return text;
  return PATTERNS.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), text);
}
