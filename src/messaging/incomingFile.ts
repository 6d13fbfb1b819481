import type { Readable } from 'node:stream';
import { ParleyError } from './errors.ts';

/** A file of a request, which may still be arriving. Nothing of it can be relied on but that it was sent so. */
export interface IncomingFile {
  /** At least one character, at most 255 bytes of UTF-8, without folders and control characters. */
  readonly fileName: string;
  /** The MIME type that the client says it has. */
  readonly declaredType: string;
  /**
   * The bytes from the first on, for each call anew. It ends normally only when the whole file was read; otherwise it
   * ends with a `ParleyError`. Nothing can be read any more once the request was answered.
   */
  createReadStream(): Readable;
}

/**
 * Stands in the variables of a request where a file belongs. Being an instance is what tells it from anything that
 * JSON can say.
 */
export class FilePromise {
  readonly #file: Promise<IncomingFile>;

  constructor(file: Promise<IncomingFile>) {
    this.#file = file;
    // A file that no resolver asks for may fail to come: that is told to who asks, and is nothing to end a process for.
    file.catch(() => undefined);
  }

  /** Always the same promise: one derived from it could be rejected without anybody who handles that. */
  get promise(): Promise<IncomingFile> {
    return this.#file;
  }

  static is(value: unknown): value is FilePromise {
    return typeof value === 'object' && value !== null && #file in value;
  }
}

/** How the scalar `Upload` reads and writes; its name and description are the schema's own. */
export const uploadScalar = {
  /** Rejects with a `ParleyError` when the file does not come. */
  parseValue(value: unknown): Promise<IncomingFile> {
    if (FilePromise.is(value)) return value.promise;
    throw new ParleyError(
      'BAD_USER_INPUT',
      "An Upload is a file of a multipart request: null in the request's variables, at the place that its map names.",
    );
  },

  parseLiteral(): never {
    throw new ParleyError('BAD_USER_INPUT', 'An Upload is given as a variable: a document can hold no file.');
  },

  serialize(): never {
    throw new ParleyError('INTERNAL_SERVER_ERROR', 'An Upload is an input: an answer can hold no file.');
  },
};
