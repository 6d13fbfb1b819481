import type { MountedEmulator } from './core/Emulator.ts';
import { emulatorNames, emulators } from './emulators.ts';
import type { CreateEmulator, Emulators, StoringEmulator } from './emulators.ts';

/** Every provider's emulator, by its name and in a list. */
export interface MountedEmulators {
  readonly emulators: Emulators;
  readonly mounted: readonly MountedEmulator<StoringEmulator>[];
}

/** Makes them all, each by `mount`. */
export async function mountEmulators(
  mount: (create: CreateEmulator<StoringEmulator>) => Promise<MountedEmulator<StoringEmulator>>,
): Promise<MountedEmulators> {
  const mounted = await Promise.all(emulatorNames.map((name) => mount(emulators[name])));
  const byName = emulatorNames.map((name, index) => [name, mounted[index]!.emulator]);
  // Each stands under the name whose function has made it.
  return { emulators: Object.fromEntries(byName) as unknown as Emulators, mounted };
}
