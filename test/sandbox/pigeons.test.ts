import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startSandbox, wellKnown, type Sandbox } from '../../src/sandbox/index.ts';
import { ask, type Answer } from './ask.ts';

const ids = wellKnown.pigeons;

type Row = Readonly<Record<string, unknown>>;
interface Participant extends Row {
  readonly uuid: string;
}
interface Conversation extends Row {
  readonly uuid: string;
  readonly last_message_at: string | null;
  readonly participants: readonly Participant[];
}
interface Message extends Row {
  readonly id: string;
  readonly message_id: string;
  readonly timestamps: { readonly sent_at: string };
}

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
beforeEach(() => sandbox.reset());
afterAll(() => sandbox.close());

const get = (path: string, headers: Record<string, string> = {}): Promise<Answer> =>
  ask(`${sandbox.pigeons.url}/api/v1/pigeons/chat/conversations${path}`, {
    Authorization: `Bearer ${sandbox.pigeons.user.token}`,
    'X-PUBLIC-KEY': sandbox.pigeons.publicKey,
    ...headers,
  });
const list = async (token = sandbox.pigeons.user.token): Promise<readonly Conversation[]> =>
  ((await get('', { Authorization: `Bearer ${token}` })).body as { data: Conversation[] }).data;
const messages = async (uuid: string): Promise<readonly Message[]> =>
  ((await get(`/${uuid}/messages`)).body as { data: Message[] }).data;

describe('Pigeons emulator: who may ask', () => {
  it.each([
    ['no token', { Authorization: '' }],
    ['an unknown token', { Authorization: 'Bearer nobody' }],
    ['no public key', { 'X-PUBLIC-KEY': '' }],
    ['a wrong public key', { 'X-PUBLIC-KEY': 'other' }],
  ])('answers 401 with %s', async (_what, headers) => {
    for (const path of ['', `/${ids.documented}/messages`]) {
      expect(await get(path, headers)).toMatchObject({ status: 401, body: { message: expect.any(String) } });
    }
  });
  it('answers 403 for a conversation of others and 404 for none', async () => {
    expect((await get(`/${ids.ofOthers}/messages`)).status).toBe(403);
    expect((await get('/550e8400-e29b-41d4-a716-446655449999/messages')).status).toBe(404);
    expect((await get('/not-a-uuid/messages')).status).toBe(404);
  });
  it.each([
    ['en', 'Conversation not found'],
    ['pt-BR', 'Conversa não encontrada'],
    ['es', 'Conversación no encontrada'],
    ['pt-BR,pt;q=0.9,en;q=0.8', 'Conversa não encontrada'],
    ['es-AR', 'Conversación no encontrada'],
    ['ja', 'Conversation not found'],
  ])('says what is wrong in the language %s', async (language, message) => {
    const answer = await get('/unknown/messages', { 'Accept-Language': language });
    expect(answer.body).toEqual({ message });
  });
  it('answers 404 as JSON for a route that it does not have', async () => {
    expect(await get(`/${ids.documented}/nothing`)).toMatchObject({
      status: 404,
      body: { message: expect.any(String) },
    });
  });
});

describe('Pigeons emulator: conversations', () => {
  it('lists all in which the user takes part, newest last_message_at first, the new one last', async () => {
    const rows = await list();
    expect(rows.length).toBeGreaterThanOrEqual(12);
    expect(rows.at(-1)?.uuid).toBe(ids.justCreated);
    const times = rows.slice(0, -1).map((row) => Date.parse(row.last_message_at ?? ''));
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    for (const row of rows)
      expect(row.participants.map(({ uuid }) => uuid)).toContain(sandbox.pigeons.user.uuid);
  });
  it('shows another user another list', async () => {
    const john = sandbox.pigeons.users[1];
    const rows = (await list(john?.token)).map((row) => row.uuid);
    expect(rows).toContain(ids.ofOthers);
    expect((await list()).map((row) => row.uuid)).not.toContain(ids.ofOthers);
  });
  it('names participants with avatar and pivot', async () => {
    const row = (await list()).find(({ uuid }) => uuid === ids.documented);
    expect(row?.participants[1]).toMatchObject({
      name: 'John Doe',
      avatar: expect.stringMatching(/^http/),
      avatar_url: expect.stringMatching(/^http/),
      pivot: {
        unread_count: 0,
        last_read_at: expect.stringMatching(/^2025-11-/),
        joined_at: '2025-11-01T08:00:00+00:00',
      },
    });
    expect((await ask(String(row?.participants[1]?.['avatar']))).type).toBe('image/png');
  });
  it('knows little of a conversation that was just created', async () => {
    const row = (await list()).find(({ uuid }) => uuid === ids.justCreated);
    expect(row).toMatchObject({ last_message_text: null, last_message_at: null });
    for (const participant of row?.participants ?? [])
      expect(Object.keys(participant).sort()).toEqual(['email', 'name', 'uuid']);
    expect(await messages(ids.justCreated)).toEqual([]);
  });
  it('writes an empty taggable_info as [] on some rows', async () => {
    const infos = (await list()).map((row) => JSON.stringify(row['taggable_info']));
    expect(infos).toEqual(expect.arrayContaining(['[]', '{"id":123,"title":"Article Title"}', undefined]));
  });
  it('counts what the user has not read', async () => {
    const unread = (await list()).flatMap(({ participants }) =>
      participants
        .filter(({ uuid }) => uuid === sandbox.pigeons.user.uuid)
        .map(({ pivot }) => pivot as { unread_count: number } | undefined),
    );
    expect(unread.some((pivot) => (pivot?.unread_count ?? 0) > 0)).toBe(true);
  });
});

