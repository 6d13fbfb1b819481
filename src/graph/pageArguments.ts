import { InputError } from '../messaging/errors.ts';
import type { ConversationRef } from '../messaging/ids.ts';
import { parseMessageCursor } from '../messaging/messageList.ts';
import type { PageRequest } from '../messaging/paging.ts';
import type { Provider } from '../messaging/provider.ts';

/** The paging arguments of a connection field, as GraphQL hands them over. */
export interface PageArguments {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
}

/** Which way to walk, how far, and from which cursor. */
export interface ParsedPage {
  readonly direction: 'forward' | 'backward';
  /** 1 to 200. */
  readonly size: number;
  readonly cursor: { readonly value: string; readonly argument: 'after' | 'before' } | undefined;
}

const MAX_SIZE = 200;
const DEFAULT_SIZE = 20;

/**
 * Reads paging arguments. Throws an {@link InputError} that names the argument which can't be used.
 *
 * @param usual the way that is meant when no argument says it: conversations are read forward, messages backward
 */
export function parsePageArguments(args: PageArguments, usual: 'forward' | 'backward'): ParsedPage {
  const { first, after, last, before } = args;
  if (first != null && last != null) {
    throw new InputError('last', 'The arguments "first" and "last" exclude each other.');
  }
  if (after != null && before != null) {
    throw new InputError('before', 'The arguments "after" and "before" exclude each other.');
  }
  if (first != null && before != null) {
    throw new InputError('before', 'The argument "before" goes with "last", not with "first".');
  }
  if (last != null && after != null) {
    throw new InputError('after', 'The argument "after" goes with "first", not with "last".');
  }
  checkSize(first, 'first');
  checkSize(last, 'last');
  if (after != null)
    return { direction: 'forward', size: first ?? DEFAULT_SIZE, cursor: { value: after, argument: 'after' } };
  if (before != null)
    return {
      direction: 'backward',
      size: last ?? DEFAULT_SIZE,
      cursor: { value: before, argument: 'before' },
    };
  const direction = first != null ? 'forward' : last != null ? 'backward' : usual;
  return { direction, size: first ?? last ?? DEFAULT_SIZE, cursor: undefined };
}

/** What a conversation's `messages` field asks of its provider. Throws an {@link InputError} that names an argument. */
export function toMessagePageRequest(
  conversation: ConversationRef,
  provider: Provider,
  args: PageArguments,
): PageRequest {
  const { direction, size, cursor } = parsePageArguments(args, 'backward');
  const from = cursor && parseMessageCursor(conversation, provider, cursor.value, cursor.argument);
  return { direction, size, ...(from && { from }) };
}

function checkSize(size: number | null | undefined, argument: string): void {
  if (size == null || (size >= 1 && size <= MAX_SIZE)) return;
  throw new InputError(argument, `The argument "${argument}" must be 1 to ${MAX_SIZE}, not ${size}.`);
}
