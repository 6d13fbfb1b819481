import { describe, expect, it } from '@jest/globals';
import type { OutgoingMessage, StartConversation } from '../../src/messaging/outgoing.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import { openWriting } from './openWriting.ts';
import { operation } from './operation.ts';
import { file, justNow, lost, outgoing } from './outgoing.ts';
import { accountsOf } from './writeSubjects.ts';

const { empty, business, vkontakte, documented } = wellKnown.pact;
const conversationId = String(empty);

describe('writing to Pact, by its own ways', () => {
  const writing = openWriting(accountsOf);
  const pact = () => writing.sandbox().pact;
  const open = () => writing.provider('sales');

  const send = (message: Partial<OutgoingMessage>, provider = open()) =>
    provider.sendMessage!(outgoing({ conversationId, ...message }), operation());

  describe('a delivery job', () => {
    it('is final at once where the messenger is fast', async () => {
      pact().delivery('sync');

      const progress = await send({ text: 'Hello' });

      const { external_id } = pact().messages(empty)[0]!;
      expect(progress).toMatchObject({ state: 'DELIVERED', final: true, messageId: String(external_id) });
    });

    it('goes from QUEUED to DELIVERED, and stays there', async () => {
      pact().delivery('async');
      const provider = open();
      const ask = async (progress: Awaited<ReturnType<typeof send>>) =>
        (await provider.loadProgress!(conversationId, progress, operation()))!.progress;

      const sent = await send({ text: 'Hello' }, provider);
      const waiting = await ask(sent);
      pact().settleJobs();
      const delivered = await ask(waiting);

      const { external_id } = pact().messages(empty)[0]!;
      expect([sent, waiting, delivered]).toMatchObject([
        { state: 'QUEUED', evidence: 'RESPONSE', messageId: null, final: false },
        { state: 'QUEUED', evidence: 'JOB', messageId: null, final: false },
        { state: 'DELIVERED', evidence: 'JOB', messageId: String(external_id), final: true },
      ]);
      expect(await ask(delivered)).toEqual(delivered);
      expect(pact().jobs()).toHaveLength(1);
    });

    it('goes from QUEUED to FAILED, without a word of the provider’s', async () => {
      pact().delivery('async');
      const provider = open();
      const sent = await send({ text: 'Hello' }, provider);
      pact().settleJob(pact().jobs()[0]!.id, 'NOT DELIVERED', 'canary: the phone is off');

      const told = await provider.loadProgress!(conversationId, sent, operation());

      expect(told).toMatchObject({
        progress: { state: 'FAILED', evidence: 'JOB', final: true, messageId: null },
      });
      expect(told!.progress.failureReason).not.toBeNull();
      expect(JSON.stringify(told)).not.toContain('canary');
      expect(pact().messages(empty)).toEqual([]);
    });

    it('is final where it names no channel by which it could be asked for', async () => {
      pact().failNext({
        body: (answer: any) => ({ ...answer, data: { ...answer.data, channel: null } }),
      });

      expect(await send({ text: 'Hello' })).toMatchObject({ state: 'QUEUED', job: null, final: true });
    });

    it('that is gone is an error, and no news', async () => {
      pact().delivery('async');
      const provider = open();
      const sent = await send({ text: 'Hello' }, provider);
      pact().failNext(404, { call: 'job' });

      await expect(provider.loadProgress!(conversationId, sent, operation())).rejects.toMatchObject({
        name: 'NotFoundError',
      });
    });
  });

  describe('what a message carries', () => {
    it('is buttons, on WhatsApp Business', async () => {
      await send({ conversationId: String(business), text: 'Well?', buttons: ['fine & dandy', '😀+%'] });

      expect(pact().jobs()).toMatchObject([
        {
          conversation_id: business,
          sent: {
            message: 'Well?',
            interactive: { type: 'button', buttons: ['fine & dandy', '😀+%'] },
          },
        },
      ]);
    });

    it('may be buttons only where the channel takes them', async () => {
      const provider = open();
      const [withButtons, without] = (
        await provider.loadConversations([business, documented].map(String), operation())
      ).map((conversation) => provider.limitsOf!(conversation as never).sendButtons);

      expect([withButtons, without]).toEqual([true, false]);
    });

    it.each([
      ['nothing but a file', null],
      ['a text beside it', 'See page 2'],
    ])('is %s', async (_what, text) => {
      const provider = open();
      const id = String(vkontakte);
      const before = pact().messages(vkontakte).length;
      const externalId = await provider.uploadFile!(id, file(), operation());

      await send({ conversationId: id, text, files: [file({ externalId })] }, provider);

      pact().settleJobs();
      expect(pact().messages(vkontakte).slice(before)).toMatchObject([
        { message: text, attachments: [{ id: Number(externalId), mime_type: 'application/pdf' }] },
      ]);
    });

    it('is refused when its upload is of another conversation', async () => {
      const provider = open();
      const externalId = await provider.uploadFile!(String(vkontakte), file(), operation());

      await expect(send({ files: [file({ externalId })] }, provider)).rejects.toMatchObject({
        ...{ code: 'PROVIDER_REJECTED', refused: true },
      });
      expect(pact().jobs()).toEqual([]);
    });
  });

  describe('a lost message', () => {
    const at = (seconds: number) => new Date(Date.parse('2027-01-01T12:00:00.000Z') + seconds * 1000);
    const window = { from: at(0).toISOString(), until: at(60).toISOString() };
    const put = (seconds: number, row: { message: string | null; income?: boolean; attachments?: [] }) =>
      String(
        pact().addMessage(empty, { income: false, created_at: at(seconds).toISOString(), ...row })
          .external_id,
      );
    const find = async (message: Partial<OutgoingMessage>) => {
      const full = outgoing({ conversationId, ...message });
      const { found, complete } = await open().findSent!(conversationId, lost(full, window), operation());
      expect(complete).toBe(false);
      return found.map(({ messageId }) => messageId);
    };

    it('is any that this side sent with its content inside the window, oldest first', async () => {
      put(-1, { message: 'Yes' });
      const first = put(0, { message: 'Yes' });
      put(20, { message: 'Yes', income: true });
      put(25, { message: 'yes' });
      const second = put(30, { message: 'Yes' });
      const third = put(60, { message: 'Yes' });
      put(61, { message: 'Yes' });

      expect(await find({ text: 'Yes' })).toEqual([first, second, third]);
    });

    it.each([
      ['trimmed', '  a\r\n b\n', 'a\n b'],
      ['with other line breaks', 'a\nb', 'a\r\nb'],
      ['trimmed to nothing', ' \n', ''],
    ])('is known when it was stored %s', async (_how, text, stored) => {
      const id = put(10, { message: stored });

      expect(await find({ text })).toEqual([id]);
    });

    it('is not one with another number of files', async () => {
      put(10, { message: null });

      expect(await find({ text: null, files: [file()] })).toEqual([]);
      expect(await find({ text: null })).toHaveLength(1);
    });

    it('is found by its file alone', async () => {
      const provider = open();
      const externalId = await provider.uploadFile!(conversationId, file(), operation());
      const message = outgoing({ conversationId, files: [file({ externalId })] });
      await provider.sendMessage!(message, operation());

      const before = await provider.findSent!(conversationId, lost(message), operation());
      pact().settleJobs();
      const after = await provider.findSent!(conversationId, lost(message), operation());

      expect(before).toEqual({ found: [], complete: false });
      expect(after.found.map(({ messageId }) => messageId)).toEqual(
        pact()
          .messages(empty)
          .map(({ external_id }) => String(external_id)),
      );
    });
  });

  describe('a start', () => {
    const start = (given: Partial<Extract<StartConversation, { provider: 'PACT' }>>): StartConversation => ({
      ...{ provider: 'PACT', name: 'unused', messenger: 'TELEGRAM_PERSONAL' },
      ...{ phone: null, username: null, vkontakteId: null, text: 'Good day & welcome + 100%' },
      ...given,
    });
    const search = (started: StartConversation & { provider: 'PACT' }) => {
      const { digest } = lost(outgoing({ conversationId: '', text: started.text }));
      return { start: started, name: started.name, digest, ...justNow() };
    };

    it.each([
      ['a phone on WhatsApp', { messenger: 'WHATSAPP', phone: '79995554433' }, 'whatsapp', '79995554433'],
      ['a phone on Telegram', { phone: '79995554433' }, 'telegram_personal', '79995554433'],
      ['a user name on Telegram', { username: 'luna_é' }, 'telegram_personal', 'luna_é'],
    ] as const)('reaches %s, and is found there', async (_what, given, channel_type, contact) => {
      const provider = open();
      const started = start(given) as StartConversation & { provider: 'PACT' };

      const { conversationId: id } = await provider.startConversation!(started, operation());

      const row = pact()
        .conversations()
        .find(({ external_id }) => String(external_id) === id);
      expect(row).toMatchObject({ channel_type, sender_external_id: contact });
      const messages = pact().messages(row!.external_id);
      expect(messages).toMatchObject([{ message: started.text, income: false }]);
      const { found } = await provider.findStarted!(search(started), operation());
      expect(found).toMatchObject([
        { conversationId: id, progress: { messageId: String(messages[0]!.external_id) } },
      ]);
    });

    it('that is answered by a job is followed like a send', async () => {
      pact().startAnswer('job');
      pact().delivery('async');
      const provider = open();

      const started = await provider.startConversation!(start({ username: 'luna' }), operation());
      pact().settleJobs();
      const told = await provider.loadProgress!(null, started.progress, operation());

      const [job] = pact().jobs();
      expect(started.progress).toMatchObject({ state: 'QUEUED', final: false });
      expect(told).toMatchObject({
        conversationId: String(job!.conversation_id),
        progress: { state: 'DELIVERED', evidence: 'JOB', messageId: String(job!.message_id), final: true },
      });
    });

    it('is not taken for one on another messenger, or with other words', async () => {
      const provider = open();
      const phone = '79995554433';
      await provider.startConversation!(start({ phone }), operation());
      const other = [start({ phone, messenger: 'WHATSAPP' }), start({ phone, text: 'Something else' })];

      for (const one of other as (StartConversation & { provider: 'PACT' })[])
        expect((await provider.findStarted!(search(one), operation())).found).toEqual([]);
    });
  });
});
