import { describe, expect, it } from '@jest/globals';
import type { OutgoingMessage, StartConversation } from '../../src/messaging/outgoing.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import type { OpenOptions } from './openWriting.ts';
import { openWriting } from './openWriting.ts';
import { operation } from './operation.ts';
import { file, justNow, outgoing } from './outgoing.ts';
import { accountsOf, LONER, ofLoner } from './writeSubjects.ts';

const { justCreated, documented, ofOthers } = wellKnown.pigeons;

const PHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1';
const DESKTOP = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

describe('writing to Pigeons, by its own ways', () => {
  const writing = openWriting(accountsOf);
  const pigeons = () => writing.sandbox().pigeons;
  const open = (accountId = 'app', options?: OpenOptions) => writing.provider(accountId, options);

  const send = (message: Partial<OutgoingMessage>, provider = open(), headers = {}) =>
    provider.sendMessage!(
      outgoing({ conversationId: justCreated, text: 'Olá', ...message }),
      operation({ headers }),
    );
  const stored = (conversationId: string = justCreated) => pigeons().messages(conversationId);
  const last = (conversationId?: string) => stored(conversationId).at(-1)!;

  describe('the receiver', () => {
    it('is the other participant, who gets it from the account’s own user', async () => {
      await send({});
      await send({ conversationId: documented }, open('john'));

      const [me, john] = pigeons().users;
      const other = pigeons().users[10]!;
      expect(last()).toMatchObject({ sender: { uuid: me!.uuid }, receiver: { uuid: other.uuid } });
      expect(last(documented)).toMatchObject({ sender: { uuid: john!.uuid }, receiver: { uuid: me!.uuid } });
    });

    it('can not be told where nobody says who the account is, and nothing is sent', async () => {
      const conversationId = ofLoner(pigeons());

      await expect(send({ conversationId }, open('alone'))).rejects.toMatchObject({
        ...{ code: 'SETTING_MISSING', refused: true, retryable: false },
        message: expect.stringContaining('userUuid') as unknown,
      });
      expect(pigeons().requests.map(({ call }) => call)).toEqual(['conversations']);
    });

    it('is known once the account says who it is', async () => {
      const conversationId = ofLoner(pigeons());
      const userUuid = pigeons().users[LONER]!.uuid;

      await send({ conversationId }, open('alone', { account: { userUuid } }));

      expect(last(conversationId)).toMatchObject({
        ...{ sender: { uuid: userUuid }, receiver: { uuid: pigeons().user.uuid } },
      });
    });

    it('is one, or nothing is sent', async () => {
      const [me, john, third] = pigeons().users;
      const { uuid } = pigeons().addConversation({ participants: [me!, john!, third!] });

      await expect(send({ conversationId: uuid })).rejects.toMatchObject({
        ...{ code: 'UNSUPPORTED', refused: true },
      });
      expect(stored(uuid)).toEqual([]);
    });

    it('is nobody in a conversation of others', async () => {
      await expect(send({ conversationId: ofOthers })).rejects.toMatchObject({ name: 'NotFoundError' });
      expect(pigeons().requests.filter(({ method }) => method !== 'GET')).toEqual([]);
    });

    it('is chosen for the caller whose own token it is', async () => {
      const provider = open('callers');
      const [me, john] = pigeons().users;

      for (const { token } of [me!, john!])
        await send({ conversationId: documented }, provider, { 'x-chat-token': token });

      expect(
        stored(documented)
          .slice(-2)
          .map(({ receiver }) => receiver?.uuid),
      ).toEqual([john!.uuid, me!.uuid]);
      await expect(send({ conversationId: documented }, provider)).rejects.toMatchObject({
        ...{ code: 'UNAUTHENTICATED', refused: true },
      });
    });
  });

  describe('the device', () => {
    it('is what the sender says', async () => {
      const device = {
        ...({ type: 'DESKTOP', os: 'macOS', osVersion: '15.1', appVersion: '2.0' } as const),
        ...{ model: 'Mac16,1', browser: null, browserVersion: null },
      };

      await send({ device }, open(), { 'user-agent': PHONE });

      expect(last().device).toEqual({
        ...{ type: 'desktop', os: 'macOS', os_version: '15.1', app_version: '2.0', model: 'Mac16,1' },
      });
    });

    it.each([
      ['a phone', PHONE, { type: 'mobile', os: 'iOS', os_version: '17.5', browser: 'Safari' }],
      ['a browser', DESKTOP, { type: 'web', os: 'Linux', browser: 'Firefox', browser_version: '140.0' }],
      ['a program', 'okhttp/4.12.0', { type: 'web' }],
      ['nothing', '', { type: 'web', os: 'unknown' }],
      ['rubbish', '('.repeat(10_000), { type: 'web', os: 'unknown' }],
    ])('is read from a user agent that tells of %s', async (_what, userAgent, device) => {
      await send({}, open(), { 'user-agent': userAgent });

      expect(last().device).toMatchObject(device);
    });

    it('is unknown, and required, where there is no user agent', async () => {
      await send({});

      expect(last().device).toEqual({ type: 'web', os: 'unknown' });
    });
  });

  it.each([
    ['image/png', 'image'],
    ['audio/ogg', 'audio'],
    ['video/mp4', 'video'],
    ['application/pdf', 'file'],
  ])('sends a file of %s by its address, as %s', async (mimeType, type) => {
    const { fileName, url, ...sent } = file({ mimeType });

    await send({ text: 'veja', files: [{ fileName, url, ...sent }] });

    expect(last()).toMatchObject({ context: { text: 'veja', type } });
    expect(last().attachments).toEqual([{ url, name: fileName, mime_type: mimeType, size: sent.byteSize }]);
  });

  it('asks in the caller’s language', async () => {
    await send({}, open(), { 'accept-language': 'pt-BR' });

    expect(pigeons().requests.map(({ headers }) => headers['accept-language'])).toEqual(['pt-BR', 'pt-BR']);
  });

  it('follows a message from sent over delivered to read, and no way back', async () => {
    const provider = open();
    const sent = await send({}, provider);
    const ask = async () => (await provider.loadProgress!(justCreated, sent, operation()))!.progress;
    const before = await ask();

    const { message_id } = last();
    pigeons().failNext({
      body: (answer: any) => ({
        ...answer,
        data: answer.data.map((row: any) => ({
          ...row,
          status: { sent: true, delivered: true, read: false },
          timestamps: { ...row.timestamps, delivered_at: '2027-01-01T00:00:00+00:00' },
        })),
      }),
    });
    const delivered = await ask();
    const ref = { accountId: 'tenth', conversationExternalId: justCreated, externalId: message_id };
    await open('tenth').markMessageRead!(ref, operation());
    const read = await ask();

    expect(sent).toMatchObject({ state: 'SENT', evidence: 'RESPONSE', messageId: message_id, final: false });
    expect(before).toEqual({ ...sent, evidence: 'HISTORY' });
    expect(delivered).toMatchObject({ state: 'DELIVERED', final: false });
    expect(delivered.deliveredAt).toBe('2027-01-01T00:00:00.000Z');
    expect(read).toMatchObject({ state: 'READ', evidence: 'HISTORY', final: true });
    expect(read.readAt).not.toBeNull();
    expect(await ask()).toEqual(read);
  });

  it('has no news of a message that is not there', async () => {
    const provider = open();
    const sent = await send({}, provider);

    const news = (conversationId: string | null, messageId: string | null) =>
      provider.loadProgress!(conversationId, { ...sent, messageId }, operation());
    expect(await news(justCreated, 'msg_0')).toBeNull();
    expect(await news(justCreated, null)).toBeNull();
    expect(await news(null, sent.messageId)).toBeNull();
  });

  describe('a start', () => {
    const start = (given: Partial<Extract<StartConversation, { provider: 'PIGEONS' }>> = {}) => ({
      ...({ provider: 'PIGEONS', name: 'unused', participantId: pigeons().users[5]!.uuid } as const),
      ...{ taggableType: null, taggableId: null, ...given },
    });
    const find = (started: StartConversation & { provider: 'PIGEONS' }) =>
      open().findStarted!({ start: started, name: 'unused', digest: 'unused', ...justNow() }, operation());

    it.each<[string, { taggableType: string | null; taggableId: string | null }, number | undefined]>([
      ['about nothing', { taggableType: null, taggableId: null }, undefined],
      ['about a thing', { taggableType: 'App\\Models\\Deal', taggableId: '12' }, 12],
    ])('is between two, %s, and is found', async (_what, about, taggable_id) => {
      const other = pigeons().users[11]!;
      const started = start({ participantId: other.uuid, ...about });
      const before = (await find(started)).found;

      const { conversationId } = await open().startConversation!(started, operation());

      const row = pigeons()
        .conversations()
        .find(({ uuid }) => uuid === conversationId);
      expect(row?.participants.map(({ uuid }) => uuid)).toEqual([pigeons().user.uuid, other.uuid]);
      expect([row?.taggable_type, row?.taggable_id]).toEqual([about.taggableType, taggable_id]);
      const { found, complete } = await find(started);
      expect(found.map((one) => one.conversationId)).toEqual([
        ...new Set([...before.map((one) => one.conversationId), conversationId]),
      ]);
      expect(complete).toBe(true);
    });

    it('with a user who does not exist is refused', async () => {
      const starting = open().startConversation!(start({ participantId: '../x' }), operation());

      await expect(starting).rejects.toMatchObject({ code: 'PROVIDER_REJECTED', refused: true });
    });
  });
});
