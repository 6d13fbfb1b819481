import { readdirSync, readlinkSync } from 'node:fs';

/** What a process holds: what keeps its event loop alive, by kind; and its open files and sockets, each by itself. */
export interface Held {
  readonly resources: ReadonlyMap<string, number>;
  /** Empty where the system does not tell. */
  readonly descriptors: ReadonlySet<string>;
}

/** Looks when nothing changes any more that goes away by itself. */
export async function lookAtHeld(): Promise<Held> {
  let last = look();
  for (let quiet = 0, turn = 0; quiet < QUIET_TURNS && turn < TURNS; turn += 1) {
    await nextTurn();
    const now = look();
    quiet = leaksBetween(now, last).length === 0 && leaksBetween(last, now).length === 0 ? quiet + 1 : 0;
    last = now;
  }
  return last;
}

/** What is held now and was not before, in words; nothing once all of it has gone. */
export async function findLeaks(before: Held): Promise<string[]> {
  for (let turn = 0; turn < TURNS; turn += 1) {
    if (leaksBetween(before, look()).length === 0) return [];
    await nextTurn();
  }
  return leaksBetween(before, look());
}

const QUIET_TURNS = 20;
const TURNS = 3_000;

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

function look(): Held {
  const resources = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    // Of the turn that is waited for itself.
    if (kind !== 'Immediate') resources.set(kind, (resources.get(kind) ?? 0) + 1);
  }
  return { resources, descriptors: new Set(openDescriptors()) };
}

/** As Linux lists them: a socket has a number of its own, a file its path. */
function openDescriptors(): string[] {
  try {
    return readdirSync('/proc/self/fd').flatMap((descriptor) => {
      try {
        const name = readlinkSync(`/proc/self/fd/${descriptor}`);
        return name.startsWith('/proc/') ? [] : [name];
      } catch {
        // That of the list itself.
        return [];
      }
    });
  } catch {
    return [];
  }
}

function leaksBetween(before: Held, now: Held): string[] {
  const resources = [...now.resources]
    .map(([kind, count]) => [count - (before.resources.get(kind) ?? 0), kind] as const)
    .filter(([count]) => count > 0)
    .map(([count, kind]) => `${count} ${kind}`);
  const descriptors = [...now.descriptors].filter((name) => !before.descriptors.has(name));
  return [...resources, ...descriptors];
}
