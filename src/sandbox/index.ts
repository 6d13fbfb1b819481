export { startSandbox } from './startSandbox.ts';
export { wellKnown } from './wellKnown.ts';
export type { Emulator, Fault, FaultOptions, LoggedRequest } from './core/Emulator.ts';
export type { LetstalkEmulator } from './letstalk/createLetstalkEmulator.ts';
export type { PactEmulator } from './pact/createPactEmulator.ts';
export type { PigeonsEmulator } from './pigeons/createPigeonsEmulator.ts';
export type { Sandbox } from './Sandbox.ts';
