import { setTimeout as wait } from 'node:timers/promises';
import { ParleyError } from './errors.ts';

/** Waits some milliseconds. Throws `CANCELLED` as soon as the signal aborts. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await wait(milliseconds, undefined, { signal }).catch(() => {
    throw new ParleyError(
      'CANCELLED',
      'The operation was ended: its caller went away, or Parley is stopping.',
    );
  });
}
