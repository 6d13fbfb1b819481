import { PassThrough, Readable, pipeline } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { crc32, gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sniff } from '../../src/uploads/sniff.ts';

const SEED = 20260;
const UNKNOWN = 'application/octet-stream';
const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const PPTX = 'application/vnd.openxmlformats-officedocument.presentationml.presentation';

const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex');
const JPEG = Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex');
const CFB = Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(2000)]);

function streamOf(bytes: Buffer, size = 16 * 1024): Readable {
  let start = 0;
  return new Readable({
    read() {
      const chunk = bytes.subarray(start, start + size);
      start += size;
      this.push(chunk.length > 0 ? chunk : null);
    },
  });
}

async function typeOf(content: Buffer | string, declaredType = UNKNOWN, fileName = 'file'): Promise<string> {
  const bytes = Buffer.from(content);
  const { mimeType, body } = await sniff(streamOf(bytes), { fileName, declaredType });
  expect((await buffer(body)).equals(bytes)).toBe(true);
  return mimeType;
}

/** An archive of entries that are not compressed. */
function zip(entries: Record<string, string | Buffer>): Buffer {
  return Buffer.concat(
    Object.entries(entries).flatMap(([name, content]) => {
      const data = Buffer.from(content);
      const header = Buffer.alloc(30);
      header.writeUInt32LE(0x04034b50, 0);
      header.writeUInt16LE(20, 4);
      header.writeUInt32LE(crc32(data), 14);
      header.writeUInt32LE(data.length, 18);
      header.writeUInt32LE(data.length, 22);
      header.writeUInt16LE(name.length, 26);
      return [header, Buffer.from(name), data];
    }),
  );
}

const contentTypes = (type: string) => `<Types><Override ContentType="${type}.main+xml"/></Types>`;

describe('a file is what its bytes say', () => {
  it.each<[string, string, Buffer]>([
    ['image/png', 'text/plain', PNG],
    ['image/jpeg', 'image/png', JPEG],
    ['image/gif', UNKNOWN, Buffer.from('GIF89a\x01\0\x01\0\x80\0\0')],
    ['image/bmp', UNKNOWN, Buffer.concat([Buffer.from('BM'), Buffer.alloc(52)])],
    ['application/pdf', 'text/csv', Buffer.from('%PDF-1.7\n1 0 obj\n')],
    ['video/mp4', UNKNOWN, Buffer.from('\0\0\0\x18ftypmp42\0\0\0\0mp42isom', 'latin1')],
    ['video/quicktime', UNKNOWN, Buffer.from('\0\0\0\x14ftypqt  \0\0\0\0qt  ', 'latin1')],
    [
      'audio/mpeg',
      'audio/mp3',
      Buffer.concat([Buffer.from('ID3\x03\0\0\0\x0f\x7f\x7f', 'latin1'), Buffer.alloc(9)]),
    ],
    ['application/gzip', UNKNOWN, gzipSync('hello')],
    ['application/x-msdownload', 'application/pdf', Buffer.from('MZ\x90\0\x03\0\0\0', 'latin1')],
    ['application/xml', 'image/svg+xml', Buffer.from('<?xml version="1.0"?><svg/>')],
    ['application/rtf', 'application/msword', Buffer.from('{\\rtf1\\ansi hello}')],
  ])('%s, not %s', async (mimeType, declaredType, bytes) => {
    expect(await typeOf(bytes, declaredType, 'lies.txt')).toBe(mimeType);
  });

  it('in words without parameters', async () => {
    const opus = Buffer.concat([Buffer.from('OggS'), Buffer.alloc(24), Buffer.from('OpusHead\x01')]);
    expect(await typeOf(opus)).toBe('audio/ogg');
  });

  it('also when what tells it lies behind the first bytes', async () => {
    const text = Buffer.alloc(40_000);
    const chunk = Buffer.alloc(8);
    chunk.writeUInt32BE(text.length, 0);
    chunk.write('iTXt', 4);
    const png = Buffer.concat([
      PNG,
      chunk,
      text,
      Buffer.alloc(4),
      Buffer.from('00000000', 'hex'),
      Buffer.from('IDAT'),
    ]);
    expect(await typeOf(png)).toBe('image/png');
  });

  it('also when what tells it lies behind all that is looked at', async () => {
    const header = Buffer.from('49492a00', 'hex');
    const place = Buffer.alloc(4);
    place.writeUInt32LE(150_000);
    expect(await typeOf(Buffer.concat([header, place, Buffer.alloc(160_000)]))).toBe('image/tiff');
    const id3 = Buffer.concat([Buffer.from('ID3\x04\0\0\0\x7f\x7f\x7f', 'latin1'), Buffer.alloc(300_000)]);
    expect(await typeOf(id3)).toBe('audio/mpeg');
  });

  describe('that of an office document', () => {
    it.each([
      [DOCX, 'word/'],
      [XLSX, 'xl/'],
      [PPTX, 'ppt/'],
    ])('%s', async (mimeType, folder) => {
      const list = { '[Content_Types].xml': contentTypes(mimeType) };
      expect(await typeOf(zip({ ...list, [`${folder}a.xml`]: '<a/>' }))).toBe(mimeType);
      expect(await typeOf(zip({ '_rels/.rels': 'x', [`${folder}a.xml`]: '<a/>', ...list }))).toBe(mimeType);
    });

    it('whose list of contents comes at the end, if its name or the client says so', async () => {
      const late = zip({
        'word/document.xml': '<a/>',
        'word/media/1.png': Buffer.alloc(200_000),
        '[Content_Types].xml': contentTypes(DOCX),
      });
      expect(await typeOf(late, UNKNOWN, 'letter.DOCX')).toBe(DOCX);
      expect(await typeOf(late, DOCX)).toBe(DOCX);
      expect(await typeOf(late, XLSX, 'table.xlsx')).toBe('application/zip');
      expect(await typeOf(late)).toBe('application/zip');
    });

    it('which no other archive becomes by its name', async () => {
      expect(await typeOf(zip({ 'a.exe': 'MZ' }), DOCX, 'letter.docx')).toBe('application/zip');
    });

    it.each([
      ['application/msword', 'letter.doc', UNKNOWN],
      ['application/vnd.ms-excel', 'TABLE.XLS', 'application/x-cfb'],
      ['application/vnd.ms-powerpoint', 'slides', 'application/vnd.ms-powerpoint'],
      ['application/msword', 'table.xls', 'application/msword'],
      ['application/x-cfb', 'picture.png', 'image/png'],
      ['application/x-cfb', 'setup.msi', UNKNOWN],
    ])('%s, in the old format, by the name %s and the type %s', async (mimeType, fileName, declaredType) => {
      expect(await typeOf(CFB, declaredType, fileName)).toBe(mimeType);
    });
  });
});

