import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sandboxAccounts } from '../../src/accounts.ts';
import { ContractError } from '../../src/messaging/errors.ts';
import type { EventProgress } from '../../src/messaging/live.ts';
import { createPactProvider } from '../../src/providers/pact/index.ts';
import { startSandbox, wellKnown, type Sandbox } from '../../src/sandbox/index.ts';
import { ACK, CONVERSATION, FAILED_JOB, HEALTH, JOB, MESSAGE, PROBE, V2 } from '../fixtures/pactWebhooks.ts';
import type { WebhookReader } from './webhookReader.ts';
import { openWebhookReader } from './webhookReader.ts';
import { openSandboxAccounts } from '../openSandboxAccounts.ts';
import { operation } from './operation.ts';

let reader: WebhookReader;

beforeEach(() => {
  reader = pact(true);
});

const pact = (webhooks: boolean) =>
  openWebhookReader((options) => createPactProvider({ ...options, companyId: 154 }), { webhooks });

const read = (body: unknown) => reader.provider.readWebhook!(body);
const readAs = (type: string, event: string, data: unknown) => read({ type, event, data });
const without = (object: object, ...keys: string[]) =>
  Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));

const progress = (state: EventProgress['state'], failureReason: string | null = null) => ({
  ...{ state, sentAt: null, deliveredAt: null, readAt: null, failureReason },
});
const NAMED = { accountId: 'sales', conversationExternalId: '8741', externalId: '47098' };

