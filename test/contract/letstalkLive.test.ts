import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { OpenAccounts } from '../../src/accounts.ts';
import { sandboxAccounts } from '../../src/accounts.ts';
import type { AccountConfig } from '../../src/config/accounts.ts';
import { parseAccounts } from '../../src/config/accounts.ts';
import type { ProviderEvent } from '../../src/messaging/live.ts';
import { createLetstalkLive } from '../../src/providers/letstalk/live.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { startSandbox, wellKnown } from '../../src/sandbox/index.ts';
import { openSandboxAccounts } from '../openSandboxAccounts.ts';
import { perform, writes } from '../sandbox/writes.ts';
import type { Listening } from './listening.ts';
import { isConnected, isLoss, listenTo } from './listening.ts';
import { operation } from './operation.ts';
import { file, outgoing } from './outgoing.ts';

const { documented, second, ofAnotherClient } = wellKnown.letstalk;

let sandbox: Sandbox;
let opened: OpenAccounts[] = [];
let listening: Listening[] = [];
beforeAll(async () => {
  sandbox = await startSandbox();
});
beforeEach(async () => {
  sandbox.reset();
  await polls(0);
});
afterEach(async () => {
  await Promise.all(listening.map(({ close }) => close()));
  await Promise.all(opened.map(({ close }) => close()));
  [listening, opened] = [[], []];
});
afterAll(() => sandbox.close());

/** So many polls hang. */
async function polls(count: number): Promise<void> {
  while (sandbox.letstalk.live.subscribers() !== count) await new Promise(setImmediate);
}

const isAgents = ({ provider }: AccountConfig) => provider === 'letstalk';

function agents(): AccountConfig {
  return sandboxAccounts(sandbox).find(isAgents)!;
}

function clients(): AccountConfig {
  const { clientKey: apiKey, clientId: userId, url: baseUrl, live } = sandbox.letstalk;
  const { subscribeKey, origin } = live;
  return {
    ...{ id: 'asking', provider: 'letstalk', role: 'client', apiKey, baseUrl },
    live: { subscribeKey, userId, origin },
  };
}

function providerOf(account: AccountConfig) {
  const accounts = openSandboxAccounts([account]);
  opened.push(accounts);
  return accounts.registry.get(account.id)!.provider;
}

function listen(open: Parameters<typeof listenTo>[0]): Listening {
  const one = listenTo(open);
  listening.push(one);
  return one;
}

/** Connected. */
async function hear(account = agents()): Promise<Listening> {
  const one = listen(providerOf(account).openLive!);
  await one.until(isConnected);
  return one;
}

const isMessage = (id: number) => (event: ProviderEvent) =>
  event.kind === 'MESSAGE' && event.message.externalId === String(id);

/** The newest message of a conversation, as an event and as it is read. */
async function bothOf(one: Listening, conversationId: number, account = agents()) {
  const { id } = sandbox.letstalk.messages(conversationId).at(-1)!;
  const event = await one.event(isMessage(id));
  const [read] = await providerOf(account).findMessages(String(conversationId), [String(id)], operation());
  return { told: event.kind === 'MESSAGE' ? event.message : undefined, read, event };
}

/** What came before it has been told. */
async function settled(one: Listening): Promise<void> {
  await one.event(isMessage(sandbox.letstalk.addMessage(second).id));
}

