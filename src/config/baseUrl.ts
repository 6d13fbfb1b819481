import { text } from './text.ts';

/** An address to which paths are appended; without a slash at its end. */
export const baseUrl = text
  .refine(isBaseUrl, 'must be an http(s) URL without spaces, credentials, query or fragment')
  .transform((value) => value.replace(/\/+$/, ''));

function isBaseUrl(value: string): boolean {
  if (!/^https?:\/\/[^\s?#\\]+$/i.test(value) || !URL.canParse(value)) return false;
  const { username, password } = new URL(value);
  return !username && !password;
}
