import type { Staging } from '../messaging/staging.ts';
import { createStaging } from './createStaging.ts';

/** A bucket of S3, or of any store that speaks its language. */
export interface S3Bucket {
  readonly bucket: string;
  readonly region: string;
  /** Absent for AWS itself. */
  readonly endpoint?: string;
  /** Whether the bucket's name goes into the path: most stores that are not AWS want it. Default false. */
  readonly forcePathStyle?: boolean;
  /** Goes before every object's key, with a slash between. */
  readonly prefix?: string;
  /** Absent: the AWS SDK looks for them where it always does, down to the machine's own role. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export interface S3StagingOptions extends S3Bucket {
  readonly now: () => number;
}

/**
 * Keeps staged files in a bucket. It may get, put, delete and list objects there, and abort multipart uploads; without
 * the right to list, S3 answers for a file that is missing as if all were forbidden.
 *
 * A process that dies within an upload leaves its parts at the store, where no sweep sees them: the bucket needs a
 * lifecycle rule `AbortIncompleteMultipartUpload`.
 */
export async function createS3Staging({ now, ...bucket }: S3StagingOptions): Promise<Staging> {
  // Loading the AWS SDK takes a good part of a start, which nobody without a bucket should pay.
  const { BucketAdapter } = await import('./bucketAdapter.ts');
  return createStaging({ adapter: new BucketAdapter(bucket), now });
}
