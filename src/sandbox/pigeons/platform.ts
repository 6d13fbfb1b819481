import type { FileStore } from '../content/fileStore.ts';
import { createWritten, type Written } from '../core/written.ts';
import { announced, type Announce } from './announced.ts';
import { seedPigeons } from './seed.ts';
import type { PigeonsState } from './state.ts';

/** Everything that one platform has stored. */
export interface PigeonsPlatform {
  readonly state: PigeonsState;
  readonly written: Written<string>;
}

/** The seed, to which nobody has written yet; what happens from now on is announced. */
export function createPigeonsPlatform(
  store: FileStore,
  publicKey: string,
  announce: Announce,
): PigeonsPlatform {
  return { state: announced(seedPigeons(store, publicKey), announce), written: createWritten() };
}
