import { EventEmitter } from 'node:events';
import type { Readable } from 'node:stream';
import type { Upload } from 'graphql-upload/processRequest.mjs';
import processRequest from 'graphql-upload/processRequest.mjs';
import { ParleyError } from '../messaging/errors.ts';
import type { IncomingFile } from '../messaging/incomingFile.ts';
import { FilePromise } from '../messaging/incomingFile.ts';
import type { IncomingBody } from './incomingBody.ts';
import { badRequest, parseMap, parseOperations, quote, tooManyFiles } from './incomingFields.ts';
import { toFileName } from './incomingName.ts';
import { IncomingPart } from './incomingPart.ts';

interface Limits {
  readonly maxFileBytes: number;
  readonly maxFiles: number;
  readonly maxFieldBytes: number;
}

/** A file that the map names. */
interface Expected {
  /** The name of its part, for graphql-upload. */
  readonly alias: string;
  readonly resolve: (file: IncomingFile) => void;
  readonly reject: (error: ParleyError) => void;
  /** From here on what its part says, once that has begun. */
  seen: boolean;
  fileName: string;
  declaredType: string;
  part?: IncomingPart;
}

/** What busboy says of a field and of a file. */
interface FieldInfo {
  readonly valueTruncated: boolean;
}
interface FileInfo {
  /** Absent, too, where it is in a character encoding that does not exist. */
  readonly filename?: string;
  readonly mimeType: string;
}

type Listener = (...values: unknown[]) => void;

/**
 * One multipart request. graphql-upload parses it and keeps its files, but never sees where the client wants them: it
 * would put them anywhere, also over each other and into its own objects. It is given made-up `operations` and a
 * made-up `map`, and told only of the files that the client's own allow.
 */
