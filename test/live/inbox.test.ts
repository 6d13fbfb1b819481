import { afterEach, describe, expect, it } from '@jest/globals';
import { wellKnown } from '../../src/sandbox/index.ts';
import { eventually } from '../eventually.ts';
import type { Harness, HarnessOptions } from '../harness.ts';
import { startHarness } from '../harness.ts';

const INBOX = `query Inbox($filter: InboxFilter) {
  inbox(filter: $filter, first: 50) {
    nodes { conversation { externalId title } lastMessage { text } lastActivityAt asOf }
    sources { account { id } completeness asOf }
  }
}`;
const MESSAGES = `query ($accountId: ID!, $externalId: String!) {
  conversationByExternalId(accountId: $accountId, externalId: $externalId) { id title messages(last: 5) { nodes { id text } } }
}`;
const CHANGES = `query ($after: String) {
  changes(after: $after) { nodes { __typename ... on MessageAdded { message { text } } } pageInfo { endCursor } }
}`;
const SEND = `mutation ($input: SendMessageInput!) {
  sendMessage(input: $input) { delivery { state } userErrors { code } }
}`;

let parley: Harness;
afterEach(() => parley.close());

async function start(options: HarnessOptions = {}): Promise<void> {
  parley = await startHarness({
    // Once, at the first look at the inbox: what is shown later has come by another way.
    eventTimes: { scanPause: 0, listInterval: 3_600_000, pollInterval: 3_600_000 },
    ...options,
  });
}

const { pact, letstalk, pigeons } = wellKnown;

/** What the inbox shows, once it shows that. */
async function shows(accountId: string, text: string): Promise<any> {
  return eventually(async () => {
    const { inbox } = await parley.data(INBOX, { filter: { accountIds: [accountId] } });
    const row = inbox.nodes[0];
    if (row?.lastMessage?.text !== text) throw new Error(`first is ${JSON.stringify(row)}`);
    return row;
  });
}

async function isComplete(accountId: string): Promise<any> {
  return eventually(async () => {
    const { inbox } = await parley.data(INBOX, { filter: { accountIds: [accountId] } });
    expect(inbox.sources).toEqual([
      { account: { id: accountId }, completeness: 'COMPLETE', asOf: expect.any(String) },
    ]);
    return inbox;
  });
}

/** Waits until the scan has read a conversation whose list does not tell its last message. */
async function isKnown(accountId: string, externalId: string | number): Promise<void> {
  await eventually(async () => {
    const { inbox } = await parley.data(INBOX, { filter: { accountIds: [accountId] } });
    const row = inbox.nodes.find(({ conversation }: any) => conversation.externalId === String(externalId));
    expect(row?.lastMessage).toMatchObject({ text: expect.any(String) });
  });
}

/** Without live connections: nothing is told by itself. */
const silent: HarnessOptions['accounts'] = (sandbox) => [
  {
    id: 'support',
    provider: 'letstalk',
    apiKey: sandbox.letstalk.agentKey,
    role: 'agent',
    baseUrl: sandbox.letstalk.url,
  },
  {
    id: 'sales',
    provider: 'pact',
    companyId: sandbox.pact.companyId,
    token: sandbox.pact.token,
    baseUrl: sandbox.pact.url,
  },
  {
    id: 'app',
    provider: 'pigeons',
    publicKey: sandbox.pigeons.publicKey,
    token: sandbox.pigeons.user.token,
    baseUrl: sandbox.pigeons.url,
  },
];

describe('the inbox', () => {
  it('is filled by a scan that its first look begins, and a page of it costs no call', async () => {
    await start();
    const { inbox } = await parley.data(INBOX, { filter: { accountIds: ['sales'] } });
    expect(inbox.sources).toMatchObject([{ completeness: 'FILLING', asOf: null }]);

    const { nodes } = await isComplete('sales');

    expect(nodes.length).toBeGreaterThan(3);
    const instants = nodes.map(({ lastActivityAt }: any) => lastActivityAt);
    expect(instants).toEqual(instants.toSorted().reverse());
    await isKnown('sales', pact.documented);
    await eventually(async () => {
      parley.takeCalls();
      await parley.data(INBOX, { filter: { accountIds: ['sales'] } });
      // Of the scan, which reads the last messages of conversations whose list does not tell them.
      expect(parley.takeCalls()).toEqual([]);
    });
  });

  it('is filled without anybody looking where events are always wanted', async () => {
    await start({ environment: { LIVE_EVENTS: 'always' } });
    await eventually(() => {
      expect(parley.takeCalls()).toContainEqual('pact conversations');
      return Promise.resolve();
    });
    const inbox = await isComplete('sales');
    expect(inbox.nodes.length).toBeGreaterThan(3);
  });

  it.each([
    ['support', letstalk.documented],
    ['sales', pact.documented],
    ['app', pigeons.documented],
  ] as const)('shows what a read of %s has shown', async (accountId, id) => {
    await start({ accounts: silent });
    const { inbox: before } = await parley.data(INBOX, { filter: { accountIds: [accountId] } });
    if (accountId !== 'support') await isComplete(accountId);
    add(accountId, 'nobody has told of it');

    const read = await parley.data(MESSAGES, { accountId, externalId: String(id) });
    expect(read.conversationByExternalId.messages.nodes.at(-1).text).toBe('nobody has told of it');

    const row = await shows(accountId, 'nobody has told of it');
    expect(row.conversation.externalId).toBe(String(id));
    expect(JSON.stringify(before.nodes)).not.toContain('nobody has told of it');
  });

  it('shows what was sent through the graph', async () => {
    await start({ accounts: silent });
    await isComplete('sales');
    const { conversationByExternalId: conversation } = await parley.data(MESSAGES, {
      accountId: 'sales',
      externalId: String(pact.documented),
    });

    const { sendMessage } = await parley.data(SEND, {
      input: { conversationId: conversation.id, text: 'from the graph', idempotencyKey: 'one' },
    });
    expect(sendMessage.userErrors).toEqual([]);

    const row = await shows('sales', 'from the graph');
    expect(row.conversation.externalId).toBe(String(pact.documented));
  });
});

describe('changes at an account that tells nothing by itself', () => {
  it.each(['sales', 'app'] as const)(
    'are whole at once at %s, also where somebody has read them',
    async (accountId) => {
      await start({ accounts: silent });
      await isComplete(accountId);
      const externalId = String({ sales: pact.documented, app: pigeons.documented }[accountId]);
      if (accountId === 'sales') await isKnown(accountId, externalId);
      const { changes: now } = await parley.data(CHANGES);
      for (const text of ['one', 'two', 'three']) add(accountId, text);
      await parley.data(MESSAGES, { accountId, externalId });
      await shows(accountId, 'three');

      const { changes } = await parley.data(CHANGES, { after: now.pageInfo.endCursor });

      const added = changes.nodes.flatMap(({ message }: any) => (message ? [message.text] : []));
      expect(added).toEqual(['one', 'two', 'three']);
    },
  );
});

function add(accountId: string, message: string): void {
  const { sandbox } = parley;
  if (accountId === 'sales') sandbox.pact.addMessage(pact.documented, { message });
  else if (accountId === 'support') sandbox.letstalk.addMessage(letstalk.documented, { content: message });
  else sandbox.pigeons.addMessage(pigeons.documented, { context: { text: message, type: 'text' } });
}
