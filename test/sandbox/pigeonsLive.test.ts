import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startSandbox, wellKnown, type Sandbox } from '../../src/sandbox/index.ts';
import { startSandboxOnOnePort } from '../../src/sandbox/startSandboxOnOnePort.ts';
import { ask, askJson, type Answer } from './ask.ts';
import { connectPusher, type PusherClient } from './pusherClient.ts';

const { documented, attachments, ofOthers } = wellKnown.pigeons;
const channelOf = (uuid: string) => `private-conversation.${uuid}`;

let sandbox: Sandbox;
let clients: PusherClient[] = [];
beforeAll(async () => {
  sandbox = await startSandbox();
});
beforeEach(() => sandbox.reset());
afterEach(() => {
  for (const client of clients) client.end();
  clients = [];
});
afterAll(() => sandbox.close());

const headers = (user = 0) => ({
  Authorization: `Bearer ${sandbox.pigeons.users[user]!.token}`,
  'X-PUBLIC-KEY': sandbox.pigeons.publicKey,
});
const address = (key = sandbox.pigeons.live.key, query = '?protocol=7', { url } = sandbox.pigeons.live) =>
  `${url}/app/${key}${query}`;
const connect = async (url = address()): Promise<PusherClient> => {
  const client = await connectPusher(url);
  clients.push(client);
  return client;
};
const authorise = (body: unknown, more: Record<string, string> = {}): Promise<Answer> =>
  askJson('POST', `${sandbox.pigeons.url}/broadcasting/auth`, { ...headers(), ...more }, body);
const subscribe = async (client: PusherClient, uuid: string): Promise<void> => {
  const channel = channelOf(uuid);
  const { body } = await authorise({ channel_name: channel, socket_id: client.socketId });
  client.say('pusher:subscribe', { channel, auth: body.auth });
  expect(await client.next()).toEqual({
    event: 'pusher_internal:subscription_succeeded',
    channel,
    data: {},
  });
};
const path = '/api/v1/pigeons/chat/messages';

describe('Pigeons emulator, live: a connection', () => {
  it('is greeted with an id and the time after which to ask whether it still is', async () => {
    const { greeting } = await connect();
    expect(greeting).toEqual({
      event: 'pusher:connection_established',
      data: { socket_id: expect.stringMatching(/^\d+\.\d+$/), activity_timeout: 120 },
    });
    expect(sandbox.pigeons.requests).toEqual([]);
  });

  it('is told that it still is', async () => {
    const client = await connect();
    client.say('pusher:ping', {});
    expect(await client.next()).toEqual({ event: 'pusher:pong', data: {} });
  });

  it.each([
    [4001, 'another key', 'other', '?protocol=7'],
    [4007, 'an older protocol', undefined, '?protocol=6'],
    [4008, 'no protocol', undefined, ''],
  ])('is ended with %i for %s', async (code, _what, key, query) => {
    const { greeting, closed } = await connect(address(key, query));
    expect(greeting).toEqual({ event: 'pusher:error', data: { code, message: expect.any(String) } });
    expect(await closed).toBe(code);
  });

  it('is refused elsewhere', async () => {
    await expect(connectPusher(`${sandbox.pigeons.live.url}/other`)).rejects.toThrow('404');
  });

  it('lives on one port with everything else', async () => {
    const all = await startSandboxOnOnePort({ port: 0 });
    const { greeting, closed } = await connect(address(undefined, undefined, all.pigeons.live));
    expect(greeting.event).toBe('pusher:connection_established');
    await expect(connectPusher(`${all.pigeons.live.url}/p1/x`)).rejects.toThrow('404');
    await all.close();
    expect(await closed).toBe(1006);
  });

  it('is dropped when told, and refused until restored', async () => {
    const { live } = sandbox.pigeons;
    const { closed } = await connect();
    live.drop();
    expect(await closed).toBe(1006);
    await expect(connectPusher(address())).rejects.toThrow('503');
    live.restore();
    expect((await connect()).greeting.event).toBe('pusher:connection_established');
  });
});

