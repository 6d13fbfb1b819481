import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startSandbox, wellKnown, type Sandbox } from '../../src/sandbox/index.ts';
import { ask, askJson } from './ask.ts';
import { askPactV2 } from './askPactV2.ts';

const ids = wellKnown.pact;
const list = `/conversations/${ids.long}/messages`;

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
beforeEach(() => sandbox.reset());
afterAll(() => sandbox.close());

const { get, write } = askPactV2(() => sandbox.pact);
const idsOf = (rows: readonly { readonly id: number }[]): number[] => rows.map(({ id }) => id);
const page = async (path: string, query: Record<string, string> = {}): Promise<any> =>
  (await get(path, query)).body;
const row = async (path: string): Promise<any> => (await get(path)).body.data;
const newestFirst = (id: number): number[] =>
  sandbox.pact
    .messages(id)
    .map((message) => message.external_id)
    .reverse();

async function walk(path: string, per: number): Promise<any[]> {
  const found: any[] = [];
  for (let number = 1; ; number += 1) {
    const { data } = await page(path, { page: String(number), per_page: String(per) });
    if (data.length === 0) return found;
    found.push(...data);
  }
}

describe('Pact emulator, v2: who may ask', () => {
  const reads = [
    '/conversations',
    `/conversations/${ids.documented}`,
    `/conversations/${ids.documented}/messages`,
    `/conversations/${ids.documented}/messages/${ids.documentedMessage}`,
  ];
  const writes = [
    ['POST', `/conversations/${ids.documented}/messages`, { text: 'Hi' }],
    ['DELETE', `/conversations/${ids.documented}/messages`, { message_ids: [ids.documentedMessage] }],
    ['PUT', `/conversations/${ids.documented}`, { operational_state: 'archived' }],
    ['POST', '/messages', { provider: 'whatsapp', phone: '79250000099', text: 'Hi' }],
    ['POST', '/attachments/', { file_url: 'https://example.com/a.png' }],
  ] as const;

  it.each(reads)('answers 401 without the right token, 404 to another company (GET %s)', async (path) => {
    expect((await get(path)).status).toBe(200);
    expect((await get(path, { private_api_token: 'another' })).status).toBe(401);
    expect((await get(path, { company_id: '155' })).status).toBe(404);
    const header = { 'X-Private-Api-Token': sandbox.pact.token };
    expect((await ask(`${sandbox.pact.url}/api/p2${path}?company_id=154`, header)).status).toBe(401);
  });
  it.each(writes)(
    'answers 401 without the right token, 404 to another company (%s %s)',
    async (method, path, body) => {
      expect((await write(method, path, { ...body, private_api_token: 'another' })).status).toBe(401);
      expect((await write(method, path, { ...body, company_id: 155 })).status).toBe(404);
      const header = { 'X-Private-Api-Token': sandbox.pact.token };
      const url = `${sandbox.pact.url}/api/p2${path}`;
      expect((await askJson(method, url, header, { ...body, company_id: 154 })).status).toBe(401);
      // In an address a token leaks into logs.
      const inQuery = await write(method, `${path}?private_api_token=${sandbox.pact.token}`, body);
      expect(inQuery.status).toBe(401);
      expect(sandbox.pact.stored()).toEqual({ conversations: [], messages: [], jobs: [], uploads: [] });
      expect((await write(method, path, body)).status).toBe(200);
    },
  );
  it('takes the company as a text too', async () => {
    const { status } = await write('PUT', `/conversations/${ids.documented}`, {
      ...{ company_id: '154', replied_state: 'replied' },
    });
    expect(status).toBe(200);
  });
  it('answers 400 for a body that is no JSON, and 404 for a route that it does not have', async () => {
    const url = `${sandbox.pact.url}/api/p2/messages`;
    const init = { method: 'POST', body: '{' };
    expect((await ask(url, { 'Content-Type': 'application/json' }, init)).status).toBe(400);
    expect(await get('/nothing')).toMatchObject({ status: 404, body: { status: 'error' } });
  });
  it('leaves v1 without JSON and without credentials in the body', async () => {
    const url = `${sandbox.pact.url}/p1/companies/154/conversations/${ids.documented}/messages`;
    const body = { message: 'Hi', company_id: 154, private_api_token: sandbox.pact.token };
    expect((await askJson('POST', url, {}, body)).status).toBe(401);
    expect((await askJson('POST', url, { 'X-Private-Api-Token': sandbox.pact.token }, body)).status).toBe(
      400,
    );
  });
});

