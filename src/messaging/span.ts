/** A stretch of work in a trace. While nothing is traced there is none. */
export interface Span {
  /** As W3C's `traceparent` writes it: 32 hexadecimal digits. */
  readonly traceId: string;
  /** A stretch of work inside it. */
  child(name: string, attributes?: SpanAttributes): Span;
  /** Names it anew, once it is known what it is about. */
  rename(name: string): void;
  /** An `error.type` says that it has failed. */
  set(attributes: SpanAttributes): void;
  /** Ends it, once. A code says that it has failed. */
  end(code?: string): void;
}

/** Names and values that say nothing of what callers write or are. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;
