import type { ErrorCode, ErrorSource } from '../../messaging/errors.ts';
import { ProviderError } from '../../messaging/errors.ts';

/** A call that was not made, to keep its account, its provider or Parley from worse. Nothing has been done. */
export class NotMadeError extends ProviderError {
  /** @param retryAfter seconds */
  constructor(code: ErrorCode, message: string, { source, retryAfter }: NotMadeOptions) {
    super(code, message, { source, refused: true, retryable: true, retryAfter });
  }
}

interface NotMadeOptions {
  readonly source: ErrorSource;
  readonly retryAfter: number;
}
