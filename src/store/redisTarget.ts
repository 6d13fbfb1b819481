/** Where Redis is, and who Parley is to it. */
export type RedisTarget = SingleRedis | SentinelRedis | ClusterRedis;

/** One Redis, which stays the same. */
export interface SingleRedis {
  readonly kind: 'single';
  /** `redis://`, or `rediss://` for TLS, with user name, password and the database's number where there are any. */
  readonly url: string;
  /** How TLS is spoken, where that is not as usual. */
  readonly tls?: RedisTls | undefined;
}

/** A primary and its replicas; sentinels know which is which. */
export interface SentinelRedis extends RedisCredentials {
  readonly kind: 'sentinel';
  readonly sentinels: readonly RedisAddress[];
  /** What the sentinels call the primary. */
  readonly name: string;
  readonly database: number;
  readonly sentinelUsername?: string | undefined;
  readonly sentinelPassword?: string | undefined;
  /** Whether TLS is spoken to the sentinels as well. */
  readonly sentinelTls: boolean;
}

/** Several primaries, each with a part of the keys. */
export interface ClusterRedis extends RedisCredentials {
  readonly kind: 'cluster';
  /** Some of its nodes, who tell of the others. */
  readonly nodes: readonly RedisAddress[];
}

export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

interface RedisCredentials {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Undefined for no TLS. */
  readonly tls?: RedisTls | undefined;
}

/** Certificates and keys in PEM. */
export interface RedisTls {
  /** Who may have signed Redis's certificate; undefined for those whom Node.js trusts. */
  readonly ca?: string | undefined;
  /** Parley's own, where Redis asks for one. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Whose certificate it has to be; undefined for the host that is connected to. */
  readonly servername?: string | undefined;
}
