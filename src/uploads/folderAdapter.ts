import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import type { StatEntry, WriteOptions } from '@flystorage/file-storage';
import { FileWasNotFound, Visibility } from '@flystorage/file-storage';
import { LocalStorageAdapter } from '@flystorage/local-fs';
import type { StagingAdapter } from './createStaging.ts';

/** A folder that only Parley's own user can look into (folders 0700, files 0600). It is made when it is needed. */
export class FolderAdapter extends LocalStorageAdapter implements StagingAdapter {
  readonly #folder: string;

  constructor(folder: string) {
    super(folder, { rootDirectoryVisibility: Visibility.PRIVATE });
    this.#folder = folder;
  }

  override async write(path: string, contents: Readable, options: WriteOptions): Promise<void> {
    // The adapter remembers for ever that it could not make its root: a disk that was away once would stay away.
    await mkdir(dirname(join(this.#folder, path)), { recursive: true, mode: 0o700 });
    await super.write(path, contents, {
      ...options,
      visibility: Visibility.PRIVATE,
      directoryVisibility: Visibility.PRIVATE,
    });
  }

  // The adapter's own stream leaves the file open when it is destroyed.
  override async read(path: string): Promise<Readable> {
    const file = createReadStream(join(this.#folder, path));
    try {
      await once(file, 'open');
      return file;
    } catch (error) {
      throw isMissing(error) ? FileWasNotFound.atLocation(path, { cause: error }) : error;
    }
  }

  override async *list(path: string, options: { deep: boolean }): AsyncGenerator<StatEntry> {
    try {
      for await (const entry of super.list(path, options)) {
        const lastModifiedMs = await this.#lastModified(entry.path);
        if (lastModifiedMs !== undefined) yield { ...entry, lastModifiedMs };
      }
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  /** Undefined for what has been removed since it was listed. */
  async #lastModified(path: string): Promise<number | undefined> {
    try {
      return (await this.stat(path, {})).lastModifiedMs;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
