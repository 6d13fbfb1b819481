import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';

/** What a process holds open: sockets, servers, timers, files, by their kind; and Parley's folders for temporary files. */
export interface Held {
  readonly resources: Readonly<Record<string, number>>;
  readonly folders: readonly string[];
}

export function lookAtHeld(): Held {
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  return { resources, folders: readdirSync(tmpdir()).filter((name) => name.startsWith('parley-files-')) };
}

/** What is held now and was not before. What goes away by itself in a few turns of the event loop has gone by then. */
export async function findLeaks(before: Held): Promise<string[]> {
  for (let turn = 0; turn < TURNS; turn += 1) {
    if (leaksSince(before).length === 0) return [];
    await new Promise((resolve) => setImmediate(resolve));
  }
  return leaksSince(before);
}

const TURNS = 1_000;

function leaksSince(before: Held): string[] {
  const now = lookAtHeld();
  const resources = Object.entries(now.resources)
    // Of the turn that is waited for itself.
    .filter(([kind]) => kind !== 'Immediate')
    .filter(([kind, count]) => count > (before.resources[kind] ?? 0))
    .map(([kind, count]) => `${count - (before.resources[kind] ?? 0)} ${kind}`);
  const folders = now.folders.filter((name) => !before.folders.includes(name));
  return [...resources, ...folders];
}