describe('Pact emulator, v2: conversations', () => {
  it('answers one with every field that is documented', async () => {
    const [v1] = sandbox.pact.conversations();
    expect(await get(`/conversations/${ids.documented}`)).toMatchObject({
      status: 200,
      body: { status: 'ok' },
    });
    expect(await row(`/conversations/${ids.documented}`)).toEqual({
      ...{ id: ids.documented, company_id: 154, provider: 'whatsapp' },
      ...{ sender_name: v1!.name, sender_phone: v1!.sender_external_id },
      ...{ sender_external_id: v1!.sender_external_id, sender_external_public_id: null },
      ...{ avatar_url: v1!.avatar, created_at: v1!.created_at },
      last_updated_at: sandbox.pact.messages(ids.documented).at(-1)!.created_at,
      last_message_id: sandbox.pact.messages(ids.documented).at(-1)!.external_id,
      ...{ operational_state: 'open', replied_state: 'replied', group: false },
    });
  });
  it('answers 404 for one that does not exist', async () => {
    expect((await get('/conversations/1')).status).toBe(404);
    expect((await get('/conversations/abc')).status).toBe(404);
  });
  it('lists those of v1, the latest updated first, 25 a page', async () => {
    const { status, data, meta } = await page('/conversations');
    const stored = sandbox.pact.conversations();
    expect([status, data.length]).toEqual(['ok', 25]);
    expect(meta).toEqual({ page: 1, entries_count: stored.length, per_page: 25 });
    const all = await walk('/conversations', 7);
    expect(idsOf(all).toSorted()).toEqual(stored.map(({ external_id }) => external_id).toSorted());
    const times = all.map(({ last_updated_at }) => last_updated_at);
    expect(times).toEqual(times.toSorted().reverse());
    expect(all.slice(0, 25)).toEqual(data);
  });
  it('moves one up when a message comes, and when it changes', async () => {
    const first = async (): Promise<number> => (await page('/conversations', { per_page: '1' })).data[0].id;
    sandbox.pact.addMessage(ids.documented);
    expect(await first()).toBe(ids.documented);
    sandbox.pact.v2.setConversation(ids.empty, { group: true });
    expect(await first()).toBe(ids.empty);
  });
  it('has an empty one without a last message, updated when it was created', async () => {
    const { created_at } = sandbox.pact.conversations().find(({ external_id }) => external_id === ids.empty)!;
    expect(await row(`/conversations/${ids.empty}`)).toMatchObject({
      ...{ last_message_id: null, last_updated_at: created_at, replied_state: 'initialized' },
    });
  });
  it('says whose turn it is by the latest message, or as it was told until the next one', () => {
    const state = () => sandbox.pact.v2.conversation(ids.documented).replied_state;
    sandbox.pact.addMessage(ids.documented, { income: true });
    expect(state()).toBe('unreplied');
    sandbox.pact.v2.setConversation(ids.documented, { repliedState: 'replied' });
    expect(state()).toBe('replied');
    sandbox.pact.addMessage(ids.documented, { income: true });
    expect(state()).toBe('unreplied');
  });
  it('seeds an archived, a blocked and a group one, and some without a phone', async () => {
    expect(await row(`/conversations/${ids.v2.archived}`)).toMatchObject({ operational_state: 'archived' });
    expect(await row(`/conversations/${ids.v2.blocked}`)).toMatchObject({ operational_state: 'blocked' });
    expect(await row(`/conversations/${ids.v2.group}`)).toMatchObject({ group: true });
    expect(await row(`/conversations/${ids.attachments}`)).toMatchObject({ sender_phone: null });
  });
});

