import { text } from './text.ts';

/** What goes into a header: visible ASCII, so that a stray line break is found here and not on the wire. */
export const secret = text.regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces');
