import type { Readable, TransformCallback } from 'node:stream';
import { finished, Transform } from 'node:stream';
import { ParleyError } from '../messaging/errors.ts';

/**
 * A body on its way into the storage. It counts what passes, and remembers why the body failed: whatever is made of an
 * error further on, this is the one to tell.
 */
export class BodyInTransit extends Transform {
  byteSize = 0;
  /** Why the body can't be kept; undefined while it can. */
  failure: Error | undefined;

  constructor(source: Readable) {
    super();
    // It may fail before anything reads it, which is nothing to end a process for.
    this.on('error', () => undefined);
    finished(source, { writable: false }, (error) => {
      // When the storage fails, this is destroyed first, and takes the source with it.
      if (error && !this.destroyed) this.fail(isPremature(error) ? givenUp(error) : error);
    });
    this.once('close', () => source.destroy());
    source.pipe(this);
  }

  /** Ends it with an error. The first one counts, also when all of the bytes have passed. */
  fail(error: Error): void {
    this.failure ??= error;
    this.destroy(this.failure);
  }

  /** Throws why it failed. */
  check(): void {
    if (this.failure) throw this.failure;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.byteSize += chunk.length;
    done(null, chunk);
  }
}

/** The error of a body that nobody wants any more. */
export function givenUp(cause: unknown): ParleyError {
  return new ParleyError('CANCELLED', 'The file was given up before all of it was kept.', { cause });
}

function isPremature(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}
