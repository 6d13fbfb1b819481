import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sandboxAccounts } from '../../src/accounts.ts';
import { conversationId, messageId } from '../../src/messaging/ids.ts';
import type { Fault } from '../../src/sandbox/index.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import type { Harness } from '../harness.ts';
import { emulators, startHarness } from '../harness.ts';
import { conversations, PROVIDERS, send, sentTexts, USER_ERROR, writeCalls } from './writes.ts';

const { whatsApp, letstalk, pigeons } = conversations;

const { documented, documentedMessage } = wellKnown.pigeons;
const inPigeons = (externalId: string) =>
  messageId({ accountId: 'app', conversationExternalId: documented, externalId });
const DOCUMENTED = inPigeons(documentedMessage);
const visitors = conversationId({
  accountId: 'visitor',
  externalId: String(wellKnown.letstalk.documented),
});

const REACT = `mutation ($messageId: ID!, $emoji: String!) {
  addReaction(input: { messageId: $messageId, emoji: $emoji }) {
    outcome
    message { id text reactions { emoji author { name } providerDetails { ... on PigeonsReaction { userUuid } } } }
    userErrors { ${USER_ERROR} }
  }
}`;
const READ = `mutation ($messageId: ID!) {
  markMessageRead(input: { messageId: $messageId }) {
    message { id delivery { state readAt } conversation { unreadCount } }
    userErrors { ${USER_ERROR} }
  }
}`;
const CLOSE = `mutation ($conversationId: ID!) {
  closeConversation(input: { conversationId: $conversationId }) {
    conversation { id state messages(last: 1) { nodes { content { __typename ... on SystemContent { event } } } } }
    userErrors { ${USER_ERROR} }
  }
}`;

const CHANGE = (mutation: string) => `mutation ($conversationId: ID!) {
  ${mutation}(input: { conversationId: $conversationId }) { conversation { id } userErrors { ${USER_ERROR} } }
}`;
const DELETE = `mutation ($messageIds: [ID!]!) {
  deleteMessages(input: { messageIds: $messageIds }) { conversation { id } userErrors { ${USER_ERROR} } }
}`;

