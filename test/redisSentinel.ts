import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Certificates } from './certificates.ts';
import type { StartedRedis } from './redis.ts';
import { portArgs, spawnRedis, startRedis, startSomewhere } from './redis.ts';

/** A primary, a replica of it, and a sentinel that makes the one of the other when it is gone. */
export interface StartedSentinel {
  readonly address: { readonly host: string; readonly port: number };
  readonly name: string;
  readonly primary: StartedRedis;
  readonly replica: StartedRedis;
  /** Who asks one of the two by itself. Disconnects by itself when all is stopped. */
  adminOf(redis: StartedRedis): Redis;
  stop(): Promise<void>;
}

export interface StartSentinelOptions {
  /** Of the primary and the replica. */
  readonly password?: string;
  /** Of the sentinel. */
  readonly sentinelPassword?: string;
  readonly tls?: Certificates;
}

const NAME = 'parley-primary';

/** Without it, a primary waits for more replicas before it fills one. */
export const AT_ONCE = ['--repl-diskless-sync-delay', '0'];

/** All three over again, on ports of their own. Only where there is a redis-server. */
export async function startSentinel(options: StartSentinelOptions = {}): Promise<StartedSentinel> {
  const { password, tls } = options;
  const auth = password === undefined ? [] : ['--requirepass', password, '--masterauth', password];
  const primary = (await startRedis({ tls, args: [...auth, ...AT_ONCE] }))!;
  const follow = ['--replicaof', primary.address.host, String(primary.address.port)];
  const replica = (await startRedis({ tls, args: [...auth, ...AT_ONCE, ...follow] }))!;
  const admins: Redis[] = [];
  const adminOf = ({ url }: StartedRedis) => {
    const admin = new Redis(url, {
      retryStrategy: () => 20,
      disconnectTimeout: 10,
      ...(password !== undefined && { password }),
      ...(tls && { tls: { rejectUnauthorized: false } }),
    });
    admin.on('error', () => undefined);
    admins.push(admin);
    return admin;
  };
  // A sentinel that looks too early finds no replica, and looks again ten seconds later.
  const follower = adminOf(replica);
  while (!(await follower.info('replication')).includes('master_link_status:up')) await turn();
  const { port, stop } = await startSentinelOf(primary, options);
  return {
    address: { host: '127.0.0.1', port },
    name: NAME,
    ...{ primary, replica, adminOf },
    async stop() {
      for (const admin of admins) admin.disconnect();
      await stop();
      await Promise.all([primary.stop(), replica.stop()]);
    },
  };
}

async function startSentinelOf(
  { address: { host, port } }: StartedRedis,
  { password, sentinelPassword, tls }: StartSentinelOptions,
): Promise<{ port: number; stop: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-sentinel-'));
  const file = join(folder, 'sentinel.conf');
  const lines = [
    `sentinel monitor ${NAME} ${host} ${port} 1`,
    `sentinel down-after-milliseconds ${NAME} 300`,
    `sentinel failover-timeout ${NAME} 2000`,
    ...(password === undefined ? [] : [`sentinel auth-pass ${NAME} ${password}`]),
    ...(sentinelPassword === undefined ? [] : [`requirepass ${sentinelPassword}`]),
  ];
  await writeFile(file, lines.map((line) => `${line}\n`).join(''));
  const start = (own: number): Promise<ChildProcess> =>
    spawnRedis(
      [file, '--sentinel', '--bind', '127.0.0.1', '--dir', folder, ...portArgs(own, tls)],
      '+slave ',
    );
  const { port: own, server } = await startSomewhere(start);
  return {
    port: own,
    async stop() {
      const exited = once(server, 'exit');
      server.kill('SIGKILL');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
