/** graphql-upload has no declarations of its own: this is what Parley uses of it, and how little it asks for. */
declare module 'graphql-upload/processRequest.mjs' {
  import type { EventEmitter } from 'node:events';
  import type { IncomingHttpHeaders } from 'node:http';
  import type { Readable, Writable } from 'node:stream';

  /** A file's place on the temporary disk. */
  interface Capacitor extends Writable {
    /** Private to fs-capacitor; null until the file exists. */
    readonly _path: string | null;
  }

  export interface FileUpload {
    /** Throws when the file has failed. */
    createReadStream(options?: { highWaterMark?: number }): Readable;
    readonly capacitor: Capacitor;
  }

  /** `promise` never is an unhandled rejection. */
  export interface Upload {
    readonly promise: Promise<FileUpload>;
  }

  export default function processRequest(
    request: Readable & { readonly headers: IncomingHttpHeaders },
    response: Pick<EventEmitter, 'once'>,
    options: { maxFieldSize: number; maxFileSize: number; maxFiles: number },
  ): Promise<unknown>;
}
