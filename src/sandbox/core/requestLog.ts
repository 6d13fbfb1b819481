/** One request as it arrived at an emulator. */
export interface LoggedRequest {
  /** The provider's call (`messages`, `conversations`, …); `file` for a file or avatar, `unknown` for a route that does not exist. */
  readonly call: string;
  readonly method: string;
  /** As it came, still percent-encoded, without the query. */
  readonly path: string;
  /** Decoded; of a repeated name the last value. */
  readonly query: Readonly<Record<string, string>>;
  /** Names in lower case. They hold credentials: the log is for tests, in memory. */
  readonly headers: Readonly<Record<string, string>>;
  /** Null while there is no answer, and for ever after a hang or a reset. */
  readonly status: number | null;
}

/** A log entry whose status can still be written. */
export interface OpenLogEntry extends Omit<LoggedRequest, 'status'> {
  status: number | null;
}

/** The log of one emulator. */
export interface RequestLog {
  /** Always the same array, live. */
  readonly entries: readonly LoggedRequest[];
  append(entry: OpenLogEntry): void;
  readonly clear: () => void;
}

/**
 * Keeps the latest requests of an emulator in order: at least `capacity` of them, because the embedded sandbox of a server that
 * runs for days must not grow for ever.
 */
export function createRequestLog(capacity = 10_000): RequestLog {
  const entries: LoggedRequest[] = [];
  // Dropped in batches: moving the whole array for each request would cost more than the request.
  const batch = Math.max(1, Math.floor(capacity / 10));
  return {
    entries,
    append(entry) {
      entries.push(entry);
      if (entries.length > capacity + batch) entries.splice(0, batch);
    },
    clear() {
      entries.length = 0;
    },
  };
}
