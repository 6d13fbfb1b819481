import type { FileStore } from '../content/fileStore.ts';
import { createWritten, type Written } from '../core/written.ts';
import { createPactJobs, type PactJobs } from './jobs.ts';
import { seedPact } from './seed.ts';
import type { PactState } from './state.ts';
import { createPactUploads, type PactUploads } from './uploads.ts';

/** Everything that one company has stored. */
export interface PactCompany {
  readonly state: PactState;
  readonly uploads: PactUploads;
  readonly jobs: PactJobs;
  readonly written: Written<number>;
}

/** The seed, to which nobody has written yet. */
export function createPactCompany(store: FileStore, baseUrl: string): PactCompany {
  const state = seedPact(store);
  const uploads = createPactUploads(baseUrl);
  const written = createWritten<number>();
  return { state, uploads, jobs: createPactJobs({ state, uploads, written }), written };
}
