export type TransportName = 'websocket' | 'sse' | 'callback';

/** Why a connection is over. A callback, which has no connection of its own, counts as one. */
export type CloseReason =
  /** All results have gone out. */
  | 'completed'
  /** The client went away. */
  | 'left'
  /** It was not let in, or did not keep to the protocol. */
  | 'refused'
  /** It no longer answered. */
  | 'silent'
  /** It did not take what it was sent. */
  | 'slow'
  /** Parley stops. */
  | 'stopped';

/** Counts connections. For a WebSocket, that is one however many subscriptions it carries. */
export interface TransportObserver {
  opened(transport: TransportName): void;
  /** Once for each that was opened. */
  closed(transport: TransportName, reason: CloseReason): void;
  /** Told of what should never happen, and of which clients learn nothing but that it did. */
  failed?(transport: TransportName, error: unknown): void;
}

export const NO_OBSERVER: TransportObserver = { opened: () => undefined, closed: () => undefined };
