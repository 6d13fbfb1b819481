import { describe, expect, it } from '@jest/globals';
import type { OutgoingMessage } from '../../src/messaging/outgoing.ts';
import type { Provider } from '../../src/messaging/provider.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { openWriting } from './openWriting.ts';
import { operation } from './operation.ts';
import { justNow, lost, outgoing } from './outgoing.ts';
import type { WriteSubject } from './writeSubjects.ts';
import { accountsOf, NO_SANDBOX, send } from './writeSubjects.ts';

/** Finding again what was written and not answered, as every adapter must do it. */
export function describeFindingWrites(name: string, subjectOf: (sandbox: Sandbox) => WriteSubject): void {
  describe(`a lost message to ${name}`, () => {
    const writing = openWriting(accountsOf);
    const subject = () => subjectOf(writing.sandbox());
    const open = () => writing.provider(subject().accountId);
    const { empty, long, unknown } = subjectOf(NO_SANDBOX).conversations;

    const find = (message: OutgoingMessage, provider: Provider, window = {}) =>
      provider.findSent!(message.conversationId, lost(message, window), operation());

    it('is found among others that say the same', async () => {
      const provider = open();
      subject().put(empty, { text: 'Yes', own: false });
      const mine = await send(provider, subject(), { text: 'Yes' });
      const other = await send(provider, subject(), { text: 'Yes' });
      await send(provider, subject(), { text: 'No' });

      const { found, complete } = await find(mine.message, provider);

      const ids = provider.namesSends ? [mine.id] : [mine.id, other.id];
      expect(found.map(({ messageId }) => messageId)).toEqual(ids);
      expect(found[0]).toMatchObject({ evidence: 'HISTORY' });
      expect(found.every(({ sentAt }) => sentAt !== null)).toBe(true);
      expect(complete).toBe(provider.namesSends);
    });

    it('is found when 150 have come since', async () => {
      const provider = open();
      const { message, id } = await send(provider, subject(), { conversationId: long, text: 'Where am I?' });
      for (let index = 0; index < 150; index += 1) subject().put(long, { text: `${index}`, own: true });
      subject().emulator.clearRequests();

      const { found } = await find(message, provider);

      expect(found.map(({ messageId }) => messageId)).toEqual([id]);
      expect(subject().emulator.requests.length).toBe(subject().historyComesWhole ? 1 : 2);
    });

    it('is missed for certain where a name would have shown, with one call', async () => {
      const provider = open();
      const message = outgoing({ conversationId: long, text: 'Never sent' });

      const { found, complete } = await find(message, provider);

      expect(found).toEqual([]);
      expect(complete).toBe(provider.namesSends);
      expect(subject().emulator.requests).toHaveLength(1);
    });

    it('is not sought for ever, and then nothing is certain', async () => {
      const provider = open();
      const message = outgoing({ conversationId: long, text: 'Never sent' });
      subject().put(long, { text: 'One more than two thousand', own: true });

      const { found, complete } = await find(message, provider, { from: '2000-01-01T00:00:00.000Z' });

      expect(found).toEqual([]);
      expect(complete).toBe(subject().historyComesWhole);
      expect(subject().emulator.requests).toHaveLength(subject().callsForLong);
    });

    it('is sought anew, whatever the operation has read before', async () => {
      const provider = open();
      const context = operation();
      await provider.loadMessages(empty, { direction: 'backward', size: 5 }, context);
      const { message, id } = await send(provider, subject(), { text: 'Here' });

      const { found } = await provider.findSent!(empty, lost(message), context);

      expect(found.map(({ messageId }) => messageId)).toEqual([id]);
    });

    it('is an error where there is no such conversation, or no answer', async () => {
      const provider = open();
      const message = outgoing({ conversationId: unknown, text: 'Hello' });

      await expect(find(message, provider)).rejects.toMatchObject({ name: 'NotFoundError' });

      subject().emulator.failNext(403);
      await expect(find({ ...message, conversationId: empty }, provider)).rejects.toMatchObject({
        code: 'PROVIDER_FORBIDDEN',
      });
    });

    it('is found by what it was started with, where its start can be sought', async () => {
      const { starter, start } = subject();
      if (starter === null || start === null) {
        expect(open()).not.toHaveProperty('findStarted');
        return;
      }
      const provider = writing.provider(starter);
      const text = 'text' in start ? start.text : null;
      const { digest } = lost(outgoing({ conversationId: empty, text }));
      const search = { start, name: start.name, digest, ...justNow() };
      if (!provider.findStarted) {
        expect(provider.name).toBe('LETSTALK');
        return;
      }
      const context = operation();
      expect((await provider.findStarted(search, context)).found).toEqual([]);

      const { conversationId } = await provider.startConversation!(start, context);

      const { found, complete } = await provider.findStarted(search, context);
      expect(found).toMatchObject([{ conversationId, progress: { state: 'SENT', evidence: 'HISTORY' } }]);
      expect(complete).toBe(provider.namesSends);
    });
  });
}
