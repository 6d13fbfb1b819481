import { setImmediate as turn } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { StartedRedis } from './redis.ts';
import { startRedis } from './redis.ts';
import { AT_ONCE } from './redisSentinel.ts';

/** A cluster of the test's own. */
export interface StartedCluster {
  readonly nodes: readonly ClusterNode[];
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  /** Resolves when every node that runs finds the cluster whole. */
  whole(): Promise<void>;
  stop(): Promise<void>;
}

export interface ClusterNode {
  readonly redis: StartedRedis;
  readonly id: string;
  /** Who asks this node by itself. */
  readonly admin: Redis;
}

export interface StartClusterOptions {
  readonly primaries: number;
  /** Each of the first ones has one. */
  readonly replicas?: number;
  readonly password?: string;
}

const SLOTS = 16_384;

/** Starts nodes, makes them know each other, and gives each primary its part of the slots. Only where there is a redis-server. */
export async function startCluster({
  primaries,
  replicas = 0,
  password,
}: StartClusterOptions): Promise<StartedCluster> {
  const auth = password === undefined ? [] : ['--requirepass', password, '--masterauth', password];
  const args = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '500', ...AT_ONCE, ...auth];
  const nodes = await Promise.all(
    Array.from({ length: primaries + replicas }, () => startNode(args, password)),
  );
  const running = () => nodes.filter(({ admin }) => admin.status === 'ready');
  const every = async (isSo: (node: ClusterNode) => Promise<boolean>) => {
    while (!(await Promise.all(running().map(isSo))).every(Boolean)) await turn();
  };
  const { host, port } = nodes[0]!.redis.address;
  await Promise.all(nodes.slice(1).map(({ admin }) => admin.cluster('MEET', host, port)));
  await Promise.all(
    nodes.slice(0, primaries).map(({ admin }, index) => {
      const [from, to] = [index, index + 1].map((part) => Math.round((part * SLOTS) / primaries));
      return admin.call('CLUSTER', 'ADDSLOTSRANGE', from!, to! - 1);
    }),
  );
  await every(async ({ admin }) => (await infoOf(admin)).includes(`cluster_known_nodes:${nodes.length}`));
  await Promise.all(
    nodes.slice(primaries).map(({ admin }, index) => admin.cluster('REPLICATE', nodes[index]!.id)),
  );
  await every(async ({ admin }) => /role:master|master_link_status:up/.test(await admin.info('replication')));
  const whole = () => every(async ({ admin }) => (await infoOf(admin)).includes('cluster_state:ok'));
  await whole();
  return {
    nodes,
    addresses: nodes.map(({ redis }) => redis.address),
    whole,
    async stop() {
      for (const { admin } of nodes) admin.disconnect();
      await Promise.all(nodes.map(({ redis }) => redis.stop()));
    },
  };
}

async function startNode(args: readonly string[], password: string | undefined): Promise<ClusterNode> {
  const redis = (await startRedis({ durable: true, args }))!;
  const admin = new Redis(redis.url, {
    retryStrategy: () => 20,
    disconnectTimeout: 10,
    ...(password !== undefined && { password }),
  });
  admin.on('error', () => undefined);
  return { redis, admin, id: await admin.cluster('MYID') };
}

function infoOf(admin: Redis): Promise<string> {
  return admin.cluster('INFO');
}
