import type { FileStore } from '../content/fileStore.ts';
import { createWritten, type Written } from '../core/written.ts';
import { createPactEvents, eventsOf, type PactEvents } from './events.ts';
import { createPactJobs, type PactJobs } from './jobs.ts';
import { seedPact } from './seed.ts';
import type { PactState } from './state.ts';
import { createPactUploads, type PactUploads } from './uploads.ts';
import { createPactChanges, type PactChanges } from './v2/changes.ts';
import { createPactV2Delivery, type PactV2Delivery } from './v2/delivery.ts';
import { createPactV2Events } from './v2/events.ts';
import type { PactFacts } from './v2/facts.ts';
import { seedPactFacts } from './v2/seedFacts.ts';
import { createUploadWindow, type UploadWindow } from './v2/uploadWindow.ts';
import type { PactWebhook } from './webhook.ts';

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
  /** Of what stands already. */
  readonly changes: PactChanges;
  /** Of what v2 has taken; what v1 has taken is in `jobs`. */
  readonly delivery: PactV2Delivery;
  readonly uploadWindow: UploadWindow;
}

/** The seed, to which nobody has written yet. */
export function createPactCompany(
  store: FileStore,
  baseUrl: string,
  { post, version }: Pick<PactWebhook, 'post' | 'version'>,
): PactCompany {
  const state = seedPact(store);
  const facts = seedPactFacts(state);
  const told = { 1: createPactEvents(post), 2: createPactV2Events({ state, facts }, post) };
  const events = eventsOf(() => told[version()]);
  const changes = createPactChanges({ state, facts, events });
  const uploads = createPactUploads(baseUrl);
  const written = createWritten<number>();
  return {
    ...{ state, facts, uploads, written, events, changes },
    jobs: createPactJobs({ state, facts, uploads, written, events }),
    delivery: createPactV2Delivery({ state, facts, events, changes }),
    uploadWindow: createUploadWindow(),
  };
}
