import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { conversationId, messageId } from '../../src/messaging/ids.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import { eventually } from '../eventually.ts';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';
import { PACT_V2, pactV2Account } from '../pactV2Account.ts';
import type { Listener } from './listening.ts';
import { listen, subscribed } from './listening.ts';

const { documented } = wellKnown.pact;
const CONVERSATION = conversationId({ accountId: PACT_V2, externalId: String(documented) });
const MESSAGE = 'id text isDeleted';

let parley: Harness;
let listeners: Listener[] = [];

beforeAll(async () => {
  parley = await startHarness({
    accounts: (sandbox) => [{ ...pactV2Account(sandbox), webhookSecret: 'a-secret-of-the-webhooks' }],
    webhooks: true,
  });
});
afterAll(() => parley.close());
afterEach(async () => {
  await Promise.all(listeners.map((listener) => listener.stop()));
  listeners = [];
});

async function open(field: string, selection: string): Promise<Listener> {
  const document = `subscription ($id: ID) { ${field}(conversationId: $id) { ${selection} } }`;
  const listener = listen(parley.url, 'websocket', document, { variables: { id: CONVERSATION } });
  listeners.push(listener);
  await subscribed(parley.metricsUrl, listeners.length);
  return listener;
}

const idOf = (externalId: number) =>
  messageId({
    ...{ accountId: PACT_V2, conversationExternalId: String(documented) },
    externalId: String(externalId),
  });

it('takes the probe that comes when its webhook is registered', async () => {
  await eventually(async () => {
    const [first] = parley.sandbox.pact.webhook.delivered();
    expect(first).toMatchObject({ body: { source: 'pact.im', operation: 'test' }, status: 200 });
    await Promise.resolve();
  });
});

it('tells of a message when it comes, how far it gets, and what others think of it', async () => {
  const changes = await open(
    'changes',
    `node {
      __typename
      ... on MessageAdded { message { id text } }
      ... on DeliveryUpdated { delivery { state message { id } } }
      ... on ReactionsUpdated { message { id reactions { emoji } } }
    }`,
  );

  const { external_id: id } = parley.sandbox.pact.addMessage(documented, { message: 'new', income: false });
  await changes.until(1);
  parley.sandbox.pact.v2.settle(id, 'delivered');
  await changes.until(2);
  parley.sandbox.pact.v2.setMessage(id, { reactions: ['🎉'] });
  await changes.until(3);

  expect(changes.told('changes').map(({ node }) => node)).toEqual([
    { __typename: 'MessageAdded', message: { id: idOf(id), text: 'new' } },
    { __typename: 'DeliveryUpdated', delivery: { state: 'DELIVERED', message: { id: idOf(id) } } },
    { __typename: 'ReactionsUpdated', message: { id: idOf(id), reactions: [{ emoji: '🎉' }] } },
  ]);
});

it('tells how far a send has come, until it is read', async () => {
  parley.sandbox.pact.delivery('async');
  const input = { conversationId: CONVERSATION, text: 'on its way', idempotencyKey: randomUUID() };
  const { delivery, message } = (
    await parley.data(
      'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { delivery { id state } message { externalId } } }',
      { input },
    )
  ).sendMessage;
  const followed = listen(
    parley.url,
    'websocket',
    'subscription ($id: ID!) { deliveryUpdated(id: $id) { state } }',
    { variables: { id: delivery.id } },
  );
  listeners.push(followed);
  await followed.until(1);

  for (const [count, status] of [
    [2, 'sent'],
    [3, 'delivered'],
    [4, 'read'],
  ] as const) {
    // prettier-ignore
    parley.sandbox.pact.v2.settle(Number(message.externalId), status);
    await followed.until(count);
  }
  await followed.over;

  expect(followed.told('deliveryUpdated').map(({ state }) => state)).toEqual([
    ...['QUEUED', 'SENT', 'DELIVERED', 'READ'],
  ]);
});

it('tells of a message that is deleted', async () => {
  const { external_id: id } = parley.sandbox.pact.addMessage(documented, {
    message: 'a slip',
    income: false,
  });
  const updated = await open('messageUpdated', MESSAGE);

  await parley.data(
    'mutation ($id: ID!) { deleteMessages(input: { messageIds: [$id] }) { userErrors { code } } }',
    { id: idOf(id) },
  );
  await updated.until(1);

  expect(updated.told('messageUpdated').at(-1)).toMatchObject({
    ...{ id: idOf(id), text: null, isDeleted: true },
  });
});

it('tells of a conversation that is archived', async () => {
  const updated = await open('conversationUpdated', 'id state');

  await parley.data(
    'mutation ($id: ID!) { archiveConversation(input: { conversationId: $id }) { userErrors { code } } }',
    { id: CONVERSATION },
  );

  await eventually(async () => {
    expect(updated.told('conversationUpdated').at(-1)).toEqual({ id: CONVERSATION, state: 'ARCHIVED' });
    await Promise.resolve();
  });
});