describe('a text is what is said of it', () => {
  const csv = 'Größe;Preis\n1;2\n';

  it.each<[string, string, string]>([
    ['text/csv', 'text/csv', 'a'],
    ['text/csv', 'Text/CSV; charset=utf-8', 'a.txt'],
    ['application/csv', 'application/csv', 'a.txt'],
    ['application/geojson', 'application/geojson', 'a.json'],
    ['application/geo+json', UNKNOWN, 'a.geojson'],
    ['application/json', 'application/json', 'a'],
    ['application/vnd.api+json', 'application/vnd.api+json', 'a'],
    ['application/gpx+xml', UNKNOWN, 'route.gpx'],
    ['text/comma-separated-values', 'text/comma-separated-values', 'a'],
    ['text/csv', UNKNOWN, 'table.CSV'],
    ['text/csv', 'application/vnd.ms-excel', 'table.csv'],
    ['text/plain', '', 'note.txt'],
    ['text/csv', 'not a type', 'table.csv'],
    ['text/csv', 'text/csv\r\nX-Evil: 1', 'table.csv'],
    [UNKNOWN, 'image/png', 'picture.png'],
    [UNKNOWN, 'application/pdf', 'a.pdf'],
    [UNKNOWN, UNKNOWN, 'README'],
    [UNKNOWN, UNKNOWN, 'csv'],
  ])('%s, by the type %j and the name %s', async (mimeType, declaredType, fileName) => {
    expect(await typeOf(csv, declaredType, fileName)).toBe(mimeType);
    expect(await typeOf('', declaredType, fileName)).toBe(mimeType);
    expect(await typeOf(Buffer.from(csv, 'latin1'), declaredType, fileName)).toBe(mimeType);
  });

  it('but never something that runs scripts', async () => {
    expect(await typeOf('<html><script>', 'text/html', 'a.html')).toBe('text/plain');
    expect(await typeOf('<svg onload="x">', 'image/svg+xml', 'a.svg')).toBe('text/plain');
    expect(await typeOf('<html xmlns="…">', UNKNOWN, 'a.xhtml')).toBe('text/plain');
    expect(await typeOf('alert(1)', UNKNOWN, 'a.js')).toBe('text/plain');
  });

  it.each([
    'BMI;Age',
    'MAC address,IP',
    'GIFT,PRICE',
    'FORM,ID',
    'ID3,ID4',
    'MZ,1',
    'PARENT;CHILD',
    'SQLite is',
    'solid ',
  ])('also when it begins like a file of another kind: %s', async (start) => {
    expect(await typeOf(`${start}\n1,2\n`, 'text/csv')).toBe('text/csv');
    expect(await typeOf(`\ufeff${start}\n1,2\n`, 'text/csv')).toBe('text/csv');
  });

  it('unless its bytes are none of a text', async () => {
    const binary = Buffer.from('\x17\0\x42\x99'.repeat(10), 'latin1');
    expect(await typeOf(binary, 'text/csv', 'table.csv')).toBe(UNKNOWN);
    expect(await typeOf(binary, 'image/png', 'picture.png')).toBe(UNKNOWN);
    expect(await typeOf('text\0', 'text/plain', 'a.txt')).toBe(UNKNOWN);
  });
});

