/** What a process has used, as Linux tells. */
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

/** Of what is resident: now, or the most since {@link forgetPeak}. */
type Which = 'VmRSS' | 'VmHWM';

/** Clock ticks of a second, on every Linux that Node runs on. */
const TICKS = 100;
/** Milliseconds until what is not used any more has been let go of. */
const SETTLING = 2_000;

/** Megabytes. */
export function memoryOf(pid: number, which: Which): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${which}:\\s+(\\d+) kB`).exec(status)![1]) / 1024;
}

/** Megabytes that are held: garbage is collected before, which takes `collectOnSignal.ts`. */
export async function heldBy(pid: number): Promise<number> {
  for (let times = 0; times < 2; times += 1) {
    process.kill(pid, 'SIGUSR2');
    await wait(SETTLING);
  }
  return memoryOf(pid, 'VmRSS');
}

export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** Of all its threads, in the kernel too. */
export function cpuSecondsOf(pid: number): number {
  const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
    .slice(11, 13) as [string, string];
  return (Number(user) + Number(system)) / TICKS;
}
