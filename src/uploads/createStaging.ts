import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { MiscellaneousOptions, StatEntry, StorageAdapter } from '@flystorage/file-storage';
import { FileStorage, isFileWasNotFound } from '@flystorage/file-storage';
import type { StagedFile, Staging } from '../messaging/staging.ts';
import { BodyInTransit, givenUp } from './bodyInTransit.ts';
import { toStorageError } from './storageError.ts';
import { StoredBody } from './storedBody.ts';

/** One of Flystorage's adapters, with what staging needs of it beyond their common ground. */
export interface StagingAdapter extends StorageAdapter {
  /**
   * Rejects with Flystorage's `FileWasNotFound` only where the file is missing, not where the storage is. Destroying the
   * stream closes what it reads from.
   */
  read(path: string, options: MiscellaneousOptions): Promise<Readable>;
  /** Gives every file's `lastModifiedMs`. A folder that was never written to is empty. */
  list(path: string, options: { deep: boolean }): AsyncGenerator<StatEntry>;
}

export interface StagingOptions {
  readonly adapter: StagingAdapter;
  readonly now: () => number;
}

/**
 * Staging over whatever Flystorage has an adapter for. The storage is all it knows: many processes may share one.
 *
 * - `unsent/<key>` is written first, and marks a file that waits, or one that is being written.
 * - `files/<key>` has the bytes.
 * - `info/<key>.json` is written last. A file without it does not exist, so that a write which a crash interrupts is
 *   never taken for whole.
 * - `sent/<key>` replaces `unsent/<key>` when the file is kept.
 *
 * A file's age is that of its marker, which is written before its bytes: the age at which a sweep takes unsent files is
 * longer than a file waits and the slowest upload takes together. What a sweep costs depends on how many files wait.
 */
export function createStaging({ adapter, now }: StagingOptions): Staging {
  const storage = new FileStorage(adapter);

  return {
    async write({ fileName, mimeType, body }, signal) {
      const key = randomBytes(KEY_BYTES).toString('base64url');
      const transit = new BodyInTransit(body);
      const cancel = () => transit.fail(givenUp(signal.reason));
      signal.addEventListener('abort', cancel, { once: true });
      if (signal.aborted) cancel();
      try {
        transit.check();
        await put(unsentPath(key), MARK);
        transit.check();
        await put(bodyPath(key), transit);
        const info = { fileName, mimeType, byteSize: transit.byteSize };
        await put(infoPath(key), JSON.stringify(info));
        transit.check();
        return { key, ...info };
      } catch (error) {
        // A storage that failed may still carry out what it was told: then the marker stays, and a sweep looks again.
        await erase(key, transit.failure && unsentPath(key)).catch(() => undefined);
        throw transit.failure ?? toStorageError(error);
      } finally {
        signal.removeEventListener('abort', cancel);
        transit.destroy();
        body.destroy();
      }
    },

    find: (key) => guarded(() => find(key)),

    read: (key) =>
      guarded(async () => {
        const file = await find(key);
        const body = file && (await open(bodyPath(key)));
        return body && new StoredBody(body, file.byteSize);
      }),

    keep: (key) =>
      guarded(async () => {
        if (!(await find(key))) return;
        await put(sentPath(key), MARK);
        await storage.deleteFile(unsentPath(key));
      }),

    release: (key) =>
      guarded(async () => {
        if (!(await find(key))) return;
        await put(unsentPath(key), MARK);
        await storage.deleteFile(sentPath(key));
      }),

    async sweep({ unsent, sent }) {
      const waiting = await sweepFolder(UNSENT, unsent, async (key) => {
        // Both markers are there when a crash came between them: then the file counts as sent.
        const isSent = await storage.fileExists(sentPath(key));
        if (isSent) await storage.deleteFile(unsentPath(key));
        else await erase(key, unsentPath(key));
        return !isSent;
      });
      const over = await sweepFolder(SENT, sent, async (key) => {
        await erase(key, sentPath(key));
        return true;
      });
      const failure = waiting.failure ?? over.failure;
      if (failure) throw toStorageError(failure);
      return waiting.count + over.count;
    },
  };

  function put(path: string, contents: Readable | string): Promise<void> {
    // Left to itself, Flystorage would guess a type from the bytes. Nobody reads a type from here: the info has it.
    return storage.write(path, contents, { mimeType: 'application/octet-stream' });
  }

  // FileStorage's own `read` goes on reading, and keeps the file open, when whoever reads it has left.
  async function open(path: string): Promise<Readable | null> {
    try {
      return await adapter.read(path, {});
    } catch (error) {
      if (isFileWasNotFound(error)) return null;
      throw error;
    }
  }

  async function find(key: string): Promise<StagedFile | null> {
    const info = KEY.test(key) ? await open(infoPath(key)) : null;
    return info && parseInfo(key, await text(info));
  }

  /** Removes a file, and in the end its marker: whatever is left behind by an error is still marked. */
  async function erase(key: string, marker: string | undefined): Promise<void> {
    await storage.deleteFile(infoPath(key));
    await storage.deleteFile(bodyPath(key));
    if (marker !== undefined) await storage.deleteFile(marker);
  }

  /** Tries every key whose marker is too old. One that fails is told at the end: the others don't wait for it. */
  async function sweepFolder(
    folder: string,
    maxAge: number,
    sweepOne: (key: string) => Promise<boolean>,
  ): Promise<{ count: number; failure?: unknown }> {
    if (maxAge === Infinity) return { count: 0 };
    const result: { count: number; failure?: unknown } = { count: 0 };
    try {
      for await (const { path, isFile, lastModifiedMs } of storage.list(folder)) {
        const key = path.slice(folder.length + 1);
        if (!isFile || !KEY.test(key) || now() - (lastModifiedMs ?? Infinity) <= maxAge) continue;
        try {
          if (await sweepOne(key)) result.count += 1;
        } catch (error) {
          result.failure ??= error;
        }
      }
    } catch (error) {
      result.failure ??= error;
    }
    return result;
  }
}

const KEY_BYTES = 32;

/** What {@link KEY_BYTES} bytes are in base64url. Nothing else is ever made a path. */
const KEY = /^[A-Za-z0-9_-]{43}$/;

const UNSENT = 'unsent';
const SENT = 'sent';

// Not empty: emptying what is empty already need not renew a file's time.
const MARK = '.';

const unsentPath = (key: string) => `${UNSENT}/${key}`;
const sentPath = (key: string) => `${SENT}/${key}`;
const bodyPath = (key: string) => `files/${key}`;
const infoPath = (key: string) => `info/${key}.json`;

async function guarded<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw toStorageError(error);
  }
}

/** Null for an info that a crash cut short. */
function parseInfo(key: string, json: string): StagedFile | null {
  try {
    const { fileName, mimeType, byteSize } = JSON.parse(json) as Record<string, unknown>;
    if (typeof fileName !== 'string' || typeof mimeType !== 'string' || typeof byteSize !== 'number')
      return null;
    return { key, fileName, mimeType, byteSize };
  } catch {
    return null;
  }
}