describe('Letstalk’s events', () => {
  it('are heard where the account says how, and nowhere else', () => {
    expect(providerOf(agents())).toHaveProperty('openLive');
    expect(providerOf({ ...agents(), live: undefined } as AccountConfig)).not.toHaveProperty('openLive');
  });

  it('tell of a message as it is read, with what it says of its conversation', async () => {
    const one = await hear();

    sandbox.letstalk.addMessage(documented, { content: 'Hola' });

    const { told, read, event } = await bothOf(one, documented);
    expect(told).toEqual(read);
    expect(event).toMatchObject({
      conversation: {
        ...{ accountId: 'support', externalId: String(documented), title: 'hola', state: 'OPEN' },
        providerDetails: { kind: 'LetstalkConversation', clientName: 'Andrew Wiggin' },
      },
    });
  });

  it.each([
    ['a text', { text: 'Hello' }],
    ['a file', { files: [file()] }],
    [
      'a list of actions',
      {
        actionList: {
          ...{ title: 'Elija:', viewType: null, showItemIcons: null },
          items: [{ kind: 'quickReply', label: 'Sí', message: 'Sí' }],
        },
      },
    ],
  ] as const)('tell of %s that Parley sends', async (_what, message) => {
    const one = await hear();
    const provider = providerOf(agents());

    await provider.sendMessage!(outgoing({ conversationId: String(documented), ...message }), operation());

    const { told, read } = await bothOf(one, documented);
    expect(told).toMatchObject({ direction: 'OUTBOUND' });
    expect(told).toEqual(read);
  });

  it.each(writes.filter(([, { provider, call }]) => provider === 'letstalk' && call !== 'setMetadata'))(
    'tell agent and client of %s',
    async (_name, write) => {
      const [agent, client] = [await hear(), await hear(clients())];

      await perform(write.request(sandbox));

      for (const one of [agent, client]) {
        const { kind } = await one.event(({ kind }) => kind === 'MESSAGE');
        expect(kind).toBe('MESSAGE');
      }
    },
  );

  it('tell that a conversation was closed', async () => {
    const one = await hear();

    await providerOf(agents()).closeConversation!(String(documented), operation());

    const { told, event } = await bothOf(one, documented);
    expect(told).toMatchObject({ content: { kind: 'SystemContent', event: 'CONVERSATION_CLOSED' } });
    expect(event).toMatchObject({ conversation: { state: 'CLOSED' } });
    expect(await one.event(({ kind }) => kind === 'CONVERSATION')).toEqual({
      kind: 'CONVERSATION',
      conversation: {
        ...{ accountId: 'support', externalId: String(documented), title: 'hola', state: 'CLOSED' },
      },
    });
  });

  it.each([
    ['agent', agents],
    ['client', clients],
  ])('tell its %s that a conversation is new, once', async (_who, account) => {
    const one = await hear(account());

    const { id } = sandbox.letstalk.addConversation();

    await settled(one);
    expect(one.events().slice(0, -1)).toEqual([{ kind: 'STALE', conversationExternalId: String(id) }]);
  });

  it('keep a note between agents from a client, and tell an agent of it', async () => {
    const [agent, client] = [await hear(), await hear(clients())];

    const note = sandbox.letstalk.addMessage(documented, { internal: true });
    // Should the provider not keep it back.
    const channel = `client-${sandbox.letstalk.clientId}-channel`;
    sandbox.letstalk.live.publish({ namespace: 'messages.create', data: note }, { channel });
    sandbox.letstalk.live.publish(
      { namespace: 'messages.create', data: { ...note, internal: 'yes' } },
      { channel },
    );

    expect(await agent.event(isMessage(note.id))).toMatchObject({
      message: { providerDetails: { internal: true } },
    });
    await settled(client);
    expect(client.events()).toHaveLength(1);
  });

  it('do not tell a client of other clients’ conversations', async () => {
    const client = await hear(clients());

    sandbox.letstalk.addMessage(ofAnotherClient);

    await settled(client);
    expect(client.events()).toHaveLength(1);
  });
});

