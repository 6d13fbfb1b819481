import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RunningProcess } from './startProcess.ts';
import { HERE, PARLEY, startProcess } from './startProcess.ts';

export interface Served {
  readonly process: RunningProcess;
  readonly url: string;
}

type Environment = Readonly<Record<string, string>>;

/** Parley from its source; `url` is without `/graphql`. */
export function startParley(environment: Environment): Promise<Served> {
  return serve('Parley', [PARLEY, 'src/main.ts'], /GraphQL +(http:\S+)\/graphql/, environment);
}

/** The emulated providers with their control door. */
export function startSandbox(environment: Environment): Promise<Served> {
  return serve('The sandbox', [PARLEY, 'src/sandbox/main.ts'], /Sandbox of .* on (http:\S+)/, environment);
}

export function startCrmProcess(environment: Environment): Promise<Served> {
  return serve('The CRM', [HERE, 'crm/main.ts'], /answers on (http:\S+)/, environment);
}

/** Starts a program in TypeScript that says its address, which `says` finds, once it serves. */
async function serve(
  name: string,
  [folder, file]: readonly [folder: string, file: string],
  says: RegExp,
  environment: Environment,
): Promise<Served> {
  const command = [node, '--import', 'tsx', file] as const;
  const process = await startProcess({ name, command, folder, environment, serves: says });
  return { process, url: process.found[1]! };
}

/** `url` is that of the endpoint. */
export async function startHiveGateway(port: number, environment: Environment): Promise<Served> {
  const process = await startProcess({
    name: 'Hive Gateway',
    command: [
      ...([node, join(HERE, 'node_modules/@graphql-hive/gateway/dist/bin.js'), 'supergraph'] as const),
      ...['--config-path', 'gateway.config.ts', '--host', '127.0.0.1', '--port', String(port)],
    ],
    folder: HERE,
    environment,
    serves: /Listening on/,
  });
  return { process, url: `http://127.0.0.1:${port}/graphql` };
}

/** Writes `supergraph.graphql` and its companions into a folder. */
export async function composeInto(folder: string, environment: Environment): Promise<void> {
  await run(node, ['--import', TSX, join(HERE, 'compose.ts')], {
    cwd: folder,
    env: { ...process.env, ...environment },
  });
}

/** Whether there is a `redis-server` to start. */
export async function findRedis(): Promise<boolean> {
  return run('redis-server', ['--version']).then(
    () => true,
    () => false,
  );
}

/** A Redis of its own that keeps nothing. */
export async function startRedis(port: number, folder: string): Promise<Served> {
  const process = await startProcess({
    name: 'Redis',
    command: [
      'redis-server',
      '--bind',
      '127.0.0.1',
      '--port',
      String(port),
      '--save',
      '',
      '--appendonly',
      'no',
    ],
    folder,
    environment: {},
    serves: /Ready to accept connections/,
  });
  return { process, url: `redis://127.0.0.1:${port}` };
}

/** S3-compatible object storage with one bucket, in a folder. It is a development dependency of Parley's, and no more than that. */
export async function startObjectStorage(port: number, folder: string, bucket: string): Promise<Served> {
  const s3rver = createRequire(join(PARLEY, 'package.json')).resolve('s3rver/bin/s3rver.js');
  const process = await startProcess({
    name: 'Object storage',
    command: [
      ...([node, s3rver] as const),
      ...['--directory', join(folder, 'objects'), '--address', '127.0.0.1', '--port', String(port)],
      ...['--configure-bucket', bucket],
    ],
    folder,
    environment: {},
    serves: /listening on/,
  });
  return { process, url: `http://127.0.0.1:${port}` };
}

const run = promisify(execFile);
const node = process.execPath;
const TSX = import.meta.resolve('tsx');
