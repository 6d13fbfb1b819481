import type { Store } from '../messaging/store.ts';

/** Writes what may be there already. Of several who do so at once, one is heard: any of them will do. */
export async function put(store: Store, key: string, value: string, timeToLive: number): Promise<void> {
  const known = await store.get(key);
  if (known === undefined) await store.create(key, value, timeToLive);
  else await store.replace(key, known, value, timeToLive);
}
