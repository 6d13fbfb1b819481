import { ParleyError } from '../../messaging/errors.ts';

export interface SubscriptionLimitOptions {
  /** The most connections of the process. */
  readonly connections?: number;
  /** The most of them that one viewer may have. */
  readonly connectionsPerViewer?: number;
}

/** What all transports together may hold open. */
export interface SubscriptionLimits {
  /** Counts one more. Throws `OVERLOADED` where the process has as many as it takes. */
  connect(): HeldConnection;
}

export interface HeldConnection {
  /** Says whose it is, once. Throws `RATE_LIMITED` where they have as many as they may. */
  belongTo(viewerId: string): void;
  /** Lets go of it, however often it is called. */
  release(): void;
}

const CONNECTIONS = 10_000;
const CONNECTIONS_PER_VIEWER = 20;
/** Seconds. */
const RETRY_AFTER = 5;

export function createSubscriptionLimits(options: SubscriptionLimitOptions = {}): SubscriptionLimits {
  const { connections = CONNECTIONS, connectionsPerViewer = CONNECTIONS_PER_VIEWER } = options;
  const ofViewers = new Map<string, number>();
  let open = 0;

  return {
    connect() {
      if (open >= connections)
        throw new ParleyError('OVERLOADED', FULL, { retryable: true, retryAfter: RETRY_AFTER });
      open += 1;
      let owner: string | undefined;
      let released = false;
      return {
        belongTo(viewerId) {
          const count = ofViewers.get(viewerId) ?? 0;
          if (count >= connectionsPerViewer)
            throw new ParleyError('RATE_LIMITED', tooMany(connectionsPerViewer), {
              retryable: true,
              retryAfter: RETRY_AFTER,
            });
          ofViewers.set(viewerId, count + 1);
          owner = viewerId;
        },
        release() {
          if (released) return;
          released = true;
          open -= 1;
          if (owner === undefined) return;
          const left = ofViewers.get(owner)! - 1;
          if (left > 0) ofViewers.set(owner, left);
          else ofViewers.delete(owner);
        },
      };
    },
  };
}

const FULL =
  'This process of Parley has as many live connections as it takes. Try again: another one may have room.';

const tooMany = (most: number) =>
  `A caller has at most ${most} live connections. Close one that is no longer needed.`;
