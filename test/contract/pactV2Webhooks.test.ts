import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ContractError } from '../../src/messaging/errors.ts';
import { createPactV2Provider } from '../../src/providers/pact/v2/index.ts';
import {
  ACK,
  CONVERSATION as V1_CONVERSATION,
  HEALTH,
  JOB,
  MESSAGE as V1_MESSAGE,
  PROBE,
} from '../fixtures/pactWebhooks.ts';
import type { WebhookReader } from './webhookReader.ts';
import { openWebhookReader } from './webhookReader.ts';

/** As pact.md, "v2", shows rows, and "Webhooks v2" what they come in. */
const CONVERSATION = {
  ...{ id: 8741, company_id: 154, sender_name: 'Anna', sender_phone: '79250000001' },
  ...{ sender_external_id: '79250000001', sender_external_public_id: 'anna', provider: 'whatsapp' },
  ...{ avatar_url: '/avatars/original/missing.png', created_at: '2017-11-11T12:45:53.000Z' },
  ...{ last_updated_at: '2017-11-12T09:00:00.000Z', last_message_id: 47098, operational_state: 'open' },
  ...{ replied_state: 'replied', group: false },
};
const MESSAGE = {
  ...{ id: 47098, external_id: 'wamid.47098', company_id: 154, conversation_id: 8741, contact_id: 5 },
  ...{ replied_to_id: null, created_at: '2017-09-17T12:44:29.000Z' },
  ...{
    external_created_at: '2017-09-17T12:44:28.000Z',
    income: false,
    status: 'delivered',
    message: 'Hello',
  },
  ...{ reactions: null, details: null, delivery: null, deleted: false, attachments: [] },
  contact: { id: 5, name: 'Anna' },
};

let reader: WebhookReader;

beforeEach(() => {
  reader = pactV2(true);
});

const pactV2 = (webhooks: boolean) => openWebhookReader(createPactV2Provider, { webhooks });

const read = (body: unknown) => reader.provider.readWebhook!(body);
const readAs = (type: string, event: string, object: unknown) => read({ type, event, object });
const without = (object: object, ...keys: string[]) =>
  Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));

/** As deep as a body of a million bytes can be. */
function nested(): unknown {
  let value: unknown = 'message';
  for (let depth = 0; depth < 500_000; depth += 1) value = [value];
  return value;
}

