import type { Fault } from '../../../src/sandbox/index.ts';

/**
 * Every way in which a provider can fail a call, and what a caller may rely on then. `read` is the code of what could not be read, or
 * what is there instead; `send` is what the first try of a send comes to.
 */
export interface FaultClass {
  readonly name: string;
  readonly fault: Fault;
  readonly read: ReadExpectation;
  readonly send: SendExpectation;
}

export type ReadExpectation =
  | { readonly code: string; readonly retryable: boolean; readonly retryAfter?: number }
  /** What does not exist, as far as anybody can tell. */
  | 'null'
  /** As if nothing were wrong. */
  | 'data';

/** Refused with a code, and the key is free again; in doubt, until evidence tells; or sent. */
export type SendExpectation = { readonly refused: string } | 'UNKNOWN' | 'SENT';

const contract = { code: 'PROVIDER_CONTRACT', retryable: false } as const;
const unavailable = { code: 'PROVIDER_UNAVAILABLE', retryable: true } as const;
const timeout = { code: 'PROVIDER_TIMEOUT', retryable: true } as const;
const limited = { code: 'PROVIDER_RATE_LIMITED', retryable: true } as const;

const refusal = (status: number, code: string): FaultClass => ({
  ...{ name: `the status ${status}`, fault: status },
  ...{ read: { code, retryable: false }, send: { refused: code } },
});

/** 429 with a header. One that names no time that could be waited for is as good as none. */
const retryAfter = (value: string, seconds?: number): FaultClass => ({
  name: `429 with the Retry-After ${JSON.stringify(value)}`,
  fault: { status: 429, headers: { 'retry-after': value } },
  read: { ...limited, ...(seconds !== undefined && { retryAfter: seconds }) },
  send: { refused: 'PROVIDER_RATE_LIMITED' },
});

/** More than the tests let an answer be. */
export const MAX_ANSWER_BYTES = 3 * 1024 * 1024;

const DAY = 86_400;

export const FAULTS: readonly FaultClass[] = [
  refusal(400, 'PROVIDER_REJECTED'),
  refusal(401, 'PROVIDER_UNAUTHENTICATED'),
  refusal(402, 'PROVIDER_PAYMENT_REQUIRED'),
  refusal(403, 'PROVIDER_FORBIDDEN'),
  { name: 'the status 404', fault: 404, read: 'null', send: { refused: 'NOT_FOUND' } },
  refusal(410, 'PROVIDER_GONE'),
  refusal(418, 'PROVIDER_REJECTED'),
  refusal(422, 'PROVIDER_REJECTED'),
  { name: '429', fault: 429, read: limited, send: { refused: 'PROVIDER_RATE_LIMITED' } },
  retryAfter('120', 120),
  retryAfter('999999999999', DAY),
  retryAfter('-1'),
  retryAfter('soon'),
  retryAfter('Thu, 01 Jan 1970 00:00:00 GMT'),
  retryAfter('Fri, 31 Dec 2199 23:59:59 GMT', DAY),
  ...[500, 502, 503, 504].map((status): FaultClass => ({
    name: `the status ${status}`,
    fault: status,
    read: unavailable,
    send: 'UNKNOWN',
  })),
  { name: 'a reset', fault: { reset: true }, read: unavailable, send: 'UNKNOWN' },
  { name: 'silence', fault: { hang: true }, read: timeout, send: 'UNKNOWN' },
  { name: 'half a body, and silence', fault: { hangBody: true }, read: timeout, send: 'UNKNOWN' },
  { name: 'half of the JSON', fault: { truncate: true }, read: contract, send: 'UNKNOWN' },
  { name: 'no JSON', fault: { malformed: true }, read: contract, send: 'UNKNOWN' },
  { name: 'an HTML page', fault: { html: true }, read: contract, send: 'UNKNOWN' },
  {
    name: 'JSON that calls itself a text',
    fault: { status: 200, body: '[]', headers: { 'content-type': 'text/plain' } },
    read: contract,
    send: 'UNKNOWN',
  },
  {
    name: '200 with an error in it',
    fault: { status: 200, body: { status: 'error', errors: ['upstream words'] } },
    read: contract,
    send: 'UNKNOWN',
  },
  { name: 'null', fault: { body: () => null }, read: contract, send: 'UNKNOWN' },
  {
    name: 'a redirect to this machine',
    fault: { redirect: 'http://127.0.0.1:9/upstream-words' },
    read: contract,
    send: 'UNKNOWN',
  },
  {
    name: 'a redirect elsewhere',
    fault: { redirect: 'https://elsewhere.example.com/upstream-words' },
    read: contract,
    send: 'UNKNOWN',
  },
  {
    name: 'more than Parley reads',
    fault: { oversize: MAX_ANSWER_BYTES + 1 },
    read: contract,
    send: 'UNKNOWN',
  },
  { name: 'a late answer', fault: { delay: 20 }, read: 'data', send: 'SENT' },
  { name: 'fields that nobody knows', fault: { body: withMore }, read: 'data', send: 'SENT' },
  { name: 'numbers as texts', fault: { body: numbersAsTexts }, read: 'data', send: 'SENT' },
];

/** The same, with something more in every object. */
function withMore(value: unknown): unknown {
  return mapObjects(value, (object) => ({ ...object, zz_new: { a: [1, null, 'ü'] }, '': 0 }));
}

/** The same, with each whole number as a text. */
function numbersAsTexts(value: unknown): unknown {
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return value.map(numbersAsTexts);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, numbersAsTexts(item)]));
}

function mapObjects(value: unknown, map: (object: object) => object): unknown {
  if (Array.isArray(value)) return value.map((item) => mapObjects(item, map));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, mapObjects(item, map)] as const);
  return map(Object.fromEntries(entries));
}
