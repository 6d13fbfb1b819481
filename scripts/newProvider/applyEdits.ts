import { NewProviderError } from './NewProviderError.ts';

/** Something to put into a file, beside a text that stands there exactly once. */
export interface Edit {
  readonly where: 'before' | 'after';
  readonly anchor: string;
  readonly insert: string;
}

/** Makes all of a file's edits. Throws a {@link NewProviderError} that names the file and what was looked for in vain. */
export function applyEdits(file: string, text: string, edits: readonly Edit[]): string {
  return edits.reduce((result, { where, anchor, insert }) => {
    const [head, tail, ...more] = result.split(anchor);
    if (tail === undefined || more.length > 0) {
      const found = tail === undefined ? 'does not have' : 'has more than once';
      throw new NewProviderError(
        `${file} ${found} the text beside which something is to be put in:\n\n${anchor}\n\nSay another one in scripts/newProvider/editsOf.ts.`,
      );
    }
    return head! + (where === 'before' ? insert + anchor : anchor + insert) + tail;
  }, text);
}
