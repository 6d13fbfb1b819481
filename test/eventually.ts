import { setTimeout as wait } from 'node:timers/promises';

/** Asks again until it holds. Long after anybody would wait, it fails with what was wrong last. */
export async function eventually<T>(check: () => T | Promise<T>, patience = 60_000): Promise<T> {
  const end = Date.now() + patience;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
      await wait(10);
    }
  }
}
