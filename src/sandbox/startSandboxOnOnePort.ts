import type { IncomingMessage } from 'node:http';
import { createListener, refuseUpgrade } from './core/listener.ts';
import { createControlDoor } from './createControlDoor.ts';
import { createLetstalkEmulator } from './letstalk/createLetstalkEmulator.ts';
import { createPactEmulator } from './pact/createPactEmulator.ts';
import { createPigeonsEmulator } from './pigeons/createPigeonsEmulator.ts';
import type { Sandbox } from './Sandbox.ts';

/** The sandbox behind one address, for people with curl. */
export interface OnePortSandbox extends Sandbox {
  /** Base URL of all three providers and of `/_sandbox/…`. */
  readonly url: string;
}

/**
 * Serves all three providers and the control door on one port: their paths do not collide. Port 0 is any free one, the host
 * 127.0.0.1 unless given. Rejects with the system's error, `EADDRINUSE` for one.
 */
export async function startSandboxOnOnePort(options: {
  port: number;
  host?: string;
}): Promise<OnePortSandbox> {
  const listener = await createListener({ host: options.host ?? '127.0.0.1', port: options.port });
  const [pact, letstalk, pigeons] = await Promise.all([
    createPactEmulator(listener.url),
    createLetstalkEmulator(listener.url),
    createPigeonsEmulator(listener.url),
  ]);
  // Letstalk last: its `/api/v1/` is also how the paths of Pigeons begin.
  const mounted = [pact, pigeons, letstalk];
  const emulators = { pact: pact.emulator, letstalk: letstalk.emulator, pigeons: pigeons.emulator };
  const reset = (): void => mounted.forEach((one) => one.reset());
  const door = await createControlDoor({ ...emulators, reset });

  const ownerOf = ({ url = '/' }: IncomingMessage) =>
    mounted.find(({ prefixes }) => prefixes.some((prefix) => url.startsWith(prefix)));

  listener.serve(
    (request, response) => (ownerOf(request) ?? door).handle(request, response),
    (request, socket, head) => {
      const upgrade = ownerOf(request)?.upgrade;
      if (upgrade) upgrade(request, socket, head);
      else refuseUpgrade(socket, 404);
    },
  );
  return {
    ...emulators,
    url: listener.url,
    reset,
    async close() {
      await Promise.all([listener.close(), door.close(), ...mounted.map((one) => one.close())]);
    },
  };
}
