import type { Emulator, MountedEmulator } from './core/Emulator.ts';
import { createLetstalkEmulator } from './letstalk/createLetstalkEmulator.ts';
import { createPactEmulator } from './pact/createPactEmulator.ts';
import { createPigeonsEmulator } from './pigeons/createPigeonsEmulator.ts';

/** An emulator that tells what clients wrote to it over HTTP since the seed. */
export type StoringEmulator = Emulator & { stored(): unknown };

/** Makes an emulator, seeded, that is reached at `url`. */
export type CreateEmulator<E extends StoringEmulator> = (url: string) => Promise<MountedEmulator<E>>;

/** The emulator of each provider. Whoever goes through all of them goes through this. */
export const emulators = {
  pact: createPactEmulator,
  letstalk: createLetstalkEmulator,
  pigeons: createPigeonsEmulator,
} satisfies Readonly<Record<string, CreateEmulator<StoringEmulator>>>;

/** A provider by the name that the sandbox has for it. */
export type EmulatorName = keyof typeof emulators;

export const emulatorNames = Object.keys(emulators) as readonly EmulatorName[];

/** All of them, running. */
export type Emulators = {
  readonly [Name in EmulatorName]: Awaited<ReturnType<(typeof emulators)[Name]>>['emulator'];
};
