import type { ErrorCode } from './errors.ts';

/** The HTTP status of what is refused before it becomes an operation; absent for what has none of its own. */
export const STATUSES: Partial<Record<ErrorCode, number>> = {
  BAD_REQUEST: 400,
  PERSISTED_QUERY_NOT_IN_LIST: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  RATE_LIMITED: 429,
  AUTHENTICATION_UNAVAILABLE: 503,
  OVERLOADED: 503,
  SHUTTING_DOWN: 503,
  REQUEST_TIMEOUT: 408,
  PAYLOAD_TOO_LARGE: 413,
  // Nobody is there to read it: nginx's name for that.
  CANCELLED: 499,
  STORAGE_UNAVAILABLE: 503,
};
