/** The path under which staged files are served. */
export const FILES_PATH = '/files';

/**
 * Where anyone who knows the key can read a staged file. `publicUrl` is how the world reaches Parley; the name is for
 * people who look at the address, and takes no part in finding the file.
 */
export function fileUrl(publicUrl: string, key: string, fileName?: string): string {
  const name = fileName === undefined ? '' : `/${encodeURIComponent(fileName.toWellFormed())}`;
  return `${publicUrl.replace(/\/+$/, '')}${FILES_PATH}/${key}${name}`;
}
