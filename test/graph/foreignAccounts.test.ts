import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { attachmentId, conversationId, messageId, uploadId } from '../../src/messaging/ids.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import type { Harness } from '../harness.ts';
import { as, SECRET_ENVIRONMENT, startGuarded } from '../identity.ts';
import { postUpload } from '../uploading.ts';
import { conversations, PDF, sentTexts, writeCalls } from './writes.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startGuarded({ environment: SECRET_ENVIRONMENT });
});
beforeEach(() => {
  harness.reset();
});
afterAll(() => harness.close());

describe('an account of somebody else', () => {
  const bob = () => as({ sub: 'bob', parley_accounts: ['support'] });

  /** The same question about a foreign account and about none. */
  const message = (accountId: string) => ({
    accountId,
    conversationExternalId: String(wellKnown.pact.documented),
    externalId: String(wellKnown.pact.documentedMessage),
  });
  const conversation = (accountId: string) => ({ accountId, externalId: String(wellKnown.pact.documented) });
  const attachment = (accountId: string) => {
    const conversationExternalId = String(wellKnown.pact.attachments);
    const { external_id, attachments } = harness.sandbox.pact.messages(wellKnown.pact.attachments)[0]!;
    return attachmentId({
      message: { accountId, conversationExternalId, externalId: String(external_id) },
      key: { externalId: String(attachments[0]!.id) },
    });
  };
  const entity = 'query ($of: [_Any!]!) { _entities(representations: $of) { __typename } }';
  const representation = (__typename: string, key: object) => ({ of: [{ __typename, ...key }] });
  const mutation = (field: string, input: string) =>
    `mutation ($input: ${input}!) { ${field}(input: $input) { userErrors { code message field retryable } } }`;

  it.each<[string, string, (accountId: string) => Record<string, unknown>, unknown]>([
    ['account', 'query ($id: ID!) { account(id: $id) { id } }', (id) => ({ id }), { account: null }],
    [
      'conversation',
      'query ($id: ID!) { conversation(id: $id) { id messages { nodes { id } } } }',
      (id) => ({ id: conversationId(conversation(id)) }),
      { conversation: null },
    ],
    [
      'conversationByExternalId',
      'query ($id: ID!) { conversationByExternalId(accountId: $id, externalId: "8741") { id } }',
      (id) => ({ id }),
      { conversationByExternalId: null },
    ],
    [
      'message',
      'query ($id: ID!) { message(id: $id) { id } }',
      (id) => ({ id: messageId(message(id)) }),
      { message: null },
    ],
    [
      'attachment',
      'query ($id: ID!) { attachment(id: $id) { id } }',
      (id) => ({ id: attachment(id) }),
      { attachment: null },
    ],
    ['the entity Account', entity, (id) => representation('Account', { id }), { _entities: [null] }],
    [
      'the entity Conversation',
      entity,
      (id) => representation('Conversation', { id: conversationId(conversation(id)) }),
      { _entities: [null] },
    ],
    [
      'the entity Conversation by the provider’s id',
      entity,
      (id) => representation('Conversation', conversation(id)),
      { _entities: [null] },
    ],
    [
      'the entity Message',
      entity,
      (id) => representation('Message', { id: messageId(message(id)) }),
      { _entities: [null] },
    ],
    [
      'the entity Message by the provider’s ids',
      entity,
      (id) => representation('Message', message(id)),
      { _entities: [null] },
    ],
    [
      'the entity Attachment',
      entity,
      (id) => representation('Attachment', { id: attachment(id) }),
      { _entities: [null] },
    ],
    [
      'sendMessage',
      mutation('sendMessage', 'SendMessageInput'),
      (id) => ({
        input: { conversationId: conversationId(conversation(id)), text: 'a', idempotencyKey: randomUUID() },
      }),
      { sendMessage: { userErrors: [expect.objectContaining({ code: 'NOT_FOUND' })] } },
    ],
    [
      'addReaction',
      mutation('addReaction', 'AddReactionInput'),
      (id) => ({ input: { messageId: messageId(message(id)), emoji: '👍' } }),
      { addReaction: { userErrors: [expect.objectContaining({ code: 'NOT_FOUND' })] } },
    ],
    [
      'markMessageRead',
      mutation('markMessageRead', 'MarkMessageReadInput'),
      (id) => ({ input: { messageId: messageId(message(id)) } }),
      { markMessageRead: { userErrors: [expect.objectContaining({ code: 'NOT_FOUND' })] } },
    ],
    [
      'closeConversation',
      mutation('closeConversation', 'CloseConversationInput'),
      (id) => ({ input: { conversationId: conversationId(conversation(id)) } }),
      { closeConversation: { userErrors: [expect.objectContaining({ code: 'NOT_FOUND' })] } },
    ],
    [
      'archiveConversation',
      mutation('archiveConversation', 'ArchiveConversationInput'),
      (id) => ({ input: { conversationId: conversationId(conversation(id)) } }),
      { archiveConversation: { userErrors: [expect.objectContaining({ code: 'NOT_FOUND' })] } },
    ],
    [
      'reopenConversation',
      mutation('reopenConversation', 'ReopenConversationInput'),
      (id) => ({ input: { conversationId: conversationId(conversation(id)) } }),
      { reopenConversation: { userErrors: [expect.objectContaining({ code: 'NOT_FOUND' })] } },
    ],
    [
      'deleteMessages',
      mutation('deleteMessages', 'DeleteMessagesInput'),
      (id) => ({ input: { messageIds: [messageId(message(id))] } }),
      { deleteMessages: { userErrors: [expect.objectContaining({ code: 'NOT_FOUND' })] } },
    ],
    [
      'startConversation',
      mutation('startConversation', 'StartConversationInput'),
      (id) => ({
        input: {
          pact: {
            accountId: id,
            messenger: 'WHATSAPP',
            phone: '79250000001',
            text: 'a',
            idempotencyKey: randomUUID(),
          },
        },
      }),
      { startConversation: { userErrors: [expect.objectContaining({ code: 'NOT_FOUND' })] } },
    ],
    [
      'conversations',
      'query ($ids: [ID!]) { conversations(filter: { accountIds: $ids }) { nodes { id } } }',
      (id) => ({ ids: ['support', id] }),
      null,
    ],
  ])('looks to %s like one that does not exist', async (_what, document, variables, data) => {
    const headers = await bob();
    const [foreign, unknown, own] = await Promise.all(
      ['sales', 'nobody', undefined].map(async (id) =>
        id === undefined
          ? harness.query(document, { headers: await as(), variables: variables('sales') })
          : harness.query(document, { headers, variables: variables(id) }),
      ),
    );
    expect(foreign).toEqual(unknown);
    expect(foreign!.data).toEqual(data);
    // Whose it is gets another answer, or the test could not fail.
    expect(own).not.toEqual(foreign);
  });

  it('has no messages that can be answered, or deleted along with others', async () => {
    const headers = await bob();
    const own = messageId({
      accountId: 'support',
      conversationExternalId: String(wellKnown.letstalk.documented),
      externalId: '1',
    });
    const [foreign, unknown] = await Promise.all(
      ['sales', 'nobody'].map(async (id) => {
        const other = messageId(message(id));
        const send = {
          ...{ conversationId: conversations.letstalk, text: 'a' },
          ...{ replyTo: other, idempotencyKey: randomUUID() },
        };
        return harness.query(
          `mutation ($send: SendMessageInput!, $ids: [ID!]!) {
            sendMessage(input: $send) { userErrors { code message field } }
            deleteMessages(input: { messageIds: $ids }) { userErrors { code message field } }
          }`,
          { headers, variables: { send, ids: [own, other] } },
        );
      }),
    );
    expect(foreign).toEqual(unknown);
    expect(foreign!.data).toMatchObject({
      sendMessage: { userErrors: [{ code: 'BAD_USER_INPUT', field: ['input', 'replyTo'] }] },
      deleteMessages: { userErrors: [{ code: 'BAD_USER_INPUT', field: ['input', 'messageIds', '1'] }] },
    });
    expect(harness.takeCalls()).toEqual([]);
  });

  it('is not called, whatever is asked', async () => {
    const headers = await bob();
    const id = conversationId(conversation('sales'));
    await harness.query(`{ conversation(id: "${id}") { title messages { nodes { id } } } }`, { headers });
    const variables = { of: [{ __typename: 'Message', ...message('sales') }] };
    const document =
      'query ($of: [_Any!]!) { _entities(representations: $of) { ... on Message { text conversation { title } } } }';
    await harness.query(document, { headers, variables });
    expect(harness.takeCalls()).toEqual([]);
  });

  it('takes no upload', async () => {
    const headers = await bob();
    const [foreign, unknown] = await Promise.all(
      ['sales', 'nobody'].map((id) =>
        postUpload(harness.url, { conversationId: conversationId(conversation(id)) }, PDF, headers),
      ),
    );
    expect(foreign).toEqual(unknown);
    expect(foreign!.data.uploadAttachment).toMatchObject({
      attachment: null,
      userErrors: [{ code: 'NOT_FOUND' }],
    });
  });

  it('is in no list, also not by a cursor of somebody who sees it', async () => {
    const document = `query ($first: Int, $after: String, $last: Int, $before: String) {
      conversations(first: $first, after: $after, last: $last, before: $before) {
        edges { cursor node { accountId } } sources { account { id } } pageInfo { endCursor }
      }
    }`;
    const { data } = await harness.query(document, { headers: await as(), variables: { first: 10 } });
    const cursors = data.conversations.edges.map(({ cursor }: { cursor: string }) => cursor);
    harness.takeCalls();
    const headers = await as({ sub: 'bob', parley_accounts: ['app'] });
    for (const cursor of cursors) {
      for (const variables of [
        { first: 10, after: cursor },
        { last: 10, before: cursor },
      ]) {
        const seen = await harness.query(document, { headers, variables });
        expect(seen.errors).toBeUndefined();
        const { edges, sources } = seen.data.conversations;
        expect(sources).toEqual([{ account: { id: 'app' } }]);
        for (const { node } of edges) expect(node.accountId).toBe('app');
      }
    }
    for (const call of harness.takeCalls()) expect(call).toMatch(/^pigeons /);
  });

  it('is not among the accounts, and one that does not exist is nobody’s', async () => {
    const ask = async (parley_accounts: unknown) => {
      const { data } = await harness.query('{ accounts { id } }', { headers: await as({ parley_accounts }) });
      return data.accounts.map(({ id }: { id: string }) => id);
    };
    expect(await ask(['app', 'nobody', 'app'])).toEqual(['app']);
    expect(await ask('app sales')).toEqual(['sales', 'app']);
    expect(await ask(['nobody'])).toEqual([]);
    expect(await ask([])).toEqual([]);
    expect(await ask('**')).toEqual([]);
    expect(await ask(['*'])).toHaveLength(3);
  });
});