describe('Pact emulator, v2: messages', () => {
  it('answers one with every field that is documented', async () => {
    const path = `/conversations/${ids.documented}/messages/${ids.documentedMessage}`;
    expect(await row(path)).toEqual({
      ...{ id: 47098, external_id: 'wamid.47098', company_id: 154, conversation_id: ids.documented },
      ...{ contact_id: expect.any(Number), replied_to_id: null, income: false, message: 'Hello' },
      ...{ created_at: '2017-09-17T12:44:28.000Z', external_created_at: '2017-09-17T12:44:28.000Z' },
      ...{ status: 'sent', reactions: [], details: null, delivery: null, deleted: false, attachments: [] },
    });
  });
  it.each([
    `/conversations/1/messages`,
    `/conversations/1/messages/${ids.documentedMessage}`,
    `/conversations/${ids.long}/messages/${ids.documentedMessage}`,
    `/conversations/${ids.documented}/messages/x`,
  ])('answers 404 for %s', async (path) => {
    expect((await get(path)).status).toBe(404);
  });
  it('lists those of v1, newest first, 150 a page', async () => {
    const { data, meta } = await page(list);
    expect(idsOf(data)).toEqual(newestFirst(ids.long).slice(0, 150));
    expect(meta).toEqual({ page: 1, entries_count: 2000, per_page: 150 });
  });
  it.each([
    [ids.sameTime, 5],
    [ids.imported, 7],
    [ids.long, 150],
    [ids.empty, 1],
  ])('walks every message once (conversation %i, %i a page)', async (id, per) => {
    expect(idsOf(await walk(`/conversations/${id}/messages`, per))).toEqual(newestFirst(id));
  });
  it('seeds a reply, a reaction, a failure and files of which it knows more', () => {
    const message = (id: number) => sandbox.pact.v2.message(id);
    expect(message(ids.v2.reply).replied_to_id).toBe(message(ids.v2.answered).external_id);
    expect(message(ids.v2.reacted)).toMatchObject({ reactions: [{ emoji: '👍', count: 1 }], status: 'read' });
    expect(message(ids.v2.failed)).toMatchObject({
      ...{ income: false, status: 'error', details: expect.any(String), external_id: null },
    });
    expect(message(ids.v2.voice).attachments).toMatchObject([{ mime_type: 'audio/wav', push_to_talk: true }]);
    expect(message(ids.v2.image).attachments).toMatchObject([{ data: { width: 120, height: 80 } }]);
  });
  it('gives every attachment all fields, and an id that is always the same', async () => {
    const bare = ['a', 'b'].map((name) => ({ attachment_url: `https://example.com/${name}` }));
    sandbox.pact.addMessage(ids.attachments, { attachments: bare });
    const attachments = async () =>
      (await walk(`/conversations/${ids.attachments}/messages`, 50)).flatMap((message) =>
        message.attachments.map((attachment: any) => ({ ...attachment, of: message.id })),
      );
    const all = await attachments();
    for (const attachment of all) {
      expect(Object.keys(attachment)).toEqual([
        ...['id', 'message_id', 'file_name', 'mime_type', 'size', 'attachment_url', 'preview_url'],
        ...['aspect_ratio', 'data', 'push_to_talk', 'of'],
      ]);
      expect(Object.values(attachment)).not.toContain(undefined);
      expect(attachment.message_id).toBe(attachment.of);
    }
    expect(new Set(idsOf(all)).size).toBe(all.length);
    expect(all.some(({ id }) => id >= 10_000_000)).toBe(true);
    expect(await attachments()).toEqual(all);
  });
});

describe('Pact emulator, v2: pages', () => {
  it.each(['/conversations', list])('takes more than 150 a page as 150, and says so (%s)', async (path) => {
    const { data, meta } = await page(path, { per_page: '151' });
    expect([meta.per_page, data.length]).toEqual([150, Math.min(150, meta.entries_count)]);
  });
  it.each(['/conversations', list])('answers an empty page behind the last one (%s)', async (path) => {
    const { meta } = await page(path);
    expect(await get(path, { page: '999' })).toMatchObject({
      status: 200,
      body: { status: 'ok', data: [], meta: { ...meta, page: 999 } },
    });
  });
  it('cuts the last page short', async () => {
    expect((await page(list, { page: '13' })).data).toHaveLength(150);
    expect((await page(list, { page: '14' })).data).toHaveLength(50);
  });
  it.each(['page', 'per_page'])('answers 400 for a %s that is no positive integer', async (name) => {
    for (const value of ['0', '-1', 'one', '', '1.5']) {
      expect((await get(list, { [name]: value })).status).toBe(400);
      expect((await get('/conversations', { [name]: value })).status).toBe(400);
    }
  });
  it('shifts by what arrives', async () => {
    const first = await page(list, { per_page: '10' });
    sandbox.pact.addMessage(ids.long);
    const second = await page(list, { per_page: '10', page: '2' });
    expect(second.data[0]).toEqual(first.data[9]);
    expect(second.meta.entries_count).toBe(2001);
  });
  it('runs oldest first when told to', async () => {
    const newest = [
      await walk('/conversations', 20),
      await walk(`/conversations/${ids.sameTime}/messages`, 5),
    ];
    sandbox.pact.v2.order('asc');
    expect(await walk('/conversations', 20)).toEqual(newest[0]!.toReversed());
    expect(await walk(`/conversations/${ids.sameTime}/messages`, 5)).toEqual(newest[1]!.toReversed());
  });
});

