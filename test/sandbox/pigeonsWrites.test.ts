import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startSandbox, wellKnown, type Sandbox } from '../../src/sandbox/index.ts';
import { ask, askJson, type Answer } from './ask.ts';

const ids = wellKnown.pigeons;

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
beforeEach(() => sandbox.reset());
afterAll(() => sandbox.close());

type Fields = Record<string, unknown>;

const url = (path: string): string => `${sandbox.pigeons.url}/api/v1/pigeons/chat${path}`;
/** The main user is number 0, John Doe, with whom the documented conversation is, number 1. */
const uuid = (user: number): string => sandbox.pigeons.users[user]!.uuid;
const headers = (user = 0): Record<string, string> => ({
  Authorization: `Bearer ${sandbox.pigeons.users[user]!.token}`,
  'X-PUBLIC-KEY': sandbox.pigeons.publicKey,
});
const call = (method: string, path: string, body?: unknown, user?: number): Promise<Answer> =>
  askJson(method, url(path), headers(user), body);
const message = (fields: Fields = {}): Fields => ({
  ...{ conversation_uuid: ids.documented, receiver_uuid: uuid(1) },
  ...{ context_text: 'Olá 👋', context_type: 'text', device: { type: 'web', os: 'Linux' } },
  ...fields,
});
const send = (fields: Fields = {}, user?: number): Promise<Answer> =>
  call('POST', '/messages', message(fields), user);
const last = (conversation: string = ids.documented): any => sandbox.pigeons.messages(conversation).at(-1);
const count = (): number => sandbox.pigeons.messages(ids.documented).length;
const listed = async (conversation: string, user?: number): Promise<any> =>
  (await ask(url('/conversations'), headers(user))).body.data.find((row: any) => row.uuid === conversation);
const unread = async (user: number): Promise<number> =>
  (await listed(ids.documented, user)).participants.find((one: any) => one.uuid === uuid(user)).pivot
    .unread_count;

