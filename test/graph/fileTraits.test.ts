import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';
import type { ClientFile } from '../uploading.ts';
import { PNG as picture, postUpload } from '../uploading.ts';
import { PNG, PROVIDERS, sentTexts, writeCalls } from './writes.ts';

/** The beginning of a sound: what it is is told from its bytes. */
const SOUND: ClientFile = {
  fileName: 'voice.mp3',
  type: 'audio/mpeg',
  bytes: Buffer.concat([Buffer.from('ID3\x04\0\0\0\0\0\0', 'latin1'), Buffer.from([0xff, 0xfb, 0x90, 0])]),
};

const MEDIA = `query ($id: ID!) {
  attachment(id: $id) {
    media { __typename ... on ImageMedia { width height } ... on AudioMedia { isVoiceMessage } }
  }
}`;

describe('what a client says of a file', () => {
  let harness: Harness;

  beforeAll(async () => {
    harness = await startHarness();
  });
  afterAll(() => harness.close());
  beforeEach(() => {
    harness.reset();
  });

  const upload = async (input: Record<string, unknown>, file: ClientFile = PNG): Promise<any> => {
    const { data, errors } = await postUpload(harness.url, input, file);
    expect(errors).toBeUndefined();
    return data.uploadAttachment;
  };
  const mediaOf = async (id: string) => (await harness.data(MEDIA, { id })).attachment.media;

  describe.each(PROVIDERS)('at %s', (_name, _provider, conversationId) => {
    it('is shown while the file waits, by its upload and by its id', async () => {
      const { attachment, userErrors } = await upload({ conversationId, width: 1280, height: 720 });
      expect(userErrors).toEqual([]);
      const media = { __typename: 'ImageMedia', width: 1280, height: 720 };
      expect(attachment).toMatchObject({ media, providerDetails: { __typename: 'StagedAttachment' } });
      expect(await mediaOf(attachment.id)).toEqual(media);
    });

    it('is null where nothing was said', async () => {
      const { attachment } = await upload({ conversationId, pushToTalk: null, width: null, height: null });
      expect(await mediaOf(attachment.id)).toEqual({ __typename: 'ImageMedia', width: null, height: null });
    });

    it('makes another upload of the same file, and the same of it the same one', async () => {
      const key = { conversationId, idempotencyKey: randomUUID() };
      const first = await upload({ ...key, width: 4, height: 3 });
      expect(await upload({ ...key, width: 4, height: 3 })).toEqual(first);
      for (const other of [{}, { width: 3, height: 4 }, { width: 4, height: 3, pushToTalk: true }])
        expect(await upload({ ...key, ...other })).toMatchObject({
          ...{ attachment: null, userErrors: [{ code: 'IDEMPOTENCY_CONFLICT' }] },
        });
    });

    it.each<[string, object, string[]]>([
      ['a width alone', { width: 1 }, ['height']],
      ['a height alone', { height: 1 }, ['width']],
      ['a width of nothing', { width: 0, height: 1 }, ['width']],
      ['a height of less', { width: 1, height: -1 }, ['height']],
      ['none that is one', { width: -2, height: 0 }, ['width', 'height']],
    ])('is refused as %s, and nothing is uploaded', async (_what, traits, fields) => {
      const { attachment, userErrors } = await upload({ conversationId, ...traits });
      expect(attachment).toBeNull();
      expect(userErrors).toEqual(
        fields.map((field) => ({
          ...{ code: 'BAD_USER_INPUT', field: ['input', field], message: expect.stringMatching(/./) },
          ...{ retryable: false, retryAfter: null },
        })),
      );
      expect(writeCalls(harness)).toEqual([]);
    });

    it('keeps no message from being sent with it', async () => {
      const { attachment } = await upload({ conversationId, width: 1, height: 1, pushToTalk: true });
      const input = { conversationId, text: 'Look', attachmentIds: [attachment.id], splitIfNeeded: true };
      const { sendMessage } = await harness.data(
        'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { userErrors { code } } }',
        { input: { ...input, idempotencyKey: randomUUID() } },
      );
      expect(sendMessage.userErrors).toEqual([]);
      expect(sentTexts(harness)).toContain('Look');
    });
  });

  it('tells a voice message from a sound of which nothing was said', async () => {
    const [, , conversationId] = PROVIDERS[2];
    const voice = await upload({ conversationId, pushToTalk: true }, SOUND);
    expect(await mediaOf(voice.attachment.id)).toEqual({ __typename: 'AudioMedia', isVoiceMessage: true });
    const sound = await upload({ conversationId }, SOUND);
    expect(await mediaOf(sound.attachment.id)).toEqual({ __typename: 'AudioMedia', isVoiceMessage: null });
  });

  it('makes no sound of a picture', async () => {
    const [, , conversationId] = PROVIDERS[2];
    const { attachment } = await upload({ conversationId, pushToTalk: true }, { ...PNG, bytes: picture });
    expect(await mediaOf(attachment.id)).toEqual({ __typename: 'ImageMedia', width: null, height: null });
  });
});
