import type { AccountConfig } from '../config/accounts.ts';
import type { Config } from '../config/index.ts';
import { secretsOfRedis } from '../config/redis.ts';

/** Everything in a configuration that nobody may read in a log. */
export function secretsOf({ accounts = [], auth, redis, tracing, uploads: { storage } }: Config): string[] {
  const { jwt, router } = auth;
  return [
    ...accounts.flatMap(secretsOfAccount),
    ...(jwt?.key.kind === 'secret' ? [jwt.key.secret] : []),
    ...(router?.secrets ?? []),
    ...(router?.certificate ? [router.certificate.value] : []),
    ...(redis ? secretsOfRedis(redis) : []),
    ...Object.values(tracing?.headers ?? {}).flatMap(secretsIn),
    ...(storage.kind === 's3' && storage.credentials ? [storage.credentials.secretAccessKey] : []),
  ];
}

function secretsOfAccount(account: AccountConfig): string[] {
  switch (account.provider) {
    case 'pact':
      return [account.token, ...(account.webhookSecret === undefined ? [] : [account.webhookSecret])];
    case 'letstalk':
      // As the header has it: the user name of Basic, with a password that says nothing.
      return [
        account.apiKey,
        Buffer.from(`${account.apiKey}:X`).toString('base64'),
        ...(account.live?.authKey === undefined ? [] : [account.live.authKey]),
      ];
    case 'pigeons':
      // The keys open nothing by themselves, but are nobody's business in a log.
      return [account.publicKey, account.token, account.live?.key].filter((secret) => secret !== undefined);
  }
}

/**
 * The credential in a header's value, with and without its scheme. What is shorter than any credential, such as `true` or the name of
 * a tenant, stands in other places as well.
 */
function secretsIn(value: string): string[] {
  return [value, value.replace(/^\w+ +/, '')].filter(({ length }) => length >= SHORTEST_CREDENTIAL);
}

/** Characters. */
const SHORTEST_CREDENTIAL = 10;
