import { z } from 'zod';
import { ACCOUNT_ID } from '../messaging/ids.ts';
import { SCOPES } from '../messaging/viewer.ts';
import { text } from './text.ts';

const scope = z.enum(SCOPES, { error: `must be one of ${SCOPES.join(', ')}` });

const scopes = z.array(scope, { error: 'must be a list' }).min(1, 'must name at least one scope');

const accountIds = z.union(
  [z.literal('*'), z.array(text.regex(ACCOUNT_ID, 'must be the id of an account')).min(1)],
  { error: `must be a list of the accounts' ids, or "*" for all` },
);

/** What hashing a variable that is not set gives. */
const EMPTY = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** A program that calls with a key of its own. */
const client = z.strictObject(
  {
    id: text.regex(ACCOUNT_ID, 'must be 1 to 64 letters, digits, "_" or "-"'),
    /** More than one while keys are changed. */
    keyHashes: z
      .array(
        text
          .regex(/^sha256:[0-9a-f]{64}$/, 'must be "sha256:" and 64 hexadecimal digits, as api-key prints it')
          .refine((hash) => hash !== EMPTY, 'is the hash of an empty key, which everybody has'),
        { error: 'must be a list' },
      )
      .min(1, 'must have at least one hash')
      .max(10, 'must have at most ten hashes'),
    accounts: accountIds,
    scopes,
  },
  { error: 'must be a mapping of keys to values' },
);

export const clients = z
  .array(client, { error: 'must be a list' })
  .max(1_000, 'must have at most 1,000 clients')
  .superRefine((all, context) => {
    const owners = new Map<string, number>();
    for (const [index, { keyHashes }] of all.entries()) {
      for (const [place, hash] of keyHashes.entries()) {
        const owner = owners.get(hash) ?? index;
        owners.set(hash, owner);
        // Whose scopes such a key has, nobody could tell.
        if (owner !== index) {
          const message = `is a key of clients[${owner}] as well`;
          context.addIssue({ code: 'custom', path: [index, 'keyHashes', place], message });
        }
      }
    }
  });

export type ClientConfig = z.output<typeof client>;

/** A claim's name, or the names on the way to one inside of others. */
const claimPath = z.union([text.min(1).transform((name) => [name]), z.array(text.min(1)).min(1).max(10)], {
  error: 'must be the name of a claim, or a list of the names that lead to it',
});

/** Where a token's claims say what its bearer may, and what their values mean. */
export const claims = z.strictObject(
  {
    subject: claimPath.default(['sub']),
    accounts: claimPath.default(['parley_accounts']),
    scopes: claimPath.default(['scope']),
    /** What each value of the claim stands for. Without it, values are ids themselves. */
    accountValues: z.record(z.string(), accountIds, { error: 'must be a mapping' }).optional(),
    scopeValues: z.record(z.string(), scopes, { error: 'must be a mapping' }).optional(),
  },
  { error: 'must be a mapping of keys to values' },
);

export type ClaimsConfig = z.output<typeof claims>;

export const DEFAULT_CLAIMS: ClaimsConfig = claims.parse({});
