import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startSandbox, wellKnown, type Sandbox } from '../../src/sandbox/index.ts';
import { startSandboxOnOnePort } from '../../src/sandbox/startSandboxOnOnePort.ts';
import { ask, askJson } from './ask.ts';

const ids = wellKnown.pact;
const HANG = 0;

let sandbox: Sandbox;
let receiver: Server;
let url: string;
/** What has arrived, in order. */
let received: any[];
let types: (string | undefined)[];
let mostAtOnce: number;
/** What the next posts are answered with; 200 when there is nothing left. */
let statuses: number[];

beforeAll(async () => {
  sandbox = await startSandbox();
  let atOnce = 0;
  receiver = createServer((request, response) => {
    atOnce += 1;
    mostAtOnce = Math.max(mostAtOnce, atOnce);
    types.push(request.headers['content-type']);
    void text(request).then((body) => {
      received.push(parse(body));
      const status = statuses.shift() ?? 200;
      if (status === HANG) return receiver.emit('hanging');
      atOnce -= 1;
      return response.writeHead(status, { location: '/elsewhere' }).end();
    });
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
});
beforeEach(() => {
  received = [];
  types = [];
  statuses = [];
  mostAtOnce = 0;
  sandbox.pact.setWebhook(url, { pause: 0 });
});
afterEach(() => sandbox.reset());
afterAll(async () => {
  await sandbox.close();
  receiver.closeAllConnections();
  receiver.close();
});

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

const kinds = () => received.map(({ type, event }) => `${type}/${event}`);
const token = (): Record<string, string> => ({ 'X-Private-Api-Token': sandbox.pact.token });
const post = (path: string, fields: Record<string, string>) =>
  ask(`${sandbox.pact.url}/p1/companies/${ids.companyId}/conversations${path}`, token(), {
    method: 'POST',
    body: new URLSearchParams(fields),
  });

describe('the webhooks of the Pact emulator', () => {
  it('tell of a conversation that is added', async () => {
    sandbox.pact.addConversation({
      ...{ external_id: 90_001, name: 'Anna', sender_external_id: '79250000001' },
      created_at: '2017-11-11T12:45:53.000Z',
    });
    await sandbox.pact.webhook.settled();
    expect(received).toEqual([
      {
        type: 'conversation',
        event: 'new',
        data: {
          ...{ external_id: 90_001, name: 'Anna', channel_id: 381, channel_type: 'whatsapp' },
          ...{ created_at: '2017-11-11 12:45:53 UTC', created_at_timestamp: 1_510_404_353 },
          ...{ avatar_url: '/avatars/original/missing.png', sender_external_id: '79250000001', meta: {} },
        },
      },
    ]);
    expect(types).toEqual(['application/json']);
  });

  it('tell of a message that is added', async () => {
    const row = sandbox.pact.addMessage(ids.documented, {
      message: 'Hi',
      created_at: '2030-01-01T00:00:00.000Z',
    });
    await sandbox.pact.webhook.settled();
    expect(received).toEqual([
      {
        type: 'message',
        event: 'new',
        data: {
          ...{ external_id: row.external_id, external_public_id: `sandbox-${row.external_id}` },
          ...{ channel_id: 381, channel_type: 'whatsapp', channel: { id: 381, type: 'whatsapp' } },
          ...{ conversation_id: ids.documented, message: 'Hi', location: null, income: true },
          ...{ created_at: '2030-01-01T00:00:00.000Z', created_at_timestamp: 1_893_456_000 },
          ...{ ack: null, attachments: [], job_id: null },
        },
      },
    ]);
  });

  it('tell of a send that is delivered at once: its message with the job, then the job', async () => {
    await post(`/${ids.documented}/messages`, { message: 'Hi' });
    await sandbox.pact.webhook.settled();
    const [job] = sandbox.pact.jobs();
    expect(kinds()).toEqual(['message/new', 'job/executed']);
    expect(received[0].data).toMatchObject({
      ...{ external_id: job!.message_id, conversation_id: ids.documented, message: 'Hi', income: false },
      ...{ ack: 1, job_id: job!.id },
    });
    expect(received[1].data).toEqual({
      ...{ id: job!.id, result: 'DELIVERED', message_id: job!.message_id, date: expect.any(Number) },
    });
  });

  it('tell of a job when it is executed, and why it was in vain', async () => {
    sandbox.pact.delivery('async');
    await post(`/${ids.documented}/messages`, { message: '1' });
    await post(`/${ids.documented}/messages`, { message: '2' });
    await sandbox.pact.webhook.settled();
    expect(received).toEqual([]);
    const [first, second] = sandbox.pact.jobs();
    sandbox.pact.settleJob(first!.id, 'NOT DELIVERED', 'no such number');
    sandbox.pact.settleJobs();
    await sandbox.pact.webhook.settled();
    expect(received).toMatchObject([
      {
        type: 'job',
        data: { id: first!.id, result: 'NOT DELIVERED', reason: 'no such number', message_id: null },
      },
      { type: 'message', event: 'new', data: { job_id: second!.id, message: '2' } },
      { type: 'job', event: 'executed', data: { id: second!.id, result: 'DELIVERED' } },
    ]);
  });

  it('tell of a start: the conversation, then its message', async () => {
    await post('', { provider: 'whatsapp', phone: '79250000099', text: 'Hi' });
    await sandbox.pact.webhook.settled();
    expect(kinds()).toEqual(['conversation/new', 'message/new']);
    expect(received[1].data).toMatchObject({ conversation_id: received[0].data.external_id, job_id: null });
  });

  it('tell how far a message has come', async () => {
    sandbox.pact.webhook.ack(ids.documentedMessage, 3);
    await sandbox.pact.webhook.settled();
    expect(received).toEqual([
      {
        type: 'message',
        event: 'ack',
        data: {
          ...{ external_id: ids.documentedMessage, channel: { id: 381, type: 'whatsapp' } },
          ...{ conversation_id: ids.documented, ack: 3 },
        },
      },
    ]);
    expect(() => sandbox.pact.webhook.ack(1, 3)).toThrow(RangeError);
  });

  it('are whatever a test wants, in its turn', async () => {
    const probe = { source: 'pact.im', operation: 'test' };
    sandbox.pact.webhook.send(probe);
    sandbox.pact.webhook.send('no JSON');
    sandbox.pact.webhook.send(probe);
    await sandbox.pact.webhook.settled();
    expect(received).toEqual([probe, 'no JSON', probe]);
    expect(sandbox.pact.webhook.delivered()).toEqual(received.map((body) => ({ body, status: 200 })));
  });

  it('come one at a time and in order, each again until it is answered 200', async () => {
    statuses = [503, 204, 302, 200, 500];
    for (const message of ['1', '2', '3']) sandbox.pact.addMessage(ids.documented, { message });
    await sandbox.pact.webhook.settled();
    expect(received.map(({ data }) => data.message)).toEqual(['1', '1', '1', '1', '2', '2', '3']);
    expect(sandbox.pact.webhook.delivered().map(({ status }) => status)).toEqual([
      ...[503, 204, 302, 200, 500],
      ...[200, 200],
    ]);
    expect(mostAtOnce).toBe(1);
  });

  it('are given up after ten times', async () => {
    statuses = Array.from({ length: 10 }, () => 500);
    for (const message of ['1', '2']) sandbox.pact.addMessage(ids.documented, { message });
    await sandbox.pact.webhook.settled();
    expect(received.map(({ data }) => data.message)).toEqual([...Array.from({ length: 10 }, () => '1'), '2']);
  });

  it('come again where nobody answers', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    closed.close();
    await once(closed, 'close');
    sandbox.pact.setWebhook(`http://127.0.0.1:${port}/`, { pause: 0 });
    sandbox.pact.addMessage(ids.documented);
    await sandbox.pact.webhook.settled();
    expect(sandbox.pact.webhook.delivered().map(({ status }) => status)).toEqual(
      Array.from({ length: 10 }, () => null),
    );
  });

  it.each(['a reset', 'no address any more'])('end with %s, also one that hangs', async (how) => {
    statuses = [HANG];
    const hanging = once(receiver, 'hanging');
    for (const message of ['1', '2']) sandbox.pact.addMessage(ids.documented, { message });
    await hanging;
    if (how === 'a reset') sandbox.reset();
    else sandbox.pact.setWebhook(undefined);
    await sandbox.pact.webhook.settled();
    sandbox.pact.addMessage(ids.documented);
    await sandbox.pact.webhook.settled();
    expect(received).toHaveLength(1);
    expect(sandbox.pact.webhook.delivered()).toEqual([]);
  });

  it('end when the sandbox closes, also while one waits for its next try', async () => {
    const other = await startSandbox();
    statuses = [500];
    other.pact.setWebhook(url, { pause: 60_000 });
    other.pact.addMessage(ids.documented);
    while (other.pact.webhook.delivered().length === 0) await new Promise((resolve) => setImmediate(resolve));
    await other.close();
    await other.pact.webhook.settled();
    expect(received).toHaveLength(1);
  });
});

describe('PUT /_sandbox/pact/webhook', () => {
  it('says where they are posted to, or that they are not', async () => {
    const onePort = await startSandboxOnOnePort({ port: 0 });
    const put = (body: unknown) => askJson('PUT', `${onePort.url}/_sandbox/pact/webhook`, {}, body);
    try {
      expect((await put({ url })).status).toBe(204);
      onePort.pact.addMessage(ids.documented);
      await onePort.pact.webhook.settled();
      expect((await put({ url: null })).status).toBe(204);
      onePort.pact.addMessage(ids.documented);
      await onePort.pact.webhook.settled();
      expect(kinds()).toEqual(['message/new']);
      for (const body of [{}, { url: 'nowhere' }, { url: 'ftp://host/' }, { url, extra: 1 }, []])
        expect(await put(body)).toMatchObject({
          status: 400,
          body: { error: expect.stringContaining('url') },
        });
    } finally {
      await onePort.close();
    }
  });
});
