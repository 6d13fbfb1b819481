import type { Staging } from '../messaging/staging.ts';
import { createStaging } from './createStaging.ts';
import { FolderAdapter } from './folderAdapter.ts';

export interface FolderStagingOptions {
  /** An absolute path. What does not exist of it is made with the first file, for Parley's own user alone. */
  readonly folder: string;
  readonly now: () => number;
}

/** Keeps staged files in a folder: of one machine, or one that several have mounted. */
export function createFolderStaging({ folder, now }: FolderStagingOptions): Staging {
  return createStaging({ adapter: new FolderAdapter(folder), now });
}
