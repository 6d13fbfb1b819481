import { describe, expect, it } from '@jest/globals';
import { capabilitiesOf } from '../../src/messaging/capabilities.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { openWriting } from './openWriting.ts';
import { operation } from './operation.ts';
import { file, lost, outgoing } from './outgoing.ts';
import type { WriteSubject } from './writeSubjects.ts';
import { accountsOf, NO_SANDBOX, send } from './writeSubjects.ts';

/** Texts that something on the way could take for more than a text. */
const TEXTS: readonly [what: string, text: string][] = [
  ['a word', 'Hello'],
  ['emoji of several parts', '👨‍👩‍👧‍👦 👩🏾‍🚀 🏴󠁧󠁢󠁷󠁬󠁳󠁿 👍🏽 ❤️ 1️⃣'],
  ['both directions', 'שלום hello مرحبا 123 \u200fסוף\u200f'],
  ['four-byte characters', '𠮷野家 𝔘𝔫𝔦 🦊'],
  ['5,000 of them', '🦊'.repeat(5_000)],
  ['lines', 'one\n\n\ttwo\r\nthree\u2028four'],
  ['space around it', '  between  '],
  ['what a form is made of', 'a=b&c=%20+"{}'],
  ['what a multipart body is made of', '--x\r\nContent-Disposition: form-data; name="message"\r\n\r\nno'],
  ['an empty list', '[]'],
  ['an object', '{"content":"x","__proto__":{"a":1}}'],
  ['HTML', '<b onclick="x()">&amp;</b></script><!--'],
  ['SQL and a template', `'; DROP TABLE messages; -- \${x} {{y}} %s \\n`],
  ['a word with a meaning', 'attachment'],
  ['no value', 'null'],
];

/** Ids that no provider gives, and that could leave a path. */
const STRANGE_IDS = ['../x', '..', 'a/b', '%2e%2e', '1?x=1', '1 2', '', '9'.repeat(300)];

