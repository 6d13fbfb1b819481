import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PlannedFile } from './planProvider.ts';

/** Files that `finish` makes anew from what was written. */
const DERIVED = ['src/generated/resolvers.ts', 'schema/possibleTypes.json'];

/** Writes all of a plan, then finishes it. Where either fails, everything is as it was before; throws what has failed. */
export function writePlan(root: string, plan: readonly PlannedFile[], finish: () => void): void {
  const derived = DERIVED.map((path) => ({ path, before: readFileSync(join(root, path), 'utf8') }));
  const folders: string[] = [];
  try {
    for (const { path, text } of plan) {
      const made = mkdirSync(dirname(join(root, path)), { recursive: true });
      if (made !== undefined) folders.push(made);
      writeFileSync(join(root, path), text);
    }
    finish();
  } catch (error) {
    for (const { path, before } of [...plan, ...derived]) {
      if (before === null) rmSync(join(root, path), { force: true });
      else writeFileSync(join(root, path), before);
    }
    for (const folder of folders) rmSync(folder, { recursive: true });
    throw error;
  }
}
