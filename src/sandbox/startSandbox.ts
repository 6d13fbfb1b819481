import type { MountedEmulator } from './core/Emulator.ts';
import { createListener } from './core/listener.ts';
import type { CreateEmulator, StoringEmulator } from './emulators.ts';
import { mountEmulators } from './mountEmulators.ts';
import type { Sandbox } from './Sandbox.ts';

/** Seeded servers, each on a free port of its own. `host` is 127.0.0.1 unless given. */
export async function startSandbox(options: { host?: string } = {}): Promise<Sandbox> {
  const { host = '127.0.0.1' } = options;
  const { emulators, mounted } = await mountEmulators((create) => serve(host, create));
  return {
    ...emulators,
    async close() {
      await Promise.all(mounted.map((one) => one.close()));
    },
    reset() {
      for (const one of mounted) one.reset();
    },
  };
}

async function serve(
  host: string,
  create: CreateEmulator<StoringEmulator>,
): Promise<MountedEmulator<StoringEmulator>> {
  const listener = await createListener({ host, port: 0 });
  const mounted = await create(listener.url);
  listener.serve(mounted.handle, mounted.upgrade);
  return {
    ...mounted,
    async close() {
      await Promise.all([listener.close(), mounted.close()]);
    },
  };
}
