import type { IncomingMessage } from 'node:http';
import type { MountedEmulator } from './core/Emulator.ts';
import { createListener, refuseUpgrade } from './core/listener.ts';
import { createControlDoor } from './createControlDoor.ts';
import type { StoringEmulator } from './emulators.ts';
import { mountEmulators } from './mountEmulators.ts';
import type { Sandbox } from './Sandbox.ts';

/** The sandbox behind one address, for people with curl. */
export interface OnePortSandbox extends Sandbox {
  /** Base URL of all providers and of `/_sandbox/…`. */
  readonly url: string;
}

/**
 * Serves all providers and the control door on one port: their paths do not collide. Port 0 is any free one, the host
 * 127.0.0.1 unless given. Rejects with the system's error, `EADDRINUSE` for one.
 */
export async function startSandboxOnOnePort(options: {
  port: number;
  host?: string;
}): Promise<OnePortSandbox> {
  const listener = await createListener({ host: options.host ?? '127.0.0.1', port: options.port });
  const { emulators, mounted } = await mountEmulators((create) => create(listener.url));
  const reset = (): void => mounted.forEach((one) => one.reset());
  const door = await createControlDoor({ ...emulators, reset });
  const ownerOf = findOwner(mounted);

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

/** Whose a path is. The longest beginning counts: Letstalk's `/api/v1/` is also how the paths of Pigeons begin. */
function findOwner(mounted: readonly MountedEmulator<StoringEmulator>[]) {
  const places = mounted
    .flatMap((one) => one.prefixes.map((prefix) => ({ prefix, one })))
    .sort((a, b) => b.prefix.length - a.prefix.length);
  return ({ url = '/' }: IncomingMessage) => places.find(({ prefix }) => url.startsWith(prefix))?.one;
}