describe('a webhook of Pact', () => {
  it('is read only where one is expected', () => {
    expect(pact(false).provider).not.toHaveProperty('readWebhook');
  });

  it.each([
    ['conversation', 'new'],
    ['conversation', 'update'],
    ['group_conversation', 'new'],
  ])('%s/%s tells of a conversation, without what it does not say', (type, event) => {
    const [told, ...more] = readAs(type, event, CONVERSATION);
    expect(more).toEqual([]);
    expect(told).toEqual({
      kind: 'CONVERSATION',
      conversation: {
        ...{ accountId: 'sales', externalId: '8741', title: 'Anna', state: null },
        participants: [
          {
            ...{ accountId: 'sales', kind: 'CUSTOMER', externalId: '79250000001', name: 'Anna' },
            ...{ avatarUrl: 'https://api.pact.im/avatars/original/missing.png', email: null },
            phone: '79250000001',
          },
        ],
        ...{ createdAt: '2017-11-11T12:45:53.000Z', lastMessageText: null, unreadCount: null },
      },
    });
  });

  it('that says everything of a conversation tells all of it', () => {
    const [told] = readAs('conversation', 'update', {
      ...CONVERSATION,
      ...{ last_message_at: 1_510_404_400, last_income_message_at: 0, meta: { deal: 7 } },
    });
    expect(told).toMatchObject({
      conversation: {
        lastActivityAt: '2017-11-11T12:46:40.000Z',
        providerDetails: {
          ...{ kind: 'PactConversation', channelId: '381', channelType: 'whatsapp' },
          ...{ senderExternalId: '79250000001', lastInboundMessageAt: null, meta: { deal: 7 } },
          avatarUrl: 'https://api.pact.im/avatars/original/missing.png',
        },
      },
    });
  });

  it('that says only the id of a conversation takes nothing that is known of it away', () => {
    expect(readAs('conversation', 'update', { external_id: 8741 })).toEqual([
      {
        kind: 'CONVERSATION',
        conversation: {
          ...{ accountId: 'sales', externalId: '8741', state: null },
          ...{ lastMessageText: null, unreadCount: null },
        },
      },
    ]);
  });

  it.each(['message', 'group_message'])('%s/new tells of a message, and of its job', (type) => {
    expect(readAs(type, 'new', MESSAGE)).toEqual([
      {
        isNew: true,
        kind: 'MESSAGE',
        message: {
          ...{ ...NAMED, direction: 'OUTBOUND', author: null, text: 'Hello' },
          ...{ content: { kind: 'TextContent', text: 'Hello' }, attachments: [], reactions: [] },
          ...{ sentAt: '2017-09-17T12:44:28.000Z', delivery: null, isDeleted: null, repliedTo: null },
          providerDetails: {
            ...{ kind: 'PactMessage', channelId: '381', channelType: 'whatsapp' },
            messengerId: null,
          },
        },
      },
      { kind: 'JOB', jobId: '18', messageId: '47098', progress: progress('DELIVERED') },
    ]);
    expect(reader.lost).toEqual([]);
  });

  it.each<[unknown, EventProgress['state']]>([
    [-1, 'QUEUED'],
    [0, 'QUEUED'],
    [1, 'SENT'],
    [2, 'DELIVERED'],
    [3, 'READ'],
    [4, 'SENT'],
    [null, 'SENT'],
    [undefined, 'SENT'],
  ])('of a message with the ack %p says that its job is %s', (ack, state) => {
    const [, job] = readAs('message', 'new', { ...MESSAGE, ack });
    expect(job).toMatchObject({ kind: 'JOB', progress: progress(state) });
  });

  it.each([
    ['null', { job_id: null }],
    ['missing', { job_id: undefined }],
    ['no id', { job_id: 'x' }],
  ])('of a message whose job is %s tells of no job', (_what, more) => {
    expect(readAs('message', 'new', { ...MESSAGE, ...more }).map(({ kind }) => kind)).toEqual(['MESSAGE']);
  });

  it('of a message from a client has its attachments and its time, in whatever form', () => {
    const [told] = readAs('message', 'new', {
      ...without(MESSAGE, 'job_id', 'external_public_id'),
      ...{ external_id: '47099', conversation_id: '8741', income: true, message: '', ack: null },
      created_at: '2017-11-11 12:45:53 UTC',
      location: { latitude: 1, longitude: 2 },
      attachments: [{ id: 5, mime_type: 'image/png', attachment_url: 'https://files.example/5.png' }],
    });
    expect(told).toMatchObject({
      kind: 'MESSAGE',
      message: {
        ...{ externalId: '47099', direction: 'INBOUND', text: null, sentAt: '2017-11-11T12:45:53.000Z' },
        attachments: [{ externalId: '5', url: 'https://files.example/5.png', place: 0 }],
      },
    });
  });

  it('of a message without a time says that its conversation has to be read', () => {
    const timeless = without(MESSAGE, 'created_at', 'created_at_timestamp');
    expect(readAs('message', 'new', { ...timeless, job_id: null })).toEqual([
      { kind: 'STALE', conversationExternalId: '8741' },
    ]);
    expect(reader.lost).toEqual(['webhook message/new 1']);
  });

  it.each<[string, unknown, EventProgress['state']]>([
    ['message', -1, 'QUEUED'],
    ['message', 0, 'QUEUED'],
    ['message', 1, 'SENT'],
    ['message', '2', 'DELIVERED'],
    ['message', 3, 'READ'],
    ['group_message', 3, 'READ'],
  ])('%s/ack of %p tells that it is %s', (type, ack, state) => {
    expect(readAs(type, 'ack', { ...ACK, ack, participant: { phone: '79250000001' } })).toEqual([
      { kind: 'DELIVERY', message: NAMED, progress: progress(state) },
    ]);
  });

  it.each([4, -2, 1.5, null, undefined, 'read'])('message/ack of %p is counted as lost', (ack) => {
    expect(readAs('message', 'ack', { ...ACK, ack })).toEqual([]);
    expect(reader.lost).toEqual(['webhook message/ack 1']);
  });

  it('job/executed tells what has become of a send', () => {
    expect(readAs('job', 'executed', JOB)).toEqual([
      { kind: 'JOB', jobId: '18', messageId: '47098', progress: progress('DELIVERED') },
    ]);
  });

  it("job/executed tells that a send has failed, in other words than the provider's", () => {
    expect(readAs('job', 'executed', FAILED_JOB)).toEqual([
      {
        kind: 'JOB',
        jobId: '18',
        messageId: null,
        progress: progress('FAILED', 'Pact could not deliver it.'),
      },
    ]);
  });

  it('job/executed with another result is counted as lost', () => {
    expect(readAs('job', 'executed', { ...JOB, result: 'PERHAPS' })).toEqual([]);
    expect(reader.lost).toEqual(['webhook job/executed 1']);
  });

  it('group_conversation_contact/new says that the group has to be read, where it names it', () => {
    expect(readAs('group_conversation_contact', 'new', { external_id: 1, conversation_id: 8741 })).toEqual([
      { kind: 'STALE', conversationExternalId: '8741' },
    ]);
    for (const data of [{ external_id: 1 }, {}, null, 'x', undefined])
      expect(readAs('group_conversation_contact', 'new', data)).toEqual([]);
  });

  it.each<[string, unknown]>([
    ...HEALTH.map((body) => ["the channel's health", body] as [string, unknown]),
    ['the probe', PROBE],
    ...V2.map((body) => ['v2', body] as [string, unknown]),
    ['nothing at all', {}],
    ['an unknown kind', { type: 'story', event: 'new', data: {} }],
    ['an unknown event', { type: 'message', event: 'deleted', data: {} }],
    ['a kind that is none', { type: 7, event: {}, data: {} }],
    ['a name that every object has', { type: 'constructor', event: 'constructor', data: {} }],
  ])('of %s tells nothing: %j', (_what, body) => {
    expect(read(body)).toEqual([]);
    expect(reader.lost).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['no object', 'hello'],
    ['nothing', undefined],
    ['null', null],
    ['a number', 7],
    ['a list', []],
    ['a longer list', [MESSAGE]],
  ])('is refused where it is %s', (_what, body) => {
    expect(() => read(body)).toThrow(ContractError);
  });

  it.each<[string, unknown, string]>([
    ['conversation/new', undefined, 'data'],
    ['conversation/new', 'x', 'data'],
    ['conversation/update', without(CONVERSATION, 'external_id'), 'data.external_id'],
    ['group_conversation/new', { ...CONVERSATION, external_id: '../1' }, 'data.external_id'],
    ['message/new', [MESSAGE], 'data'],
    ['message/new', without(MESSAGE, 'external_id'), 'data.external_id'],
    ['message/new', { ...MESSAGE, external_id: 2 ** 60 }, 'data.external_id'],
    ['message/new', without(MESSAGE, 'conversation_id'), 'data.conversation_id'],
    ['message/new', { ...MESSAGE, conversation_id: 'a/b' }, 'data.conversation_id'],
    ['message/ack', without(ACK, 'external_id'), 'data.external_id'],
    ['message/ack', without(ACK, 'conversation_id'), 'data.conversation_id'],
    ['group_message/ack', { ...ACK, conversation_id: null }, 'data.conversation_id'],
    ['job/executed', without(JOB, 'id'), 'data.id'],
    ['job/executed', null, 'data'],
  ])('%s is refused for %j, by the name of what is missing', (kind, data, path) => {
    const [type, event] = kind.split('/') as [string, string];
    expect(() => readAs(type, event, data)).toThrow(
      `PACT answered the call "webhook ${kind}" with something else than it documents, at ${path}.`,
    );
    // That somebody posts a strange thing does not make the provider's own answers worse.
    expect(reader.breaches()).toBe(0);
  });

  it('is read or refused, whatever it holds, and never quoted', () => {
    const kinds = fc.constantFrom(
      ...['conversation/new', 'message/new', 'message/ack', 'job/executed', 'group_message/new', 'system/x'],
    );
    const fields = fc.constantFrom(...Object.keys({ ...CONVERSATION, ...MESSAGE, ...ACK, ...JOB }));
    const values = fc.oneof(fc.jsonValue(), fc.constantFrom(8741, '8741', '79250000001<b>'));
    fc.assert(
      fc.property(kinds, fc.dictionary(fields, values), (kind, data) => {
        const [type, event] = kind.split('/') as [string, string];
        try {
          for (const told of readAs(type, event, data)) expect(told.kind).toMatch(/^[A-Z]+$/);
        } catch (error) {
          expect(error).toBeInstanceOf(ContractError);
          expect((error as Error).message).not.toContain('<b>');
        }
      }),
      { seed: 154, numRuns: 2_000 },
    );
  });
});

