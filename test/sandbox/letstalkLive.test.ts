import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startSandbox, wellKnown, type Sandbox } from '../../src/sandbox/index.ts';
import { startSandboxOnOnePort } from '../../src/sandbox/startSandboxOnOnePort.ts';
import { ask, type Answer } from './ask.ts';
import { perform, writes } from './writes.ts';

const ids = wellKnown.letstalk;

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
beforeEach(() => sandbox.reset());
afterAll(() => sandbox.close());

interface Heard {
  readonly c: string;
  readonly d: { readonly namespace: string; readonly data: any };
}

const AGENT = 'user-7-channel';
const client = () => `client-${sandbox.letstalk.clientId}-channel`;

const poll = (
  channel: string,
  tt: string | undefined,
  { key = sandbox.letstalk.agentKey, subscribeKey = sandbox.letstalk.live.subscribeKey, from = sandbox } = {},
): Promise<Answer> =>
  ask(
    `${from.letstalk.live.origin}/v2/subscribe/${subscribeKey}/${channel}/0?uuid=7&auth=${key}${tt ? `&tt=${tt}&tr=1` : ''}`,
  );

/** From when on a channel is listened to. */
async function start(channel = AGENT, key?: string): Promise<string> {
  const { status, body } = await poll(channel, undefined, key === undefined ? {} : { key });
  expect(status).toBe(200);
  const { t, m } = JSON.parse(body);
  expect(m).toEqual([]);
  expect(t).toEqual({ t: expect.stringMatching(/^\d{17}$/), r: 1 });
  return t.t;
}

async function heard(channel: string, since: string, key?: string): Promise<Heard[]> {
  const { body } = await poll(channel, since, key === undefined ? {} : { key });
  return JSON.parse(body).m;
}

const kinds = (events: readonly Heard[]) => events.map(({ d }) => d.namespace);