describe('Pigeons emulator: sending', () => {
  it('answers the message with message_id and without id; a list has both', async () => {
    const began = Math.floor(Date.now() / 1000) * 1000;
    const answer = await send();
    const { id, ...row } = last();
    expect(answer).toMatchObject({ status: 201, body: { message: expect.any(String) } });
    expect(answer.body.data).toEqual(row);
    expect(row).toMatchObject({
      message_id: id,
      conversation_uuid: ids.documented,
      sender: { uuid: uuid(0) },
      receiver: { uuid: uuid(1) },
      context: { text: 'Olá 👋', type: 'text' },
      attachments: [],
      reactions: [],
      status: { sent: true, delivered: false, read: false },
      pbk: sandbox.pigeons.publicKey,
      device: { type: 'web', os: 'Linux' },
    });
    expect(row.timestamps.sent_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/);
    expect(Date.parse(row.timestamps.sent_at)).toBeGreaterThanOrEqual(began);
    const { data } = (await ask(url(`/conversations/${ids.documented}/messages`), headers(1))).body;
    expect(data).toContainEqual({ ...row, id });
  });
  it('keeps metadata, attachments and the whole device, and gives them back', async () => {
    const device = { type: 'mobile', os: 'iOS', os_version: '18', app_version: '2', model: 'iPhone' };
    const browser = { browser: 'Safari', browser_version: '18.1' };
    const metadata = { 'parley.key': 'k-1', nested: { a: [1, null, 'é'] } };
    const attachments = [
      { url: 'https://example.com/a.png', name: 'a.png', mime_type: 'image/png', size: 7 },
    ];
    const sent = { metadata, attachments, device: { ...device, ...browser } };
    const { data } = (await send({ ...sent, context_type: 'image' })).body;
    expect(data).toMatchObject(sent);
    const rows = (await ask(url(`/conversations/${ids.documented}/messages`), headers())).body.data;
    expect(rows.find((row: any) => row.id === data.message_id)).toMatchObject(sent);
  });
  it('gives back metadata that is empty or was not given as an empty array', async () => {
    for (const fields of [{}, { metadata: {} }, { metadata: null }])
      expect((await send(fields)).body.data.metadata).toEqual([]);
  });
  it('is what its conversation says last, first of the list, and unread by its receiver', async () => {
    const before = await unread(1);
    await send({ context_text: 'the newest' });
    expect(await listed(ids.documented)).toMatchObject({
      last_message_text: 'the newest',
      last_message_at: last().timestamps.sent_at,
    });
    expect((await ask(url('/conversations'), headers())).body.data[0].uuid).toBe(ids.documented);
    expect(await unread(1)).toBe(before + 1);
  });
  it('keeps the order of sends that come within one second', async () => {
    for (const context_text of ['1', '2', '3']) await send({ context_text });
    const rows = sandbox.pigeons.messages(ids.documented).slice(-3);
    const times = rows.map(({ timestamps }) => Date.parse(timestamps.sent_at));
    expect(rows.map(({ context }) => context.text)).toEqual(['1', '2', '3']);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(new Set(times).size).toBe(3);
  });
  it('takes 5000 characters, however many bytes', async () => {
    expect((await send({ context_text: '😀'.repeat(5000) })).status).toBe(201);
  });
  it.each<[string, Fields]>([
    ['conversation_uuid', { conversation_uuid: undefined }],
    ['receiver_uuid', { receiver_uuid: null }],
    ['receiver_uuid', { receiver_uuid: 'nobody' }],
    ['context_text', { context_text: undefined }],
    ['context_text', { context_text: ' \n' }],
    ['context_text', { context_text: 5 }],
    ['context_text', { context_text: 'a'.repeat(5001) }],
    ['context_text', { context_text: 'a'.repeat(2_000_000) }],
    ['context_type', { context_type: undefined }],
    ['context_type', { context_type: 'sticker' }],
    ['attachments', { attachments: { url: 'https://example.com' } }],
    ['metadata', { metadata: 'key' }],
    ['metadata', { metadata: ['key'] }],
    ['device', { device: undefined }],
    ['device', { device: 'web' }],
    ['device.type', { device: { os: 'Linux' } }],
    ['device.type', { device: { type: 'watch', os: 'Linux' } }],
    ['device.os', { device: { type: 'web' } }],
    ['device.model', { device: { type: 'web', os: 'Linux', model: 5 } }],
    ['device.version', { device: { type: 'web', os: 'Linux', version: '1' } }],
    ['text', { text: 'a field that is not documented' }],
  ])('answers 422 that names %s, and stores nothing', async (field, fields) => {
    const before = count();
    const answer = await send(fields);
    expect(answer).toMatchObject({ status: 422, body: { message: expect.any(String) } });
    expect(answer.body.errors).toEqual({ [field]: [expect.stringContaining(field)] });
    expect(count()).toBe(before);
  });
  it('names every field that is wrong, in the language of the caller', async () => {
    const answer = await askJson('POST', url('/messages'), { ...headers(), 'Accept-Language': 'es' }, {});
    const fields = ['conversation_uuid', 'receiver_uuid', 'context_text', 'context_type', 'device'];
    expect(Object.keys(answer.body.errors).sort()).toEqual(fields.sort());
    expect(answer.body.errors.context_text).toEqual(['El campo context_text es obligatorio.']);
  });
  it('refuses a message to oneself', async () => {
    expect((await send({ receiver_uuid: uuid(0) })).body.errors).toHaveProperty('receiver_uuid');
  });
  it('answers 400 for a body that is no JSON', async () => {
    const json = { ...headers(), 'Content-Type': 'application/json' };
    expect((await ask(url('/messages'), json, { method: 'POST', body: '{' })).status).toBe(400);
    const form = new URLSearchParams({ context_text: 'a' });
    expect((await ask(url('/messages'), headers(), { method: 'POST', body: form })).status).toBe(400);
  });
  it('answers 401, 403 and 404 where reading does, and stores nothing', async () => {
    const before = count();
    expect((await askJson('POST', url('/messages'), {}, message())).status).toBe(401);
    expect((await send({}, 2)).status).toBe(403);
    expect((await send({ conversation_uuid: ids.ofOthers })).status).toBe(403);
    expect((await send({ conversation_uuid: 'nowhere' })).status).toBe(404);
    expect(count()).toBe(before);
  });
});

