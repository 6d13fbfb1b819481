import { badRequest } from './incomingFields.ts';

/** What file systems and providers take as a name. */
const MAX_NAME_BYTES = 255;

// Control characters, and those that turn the direction of writing: with them, "gpj.exe" can look like "exe.jpg".
const INVISIBLE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/**
 * The name of a file as it can be shown and passed on: the last component of what the client said, without control
 * characters. Throws BAD_REQUEST where nothing is left of it, or more than 255 bytes.
 */
export function toFileName(said: unknown): string {
  const last =
    typeof said === 'string' ? said.slice(Math.max(said.lastIndexOf('/'), said.lastIndexOf('\\')) + 1) : '';
  const name = last.toWellFormed().replace(INVISIBLE, '').trim();
  if (name === '' || name === '.' || name === '..') throw badRequest('A file has a name.');
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) {
    throw badRequest(`The name of a file has at most ${MAX_NAME_BYTES} bytes.`);
  }
  return name;
}
