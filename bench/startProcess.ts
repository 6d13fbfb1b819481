import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { createInterface } from 'node:readline';

export interface ProcessOptions {
  /** Of Node. */
  readonly args: readonly string[];
  /** The one processor that it may use; undefined for all. */
  readonly cpu: number | undefined;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Where its standard error goes; the terminal without it. */
  readonly log?: string;
  /** Whether it is talked to by messages. */
  readonly ipc?: boolean;
}

const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));

/** Starts a process that ends with this one. */
export function startProcess({ args, cpu, env, cwd, log, ipc = false }: ProcessOptions): ChildProcess {
  const command = [process.execPath, ...args];
  const [program, ...rest] = cpu === undefined ? command : ['taskset', '-c', String(cpu), ...command];
  const child = spawn(program!, rest, {
    ...(cwd !== undefined && { cwd }),
    env: { ...process.env, ...env },
    stdio: [
      'ignore',
      'pipe',
      log === undefined ? 'inherit' : openSync(log, 'a'),
      ...(ipc ? (['ipc'] as const) : []),
    ],
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

/** What the first line of a process's standard output says that matches. */
export async function readLine(child: ChildProcess, pattern: RegExp): Promise<string> {
  const lines: string[] = [];
  for await (const line of createInterface(child.stdout!)) {
    lines.push(line);
    const found = pattern.exec(line)?.[1];
    if (found === undefined) continue;
    child.stdout!.resume();
    return found;
  }
  throw new Error(`a process has ended before it served: ${child.spawnargs.join(' ')}\n${lines.join('\n')}`);
}