describe('an event of Letstalk', () => {
  const lost: [string, number][] = [];
  const listenDirectly = async (quiet?: number) => {
    const { live, agentKey, agentId: userId, url: baseUrl } = sandbox.letstalk;
    const one = listen(
      createLetstalkLive({
        live: { ...live, authKey: agentKey, userId },
        mapping: { accountId: 'support', role: 'agent', baseUrl },
        lost: (...loss) => lost.push(loss),
        ...(quiet !== undefined && { quiet }),
      }),
    );
    await one.until(isConnected);
    return one;
  };
  beforeEach(() => void lost.splice(0));

  it.each<[string, unknown]>([
    ['null', null],
    ['a text', 'messages.create'],
    ['a number', 7],
    ['a list', [{ namespace: 'messages.create' }]],
    ['an object without a namespace', { data: {} }],
    ['a message without data', { namespace: 'messages.create' }],
    ['a message that is a text', { namespace: 'messages.create', data: 'Hola' }],
    ['a message without an id', { namespace: 'messages.create', data: { conversation_id: 1 } }],
    [
      'a message of no conversation',
      { namespace: 'messages.create', data: { id: 1, created_at: '2026-01-01T00:00:00.000+0000' } },
    ],
    ['a message without a time', { namespace: 'messages.create', data: { id: 1, conversation_id: 1 } }],
    ['a conversation without an id', { namespace: 'conversations.update', data: { status: 'Open' } }],
    [
      'a membership of nobody',
      { namespace: 'conversation_memberships.create', data: { conversation_id: 1 } },
    ],
  ])('that is %s is counted, and the next one heard', async (_what, payload) => {
    const one = await listenDirectly();

    sandbox.letstalk.live.publish(payload);

    await settled(one);
    expect(one.events()).toHaveLength(1);
    expect(lost).toEqual([['events', 1]]);
    expect(one.heard.some(isLoss)).toBe(false);
  });

  it.each<[string, unknown]>([
    ['of another kind', { namespace: 'typing.create', data: { conversation_id: documented } }],
    ['of a kind that nobody knows', { namespace: 'x', data: null }],
    [
      'that somebody else has joined',
      { namespace: 'conversation_memberships.create', data: { ...membership(), person_id: 8 } },
    ],
    [
      'that a client of the agent’s number has joined',
      { namespace: 'conversation_memberships.create', data: { ...membership(), person_type: 'Client' } },
    ],
  ])('%s is of no concern', async (_what, payload) => {
    const one = await listenDirectly();

    sandbox.letstalk.live.publish(payload);

    await settled(one);
    expect(one.events()).toHaveLength(1);
    expect(lost).toEqual([]);
  });

  it.each<[string, object, object]>([
    [
      'says a state alone',
      { id: 5, status: 'Closed' },
      { kind: 'CONVERSATION', conversation: { accountId: 'support', externalId: '5', state: 'CLOSED' } },
    ],
    [
      'says a title alone',
      { conversation: { id: 5, issue: 'hola' } },
      { kind: 'CONVERSATION', conversation: { accountId: 'support', externalId: '5', title: 'hola' } },
    ],
    [
      'says a state that there is not',
      { id: '5', status: 'Frozen' },
      { kind: 'STALE', conversationExternalId: '5' },
    ],
    ['says nothing but an id', { conversation_id: 5 }, { kind: 'STALE', conversationExternalId: '5' }],
  ])('that a conversation has changed, and that %s, is told as what it is', async (_what, data, expected) => {
    const one = await listenDirectly();

    sandbox.letstalk.live.publish({ namespace: 'conversations.update', data });

    await settled(one);
    expect(one.events()[0]).toEqual(expected);
  });

  it('that is only a part of a message says what it says', async () => {
    const one = await listenDirectly();

    sandbox.letstalk.live.publish({
      namespace: 'messages.create',
      data: { id: 5, conversation_id: 6, created_at: '2026-01-01T00:00:00.000+0000', content: 'Hola' },
    });

    expect(await one.event(isMessage(5))).toMatchObject({
      message: { text: 'Hola', sentAt: '2026-01-01T00:00:00.000Z', author: null },
      conversation: { accountId: 'support', externalId: '6' },
    });
  });

  it('that breaks the connection is left behind', async () => {
    const one = await listenDirectly();

    // A message at PubNub without what was published.
    sandbox.letstalk.live.publish(undefined);

    await one.until(isLoss);
    await one.until(isConnected, one.heard.findIndex(isLoss));
    await settled(one);
  });

  it('whose answer breaks off in the middle is heard all the same', async () => {
    const one = await listenDirectly(500);
    sandbox.letstalk.live.cutNext();

    const { id } = sandbox.letstalk.addMessage(documented);

    await one.event(isMessage(id));
    expect(one.heard.filter(isConnected)).toHaveLength(1);
  });
});

