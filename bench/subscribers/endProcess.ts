import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Resolves when it is gone: what comes next has the machine to itself. */
export async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const over = once(child, 'exit');
  child.kill('SIGTERM');
  await over;
}
