import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { InputError, ParleyError } from '../../src/messaging/errors.ts';
import { FilePromise, uploadScalar } from '../../src/messaging/incomingFile.ts';
import { hasPreflightHeader, isMultipart } from '../../src/uploads/incoming.ts';
import type { PartSpec, UploadServer } from './incomingClient.ts';
import {
  encode,
  encodePart,
  field,
  file,
  HEADERS,
  post,
  SMALL_LIMITS,
  startUploadServer,
  uploadOf,
} from './incomingClient.ts';

jest.setTimeout(60_000);

const { maxFileBytes, maxFieldBytes } = SMALL_LIMITS;
const sha256 = (body: string | Buffer) => createHash('sha256').update(body).digest('hex');

describe('a multipart request', () => {
  let server: UploadServer;
  beforeAll(async () => {
    server = await startUploadServer();
  });
  afterEach(async () => {
    await server.until((_state, leftOvers) => leftOvers.length === 0);
  });
  afterAll(() => server.stop());

  const send = (parts: readonly PartSpec[] | Buffer) => post(server.url, parts);
  const mapped = (map: unknown, variables: unknown = { file: null }, more: object = {}) =>
    send([
      field('operations', { query: 'describe', variables, ...more }),
      field('map', map),
      file('0', 'hello'),
    ]);

  describe('is read', () => {
    it('with its files in place of the nulls that the map names, and nothing else changed', async () => {
      const variables = { input: { text: 'hi', files: [null, null] }, alone: null, none: null };
      const { status, body } = await send([
        field('operations', {
          query: 'describe',
          variables,
          operationName: 'Send',
          extensions: { a: 1 },
          extra: 1,
        }),
        field('map', {
          a: ['variables.input.files.1'],
          'b.c': ['variables.alone'],
          '2': ['variables.input.files.0'],
        }),
        file('2', 'two'),
        file('a', 'a'),
        file('b.c', 'b'),
      ]);

      expect(status).toBe(200);
      expect(body.data).toEqual({
        request: {
          query: 'describe',
          variables: { input: { text: 'hi', files: ['<file>', '<file>'] }, alone: '<file>', none: null },
          operationName: 'Send',
          extensions: { a: 1 },
        },
        prototypes: 0,
        polluted: 0,
      });
    });

    it('with each file at its own place, whatever the order in which they come and are read', async () => {
      const bodies = ['first', Buffer.alloc(maxFileBytes, 'second'), ''];
      const parts = uploadOf('readBackwards', ...bodies);
      const { body } = await send([parts[0]!, parts[1]!, parts[4]!, parts[2]!, parts[3]!]);

      expect(body.data).toEqual(
        bodies.toReversed().map((content) => ({
          fileName: 'note.txt',
          declaredType: 'text/plain',
          bytes: content.length,
          sha256: sha256(content),
        })),
      );
    });

    it('with files that can be read more than once, from the first byte', async () => {
      const { body } = await send(uploadOf('readTwice', 'hello'));
      expect(body.data).toMatchObject([{ bytes: 5, sha256: sha256('hello') }]);
    });

    it('as browsers send it', async () => {
      const form = new FormData();
      form.append('operations', JSON.stringify({ query: 'read', variables: { file: null } }));
      form.append('map', JSON.stringify({ 0: ['variables.file'] }));
      form.append('0', new File(['hello'], 'Grüße 👋.txt', { type: 'text/plain' }));
      const response = await fetch(server.url, {
        method: 'POST',
        headers: { 'x-apollo-operation-name': 'Send' },
        body: form,
      });
      expect(await response.json()).toEqual({
        data: [{ fileName: 'Grüße 👋.txt', declaredType: 'text/plain', bytes: 5, sha256: sha256('hello') }],
      });
    });

    it('without files', async () => {
      const { status, body } = await send(uploadOf('read'));
      expect([status, body]).toEqual([200, { data: [] }]);
    });
  });

  describe('is refused with BAD_REQUEST', () => {
    const operations = field('operations', { query: 'describe', variables: { file: null, other: null } });
    const map = field('map', { 0: ['variables.file'] });
    const content = file('0', 'hello');

    it.each<[string, readonly PartSpec[]]>([
      ['without parts', []],
      ['without "operations"', [content]],
      ['without "map"', [operations]],
      ['without "map", with a file', [operations, content]],
      ['with "map" first', [map, operations, content]],
      ['with a file first', [content, operations, map]],
      ['with a file between the fields', [operations, content, map]],
      ['with "operations" that are a file', [{ ...operations, fileName: 'a.json' }, map, content]],
      ['with two "operations"', [operations, operations, map, content]],
      ['with two "map"', [operations, map, map, content]],
      ['with "operations" after "map" once more', [operations, map, operations, content]],
      ['with another field', [operations, field('query', '{ a }'), map, content]],
      ['with another field at the end', [operations, map, field('query', '{ a }')]],
      ['with "operations" that are not JSON', [field('operations', '{'), map, content]],
      ['with "operations" that are a text', [field('operations', '"a"'), map, content]],
      ['with "operations" that are null', [field('operations', 'null'), map, content]],
      [
        'with a batch',
        [field('operations', '[{"query":"describe","variables":{"file":null}}]'), map, content],
      ],
      ['with "operations" too deep to read', [field('operations', '['.repeat(8_000)), map, content]],
      [
        'with a key that is a prototype',
        [
          field('operations', '{"query":"describe","variables":{"file":null,"\\u005f_proto__":{"a":1}}}'),
          map,
          content,
        ],
      ],
      ['with a "map" that is not JSON', [operations, field('map', '{'), content]],
      ['with a "map" that is a list', [operations, field('map', '[["variables.file"]]'), content]],
      ['with a "map" that is null', [operations, field('map', 'null'), content]],
    ])('%s', async (_what, parts) => {
      const { status, body } = await send(parts);
      expect([status, body.code, body.retryable]).toEqual([400, 'BAD_REQUEST', false]);
    });

    it.each<[string, unknown]>([
      ['no path', []],
      ['two paths for one file', ['variables.file', 'variables.other']],
      ['a path that is no text', [1]],
      ['a text instead of a list', 'variables.file'],
      ['a path outside of the variables', ['query']],
      ['the path of all variables', ['variables']],
      ['an empty path', ['']],
      ['a path with an empty segment', ['variables..file']],
      ['a path to a variable that is not null', ['variables.text']],
      ['a path into a text', ['variables.text.0']],
      ['a path to nothing', ['variables.nothing']],
      ['a path behind an end of a list', ['variables.list.1']],
      ['a path to a list with a strange index', ['variables.list.00']],
      ['a path to the length of a list', ['variables.list.length']],
      ['a path far behind the end of a list', ['variables.list.4294967294']],
      ['a path through nothing', ['variables.nothing.a.b']],
      ['a prototype', ['__proto__.polluted']],
      ['a prototype of the variables', ['variables.__proto__']],
      ['a prototype below the variables', ['variables.__proto__.polluted']],
      ['a constructor', ['variables.constructor.prototype.polluted']],
      ['a constructor of a text', ['variables.text.constructor.prototype.polluted']],
      ['a name that a prototype has', ['variables.toString']],
      ['a key that is called like an unsafe one', ['variables.prototype']],
      ['a path of many segments', [`variables${'.a'.repeat(5_000)}`]],
      ['a path as long as can be', [`variables.${'a'.repeat(12_000)}`]],
    ])('when the map has %s', async (_what, paths) => {
      const { status, body } = await mapped(
        { 0: paths },
        { file: null, other: null, text: 'a', list: [null], prototype: null },
      );
      expect([status, body.code]).toEqual([400, 'BAD_REQUEST']);
      expect(body.message.length).toBeLessThan(200);
      expect((await send(uploadOf('describe'))).body.data).toMatchObject({ prototypes: 0, polluted: 0 });
    });

    it('when the map has two files for one path', async () => {
      const { status, body } = await mapped({ 0: ['variables.file'], 1: ['variables.file'] });
      expect([status, body.code]).toEqual([400, 'BAD_REQUEST']);
    });

    it('when the map has a path into another file', async () => {
      for (const inner of ['promise', 'resolve', 'reject', 'file']) {
        const { status } = await mapped({ 0: ['variables.file'], 1: [`variables.file.${inner}`] });
        expect(status).toBe(400);
      }
    });

    it.each([
      ['without a boundary', { ...HEADERS, 'content-type': 'multipart/form-data' }],
      ['with another boundary', { ...HEADERS, 'content-type': 'multipart/form-data; boundary=another' }],
    ])('%s', async (_what, headers) => {
      const body = new Uint8Array(encode(uploadOf('read', 'a')));
      const response = await fetch(server.url, { method: 'POST', headers, body });
      expect([response.status, await response.json()]).toMatchObject([400, { code: 'BAD_REQUEST' }]);
    });

    it('when it ends too early, or a header of a part is broken', async () => {
      const whole = encode(uploadOf('read', 'hello'));
      for (const length of [0, 10, 100, 150, 200]) {
        const { status, body } = await send(whole.subarray(0, length));
        expect([status, body.code]).toEqual([400, 'BAD_REQUEST']);
      }
      const broken = Buffer.from(whole.toString().replace('Content-Disposition', 'Content\0Disposition'));
      expect((await send(broken)).status).toBe(400);
    });
  });

  describe('is refused with PAYLOAD_TOO_LARGE', () => {
    it('when the map has more files than allowed', async () => {
      const { status, body } = await send(uploadOf('read', 'a', 'b', 'c', 'd'));
      expect([status, body.code, body.message]).toEqual([
        413,
        'PAYLOAD_TOO_LARGE',
        'A request has at most 3 files.',
      ]);
    });

    it.each(['operations', 'map'])('when the field "%s" is too long', async (name) => {
      const long = field(name, `{}${' '.repeat(maxFieldBytes)}`);
      const { status, body } = await send(name === 'map' ? [field('operations', {}), long] : [long]);
      expect([status, body.code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
      expect(body.message).toContain(`"${name}" has at most ${maxFieldBytes} bytes`);
    });

    it('but not when a field or a file has just the length that is allowed', async () => {
      const [operations, map, content] = uploadOf('read', Buffer.alloc(maxFileBytes));
      const padded = { ...operations!, body: (operations!.body as string).padEnd(maxFieldBytes) };
      const { status, body } = await send([padded, map!, content!]);
      expect([status, body.data]).toMatchObject([200, [{ bytes: maxFileBytes }]]);
    });
  });

  describe('has a file', () => {
    it('that fails with PAYLOAD_TOO_LARGE when it is too big, and never ends as if it were whole', async () => {
      const { status, body } = await send(
        uploadOf('read', 'small', Buffer.alloc(maxFileBytes + 1), 'small too'),
      );
      expect(status).toBe(200);
      expect(body.data).toMatchObject([
        { bytes: 5 },
        { code: 'PAYLOAD_TOO_LARGE', message: `A file has at most ${maxFileBytes} bytes.` },
        { bytes: 9 },
      ]);
    });

    it('that fails with PAYLOAD_TOO_LARGE when the rest of the request is much longer', async () => {
      const { status, body } = await send(uploadOf('read', Buffer.alloc(maxFileBytes * 20)));
      expect([status, body.data]).toMatchObject([200, [{ code: 'PAYLOAD_TOO_LARGE' }]]);
    });

    it('that fails with PAYLOAD_TOO_LARGE although nobody read it when it became too big', async () => {
      const parts = uploadOf('readBackwards', Buffer.alloc(maxFileBytes * 2), 'last');
      const { body } = await send(parts);
      expect(body.data).toMatchObject([{ bytes: 4 }, { code: 'PAYLOAD_TOO_LARGE' }]);
    });

    it('that fails with BAD_REQUEST when it never comes', async () => {
      const { status, body } = await send(uploadOf('read', 'a', 'b').slice(0, 3));
      expect(status).toBe(200);
      expect(body.data).toMatchObject([
        { bytes: 1 },
        { code: 'BAD_REQUEST', message: 'The part "1", which the map names, did not come.' },
      ]);
    });

    it('that fails with BAD_REQUEST when the request ends within it', async () => {
      const whole = encode(uploadOf('read', 'a'.repeat(1_000)));
      const { status, body } = await send(whole.subarray(0, whole.length - 500));
      expect([status, body.code ?? body.data[0].code]).toEqual([expect.any(Number), 'BAD_REQUEST']);
    });

    it('that nobody named, or that comes twice: nothing is left of either', async () => {
      const parts = uploadOf('read', 'a');
      await send([...parts, file('other', 'a')]);
      await send([...parts, file('0', 'a')]);
      await send([...parts, ...parts.slice(2), file('1', 'a'), file('2', 'a'), file('3', 'a')]);
    });

    it.each([
      ['a folder', '/etc/passwd', 'passwd'],
      ['a folder of Windows', 'C:\\\\Users\\\\me\\\\a.txt', 'a.txt'],
      ['a folder above', '../../a.txt', 'a.txt'],
      ['control characters', 'a\u0001\u007f\tb.txt', 'ab.txt'],
      ['a change of the direction of writing', 'exe\u202egpj.txt', 'exegpj.txt'],
      ['spaces around it', '  a b.txt ', 'a b.txt'],
      ['255 bytes', `${'é'.repeat(127)}a`, `${'é'.repeat(127)}a`],
      ['a name that hides', '.env', '.env'],
    ])('whose name is cleaned of %s', async (_what, said, fileName) => {
      const [operations, map] = uploadOf('read', 'a');
      const { body } = await send([operations!, map!, file('0', 'a', said)]);
      expect(body.data).toMatchObject([{ fileName }]);
    });

    it.each([
      ['only control characters', '\u0001\u0002'],
      ['a folder', 'a/'],
      ['this folder', '.'],
      ['the folder above', 'a/..'],
      ['256 bytes long', 'é'.repeat(128)],
    ])('that fails with BAD_REQUEST when its name is %s', async (_what, said) => {
      const [operations, map, , other] = uploadOf('read', 'a', 'b');
      const { status, body } = await send([operations!, map!, file('0', 'a', said), other!]);
      expect([status, body.data]).toMatchObject([200, [{ code: 'BAD_REQUEST' }, { bytes: 1 }]]);
    });

    it('that fails with BAD_REQUEST when it has no name at all', async () => {
      const [operations, map] = uploadOf('read', 'a');
      const nameless = { name: '0', body: 'a', type: 'application/octet-stream' };
      expect((await send([operations!, map!, nameless])).body.data).toMatchObject([{ code: 'BAD_REQUEST' }]);
      const odd = encodePart(file('0', 'a'))
        .toString()
        .replace('filename="note.txt"', "filename*=klingon''a");
      const whole = Buffer.concat([encodePart(operations!), encodePart(map!), Buffer.from(odd), encode([])]);
      expect((await send(whole)).body.data).toMatchObject([{ code: 'BAD_REQUEST' }]);
    });
  });
});

describe('the header of a request', () => {
  it('says whether it is a multipart one', () => {
    const types = [
      'multipart/form-data; boundary=a',
      'Multipart/Form-Data',
      'multipart/form-data ;boundary=a',
    ];
    for (const type of types) expect(isMultipart({ 'content-type': type })).toBe(true);
    const others = [
      'application/json',
      'multipart/mixed; boundary=a',
      'text/plain; multipart/form-data',
      undefined,
    ];
    for (const type of others) expect(isMultipart({ 'content-type': type })).toBe(false);
  });

  it('says whether a browser has asked first', () => {
    expect(hasPreflightHeader({ 'apollo-require-preflight': 'true' })).toBe(true);
    expect(hasPreflightHeader({ 'x-apollo-operation-name': 'Send' })).toBe(true);
    expect(hasPreflightHeader({ 'apollo-require-preflight': '' })).toBe(false);
    expect(hasPreflightHeader({ 'content-type': 'multipart/form-data' })).toBe(false);
  });
});

describe('the scalar Upload', () => {
  it('takes nothing that JSON can say', () => {
    const forged = [
      null,
      'a',
      1,
      {},
      [],
      { promise: {} },
      { file: {} },
      Object.create(FilePromise.prototype),
    ];
    for (const value of forged) expect(() => uploadScalar.parseValue(value)).toThrow(ParleyError);
    expect(() => uploadScalar.parseValue({})).not.toThrow(InputError);
  });

  it('gives the very promise of the file, so that none is left without a handler', () => {
    const never = new Promise<never>(() => undefined);
    expect(uploadScalar.parseValue(new FilePromise(never))).toBe(never);
  });

  it('can stand neither in a document nor in an answer', () => {
    expect(() => uploadScalar.parseLiteral()).toThrow('variable');
    expect(() => uploadScalar.serialize()).toThrow('input');
  });
});
