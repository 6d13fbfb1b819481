/** What a process holds open: sockets, servers, timers, files, by their kind. */
export interface Held {
  readonly resources: Readonly<Record<string, number>>;
}

export function lookAtHeld(): Held {
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  return { resources };
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
  return Object.entries(now.resources)
    // Of the turn that is waited for itself.
    .filter(([kind]) => kind !== 'Immediate')
    .filter(([kind, count]) => count > (before.resources[kind] ?? 0))
    .map(([kind, count]) => `${count - (before.resources[kind] ?? 0)} ${kind}`);
}
