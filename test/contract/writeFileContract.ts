import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { ParleyError } from '../../src/messaging/errors.ts';
import type { OutgoingMessage } from '../../src/messaging/outgoing.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { openWriting } from './openWriting.ts';
import { operation } from './operation.ts';
import type { SampleFile } from './outgoing.ts';
import { file, outgoing } from './outgoing.ts';
import type { WriteSubject } from './writeSubjects.ts';
import { accountsOf, NO_SANDBOX, send } from './writeSubjects.ts';

/** Sending files, as every adapter must do it: uploaded before, with the message, or by their address. */
export function describeSendingFiles(name: string, subjectOf: (sandbox: Sandbox) => WriteSubject): void {
  describe(`a file sent to ${name}`, () => {
    const writing = openWriting(accountsOf);
    const subject = () => subjectOf(writing.sandbox());
    const open = () => writing.provider(subject().accountId);
    const { storesFiles, conversations } = subjectOf(NO_SANDBOX);
    const { empty, severalFiles } = conversations;

    /** Sends files, uploaded before where the provider has them so. */
    const sendFiles = async (files: readonly SampleFile[], message: Partial<OutgoingMessage> = {}) => {
      const provider = open();
      const conversationId = message.conversationId ?? empty;
      const text = provider.limits.textWithAttachment === 'REQUIRED' ? 'see' : null;
      const ready: SampleFile[] = [];
      for (const one of files) {
        const externalId = (await provider.uploadFile?.(conversationId, one, operation())) ?? null;
        ready.push({ ...one, externalId });
      }
      await send(provider, subject(), { text, files: ready, ...message });
    };

    const toStored = ({ fileName, mimeType, byteSize, sha256, url }: SampleFile) => ({
      ...{ fileName, mimeType, byteSize },
      ...(subject().storesFiles ? { sha256 } : { url }),
    });

    it.each<[string, Partial<SampleFile>]>([
      ['a document', {}],
      ['a picture', { fileName: '📷 фото.png', mimeType: 'image/png' }],
      ['bytes of every kind', { mimeType: 'application/octet-stream', bytes: randomBytes(70_001) } as object],
      ['a name with what headers are made of', { fileName: 'a; filename=b.pdf' }],
    ])('arrives whole with its name and type: %s', async (_what, given) => {
      const sent = file(given);

      await sendFiles([sent]);

      expect(subject().accepted()).toBe(1);
      expect(subject().stored(empty)).toMatchObject([{ files: [toStored(sent)] }]);
      if (!subject().storesFiles) expect(sent.opened()).toBeUndefined();
    });

    // Where only its address is given away, there is nothing to arrive.
    if (storesFiles) {
      it('goes on while it is still arriving', async () => {
        let begin: () => void;
        const began = new Promise<void>((resolve) => (begin = resolve));
        const match = () => {
          begin();
          return true;
        };
        subject().emulator.failNext({ delay: 0 }, { match });
        const parts = [Buffer.alloc(200_000, 'a'), Buffer.alloc(200_000, 'b')] as const;
        const bytes = Buffer.concat(parts);
        // Whoever waits for the end before they begin never comes to it.
        async function* arriving() {
          yield parts[0];
          await began;
          yield parts[1];
        }

        await sendFiles([
          { ...file({ bytes, byteSize: null }), open: () => Promise.resolve(Readable.from(arriving())) },
        ]);

        const { sha256 } = file({ bytes });
        expect(subject().stored(empty)).toMatchObject([{ files: [{ byteSize: 400_000, sha256 }] }]);
      });

      it('that can not be opened costs no call', async () => {
        const gone = new ParleyError('STORAGE_UNAVAILABLE', 'The file store is away.');
        const shut = { ...file(), open: () => Promise.reject(gone) };

        await expect(sendFiles([shut])).rejects.toBe(gone);

        expect(gone.refused).toBe(true);
        expect(subject().emulator.requests).toEqual([]);
      });

      it('is not stored when it breaks off', async () => {
        async function* breaking() {
          yield Buffer.alloc(100_000);
          await Promise.resolve();
          throw new Error('the uploader is gone');
        }
        const broken = {
          ...file({ byteSize: null }),
          open: () => Promise.resolve(Readable.from(breaking())),
        };

        await expect(sendFiles([broken])).rejects.toMatchObject({ name: 'ProviderError' });

        expect(subject().accepted()).toBe(0);
        for (const { stored } of subject().writes) expect(stored()).toBe(0);
      });
    }

    it('is not asked for when its message can not be sent', async () => {
      const provider = open();
      const unsendable = file();
      const id = '../x';
      const sending = provider.uploadFile
        ? provider.uploadFile(id, unsendable, operation())
        : provider.sendMessage!(
            outgoing({ conversationId: id, text: 'see', files: [unsendable] }),
            operation(),
          );

      await expect(sending).rejects.toMatchObject({ name: 'NotFoundError' });
      expect(unsendable.opened()).toBeUndefined();
    });

    it('goes with others where that is allowed, in their order', async () => {
      if (severalFiles === null) {
        expect(open().limits.maxAttachmentsPerMessage).toBe(1);
        return;
      }
      const before = subject().stored(severalFiles).length;
      const files = ['one.png', 'two.png', 'three.png'].map((fileName) =>
        file({ fileName, mimeType: 'image/png', bytes: Buffer.from(fileName) }),
      );

      await sendFiles(files, { conversationId: severalFiles, text: 'All three' });

      expect(subject().stored(severalFiles).slice(before)).toMatchObject([
        { text: 'All three', files: files.map(toStored) },
      ]);
    });
  });
}