describe('a connection to Letstalk’s events', () => {
  it('that is lost comes back, says so, and catches up', async () => {
    const one = await hear();
    for (let round = 0; round < 2; round += 1) {
      const from = one.heard.length;
      sandbox.letstalk.live.drop();
      const { reason } = await one.until(isLoss, from);
      expect(reason).toBe('the server is not reached');
      const { id } = sandbox.letstalk.addMessage(documented);

      sandbox.letstalk.live.restore();

      await one.until(isConnected, from);
      await one.event(isMessage(id));
    }
  });

  it('that is lost and has nothing to catch up with says that it is back', async () => {
    const one = await hear();
    const from = one.heard.length;
    sandbox.letstalk.live.drop();
    await one.until(isLoss, from);
    sandbox.letstalk.addMessage(documented);
    sandbox.letstalk.live.forget();

    sandbox.letstalk.live.restore();

    await one.until(isConnected, from);
    await settled(one);
    expect(one.events()).toHaveLength(1);
  });

  it('that can’t be made goes on trying', async () => {
    sandbox.letstalk.live.drop();
    const one = listen(providerOf(agents()).openLive!);
    await one.until(isLoss);

    sandbox.letstalk.live.restore();

    await one.until(isConnected);
  });

  it.each([
    ['another authKey', { authKey: 'canary-another-key' }],
    ['another subscribeKey', { subscribeKey: 'canary-another-key' }],
    ['somebody else’s number', { userId: 8 }],
  ])('with %s says why there is none, without a secret', async (_what, changed) => {
    const account = agents();
    const one = listen(
      providerOf({
        ...account,
        live: { ...('live' in account && account.live), ...changed },
      } as AccountConfig).openLive!,
    );

    const { reason } = await one.until(isLoss);

    expect(reason).toBe('the keys are refused');
    expect(one.heard).toHaveLength(1);
  });

  it('ends, and tells nobody any more', async () => {
    const one = await hear();
    await polls(1);

    await one.close();

    await polls(0);
    const other = await hear();
    await settled(other);
    expect(one.heard).toHaveLength(1);
  });

  it.each<[string, string, (child: ChildProcess) => Promise<void>]>([
    ['at once', 'at once', () => Promise.resolve()],
    ['once it is connected', 'connected', () => Promise.resolve()],
    ['while it is lost', 'disconnected', () => Promise.resolve()],
    [
      'while it waits for news',
      'told',
      async (child) => {
        await polls(1);
        child.kill('SIGUSR2');
      },
    ],
    [
      'after news that broke off',
      'told',
      async (child) => {
        await polls(1);
        sandbox.letstalk.live.cutNext();
        sandbox.letstalk.addMessage(documented);
        await polls(0);
        child.kill('SIGUSR2');
      },
    ],
  ])('that is closed %s keeps no process from ending', async (_how, when, act) => {
    const { live, agentKey, agentId: userId, url: baseUrl } = sandbox.letstalk;
    if (when === 'disconnected') live.drop();
    const script = `
      import { createLetstalkLive } from './src/providers/letstalk/live.ts';
      const { when, live, mapping } = JSON.parse(process.argv[1]);
      const close = () => void connection.close();
      const listener = { event() {}, connected() {}, disconnected() {}, ...{ [when]: close } };
      const connection = createLetstalkLive({ live, mapping, lost() {} })(listener);
      if (when === 'at once') close();
      if (when === 'told') process.once('SIGUSR2', close);
    `;
    const argument = {
      ...{ when, live: { ...live, authKey: agentKey, userId } },
      mapping: { accountId: 'support', role: 'agent', baseUrl },
    };
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', script, JSON.stringify(argument)],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
    const ended = once(child, 'close');

    await act(child);

    expect(await ended).toEqual([0, null]);
    expect(said).toBe('');
  });

  it('works with what an accounts file says', async () => {
    const { url, agentKey, agentId, live } = sandbox.letstalk;
    const { file } = parseAccounts(
      JSON.stringify({
        accounts: [
          {
            ...{ id: 'support', provider: 'letstalk', apiKey: agentKey, role: 'agent', baseUrl: url },
            live: { subscribeKey: live.subscribeKey, userId: agentId, origin: `${live.origin}/` },
          },
        ],
      }),
      {},
    );

    await hear(file!.accounts[0]);
  });
});

function membership() {
  return { person_id: 7, person_type: 'User', conversation_id: documented, role: 'Member' };
}
