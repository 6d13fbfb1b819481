import { once } from 'node:events';
import {
  chmodSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { inspect } from 'node:util';
import type { WriteOptions } from '@flystorage/file-storage';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ParleyError } from '../../src/messaging/errors.ts';
import { createFolderStaging } from '../../src/uploads/createFolderStaging.ts';
import { createStaging } from '../../src/uploads/createStaging.ts';
import { createS3Staging } from '../../src/uploads/createS3Staging.ts';
import { FolderAdapter } from '../../src/uploads/folderAdapter.ts';
import type { S3Server } from './s3Server.ts';
import { startS3Server } from './s3Server.ts';
import { describeStaging } from './stagingContract.ts';

const MB = 1024 * 1024;
const HOUR = 3_600_000;
/** Turns of the event loop in which whatever was asked for is certainly done. */
const MANY = 100_000;
const NEVER = new AbortController().signal;
const fileOf = (...chunks: Buffer[]) => ({
  fileName: 'a.html',
  mimeType: 'text/html',
  body: Readable.from(chunks),
});
const listFiles = (folder: string) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory())
    : [];

describeStaging('a folder', () => {
  const root = mkdtempSync(join(tmpdir(), 'parley-staging-'));
  const folder = join(root, 'made', 'when needed');
  const paths = () =>
    listFiles(folder).map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1));
  return Promise.resolve({
    open: (now) => Promise.resolve(createFolderStaging({ folder, now })),
    stored: () => paths().sort(),
    storedBytes: () => paths().reduce((sum, path) => sum + statSync(join(folder, path)).size, 0),
    put: (path) => writeFileSync(join(folder, path), '.'),
    remove: (path) => unlinkSync(join(folder, path)),
    truncate: (path) => truncateSync(join(folder, path), 1),
    protect(path) {
      // What is not a file is not removed, not even by root.
      rmSync(join(folder, path));
      mkdirSync(join(folder, path));
    },
    down(isDown) {
      const away = join(root, 'away');
      if (isDown) {
        if (existsSync(join(root, 'made'))) renameSync(join(root, 'made'), away);
        writeFileSync(join(root, 'made'), 'no folder');
      } else {
        unlinkSync(join(root, 'made'));
        if (existsSync(away)) renameSync(away, join(root, 'made'));
      }
    },
    stop() {
      rmSync(root, { recursive: true });
      return Promise.resolve();
    },
  });
});

describeStaging('an S3 bucket', async () => {
  const s3 = await startS3Server();
  const prefix = 'parley/files';
  return {
    open: (now) => createS3Staging({ ...connection(s3), prefix, now }),
    stored: () => [
      ...s3.objects().map((key) => key.slice(prefix.length + 1)),
      ...s3.openUploads().map((id) => `open upload ${id}`),
    ],
    storedBytes: () => s3.received(),
    put: (path) => s3.put(`${prefix}/${path}`),
    remove: (path) => s3.remove(`${prefix}/${path}`),
    truncate: (path) => s3.truncate(`${prefix}/${path}`),
    protect: (path) => s3.forbid({ method: 'DELETE', path }),
    down: (isDown) => s3.down(isDown),
    stop: () => s3.stop(),
  };
});

function connection({ endpoint, bucket, credentials }: S3Server) {
  return { endpoint, bucket, credentials, region: 'us-east-1', forcePathStyle: true };
}

