/** How much one caller may do in a time. */
export interface RateLimit {
  /** Counts one more. Throws a `ParleyError` with the code `RATE_LIMITED`, and the seconds to wait, where that is too much. */
  take(viewerId: string): Promise<void>;
}