describe('Pigeons emulator: messages', () => {
  it('has the documented message', async () => {
    const row = (await messages(ids.documented)).find(({ id }) => id === ids.documentedMessage);
    expect(row).toMatchObject({
      message_id: 'msg_123456789',
      conversation_uuid: ids.documented,
      sender: { uuid: '660e8400-e29b-41d4-a716-446655440001', name: 'John Doe' },
      receiver: { uuid: '770e8400-e29b-41d4-a716-446655440002' },
      context: { text: 'Hello, how are you?', type: 'text' },
      attachments: [],
      reactions: [
        {
          user_uuid: '770e8400-e29b-41d4-a716-446655440002',
          emoji: '👍',
          created_at: '2025-11-02T10:35:00+00:00',
        },
      ],
      status: { sent: true, delivered: true, read: true },
      timestamps: {
        sent_at: '2025-11-02T10:30:00+00:00',
        delivered_at: '2025-11-02T10:30:05+00:00',
        read_at: '2025-11-02T10:31:00+00:00',
      },
      pbk: sandbox.pigeons.publicKey,
      device: {
        type: 'mobile',
        os: 'Android',
        os_version: '14',
        app_version: '1.0.0',
        model: 'Samsung Galaxy S23',
      },
    });
  });
  it('answers the conversation beside them, without participants', async () => {
    const { conversation } = (await get(`/${ids.documented}/messages`)).body as { conversation: Row };
    expect(conversation).toMatchObject({
      uuid: ids.documented,
      taggable_info: { id: 123, title: 'Article Title' },
    });
    expect(conversation).not.toHaveProperty('participants');
  });
  it('answers all of them at once, each once, and not in the order of time', async () => {
    const rows = await messages(ids.long);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(2000);
    const times = rows.map((row) => row.timestamps.sent_at);
    expect(times).not.toEqual(times.toSorted());
    expect(times).not.toEqual(times.toSorted().toReversed());
    for (const row of rows) expect(row.id).toBe(row.message_id);
  });
  it('has every context type, with files that are served', async () => {
    const rows = sandbox.pigeons.messages(ids.attachments);
    expect(new Set(rows.map((row) => row.context.type))).toEqual(
      new Set(['image', 'file', 'audio', 'video']),
    );
    const files = rows
      .flatMap((row) => row.attachments ?? [])
      .filter((file) => (file as Row)['mime_type']) as Row[];
    for (const file of files) {
      expect(await ask(String(file['url']))).toMatchObject({ status: 200, type: file['mime_type'] });
    }
  });
  it('has [] in place of empty objects, and nulls', async () => {
    const rows = await messages(ids.long);
    for (const field of ['metadata', 'device']) {
      const written = new Set(rows.map((row) => JSON.stringify(row[field])));
      expect(written).toContain('[]');
      expect(written).toContain('null');
    }
  });
  it('has several different reactions of one user on one message', async () => {
    const rows = await messages(ids.long);
    const several = rows
      .map((row) => (row['reactions'] ?? []) as Row[])
      .find((reactions) => reactions.length > 1);
    expect(new Set(several?.map((reaction) => reaction['user_uuid'])).size).toBe(1);
    expect(new Set(several?.map((reaction) => reaction['emoji'])).size).toBe(several?.length);
  });
});

describe('Pigeons emulator: state', () => {
  it('adds a message that moves its conversation to the top and counts as unread', async () => {
    const [mine] = (await list()).find(({ uuid }) => uuid === ids.archived)?.participants ?? [];
    const added = sandbox.pigeons.addMessage(ids.archived, { context: { text: 'Olá!', type: 'text' } });
    const [top] = await list();
    expect(top).toMatchObject({
      uuid: ids.archived,
      last_message_text: 'Olá!',
      last_message_at: added.timestamps.sent_at,
    });
    expect(added.receiver?.uuid).toBe(sandbox.pigeons.user.uuid);
    const before = (mine?.['pivot'] as { unread_count: number }).unread_count;
    expect(top?.participants[0]).toMatchObject({ pivot: { unread_count: before + 1 } });
    expect((await messages(ids.archived)).map(({ id }) => id)).toContain(added.id);
  });
  it('does not let an older message become the last one', () => {
    sandbox.pigeons.addMessage(ids.documented, { timestamps: { sent_at: '2020-01-01T00:00:00+00:00' } });
    const row = sandbox.pigeons.conversations().find(({ uuid }) => uuid === ids.documented);
    expect(row?.last_message_at).not.toBe('2020-01-01T00:00:00+00:00');
  });
  it('adds a conversation between the first two users unless told otherwise', async () => {
    const { uuid } = sandbox.pigeons.addConversation();
    expect((await list()).map((row) => row.uuid)).toContain(uuid);
    expect((await list(sandbox.pigeons.users[1]?.token)).map((row) => row.uuid)).toContain(uuid);
  });
  it('refuses a message for a conversation that does not exist', () => {
    expect(() => sandbox.pigeons.addMessage('none')).toThrow(RangeError);
  });
});
