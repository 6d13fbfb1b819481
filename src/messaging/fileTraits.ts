import type { FileTraits } from './outgoing.ts';
import type { UserError } from './userErrors.ts';
import { userError } from './userErrors.ts';

/** Of a file of which its client says nothing. */
export const NO_TRAITS: FileTraits = { pushToTalk: false, width: null, height: null };

/** What is wrong with what a client says of a file. Whether it fits the file is not asked: nobody decodes pictures here. */
export function checkTraits({ width, height }: FileTraits): UserError[] {
  const errors = Object.entries({ width, height }).flatMap(([name, pixels]) =>
    pixels === null || (Number.isSafeInteger(pixels) && pixels > 0)
      ? []
      : [userError('BAD_USER_INPUT', name, 'These are pixels: a whole number above 0.')],
  );
  if ((width === null) === (height === null)) return errors;
  const missing = width === null ? 'width' : 'height';
  return [...errors, userError('BAD_USER_INPUT', missing, 'Width and height are given together.')];
}

/** Whether a client has said anything of a file. */
export function hasTraits({ pushToTalk, width, height }: FileTraits): boolean {
  return pushToTalk || width !== null || height !== null;
}
