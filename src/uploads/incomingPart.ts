import { stat } from 'node:fs/promises';
import type { Readable, TransformCallback } from 'node:stream';
import { finished, Transform } from 'node:stream';
import { crc32 } from 'node:zlib';
import type { FileUpload } from 'graphql-upload/processRequest.mjs';
import { ParleyError } from '../messaging/errors.ts';

const READ_SIZE = 64 * 1024;
const NOTHING = Buffer.alloc(0);

/**
 * A file on its way from the parser to the temporary disk, and from there to whoever reads it. It stands in between
 * because fs-capacitor, which keeps the file, believes every write: it takes what a full disk cut short for whole, waits
 * for ever after a write that failed, and closes files that are still being written. Reading here fails unless it gives
 * exactly the bytes that came.
 */
export class IncomingPart extends Transform {
  readonly #arrived = new Fingerprint();
  readonly #readings = new Set<Reading>();
  #failure: ParleyError | undefined;
  #capacitor: FileUpload['capacitor'] | undefined;

  constructor(source: Readable, maxBytes: number) {
    super();
    source.once('limit', () => {
      this.fail(new ParleyError('PAYLOAD_TOO_LARGE', `A file has at most ${maxBytes} bytes.`));
    });
    source.once('error', (cause) => {
      this.fail(new ParleyError('BAD_REQUEST', 'The request ended within a file.', { cause }));
    });
    // What nobody takes any more is read on: the rest of the request comes behind it.
    this.once('close', () => source.resume());
    source.pipe(this);
  }

  /** Whether the parser has given all of it. */
  get complete(): boolean {
    return this.writableEnded;
  }

  /** Ends whatever reads it with the error, and removes it from the disk if it is not complete. The first one counts. */
  fail(error: ParleyError): void {
    if (this.#failure) return;
    this.#failure = error;
    for (const reading of this.#readings) reading.destroy(error);
    this.destroy(error);
  }

  /** Resolves as soon as nothing is being written to the disk: only then may the file be closed. */
  async quiet(): Promise<void> {
    const capacitor = this.#capacitor;
    if (!capacitor || capacitor.errored || capacitor.destroyed || capacitor.writableLength === 0) return;
    await new Promise<void>((resolve) => {
      const done = () => resolve();
      if (capacitor.writableEnded) finished(capacitor, { readable: false }, done);
      else capacitor.write(NOTHING, done);
    });
  }

  /** The bytes of the file from the first on. Errors, also the earlier ones, come out of the stream as `ParleyError`s. */
  open(file: FileUpload): Readable {
    const reading = new Reading(this.#arrived);
    try {
      if (this.#failure) throw this.#failure;
      reading.follow(file.createReadStream({ highWaterMark: READ_SIZE }));
    } catch (error) {
      return reading.destroy(toParleyError(error));
    }
    this.#readings.add(reading);
    reading.once('close', () => this.#readings.delete(reading));
    return reading;
  }

  // graphql-upload pipes the file into a place on the disk that nothing else tells of.
  override pipe<T extends NodeJS.WritableStream>(destination: T): T {
    const capacitor = destination as unknown as FileUpload['capacitor'];
    this.#capacitor = capacitor;
    capacitor.on('error', (error) => this.fail(toParleyError(error)));
    capacitor.once('finish', () => void this.#checkSize(capacitor));
    return super.pipe(destination);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#arrived.add(chunk);
    done(null, chunk);
  }

  // graphql-upload closes the file as soon as it hears of an error. A write that is under way would then go to
  // whichever file is opened next.
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    void this.quiet().then(() => done(error));
  }

  // A file shorter than it should be has readers that try for ever to read the rest.
  async #checkSize({ _path }: FileUpload['capacitor']): Promise<void> {
    try {
      if (_path !== null && (await stat(_path)).size === this.#arrived.byteSize) return;
      this.fail(outOfOrder());
    } catch (cause) {
      this.fail(outOfOrder(cause));
    }
  }
}

/** Tells whether two series of bytes are the same. */
class Fingerprint {
  byteSize = 0;
  checksum = 0;

  add(bytes: Buffer): void {
    this.byteSize += bytes.length;
    this.checksum = crc32(bytes, this.checksum);
  }

  equals(other: Fingerprint): boolean {
    return this.byteSize === other.byteSize && this.checksum === other.checksum;
  }
}

/** The bytes of a file while they are read. */
class Reading extends Transform {
  readonly #expected: Fingerprint;
  readonly #read = new Fingerprint();

  constructor(expected: Fingerprint) {
    super();
    this.#expected = expected;
    // Whoever opens a file and leaves it has nobody to tell an error to; without a listener it would end the process.
    this.on('error', () => undefined);
  }

  follow(source: Readable): void {
    source.on('error', (error) => this.destroy(toParleyError(error)));
    source.once('close', () => {
      if (!source.readableEnded) this.destroy(outOfOrder());
    });
    this.once('close', () => source.destroy());
    source.pipe(this);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#read.add(chunk);
    done(null, chunk);
  }

  override _flush(done: TransformCallback): void {
    done(this.#read.equals(this.#expected) ? null : outOfOrder());
  }
}

function toParleyError(error: unknown): ParleyError {
  return error instanceof ParleyError ? error : outOfOrder(error);
}

function outOfOrder(cause?: unknown): ParleyError {
  return new ParleyError('STORAGE_UNAVAILABLE', 'The temporary disk is full, or out of order.', {
    retryable: true,
    cause,
  });
}
