import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { FileStorage } from '@flystorage/file-storage';
import type { FileStorageConfig, S3Config } from '../config/index.ts';
import type { StagingAdapter } from '../uploads/createStaging.ts';
import { FolderAdapter } from '../uploads/folderAdapter.ts';
import { toStorageError } from '../uploads/storageError.ts';
import type { Check, Finding } from './runCheck.ts';

/** Whether a file can be put where uploads are kept, read there and removed, by what uploads themselves use. */
export function checkStorage(storage: FileStorageConfig): Check {
  return {
    name: 'storage',
    run: () => (storage.kind === 's3' ? tryBucket(storage) : tryFolder(storage.folder)),
  };
}

async function tryBucket({ bucket, region, endpoint, forcePathStyle, prefix, credentials }: S3Config) {
  const place = `bucket ${bucket}${endpoint === undefined ? '' : ` at ${new URL(endpoint).host}`}`;
  // As in the server, nobody pays for the AWS SDK who has no bucket.
  const { BucketAdapter } = await import('../uploads/bucketAdapter.ts');
  const adapter = new BucketAdapter({
    ...{ bucket, region, forcePathStyle, prefix },
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials && { credentials }),
  });
  return judge(place, () => tryOut(adapter), adviseOnBucket);
}

/**
 * Tries the folder, or where there is none yet the one that it would be made in: made by the doctor, it would belong to whoever
 * runs that, and Parley might not be let in.
 */
async function tryFolder(configured: string | undefined): Promise<Finding> {
  const folder = resolve(configured ?? tmpdir());
  const place = configured === undefined ? `a folder of the process in ${folder}` : `folder ${folder}`;
  return judge(
    place,
    async () => {
      const trial = await mkdtemp(join(await nearest(folder), '.parley-doctor-'));
      try {
        await tryOut(new FolderAdapter(trial));
      } finally {
        await rm(trial, { recursive: true, force: true });
      }
    },
    () =>
      `Let the user that runs Parley write to ${folder}, or name another folder in FILE_FOLDER. Is the disk full, or read-only?`,
  );
}

/** The folder itself, or what there is of the way to it. */
async function nearest(folder: string): Promise<string> {
  try {
    await stat(folder);
    return folder;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return nearest(dirname(folder));
  }
}

async function tryOut(adapter: StagingAdapter): Promise<void> {
  const storage = new FileStorage(adapter);
  const path = `doctor/${randomUUID()}`;
  const contents = randomUUID();
  try {
    await storage.write(path, Readable.from([contents]), { mimeType: 'text/plain' });
    const found = await text(await adapter.read(path, {}));
    if (found !== contents) throw Object.assign(new Error(), { code: 'CHANGED' });
    // Files whose time is over are found by listing.
    if (!(await lists(storage, path))) throw Object.assign(new Error(), { code: 'NOT_LISTED' });
  } catch (error) {
    // What was wrong first says more than that it can't be removed either.
    await storage.deleteFile(path).catch(() => undefined);
    throw error;
  }
  await storage.deleteFile(path);
}

async function lists(storage: FileStorage, path: string): Promise<boolean> {
  for await (const entry of storage.list(dirname(path))) if (entry.path === path) return true;
  return false;
}

async function judge(
  place: string,
  attempt: () => Promise<void>,
  advise: (reason: string) => string,
): Promise<Finding> {
  try {
    await attempt();
    return { result: 'ok', detail: `${place} takes files, and gives them back` };
  } catch (error) {
    const reason = (toStorageError(error).cause as Error).message;
    return {
      result: 'failed',
      detail: `${place}: a file can't be written, read, listed and removed (${reason}).`,
      advice: advise(reason),
    };
  }
}

// By the names that S3 gives its errors (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html).
function adviseOnBucket(reason: string): string {
  if (/NoSuchBucket|NotFound/.test(reason)) return 'Make the bucket, or correct S3_BUCKET and S3_REGION.';
  if (/InvalidAccessKeyId|SignatureDoesNotMatch|Credentials/.test(reason))
    return 'Correct S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY.';
  if (/AccessDenied|Forbidden|403/.test(reason))
    return 'Let the key get, put, delete and list objects in the bucket, also under S3_PREFIX.';
  if (/ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|Timeout/i.test(reason))
    return 'Correct S3_ENDPOINT, and check that it is reached from here.';
  return 'Check the S3_* settings against what the storage documents; S3_PATH_STYLE is true for most that are not Amazon.';
}
