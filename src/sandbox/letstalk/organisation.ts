import type { FileStore } from '../content/fileStore.ts';
import type { ReceivedFile } from '../core/multipart.ts';
import { createWritten, type Written } from '../core/written.ts';
import { announcing, type Publish } from './announcing.ts';
import { seedLetstalk } from './seed.ts';
import type { LetstalkState } from './state.ts';

/** Everything that one organisation has stored. */
export interface LetstalkOrganisation {
  readonly state: LetstalkState;
  /** The files of the messages that were sent with one, by message id: no call gives them back. */
  readonly files: Map<number, ReceivedFile>;
  readonly written: Written<number>;
}

/** The seed, to which nobody has written yet. What happens from now on is published. */
export function createLetstalkOrganisation(
  store: FileStore,
  defaultAvatar: string,
  publish: Publish,
): LetstalkOrganisation {
  const state = announcing(seedLetstalk(store, defaultAvatar), publish);
  return { state, files: new Map(), written: createWritten() };
}