export class IncomingUpload {
  readonly #limits: Limits;
  readonly #expected = new Map<string, Expected>();
  #operations: Record<string, unknown> | undefined;
  #mapped = false;
  #failure: ParleyError | undefined;
  #body: IncomingBody | undefined;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Gives the GraphQL request; `over` emits `close` when its files are no longer needed. */
  async parse(body: IncomingBody, over: EventEmitter): Promise<unknown> {
    this.#body = body;
    body.onParser = (parser) => {
      this.#takeOver(parser);
    };
    const released = new EventEmitter();
    over.once('close', () => void this.#release().then(() => released.emit('close')));
    try {
      const uploads = (await processRequest(body, released, {
        // Busboy takes a limit that is reached for one that is passed.
        maxFieldSize: this.#limits.maxFieldBytes + 1,
        maxFileSize: this.#limits.maxFileBytes + 1,
        maxFiles: this.#limits.maxFiles,
      })) as Record<string, Upload>;
      if (this.#failure) throw this.#failure;
      for (const expected of this.#expected.values()) deliver(expected, uploads[expected.alias]!);
      return this.#operations;
    } catch (error) {
      this.fail(toRefusal(error));
      throw this.#failure ?? error;
    }
  }

  /** Ends what is not complete yet with the error. Only the first one counts. */
  fail(error: ParleyError): void {
    if (this.#failure) return;
    this.#failure = error;
    for (const { part, reject } of this.#expected.values()) {
      reject(error);
      if (part && !part.complete) part.fail(error);
    }
    this.#body?.discard();
  }

  async #release(): Promise<void> {
    const error = new ParleyError('CANCELLED', 'The request is over: its files can no longer be read.');
    this.fail(error);
    const parts = [...this.#expected.values()].flatMap(({ part }) => part ?? []);
    for (const part of parts) part.fail(error);
    await Promise.all(parts.map((part) => part.quiet()));
  }

  // The parser is graphql-upload's own: a second one in front of it could read the same request differently.
  #takeOver(parser: NodeJS.WritableStream): void {
    const passField = takeListener(parser, 'field');
    const passFile = takeListener(parser, 'file');
    parser.on('field', (name: unknown, text: unknown, info: FieldInfo) => {
      if (this.#failure) return;
      try {
        passField(name, this.#readField(name, text, info), info);
      } catch (error) {
        this.fail(toRefusal(error));
      }
    });
    parser.on('file', (name: unknown, source: Readable, info: FileInfo) => {
      const expected = this.#failure ? undefined : this.#expectedAs(name);
      if (expected) this.#receive(expected, source, info, passFile);
      else ignore(source);
    });
    parser.once('fieldsLimit', () => {
      this.fail(badRequest(FIELDS));
    });
    parser.once('filesLimit', () => {
      this.fail(tooManyFiles(this.#limits.maxFiles));
    });
    parser.on('error', (error: unknown) => {
      this.fail(toRefusal(error));
    });
    parser.once('finish', () => {
      this.#finish();
    });
  }

  /** Takes a field, and gives what graphql-upload is told instead: one file `0` at the path `0`, and so on. */
  #readField(name: unknown, text: unknown, { valueTruncated }: FieldInfo): string {
    const { maxFieldBytes, maxFiles } = this.#limits;
    if (
      (name !== 'operations' && name !== 'map') ||
      (name === 'operations' && this.#operations) ||
      this.#mapped
    ) {
      throw badRequest(FIELDS);
    }
    if (valueTruncated) {
      throw new ParleyError('PAYLOAD_TOO_LARGE', `The field "${name}" has at most ${maxFieldBytes} bytes.`);
    }
    if (name === 'operations') {
      this.#operations = parseOperations(text);
      return '{}';
    }
    if (!this.#operations) throw badRequest('The field "operations" comes before the field "map".');
    this.#mapped = true;
    for (const [part, { parent, key }] of parseMap(text, this.#operations, maxFiles)) {
      const { file, expected } = expectFile(String(this.#expected.size));
      this.#expected.set(part, expected);
      parent[key] = file;
    }
    return JSON.stringify(
      Object.fromEntries([...this.#expected.values()].map(({ alias }) => [alias, [alias]])),
    );
  }

  #expectedAs(name: unknown): Expected | undefined {
    const part = typeof name === 'string' ? name : '';
    const expected = this.#expected.get(part);
    if (!this.#mapped) this.fail(badRequest('The fields "operations" and "map" come before the files.'));
    else if (!expected) this.fail(badRequest(`The map does not name the part ${quote(part)}.`));
    else if (expected.seen) this.fail(badRequest(`The part ${quote(part)} came twice.`));
    else return expected;
    return undefined;
  }

  #receive(expected: Expected, source: Readable, info: FileInfo, pass: Listener): void {
    expected.seen = true;
    try {
      expected.fileName = toFileName(info.filename);
    } catch (error) {
      expected.reject(toRefusal(error));
      ignore(source);
      return;
    }
    expected.declaredType = info.mimeType;
    expected.part = new IncomingPart(source, this.#limits.maxFileBytes);
    pass(expected.alias, expected.part, info);
  }

  #finish(): void {
    if (!this.#mapped) this.fail(badRequest(FIELDS));
    for (const [name, { seen, reject }] of this.#expected) {
      if (!seen) reject(badRequest(`The part ${quote(name)}, which the map names, did not come.`));
    }
  }
}

const FIELDS = 'A multipart request has the fields "operations" and "map", once each, and no other.';

function expectFile(alias: string): { file: FilePromise; expected: Expected } {
  let expected!: Expected;
  const promise = new Promise<IncomingFile>((resolve, reject) => {
    expected = { alias, resolve, reject, seen: false, fileName: '', declaredType: '' };
  });
  return { file: new FilePromise(promise), expected };
}

/** Tells the client's file of what graphql-upload makes of it. */
function deliver(expected: Expected, upload: Upload): void {
  upload.promise.then(
    (file) => {
      const { fileName, declaredType, part } = expected;
      expected.resolve({ fileName, declaredType, createReadStream: () => part!.open(file) });
    },
    // The reason was told before, by `fail` or at the end of the request, and is a better one.
    (error: unknown) => {
      expected.reject(toRefusal(error));
    },
  );
}

function takeListener(parser: NodeJS.WritableStream, event: string): Listener {
  const [listener, ...others] = parser.listeners(event) as Listener[];
  if (!listener || others.length > 0) {
    throw new ParleyError('INTERNAL_SERVER_ERROR', 'Uploads are out of order.', {
      cause: new Error(`graphql-upload no longer has one listener for "${event}"`),
    });
  }
  parser.off(event, listener);
  return listener;
}

// An error of a file that nobody wants is one of the request, which hears of it from the parser.
function ignore(source: Readable): void {
  source.on('error', () => undefined);
  source.resume();
}

function toRefusal(error: unknown): ParleyError {
  return error instanceof ParleyError
    ? error
    : badRequest('The request is not well-formed multipart/form-data.', error);
}
