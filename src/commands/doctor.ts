import { parseArgs } from 'node:util';
import { runDoctor } from '../doctor/runDoctor.ts';
import { toTable } from '../doctor/toTable.ts';

/** Checks what a server with these settings needs, and prints what it found. Gives 1 where something has failed. */
export async function doctor(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { json: { type: 'boolean', default: false } } });
  // Only for somebody who waits in front of it: a log would keep every step.
  const isWatched = process.stderr.isTTY;
  const rows = await runDoctor(environment, {
    ...(isWatched && {
      progress: (done: number, all: number) => void process.stderr.write(`\r${done} of ${all} checks done`),
    }),
  });
  if (isWatched) process.stderr.write(CLEAR_LINE);
  process.stdout.write(values.json ? `${JSON.stringify(rows, null, 2)}\n` : toTable(rows));
  return rows.some(({ result }) => result === 'failed') ? 1 : 0;
}

const CLEAR_LINE = '\r\u001b[K';
