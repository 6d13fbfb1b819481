import { extname } from 'node:path';
import type { Readable } from 'node:stream';
import { fileTypeFromBuffer } from 'file-type';
import { lookup } from 'mime-types';
import type { IncomingFile } from '../messaging/incomingFile.ts';
import { readHead } from './readHead.ts';

/** What a file is, and all of its bytes. */
export interface Sniffed {
  /** In lower case, without parameters. */
  readonly mimeType: string;
  readonly body: Readable;
}

/**
 * Tells what a file is by its first bytes. What they are known for counts, whatever the client says. Where they are
 * text, which has no marks of its own, the client's word counts, then the name's ending, as long as either means a text;
 * an empty file is such a text. The rest is `application/octet-stream`.
 *
 * The body that it gives ends as `source` does, and ends `source` when it is destroyed. Rejects with the error of the
 * source when that fails before enough of it is known.
 */
export async function sniff(
  source: Readable,
  claim: Pick<IncomingFile, 'fileName' | 'declaredType'>,
): Promise<Sniffed> {
  // From here to where the caller listens, an error would have nobody who hears it and would end the process.
  source.on('error', () => undefined);
  const { head, body } = await readHead(source, HEAD_SIZE);
  const mimeType = await typeOf(head, [clean(claim.declaredType), typeByName(claim.fileName)]);
  if (source.errored) throw source.errored;
  return { mimeType, body };
}

/**
 * Bytes. Most types show in the first few; that an archive is a document shows in the names of its entries, some of
 * which come behind its first pictures.
 */
const HEAD_SIZE = 64 * 1024;

/** `claims`: what the file may be by what is said of it, the best one first. */
async function typeOf(head: Buffer, claims: readonly string[]): Promise<string> {
  const isText = !BINARY.test(head.toString('latin1'));
  const known = await recognise(head);
  if (known !== undefined && (!isText || TEXT_FORMATS.test(known))) {
    return claims.find((claim) => refines(claim, known, head)) ?? known;
  }
  const claimed = isText && claims.find((claim) => TEXTUAL.test(claim));
  if (!claimed) return 'application/octet-stream';
  // A page or a drawing with scripts is a text too, and is harmless as long as nobody is told to run it.
  return ACTIVE.has(claimed) ? 'text/plain' : claimed;
}

async function recognise(head: Buffer): Promise<string | undefined> {
  try {
    const found = await fileTypeFromBuffer(head);
    if (found) return clean(found.mime);
  } catch {
    // Bytes that confuse the library are nothing it knows.
  }
  // The library looks into the directory of a TIFF, which is mostly at its end, and gives up where it can't.
  return TIFF.test(head.toString('latin1', 0, 4)) ? 'image/tiff' : undefined;
}

const TIFF = /^(II\*\0|MM\0\*)/;

/** What no text contains: the "binary data bytes" of the MIME Sniffing Standard. */
const BINARY = /[\0-\x08\x0b\x0e-\x1a\x1c-\x1f]/;

/**
 * The known types that are text all through. Others are known by so few letters that a table which begins with "BMI" or
 * "MAC address" would be a picture or a sound; but the files that really are have binary bytes as well.
 */
const TEXT_FORMATS = /^text\/|^application\/(pdf|postscript|eps|rtf|xml|pgp-encrypted|x-ms-regedit)$/;

/** The types that are believed of a text. */
const TEXTUAL =
  /^text\/|^application\/(csv|geojson|json|sql|toml|x-ndjson|xml|yaml|x-yaml)$|^[a-z]+\/[^/]+\+(json|xml)$/;

const ACTIVE: ReadonlySet<string> = new Set([
  'application/xhtml+xml',
  'image/svg+xml',
  'text/ecmascript',
  'text/html',
  'text/javascript',
]);

/** Whether a claim says more of what the bytes show, and nothing else. */
function refines(claim: string, known: string, head: Buffer): boolean {
  if (known === 'application/x-cfb') return CFB_DOCUMENTS.has(claim);
  const folder = known === 'application/zip' && ZIP_DOCUMENTS.get(claim);
  return folder ? head.includes(folder) : false;
}

/** Office's old formats share one container, whose first bytes don't tell which. */
const CFB_DOCUMENTS: ReadonlySet<string> = new Set([
  'application/msword',
  'application/vnd.ms-excel',
  'application/vnd.ms-outlook',
  'application/vnd.ms-powerpoint',
  'application/vnd.visio',
  'application/x-mspublisher',
]);

/**
 * The folder in which each of Office's formats has its content. The library wants to see the list of contents, which
 * some programs write at the very end.
 */
const ZIP_DOCUMENTS: ReadonlyMap<string, string> = new Map([
  ['application/vnd.openxmlformats-officedocument.presentationml.presentation', 'ppt/'],
  ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'xl/'],
  ['application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'word/'],
]);

function typeByName(fileName: string): string {
  return lookup(extname(fileName)) || '';
}

/** A type as it is compared; empty for what is none. */
function clean(type: string): string {
  const [essence = ''] = type.split(';', 1);
  const lowered = essence.trim().toLowerCase();
  return /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/.test(lowered) ? lowered : '';
}