describe('Letstalk emulator: events', () => {
  it('answers a poll that hangs as soon as a message is added, as a list has it', async () => {
    const since = await start();
    const waiting = heard(AGENT, since);
    while (sandbox.letstalk.live.subscribers() === 0) await new Promise(setImmediate);

    const row = sandbox.letstalk.addMessage(ids.documented, { content: 'Hola' });

    expect(await waiting).toMatchObject([{ c: AGENT, d: { namespace: 'messages.create', data: row } }]);
    expect(sandbox.letstalk.live.subscribers()).toBe(0);
  });

  it.each(writes.filter(([, { provider, call }]) => provider === 'letstalk' && call !== 'setMetadata'))(
    'tells its agent and its client of %s',
    async (_name, write) => {
      const clientKey = sandbox.letstalk.clientKey;
      const [agentsSince, clientsSince] = [await start(), await start(client(), clientKey)];

      expect((await perform(write.request(sandbox))).ok).toBe(true);

      const expected: Record<string, string[]> = {
        sendMessage: ['messages.create'],
        startConversation: [
          'conversation_memberships.create',
          'conversation_memberships.create',
          'messages.create',
        ],
        closeConversation: ['messages.create', 'conversations.update'],
      };
      expect(kinds(await heard(AGENT, agentsSince))).toEqual(expected[write.call]);
      expect(kinds(await heard(client(), clientsSince, clientKey))).toEqual(expected[write.call]);
    },
  );

  it('tells of a close by a message of the system and by the conversation', async () => {
    const since = await start();

    sandbox.letstalk.addMessage(ids.documented, { type: 'SYSTEM', content: 'closed', person: null });

    expect((await heard(AGENT, since)).map(({ d }) => d.data)).toMatchObject([
      { type: 'SYSTEM', content: 'closed', conversation_status: 'Closed' },
      { id: ids.documented, status: 'Closed' },
    ]);
  });

  it('tells both of whom a new conversation is with', async () => {
    const since = await start();

    const { id } = sandbox.letstalk.addConversation();

    expect((await heard(AGENT, since)).map(({ d }) => d.data)).toMatchObject([
      { person_type: 'Client', person_id: sandbox.letstalk.clientId, conversation_id: id, role: 'Member' },
      { person_type: 'User', person_id: sandbox.letstalk.agentId, conversation: { id, status: 'Open' } },
    ]);
  });

  it('keeps notes and other clients’ conversations from a client', async () => {
    const key = sandbox.letstalk.clientKey;
    const since = await start(client(), key);

    sandbox.letstalk.addMessage(ids.documented, { internal: true });
    sandbox.letstalk.addMessage(ids.ofAnotherClient);
    const { id } = sandbox.letstalk.addMessage(ids.documented);

    expect((await heard(client(), since, key)).map(({ d }) => d.data.id)).toEqual([id]);
  });

  it('lets a subscriber catch up from where it was, as long as nothing is forgotten', async () => {
    const since = await start();
    const [first, second] = [ids.documented, ids.second].map((id) => sandbox.letstalk.addMessage(id));
    const events = await heard(AGENT, since);
    expect(events.map(({ d }) => d.data.id)).toEqual([first!.id, second!.id]);

    sandbox.letstalk.live.forget();
    const third = sandbox.letstalk.addMessage(ids.documented);

    expect((await heard(AGENT, since)).map(({ d }) => d.data.id)).toEqual([third.id]);
  });

  it.each<[string, string, Parameters<typeof poll>[2]]>([
    ['another subscribe key', AGENT, { subscribeKey: 'another' }],
    ['no key', AGENT, { key: '' }],
    ['another key', AGENT, { key: 'another' }],
    ['a channel of somebody else', 'user-8-channel', {}],
    ['a channel of somebody else beside its own', `${AGENT},client-7-channel`, {}],
  ])('answers 403 for %s', async (_what, channel, options) => {
    const answer = await poll(channel, undefined, options);
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.body)).toMatchObject({ status: 403, error: true, message: 'Forbidden' });
  });

  it('answers the time, a heartbeat and a farewell', async () => {
    const { origin, subscribeKey } = sandbox.letstalk.live;
    const presence = `${origin}/v2/presence/sub-key/${subscribeKey}/channel/${AGENT}`;
    const auth = `?uuid=7&auth=${sandbox.letstalk.agentKey}`;
    for (const url of [`${presence}/heartbeat${auth}`, `${presence}/leave${auth}`, `${origin}/time/0`])
      expect((await ask(url)).status).toBe(200);
    expect((await ask(`${presence}/heartbeat`)).status).toBe(403);
  });

  it('refuses every connection while it is dropped', async () => {
    const since = await start();
    const waiting = heard(AGENT, since);
    const cut = expect(waiting).rejects.toThrow();
    while (sandbox.letstalk.live.subscribers() === 0) await new Promise(setImmediate);

    sandbox.letstalk.live.drop();

    await cut;
    expect(sandbox.letstalk.live.subscribers()).toBe(0);
    await expect(start()).rejects.toThrow();
    sandbox.letstalk.live.restore();
    await start();
  });

  it('forgets a poll whose client has left', async () => {
    const since = await start();
    const { origin, subscribeKey } = sandbox.letstalk.live;
    const leaving = new AbortController();
    const url = `${origin}/v2/subscribe/${subscribeKey}/${AGENT}/0?auth=${sandbox.letstalk.agentKey}&tt=${since}`;
    const left = fetch(url, { signal: leaving.signal }).catch(() => undefined);
    while (sandbox.letstalk.live.subscribers() === 0) await new Promise(setImmediate);

    leaving.abort();

    await left;
    while (sandbox.letstalk.live.subscribers() > 0) await new Promise(setImmediate);
  });

  it('neither logs a poll nor lets a fault hit it', async () => {
    sandbox.letstalk.failNext(500, { times: Infinity });
    await start();
    expect(sandbox.letstalk.requests).toEqual([]);
  });

  it('is served on one port as well, and ends with it though polls hang', async () => {
    const one = await startSandboxOnOnePort({ port: 0 });
    const first = await poll(AGENT, undefined, { from: one });
    const hanging = poll(AGENT, JSON.parse(first.body).t.t, { from: one });
    const cut = expect(hanging).rejects.toThrow();
    while (one.letstalk.live.subscribers() === 0) await new Promise(setImmediate);

    await one.close();

    await cut;
    expect(one.letstalk.live.subscribers()).toBe(0);
  });
});