describe('what one viewer does at an account', () => {
  it('is nobody else’s who may use the same account', async () => {
    const [ann, bob] = [await as(), await as({ sub: 'bob' })];
    const { data } = await postUpload(harness.url, { conversationId: conversations.pigeons }, PDF, ann);
    const { id } = data.uploadAttachment.attachment;
    const look = async (headers: Record<string, string>) => {
      const document = `query ($id: ID!, $of: [_Any!]!) {
        attachment(id: $id) { id } _entities(representations: $of) { ... on Attachment { id } }
      }`;
      const variables = { id, of: [{ __typename: 'Attachment', id }] };
      return (await harness.query(document, { headers, variables })).data;
    };
    expect(await look(bob)).toEqual({ attachment: null, _entities: [null] });
    expect(await look(ann)).toEqual({ attachment: { id }, _entities: [{ id }] });

    const document = `mutation ($input: SendMessageInput!) {
      sendMessage(input: $input) { delivery { id state } userErrors { code field } }
    }`;
    const sendFile = (attachmentId: string, headers: Record<string, string>) => {
      const key = randomUUID();
      const what = { conversationId: conversations.pigeons, text: 'Look', attachmentIds: [attachmentId] };
      return harness.query(document, { headers, variables: { input: { ...what, idempotencyKey: key } } });
    };
    const stolen = await sendFile(id, bob);
    expect(stolen.data.sendMessage).toEqual({
      delivery: null,
      userErrors: [{ code: 'NOT_FOUND', field: expect.anything() }],
    });
    expect(stolen).toEqual(await sendFile(uploadId({ accountId: 'app', uploadId: randomUUID() }), bob));
    expect(writeCalls(harness)).toEqual([]);

    const sent = await sendFile(id, ann);
    expect(sent.data.sendMessage.userErrors).toEqual([]);
    const { delivery } = sent.data.sendMessage;
    const seen = async (headers: Record<string, string>) =>
      (await harness.query(`{ delivery(id: "${delivery.id}") { id } }`, { headers })).data.delivery;
    expect(await seen(bob)).toBeNull();
    expect(await seen(await as({ parley_accounts: ['sales'] }))).toBeNull();
    expect(await seen(ann)).toEqual({ id: delivery.id });
  });

  it('under a key is not what another one does under the same key', async () => {
    const document = `mutation ($input: SendMessageInput!) {
      sendMessage(input: $input) { delivery { id } userErrors { code } }
    }`;
    const key = randomUUID();
    for (const sub of ['ann', 'bob']) {
      const input = { conversationId: conversations.pigeons, text: `of ${sub} ${key}`, idempotencyKey: key };
      const { data } = await harness.query(document, { headers: await as({ sub }), variables: { input } });
      expect(data.sendMessage.userErrors).toEqual([]);
    }
    expect(sentTexts(harness).filter((text) => text?.endsWith(key))).toHaveLength(2);
  });
});

