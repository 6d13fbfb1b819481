import type { FileStore } from '../content/fileStore.ts';
import { createWritten, type Written } from '../core/written.ts';
import { createPactEvents, type PactEvents } from './events.ts';
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
  /** Told of what happens after the seed. */
  readonly events: PactEvents;
}

/** The seed, to which nobody has written yet. `post` is given the webhooks. */
export function createPactCompany(
  store: FileStore,
  baseUrl: string,
  post: (body: unknown) => void,
): PactCompany {
  const state = seedPact(store);
  const uploads = createPactUploads(baseUrl);
  const written = createWritten<number>();
  const events = createPactEvents(post);
  return { state, uploads, jobs: createPactJobs({ state, uploads, written, events }), written, events };
}
