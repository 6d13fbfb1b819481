import { avatarFile, sampleFiles, type FileKind, type ServedFile } from './files.ts';

/** The files of one provider, with the addresses under which it serves them. */
export interface FileStore {
  /** By decoded path. */
  readonly files: ReadonlyMap<string, ServedFile>;
  readonly byKind: Readonly<Record<FileKind, readonly ServedFile[]>>;
  /** Absolute, percent-encoded URL of a sample file. */
  urlOf(file: ServedFile): string;
  /** Absolute URL of face number `index`, of which there are eight. */
  readonly avatar: (index: number) => string;
}

const FACES = 8;

/** `provider` is part of every path, so that three stores can share one port; `extra` holds files at paths of the provider's own. */
export function createFileStore(
  provider: string,
  baseUrl: string,
  extra: Readonly<Record<string, ServedFile>> = {},
): FileStore {
  const files = new Map<string, ServedFile>(Object.entries(extra));
  for (const file of Object.values(sampleFiles).flat()) files.set(`/files/${provider}/${file.name}`, file);
  for (let face = 0; face < FACES; face += 1)
    files.set(`/avatars/${provider}/${face}.png`, faceOf(provider, face));
  return {
    files,
    byKind: sampleFiles,
    urlOf: (file) => `${baseUrl}/files/${provider}/${encodeURIComponent(file.name)}`,
    avatar: (index) => `${baseUrl}/avatars/${provider}/${index % FACES}.png`,
  };
}

const faces = new Map<string, ServedFile>();

// Made once for all sandboxes of a process: compressing them is the dearest part of a start.
function faceOf(provider: string, face: number): ServedFile {
  const key = `${provider}-${face}.png`;
  const file = faces.get(key) ?? avatarFile(key);
  faces.set(key, file);
  return file;
}
