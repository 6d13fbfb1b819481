import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startSandbox, wellKnown, type Sandbox } from '../../src/sandbox/index.ts';
import { startSandboxOnOnePort } from '../../src/sandbox/startSandboxOnOnePort.ts';
import { ask, askJson } from './ask.ts';
import { askPactV2 } from './askPactV2.ts';

const ids = wellKnown.pact;
const PROBE = { source: 'pact.im', operation: 'test' };

let sandbox: Sandbox;
let receiver: Server;
let url: string;
/** What has arrived, in order. */
let received: any[];
/** What the next posts are answered with; 200 when there is nothing left. */
let statuses: number[];

beforeAll(async () => {
  sandbox = await startSandbox();
  receiver = createServer((request, response) => {
    void json(request).then((body) => {
      received.push(body);
      response.writeHead(statuses.shift() ?? 200).end();
    });
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
});
beforeEach(() => {
  received = [];
  statuses = [];
});
afterEach(() => sandbox.reset());
afterAll(async () => {
  await sandbox.close();
  receiver.closeAllConnections();
  receiver.close();
});

const { write } = askPactV2(() => sandbox.pact);
const register = (): void => sandbox.pact.setWebhook(url, { pause: 0, version: 2 });
/** What has come after the probe. */
const told = async (): Promise<any[]> => {
  await sandbox.pact.webhook.settled();
  return received.slice(1);
};
const kinds = async (): Promise<string[]> => (await told()).map(({ type, event }) => `${type}/${event}`);
const send = async (id: number, text: string): Promise<any> =>
  (await write('POST', `/conversations/${id}/messages`, { text })).body.data;

describe('the webhooks of the Pact emulator, v2: the probe', () => {
  it('comes first, and only in v2', async () => {
    register();
    sandbox.pact.addMessage(ids.documented);
    await sandbox.pact.webhook.settled();
    expect(received).toEqual([PROBE, expect.objectContaining({ type: 'message', event: 'create' })]);
    sandbox.reset();
    received = [];
    sandbox.pact.setWebhook(url, { pause: 0 });
    sandbox.pact.addMessage(ids.documented);
    await sandbox.pact.webhook.settled();
    expect(received).toMatchObject([{ type: 'message', event: 'new' }]);
  });
  it('comes again until it is taken', async () => {
    statuses = [503, 404];
    register();
    sandbox.pact.addMessage(ids.documented);
    await sandbox.pact.webhook.settled();
    expect(received.map(({ operation, event }) => operation ?? event)).toEqual([
      'test',
      'test',
      'test',
      'create',
    ]);
  });
  it('has the address forgotten, and what waits for it, when it is never taken', async () => {
    statuses = [500, 500, 500, 500, 500];
    register();
    sandbox.pact.addMessage(ids.documented);
    await sandbox.pact.webhook.settled();
    sandbox.pact.addMessage(ids.documented);
    await sandbox.pact.webhook.settled();
    expect(received).toEqual([PROBE, PROBE, PROBE, PROBE, PROBE]);
  });
});

describe('the webhooks of the Pact emulator, v2', () => {
  beforeEach(() => register());

  it('tell of a conversation that is added, as the API answers it', async () => {
    const { external_id } = sandbox.pact.addConversation({ name: 'Anna' });
    const object = sandbox.pact.v2.conversation(external_id);
    expect(await told()).toEqual([{ type: 'conversation', event: 'create', object }]);
  });
  it('tell of a message with whom it is from and where', async () => {
    const { external_id } = sandbox.pact.addMessage(ids.documented, { message: 'Hi' });
    const conversation = sandbox.pact.v2.conversation(ids.documented);
    const object = sandbox.pact.v2.message(external_id);
    const contact = {
      ...{ id: object.contact_id, name: conversation.sender_name, phone: conversation.sender_phone },
    };
    expect(await told()).toEqual([
      { type: 'message', event: 'create', object: { ...object, contact, conversation } },
    ]);
  });
  it('leave out a phone that nobody knows', async () => {
    sandbox.pact.addMessage(ids.attachments);
    const [{ object }] = await told();
    expect(Object.keys(object.contact)).toEqual(['id', 'name']);
  });
  it('tell of a send: that it is there, then how far it has come', async () => {
    const { id } = await send(ids.documented, 'Hi');
    expect((await told()).map(({ type, event, object }) => [type, event, object.id, object.status])).toEqual([
      ['message', 'create', id, 'created'],
      ['message', 'update', id, 'sent'],
    ]);
  });
  it('tell of what is settled, and why it was in vain', async () => {
    sandbox.pact.delivery('async');
    const { id } = await send(ids.documented, 'Hi');
    sandbox.pact.v2.settle(id, 'error', 'no such number');
    sandbox.pact.webhook.ack(ids.documentedMessage, 3);
    expect((await told()).slice(1)).toMatchObject([
      { event: 'update', object: { id, status: 'error', details: 'no such number', external_id: null } },
      { event: 'update', object: { id: ids.documentedMessage, status: 'read' } },
    ]);
  });
  it('tell of what v1 has sent, once it is delivered', async () => {
    const path = `/p1/companies/154/conversations/${ids.documented}/messages`;
    const init = { method: 'POST', body: new URLSearchParams({ message: 'Hi' }) };
    await ask(sandbox.pact.url + path, { 'X-Private-Api-Token': sandbox.pact.token }, init);
    expect(await told()).toMatchObject([{ type: 'message', event: 'create', object: { status: 'sent' } }]);
  });
  it('tell of a start: the conversation, then its message', async () => {
    await write('POST', '/messages', { provider: 'vkontakte', vkontakte_id: '1', text: 'Hi' });
    expect(await kinds()).toEqual(['conversation/create', 'message/create']);
    const [begun, message] = await told();
    expect(message.object.conversation_id).toBe(begun.object.id);
  });
  it('tell of what is archived, and of what a test says of a conversation', async () => {
    await write('PUT', `/conversations/${ids.documented}`, { operational_state: 'archived' });
    sandbox.pact.v2.setConversation(ids.empty, { group: true });
    expect(await told()).toMatchObject([
      ...[
        {
          type: 'conversation',
          event: 'update',
          object: { id: ids.documented, operational_state: 'archived' },
        },
      ],
      ...[{ type: 'conversation', event: 'update', object: { id: ids.empty, group: true } }],
    ]);
  });
  it('tell of what is deleted, whoever deletes it, once', async () => {
    const message_ids = [ids.documentedMessage];
    await write('DELETE', `/conversations/${ids.documented}/messages`, { message_ids });
    await write('DELETE', `/conversations/${ids.documented}/messages`, { message_ids });
    sandbox.pact.v2.setMessage(ids.v2.reply, { deleted: true });
    sandbox.pact.deleteMessage(ids.v2.image);
    expect(await told()).toMatchObject(
      [ids.documentedMessage, ids.v2.reply, ids.v2.image].map((id) => ({
        ...{ type: 'message', event: 'delete', object: { id, deleted: true, message: null } },
      })),
    );
  });
  it('tell of what a test says of a message', async () => {
    sandbox.pact.v2.setMessage(ids.documentedMessage, { reactions: ['👍'] });
    expect(await told()).toMatchObject([
      { type: 'message', event: 'update', object: { id: ids.documentedMessage, reactions: ['👍'] } },
    ]);
  });
  it('are given up after five times', async () => {
    statuses = [200, 500, 500, 500, 500, 500];
    for (const message of ['1', '2']) sandbox.pact.addMessage(ids.documented, { message });
    expect((await told()).map(({ object }) => object.message)).toEqual(['1', '1', '1', '1', '1', '2']);
  });
  it('are whatever a test wants, and end with a reset', async () => {
    sandbox.pact.webhook.send({ event: 'create', type: 'auth', object: {} });
    expect(await told()).toEqual([{ event: 'create', type: 'auth', object: {} }]);
    sandbox.reset();
    sandbox.pact.addMessage(ids.documented);
    expect(await told()).toHaveLength(1);
  });
});

describe('the webhooks of the Pact emulator, v1, of what v2 does', () => {
  it('tell of a send and how far it has come, and of nothing that v1 has no word for', async () => {
    sandbox.pact.setWebhook(url, { pause: 0 });
    const { id } = await send(ids.documented, 'Hi');
    await write('PUT', `/conversations/${ids.documented}`, { operational_state: 'archived' });
    await write('DELETE', `/conversations/${ids.documented}/messages`, { message_ids: [id] });
    await sandbox.pact.webhook.settled();
    expect(received).toMatchObject([
      { type: 'message', event: 'new', data: { external_id: id, job_id: null } },
      { type: 'message', event: 'ack', data: { external_id: id, ack: 1 } },
    ]);
  });
});

describe('PUT /_sandbox/pact/webhook', () => {
  it('can ask for those of v2', async () => {
    const onePort = await startSandboxOnOnePort({ port: 0 });
    try {
      const put = (body: unknown) => askJson('PUT', `${onePort.url}/_sandbox/pact/webhook`, {}, body);
      expect((await put({ url, version: 3 })).status).toBe(400);
      expect((await put({ url, version: 2 })).status).toBe(204);
      onePort.pact.addMessage(ids.documented);
      await onePort.pact.webhook.settled();
      expect(received).toMatchObject([PROBE, { type: 'message', event: 'create' }]);
    } finally {
      await onePort.close();
    }
  });
});

describe('the sandbox on one port', () => {
  it('serves v2 beside the others, and shows nobody its token', async () => {
    const onePort = await startSandboxOnOnePort({ port: 0 });
    try {
      const client = askPactV2(() => onePort.pact);
      expect((await client.get('/conversations')).status).toBe(200);
      expect((await ask(`${onePort.url}/api/p2/nothing`)).body).toMatchObject({ status: 'error' });
      const { body } = await ask(`${onePort.url}/_sandbox/requests`);
      expect(body.pact).toMatchObject([{ call: 'v2Conversations' }, { call: 'unknown' }]);
      expect(JSON.stringify(body)).not.toContain(onePort.pact.token);
    } finally {
      await onePort.close();
    }
  });
  it('answers what docs/sandbox.md says can be pasted', async () => {
    const page = readFileSync(new URL('../../docs/sandbox.md', import.meta.url), 'utf8');
    const [, read] = /curl -s 'http:\/\/127\.0\.0\.1:4010(\/api\/p2\/[^']+)'/.exec(page)!;
    const [, path, body] =
      /curl -s http:\/\/127\.0\.0\.1:4010(\/api\/p2\/\S+) -H [^\n]+\n\s+-d '([^']+)'/.exec(page)!;
    const onePort = await startSandboxOnOnePort({ port: 0 });
    try {
      const answer = await ask(onePort.url + read!);
      expect([answer.status, answer.body.data]).toMatchObject([200, { length: 3 }]);
      const sent = await askJson('POST', onePort.url + path!, {}, JSON.parse(body!));
      expect(sent).toMatchObject({ status: 200, body: { data: { replied_to_id: 'wamid.47098' } } });
    } finally {
      await onePort.close();
    }
  });
});
