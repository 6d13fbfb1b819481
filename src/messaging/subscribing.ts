import type { Viewer } from './viewer.ts';

/** A subscription as GraphQL over any transport says it. */
export interface SubscriptionRequest {
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | null | undefined;
}

/** Who subscribes, and by which request. */
export interface Subscriber {
  readonly viewer: Viewer;
  /** The headers of the request that the subscription came with, by lower-case name. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Aborts when the client has gone, or Parley stops. */
  readonly signal: AbortSignal;
}

/** One result, as JSON: what GraphQL answers for one event. */
export interface SubscriptionResult {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly FormattedError[];
  /** `cursor`, the event's place among all changes, stands here. */
  readonly extensions?: Readonly<Record<string, unknown>>;
}

export interface FormattedError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/**
 * What a subscription gives: its events, one result each, or the errors for which it never began. Results wait for whoever reads them,
 * up to a bound: who reads too slowly gets one last result with the code `SUBSCRIPTION_TOO_SLOW`, and the end. The last result also
 * says why Parley ends a subscription otherwise (`UNAUTHENTICATED` once a token has expired, `SHUTTING_DOWN`). `return()` ends it.
 */
export type Subscribed =
  | { readonly results: AsyncIterableIterator<SubscriptionResult>; readonly errors?: undefined }
  | { readonly results?: undefined; readonly errors: readonly FormattedError[] };

/** Checks a subscription as any operation is checked, and begins it. Never throws. */
export type Subscribe = (request: SubscriptionRequest, subscriber: Subscriber) => Promise<Subscribed>;
