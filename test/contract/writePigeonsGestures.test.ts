import { describe, expect, it } from '@jest/globals';
import type { Provider } from '../../src/messaging/provider.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import type { OpenOptions } from './openWriting.ts';
import { openWriting } from './openWriting.ts';
import { operation } from './operation.ts';
import { outgoing } from './outgoing.ts';
import { accountsOf, ofLoner } from './writeSubjects.ts';

const { documented, documentedMessage } = wellKnown.pigeons;

describe('what is done to a message at Pigeons', () => {
  const writing = openWriting(accountsOf);
  const pigeons = () => writing.sandbox().pigeons;
  const open = (accountId = 'app', options?: OpenOptions) => writing.provider(accountId, options);
  const stored = (conversationId: string) => pigeons().messages(conversationId);
  const last = (conversationId: string) => stored(conversationId).at(-1)!;

  describe('a reaction', () => {
    const ref = (accountId = 'app', externalId: string = documentedMessage) => ({
      ...{ accountId, conversationExternalId: documented, externalId },
    });
    const react = (emoji: string, provider: Provider = open(), externalId?: string) =>
      provider.addReaction!(ref('app', externalId), emoji, operation());
    const reactions = (emoji: string) =>
      stored(documented)
        .find(({ message_id }) => message_id === documentedMessage)!
        .reactions!.filter((reaction) => reaction.emoji === emoji)
        .map(({ user_uuid }) => user_uuid);

    it('is added once, however often', async () => {
      const provider = open();

      expect(await react('🙏🏽', provider)).toBe('ADDED');
      expect(await react('🙏🏽', provider)).toBe('UNCHANGED');
      expect(await react('🙏🏽')).toBe('UNCHANGED');
      expect(await react('🙏', provider)).toBe('ADDED');

      expect(reactions('🙏🏽')).toEqual([pigeons().user.uuid]);
    });

    it.each<[string, OpenOptions]>([
      ['a user who is found out', {}],
      ['a user who is configured', { account: { userUuid: '770e8400-e29b-41d4-a716-446655440002' } }],
    ])('is added by %s where somebody else had the same one', async (_who, options) => {
      expect(await react('🎉', open('john'))).toBe('ADDED');

      expect(await react('🎉', open('app', options))).toBe('ADDED');
      expect(await react('🎉', open('app', options))).toBe('UNCHANGED');

      expect(reactions('🎉')).toEqual([pigeons().users[1]!.uuid, pigeons().user.uuid]);
    });

    it('is counted by whom nobody knows', async () => {
      const conversationId = ofLoner(pigeons());
      const { message_id } = pigeons().addMessage(conversationId, { reactions: [] });
      const add = (accountId: string) =>
        open(accountId).addReaction!(
          { accountId, conversationExternalId: conversationId, externalId: message_id },
          '🎉',
          operation(),
        );

      expect(await add('app')).toBe('ADDED');
      expect(await add('alone')).toBe('ADDED');
      expect(await add('alone')).toBe('UNCHANGED');
      expect(last(conversationId).reactions).toHaveLength(2);
    });

    it('is the account’s own whatever others do meanwhile', async () => {
      const provider = open();
      await react('🎉', provider);
      // While it is added again, somebody else adds the same one.
      const { uuid } = pigeons().users[1]!;
      const add = (answer: any) => {
        for (const row of answer.data)
          row.reactions?.push({ user_uuid: uuid, emoji: '🎉', created_at: null });
        return answer;
      };
      pigeons().failNext({ body: (answer: unknown) => answer }, { call: 'messages' });
      pigeons().failNext({ body: add }, { call: 'messages', times: Infinity });

      expect(await react('🎉', provider)).toBe('UNCHANGED');
    });

    it('costs one read and one write where nobody has put it there', async () => {
      await react('🎉');

      expect(pigeons().requests.map(({ call }) => call)).toEqual(['messages', 'addReaction']);
    });

    it('of ten characters is the longest', async () => {
      expect(await react('👨‍👩‍👧‍👦'.repeat(1) + '🎉🎉🎉')).toBe('ADDED');
      pigeons().clearRequests();

      await expect(react('👨‍👩‍👧‍👦🎉🎉🎉🎉')).rejects.toMatchObject({
        ...{ code: 'BAD_USER_INPUT', refused: true, retryable: false },
      });
      expect(pigeons().requests).toEqual([]);
    });

    it('needs its message', async () => {
      await expect(react('🎉', open(), 'msg_0')).rejects.toMatchObject({
        ...{ name: 'NotFoundError', refused: true },
      });
      expect(pigeons().requests.filter(({ method }) => method !== 'GET')).toEqual([]);
    });
  });

  describe('a read receipt', () => {
    const mark = (externalId: string, accountId = 'app') =>
      open(accountId).markMessageRead!(
        { accountId, conversationExternalId: documented, externalId },
        operation(),
      );

    it('is the receiver’s, and the first one counts', async () => {
      const { message_id } = pigeons().addMessage(documented);
      await mark(message_id);
      const first = last(documented);

      await mark(message_id);

      expect(first.status).toMatchObject({ read: true });
      expect(last(documented)).toEqual(first);
    });

    it('is forbidden to whoever sent it', async () => {
      const message = outgoing({ conversationId: documented, text: 'Olá' });
      await open().sendMessage!(message, operation());

      await expect(mark(last(documented).message_id)).rejects.toMatchObject({
        ...{ code: 'PROVIDER_FORBIDDEN', refused: true },
      });
      expect(last(documented).status.read).toBe(false);
    });

    it('needs its message', async () => {
      await expect(mark('msg_0')).rejects.toMatchObject({ name: 'NotFoundError', refused: true });
    });
  });
});
