import { createHash } from 'node:crypto';
import type { PactUploadRow } from './uploads.ts';

/** What a file is, before it is one of the company's. */
export type PactFile = Omit<PactUploadRow, 'id' | 'jobId' | 'messageId' | 'conversationId'>;

/** A file of which only the address is given; undefined for what is none. Fetching is not what an emulator is for: it stays where it is. */
export function fileElsewhere(address: string): PactFile | undefined {
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined;
  return {
    fileName: url.pathname.split('/').at(-1) || 'file',
    mimeType: 'application/octet-stream',
    byteSize: 0,
    sha256: createHash('sha256').digest('hex'),
    head: Buffer.alloc(0),
    sourceUrl: url.href,
  };
}
