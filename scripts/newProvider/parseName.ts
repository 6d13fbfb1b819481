import { NewProviderError } from './NewProviderError.ts';

/** A provider's name, in each way in which the code writes it. */
export interface ProviderNames {
  /** `chatApp`: the folder, the accounts file, the sandbox. */
  readonly camel: string;
  /** `chat-app`: paths of the emulator. */
  readonly kebab: string;
  /** `ChatApp`: types, and what people read. */
  readonly pascal: string;
  /** `CHAT_APP`: the schema's enum. */
  readonly screaming: string;
}

const CAMEL = /^[a-z][a-z0-9]*([A-Z][a-z0-9]*)*$/;
const KEBAB = /^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$/;
const MAX_LENGTH = 30;

/** What can't be a variable, and what the sandbox or a file's own code has under that name. */
const RESERVED = new Set(
  (
    'arguments await break case catch class close const continue conversations debugger default delete do else enum eval export ' +
    'extends false finally for function headers ids if implements import in instanceof interface let long new null package ' +
    'private protected provider public reset return sandbox static super switch this throw true try typeof undefined unknown ' +
    'url var void while with yield'
  ).split(' '),
);

/** Reads `chatApp` or `chat-app`. Throws a {@link NewProviderError} for what can be no provider's name. */
export function parseName(text: string): ProviderNames {
  if (!CAMEL.test(text) && !KEBAB.test(text))
    throw new NewProviderError(
      `"${text}" is no name: give letters and digits such as "fax", "chatApp" or "chat-app", the first a small letter.`,
    );
  if (text.length > MAX_LENGTH)
    throw new NewProviderError(`"${text}" is too long: a name has at most ${MAX_LENGTH} characters.`);
  const words = text
    .replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    .split('-')
    .filter((word) => word !== '');
  const pascal = words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('');
  const camel = pascal[0]!.toLowerCase() + pascal.slice(1);
  if (RESERVED.has(camel)) throw new NewProviderError(`"${text}" has a meaning of its own in the code.`);
  return { camel, kebab: words.join('-'), pascal, screaming: words.join('_').toUpperCase() };
}
