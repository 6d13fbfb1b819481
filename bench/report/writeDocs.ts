import type { Results } from './Results.ts';
export async function writeDocs(_results: Results): Promise<void> {
  await Promise.resolve();
}