describe('the body that sniffing gives', () => {
  const claim = { fileName: 'a.txt', declaredType: 'text/plain' };

  it('has all of the bytes, in whatever pieces they come', async () => {
    const sizes = fc.oneof(fc.nat(300), fc.integer({ min: 65_500, max: 65_600 }), fc.nat(200_000));
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 1, max: 70_000 }), async (size, piece) => {
        const bytes = Buffer.alloc(size, 'abcdefg');
        const { body } = await sniff(streamOf(bytes, Math.max(piece, size / 100)), claim);
        expect((await buffer(body)).equals(bytes)).toBe(true);
      }),
      { seed: SEED, numRuns: 60 },
    );
  });

  it('has them also through a pipeline, and from a source of strings or of objects', async () => {
    const through = new PassThrough();
    const { body } = await sniff(streamOf(Buffer.alloc(200_000, 'x')), claim);
    pipeline(body, through, () => undefined);
    expect((await buffer(through)).length).toBe(200_000);
    const pieces = Array.from({ length: 100 }, () => Buffer.alloc(1000, 'y'));
    expect((await buffer((await sniff(Readable.from(pieces), claim)).body)).length).toBe(100_000);
    expect((await buffer((await sniff(Readable.from(['hé', 'llo']), claim)).body)).toString()).toBe('héllo');
  });

  it('asks its source for no more than is read', async () => {
    let pulled = 0;
    const source = new Readable({
      read() {
        pulled += 16_384;
        this.push(Buffer.alloc(16_384));
      },
    });
    const { body } = await sniff(source, claim);
    expect(pulled).toBeLessThan(200_000);
    body.destroy();
  });

  it('destroys its source when it is destroyed', async () => {
    const source = streamOf(Buffer.alloc(200_000));
    const { body } = await sniff(source, claim);
    body.destroy();
    expect(source.destroyed).toBe(true);
  });

  it('fails with the error of its source', async () => {
    const error = new Error('the client went away');
    const source = new PassThrough();
    const sniffed = sniff(source, claim);
    source.write(Buffer.alloc(100_000));
    const { body } = await sniffed;
    source.destroy(error);
    await expect(buffer(body)).rejects.toBe(error);
  });

  it.each([0, 10, 60_000])(
    'is not given when the source fails after %d bytes: its error is',
    async (bytes) => {
      const error = new Error('the client went away');
      const source = new PassThrough();
      const sniffed = sniff(source, claim);
      if (bytes > 0) source.write(Buffer.alloc(bytes));
      setImmediate(() => void source.destroy(error));
      await expect(sniffed).rejects.toBe(error);
    },
  );

  it('is not given when the source has failed before, or while its bytes are looked at', async () => {
    const error = new Error('before');
    const failed = new PassThrough();
    failed.on('error', () => undefined).destroy(error);
    await new Promise((resolve) => failed.once('close', resolve));
    await expect(sniff(failed, claim)).rejects.toBe(error);

    const source = streamOf(Buffer.alloc(200_000));
    const sniffed = sniff(source, claim);
    const unshift = source.unshift.bind(source);
    source.unshift = (chunk) => {
      queueMicrotask(() => source.destroy(error));
      unshift(chunk);
    };
    await expect(sniffed).rejects.toBe(error);
  });
});
