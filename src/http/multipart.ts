import type { Readable } from 'node:stream';

/** One field of a multipart body: a text, or a file that is streamed. */
export type MultipartField = readonly [name: string, value: string | MultipartFile];

export interface MultipartFile {
  readonly fileName: string;
  readonly mimeType: string;
  /** Bytes; absent where nobody knows yet how many will come. */
  readonly byteSize?: number;
  readonly body: Readable;
}

/** Lets go of files that were not read to their end: each holds an open file, or an upload, open. */
export function destroyFiles(fields: readonly MultipartField[]): void {
  for (const [, value] of fields) if (typeof value !== 'string') value.body.destroy();
}

/**
 * The fields as something that got takes for a form. A real `FormData` holds files whole, or knows at least their size: a
 * file that is still arriving has neither.
 */
export function toFormData(fields: readonly MultipartField[]): FormData {
  const entries = fields.map(([name, value]): [string, unknown] => [
    name,
    typeof value === 'string' ? value : toFile(value),
  ]);
  const form = {
    append: (name: string, value: unknown) => void entries.push([name, value]),
    getAll: (wanted: string) => entries.flatMap(([name, value]) => (name === wanted ? [value] : [])),
    entries: () => entries.values(),
    [Symbol.iterator]: () => entries.values(),
    [Symbol.toStringTag]: 'FormData',
  };
  return form as unknown as FormData;
}

function toFile({ fileName, mimeType, byteSize, body }: MultipartFile) {
  return {
    name: fileName,
    type: mimeType,
    size: byteSize,
    lastModified: 0,
    stream: () => body,
    [Symbol.toStringTag]: 'File',
  };
}
