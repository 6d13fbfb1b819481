import type { Emulator, MountedEmulator } from './core/Emulator.ts';
import { createListener } from './core/listener.ts';
import { createLetstalkEmulator } from './letstalk/createLetstalkEmulator.ts';
import { createPactEmulator } from './pact/createPactEmulator.ts';
import { createPigeonsEmulator } from './pigeons/createPigeonsEmulator.ts';
import type { Sandbox } from './Sandbox.ts';

/** Three seeded servers, each on a free port of its own. `host` is 127.0.0.1 unless given. */
export async function startSandbox(options: { host?: string } = {}): Promise<Sandbox> {
  const { host = '127.0.0.1' } = options;
  const [pact, letstalk, pigeons] = await Promise.all([
    serve(host, createPactEmulator),
    serve(host, createLetstalkEmulator),
    serve(host, createPigeonsEmulator),
  ]);
  const all = [pact, letstalk, pigeons];
  return {
    pact: pact.emulator,
    letstalk: letstalk.emulator,
    pigeons: pigeons.emulator,
    async close() {
      await Promise.all(all.map((one) => one.close()));
    },
    reset() {
      for (const one of all) one.reset();
    },
  };
}

async function serve<E extends Emulator>(
  host: string,
  create: (url: string) => Promise<MountedEmulator<E>>,
): Promise<MountedEmulator<E>> {
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