describe('gestures', () => {
  let harness: Harness;

  beforeAll(async () => {
    harness = await startHarness({
      accounts: (sandbox) => {
        const accounts = sandboxAccounts(sandbox);
        const { clientKey: apiKey } = sandbox.letstalk;
        return [...accounts, { ...(accounts[1] as any), id: 'visitor', apiKey, role: 'client' }];
      },
    });
  });
  afterAll(() => harness.close());
  beforeEach(() => {
    harness.reset();
  });

  const react = async (id: string, emoji: string) =>
    (await harness.data(REACT, { messageId: id, emoji })).addReaction;
  const markRead = async (id: string) => (await harness.data(READ, { messageId: id })).markMessageRead;
  const close = async (id: string) => (await harness.data(CLOSE, { conversationId: id })).closeConversation;
  const archive = async (id: string) =>
    (await harness.data(CHANGE('archiveConversation'), { conversationId: id })).archiveConversation;
  const reopen = async (id: string) =>
    (await harness.data(CHANGE('reopenConversation'), { conversationId: id })).reopenConversation;
  const remove = async (...messageIds: string[]) =>
    (await harness.data(DELETE, { messageIds })).deleteMessages;
  const refusal = (code: string, field: string | null, message = /./) => [
    {
      ...{ code, field: field === null ? null : ['input', ...field.split('.')] },
      message: expect.stringMatching(message),
      ...{ retryable: false, retryAfter: null },
    },
  ];
  const storedReactions = () =>
    harness.sandbox.pigeons
      .messages(documented)
      .find(({ message_id }) => message_id === documentedMessage)!
      .reactions!.map(({ emoji, user_uuid }) => [emoji, user_uuid]);

  describe('a reaction', () => {
    it('is stored, and the message comes back with it', async () => {
      const { uuid, name } = harness.sandbox.pigeons.user;
      const before = storedReactions();
      const { outcome, message, userErrors } = await react(DOCUMENTED, '👨‍👩‍👧‍👦');

      expect(userErrors).toEqual([]);
      expect(outcome).toBe('ADDED');
      expect(storedReactions()).toEqual([...before, ['👨‍👩‍👧‍👦', uuid]]);
      expect(message.id).toBe(DOCUMENTED);
      expect(message.reactions.at(-1)).toMatchObject({
        ...{ emoji: '👨‍👩‍👧‍👦', author: { name }, providerDetails: { userUuid: uuid } },
      });
    });

    it('is UNCHANGED when it was there, and one of somebody else is another one', async () => {
      harness.sandbox.pigeons.addMessage(documented, {
        message_id: 'msg_other',
        reactions: [{ user_uuid: harness.sandbox.pigeons.users[1]!.uuid, emoji: '🎉', created_at: '' }],
      });
      const outcomes = [];
      for (const emoji of ['🎉', '🎉', '👍🏽', '👍', '🎉'])
        outcomes.push((await react(inPigeons('msg_other'), emoji)).outcome);
      expect(outcomes).toEqual(['ADDED', 'UNCHANGED', 'ADDED', 'ADDED', 'UNCHANGED']);
    });

    it('may be repeated after its answer was lost', async () => {
      harness.sandbox.pigeons.failNext({ acceptThen: 'reset' }, { call: 'addReaction' });
      const lost = await react(DOCUMENTED, '🎉');
      expect(lost).toMatchObject({ message: null, outcome: null });
      expect(lost.userErrors).toMatchObject([{ code: 'PROVIDER_UNAVAILABLE', field: null, retryable: true }]);
      expect(await react(DOCUMENTED, '🎉')).toMatchObject({ outcome: 'UNCHANGED', userErrors: [] });
      expect(storedReactions().filter(([emoji]) => emoji === '🎉')).toHaveLength(1);
    });

    it.each([
      ['a malformed id', 'nonsense', '👍', 'BAD_USER_INPUT', 'messageId', /not a valid message id/],
      ['the id of a conversation', pigeons, '👍', 'BAD_USER_INPUT', 'messageId', /not a valid message id/],
      [
        'a message that is not there',
        inPigeons('msg_0'),
        '👍',
        'NOT_FOUND',
        'messageId',
        /nothing of this id/,
      ],
      [
        'an account that is not there',
        messageId({ accountId: 'nobody', conversationExternalId: 'x', externalId: 'y' }),
        ...(['👍', 'NOT_FOUND', 'messageId', /nothing of this id/] as const),
      ],
      ['no emoji', DOCUMENTED, '', 'BAD_USER_INPUT', 'emoji', /an emoji/],
      ['half an emoji', DOCUMENTED, '\ud83d', 'BAD_USER_INPUT', 'emoji', /an emoji/],
      ['eleven characters', DOCUMENTED, '👍'.repeat(11), 'BAD_USER_INPUT', 'emoji', /at most 10 characters/],
    ])('is refused for %s', async (_what, id, emoji, code, field, message) => {
      expect(await react(id, emoji)).toEqual({
        ...{ outcome: null, message: null, userErrors: refusal(code, field, message) },
      });
      expect(writeCalls(harness)).toEqual([]);
    });
  });

  describe('a read receipt', () => {
    const putUnread = () => harness.sandbox.pigeons.addMessage(documented).message_id;

    it('is stored, and read back with the message and its conversation; twice is as good as once', async () => {
      const externalId = putUnread();
      const id = inPigeons(externalId);
      const unread = await harness.data(
        'query ($id: ID!) { message(id: $id) { delivery { state } conversation { unreadCount } } }',
        { id },
      );
      const first = await markRead(id);

      expect(first.userErrors).toEqual([]);
      expect(first.message).toMatchObject({ id, delivery: { state: 'READ', readAt: expect.any(String) } });
      expect(first.message.conversation.unreadCount).toBe(unread.message.conversation.unreadCount - 1);
      expect(harness.sandbox.pigeons.messages(documented).at(-1)).toMatchObject({
        ...{ message_id: externalId, status: { read: true } },
      });

      const second = await markRead(id);
      expect(second).toEqual(first);
    });

    it('is refused for what is not there, and for a message of the own', async () => {
      expect(await markRead(inPigeons('msg_0'))).toEqual({
        ...{ message: null, userErrors: refusal('NOT_FOUND', 'messageId') },
      });
      expect(await markRead('nonsense')).toEqual({
        ...{ message: null, userErrors: refusal('BAD_USER_INPUT', 'messageId', /not a valid message id/) },
      });
      const { message } = await send(harness, { conversationId: pigeons, text: 'Mine' });
      expect(await markRead(message.id)).toEqual({
        ...{ message: null, userErrors: refusal('PROVIDER_FORBIDDEN', null) },
      });
    });
  });

  describe('closing', () => {
    const { second } = wellKnown.letstalk;
    const open = conversationId({ accountId: 'support', externalId: String(second) });
    const closings = () => harness.sandbox.letstalk.stored().messages.filter(({ type }) => type === 'SYSTEM');

    it('is seen in the answer; twice is as good as once', async () => {
      const first = await close(open);
      expect(first).toMatchObject({
        conversation: {
          ...{ id: open, state: 'CLOSED' },
          messages: { nodes: [{ content: { __typename: 'SystemContent' } }] },
        },
        userErrors: [],
      });
      expect(await close(open)).toEqual(first);
      expect(closings()).toMatchObject([{ conversationId: second, content: 'closed' }]);
    });

    it('may be repeated after its answer was lost', async () => {
      harness.sandbox.letstalk.failNext({ acceptThen: 500 }, { call: 'closeConversation' });
      expect(await close(open)).toMatchObject({
        conversation: null,
        userErrors: [{ code: 'PROVIDER_UNAVAILABLE', retryable: true }],
      });
      expect(await close(open)).toMatchObject({ conversation: { state: 'CLOSED' }, userErrors: [] });
      expect(closings()).toHaveLength(1);
    });

    it.each([
      ['a malformed id', 'nonsense', 'BAD_USER_INPUT'],
      ['a conversation that is not there', conversations.noLetstalk, 'NOT_FOUND'],
      ['an account that is not there', conversations.foreign, 'NOT_FOUND'],
    ])('is refused for %s', async (_what, id, code) => {
      expect(await close(id)).toEqual({ conversation: null, userErrors: refusal(code, 'conversationId') });
    });
  });

  describe.each([
    ['archiving', archive],
    ['reopening', reopen],
  ])('%s', (_name, act) => {
    it.each([
      ['a malformed id', 'nonsense', 'BAD_USER_INPUT'],
      ['an account that is not there', conversations.foreign, 'NOT_FOUND'],
    ])('is refused for %s', async (_what, id, code) => {
      expect(await act(id)).toEqual({ conversation: null, userErrors: refusal(code, 'conversationId') });
    });
  });

  describe('deleting', () => {
    const inPact = (conversation: number, externalId: number) =>
      messageId({
        accountId: 'sales',
        conversationExternalId: String(conversation),
        externalId: String(externalId),
      });
    const { documented: here, vkontakte: there } = wellKnown.pact;
    const many = (count: number) => Array.from({ length: count }, (_, index) => inPact(here, index + 1));

    it.each<[string, string[], string, string, RegExp]>([
      ['no messages', [], 'BAD_USER_INPUT', 'messageIds', /One to 100 .* these are 0/],
      ['101 messages', many(101), 'BAD_USER_INPUT', 'messageIds', /One to 100 .* these are 101/],
      ['a malformed id', [inPact(here, 1), 'x'], 'BAD_USER_INPUT', 'messageIds.1', /not a valid message id/],
      ['a conversation', [whatsApp], 'BAD_USER_INPUT', 'messageIds.0', /not a valid message id/],
      [
        'messages of two conversations',
        [...many(3), inPact(there, 4)],
        ...(['BAD_USER_INPUT', 'messageIds.3', /of another than the first/] as const),
      ],
      [
        'an account that is not there',
        [messageId({ accountId: 'nobody', conversationExternalId: 'x', externalId: 'y' })],
        ...(['NOT_FOUND', 'messageIds', /nothing of this id/] as const),
      ],
      ['an account that can not', many(100), 'UNSUPPORTED', 'messageIds', /does not support deleting/],
    ])('is refused without a call for %s', async (_what, ids, code, field, message) => {
      harness.takeCalls();
      expect(await remove(...ids)).toEqual({ conversation: null, userErrors: refusal(code, field, message) });
      expect(harness.takeCalls()).toEqual([]);
    });

    it('names every message that is of another conversation', async () => {
      const { userErrors } = await remove(
        inPact(here, 1),
        inPact(there, 2),
        inPact(here, 3),
        inPact(there, 4),
      );
      expect(userErrors.map(({ field }: any) => field.join('.'))).toEqual([
        'input.messageIds.1',
        'input.messageIds.3',
      ]);
    });
  });

  describe('what an account can not do', () => {
    const messageIn = (id: string) => {
      const [, accountId, conversationExternalId] = Buffer.from(id, 'base64url').toString().split(':');
      return messageId({
        accountId: accountId!,
        conversationExternalId: conversationExternalId!,
        externalId: '1',
      });
    };

    const FIELDS = 'reactions readReceipts closeConversation archiveConversation deleteMessages';

    it.each([
      [
        'Pact',
        whatsApp,
        ['reactions', 'readReceipts', 'closeConversation', 'archiveConversation', 'deleteMessages'],
      ],
      ['Letstalk as agent', letstalk, ['reactions', 'readReceipts', 'archiveConversation', 'deleteMessages']],
      [
        'Letstalk as client',
        visitors,
        ['reactions', 'readReceipts', 'closeConversation', 'archiveConversation', 'deleteMessages'],
      ],
      ['Pigeons', pigeons, ['closeConversation', 'archiveConversation', 'deleteMessages']],
    ])('is false in its capabilities, and then UNSUPPORTED: %s', async (_name, id, missing) => {
      const { conversation } = await harness.data(
        `query ($id: ID!) { conversation(id: $id) { capabilities { ${FIELDS} } account { capabilities { ${FIELDS} } } } }`,
        { id },
      );
      expect(conversation.capabilities).toEqual(conversation.account.capabilities);
      for (const [capability, can] of Object.entries(conversation.capabilities))
        expect([capability, can]).toEqual([capability, !missing.includes(capability)]);
      harness.takeCalls();

      const attempts: Record<string, [field: string, act: () => Promise<any>][]> = {
        reactions: [['messageId', () => react(messageIn(id), '👍')]],
        readReceipts: [['messageId', () => markRead(messageIn(id))]],
        closeConversation: [['conversationId', () => close(id)]],
        archiveConversation: [
          ['conversationId', () => archive(id)],
          ['conversationId', () => reopen(id)],
        ],
        deleteMessages: [['messageIds', () => remove(messageIn(id))]],
      };
      for (const [field, act] of missing.flatMap((capability) => attempts[capability]!)) {
        const { userErrors, ...nothing } = await act();
        expect(userErrors).toEqual(refusal('UNSUPPORTED', field, /does not support .*see its capabilities/));
        expect(Object.values(nothing).every((value) => value === null)).toBe(true);
      }
      expect(harness.takeCalls()).toEqual([]);
    });
  });

  describe('after a write, the same operation reads it', () => {
    it.each(PROVIDERS)('in the messages of the conversation: %s', async (_name, _provider, id) => {
      const texts = [randomUUID(), randomUUID(), randomUUID()];
      const document = `mutation ($a: SendMessageInput!, $b: SendMessageInput!, $c: SendMessageInput!) {
        ${['a', 'b', 'c'].map((name) => `${name}: sendMessage(input: $${name}) { message { text conversation { messages(last: 1) { nodes { text } } } } }`).join('\n')}
      }`;
      const input = (text: string) => ({ conversationId: id, text, idempotencyKey: randomUUID() });
      const data = await harness.data(document, {
        ...{ a: input(texts[0]!), b: input(texts[1]!), c: input(texts[2]!) },
      });
      for (const [index, name] of ['a', 'b', 'c'].entries()) {
        const text = texts[index];
        expect(data[name].message).toEqual({ text, conversation: { messages: { nodes: [{ text }] } } });
      }
      expect(sentTexts(harness)).toEqual(texts);
    });

    it('in the reactions of a message, and in what its conversation says of itself', async () => {
      const data = await harness.data(
        `mutation ($message: ID!, $send: SendMessageInput!) {
          a: addReaction(input: { messageId: $message, emoji: "🎉" }) { outcome message { reactions { emoji } conversation { lastMessageText } } }
          b: addReaction(input: { messageId: $message, emoji: "🎈" }) { outcome message { reactions { emoji } } }
          c: addReaction(input: { messageId: $message, emoji: "🎉" }) { outcome message { reactions { emoji } } }
          d: sendMessage(input: $send) { message { conversation { lastMessageText } } }
        }`,
        {
          message: DOCUMENTED,
          send: { conversationId: pigeons, text: 'The last word', idempotencyKey: randomUUID() },
        },
      );
      const emoji = (name: string) => data[name].message.reactions.map((reaction: any) => reaction.emoji);
      expect([data.a.outcome, data.b.outcome, data.c.outcome]).toEqual(['ADDED', 'ADDED', 'UNCHANGED']);
      expect(emoji('a')).toEqual(['👍', '🎉']);
      expect(emoji('b')).toEqual(['👍', '🎉', '🎈']);
      expect(emoji('c')).toEqual(['👍', '🎉', '🎈']);
      expect(data.a.message.conversation.lastMessageText).not.toBe('The last word');
      expect(data.d.message.conversation.lastMessageText).toBe('The last word');
    });

    it('in the state of a conversation, between two closings and a send', async () => {
      const data = await harness.data(
        `mutation ($id: ID!, $send: SendMessageInput!) {
          before: sendMessage(input: $send) { message { conversation { state } } }
          close: closeConversation(input: { conversationId: $id }) { conversation { state } }
        }`,
        { id: letstalk, send: { conversationId: letstalk, text: 'Bye', idempotencyKey: randomUUID() } },
      );
      expect(data.before.message.conversation.state).toBe('OPEN');
      expect(data.close.conversation.state).toBe('CLOSED');
    });

    it('also what a failed write has left', async () => {
      harness.sandbox.pigeons.failNext({ acceptThen: 500 }, { call: 'addReaction' });
      const { data } = await harness.query(
        `mutation ($message: ID!) {
          a: addReaction(input: { messageId: $message, emoji: "🎉" }) { outcome userErrors { code } }
          b: addReaction(input: { messageId: $message, emoji: "🎈" }) { message { reactions { emoji } } }
        }`,
        { variables: { message: DOCUMENTED } },
      );
      expect(data.a).toEqual({ outcome: null, userErrors: [{ code: 'PROVIDER_UNAVAILABLE' }] });
      expect(data.b.message.reactions.map(({ emoji }: any) => emoji)).toEqual(['👍', '🎉', '🎈']);
    });
  });

  it('that break cost themselves only, not what else the operation did', async () => {
    const fault: Fault = { status: 429, headers: { 'retry-after': '3' } };
    emulators(harness.sandbox).pigeons.failNext(fault, { call: 'addReaction' });
    const data = await harness.data(
      `mutation ($message: ID!, $send: SendMessageInput!) {
        a: sendMessage(input: $send) { message { text } userErrors { code } }
        b: addReaction(input: { messageId: $message, emoji: "🎉" }) { outcome userErrors { code retryAfter } }
      }`,
      {
        message: DOCUMENTED,
        send: { conversationId: whatsApp, text: 'Stays', idempotencyKey: randomUUID() },
      },
    );
    expect(data).toEqual({
      a: { message: { text: 'Stays' }, userErrors: [] },
      b: { outcome: null, userErrors: [{ code: 'PROVIDER_RATE_LIMITED', retryAfter: 3 }] },
    });
  });
});
