import { z } from 'zod';

/** An address that is used as it stands, with its query; nothing is appended. */
export const exactUrl = z
  .string()
  .refine(isUrl, 'must be an http(s) URL without spaces, credentials or fragment');

function isUrl(value: string): boolean {
  if (!/^https?:\/\/[^\s#\\]+$/i.test(value) || !URL.canParse(value)) return false;
  const { username, password } = new URL(value);
  return !username && !password;
}
