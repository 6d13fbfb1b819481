import type { ErrorCode } from './errors.ts';
import { InputError, ParleyError, publicMessageOf } from './errors.ts';

/** The codes of a mutation's `userErrors`: the enum `UserErrorCode` of the schema, which describes each. */
export type UserErrorCode =
  | Exclude<
      ErrorCode,
      | 'CURSOR_UNREACHABLE'
      | 'CURSOR_EXPIRED'
      | 'SUBSCRIPTION_TOO_SLOW'
      | 'SHUTTING_DOWN'
      | 'FORBIDDEN'
      | 'ANSWER_TOO_LARGE'
      | 'AUTHENTICATION_UNAVAILABLE'
      | 'PERSISTED_QUERY_NOT_IN_LIST'
      | 'INTERNAL_SERVER_ERROR'
    >
  | 'NOT_FOUND'
  | 'NOTHING_TO_SEND'
  | 'TEXT_REQUIRED'
  | 'TEXT_TOO_LONG'
  | 'TEXT_WITH_ATTACHMENT_FORBIDDEN'
  | 'TOO_MANY_ATTACHMENTS'
  | 'ATTACHMENT_TYPE_FORBIDDEN'
  | 'ATTACHMENT_TOO_LARGE'
  | 'ATTACHMENT_OF_ANOTHER_CONVERSATION'
  | 'SPLIT_NEEDED'
  | 'IDEMPOTENCY_CONFLICT';

/** What a caller of a mutation can expect to go wrong, and handle. */
export interface UserError {
  readonly code: UserErrorCode;
  /** Words for a developer, of ours. */
  readonly message: string;
  /** The path into the arguments; null where none is to blame. */
  readonly field: readonly string[] | null;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** Seconds. */
  readonly retryAfter: number | null;
}

/** An error that is about a field of the input, dotted where it is nested: `actionList.items.0`; about the input as a whole: ``. */
export function userError(code: UserErrorCode, field: string, message: string): UserError {
  return { code, message, field: toPath(field), retryable: false, retryAfter: null };
}

/** What a caller is told of an error that is no fault of ours. */
export function toUserError(error: ParleyError, field: string | null = null): UserError {
  return {
    code: error.code as UserErrorCode,
    message: publicMessageOf(error),
    field: field === null ? null : toPath(field),
    retryable: error.retryable,
    retryAfter: error.retryAfter ?? null,
  };
}

/** What a caller is told of an argument that can't be used. */
export function toInputError({ argument, message }: InputError): UserError {
  return userError('BAD_USER_INPUT', argument, message);
}

/** What a caller is told of an error that they can expect. Throws what is a fault of ours again. */
export function toUserErrors(error: unknown): UserError[] {
  if (error instanceof InputError) return [toInputError(error)];
  if (!(error instanceof ParleyError) || error.code === 'INTERNAL_SERVER_ERROR') throw error;
  return [toUserError(error)];
}

/** What does not exist, and what is somebody else's, in the same words. */
export function notFound(field: string): UserError {
  return userError('NOT_FOUND', field, 'There is nothing of this id, or it is not yours to use.');
}

/** @param what what can't be done, as in "sending messages" */
export function unsupported(field: string, what: string): UserError {
  return userError('UNSUPPORTED', field, `This account does not support ${what}: see its capabilities.`);
}

function toPath(field: string): readonly string[] {
  return field === '' ? ['input'] : ['input', ...field.split('.')];
}
