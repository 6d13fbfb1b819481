import { randomUUID } from 'node:crypto';
import type { Store } from '../messaging/store.ts';

/** Something that one process has at a time, for as long as it says again and again that it has it. */
export interface Lease {
  /** Takes it, or keeps it. False while another one has it. Throws where nobody knows. */
  hold(): Promise<boolean>;
  /** Gives it up, so that another one need not wait for its end. */
  release(): Promise<void>;
}

/** Names this process among all. */
const OWNER = randomUUID();

export function createLease(store: Store, name: string, timeToLive: number): Lease {
  const key = `lease:${name}`;
  // Of this lease alone: two servers may be in one process.
  const holder = `${OWNER} ${randomUUID()}`;
  return {
    hold: async () =>
      (await store.replace(key, holder, holder, timeToLive)) || (await store.create(key, holder, timeToLive)),
    async release() {
      await store.remove(key, holder);
    },
  };
}