describe('claims that an accounts file gives a meaning', () => {
  it('are read where it says, and give what it says', async () => {
    const mapped = await startGuarded({
      environment: SECRET_ENVIRONMENT,
      claims: {
        subject: 'email',
        accounts: ['https://parley.example/user', 'groups'],
        scopes: ['realm', 'roles'],
        accountValues: { 'Sales people': ['sales'], everything: '*', both: ['sales', 'app'] },
        scopeValues: { reader: ['messages:read'], agent: ['messages:read', 'messages:write'] },
      },
    });
    const ask = async (groups: unknown, roles: unknown, email: unknown = 'ann@example.com') => {
      const token = await as({ email, 'https://parley.example/user': { groups }, realm: { roles } });
      const document = '{ accounts { id } conversations(first: 1) { nodes { id } } }';
      const { status, data, errors } = await mapped.query(document, { headers: token });
      const ids = data?.accounts.map(({ id }: { id: string }) => id);
      return ids ?? errors?.[0]?.extensions['code'] ?? status;
    };
    expect(await ask(['Sales people'], ['reader'])).toEqual(['sales']);
    expect(await ask(['both', 'nothing'], ['agent'])).toEqual(['sales', 'app']);
    expect(await ask(['everything'], ['agent'])).toHaveLength(3);
    // A value is what the file says it is, also where it looks like something else.
    expect(await ask(['sales', 'support', '*'], ['reader'])).toEqual([]);
    expect(await ask(['both'], ['messages:read'])).toBe('FORBIDDEN');
    expect(await ask(['both'], ['reader'], undefined)).toEqual(['sales', 'app']);
    expect(await ask(['both'], ['reader'], '')).toBe('UNAUTHENTICATED');
    await mapped.close();
  });
});
