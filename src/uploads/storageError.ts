import { ParleyError } from '../messaging/errors.ts';

/**
 * What any failure of the storage is to the rest of Parley: `STORAGE_UNAVAILABLE`, retryable. Of the failure itself only
 * its name, code and status are kept: its words hold keys, folders and signed requests.
 */
export function toStorageError(thrown: unknown): ParleyError {
  if (thrown instanceof ParleyError) return thrown;
  return new ParleyError('STORAGE_UNAVAILABLE', "The storage of files is full, or can't be reached.", {
    retryable: true,
    cause: new Error(describe(innermost(thrown))),
  });
}

/** What Node and the AWS SDK tell errors apart by. */
interface Failure {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: unknown };
}

// Flystorage wraps what it was thrown, sometimes twice.
function innermost(thrown: unknown): Failure {
  let failure = (thrown ?? {}) as Failure;
  for (let depth = 0; depth < MAX_DEPTH && isObject(failure.cause); depth += 1) failure = failure.cause;
  return failure;
}

const MAX_DEPTH = 5;

function isObject(value: unknown): value is Failure {
  return typeof value === 'object' && value !== null;
}

function describe({ name, code, $metadata }: Failure): string {
  const words = [name, code, $metadata?.httpStatusCode].filter((word) => word !== undefined);
  return words.map(String).join(' ') || 'unknown';
}
