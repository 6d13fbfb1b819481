import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import { startProcess } from '../startProcess.ts';
import type { UpstreamContent } from '../upstream/Upstream.ts';
import { freePort } from '../../test/freePort.ts';
import type { Front } from './Front.ts';

export interface MeshOptions {
  readonly content: UpstreamContent;
  readonly folder: string;
  readonly cpu: number | undefined;
}

const PATIENCE = 60_000;

/** GraphQL Mesh, composed of the three providers, and served by Hive Gateway as it comes. */
export async function startMesh({ content, folder, cpu }: MeshOptions): Promise<Front> {
  const cwd = fileURLToPath(new URL('../mesh/', import.meta.url));
  const bin = (name: string) => fileURLToPath(new URL(`../mesh/node_modules/.bin/${name}`, import.meta.url));
  const supergraph = join(folder, 'supergraph.graphql');
  const { urls, companyId, pactToken, letstalkKey, pigeonsKey, pigeonsToken } = content;
  const env = {
    ...{ PACT_URL: urls.pact, PACT_COMPANY: String(companyId), PACT_TOKEN: pactToken },
    ...{ LETSTALK_URL: urls.letstalk, LETSTALK_KEY: letstalkKey },
    ...{ PIGEONS_URL: urls.pigeons, PIGEONS_KEY: pigeonsKey, PIGEONS_TOKEN: pigeonsToken },
  };
  execFileSync(process.execPath, [bin('mesh-compose'), '-c', 'mesh.config.js', '-o', supergraph], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const port = await freePort();
  const listen = ['--fork', '1', '--host', '127.0.0.1', '--port', String(port)];
  const child = startProcess({
    args: [bin('hive-gateway'), 'supergraph', supergraph, '-c', 'gateway.config.js', ...listen],
    cpu,
    cwd,
    log: join(folder, 'mesh.log'),
    env: { NODE_ENV: 'production' },
  });
  child.stdout!.resume();
  await untilHealthy(port);
  return { name: 'mesh', child, port };
}

async function untilHealthy(port: number): Promise<void> {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/readiness`).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok) return;
    if (Date.now() > deadline) throw new Error('Hive Gateway has not started');
    await wait(100);
  }
}
