import type { AccountConfig } from '../src/config/accounts.ts';
import type { Config } from '../src/config/index.ts';
import { secretsOfRedis } from '../src/config/redis.ts';
import type { Sandbox } from '../src/sandbox/index.ts';
import { letstalkPeople } from '../src/sandbox/letstalk/people.ts';

/** What may stand in no log line, error, metric or header. */
export interface Canary {
  /** What it is, for whoever reads that it was found. */
  readonly what: string;
  readonly value: string;
}

/** The secrets of a configuration. */
export function secretsOf({ accounts = [], auth, redis, tracing, uploads: { storage } }: Config): Canary[] {
  return [
    ...accounts.flatMap(secretsOfAccount),
    ...(auth.jwt?.key.kind === 'secret' ? [{ what: 'the JWT secret', value: auth.jwt.key.secret }] : []),
    ...(auth.clients ?? []).flatMap(({ id, keyHashes }) =>
      keyHashes.map((value) => ({ what: `the hash of the client ${id}'s key`, value })),
    ),
    ...(auth.router?.secrets ?? []).map((value) => ({ what: "the router's secret", value })),
    { what: "the router's certificate", value: auth.router?.certificate?.value ?? '' },
    ...(redis ? secretsOfRedis(redis) : []).map((value) => ({ what: "a password of Redis's", value })),
    ...Object.entries(tracing?.headers ?? {}).map(([name, value]) => ({
      what: `the header ${name} of the traces`,
      value,
    })),
    {
      what: "the object storage's secret",
      value: (storage.kind === 's3' && storage.credentials?.secretAccessKey) || '',
    },
  ].filter(isTelling);
}

function secretsOfAccount(account: AccountConfig): Canary[] {
  const of = (what: string, value: string) => ({ what: `the ${what} of the account ${account.id}`, value });
  switch (account.provider) {
    case 'pact':
      return [of('token', account.token), of('webhook secret', account.webhookSecret ?? '')];
    case 'letstalk':
      return [
        of('API key', account.apiKey),
        of('credentials', Buffer.from(`${account.apiKey}:X`).toString('base64')),
      ];
    case 'pigeons':
      return [of('public key', account.publicKey), of('token', account.token ?? '')];
  }
}

/** The phone numbers in what a freshly seeded sandbox answers. */
export function phonesOf({ pact }: Sandbox): Canary[] {
  const { clients } = letstalkPeople('', () => '');
  return [
    ...pact.conversations().map(({ sender_external_id }) => sender_external_id ?? ''),
    ...clients.map(({ phone }) => phone ?? ''),
  ]
    .map((value) => ({ what: 'the phone number of a customer', value }))
    .filter(isTelling);
}

/** The credentials in the headers of a request. */
export function credentialsIn(headers: Readonly<Record<string, string>>): Canary[] {
  return Object.entries(headers)
    .filter(([name]) => /authorization|key|token|claims|secret/i.test(name))
    .map(([name, value]) => ({
      what: `the header ${name} of a request`,
      value: value.replace(/^Bearer +/i, ''),
    }))
    .filter(isTelling);
}

// What tests give for want of a secret, such as `x`, stands in every text.
function isTelling({ value }: Canary): boolean {
  return value.length >= 8;
}

/** Says which of them stand in a text, and where; the values themselves stay out of it. */
export function findCanaries(canaries: readonly Canary[], text: string): string[] {
  return canaries.flatMap(({ what, value }) => {
    const at = indexOf(text, value);
    if (at < 0) return [];
    const around = `${text.slice(Math.max(0, at - 100), at)}[…]${text.slice(at + value.length, at + value.length + 50)}`;
    return [`${what} in: ${around}`];
  });
}

/** Digits are found as a whole number alone: an instant in milliseconds may have any eleven digits in it. */
function indexOf(text: string, value: string): number {
  const isNumber = /^\d+$/.test(value);
  for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + 1))
    if (!isNumber || !/\d/.test(`${text[at - 1] ?? ''}${text[at + value.length] ?? ''}`)) return at;
  return -1;
}
