import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readLine, startProcess } from '../startProcess.ts';
import type { Front } from './Front.ts';
import type { MeshOptions } from './startMesh.ts';

/** The least that there is between a client and the providers: `limit/main.ts`. */
export async function startLimit({ content, folder, cpu }: MeshOptions): Promise<Front> {
  const path = join(folder, 'limit.json');
  writeFileSync(path, JSON.stringify(content));
  const script = fileURLToPath(new URL('limit/main.ts', import.meta.url));
  const child = startProcess({
    args: ['--import', 'tsx', script, path],
    cpu,
    env: { NODE_ENV: 'production' },
  });
  return { name: 'limit', child, port: Number(await readLine(child, /listens on (\d+)/)) };
}