describe('Pigeons emulator: reading receipts', () => {
  const read = (id: string, user?: number): Promise<Answer> =>
    call('PATCH', `/messages/${id}/read`, undefined, user);
  const toMe = (): string =>
    sandbox.pigeons.addMessage(ids.documented, { sender: { uuid: uuid(1), name: null, avatar: null } }).id;

  it('marks a message as read for its receiver, whose unread count goes down', async () => {
    const id = toMe();
    const before = await unread(0);
    expect(await read(id)).toEqual({
      status: 200,
      type: expect.stringContaining('application/json'),
      body: { message: expect.any(String) },
    });
    const row = last();
    expect(row.status).toEqual({ sent: true, delivered: true, read: true });
    expect(Date.parse(row.timestamps.read_at)).toBeGreaterThanOrEqual(Date.parse(row.timestamps.sent_at));
    expect(await unread(0)).toBe(before - 1);
  });
  it('changes nothing the second time', async () => {
    sandbox.pigeons.addMessage(ids.documented);
    const id = toMe();
    await read(id);
    const [row, count] = [last(), await unread(0)];
    expect((await read(id)).status).toBe(200);
    expect([last(), await unread(0)]).toEqual([row, count]);
  });
  it('keeps the time of the first reading', async () => {
    const read_at = '2025-11-02T10:31:00+00:00';
    expect((await read(ids.documentedMessage)).status).toBe(200);
    const row = sandbox.pigeons.messages(ids.documented).find(({ id }) => id === ids.documentedMessage);
    expect(row!.timestamps.read_at).toBe(read_at);
  });
  it('refuses its sender, somebody else, and a message that does not exist', async () => {
    const id = toMe();
    for (const user of [1, 2]) expect((await read(id, user)).status).toBe(403);
    expect(last().status.read).toBe(false);
    expect(await read('msg_0')).toMatchObject({ status: 404, body: { message: 'Message not found' } });
  });
});

describe('Pigeons emulator: reactions', () => {
  const react = (emoji: unknown, user?: number): Promise<Answer> =>
    call('POST', `/messages/${last().id}/reactions`, { emoji }, user);
  const reactions = (): unknown[] => last().reactions.map((one: any) => [one.user_uuid, one.emoji]);
  beforeEach(() => void sandbox.pigeons.addMessage(ids.documented));

  it('adds one, several different ones, and those of both sides', async () => {
    expect(await react('👍')).toMatchObject({ status: 200, body: { message: expect.any(String) } });
    await react('🎉');
    await react('👍', 1);
    expect(reactions()).toEqual([
      [uuid(0), '👍'],
      [uuid(0), '🎉'],
      [uuid(1), '👍'],
    ]);
    expect(Date.parse(last().reactions[0].created_at)).not.toBeNaN();
  });
  it('takes the same emoji twice as once', async () => {
    await react('👍');
    const before = last();
    expect((await react('👍')).status).toBe(200);
    expect(last()).toEqual(before);
  });
  it('adds to a message whose reactions are null', async () => {
    sandbox.pigeons.addMessage(ids.documented, { reactions: null });
    await react('👍');
    expect(reactions()).toEqual([[uuid(0), '👍']]);
  });
  it.each(['a'.repeat(10), '👍'.repeat(10), '👨‍👩‍👧‍👦'])('takes %p', async (emoji) => {
    await react(emoji);
    expect(reactions()).toEqual([[uuid(0), emoji]]);
  });
  it.each(['a'.repeat(11), '👍'.repeat(11), '👨‍👩‍👧‍👦👨‍👩‍👧‍👦', '', 5, undefined])(
    'answers 422 for %p and adds nothing',
    async (emoji) => {
      expect(await react(emoji)).toMatchObject({
        status: 422,
        body: { message: expect.any(String), errors: { emoji: [expect.any(String)] } },
      });
      expect(reactions()).toEqual([]);
    },
  );
  it('refuses who does not take part, and a message that does not exist', async () => {
    expect((await react('👍', 2)).status).toBe(403);
    expect((await call('POST', '/messages/msg_0/reactions', { emoji: '👍' })).status).toBe(404);
    expect(reactions()).toEqual([]);
  });
});

