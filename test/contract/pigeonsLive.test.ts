import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { LiveConnection } from '../../src/messaging/live.ts';
import type { Message } from '../../src/messaging/provider.ts';
import { createPigeonsLive } from '../../src/providers/pigeons/live.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import { askJson } from '../sandbox/ask.ts';
import { until } from '../uploading.ts';
import type { Heard } from './heard.ts';
import { createHeard } from './heard.ts';
import { openWriting } from './openWriting.ts';
import type { OpenOptions } from './openWriting.ts';
import { operation } from './operation.ts';
import { outgoing } from './outgoing.ts';
import { accountsOf } from './writeSubjects.ts';

const { documented, attachments, archived, ofOthers, justCreated } = wellKnown.pigeons;
const channelOf = (uuid: string) => `private-conversation.${uuid}`;
const staleOf = (conversationExternalId: string) => ({ kind: 'STALE', conversationExternalId });

describe('what Pigeons tells of its own accord', () => {
  const writing = openWriting(accountsOf);
  const pigeons = () => writing.sandbox().pigeons;
  const live = () => pigeons().live;
  const open: LiveConnection[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((connection) => connection.close()));
  });

  /** Connected, and listening to those conversations. */
  async function listen(
    ids: readonly string[] = [],
    options?: OpenOptions,
  ): Promise<Heard & { connection: LiveConnection }> {
    const heard = createHeard();
    const connection = writing.provider('app', options).openLive!(heard, operation());
    open.push(connection);
    for (const id of ids) expect(connection.follow!(id)).toBe(true);
    expect(await heard.next()).toBe('connected');
    return { ...heard, connection };
  }
  const calls = () => pigeons().requests.map(({ call }) => call);

  it('is nothing to an account that does not say where, or has no token of its own', () => {
    expect(writing.provider('app', { account: { live: undefined } }).openLive).toBeUndefined();
    const tokens = { token: undefined, tokenHeader: 'x-token' };
    expect(writing.provider('app', { account: tokens }).openLive).toBeUndefined();
  });

  it('is a message that somebody writes, as it is when it is read', async () => {
    const { next } = await listen([documented]);
    const { message_id } = pigeons().addMessage(documented, {
      context: { text: 'Olá 👋', type: 'text' },
      metadata: { source: 'app' },
    });

    const told = await next();

    const provider = writing.provider('app');
    const [read] = await provider.findMessages(documented, [message_id], operation());
    const { direction, ...message } = (told as { message: Message }).message;
    const { direction: _asRead, delivery, ...rest } = read as Message;
    expect(told).toMatchObject({ kind: 'MESSAGE' });
    expect(message).toEqual({ ...rest, delivery: { ...delivery, asOf: expect.any(String) } });
    expect(message).toMatchObject({ accountId: 'app', conversationExternalId: documented, text: 'Olá 👋' });
    // Who "I" am is asked only when somebody wants to know.
    expect(calls()).toEqual(['broadcastingAuth', 'messages']);
    expect(await (direction as (context: unknown) => Promise<unknown>)(operation())).toBe('INBOUND');
  });

  it('is a message that goes through Parley', async () => {
    const userUuid = pigeons().user.uuid;
    const { next } = await listen([documented], { account: { userUuid } });
    const { messageId } = await writing.provider('app').sendMessage!(
      outgoing({ conversationId: documented, text: 'Oi' }),
      operation(),
    );

    expect(await next()).toMatchObject({
      kind: 'MESSAGE',
      message: { externalId: messageId, text: 'Oi', direction: 'OUTBOUND', author: { externalId: userUuid } },
    });
  });

  it('comes from each conversation that is followed, and from no other', async () => {
    const { next, connection } = await listen([documented, attachments]);
    pigeons().addMessage(archived);
    pigeons().addMessage(attachments);
    pigeons().addMessage(documented);
    expect([await next(), await next()]).toMatchObject([
      { message: { conversationExternalId: attachments } },
      { message: { conversationExternalId: documented } },
    ]);

    // What happened before it was listened to has to be read.
    connection.follow!(archived);
    expect(await next()).toEqual(staleOf(archived));
    pigeons().addMessage(archived);
    expect(await next()).toMatchObject({ message: { conversationExternalId: archived } });
    expect(live().subscriptions()).toEqual([documented, attachments, archived].map(channelOf).sort());
    expect(live().connections()).toBe(1);
  });

  it('comes once, however often a conversation is followed', async () => {
    const { next, connection } = await listen([documented, documented]);
    expect(connection.follow!(documented)).toBe(true);
    pigeons().addMessage(documented);
    live().broadcast(documented, 'last', {});
    expect([await next(), await next()]).toMatchObject([{ kind: 'MESSAGE' }, staleOf(documented)]);
    expect(calls()).toEqual(['broadcastingAuth']);
  });

  it('says of reading and reacting that there is something to read', async () => {
    const { next } = await listen([documented]);
    const { message_id: externalId } = pigeons().addMessage(documented);
    expect(await next()).toMatchObject({ kind: 'MESSAGE' });
    const provider = writing.provider('app');
    const ref = { accountId: 'app', conversationExternalId: documented, externalId };
    await provider.markMessageRead!(ref, operation());
    expect(await next()).toEqual(staleOf(documented));
    await provider.addReaction!(ref, '👍', operation());
    expect(await next()).toEqual(staleOf(documented));
  });

  it('is a message by any name, where nothing of it is missing', async () => {
    const { next } = await listen([documented]);
    const row = pigeons().addMessage(documented);
    await next();
    const { reactions: _none, ...part } = row;
    live().broadcast(documented, 'App\\Events\\MessageUpdated', { message: row });
    live().broadcast(documented, 'App\\Events\\MessageUpdated', { message: part });

    expect(await next()).toMatchObject({ kind: 'MESSAGE', message: { externalId: row.id } });
    expect(await next()).toEqual(staleOf(documented));
  });

  it.each<[string, unknown]>([
    ['no JSON', '{"message_id":'],
    ['nothing', null],
    ['a number', 5],
    ['a list', [1, 2]],
    ['an empty object', {}],
    ['a message without a time', { message_id: 'm', context: { text: 'x' } }],
    ['a message without an id', { context: {}, timestamps: { sent_at: '2025-01-01T00:00:00+00:00' } }],
    [
      'a message of another conversation',
      {
        ...{ message_id: 'm', conversation_uuid: attachments, context: {} },
        timestamps: { sent_at: '2025-01-01T00:00:00+00:00' },
      },
    ],
  ])('survives %s as a message', async (_what, data) => {
    const { next } = await listen([documented]);
    live().broadcast(documented, 'message.sent', data);
    pigeons().addMessage(documented);
    expect([await next(), await next()]).toMatchObject([staleOf(documented), { kind: 'MESSAGE' }]);
  });

  it.each([
    'no JSON',
    'null',
    '5',
    '{}',
    '{"event":5,"channel":7}',
    '{"event":"x","channel":"constructor"}',
    '{"event":"x","channel":"__proto__"}',
    '{"event":"pusher_internal:subscription_count","channel":"private-conversation.' + documented + '"}',
    '{"event":"pusher:error"}',
    '{"event":"pusher:error","data":{"code":4009,"message":"no"}}',
    '{"event":"x","channel":"private-conversation.of-nobody","data":{}}',
  ])('survives the frame %s', async (frame) => {
    const { next } = await listen([documented]);
    live().sendRaw(frame);
    pigeons().addMessage(documented);
    expect(await next()).toMatchObject({ kind: 'MESSAGE' });
  });

  it('is counted where it can not be read', async () => {
    const heard = createHeard();
    const lost: unknown[] = [];
    openDirectly(heard, { lost: (...told) => lost.push(told) }).follow!(documented);
    await heard.next();
    live().sendRaw('no JSON');
    live().sendRaw('{}');
    live().broadcast(documented, 'message.sent', { message_id: 'm' });
    live().broadcast(documented, 'message.read', 'no JSON');
    expect([await heard.next(), await heard.next()]).toEqual([staleOf(documented), staleOf(documented)]);
    // Of the last nobody knows what it should have been.
    expect(lost).toEqual(Array(3).fill(['events', 1]));
  });

  it('is nothing from a conversation of others, which disturbs no other one', async () => {
    const { next, connection } = await listen([ofOthers, documented]);
    expect(live().subscriptions()).toEqual([channelOf(documented)]);
    connection.follow!(justCreated);
    expect(await next()).toEqual(staleOf(justCreated));
    pigeons().addMessage(ofOthers);
    pigeons().addMessage(documented);
    expect(await next()).toMatchObject({ message: { conversationExternalId: documented } });
    expect(calls()).toEqual(Array(3).fill('broadcastingAuth'));
  });

  it('is not followed for what can be no conversation', async () => {
    const { connection } = await listen();
    expect(connection.follow!('../x')).toBe(false);
    expect(connection.follow!('')).toBe(false);
    expect(pigeons().requests).toEqual([]);
  });

  it('is taken from at most 1,000 conversations, a few signatures at a time', async () => {
    const ids = Array.from({ length: 1_000 }, (_, index) => `c-${index}`);
    let running = 0;
    let most = 0;
    const heard = createHeard();
    const connection = openDirectly(heard, {
      async sign() {
        most = Math.max(most, ++running);
        await new Promise(setImmediate);
        running -= 1;
        return 'not-a-signature';
      },
    });
    await heard.next();
    expect(ids.map((id) => connection.follow!(id))).toEqual(ids.map(() => true));
    expect(connection.follow!('one-more')).toBe(false);
    expect(connection.follow!(ids[0]!)).toBe(true);
    await until('all are signed', () => running === 0);
    expect(most).toBe(4);
  });

  it('has its signatures made with the credentials of the account', async () => {
    await listen([documented]);
    const [request] = pigeons().requests;
    expect(request).toMatchObject({
      ...{ method: 'POST', path: '/broadcasting/auth', status: 200 },
      headers: {
        authorization: `Bearer ${pigeons().user.token}`,
        'x-public-key': pigeons().publicKey,
      },
    });
  });

  it('has its signatures made elsewhere, where that is configured', async () => {
    const { key, url } = live();
    const elsewhere = pigeons().url;
    const account = {
      baseUrl: 'http://127.0.0.1:9',
      live: { key, url, authUrl: `${elsewhere}/broadcasting/auth` },
    };
    const { next } = await listen([documented], { account });
    pigeons().addMessage(documented);
    expect(await next()).toMatchObject({ kind: 'MESSAGE' });
  });

  it('goes on after the connection was lost, with all that was followed', async () => {
    const { next, all } = await listen([documented, attachments]);
    live().drop();
    expect(await next()).toEqual({ disconnected: 'the connection was lost (code 1006)' });
    live().restore();

    expect(await next()).toBe('connected');
    expect(live().subscriptions()).toEqual([documented, attachments].map(channelOf).sort());
    pigeons().addMessage(attachments);
    expect(await next()).toMatchObject({ message: { conversationExternalId: attachments } });
    expect(all).toHaveLength(4);
  });

  it.each([4000, 4004, 4100, 4201, 4301, 1002, 1000])(
    'goes on after the server has ended the connection with %i',
    async (code) => {
      const heard = createHeard();
      const connection = openDirectly(heard);
      connection.follow!(documented);
      expect(await heard.next()).toBe('connected');
      live().drop(code);
      expect(await heard.next()).toEqual({ disconnected: expect.stringMatching(/^the connection was lost/) });
      live().restore();
      expect(await heard.next()).toBe('connected');
    },
  );

  it('goes on trying for as long as the server is away, and says so once', async () => {
    live().drop();
    const heard = createHeard();
    openDirectly(heard);
    expect(await heard.next()).toEqual({ disconnected: 'no connection comes about' });
    live().restore();
    expect(await heard.next()).toBe('connected');
  });

  it('goes on trying where the key is not known (yet), and names the code', async () => {
    const heard = createHeard();
    openDirectly(heard, { key: 'other-key' });
    expect(await heard.next()).toEqual({ disconnected: 'no connection comes about (code 4001)' });
  });

  it('follows later what could not be signed for', async () => {
    pigeons().failNext(503, { call: 'broadcastingAuth' });
    const { next } = await listen([documented]);
    expect(live().subscriptions()).toEqual([]);
    pigeons().addMessage(documented);
    expect(await next()).toEqual(staleOf(documented));
    expect(live().subscriptions()).toEqual([channelOf(documented)]);
  }, 20_000);

  it.each([
    ['refused for its credentials', 401],
    ['not to be had there', 404],
    ['missing from the answer', { body: () => ({ auth: null }) }],
    ['answered with something else', { body: () => [] }],
    ['answered with a page', { html: true }],
  ] as const)('is nothing while the signature is %s', async (_how, fault) => {
    pigeons().failNext(fault, { call: 'broadcastingAuth' });
    const { next } = await listen([documented, attachments]);
    expect(live().subscriptions()).toHaveLength(1);
    for (const id of [documented, attachments]) pigeons().addMessage(id);
    expect(await next()).toMatchObject({ kind: 'MESSAGE' });
  });

  it('ends when told, with nobody told any more', async () => {
    const { connection, all } = await listen([documented]);
    await Promise.all([connection.close(), connection.close()]);
    await until('nobody is connected', () => live().connections() === 0);
    pigeons().addMessage(documented);
    connection.follow!(attachments);
    expect(all).toEqual(['connected']);
    expect(calls()).toEqual(['broadcastingAuth']);
  });

  it.each(['connected', 'connecting', 'signing', 'lost', 'refused', 'putOff'])(
    'leaves nothing that keeps a process alive when it is ended while %s',
    async (when) => {
      const child = spawn(
        process.execPath,
        ['--import', 'tsx', new URL('closeLive.ts', import.meta.url).pathname, when],
        {
          stdio: ['ignore', 'inherit', 'inherit'],
          env: { ...process.env, LIVE_URL: live().url, LIVE_KEY: live().key },
        },
      );
      const exit = once(child, 'exit');
      if (when === 'lost') {
        await until('it is connected', () => live().connections() === 1);
        live().drop();
      }
      expect(await exit).toEqual([0, null]);
    },
    60_000,
  );

  interface Direct {
    readonly sign?: Parameters<typeof createPigeonsLive>[0]['sign'];
    readonly key?: string;
    readonly lost?: (call: string, count: number) => void;
  }

  /** Without the account around it, and with little patience. */
  function openDirectly(heard: Heard, { sign = signAtSandbox, key = live().key, lost }: Direct = {}) {
    const openLive = createPigeonsLive({
      ...{ key, url: live().url, sign, patience: 200 },
      isPigeonsId: () => true,
      toMessage: () => {
        throw new Error('no message was expected');
      },
      lost: lost ?? (() => undefined),
    });
    const connection = openLive(heard, operation());
    open.push(connection);
    return connection;
  }

  async function signAtSandbox(channel_name: string, socket_id: string): Promise<string> {
    const { url, user, publicKey } = pigeons();
    const headers = { Authorization: `Bearer ${user.token}`, 'X-PUBLIC-KEY': publicKey };
    const { body } = await askJson('POST', `${url}/broadcasting/auth`, headers, { channel_name, socket_id });
    return body.auth;
  }
});
