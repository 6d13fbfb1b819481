import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { finished, type Readable } from 'node:stream';
import busboy from 'busboy';

/** How much of an uploaded file stays in memory: whole files up to here, of bigger ones the beginning. */
export const KEPT_BYTES = 1024 * 1024;

/** A file that arrived in a multipart body. */
export interface ReceivedFile {
  /** The name of its form field. */
  readonly field: string;
  /** Without a path. */
  readonly fileName: string;
  /** As its part said, which proves nothing. */
  readonly mimeType: string;
  readonly byteSize: number;
  /** Of all its bytes, in hex. */
  readonly sha256: string;
  /** The whole file when `byteSize` is at most 1 MB, else its first 1 MB. */
  readonly head: Buffer;
}

/** A multipart body that arrived whole. */
export interface MultipartBody {
  readonly fields: URLSearchParams;
  readonly files: readonly ReceivedFile[];
}

/**
 * Reads a multipart body to its end, hashing its files as they pass. Rejects when it is malformed or when its sender goes away in
 * the middle, so that nobody stores half of a file.
 */
export function readMultipart(source: Readable, headers: IncomingHttpHeaders): Promise<MultipartBody> {
  return new Promise((resolve, reject) => {
    // Throws for a body without a boundary, which rejects.
    const parser = busboy({ headers, defParamCharset: 'utf8' });
    const fields = new URLSearchParams();
    const files: (() => ReceivedFile)[] = [];
    parser.on('field', (name, value, { nameTruncated, valueTruncated }) => {
      if (nameTruncated || valueTruncated) parser.destroy(new Error('a field is too long'));
      fields.append(name, value);
    });
    parser.on('file', (field, stream, { filename, mimeType }: { filename?: string; mimeType: string }) => {
      files.push(receive(stream, { field, fileName: filename ?? 'file', mimeType }));
    });
    parser.on('error', reject);
    parser.once('close', () => resolve({ fields, files: files.map((finish) => finish()) }));
    finished(source, (error) => {
      if (error) parser.destroy(error);
    });
    // Not pipeline(): that would answer a malformed body by destroying the socket, and nobody would read the 400.
    source.pipe(parser);
  });
}

/** Listens to a file; the answer is to be called when the body has ended. */
function receive(
  stream: Readable,
  named: Pick<ReceivedFile, 'field' | 'fileName' | 'mimeType'>,
): () => ReceivedFile {
  const hash = createHash('sha256');
  const kept: Buffer[] = [];
  let byteSize = 0;
  stream.on('data', (chunk: Buffer) => {
    hash.update(chunk);
    // A copy: a part of a chunk would keep all of its memory.
    if (byteSize < KEPT_BYTES) kept.push(Buffer.from(chunk.subarray(0, KEPT_BYTES - byteSize)));
    byteSize += chunk.length;
  });
  // The parser reports the same error; unheard here, it would end the process.
  stream.on('error', () => undefined);
  return () => ({ ...named, byteSize, sha256: hash.digest('hex'), head: Buffer.concat(kept) });
}
