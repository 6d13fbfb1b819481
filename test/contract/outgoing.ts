import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { textDigest } from '../../src/messaging/content.ts';
import type { LostSend, OutgoingFile, OutgoingMessage } from '../../src/messaging/outgoing.ts';

/** A message on its way out, with a name of its own. */
export function outgoing(message: Partial<OutgoingMessage> & { conversationId: string }): OutgoingMessage {
  return {
    name: randomUUID(),
    text: null,
    files: [],
    actionList: null,
    buttons: [],
    replyTo: null,
    device: null,
    ...message,
  };
}

/** A file on its way out, and what a provider that stores it should know of it. */
export interface SampleFile extends OutgoingFile {
  readonly sha256: string;
  /** What was given out to be read, if anything was. */
  readonly opened: () => Readable | undefined;
}

export function file(given: Partial<OutgoingFile> & { bytes?: Buffer } = {}): SampleFile {
  const { bytes = Buffer.from('%PDF-1.7 no more than this') } = given;
  let opened: Readable | undefined;
  return {
    externalId: null,
    fileName: 'смета – 見積書 ñ.pdf',
    mimeType: 'application/pdf',
    byteSize: bytes.length,
    traits: { pushToTalk: false, width: null, height: null },
    url: 'https://files.example.com/f/1?signature=a%2Fb',
    open: () => Promise.resolve((opened = Readable.from([bytes]))),
    sha256: createHash('sha256').update(bytes).digest('hex'),
    opened: () => opened,
    ...given,
  };
}

/** A send that was tried just now, as its record describes it. */
export function lost(
  { name, text, files }: Pick<OutgoingMessage, 'name' | 'text' | 'files'>,
  window: Partial<Pick<LostSend, 'from' | 'until'>> = {},
): LostSend {
  const fileIds = files.flatMap(({ externalId }) => externalId ?? []);
  return { name, digest: textDigest(text), fileCount: files.length, fileIds, ...justNow(), ...window };
}

/** A minute to either side of the present. */
export function justNow(): Pick<LostSend, 'from' | 'until'> {
  const at = (offset: number) => new Date(Date.now() + offset).toISOString();
  return { from: at(-60_000), until: at(60_000) };
}
