import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createLog } from '../../src/observability/createLog.ts';
import { createRedact, REDACTED } from '../../src/observability/redact.ts';

/** What is written for a call of the logger. */
function written(secrets: readonly string[], values: object, message = 'something happened'): string {
  const lines: string[] = [];
  const log = createLog({ level: 'trace', secrets }, { write: (line) => void lines.push(line) });
  log.info(values, message);
  return lines.join('');
}

const SECRET = fc
  .string({ minLength: 8, maxLength: 60, unit: 'binary' })
  .filter((text) => text.trim() !== '');

describe('a log line', () => {
  it('never holds a secret of the configuration, wherever it came from, and is JSON', () => {
    fc.assert(
      fc.property(SECRET, fc.string(), fc.string(), (secret, before, after) => {
        const text = `${before}${secret}${after}`;
        const error = new Error(text, { cause: new Error(text) });
        const line = written([secret], { err: error, deep: { list: [{ text }] }, text }, text);
        expect(() => JSON.parse(line) as unknown).not.toThrow();
        for (const form of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])
          // What is left may hold by chance what a short secret is made of, such as parts of the line's own names.
          expect(line.replaceAll(REDACTED, '').includes(form) && !NAMES.includes(form)).toBe(false);
      }),
    );
  });

  it.each([
    ['a bearer token', 'authorization: Bearer abcdef.123456', 'abcdef'],
    ['a JSON Web Token', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl', 'eyJ'],
    ['basic credentials', 'Basic bGV0c3RhbGs6WA==', 'bGV0'],
    ['the user of an address', 'redis://parley:hunter2@redis:6379/0', 'hunter2'],
    ['a token in an address', 'https://a.example/x?token=t0p5ecret&b=1', 't0p5ecret'],
    ['a signature in an address', 'https://b.example/o?x=1&X-Amz-Signature=0a1b2c3d', '0a1b2c3d'],
    ['a mail address', 'from jane.doe+x@mail.example.com today', 'jane'],
    ['a telephone number', 'call +7 (912) 345-67-89 now', '345'],
    ['a telephone number without its plus', 'sender 79123456789 wrote', '79123456789'],
  ])('has %s taken out of every text', (_what, text, secret) => {
    for (const line of [
      written([], { text }),
      written([], {}, text),
      written([], { err: new Error(text) }),
    ]) {
      expect(line).not.toContain(secret);
      expect(line).toContain(REDACTED);
      expect(() => JSON.parse(line) as unknown).not.toThrow();
    }
  });

  it.each(['authorization', 'cookie', 'password', 'token', 'apiKey', 'x-api-key', 'set-cookie'])(
    'has what is called %s taken out, whatever it looks like',
    (name) => {
      const line = written([], {
        [name]: 'plain',
        headers: { [name]: 'plain' },
        a: { b: { [name]: 'plain' } },
      });
      expect(line).not.toContain('plain');
    },
  );

  it.each([
    'conversations page 3 of 12',
    '2026-11-25T05:28:00.123Z',
    '4bf92f3577b34da6a3ce929d0e0e4736',
    '550e8400-e29b-41d4-a716-446655440000',
    'a@b',
    'in 12345678 ms',
  ])('leaves %s as it is', (text) => {
    expect(JSON.parse(written([], { text }))).toMatchObject({ text });
  });

  it('leaves numbers that are no texts as they are', () => {
    expect(JSON.parse(written([], { bytes: 12_345_678_901 }))).toMatchObject({ bytes: 12_345_678_901 });
  });
});

/** Names that every line has. */
const NAMES = written([], {});

describe('a text made to take long', () => {
  it.each([
    ['beginnings of tokens', 'eyJ-'],
    ['halves of addresses', '://a'],
    ['parts of mail addresses', 'a.'],
    ['at signs', '@a.'],
    ['digits', '1'],
    ['digits with spaces', '+1 '],
    ['quotes', '"'],
    ['backslashes', '\\'],
    ['parameters', '&token='],
    ['bearers', 'bearer '],
  ])('of %s is looked through once', (_what, part) => {
    // Were it looked through again from each of its places, the test would not come to its end.
    const line = JSON.stringify({ text: part.repeat(4_000_000 / part.length) });
    expect(() => JSON.parse(createRedact(['a secret of ours'])(line)) as unknown).not.toThrow();
  });
});
