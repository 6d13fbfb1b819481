import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { startSandbox } from '../../src/sandbox/index.ts';
import type { Run } from '../e2e/processes.ts';
import { run, urlOf } from '../e2e/processes.ts';
import type { StartedRedis } from '../redis.ts';
import { startRedis } from '../redis.ts';
import { writeSandboxAccounts } from '../sandboxAccounts.ts';

/** One of the two Parleys. */
export interface ParleyProcess {
  readonly name: string;
  readonly url: string;
  readonly metricsUrl: string;
  /** Its temporary folder, which nobody else uses. */
  readonly temporary: string;
  readonly run: Run;
  /** Whether it has been told to stop: from then on it may refuse, and be gone. */
  readonly isStopping: () => boolean;
  /** Tells it to stop, once. */
  stop(): void;
}

/** All that takes part. Parley is alone in its processes; the sandbox and the clients share that of the soak. */
export interface Stage {
  readonly sandbox: Sandbox;
  readonly redis: StartedRedis;
  readonly processes: readonly [ParleyProcess, ParleyProcess];
  /** Ends whatever is left of it, and removes its files. */
  close(): Promise<void>;
}

/** What was written to standard error counts, and so does everything that nobody has caught. */
const FLAGS = ['--unhandled-rejections=strict', '--trace-warnings', '--trace-uncaught'];

/** Short, so that much goes wrong in little time. What a lost send leaves behind is settled in seconds. */
const DEADLINES = {
  ...{ CONNECT_TIMEOUT: '1s', READ_TIMEOUT: '2s', SEND_TIMEOUT: '2s', SEND_SETTLING_TIME: '1500ms' },
  ...{ OPERATION_TIMEOUT: '8s', UPLOAD_TOTAL_TIMEOUT: '10s', SHUTDOWN_GRACE: '10s' },
};

/** Circuits that try again soon: providers that stay away for a minute would see little traffic. */
const RESILIENCE = { circuitBreaker: { openFor: '500ms' } };

/** Starts everything. What a signal ends in the middle leaves nothing behind. */
export async function openStage(): Promise<Stage> {
  const closers: (() => unknown)[] = [];
  const close = async () => {
    for (const end of closers.splice(0).reverse()) await end();
  };
  try {
    const folder = mkdtempSync(join(tmpdir(), 'parley-soak-'));
    closers.push(() => rmSync(folder, { recursive: true, force: true }));
    const sandbox = await startSandbox();
    closers.push(() => sandbox.close());
    // What it has taken outlives its crashes: a Redis that forgets lets keys be sent again.
    const redis = await startRedis({ durable: true });
    if (!redis) throw new Error('there is no redis-server (apt-get install redis-server)');
    closers.push(() => redis.stop());
    const environment = {
      PARLEY_ACCOUNTS: writeSandboxAccounts(folder, sandbox, {
        providers: { pact: RESILIENCE, letstalk: RESILIENCE, pigeons: RESILIENCE },
      }),
      ...{ AUTH: 'none', LOG_LEVEL: 'warn', METRICS_PORT: '0', REDIS_URL: redis.url },
      ...{ PUBLIC_URL: 'http://127.0.0.1:1', FILE_FOLDER: join(folder, 'files') },
      ...DEADLINES,
    };
    const start = (name: string) => {
      const temporary = join(folder, name);
      mkdirSync(temporary);
      const started = run(process.execPath, [...FLAGS, 'dist/main.js'], {
        ...environment,
        TMPDIR: temporary,
      });
      closers.push(async () => {
        started.child.kill('SIGKILL');
        await started.ended;
      });
      return listening(name, temporary, started);
    };
    return { sandbox, redis, processes: await Promise.all([start('first'), start('second')]), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function listening(name: string, temporary: string, started: Run): Promise<ParleyProcess> {
  const url = await urlOf(started);
  const metricsUrl = (await started.said(/Metrics +(http:\S+)/))[1]!;
  let isStopping = false;
  return {
    ...{ name, url, metricsUrl, temporary, run: started },
    isStopping: () => isStopping,
    stop() {
      if (!isStopping) started.child.kill('SIGTERM');
      isStopping = true;
    },
  };
}