describe('Pigeons emulator, live: who may listen', () => {
  it('is signed for in JSON and as a form, to whoever takes part', async () => {
    const fields = { channel_name: channelOf(documented), socket_id: '12.34' };
    const answer = await authorise(fields);
    const form = await ask(`${sandbox.pigeons.url}/broadcasting/auth`, headers(), {
      method: 'POST',
      body: new URLSearchParams(fields),
    });
    const signature = `^${sandbox.pigeons.live.key}:[0-9a-f]{64}$`;
    expect(answer).toMatchObject({
      status: 200,
      body: { auth: expect.stringMatching(new RegExp(signature)) },
    });
    expect(form.body).toEqual(answer.body);
    expect(sandbox.pigeons.requests.map(({ call }) => call)).toEqual([
      'broadcastingAuth',
      'broadcastingAuth',
    ]);
  });

  it.each([
    [403, 'a conversation of others', { channel_name: channelOf(ofOthers), socket_id: '12.34' }],
    [403, 'a conversation that is none', { channel_name: channelOf('x'), socket_id: '12.34' }],
    [403, 'another channel', { channel_name: `private-user.${documented}`, socket_id: '12.34' }],
    [422, 'no channel', { socket_id: '12.34' }],
    [422, 'a connection that is none', { channel_name: channelOf(documented), socket_id: 'x' }],
    [422, 'no object', 'x'],
  ])('answers %i for %s', async (status, _what, body) => {
    expect(await authorise(body)).toMatchObject({ status, body: { message: expect.any(String) } });
  });

  it('answers 401 without credentials', async () => {
    const body = { channel_name: channelOf(documented), socket_id: '12.34' };
    expect((await authorise(body, { Authorization: '' })).status).toBe(401);
    expect((await authorise(body, { 'X-PUBLIC-KEY': '' })).status).toBe(401);
  });

  it('subscribes nobody by the signature of another connection', async () => {
    const [one, other] = [await connect(), await connect()];
    const channel = channelOf(documented);
    const { body } = await authorise({ channel_name: channel, socket_id: one.socketId });
    for (const auth of [body.auth, undefined, 'x']) {
      other.say('pusher:subscribe', { channel, auth });
      expect(await other.next()).toMatchObject({ event: 'pusher:error', data: { code: 4009 } });
    }
    expect(sandbox.pigeons.live.subscriptions()).toEqual([]);
  });
});

describe('Pigeons emulator, live: what is told', () => {
  it('is each message, put in or sent, to those who listen to its conversation', async () => {
    const client = await connect();
    await subscribe(client, documented);
    sandbox.pigeons.addMessage(attachments);
    const put = sandbox.pigeons.addMessage(documented);
    const { body } = await askJson('POST', sandbox.pigeons.url + path, headers(), {
      ...{ conversation_uuid: documented, receiver_uuid: sandbox.pigeons.users[1]!.uuid },
      ...{ context_text: 'Oi', context_type: 'text', device: { type: 'web', os: 'x' } },
    });

    const channel = channelOf(documented);
    expect(await client.next()).toEqual({ event: 'message.sent', channel, data: put });
    expect(await client.next()).toEqual({
      event: 'message.sent',
      channel,
      data: { ...body.data, id: body.data.message_id },
    });
  });

  it('is reading and reacting, once', async () => {
    const client = await connect();
    await subscribe(client, documented);
    const { message_id } = sandbox.pigeons.addMessage(documented);
    await client.next();
    const url = `${sandbox.pigeons.url}${path}/${message_id}`;
    for (let times = 0; times < 2; times += 1) {
      await ask(`${url}/read`, headers(), { method: 'PATCH' });
      await askJson('POST', `${url}/reactions`, headers(), { emoji: '👍' });
    }
    client.say('pusher:ping', {});

    const told = [await client.next(), await client.next(), await client.next()];
    expect(told).toMatchObject([
      { event: 'message.read', data: { message_id } },
      { event: 'reaction.added', data: { message_id, emoji: '👍', user_uuid: sandbox.pigeons.user.uuid } },
      { event: 'pusher:pong' },
    ]);
  });

  it('is nothing to whoever has left', async () => {
    const client = await connect();
    await subscribe(client, documented);
    expect(sandbox.pigeons.live.subscriptions()).toEqual([channelOf(documented)]);
    client.say('pusher:unsubscribe', { channel: channelOf(documented) });
    client.say('pusher:ping', {});
    await client.next();
    expect(sandbox.pigeons.live.subscriptions()).toEqual([]);
    sandbox.pigeons.addMessage(documented);
    client.say('pusher:ping', {});
    expect((await client.next()).event).toBe('pusher:pong');
  });

  it('goes on after a reset', async () => {
    const client = await connect();
    await subscribe(client, documented);
    sandbox.pigeons.addMessage(documented);
    await client.next();
    sandbox.reset();
    sandbox.pigeons.live.broadcast(documented, 'odd', 14);
    expect(await client.next()).toMatchObject({ event: 'odd', data: 14 });
    sandbox.pigeons.addMessage(documented);
    expect((await client.next()).event).toBe('message.sent');
  });
});
