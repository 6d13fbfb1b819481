import { z } from 'zod';
import { isLoopback } from '../isLoopback.ts';
import { baseUrl } from './baseUrl.ts';
import { text } from './text.ts';

/** How a Pigeons platform tells what happens: over the Pusher protocol. */
export const pigeonsLive = z.strictObject(
  {
    /** The app's key, which stands in the path of the WebSocket's address. */
    key: text.regex(/^[A-Za-z0-9_-]{1,128}$/, 'must be 1 to 128 letters, digits, "_" or "-"'),
    /** Where the WebSocket is; `/app/{key}` is appended. */
    url: text
      .refine(isSocketUrl, 'must be a wss:// URL without spaces, credentials, query or fragment')
      .refine(
        (value) => !isSocketUrl(value) || isSafe(value),
        'must be wss://: ws:// is for this machine alone',
      )
      .transform((value) => value.replace(/\/+$/, '')),
    /** Who signs for channels; `/broadcasting/auth` at the root of the account's own host when absent. */
    authUrl: baseUrl.optional(),
  },
  { error: 'must be a mapping of keys to values' },
);

function isSocketUrl(value: string): boolean {
  if (!/^wss?:\/\/[^\s?#\\]+$/i.test(value) || !URL.canParse(value)) return false;
  const { username, password } = new URL(value);
  return !username && !password;
}

function isSafe(value: string): boolean {
  const { protocol, hostname } = new URL(value);
  return protocol === 'wss:' || isLoopback(hostname);
}
