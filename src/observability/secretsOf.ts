import type { AccountConfig } from '../config/accounts.ts';
import type { Config } from '../config/index.ts';

/** Everything in a configuration that nobody may read in a log. */
export function secretsOf({ accounts = [], auth, redis, tracing, uploads: { storage } }: Config): string[] {
  const { jwt, router } = auth;
  return [
    ...accounts.flatMap(secretsOfAccount),
    ...(jwt?.key.kind === 'secret' ? [jwt.key.secret] : []),
    ...(router?.secrets ?? []),
    ...(router?.certificate ? [router.certificate.value] : []),
    ...passwordsIn(redis?.url),
    ...Object.values(tracing?.headers ?? {}),
    ...(storage.kind === 's3' && storage.credentials ? [storage.credentials.secretAccessKey] : []),
  ];
}

function secretsOfAccount(account: AccountConfig): string[] {
  switch (account.provider) {
    case 'pact':
      return [account.token];
    case 'letstalk':
      // As the header has it: the user name of Basic, with a password that says nothing.
      return [account.apiKey, Buffer.from(`${account.apiKey}:X`).toString('base64')];
    case 'pigeons':
      return [account.publicKey, ...(account.token === undefined ? [] : [account.token])];
  }
}

/** The password of an address, as it is written there and as it is. */
function passwordsIn(url: string | undefined): string[] {
  const { password } = url === undefined ? { password: '' } : new URL(url);
  return password === '' ? [] : [password, decodeURIComponent(password)];
}