describe('a staging folder', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'parley-staging-'));
    chmodSync(folder, 0o755);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is for its owner alone', async () => {
    const inner = join(folder, 'staging');
    const staging = createFolderStaging({ folder: inner, now: Date.now });
    const { key } = await staging.write(fileOf(Buffer.from('hello')), NEVER);
    await staging.keep(key);

    const modes = readdirSync(inner, { recursive: true, encoding: 'utf8' }).map((name) => {
      const stat = statSync(join(inner, name));
      return [stat.isDirectory(), (stat.mode & 0o777).toString(8)];
    });
    expect(statSync(inner).mode & 0o777).toBe(0o700);
    expect(new Set(modes.map(String))).toEqual(new Set(['true,700', 'false,600']));
  });

  const opened = () =>
    readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder);
      } catch {
        return false;
      }
    });
  const onLinux = process.platform === 'linux' ? it : it.skip;

  onLinux('leaves no file open when a reader leaves, before or within the file', async () => {
    const staging = createFolderStaging({ folder, now: Date.now });
    const { key } = await staging.write(fileOf(Buffer.alloc(1024 * 1024)), NEVER);
    expect(opened()).toEqual([]);

    const unread = (await staging.read(key))!;
    const halfRead = (await staging.read(key))!;
    await once(halfRead, 'readable');
    halfRead.read(1);
    expect(opened().length).toBe(2);
    for (const body of [unread, halfRead]) {
      body.destroy();
      await once(body, 'close');
    }
    for (let turn = 0; opened().length > 0 && turn < MANY; turn += 1) await nextTurn();
    expect(opened()).toEqual([]);
  });

  onLinux(
    'says STORAGE_UNAVAILABLE when the disk is full, and leaves only a marker for the sweep',
    async () => {
      class FullDisk extends FolderAdapter {
        override write(path: string, contents: Readable, options: WriteOptions): Promise<void> {
          if (!path.startsWith('files/')) return super.write(path, contents, options);
          return pipeline(contents, createWriteStream('/dev/full'));
        }
      }
      const now = () => Date.now() + 2 * HOUR;
      const staging = createStaging({ adapter: new FullDisk(folder), now });
      const body = fileOf(...Array.from({ length: 100 }, () => Buffer.alloc(64 * 1024)));

      await expect(staging.write(body, NEVER)).rejects.toMatchObject({
        code: 'STORAGE_UNAVAILABLE',
        retryable: true,
        cause: { message: 'Error ENOSPC' },
      });
      expect(body.body.destroyed).toBe(true);
      expect(listFiles(folder).map(({ parentPath }) => parentPath)).toEqual([join(folder, 'unsent')]);
      expect(await staging.sweep({ unsent: HOUR, sent: Infinity })).toBe(1);
      expect(listFiles(folder)).toEqual([]);
    },
  );

  it('says STORAGE_UNAVAILABLE where no folder can be made', async () => {
    writeFileSync(join(folder, 'file'), '');
    const staging = createFolderStaging({ folder: join(folder, 'file', 'inner'), now: Date.now });
    await expect(staging.write(fileOf(Buffer.from('hello')), NEVER)).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
    });
  });
});

describe('a staging bucket', () => {
  let s3: S3Server;
  beforeEach(async () => {
    s3 = await startS3Server();
  });
  afterEach(() => s3.stop());

  const open = (changes: { bucket?: string } = {}) =>
    createS3Staging({ ...connection(s3), ...changes, now: Date.now });

  it('gets nothing that a browser would run, and neither an ACL nor a checksum in a trailer', async () => {
    const staging = await open();
    await staging.write(fileOf(Buffer.alloc(6 * MB), Buffer.alloc(6 * MB)), NEVER);

    const writes = s3.requests.filter(({ method }) => method === 'PUT' || method === 'POST');
    expect(writes.length).toBeGreaterThan(4);
    for (const { headers } of writes) {
      expect(Object.keys(headers).filter((name) => /^x-amz-(acl|trailer|grant|checksum)/.test(name))).toEqual(
        [],
      );
      expect([undefined, 'application/octet-stream', 'application/xml']).toContain(headers['content-type']);
    }
  });

  it('has no upload left open when a body fails within a later part', async () => {
    const staging = await open();
    const error = new Error('the client went away');
    const body = new Readable({
      read() {
        if (s3.openUploads().length > 0) this.destroy(error);
        else this.push(Buffer.alloc(MB));
      },
    });
    await expect(staging.write({ ...fileOf(), body }, NEVER)).rejects.toBe(error);

    const aborted = s3.requests.filter(({ method, url }) => method === 'DELETE' && url.includes('uploadId'));
    expect(aborted.length).toBe(1);
    expect(s3.openUploads()).toEqual([]);
    expect(s3.objects()).toEqual([]);
  });

  it('that does not exist is out of reach, and has no files that are missing', async () => {
    const staging = await open({ bucket: 'nowhere' });
    const key = 'A'.repeat(43);
    for (const ask of [
      () => staging.write(fileOf(Buffer.from('hello')), NEVER),
      () => staging.find(key),
      () => staging.read(key),
      () => staging.keep(key),
      () => staging.sweep({ unsent: 0, sent: Infinity }),
    ]) {
      await expect(ask()).rejects.toMatchObject({
        code: 'STORAGE_UNAVAILABLE',
        cause: { message: 'NoSuchBucket 404' },
      });
    }
  });

  it('refuses its files to wrong credentials, which no error repeats', async () => {
    const credentials = { accessKeyId: 'SOMEBODY', secretAccessKey: 'canary' };
    const staging = await createS3Staging({ ...connection(s3), credentials, now: Date.now });
    const error: any = await staging.find('A'.repeat(43)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ParleyError);
    expect(error.code).toBe('STORAGE_UNAVAILABLE');
    expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/SOMEBODY|canary|AAAA/);
  });

  it('is asked for no more than what waits', async () => {
    const staging = await open();
    const { key } = await staging.write(fileOf(Buffer.from('hello')), NEVER);
    await staging.keep(key);
    const before = s3.requests.length;
    await staging.sweep({ unsent: HOUR, sent: Infinity });
    expect(
      s3.requests.slice(before).map(({ url }) => new URL(url, s3.endpoint).searchParams.get('prefix')),
    ).toEqual(['unsent/']);
  });
});
