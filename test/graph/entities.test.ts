import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { attachmentId, conversationId, messageId } from '../../src/messaging/ids.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';

const ENTITIES = `query ($of: [_Any!]!) {
  _entities(representations: $of) {
    __typename
    ... on Account { id name }
    ... on Conversation { id accountId externalId title }
    ... on Message { id accountId conversationExternalId externalId text conversation { externalId } }
    ... on Attachment { id url mimeType }
  }
}`;

describe('_entities', () => {
  let harness: Harness;
  const message = { accountId: 'sales', conversationExternalId: '8741', externalId: '47098' };

  beforeAll(async () => {
    harness = await startHarness();
  });
  afterAll(() => harness.close());

  it('answers every key of every entity', async () => {
    const file = harness.sandbox.pact.messages(wellKnown.pact.attachments)[0]!;
    const attachment = attachmentId({
      message: {
        accountId: 'sales',
        conversationExternalId: String(wellKnown.pact.attachments),
        externalId: String(file.external_id),
      },
      key: { externalId: String(file.attachments[0]?.id) },
    });
    const { _entities } = await harness.data(ENTITIES, {
      of: [
        { __typename: 'Account', id: 'sales' },
        {
          __typename: 'Conversation',
          id: conversationId({ accountId: 'app', externalId: wellKnown.pigeons.documented }),
        },
        { __typename: 'Conversation', accountId: 'support', externalId: '1484305' },
        { __typename: 'Message', id: messageId(message) },
        { __typename: 'Message', ...message },
        { __typename: 'Attachment', id: attachment },
      ],
    });

    expect(_entities).toEqual([
      { __typename: 'Account', id: 'sales', name: 'Sales' },
      expect.objectContaining({ __typename: 'Conversation', accountId: 'app', title: 'Article Title' }),
      expect.objectContaining({ __typename: 'Conversation', externalId: '1484305', title: 'hola' }),
      expect.objectContaining({ __typename: 'Message', text: 'Hello', conversation: { externalId: '8741' } }),
      expect.objectContaining({ __typename: 'Message', id: messageId(message), text: 'Hello' }),
      {
        __typename: 'Attachment',
        id: attachment,
        url: expect.stringContaining('/files/'),
        mimeType: 'image/png',
      },
    ]);
  });

  it('answers null for what does not exist, once more than the key is asked', async () => {
    const { _entities } = await harness.data(ENTITIES, {
      of: [
        { __typename: 'Conversation', accountId: 'sales', externalId: '999999' },
        { __typename: 'Conversation', accountId: 'app', externalId: '550e8400-e29b-41d4-a716-446655449999' },
        { __typename: 'Message', ...message, externalId: '1' },
        { __typename: 'Message', ...message, conversationExternalId: '999999' },
        { __typename: 'Attachment', id: attachmentId({ message, key: { place: 7 } }) },
      ],
    });

    expect(_entities).toEqual([null, null, null, null, null]);
  });

  it('proves a conversation by its messages when they are asked for', async () => {
    harness.takeCalls();
    const { _entities } = await harness.data(
      'query ($of: [_Any!]!) { _entities(representations: $of) { ... on Conversation { externalId messages(last: 1) { nodes { id } } } } }',
      {
        of: [
          { __typename: 'Conversation', accountId: 'sales', externalId: '999999' },
          { __typename: 'Conversation', accountId: 'sales', externalId: '8750' },
        ],
      },
    );

    expect(_entities).toEqual([null, { externalId: '8750', messages: { nodes: [expect.anything()] } }]);
    expect(harness.takeCalls()).toEqual(['pact messages', 'pact messages']);
  });

  it('costs a failing provider only its own entities', async () => {
    harness.sandbox.pact.failNext(403, { times: Infinity });
    const { data, errors } = await harness.query(ENTITIES, {
      variables: {
        of: [
          { __typename: 'Conversation', accountId: 'sales', externalId: '8750' },
          { __typename: 'Conversation', accountId: 'support', externalId: '1484305' },
        ],
      },
    });
    harness.reset();

    expect(data._entities).toEqual([null, expect.objectContaining({ title: 'hola' })]);
    expect(errors).toMatchObject([
      { path: ['_entities', 0], extensions: { code: 'PROVIDER_FORBIDDEN', accountId: 'sales' } },
    ]);
  });
});
