import type { Readable, TransformCallback } from 'node:stream';
import { Transform } from 'node:stream';
import { toStorageError } from './storageError.ts';

/**
 * A body on its way out of the storage. It ends normally only after exactly the bytes that were kept; otherwise it ends
 * with `STORAGE_UNAVAILABLE`. Whoever leaves it early closes the file behind it.
 */
export class StoredBody extends Transform {
  #missing: number;

  constructor(source: Readable, byteSize: number) {
    super();
    this.#missing = byteSize;
    source.on('error', (error) => this.destroy(toStorageError(error)));
    source.once('close', () => {
      if (!source.readableEnded) this.destroy(notWhole());
    });
    this.once('close', () => source.destroy());
    source.pipe(this);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#missing -= chunk.length;
    // Bytes past the end would be taken for the beginning of the next answer on the same connection.
    if (this.#missing < 0) done(notWhole());
    else done(null, chunk);
  }

  override _flush(done: TransformCallback): void {
    done(this.#missing === 0 ? null : notWhole());
  }
}

function notWhole(): Error {
  return toStorageError({ name: 'a stored file of another size than was kept' });
}
