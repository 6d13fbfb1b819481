import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseRetryAfter, readBody, toStatusError } from '../../src/http/answer.ts';
import { ContractError, NotFoundError, ProviderError } from '../../src/messaging/errors.ts';

const SOURCE = { provider: 'LETSTALK', accountId: 'support' } as const;
const TEXT = 'canary-answer-text';

const answerOf = (status: number, headers: Record<string, string> = {}, body = TEXT) => ({
  status,
  body,
  header: (name: string) => headers[name],
});

describe('the status of an answer', () => {
  it.each([200, 201, 202, 204, 299])('%i is no error', (status) => {
    expect(toStatusError(answerOf(status), SOURCE)).toBeUndefined();
  });

  it.each([
    [301, 'PROVIDER_CONTRACT', false],
    [304, 'PROVIDER_CONTRACT', false],
    [308, 'PROVIDER_CONTRACT', false],
    [400, 'PROVIDER_REJECTED', false],
    [401, 'PROVIDER_UNAUTHENTICATED', false],
    [402, 'PROVIDER_PAYMENT_REQUIRED', false],
    [403, 'PROVIDER_FORBIDDEN', false],
    [404, 'PROVIDER_REJECTED', false],
    [405, 'PROVIDER_REJECTED', false],
    [406, 'PROVIDER_REJECTED', false],
    [410, 'PROVIDER_GONE', false],
    [418, 'PROVIDER_REJECTED', false],
    [422, 'PROVIDER_REJECTED', false],
    [429, 'PROVIDER_RATE_LIMITED', true],
    [500, 'PROVIDER_UNAVAILABLE', true],
    [502, 'PROVIDER_UNAVAILABLE', true],
    [503, 'PROVIDER_UNAVAILABLE', true],
    [599, 'PROVIDER_UNAVAILABLE', true],
  ])('%i is %s', (status, code, retryable) => {
    const error = toStatusError(answerOf(status, { location: TEXT, 'www-authenticate': TEXT }), SOURCE)!;
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ code, retryable, source: SOURCE, retryAfter: undefined });
    expect(JSON.stringify(error) + error.message + String(error.cause)).not.toContain(TEXT);
  });

  it('tells only 404 as not found', () => {
    for (const status of [400, 401, 402, 403, 404, 405, 410, 429, 500]) {
      expect(toStatusError(answerOf(status), SOURCE) instanceof NotFoundError).toBe(status === 404);
    }
  });

  it.each([429, 500, 503])('%i says how long to wait, where the provider does', (status) => {
    const waiting = (value: string) =>
      toStatusError(answerOf(status, { 'retry-after': value }), SOURCE)?.retryAfter;
    expect([waiting('17'), waiting('soon'), waiting('-1')]).toEqual([17, undefined, undefined]);
  });
});

describe('Retry-After', () => {
  const now = Date.parse('2024-05-06T07:08:09.500Z');

  it.each<[string | undefined, number | undefined]>([
    ['1', 1],
    ['120', 120],
    ['86400', 86_400],
    ['Mon, 06 May 2024 07:08:19 GMT', 10],
    ['Mon, 06 May 2024 07:08:10 GMT', 1],
    ['Monday, 06-May-24 07:09:09 GMT', 60],
    [undefined, undefined],
    ['', undefined],
    ['0', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['1e3', undefined],
    ['86401', 86_400],
    ['9'.repeat(400), 86_400],
    ['soon', undefined],
    ['120 seconds', undefined],
    ['Mon, 06 May 2024 07:08:09 GMT', undefined],
    ['Mon, 06 May 2023 07:08:09 GMT', undefined],
    ['Thu, 09 May 2024 07:08:09 GMT', 86_400],
  ])('of %j is %j seconds', (value, expected) => {
    expect(parseRetryAfter(value, now)).toBe(expected);
  });

  it('is whole seconds from one to a day, or nothing, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.integer().map(String), fc.double().map(String)), (value) => {
        const seconds = parseRetryAfter(value, now);
        if (seconds === undefined) return;
        expect(Number.isInteger(seconds)).toBe(true);
        expect(seconds).toBeGreaterThanOrEqual(1);
        expect(seconds).toBeLessThanOrEqual(86_400);
      }),
      { numRuns: 200 },
    );
  });
});

describe('the body of an answer', () => {
  const read = (body: string, type?: string) =>
    readBody(answerOf(200, type === undefined ? {} : { 'content-type': type }, body), SOURCE, 'messages');

  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset=utf-8',
    'APPLICATION/JSON',
    'application/vnd.api+json',
    'application/problem+json; x=y',
    'text/json',
    undefined,
  ])('is read as JSON when it is of the type %j', (type) => {
    expect(read('{"a":1}', type)).toEqual({ a: 1 });
  });

  it.each([
    'text/html',
    'text/html; charset=utf-8; was=application/json',
    'text/plain',
    'application/jsonp',
    'application/xml',
    'json',
    '',
  ])('breaks the contract when it is of the type %j', (type) => {
    expect(() => read(`{"a":"${TEXT}"}`, type)).toThrow(ContractError);
  });

  it.each([
    '',
    '{',
    `{"a":"${TEXT}`,
    `<html>${TEXT}</html>`,
    '{"a":1}{"b":2}',
    'undefined',
    "{'a':1}",
    'NaN',
  ])('breaks the contract when it is %j, and is not quoted', (body) => {
    for (const type of ['application/json', undefined]) {
      let thrown: unknown;
      try {
        read(body, type);
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeInstanceOf(ContractError);
      expect(thrown).toMatchObject({ code: 'PROVIDER_CONTRACT', retryable: false, source: SOURCE });
      expect((thrown as Error).message).toContain('"messages"');
      expect(JSON.stringify(thrown) + (thrown as Error).message).not.toContain(TEXT);
      expect((thrown as Error).cause).toBeUndefined();
    }
  });
});
