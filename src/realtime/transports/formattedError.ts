import type { FormattedError } from '../../messaging/subscribing.ts';
import { ParleyError, publicMessageOf } from '../../messaging/errors.ts';

/** What clients learn of an error: of one that is not ours, only that there was one. */
export function toFormattedError(error: unknown): FormattedError {
  if (!(error instanceof ParleyError))
    return { message: 'Parley failed to answer this.', extensions: { code: 'INTERNAL_SERVER_ERROR' } };
  const { code, retryable, retryAfter } = error;
  const advice = retryable && { retryable, ...(retryAfter !== undefined && { retryAfter }) };
  return { message: publicMessageOf(error), extensions: { code, ...advice } };
}

/** A process that stops begins nothing. */
export function stopping(): ParleyError {
  return new ParleyError(
    'OVERLOADED',
    'This process of Parley is stopping. Subscribe again: another one will take it.',
    {
      retryable: true,
      retryAfter: 1,
    },
  );
}

/** What subscriptions under way are ended with. */
export function stopped(): ParleyError {
  return new ParleyError(
    'SHUTTING_DOWN',
    'This process of Parley is stopping. Subscribe again, from the last cursor on: another one will take it.',
    { retryable: true, retryAfter: 1 },
  );
}