/** Writing, as every adapter must do it, whatever its provider's own way. */
export function describeWriting(name: string, subjectOf: (sandbox: Sandbox) => WriteSubject): void {
  describe(`writing to ${name}`, () => {
    const writing = openWriting(accountsOf);
    const subject = () => subjectOf(writing.sandbox());
    const { empty, unknown } = subjectOf(NO_SANDBOX).conversations;
    const open = () => writing.provider(subject().accountId);

    it('has each capability exactly where it has the method', () => {
      for (const id of new Set([subject().accountId, subject().starter ?? subject().accountId])) {
        const provider = writing.provider(id);
        const can = capabilitiesOf(provider);
        expect(can).toMatchObject({
          sendText: 'sendMessage' in provider,
          sendAttachments: 'sendMessage' in provider && provider.limits.maxAttachmentsPerMessage !== 0,
          startConversation: 'startConversation' in provider,
          closeConversation: 'closeConversation' in provider,
          reactions: 'addReaction' in provider,
          readReceipts: 'markMessageRead' in provider,
          deleteMessages: 'deleteMessages' in provider,
          archiveConversation: 'archiveConversation' in provider && 'reopenConversation' in provider,
        });
        expect(can.sendText).toBe(true);
        expect(can.startConversation).toBe(id === subject().starter);
        for (const [method, implementation] of Object.entries(provider))
          expect([method, implementation]).not.toEqual([method, undefined]);
      }
    });

    describe('a message', () => {
      it.each(TEXTS)('carries %s as it is, and is stored once', async (_what, text) => {
        const message = outgoing({ conversationId: empty, text });

        const progress = await open().sendMessage!(message, operation());

        expect(subject().accepted()).toBe(1);
        subject().settle();
        const stored = subject().stored(empty);
        expect(stored).toMatchObject([{ text, files: [] }]);
        expect(progress).toMatchObject({ ...subject().answered, evidence: 'RESPONSE', failureReason: null });
        if (progress.messageId !== null) expect(progress.messageId).toBe(stored[0]!.id);
        expect(progress.final || progress.messageId !== null || progress.job !== null).toBe(true);
      });

      it('has its name in what is stored, where the provider keeps names', async () => {
        const provider = open();

        const { message } = await send(provider, subject(), { text: 'Hello' });

        expect(subject().stored(empty)).toMatchObject([{ name: provider.namesSends ? message.name : null }]);
      });

      it('is two when it is sent twice: only Parley knows that it is the same', async () => {
        const provider = open();
        const { message } = await send(provider, subject(), { text: 'Hello' });
        await send(provider, subject(), message);

        expect(subject().accepted()).toBe(2);
      });

      it('is refused for a conversation that does not exist', async () => {
        const sending = send(open(), subject(), { conversationId: unknown, text: 'Hello' });

        await expect(sending).rejects.toMatchObject({ name: 'NotFoundError', refused: true });
        expect(subject().accepted()).toBe(0);
      });

      it('has news until it is final, and a way to ask for them', async () => {
        const provider = open();

        const progress = await provider.sendMessage!(
          outgoing({ conversationId: empty, text: 'x' }),
          operation(),
        );

        if (progress.final) expect(provider).not.toHaveProperty('loadProgress');
        else await expect(provider.loadProgress!(empty, progress, operation())).resolves.not.toBeNull();
      });
    });

    describe('a conversation', () => {
      it('is started, once, where an account can start', async () => {
        const { starter, start } = subject();
        if (starter === null || start === null) {
          expect(capabilitiesOf(open()).startConversation).toBe(false);
          return;
        }

        const { conversationId, progress } = await writing.provider(starter).startConversation!(
          start,
          operation(),
        );

        expect(subject().started()).toEqual([conversationId]);
        expect(progress).toMatchObject({ ...subject().startAnswered, evidence: 'RESPONSE' });
        expect(subject().stored(conversationId!)).toMatchObject(
          'text' in start ? [{ text: start.text }] : [],
        );
      });

      it('is closed, and twice is as good as once, where the account can close', async () => {
        const provider = open();
        if (!provider.closeConversation) {
          expect(capabilitiesOf(provider).closeConversation).toBe(false);
          return;
        }
        const { stored } = subject().writes.find(({ call }) => call === 'closeConversation')!;

        await provider.closeConversation(empty, operation());
        await provider.closeConversation(empty, operation());

        expect(stored()).toBe(1);
        const [conversation] = await provider.loadConversations([empty], operation());
        expect(conversation).toMatchObject({ state: 'CLOSED' });
      });
    });

    it.each(STRANGE_IDS)('makes no call for an id that can not be the provider’s: %j', async (id) => {
      const provider = open();
      const message = outgoing({ conversationId: id, text: 'Hello' });
      const ref = { accountId: subject().accountId, conversationExternalId: empty, externalId: id };
      const calls = [
        () => provider.sendMessage?.(message, operation()),
        () => provider.findSent?.(id, lost(message), operation()),
        () => provider.uploadFile?.(id, file(), operation()),
        () => provider.closeConversation?.(id, operation()),
        () => provider.archiveConversation?.(id, operation()),
        () => provider.reopenConversation?.(id, operation()),
        () => provider.deleteMessages?.(id, ['1'], operation()),
        () => provider.deleteMessages?.(empty, [id], operation()),
        () => provider.addReaction?.(ref, '👍', operation()),
        () =>
          provider.addReaction?.({ ...ref, conversationExternalId: id, externalId: '1' }, '👍', operation()),
        () => provider.markMessageRead?.(ref, operation()),
      ];
      for (const call of calls) {
        const called = call();
        if (called) await expect(called).rejects.toMatchObject({ name: 'NotFoundError', refused: true });
      }

      expect(subject().emulator.requests).toHaveLength(0);
    });
  });
}
