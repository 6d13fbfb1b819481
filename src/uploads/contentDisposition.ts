/**
 * The value of a `Content-Disposition` header that has a file saved under its name, whatever characters that has
 * (RFC 6266): once in ASCII for programs that read nothing else, once in full.
 */
export function contentDisposition(fileName: string): string {
  const name = fileName.toWellFormed();
  // A percent sign is left out too: some programs decode what follows it.
  const ascii = name.replace(/[^ !#$&'()+,\-.0-9;=@A-Z[\]^_`a-z{}~]/gu, '_');
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encode(name)}`;
}

// RFC 8187 allows fewer characters than `encodeURIComponent` leaves as they are.
function encode(name: string): string {
  return encodeURIComponent(name).replace(
    /[*'()]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
