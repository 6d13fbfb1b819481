import type { FileStore } from '../content/fileStore.ts';
import { createWritten, type Written } from '../core/written.ts';
import { createPactEvents, type PactEvents } from './events.ts';
import { createPactJobs, type PactJobs } from './jobs.ts';
import { seedPact } from './seed.ts';
import type { PactState } from './state.ts';
import { createPactUploads, type PactUploads } from './uploads.ts';
import type { PactFacts } from './v2/facts.ts';
import { seedPactFacts } from './v2/seedFacts.ts';

/** Everything that one company has stored. */
export interface PactCompany {
  readonly state: PactState;
  /** What v2 says of the state beyond v1. */
  readonly facts: PactFacts;
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
  const parts = {
    state,
    facts: seedPactFacts(state),
    uploads: createPactUploads(baseUrl),
    written: createWritten<number>(),
    events: createPactEvents(post),
  };
  return { ...parts, jobs: createPactJobs(parts) };
}
