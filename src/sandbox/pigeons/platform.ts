import type { FileStore } from '../content/fileStore.ts';
import { createWritten, type Written } from '../core/written.ts';
import { seedPigeons } from './seed.ts';
import type { PigeonsState } from './state.ts';

/** Everything that one platform has stored. */
export interface PigeonsPlatform {
  readonly state: PigeonsState;
  readonly written: Written<string>;
}

/** The seed, to which nobody has written yet. */
export function createPigeonsPlatform(store: FileStore, publicKey: string): PigeonsPlatform {
  return { state: seedPigeons(store, publicKey), written: createWritten() };
}
