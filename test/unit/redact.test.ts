import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createLog } from '../../src/observability/createLog.ts';
import { createRedact } from '../../src/observability/redact.ts';
import { REDACTED } from '../../src/observability/redactText.ts';

/** What is written for a call of the logger. */
function written(secrets: readonly string[], values: object, message = 'something happened'): string {
  const lines: string[] = [];
  const log = createLog({ level: 'trace', secrets }, { write: (line) => void lines.push(line) });
  log.info(values, message);
  return lines.join('');
}

/** Everything that a line says, as whoever reads it as JSON sees it. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([name, inner]) => [name, ...textsOf(inner)]);
  return [String(value)];
}

const SECRET = fc
  .string({ minLength: 8, maxLength: 60, unit: 'binary' })
  .filter((text) => text.trim() !== '');

/** What stands around a secret: also what JSON escapes, and what patterns could take for a part of it. */
const AROUND = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\n', '"', '\\', 'a', '4', '@', '://'),
);

describe('a log line', () => {
  it('never holds a secret of the configuration, wherever it came from, and is JSON', () => {
    fc.assert(
      fc.property(SECRET, AROUND, AROUND, (secret, before, after) => {
        const inJson = JSON.stringify({ inner: secret });
        for (const text of [`${before}${secret}${after}`, inJson, encodeURIComponent(secret)]) {
          const error = new Error(text, { cause: new Error(text) });
          const line = written([secret], { err: error, deep: { list: [{ text, [text]: 1 }] }, text }, text);
          const forms = [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)];
          // What is left may hold by chance what a short secret is made of, such as parts of the line's own names.
          const telling = forms.filter((form) => !REST.includes(form));
          for (const left of [line, ...textsOf(JSON.parse(line))])
            expect(telling.filter((form) => left.replaceAll(REDACTED, '').includes(form))).toEqual([]);
        }
      }),
    );
  });

  it('stays JSON where a secret looks like a part of it', () => {
    const line = written(['true,"n', '12345678'], { flag: true, n: 1, bytes: 12_345_678, text: '12345678' });
    expect(JSON.parse(line)).toMatchObject({ flag: true, n: 1, bytes: 12_345_678, text: REDACTED });
  });

  it.each([
    ['a bearer token', 'authorization: Bearer abcdef.123456', 'abcdef'],
    ['a JSON Web Token', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl', 'eyJ'],
    ['basic credentials', 'Basic bGV0c3RhbGs6WA==', 'bGV0'],
    ['the user of an address', 'redis://parley:hunter2@redis:6379/0', 'hunter2'],
    ['a password with an at sign', 'redis://parley:hun@ter2@redis:6379/0', 'ter2'],
    ['a token in an address', 'https://a.example/x?token=t0p5ecret&b=1', 't0p5ecret'],
    ['a short key in an address', 'https://a.example/x?api_key=k3y', 'k3y'],
    ['a token with a longer name', 'https://a.example/x?b=1&refresh_token=t0p5ecret', 't0p5ecret'],
    ['a signature in an address', 'https://b.example/o?x=1&X-Amz-Signature=0a1b2c3d', '0a1b2c3d'],
    ['a password in a form', 'password=hunter2&user=me', 'hunter2'],
    ['a password in JSON', '{"user":"me","password":"hunter2"}', 'hunter2'],
    ['a password in JSON in JSON', JSON.stringify(JSON.stringify({ password: 'hunter2' })), 'hunter2'],
    ['a mail address', 'from jane.doe+x@mail.example.com today', 'jane'],
    ['a mail address in other letters', 'от иван@почта.рф сегодня', 'иван'],
    ['a telephone number', 'call +7 (912) 345-67-89 now', '345'],
    ['the shortest telephone number', 'call +1234567', '1234567'],
    ['a telephone number without its plus', 'sender 79123456789 wrote', '79123456789'],
    ['a telephone number after its name', 'phone:79123456789', '79123456789'],
    ['a telephone number at the end', 'it was 79123456789.', '79123456789'],
  ])('has %s taken out of every text', (_what, text, secret) => {
    for (const wrapped of [text, `first\n${text}\nlast`, `\t${text}`, `"${text}"`, `\b${text}`]) {
      for (const line of [
        written([], { text: wrapped }),
        written([], { [wrapped]: 1 }),
        written([], {}, wrapped),
        written([], { err: new Error('outer', { cause: new Error(wrapped) }) }),
      ]) {
        expect(line).not.toContain(secret);
        expect(JSON.stringify(JSON.parse(line))).toContain(REDACTED);
      }
    }
  });

  it.each([
    ...['authorization', 'cookie', 'password', 'token', 'apiKey', 'x-api-key', 'set-cookie', 'headers'],
    ...['router-authorization', 'x-private-api-token', 'x-public-key', 'secretAccessKey', 'Authorization'],
  ])('has what is called %s taken out at any depth, whatever it looks like', (name) => {
    const line = written([], {
      [name]: 'plain',
      outer: { [name]: { inner: ['plain'] } },
      a: [{ b: { c: { [name]: 'plain' } } }],
    });
    expect(line).not.toContain('plain');
    expect(JSON.parse(line)).toMatchObject({ [name]: REDACTED });
  });

  it.each([
    'conversations page 3 of 12',
    '2026-11-25T05:28:00.123Z',
    '2026-11-25T05:28:00+03:00',
    '4bf92f3577b34da6a3ce929d0e0e4736',
    '0123456789abcdef',
    '550e8400-e29b-41d4-a716-446655440000',
    '550e8400-e29b-41d4-a716-123456789012',
    'a@b',
    'node_modules/@apollo/server/index.js and pino@10.4.0',
    'in 12345678 ms',
    'tokens: 12, a key and a password',
  ])('leaves %s as it is', (text) => {
    const line = `${JSON.stringify({ text, inner: { text }, bytes: 12_345_678_901 })}\n`;
    expect(createRedact(['a secret of ours'])(line)).toBe(line);
  });

  it('is left as it is where nothing in it is secret', () => {
    const innocent = fc.stringMatching(/^[a-z \n"\\А-я.:/-]{0,40}$/);
    fc.assert(
      fc.property(fc.dictionary(innocent, fc.oneof(innocent, fc.double(), fc.boolean())), (values) => {
        const line = JSON.stringify(values);
        expect(createRedact(['A SECRET OF OURS'])(line)).toBe(line);
      }),
    );
  });

  it('is left out where it can not be looked through', () => {
    expect(createRedact([])('no JSON, Bearer abcdef.123456\n')).toBe(`{"msg":"${REDACTED}"}\n`);
  });
});

/** What every line has. */
const REST = written([], { err: new Error('', { cause: new Error('') }), deep: { list: [{ text: '' }] } });

describe('a text made to take long', () => {
  it.each([
    ['beginnings of tokens', 'eyJ-'],
    ['parts of tokens', 'eyJa.'],
    ['halves of addresses', '://a'],
    ['parts of mail addresses', 'a.'],
    ['at signs', '@a.'],
    ['letters', 'a'],
    ['digits', '1'],
    ['digits with spaces', '+1 '],
    ['plus signs', '+'],
    ['groups of a UUID', 'abcd-'],
    ['quotes', '"'],
    ['backslashes', '\\'],
    ['names of passwords', 'password\\'],
    ['parameters', '&token='],
    ['bearers', 'bearer '],
    ['what a secret begins with', 'a secret of our'],
  ])('of %s is looked through once', (_what, part) => {
    // Were it looked through again from each of its places, the test would not come to its end.
    const line = JSON.stringify({ text: `${part.repeat(4_000_000 / part.length)} 1@+eyJ password=x` });
    const redacted = createRedact(['a secret of ours'])(line);
    expect(JSON.parse(redacted)).toMatchObject({ text: expect.stringContaining(`password=${REDACTED}`) });
  });
});
