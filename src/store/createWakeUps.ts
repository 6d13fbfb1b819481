import type { Cluster, Redis } from 'ioredis';

export interface WakeUpsOptions {
  readonly client: Redis | Cluster;
  readonly channel: string;
  /** Reads where the log stands. */
  readonly last: () => Promise<string>;
}

/** Tells that there is something to read. */
export interface WakeUps {
  follow(listener: (accountId?: string) => void): () => void;
  close(): void;
}

/** Milliseconds between two looks at the log, for what Redis has told nobody: a message to a connection that was lost is lost. */
const LOOK_PAUSE = 1_000;

/** Listens on a connection of its own, since one that subscribes can do nothing else. It is made with the first who follows. */
export function createWakeUps({ client, channel, last }: WakeUpsOptions): WakeUps {
  const listeners = new Set<(accountId?: string) => void>();
  let subscriber: Redis | Cluster | undefined;
  let timer: NodeJS.Timeout | undefined;
  let seen: string | undefined;
  let isLooking = false;

  const wake = (accountId?: string) => {
    for (const listener of listeners) listener(accountId);
  };

  return {
    follow(listener) {
      listeners.add(listener);
      if (!timer) {
        subscriber = open();
        timer = setInterval(() => void look(), LOOK_PAUSE);
        timer.unref();
      }
      return () => listeners.delete(listener);
    },
    close() {
      listeners.clear();
      clearInterval(timer);
      subscriber?.disconnect();
    },
  };

  function open(): Redis | Cluster {
    const opened = 'nodes' in client ? client.duplicate() : client.duplicate({ autoResubscribe: false });
    // The connection that commands use says why.
    opened.on('error', () => undefined);
    opened.on('message', (_channel: string, accountId: string) => wake(accountId));
    // With each connection anew: a subscription that has failed is not made again by itself.
    opened.on('ready', () => {
      opened.subscribe(channel).then(
        () => wake(),
        () => undefined,
      );
    });
    opened.on('close', () => {
      seen = undefined;
    });
    return opened;
  }

  async function look(): Promise<void> {
    if (isLooking || listeners.size === 0) return;
    isLooking = true;
    try {
      const id = await last();
      if (id !== seen) wake();
      seen = id;
    } catch {
      // Looked at again; whoever calls Redis is told what is wrong with it.
      seen = undefined;
    } finally {
      isLooking = false;
    }
  }
}
