import { readdirSync, readFileSync } from 'node:fs';
import { cpuSecondsOf } from '../subscribers/use.ts';

/**
 * Milliseconds of a processor that a process has used, all its threads, in the kernel too. Where the kernel counts nanoseconds those:
 * clock ticks of 10 ms say little of a second in which somebody mostly waited.
 */
export function cpuTimeOf(pid: number): number {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    const nanoseconds = tasks.map((task) =>
      Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]),
    );
    return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e6;
  } catch {
    return cpuSecondsOf(pid) * 1000;
  }
}
