import type { RedisOptions } from 'ioredis';
import { Redis } from 'ioredis';
import { CLUSTER, REPLICA, storeError } from './errors.ts';
import type { RedisLink } from './redisLink.ts';
import { CONNECT_TIMEOUT, pauseBefore, redisOptions, tlsOptions } from './redisOptions.ts';
import type { SentinelRedis, SingleRedis } from './redisTarget.ts';

/** A link to one Redis: always the same one, or the one that the sentinels call the primary. Throws for a URL that is malformed. */
export function connectNode(target: SingleRedis | SentinelRedis, commandTimeout: number): RedisLink {
  const options = nodeOptions(commandTimeout);
  const client =
    target.kind === 'single'
      ? connectSingle(target, options)
      : new Redis({ ...options, ...sentinelOptions(target, commandTimeout) });
  return {
    client,
    async loadInfo() {
      const info = await loadNodeInfo(client);
      if (/^role:slave/m.test(info)) {
        // After a failover the same name leads to the new primary, but only who connects again gets there.
        client.disconnect(true);
        throw storeError(REPLICA);
      }
      // Otherwise every other key would be refused, and nobody could tell which.
      if (/^cluster_enabled:1/m.test(info) && (await countPrimaries(client)) > 1) throw storeError(CLUSTER);
      return [info];
    },
  };
}

function nodeOptions(commandTimeout: number) {
  return {
    ...redisOptions(commandTimeout),
    enableOfflineQueue: false,
    retryStrategy: pauseBefore,
    // After a failover the same name leads to the new primary. The command itself fails.
    reconnectOnError: ({ message }: Error) => message.includes('READONLY '),
  } satisfies RedisOptions;
}

/** The sections of INFO that say whether a Redis can be trusted. */
export async function loadNodeInfo(node: Pick<Redis, 'info'>): Promise<string> {
  // One at a time: before Redis 7, INFO knows no more than one section.
  const names = ['memory', 'replication', 'cluster'] as const;
  const sections = await Promise.all(names.map((name) => node.info(name)));
  return sections.join('\n');
}

/** How many share the keys of a cluster; 0 where that is not told. */
async function countPrimaries(node: Redis): Promise<number> {
  const info = await node.cluster('INFO').catch(() => '');
  return Number(/^cluster_size:(\d+)/m.exec(info)?.[1] ?? 0);
}

function connectSingle({ url, tls }: SingleRedis, options: ReturnType<typeof nodeOptions>): Redis {
  // The error of who parses it quotes it, with the password.
  if (!URL.canParse(url)) throw new Error("The URL of Redis is malformed: it can't be shown here.");
  const { protocol, hostname } = new URL(url);
  return new Redis(url, {
    ...options,
    ...(protocol === 'rediss:' && { tls: tlsOptions(tls ?? {}, hostname) }),
  });
}

function sentinelOptions(target: SentinelRedis, commandTimeout: number) {
  const { username, password, sentinelUsername, sentinelPassword } = target;
  const tls = target.tls && tlsOptions(target.tls);
  return {
    // They are asked anew for each connection, so that the next one after a failover is to the new primary.
    sentinels: target.sentinels.map((sentinel) => ({ ...sentinel })),
    name: target.name,
    db: target.database,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(sentinelUsername !== undefined && { sentinelUsername }),
    ...(sentinelPassword !== undefined && { sentinelPassword }),
    ...(tls && { tls, enableTLSForSentinelMode: true }),
    ...(target.sentinelTls && { sentinelTLS: tls ?? {} }),
    // Without it, nobody would ask again.
    sentinelRetryStrategy: pauseBefore,
    sentinelCommandTimeout: Math.min(commandTimeout, CONNECT_TIMEOUT),
  } satisfies RedisOptions;
}
