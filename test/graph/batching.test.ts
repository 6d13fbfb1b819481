import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { conversationId, messageId } from '../../src/messaging/ids.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import type { Harness } from '../harness.ts';
import { startHarness, tally } from '../harness.ts';

describe('upstream calls', () => {
  let harness: Harness;

  beforeAll(async () => {
    harness = await startHarness();
  });
  afterAll(() => harness.close());
  beforeEach(() => {
    harness.reset();
    harness.takeCalls();
  });

  const calls = () => tally(harness.takeCalls());
  const entities = (representations: readonly object[], fields: string) =>
    harness.data(`query ($of: [_Any!]!) { _entities(representations: $of) { ${fields} } }`, {
      of: representations,
    });

  it('are 1 + 25 for a page of 25 Pact conversations with 20 messages each', async () => {
    const { account } = await harness.data(
      '{ account(id: "sales") { conversations(first: 25) { nodes { title messages(last: 20) { nodes { text } } } } } }',
    );

    expect(account.conversations.nodes).toHaveLength(25);
    expect(calls()).toEqual({ 'pact conversations': 1, 'pact messages': 25 });
  });

  it('are 1 for the messages of one Pact conversation, whose existence they prove', async () => {
    const id = conversationId({ accountId: 'sales', externalId: String(wellKnown.pact.documented) });
    const { conversation } = await harness.data(
      'query ($id: ID!) { conversation(id: $id) { id externalId messages(last: 20) { nodes { text } } } }',
      { id },
    );

    expect(conversation.messages.nodes).toHaveLength(20);
    expect(calls()).toEqual({ 'pact messages': 1 });
  });

  it('are 5 for 100 message references over 5 conversations of one account', async () => {
    const conversations = [8749, 8750, 8751, 8752, 8753].map((number) => number + 1);
    const representations = conversations.flatMap((conversation) =>
      harness.sandbox.pact
        .messages(conversation)
        .slice(-20)
        .map((row) => ({
          __typename: 'Message',
          id: messageId({
            accountId: 'sales',
            conversationExternalId: String(conversation),
            externalId: String(row.external_id),
          }),
        })),
    );
    const { _entities } = await entities(representations, '... on Message { id text sentAt }');

    expect(_entities).toHaveLength(100);
    expect(_entities.map((message: { id: string }) => message.id)).toEqual(
      representations.map(({ id }) => id),
    );
    expect(calls()).toEqual({ 'pact messages': 5 });
  });

  it('are 1 for the same page twice in one operation', async () => {
    await harness.data(
      `{
        one: conversationByExternalId(accountId: "sales", externalId: "8741") { messages(last: 5) { nodes { id } } }
        two: conversationByExternalId(accountId: "sales", externalId: "8741") { messages(last: 5) { nodes { text } } }
      }`,
    );

    expect(calls()).toEqual({ 'pact messages': 1 });
  });

  it('are 1 for the same page of conversations twice', async () => {
    await harness.data(
      `{ a: account(id: "sales") { conversations(first: 5) { nodes { id } } }
         b: account(id: "sales") { conversations(first: 5) { nodes { title } } }
         c: conversations(first: 5, filter: { accountIds: ["sales"] }) { nodes { createdAt } } }`,
    );

    expect(calls()).toEqual({ 'pact conversations': 1 });
  });

  it('are 1 for the same page under two names in one conversation', async () => {
    await harness.data(
      `{ conversationByExternalId(accountId: "support", externalId: "1484305") {
           a: messages(last: 5) { nodes { id } }
           b: messages(last: 5) { nodes { text } }
         } }`,
    );

    expect(calls()).toEqual({ 'letstalk messages': 1 });
  });

  it('are 0 for references that are asked for key fields only', async () => {
    const { _entities } = await entities(
      [
        { __typename: 'Conversation', accountId: 'sales', externalId: '8741' },
        { __typename: 'Conversation', id: conversationId({ accountId: 'app', externalId: 'not-checked' }) },
        { __typename: 'Message', accountId: 'sales', conversationExternalId: '8741', externalId: '47098' },
        { __typename: 'Account', id: 'support' },
      ],
      `__typename
       ... on Conversation { id accountId externalId }
       ... on Message { id accountId externalId conversationExternalId }
       ... on Account { id }`,
    );

    expect(_entities).toEqual([
      expect.objectContaining({ __typename: 'Conversation', externalId: '8741' }),
      expect.objectContaining({ __typename: 'Conversation', externalId: 'not-checked' }),
      expect.objectContaining({ __typename: 'Message', externalId: '47098' }),
      { __typename: 'Account', id: 'support' },
    ]);
    expect(calls()).toEqual({});
  });

  it.each(['title', 'messages(last: 5) { nodes { text } }', 'title messages(last: 5) { nodes { text } }'])(
    'are 1 for a Pigeons conversation asked for %s',
    async (fields) => {
      await harness.data(
        `{ conversationByExternalId(accountId: "app", externalId: "${wellKnown.pigeons.documented}") { ${fields} } }`,
      );

      expect(Object.values(calls())).toEqual([1]);
    },
  );

  it('are 1 for a Letstalk conversation with its title and newest messages', async () => {
    await harness.data(
      '{ conversationByExternalId(accountId: "support", externalId: "1484305") { title state messages(last: 20) { nodes { text conversation { title } } } } }',
    );

    expect(calls()).toEqual({ 'letstalk messages': 1 });
  });

  it('are 1 for any number of Pigeons conversations by reference', async () => {
    const representations = harness.sandbox.pigeons
      .conversations()
      .slice(0, 10)
      .map(({ uuid }) => ({ __typename: 'Conversation', accountId: 'app', externalId: uuid }));
    await entities(representations, '... on Conversation { title participants { name } }');

    expect(calls()).toEqual({ 'pigeons conversations': 1 });
  });

  it('are 27 for an inbox of 25 conversations over three providers with 20 messages each', async () => {
    const letstalk = [1484305, 1483229, 1500001, 1500003, 1500005];
    const { pact, pigeons } = await harness.data(`{
      pact: account(id: "sales") { conversations(first: 10) { nodes { ...Row } } }
      pigeons: account(id: "app") { conversations(first: 10) { nodes { ...Row } } }
      ${letstalk.map((id) => `l${id}: conversationByExternalId(accountId: "support", externalId: "${id}") { ...Row }`).join('\n')}
    }
    fragment Row on Conversation { title messages(last: 20) { nodes { text direction author { name } } } }`);

    expect([pact.conversations.nodes.length, pigeons.conversations.nodes.length]).toEqual([10, 10]);
    expect(calls()).toEqual({
      'pact conversations': 1,
      'pact messages': 10,
      'letstalk messages': 5,
      'pigeons conversations': 1,
      'pigeons messages': 10,
    });
  });

  it('are 0 for accounts, their capabilities and their status', async () => {
    await harness.data('{ accounts { id name status capabilities { listConversations maxTextLength } } }');

    expect(calls()).toEqual({});
  });

  it('send the directives of the caller: what is skipped is not read', async () => {
    await harness.data(
      `query ($no: Boolean!) { conversationByExternalId(accountId: "sales", externalId: "8741") {
         externalId messages(last: 5) @include(if: $no) { nodes { id } } title
       } }`,
      { no: false },
    );

    expect(calls()).toEqual({ 'pact conversation': 1 });
  });
});