describe('a webhook of Pact v2', () => {
  it('is read only where one is expected', () => {
    expect(pactV2(false).provider).not.toHaveProperty('readWebhook');
  });

  it.each([
    ['create', true],
    ['update', false],
  ])('message/%s tells of a message, how far it has come, and its conversation', (event, isNew) => {
    const [told, ...more] = readAs('message', event, { ...MESSAGE, conversation: CONVERSATION });
    expect(more).toEqual([]);
    const ref = { accountId: 'sales', conversationExternalId: '8741', externalId: '47098' };
    expect(told).toMatchObject({
      ...{ kind: 'MESSAGE', isNew },
      message: {
        ...{ ...ref, direction: 'OUTBOUND', text: 'Hello', sentAt: '2017-09-17T12:44:28.000Z' },
        delivery: { state: 'DELIVERED', evidence: 'HISTORY', message: ref, failureReason: null },
        repliedTo: null,
        isDeleted: false,
        providerDetails: { kind: 'PactMessage', messengerId: 'wamid.47098' },
      },
      conversation: {
        ...{ accountId: 'sales', externalId: '8741', title: 'Anna', state: 'OPEN' },
        ...{ createdAt: '2017-11-11T12:45:53.000Z', lastActivityAt: '2017-11-12T09:00:00.000Z' },
        participants: [{ kind: 'CUSTOMER', externalId: '79250000001', name: 'Anna', phone: '79250000001' }],
        providerDetails: { channelType: 'whatsapp', repliedState: 'REPLIED', isGroup: false },
      },
    });
    expect(reader.lost).toEqual([]);
  });

  it('message/delete tells of a message that is deleted, whatever its row still says', () => {
    expect(readAs('message', 'delete', MESSAGE)).toMatchObject([
      {
        kind: 'MESSAGE',
        isNew: false,
        message: {
          ...{ externalId: '47098', text: null, content: { kind: 'TextContent' }, attachments: [] },
          isDeleted: true,
        },
      },
    ]);
  });

  it.each([
    ['created', 'QUEUED'],
    ['sent', 'SENT'],
    ['delivered', 'DELIVERED'],
    ['read', 'READ'],
    ['error', 'FAILED'],
  ])('of a message that is %s says %s', (status, state) => {
    const details = 'the number 79250000001 is not on WhatsApp';
    const [told] = readAs('message', 'update', { ...MESSAGE, status, details });
    expect(told).toMatchObject({ message: { delivery: { state } } });
    expect(JSON.stringify(told)).not.toContain(details);
  });

  it.each([
    ['a status that is not documented', { status: 'warming up' }],
    ['no status', { status: null }],
    ['what came in', { income: true, status: 'read' }],
  ])('of %s does not say how far it has come', (_what, more) => {
    expect(readAs('message', 'update', { ...MESSAGE, ...more })).toMatchObject([
      { message: { delivery: null } },
    ]);
  });

  it('takes the conversation of a message from its row where the message names none', () => {
    const told = { ...without(MESSAGE, 'conversation_id'), conversation: { id: 8741 } };
    expect(readAs('message', 'create', told)).toMatchObject([
      {
        message: { conversationExternalId: '8741' },
        conversation: { accountId: 'sales', externalId: '8741' },
      },
    ]);
  });

  it('tells nothing of another conversation that comes with a message', () => {
    const told = { ...MESSAGE, conversation: { ...CONVERSATION, id: 9999, sender_name: 'Somebody else' } };
    const [event] = readAs('message', 'create', told);
    expect(event).toMatchObject({ message: { conversationExternalId: '8741' } });
    expect(event).not.toHaveProperty('conversation');
  });

  it('has a conversation looked at where a message has no time', () => {
    const told = without(MESSAGE, 'created_at', 'external_created_at');
    expect(readAs('message', 'create', told)).toEqual([{ kind: 'STALE', conversationExternalId: '8741' }]);
    expect(reader.lost).toEqual(['webhook message/create 1']);
  });

  it.each(['create', 'update'])('conversation/%s tells of a conversation', (event) => {
    expect(readAs('conversation', event, { ...CONVERSATION, operational_state: 'archived' })).toMatchObject([
      { kind: 'CONVERSATION', conversation: { externalId: '8741', state: 'ARCHIVED', title: 'Anna' } },
    ]);
  });

  it('that says little of a conversation takes nothing that is known of it away', () => {
    expect(readAs('conversation', 'update', { id: 8741, replied_state: 'unreplied' })).toEqual([
      {
        kind: 'CONVERSATION',
        conversation: {
          ...{ accountId: 'sales', externalId: '8741', lastMessageText: null, unreadCount: null },
        },
      },
    ]);
  });

  it.each<[string, unknown]>([
    ['the probe that comes when it is registered', PROBE],
    ['a channel’s authorization', { event: 'update', type: 'auth', object: { id: 1 } }],
    ['a conversation that is gone', { event: 'delete', type: 'conversation', object: { id: 8741 } }],
    ['a kind that is not documented', { event: 'create', type: 'poll', object: { id: 1 } }],
    ['a kind that is no text', { event: 'create', type: { toString: 1, valueOf: 1 }, object: { id: 1 } }],
    ['a kind that is nested too deeply to be written', { event: 'create', type: nested(), object: MESSAGE }],
    ['an event that is not documented', { event: 'explode', type: 'message', object: MESSAGE }],
    ['no event', { type: 'message', object: MESSAGE }],
    ['nothing', {}],
    ['a message of v1', { type: 'message', event: 'new', data: V1_MESSAGE }],
    ['an acknowledgement of v1', { type: 'message', event: 'ack', data: ACK }],
    [
      'a conversation of v1, whose event has the same name',
      { type: 'conversation', event: 'update', data: V1_CONVERSATION },
    ],
    ['a job of v1', { type: 'job', event: 'executed', data: JOB }],
    ...HEALTH.map((body): [string, unknown] => [`${body.type}/${body.event} of v1`, body]),
  ])('that is %s tells nothing, and is no breach', (_what, body) => {
    expect(read(body)).toEqual([]);
    expect(reader.lost).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['a list', [MESSAGE]],
    ['a text', 'message'],
    ['null', null],
    ['a message that is a list', { type: 'message', event: 'create', object: [1] }],
    [
      'a message without an id',
      {
        type: 'message',
        event: 'create',
        object: without(MESSAGE, 'id', 'created_at', 'external_created_at'),
      },
    ],
    [
      'a message of no conversation',
      { type: 'message', event: 'create', object: without(MESSAGE, 'conversation_id') },
    ],
    [
      'a conversation without an id',
      { type: 'conversation', event: 'update', object: without(CONVERSATION, 'id') },
    ],
  ])('that is %s is not what v2 documents', (_what, body) => {
    expect(() => read(body)).toThrow(ContractError);
    expect(reader.breaches()).toBe(0);
  });

  it('never throws anything but that, whatever comes', () => {
    const values = fc.oneof(fc.jsonValue(), fc.constantFrom(8741, '8741', 'x', true, null));
    const objects = fc.record(
      Object.fromEntries(Object.keys({ ...MESSAGE, ...CONVERSATION }).map((key) => [key, values])),
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        fc.constantFrom('message', 'conversation', 'auth', '__proto__'),
        fc.constantFrom('create', 'update', 'delete'),
        fc.oneof(objects, values),
        (type, event, object) => {
          try {
            readAs(type, event, object);
          } catch (error) {
            expect(error).toBeInstanceOf(ContractError);
          }
        },
      ),
    );
  });
});
