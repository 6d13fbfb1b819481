import { Cluster } from 'ioredis';
import type { ClusterOptions, Redis } from 'ioredis';
import { loadNodeInfo } from './connectNode.ts';
import { CLUSTER_DOWN, storeError } from './errors.ts';
import type { RedisLink } from './redisLink.ts';
import { pauseBefore, redisOptions, tlsOptions } from './redisOptions.ts';
import type { ClusterRedis } from './redisTarget.ts';

export interface ClusterListeners {
  /** Told when a primary is gone, or another one has taken over: what is known of the primaries is old. */
  readonly changed: () => void;
  /** Told why a node can't be reached while none has been. */
  readonly failed: (thrown: unknown) => void;
}

/** How often a command follows a slot that is on its way from one primary to another. */
const MAX_REDIRECTIONS = 5;
/** Milliseconds before a command is sent again that Redis has put off. */
const PUT_OFF = 50;

/**
 * A link to a cluster. A command goes on to another node only where the first one has answered that it has not done it (MOVED,
 * ASK, TRYAGAIN). What a lost connection has left open is not sent again.
 */
export function connectCluster(
  target: ClusterRedis,
  commandTimeout: number,
  { changed, failed }: ClusterListeners,
): RedisLink {
  const nodes = target.nodes.map((node) => ({ ...node }));
  const client = new Cluster(nodes, clusterOptions(target, commandTimeout));
  /** The primaries that have been asked who they are. */
  let asked: ReadonlySet<Redis> = new Set();
  let isRefreshing = false;

  client.on('+node', (node: Redis) => {
    catchAsking(node);
    // Otherwise nobody would learn why the first nodes can't be reached.
    if (client.status !== 'ready') node.connect().catch(() => undefined);
  });
  client.on('node error', (thrown: unknown) => {
    if (client.status !== 'ready') failed(thrown);
  });
  client.on('-node', (node: Redis) => {
    if (asked.has(node)) changed();
  });
  client.on('refresh', () => {
    const primaries = client.nodes('master');
    const areSame = primaries.length === asked.size && primaries.every((node) => asked.has(node));
    if (!areSame && !isRefreshing && asked.size > 0) changed();
  });

  return {
    client,
    async loadInfo() {
      await refresh();
      const primaries = client.nodes('master');
      if (primaries.length === 0) throw storeError(CLUSTER_DOWN);
      asked = new Set(primaries);
      return Promise.all(primaries.map(loadClusterNodeInfo));
    },
  };

  /** Learns who the primaries are now. */
  async function refresh(): Promise<void> {
    isRefreshing = true;
    try {
      await new Promise<void>((resolve, reject) => {
        client.refreshSlotsCache((error) => {
          if (error) reject(error);
          else resolve();
        });
      });
    } catch (error) {
      // Nobody who is known is there any more. Those whom the configuration names may know more.
      if (client.status === 'ready' && client.nodes().length > 0) client.disconnect(true);
      throw error;
    } finally {
      isRefreshing = false;
    }
  }
}

function clusterOptions({ username, password, tls }: ClusterRedis, commandTimeout: number) {
  return {
    redisOptions: {
      ...redisOptions(commandTimeout),
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
      ...(tls && { tls: tlsOptions(tls) }),
    },
    clusterRetryStrategy: pauseBefore,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    maxRedirections: MAX_REDIRECTIONS,
    retryDelayOnTryAgain: PUT_OFF,
    // These would send again what may have been done, and wait where nobody knows how long.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    slotsRefreshTimeout: commandTimeout,
    // A node's certificate is for its name, and a name may lead elsewhere tomorrow.
    dnsLookup: (host, done) => done(null, host),
  } satisfies ClusterOptions;
}

async function loadClusterNodeInfo(node: Redis): Promise<string> {
  const [info, cluster] = await Promise.all([loadNodeInfo(node), node.cluster('INFO')]);
  return `${info}\n${cluster}`;
}

/** ioredis leaves what comes of an ASKING to nobody, so that a lost connection would end the process. */
function catchAsking(node: Redis): void {
  const ask = node.asking.bind(node);
  node.asking = () => {
    const answer = ask();
    answer.catch(() => undefined);
    return answer;
  };
}
