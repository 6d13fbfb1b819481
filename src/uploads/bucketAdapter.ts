import type { Readable } from 'node:stream';
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { S3Client } from '@aws-sdk/client-s3';
import { AwsS3StorageAdapter } from '@flystorage/aws-s3';
import type { MiscellaneousOptions } from '@flystorage/file-storage';
import { isFileWasNotFound } from '@flystorage/file-storage';
import type { S3Bucket } from './createS3Staging.ts';
import type { StagingAdapter } from './createStaging.ts';

/** Milliseconds to make a connection, and without a byte on one. */
const CONNECT_TIMEOUT = 3_000;
const IDLE_TIMEOUT = 20_000;

/** The smallest part that S3 takes. One is on its way while the next one is read: that is all that memory holds. */
const PART_SIZE = 5 * 1024 * 1024;

/** A bucket, or what of it is under a prefix. Objects get no ACL of their own: many buckets refuse them. */
export class BucketAdapter extends AwsS3StorageAdapter implements StagingAdapter {
  constructor(bucket: S3Bucket) {
    super(new S3Client(toClientConfig(bucket)), {
      bucket: bucket.bucket,
      prefix: (bucket.prefix ?? '').replace(/^\/+/, ''),
      uploadConfiguration: { queueSize: 1, partSize: PART_SIZE },
    });
  }

  override async read(path: string, options: MiscellaneousOptions): Promise<Readable> {
    try {
      return (await super.read(path, options)) as Readable;
    } catch (error) {
      // A missing bucket answers 404 as well, and would make every file look as if it had never been.
      if (isFileWasNotFound(error) && (error.cause as Error).name === 'NoSuchBucket') throw error.cause;
      throw error;
    }
  }
}

function toClientConfig({ region, endpoint, forcePathStyle, credentials }: S3Bucket): S3ClientConfig {
  // A download holds its connection as long as its reader likes: with a cap, slow readers could stop every upload.
  const agent = { keepAlive: true, maxSockets: Infinity };
  return {
    region,
    forcePathStyle: forcePathStyle ?? false,
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials && { credentials }),
    // By default the SDK adds checksums in a trailer, on which many S3-compatible stores choke.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT,
      socketTimeout: IDLE_TIMEOUT,
      httpAgent: agent,
      httpsAgent: agent,
    },
  };
}
