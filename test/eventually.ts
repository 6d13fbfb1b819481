import { setTimeout as wait } from 'node:timers/promises';

/** Asks again until it holds; the test's own deadline ends it. */
export async function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await check();
    } catch {
      await wait(10);
    }
  }
}