describe('Pigeons emulator: starting a conversation', () => {
  const begin = (fields: Fields, user?: number): Promise<Answer> =>
    call('POST', '/conversations', fields, user);
  const tag = { taggable_type: 'App\\Models\\Order', taggable_id: 5 };

  it('answers a new one without messages, its participants as they are right after creation', async () => {
    const { status, body } = await begin({ participant_uuid: uuid(3), ...tag });
    expect([status, Object.keys(body).sort()]).toEqual([201, ['data', 'message']]);
    const people = [0, 3].map((index) => {
      const { uuid, name, email } = sandbox.pigeons.users[index]!;
      return { uuid, name, email };
    });
    expect(body.data).toMatchObject({
      ...tag,
      last_message_text: null,
      last_message_at: null,
      is_archived: false,
    });
    expect(body.data.participants).toEqual(people);
    expect(await listed(body.data.uuid, 3)).toEqual(body.data);
    expect(sandbox.pigeons.messages(body.data.uuid)).toEqual([]);
  });
  it('answers the existing one of the same two about the same thing, whoever asks', async () => {
    const { data } = (await begin({ participant_uuid: uuid(3), ...tag })).body;
    const before = sandbox.pigeons.conversations();
    const again = await begin({ participant_uuid: uuid(0), ...tag }, 3);
    expect([again.status, again.body.data]).toEqual([201, data]);
    expect(sandbox.pigeons.conversations()).toEqual(before);
    for (const other of [{ ...tag, taggable_id: 6 }, {}])
      expect((await begin({ participant_uuid: uuid(3), ...other })).body.data.uuid).not.toBe(data.uuid);
  });
  it('has participants with everything once somebody has written', async () => {
    const { data } = (await begin({ participant_uuid: uuid(3), ...tag })).body;
    expect((await send({ conversation_uuid: data.uuid, receiver_uuid: uuid(3) })).status).toBe(201);
    const { participants } = await listed(data.uuid);
    expect(participants.map(({ pivot }: any) => pivot.unread_count)).toEqual([0, 1]);
  });
  it.each<[string, Fields]>([
    ['participant_uuid', {}],
    ['participant_uuid', { participant_uuid: 'nobody' }],
    ['taggable_type', { taggable_type: 5 }],
    ['taggable_id', { taggable_id: '5' }],
    ['title', { title: 'a field that is not documented' }],
  ])('answers 422 that names %s, and makes nothing', async (field, fields) => {
    const before = sandbox.pigeons.conversations();
    const who = field === 'participant_uuid' ? {} : { participant_uuid: uuid(3) };
    const answer = await begin({ ...who, ...fields });
    expect([answer.status, Object.keys(answer.body.errors)]).toEqual([422, [field]]);
    expect(sandbox.pigeons.conversations()).toEqual(before);
  });
  it('refuses a conversation with oneself', async () => {
    expect((await begin({ participant_uuid: uuid(0) })).body.errors).toHaveProperty('participant_uuid');
  });
});

describe('Pigeons emulator: what is stored and how the log calls it', () => {
  it('sums up what came over HTTP, and nothing that a test put in', async () => {
    sandbox.pigeons.addMessage(ids.documented);
    sandbox.pigeons.addConversation();
    const metadata = { key: 'k-1' };
    const { message_id } = (await send({ metadata, attachments: [{}, {}] })).body.data;
    const { data } = (await call('POST', '/conversations', { participant_uuid: uuid(3), taggable_type: 'x' }))
      .body;
    await call('POST', '/conversations', { participant_uuid: uuid(3), taggable_type: 'x' });
    // A message that has changed since is still the one that was written.
    await call('PATCH', `/messages/${message_id}/read`, undefined, 1);
    expect(sandbox.pigeons.stored()).toEqual({
      conversations: [data.uuid],
      messages: [
        { conversationId: ids.documented, id: message_id, text: 'Olá 👋', attachments: 2, metadata },
      ],
    });
    sandbox.reset();
    expect(sandbox.pigeons.stored()).toEqual({ conversations: [], messages: [] });
  });
  it('names each write', async () => {
    await call('POST', '/conversations', {});
    await call('POST', '/messages', {});
    await call('PATCH', '/messages/1/read');
    await call('POST', '/messages/1/reactions', {});
    const calls = sandbox.pigeons.requests.map((request) => request.call);
    expect(calls).toEqual(['startConversation', 'sendMessage', 'markRead', 'addReaction']);
    for (const name of calls) expect(sandbox.pigeons.calls).toContain(name);
  });
});
