import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ParleyError } from '../../src/messaging/errors.ts';
import type { Staging } from '../../src/messaging/staging.ts';

jest.setTimeout(60_000);

/** A storage that staging is tried on, seen from behind. */
export interface StagingPlace {
  open(now: () => number): Promise<Staging>;
  /** The paths of everything that is there. */
  stored(): string[];
  /** Bytes of it, also of what is half written. */
  storedBytes(): number;
  put(path: string): void;
  remove(path: string): void;
  /** Cuts a file to one byte. */
  truncate(path: string): void;
  /** Makes it impossible to remove what is at the path. */
  protect(path: string): void;
  /** Whether the storage is out of reach. */
  down(isDown: boolean): void;
  stop(): Promise<void>;
}

const MB = 1024 * 1024;
const HOUR = 3_600_000;
const NEVER = new AbortController().signal;
const UNKNOWN_KEY = 'A'.repeat(43);

/** Every sentence of the port, for any storage. */
export function describeStaging(name: string, start: () => Promise<StagingPlace>): void {
  describe(`staging in ${name}`, () => {
    let place: StagingPlace;
    let staging: Staging;
    let later: number;
    beforeEach(async () => {
      place = await start();
      later = 0;
      staging = await place.open(() => Date.now() + later);
    });
    afterEach(() => place.stop());

    const write = (body: Readable | string, signal = NEVER) =>
      staging.write(
        {
          fileName: 'Grüße "1".txt',
          mimeType: 'text/plain',
          body: typeof body === 'string' ? Readable.from([Buffer.from(body)]) : body,
        },
        signal,
      );
    const content = async (key: string) => {
      const body = await staging.read(key);
      return body && (await buffer(body)).toString();
    };
    const codeOf = async (action: Promise<unknown>) => {
      const error: unknown = await action.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      return error instanceof ParleyError ? [error.code, error.retryable] : error;
    };
    const UNAVAILABLE = ['STORAGE_UNAVAILABLE', true];

    describe('keeps a file', () => {
      it('and gives back what it was told of it, and its bytes', async () => {
        const file = await write('hello');

        expect(file).toEqual({
          key: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
          fileName: 'Grüße "1".txt',
          mimeType: 'text/plain',
          byteSize: 5,
        });
        expect(await staging.find(file.key)).toEqual(file);
        expect(await content(file.key)).toBe('hello');
        expect(await content(file.key)).toBe('hello');
        expect(place.stored()).toEqual([`files/${file.key}`, `info/${file.key}.json`, `unsent/${file.key}`]);
      });

      it('that is empty', async () => {
        const { key, byteSize } = await write('');
        expect(byteSize).toBe(0);
        expect(await content(key)).toBe('');
      });

      it('under another key each time', async () => {
        const files = await Promise.all([write('one'), write('two'), write('one')]);
        expect(new Set(files.map(({ key }) => key)).size).toBe(3);
        expect(await Promise.all(files.map(({ key }) => content(key)))).toEqual(['one', 'two', 'one']);
      });

      it('for every process that shares the storage', async () => {
        const { key } = await write('hello');
        const other = await place.open(() => Date.now());
        expect(await buffer((await other.read(key))!)).toEqual(Buffer.from('hello'));
      });

      it('of 40 MB with less than 16 MB of it in memory at any time', async () => {
        const hash = createHash('sha256');
        let pulled = 0;
        let mostHeld = 0;
        const chunk = Buffer.alloc(64 * 1024, 'parley');
        const body = new Readable({
          read() {
            mostHeld = Math.max(mostHeld, pulled - place.storedBytes());
            if (pulled === 40 * MB) {
              this.push(null);
              return;
            }
            pulled += chunk.length;
            hash.update(chunk);
            this.push(chunk);
          },
        });
        const { key, byteSize } = await write(body);

        expect(byteSize).toBe(40 * MB);
        expect(mostHeld).toBeLessThan(16 * MB);
        const read = createHash('sha256');
        for await (const part of (await staging.read(key))!) read.update(part as Buffer);
        expect(read.digest('hex')).toBe(hash.digest('hex'));
      });
    });

    describe('knows nothing of', () => {
      it.each([
        UNKNOWN_KEY,
        '',
        'short',
        '../../etc/passwd',
        `${'A'.repeat(42)}/`,
        `${UNKNOWN_KEY}A`,
        `${UNKNOWN_KEY}\n`,
      ])('the key %j', async (key) => {
        expect(await staging.find(key)).toBeNull();
        expect(await staging.read(key)).toBeNull();
        await staging.keep(key);
        await staging.release(key);
        expect(place.stored()).toEqual([]);
      });

      it('keys that are none, without asking the storage', async () => {
        place.down(true);
        expect(await staging.find('../secret')).toBeNull();
        expect(await staging.read('../secret')).toBeNull();
      });

      it('a file whose write a crash interrupted, before or within its info', async () => {
        const [one, two] = await Promise.all([write('one'), write('two')]);
        place.remove(`info/${one.key}.json`);
        place.truncate(`info/${two.key}.json`);
        for (const { key } of [one, two]) {
          expect(await staging.find(key)).toBeNull();
          expect(await staging.read(key)).toBeNull();
        }
      });
    });

    describe('leaves nothing of a file', () => {
      const endless = (until: number, then: (body: Readable) => void) => {
        let pulled = 0;
        return new Readable({
          read() {
            if (pulled > until) {
              then(this);
              return;
            }
            pulled += 64 * 1024;
            this.push(Buffer.alloc(64 * 1024));
          },
        });
      };

      it.each([0, MB, 12 * MB])(
        'whose body fails after %d bytes, and throws the error of the body',
        async (bytes) => {
          const error = new ParleyError('REQUEST_TIMEOUT', 'too slow');
          const body = endless(bytes, (self) => self.destroy(error));
          await expect(write(body)).rejects.toBe(error);
          expect(place.stored()).toEqual([]);
        },
      );

      it('whose body has failed before', async () => {
        const error = new Error('before');
        const body = new Readable({ read: () => undefined });
        body.on('error', () => undefined).destroy(error);
        await expect(write(body)).rejects.toBe(error);
        expect(place.stored()).toEqual([]);
      });

      it.each([0, 12 * MB])('whose body is destroyed after %d bytes without a word', async (bytes) => {
        expect(await codeOf(write(endless(bytes, (self) => self.destroy())))).toEqual(['CANCELLED', false]);
        expect(place.stored()).toEqual([]);
      });

      it.each([0, MB, 12 * MB])('whose caller leaves after %d bytes, and ends its body', async (bytes) => {
        const caller = new AbortController();
        const body = endless(bytes, () => caller.abort());
        expect(await codeOf(write(body, caller.signal))).toEqual(['CANCELLED', false]);
        expect(body.destroyed).toBe(true);
        expect(place.stored()).toEqual([]);
      });

      it('whose caller has left before', async () => {
        const body = Readable.from([Buffer.from('hello')]);
        expect(await codeOf(write(body, AbortSignal.abort()))).toEqual(['CANCELLED', false]);
        expect(body.destroyed).toBe(true);
        expect(place.stored()).toEqual([]);
      });

      it('that a storage out of reach can not keep, and ends its body', async () => {
        place.down(true);
        const body = endless(Infinity, () => undefined);
        expect(await codeOf(write(body))).toEqual(UNAVAILABLE);
        expect(body.destroyed).toBe(true);
        place.down(false);
        expect(place.stored()).toEqual([]);
        expect(await content((await write('again')).key)).toBe('again');
      });
    });

    describe('says STORAGE_UNAVAILABLE, and no more, when the storage is out of reach', () => {
      it.each<[string, (key: string) => Promise<unknown>]>([
        ['find', (key) => staging.find(key)],
        ['read', (key) => staging.read(key)],
        ['keep', (key) => staging.keep(key)],
        ['release', (key) => staging.release(key)],
        ['sweep', () => staging.sweep({ unsent: HOUR, sent: Infinity })],
      ])('to %s', async (_name, ask) => {
        const { key } = await write('hello');
        place.down(true);
        const error: any = await ask(key).catch((thrown: unknown) => thrown);

        expect(error).toBeInstanceOf(ParleyError);
        expect(error).toMatchObject({ code: 'STORAGE_UNAVAILABLE', retryable: true });
        expect(`${error.message} ${error.cause.message}`).not.toContain(key);
        place.down(false);
        expect(await content(key)).toBe('hello');
      });

      it('to whoever reads a file that has lost its end', async () => {
        const { key } = await write('hello');
        place.truncate(`files/${key}`);
        expect(await codeOf(content(key))).toEqual(UNAVAILABLE);
      });

      it('null to whoever reads a file that has lost its bytes', async () => {
        const { key } = await write('hello');
        place.remove(`files/${key}`);
        expect(await staging.read(key)).toBeNull();
      });
    });

    describe('sweeps', () => {
      const sweepAll = () => {
        later = 2 * HOUR;
        return staging.sweep({ unsent: HOUR, sent: Infinity });
      };

      it('an empty storage', async () => {
        expect(await staging.sweep({ unsent: HOUR, sent: HOUR })).toBe(0);
      });

      it('files that waited too long, without a trace, and no others', async () => {
        const [one, two] = await Promise.all([write('one'), write('two')]);
        expect(await staging.sweep({ unsent: HOUR, sent: Infinity })).toBe(0);
        expect(await content(one.key)).toBe('one');

        expect(await sweepAll()).toBe(2);
        expect(await staging.find(one.key)).toBeNull();
        expect(await staging.read(two.key)).toBeNull();
        expect(place.stored()).toEqual([]);
        expect(await sweepAll()).toBe(0);
      });

      it('what an interrupted write left', async () => {
        const [marked, withBody] = await Promise.all([write('one'), write('two')]);
        place.remove(`info/${marked.key}.json`);
        place.remove(`files/${marked.key}`);
        place.remove(`info/${withBody.key}.json`);
        expect(await sweepAll()).toBe(2);
        expect(place.stored()).toEqual([]);
      });

      it('nothing of a file that is being written', async () => {
        let reach: () => void = () => undefined;
        let goOn: () => void = () => undefined;
        const reached = new Promise<void>((resolve) => (reach = resolve));
        const gate = new Promise<void>((resolve) => (goOn = resolve));
        const body = Readable.from(
          (async function* () {
            for (let sent = 0; sent < 12; sent += 1) yield Buffer.alloc(MB);
            reach();
            await gate;
            yield Buffer.alloc(MB);
          })(),
        );
        const written = write(body);
        await reached;
        expect(await staging.sweep({ unsent: HOUR, sent: Infinity })).toBe(0);
        goOn();
        const { key, byteSize } = await written;

        expect(byteSize).toBe(13 * MB);
        expect((await buffer((await staging.read(key))!)).length).toBe(13 * MB);
      });

      it('sent files after an age of their own, or never', async () => {
        const { key } = await write('sent');
        await staging.keep(key);
        expect(await sweepAll()).toBe(0);
        expect(await staging.sweep({ unsent: HOUR, sent: 3 * HOUR })).toBe(0);
        expect(await content(key)).toBe('sent');

        later = 4 * HOUR;
        expect(await staging.sweep({ unsent: HOUR, sent: 3 * HOUR })).toBe(1);
        expect(await staging.find(key)).toBeNull();
        expect(place.stored()).toEqual([]);
      });

      it('the others, when one can not be removed, and says so in the end', async () => {
        const files = await Promise.all([write('one'), write('two'), write('three')]);
        const [stuck] = files.map(({ key }) => key).sort();
        place.protect(`files/${stuck!}`);
        expect(await codeOf(sweepAll())).toEqual(UNAVAILABLE);

        for (const { key } of files) expect(await staging.find(key)).toBeNull();
        const left = place.stored().filter((path) => path.startsWith('unsent/'));
        expect(left).toEqual([`unsent/${stuck!}`]);
      });
    });

    describe('outlives the wait with a file', () => {
      const sweep = () => {
        later = 2 * HOUR;
        return staging.sweep({ unsent: HOUR, sent: Infinity });
      };

      it('that is kept, however often', async () => {
        const { key } = await write('kept');
        await staging.keep(key);
        await staging.keep(key);
        expect(place.stored()).toEqual([`files/${key}`, `info/${key}.json`, `sent/${key}`]);
        expect(await sweep()).toBe(0);
        expect(await content(key)).toBe('kept');
      });

      it('until it is released, when the wait begins anew', async () => {
        const { key } = await write('released');
        await staging.keep(key);
        await staging.release(key);
        await staging.release(key);
        expect(place.stored()).toEqual([`files/${key}`, `info/${key}.json`, `unsent/${key}`]);
        expect(await staging.sweep({ unsent: HOUR, sent: Infinity })).toBe(0);
        expect(await sweep()).toBe(1);
        expect(place.stored()).toEqual([]);
      });

      it('that was being kept, or released, when a crash came, and then counts as sent', async () => {
        const { key } = await write('kept');
        await staging.keep(key);
        place.put(`unsent/${key}`);
        expect(await sweep()).toBe(0);
        expect(place.stored()).toEqual([`files/${key}`, `info/${key}.json`, `sent/${key}`]);
        expect(await content(key)).toBe('kept');
      });
    });
  });
}