describe('what the sandbox posts', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox();
  });
  afterAll(() => sandbox.close());

  it('is read as what the provider then answers', async () => {
    // Nobody takes them, so that each is posted, and kept, ten times.
    sandbox.pact.setWebhook('http://127.0.0.1:1/', { pause: 0 });
    const { external_id: id } = sandbox.pact.addConversation({
      last_message_at: 0,
      last_income_message_at: 0,
    });
    sandbox.pact.addMessage(id, { message: 'Hi' });
    sandbox.pact.addMessage(wellKnown.pact.attachments, {
      message: null,
      attachments: sandbox.pact.messages(wellKnown.pact.attachments)[0]!.attachments,
    });
    await sandbox.pact.webhook.settled();
    const bodies = sandbox.pact.webhook.delivered().map(({ body }) => body);
    const events = [0, 10, 20].flatMap((place) => read(bodies[place]));
    expect(events.map(({ kind }) => kind)).toEqual(['CONVERSATION', 'MESSAGE', 'MESSAGE']);

    const accounts = openSandboxAccounts(
      sandboxAccounts(sandbox)
        .map((account) => ({ ...account, id: 'sales' }))
        .slice(0, 1),
    );
    try {
      const answers = accounts.registry.all[0]!.provider;
      for (const event of events) {
        if (event.kind !== 'MESSAGE') continue;
        const { conversationExternalId, externalId } = event.message;
        const [answer] = await answers.findMessages(conversationExternalId, [externalId], operation());
        expect(event.message).toEqual(answer);
      }
    } finally {
      await accounts.close();
    }
  });
});