describe('Pact emulator, v2: what a test can say', () => {
  it('says more of a message, bit by bit', () => {
    const { v2 } = sandbox.pact;
    v2.setMessage(ids.documentedMessage, { status: 'delivered', externalId: 'abc' });
    v2.setMessage(ids.documentedMessage, {
      reactions: [{ any: 'thing' }],
      repliedToId: 'def',
      details: 'why',
    });
    expect(v2.message(ids.documentedMessage)).toMatchObject({
      ...{ status: 'delivered', external_id: 'abc', reactions: [{ any: 'thing' }] },
      ...{ replied_to_id: 'def', details: 'why' },
    });
  });
  it('puts a message where its messenger says that it belongs, and leaves v1 as it is', async () => {
    const before = newestFirst(ids.documented);
    const at = '2030-01-01T00:00:00.000Z';
    sandbox.pact.v2.setMessage(ids.documentedMessage, { externalCreatedAt: at });
    const { data } = await page(`/conversations/${ids.documented}/messages`);
    expect(data[0]).toMatchObject({
      ...{ id: ids.documentedMessage, external_created_at: at, created_at: '2017-09-17T12:44:28.000Z' },
    });
    expect(sandbox.pact.v2.conversation(ids.documented)).toMatchObject({
      ...{ last_updated_at: at, last_message_id: ids.documentedMessage },
    });
    expect(newestFirst(ids.documented)).toEqual(before);
    sandbox.pact.v2.setMessage(ids.documentedMessage, { createdAt: at });
    expect(sandbox.pact.v2.message(ids.documentedMessage).created_at).toBe(at);
  });
  it('deletes a message: v2 keeps its row, v1 does not', async () => {
    const image = sandbox.pact.v2.message(ids.v2.image);
    const place = newestFirst(ids.attachments).indexOf(ids.v2.image);
    sandbox.pact.v2.setMessage(ids.v2.image, { deleted: true });
    const { data, meta } = await page(`/conversations/${ids.attachments}/messages`);
    expect(data[place]).toEqual({ ...image, message: null, deleted: true, attachments: [] });
    expect(meta.entries_count).toBe(newestFirst(ids.attachments).length + 1);
    expect(await row(`/conversations/${ids.attachments}/messages/${ids.v2.image}`)).toEqual(data[place]);
    expect(newestFirst(ids.attachments)).not.toContain(ids.v2.image);
  });
  it('takes a message away altogether', async () => {
    expect(sandbox.pact.deleteMessage(ids.documentedMessage)).toBe(true);
    const { data } = await page(`/conversations/${ids.documented}/messages`);
    expect(idsOf(data)).not.toContain(ids.documentedMessage);
    expect(sandbox.pact.deleteMessage(ids.documentedMessage)).toBe(false);
  });
  it('refuses what does not exist', () => {
    const { v2 } = sandbox.pact;
    expect(() => v2.setMessage(1, {})).toThrow(RangeError);
    expect(() => v2.settle(1, 'sent')).toThrow(RangeError);
    expect(() => v2.setConversation(1, {})).toThrow(RangeError);
    expect(() => v2.message(1)).toThrow(RangeError);
    expect(() => v2.conversation(1)).toThrow(RangeError);
  });
  it('is the seed again after reset', async () => {
    const { v2 } = sandbox.pact;
    const seen = async () => [
      await walk('/conversations', 100),
      await walk(`/conversations/${ids.documented}/messages`, 100),
    ];
    const before = await seen();
    v2.setMessage(ids.documentedMessage, { status: 'read', externalCreatedAt: '2030-01-01T00:00:00.000Z' });
    v2.setMessage(ids.v2.reply, { deleted: true });
    v2.setConversation(ids.v2.archived, { operationalState: 'open', group: true });
    v2.order('asc');
    expect(await seen()).not.toEqual(before);
    sandbox.reset();
    expect(await seen()).toEqual(before);
  });
});

describe('Pact emulator, v2: its calls', () => {
  it.each([
    ['v2Conversations', 'GET', '/conversations'],
    ['v2Conversation', 'GET', `/conversations/${ids.documented}`],
    ['v2Messages', 'GET', list],
    ['v2Message', 'GET', `/conversations/${ids.documented}/messages/${ids.documentedMessage}`],
    ['v2UpdateConversation', 'PUT', `/conversations/${ids.documented}`],
    ['v2SendMessage', 'POST', list],
    ['v2DeleteMessages', 'DELETE', list],
    ['v2StartConversation', 'POST', '/messages'],
    ['v2UploadAttachment', 'POST', '/attachments/'],
    ['v2UploadAttachment', 'POST', '/attachments'],
  ] as const)('%s can be told to fail, and is in the log', async (call, method, path) => {
    expect(sandbox.pact.calls).toContain(call);
    const perform = () => (method === 'GET' ? get(path) : write(method, path));
    sandbox.pact.failNext(503, { call });
    expect(await perform()).toMatchObject({ status: 503, body: { status: 'error' } });
    expect((await perform()).status).toBe(method === 'GET' ? 200 : 400);
    expect(sandbox.pact.requests.map((request) => [request.call, request.method])).toEqual([
      [call, method],
      [call, method],
    ]);
  });
});
