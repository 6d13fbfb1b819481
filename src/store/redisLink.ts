import type { Cluster, Redis } from 'ioredis';

/** A client of Redis that connects by itself, again and again. */
export interface RedisLink {
  /** Sends a command once, or fails: it never waits for a connection, and never sends again what may have been done. */
  readonly client: Redis | Cluster;
  /** What everybody says of themselves who takes writes: the sections "memory" and "replication" of INFO, and what a cluster's node says of the cluster. */
  loadInfo(): Promise<readonly string[]>;
}
