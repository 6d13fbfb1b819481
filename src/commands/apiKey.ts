import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { hashApiKey } from '../auth/clients.ts';
import { ACCOUNT_ID } from '../messaging/ids.ts';
import { SCOPES } from '../messaging/viewer.ts';
import { UsageError } from './UsageError.ts';

/** Makes a key for a program, and prints it with its hash: Parley itself is only ever told the hash. */
export function apiKey(args: readonly string[]): number {
  const { id, accounts, scopes } = parseOptions(args);
  // Secret scanners know a key by how it begins.
  const key = `parley_${randomBytes(KEY_BYTES).toString('base64url')}`;
  const hash = hashApiKey(key);
  process.stdout.write(`\
The key, shown this once and kept nowhere. The program sends it in the header x-api-key.

  ${key}

Its hash, which is no secret:

  ${hash}

For the accounts file, together with api-key in AUTH:

clients:
  - id: ${JSON.stringify(id)}
    keyHashes: [${JSON.stringify(hash)}]
    accounts: ${JSON.stringify(accounts)}
    scopes: ${JSON.stringify(scopes)}
`);
  return 0;
}

/** As many as nobody guesses, so that a plain hash of them is enough. */
const KEY_BYTES = 32;

function parseOptions(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      id: { type: 'string', default: 'client' },
      accounts: { type: 'string', default: '*' },
      scopes: { type: 'string', default: 'messages:read' },
    },
  });
  const accounts = values.accounts === '*' ? '*' : values.accounts.split(',');
  const scopes = values.scopes.split(',');
  const known: readonly string[] = SCOPES;
  if (!ACCOUNT_ID.test(values.id)) throw new UsageError('--id takes 1 to 64 letters, digits, "_" or "-".');
  if (accounts !== '*' && !accounts.every((account) => ACCOUNT_ID.test(account)))
    throw new UsageError('--accounts takes ids of the accounts file with commas between them, or *.');
  if (!scopes.every((scope) => known.includes(scope)))
    throw new UsageError(`--scopes takes some of ${SCOPES.join(', ')}, with commas between them.`);
  return { id: values.id, accounts, scopes };
}
