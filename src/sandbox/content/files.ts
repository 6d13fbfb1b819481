import { deflateSync } from 'node:zlib';

/** A file that an emulator serves. */
export interface ServedFile {
  readonly name: string;
  /** Its content-type. */
  readonly type: string;
  /** Length in bytes. */
  readonly size: number;
  readonly bytes: () => Buffer;
}

/** The kinds of file that the seed's messages carry. */
export type FileKind = 'image' | 'file' | 'audio' | 'video';

/** Real, small files, made in code: what a seed row calls a PDF opens as one. */
export const sampleFiles: Readonly<Record<FileKind, readonly ServedFile[]>> = {
  image: [
    file('photo-1.png', 'image/png', png(120, 80, 0xd95f43)),
    file('photo-2.png', 'image/png', png(80, 120, 0x3f7cac)),
    file('Снимок экрана.png', 'image/png', png(160, 90, 0x6b9080)),
  ],
  file: [
    file('invoice.pdf', 'application/pdf', pdf('Invoice 2026-0117')),
    file('発注書.pdf', 'application/pdf', pdf('Purchase order')),
    file(
      'orders.csv',
      'text/csv',
      Buffer.from('order,city,total\r\n4711,Lisboa,129.90\r\n4712,"São Paulo",59.00\r\n'),
    ),
  ],
  audio: [file('voice.wav', 'audio/wav', wav(440)), file('voice-2.wav', 'audio/wav', wav(330))],
  video: [file('clip.mp4', 'video/mp4', mp4())],
};

/** A square of one colour, for faces. `name` is the whole file name; the colour comes from it. */
export function avatarFile(name: string): ServedFile {
  let colour = 0x811c9dc5;
  for (const byte of Buffer.from(name)) colour = Math.imul(colour ^ byte, 0x01000193) >>> 0;
  return file(name, 'image/png', png(64, 64, colour & 0xffffff));
}

/** The grey square of a person without a face, as GIF (Letstalk's default) . */
export const defaultAvatar: ServedFile = file(
  'default-avatar.gif',
  'image/gif',
  Buffer.from('R0lGODlhAQABAIAAAMzMzAAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==', 'base64'),
);

function file(name: string, type: string, bytes: Buffer): ServedFile {
  return { name, type, size: bytes.length, bytes: () => bytes };
}

function png(width: number, height: number, colour: number): Buffer {
  const row = Buffer.alloc(1 + width * 3);
  for (let x = 0; x < width; x += 1) row.writeUIntBE(colour, 1 + x * 3, 3);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Eight bits a channel, RGB.
  header.set([8, 2, 0, 0, 0], 8);
  const pixels = deflateSync(Buffer.concat(Array.from({ length: height }, () => row)));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    pngChunk('IHDR', header),
    pngChunk('IDAT', pixels),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

function pngChunk(kind: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(kind, 'latin1'), data]);
  const frame = Buffer.alloc(body.length + 8);
  frame.writeUInt32BE(data.length, 0);
  body.copy(frame, 4);
  frame.writeUInt32BE(crc32(body), body.length + 4);
  return frame;
}

// zlib.crc32 is not in the oldest Node that we run on.
function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function pdf(title: string): Buffer {
  const content = `BT /F1 18 Tf 20 60 Td (${title}) Tj ET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 120] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  let text = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const offset = text.length;
    text += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(offset).padStart(10, '0')} 00000 n \n`;
  });
  const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${offsets.join('')}`;
  const trailer = `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${text.length}\n%%EOF\n`;
  return Buffer.from(text + table + trailer, 'latin1');
}

/** A quarter of a second of one tone, 8 kHz, 8 bits, mono. */
function wav(hertz: number): Buffer {
  const samples = Buffer.from(
    Array.from(
      { length: 2000 },
      (_, index) => 128 + Math.round(60 * Math.sin((2 * Math.PI * hertz * index) / 8000)),
    ),
  );
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + samples.length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(8000, 24);
  header.writeUInt32LE(8000, 28);
  header.writeUInt16LE(1, 32);
  header.writeUInt16LE(8, 34);
  header.write('data', 36);
  header.writeUInt32LE(samples.length, 40);
  return Buffer.concat([header, samples]);
}

/** A container without a track: readers recognise it as MP4, there is just nothing to see. */
function mp4(): Buffer {
  const movieHeader = Buffer.alloc(100);
  // Timescale 1000, duration 0, normal rate, unity matrix, next track 1.
  movieHeader.writeUInt32BE(1000, 12);
  movieHeader.writeUInt32BE(0x00010000, 20);
  movieHeader.writeUInt16BE(0x0100, 24);
  movieHeader.writeUInt32BE(0x00010000, 36);
  movieHeader.writeUInt32BE(0x00010000, 52);
  movieHeader.writeUInt32BE(0x40000000, 68);
  movieHeader.writeUInt32BE(1, 96);
  return Buffer.concat([
    box('ftyp', Buffer.from('isom\0\0\x02\0isommp41', 'latin1')),
    box('moov', box('mvhd', movieHeader)),
  ]);
}

function box(kind: string, data: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(data.length + 8, 0);
  head.write(kind, 4, 'latin1');
  return Buffer.concat([head, data]);
}
