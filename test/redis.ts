import type { ChildProcess } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Certificates } from './certificates.ts';
import { freePort } from './freePort.ts';

/** A Redis to use and leave as it was: others may be using it too. */
export interface OpenedRedis {
  readonly url: string;
  /** For every key, so that runs don't meet each other. */
  readonly keyPrefix: string;
  close(): Promise<void>;
}

/** A redis-server of the test's own, on a free port of 127.0.0.1: to be set up, broken and mended. */
export interface StartedRedis {
  /** Stays the same over restarts. */
  readonly url: string;
  /** Part of it. */
  readonly address: { readonly host: string; readonly port: number };
  /** Ends it, and leaves nothing behind. */
  stop(): Promise<void>;
  /** Ends it like a crash; what it can keep is kept for `restart`. */
  kill(): Promise<void>;
  /** Starts it again on the same port, killed or not. Resolves when it takes commands. */
  restart(): Promise<void>;
  /** Stops it in the middle of whatever it does: connections stay, nobody answers. */
  freeze(): void;
  thaw(): void;
}

export interface StartRedisOptions {
  /** Whether data outlives a kill. Default false. */
  readonly durable?: boolean;
  /** To speak TLS, and nothing else. */
  readonly tls?: Certificates | undefined;
  /** More of redis-server's arguments, as `['--requirepass', 'secret']`. */
  readonly args?: readonly string[];
}

/** Whether tests can have a redis-server of their own. */
export const canStartRedis = spawnSync('redis-server', ['--version']).status === 0;

/** Whether there is any Redis for tests. */
export const hasRedis = Boolean(process.env['REDIS_URL']) || canStartRedis;

const INSTALL = '(apt-get install redis-server)';
if (!hasRedis) warn(`Redis tests were skipped: no REDIS_URL and no redis-server ${INSTALL}`);
else if (!canStartRedis)
  warn(`Redis tests that need one of their own were skipped: no redis-server ${INSTALL}`);

/** The Redis that `REDIS_URL` names, else one that is started for it. Undefined where there is neither. */
export async function openRedis(): Promise<OpenedRedis | undefined> {
  const keyPrefix = `parley-test:${randomUUID()}:`;
  const url = process.env['REDIS_URL'];
  if (url) return { url, keyPrefix, close: () => Promise.resolve() };
  const started = await startRedis();
  return started && { url: started.url, keyPrefix, close: () => started.stop() };
}

/** A Redis of the caller's own, also where `REDIS_URL` names one. Undefined where there is no redis-server. */
export async function startRedis({ durable = false, tls, args = [] }: StartRedisOptions = {}): Promise<
  StartedRedis | undefined
> {
  if (!canStartRedis) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'parley-redis-'));
  const toArgs = (port: number) => [
    ...['--bind', '127.0.0.1', '--dir', folder, '--save', ''],
    ...(durable ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no']),
    ...portArgs(port, tls),
    ...args,
  ];
  const start = (port: number) => spawnRedis(toArgs(port), 'Ready to accept connections');
  const clean = () => rm(folder, { recursive: true, force: true });
  const { port, server: first } = await startSomewhere(start).catch(async (error: unknown) => {
    await clean();
    throw error;
  });
  let server = first;

  const end = async (signal: NodeJS.Signals) => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, 'exit');
    server.kill(signal);
    await exited;
  };
  return {
    url: `${tls ? 'rediss' : 'redis'}://127.0.0.1:${port}`,
    address: { host: '127.0.0.1', port },
    async stop() {
      await end('SIGKILL');
      await clean();
    },
    kill: () => end('SIGKILL'),
    async restart() {
      await end('SIGKILL');
      server = await start(port);
    },
    freeze: () => void server.kill('SIGSTOP'),
    thaw: () => void server.kill('SIGCONT'),
  };
}

/** How often a port that was free may be taken by somebody else before Redis gets to it. */
const MAX_TRIES = 10;

/** Starts a server on a port that is free. */
export async function startSomewhere(start: (port: number) => Promise<ChildProcess>) {
  for (let tries = 1; ; tries += 1) {
    const port = await freePort();
    try {
      return { port, server: await start(port) };
    } catch (error) {
      if (tries === MAX_TRIES) throw error;
    }
  }
}

/** The arguments by which a redis-server listens. */
export function portArgs(port: number, tls: Certificates | undefined): string[] {
  if (!tls) return ['--port', String(port)];
  return [
    ...['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no'],
    ...['--tls-ca-cert-file', tls.caFile, '--tls-cert-file', tls.certFile, '--tls-key-file', tls.keyFile],
    ...['--tls-replication', 'yes', '--tls-cluster', 'yes'],
  ];
}

/** Starts redis-server. Resolves when it has written a line with `ready` in it. */
export async function spawnRedis(args: readonly string[], ready: string): Promise<ChildProcess> {
  const server = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const lines: string[] = [];
  const output = createInterface(server.stdout);
  await new Promise<void>((resolve, reject) => {
    output.on('line', (line) => {
      lines.push(line);
      if (line.includes(ready)) resolve();
    });
    server.once('error', reject);
    server.once('close', () => reject(new Error(`redis-server ended at once:\n${lines.join('\n')}`)));
  });
  return server;
}

/** Says it once for all test files of a run, which may be in several processes. Fails where Redis has to be there. */
export function warn(message: string): void {
  if (process.env['PARLEY_REQUIRE_REDIS'] === '1') throw new Error(message);
  try {
    // Its parent is what all processes of one run share, and no other run.
    writeFileSync(join(tmpdir(), `parley-without-redis-${process.ppid}`), '', { flag: 'wx' });
  } catch {
    return;
  }
  process.stderr.write(`${message}\n`);
}
