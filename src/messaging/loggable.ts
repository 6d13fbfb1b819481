import type { ErrorCode } from './errors.ts';
import { ParleyError } from './errors.ts';

/** An error as a log line has it: of ours the code and the words, of any other all there is. */
export function loggable(
  error: unknown,
): { readonly code: ErrorCode; readonly reason: string } | { readonly err: unknown } {
  return error instanceof ParleyError ? { code: error.code, reason: error.message } : { err: error };
}
