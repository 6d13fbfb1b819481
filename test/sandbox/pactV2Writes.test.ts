import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startSandbox, wellKnown, type Sandbox } from '../../src/sandbox/index.ts';
import { createUploadWindow } from '../../src/sandbox/pact/v2/uploadWindow.ts';
import { ask, formWithFile, type Answer } from './ask.ts';
import { askPactV2 } from './askPactV2.ts';

const ids = wellKnown.pact;
const nothing = { conversations: [], messages: [], jobs: [], uploads: [] };
const image = { name: 'photo.png', type: 'image/png' };

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
beforeEach(() => sandbox.reset());
afterAll(() => sandbox.close());

const { get, write, upload } = askPactV2(() => sandbox.pact);
const send = (id: number, body: Record<string, unknown>): Promise<Answer> =>
  write('POST', `/conversations/${id}/messages`, body);
const start = (body: Record<string, unknown>): Promise<Answer> => write('POST', '/messages', body);
const update = (id: number, body: Record<string, unknown>): Promise<Answer> =>
  write('PUT', `/conversations/${id}`, body);
const remove = (id: number, message_ids: unknown): Promise<Answer> =>
  write('DELETE', `/conversations/${id}/messages`, { message_ids });
const read = async (id: number, message: number): Promise<any> =>
  (await get(`/conversations/${id}/messages/${message}`)).body.data;
const uploaded = async (bytes = 'hello', fields: Record<string, string> = image): Promise<any> =>
  (await upload(formWithFile('file', bytes, fields))).body.data;
const viaV1 = (path: string, body: URLSearchParams | FormData): Promise<Answer> =>
  ask(
    `${sandbox.pact.url}/p1/companies/154/conversations${path}`,
    { 'X-Private-Api-Token': sandbox.pact.token },
    { method: 'POST', body },
  );
const last = (id: number): any => sandbox.pact.messages(id).at(-1);

describe('Pact emulator, v2: sending', () => {
  it('answers the row at once, before the messenger has; v1 has it too', async () => {
    const answer = await send(ids.documented, { text: 'Привет 👋' });
    const { external_id: id, created_at } = last(ids.documented);
    expect(answer).toMatchObject({ status: 200, body: { status: 'created' } });
    expect(answer.body.data).toEqual({
      ...{ id, external_id: null, company_id: 154, conversation_id: ids.documented },
      ...{ contact_id: expect.any(Number), replied_to_id: null, income: false, message: 'Привет 👋' },
      ...{ created_at, external_created_at: created_at, status: 'created', details: null, delivery: null },
      ...{ reactions: answer.body.data.reactions, deleted: false, attachments: [] },
    });
    expect(last(ids.documented)).toMatchObject({
      message: 'Привет 👋',
      income: false,
      channel_type: 'whatsapp',
    });
  });
  it('shows what v1 has sent', async () => {
    await viaV1(`/${ids.documented}/messages`, new URLSearchParams({ message: 'by v1' }));
    const { external_id: id } = last(ids.documented);
    expect(await read(ids.documented, id)).toMatchObject({ id, message: 'by v1', status: 'sent' });
  });
  it('answers a message by the name that its messenger has for it', async () => {
    const { external_id } = sandbox.pact.v2.message(ids.documentedMessage);
    const { data } = (await send(ids.documented, { text: 'Yes', replied_to_id: external_id })).body;
    expect(data.replied_to_id).toBe(external_id);
    await send(ids.documented, { text: 'No reply' });
    expect(sandbox.pact.stored().messages).toEqual([
      {
        ...{ conversationId: ids.documented, id: data.id, text: 'Yes', attachments: 0, jobId: null },
        repliedToId: external_id,
      },
      {
        ...{ conversationId: ids.documented, id: last(ids.documented).external_id },
        ...{ text: 'No reply', attachments: 0, jobId: null },
      },
    ]);
  });
  it('sends an upload, once', async () => {
    const { id } = await uploaded();
    const { data } = (await send(ids.documented, { attachment_ids: [id] })).body;
    expect(data).toMatchObject({ message: null, attachments: [{ id, message_id: data.id }] });
    expect(sandbox.pact.uploads()).toMatchObject([{ id, conversationId: null, messageId: data.id }]);
    expect((await send(ids.documented, { attachment_ids: [id] })).status).toBe(400);
    const asV1 = new URLSearchParams({ message: '', 'attachments_ids[]': String(id) });
    expect((await viaV1(`/${ids.documented}/messages`, asV1)).status).toBe(400);
  });
  it('shares uploads with v1', async () => {
    const path = `/${ids.documented}/messages/attachments`;
    const byV1 = (await viaV1(path, formWithFile('file', 'x', image))).body.data.external_id;
    // v1 uploads to a conversation.
    expect((await send(ids.imported, { attachment_ids: [byV1] })).status).toBe(400);
    expect((await send(ids.documented, { attachment_ids: [byV1] })).status).toBe(200);
    const { id } = await uploaded();
    const asV1 = new URLSearchParams({ message: '', 'attachments_ids[]': String(id) });
    expect((await viaV1(`/${ids.documented}/messages`, asV1)).status).toBe(200);
    expect(last(ids.documented).attachments).toMatchObject([{ id }]);
  });
  it.each<[string, Record<string, unknown>]>([
    ['nothing', {}],
    ['an empty text', { text: '' }],
    ['a text that is none', { text: 1 }],
    ['an unknown attachment', { attachment_ids: [1] }],
    ['an attachment that is none', { attachment_ids: ['x'] }],
    ['two attachments', { text: 'Hi', attachment_ids: [1, 2] }],
    ['an answer to nobody', { text: 'Hi', replied_to_id: 'wamid.1' }],
    ['an answer in another conversation', { text: 'Hi', replied_to_id: 'mid.55509' }],
    ['an answer to one that its messenger has not', { text: 'Hi', replied_to_id: `wamid.${ids.v2.failed}` }],
    ['a send_to_crm that is none', { text: 'Hi', send_to_crm: 'yes' }],
    ['the field of v1', { message: 'Hi' }],
  ])('answers 400 for %s and stores nothing', async (_what, body) => {
    expect(await send(ids.documented, body)).toMatchObject({ status: 400, body: { status: 'error' } });
    expect(sandbox.pact.stored()).toEqual(nothing);
  });
  it('answers 400 for a caption on WhatsApp of what is no image', async () => {
    const { id } = await uploaded('x', { name: 'a.pdf', type: 'application/pdf' });
    expect((await send(ids.documented, { text: 'See', attachment_ids: [id] })).status).toBe(400);
    expect((await send(ids.sameTime, { text: 'See', attachment_ids: [id] })).status).toBe(200);
  });
  it('answers 404 for a conversation that does not exist', async () => {
    expect((await send(1, { text: 'Hi' })).status).toBe(404);
  });
});

describe('Pact emulator, v2: what becomes of a message', () => {
  const sent = { status: 'sent', external_id: expect.any(String) };
  const created = { status: 'created', external_id: null };

  it('is sent on WhatsApp once it is answered', async () => {
    const { data } = (await send(ids.documented, { text: 'Hi' })).body;
    expect(data).toMatchObject(created);
    expect(await read(ids.documented, data.id)).toMatchObject({ ...sent, external_id: `wamid.${data.id}` });
  });
  it('is sent elsewhere once it has been read by itself for the second time', async () => {
    const { data } = (await send(ids.sameTime, { text: 'Hi' })).body;
    const listed = async () => (await get(`/conversations/${ids.sameTime}/messages`)).body.data[0];
    expect(await listed()).toMatchObject(created);
    expect(await read(ids.sameTime, data.id)).toMatchObject(created);
    expect(await listed()).toMatchObject(created);
    expect(await read(ids.sameTime, data.id)).toMatchObject(sent);
    expect(await listed()).toMatchObject(sent);
  });
  it('is sent in the answer in mode sync', async () => {
    sandbox.pact.delivery('sync');
    expect((await send(ids.sameTime, { text: 'Hi' })).body.data).toMatchObject(sent);
  });
  it('waits in mode async until all or it is settled', async () => {
    sandbox.pact.delivery('async');
    const messages: any[] = [];
    for (const text of ['1', '2', '3', '4']) messages.push((await send(ids.documented, { text })).body.data);
    const now = () => Promise.all(messages.map(({ id }) => read(ids.documented, id)));
    await now();
    expect(await now()).toMatchObject([created, created, created, created]);
    const [read_, failed] = messages;
    sandbox.pact.v2.settle(read_.id, 'read');
    sandbox.pact.v2.settle(failed.id, 'error', 'no such number');
    await remove(ids.documented, [messages[3].id]);
    const settled = [
      { status: 'read', external_id: expect.any(String) },
      { status: 'error', external_id: null, details: 'no such number' },
    ];
    expect(await now()).toMatchObject([...settled, created, { ...created, deleted: true }]);
    sandbox.pact.settleJobs();
    expect(await now()).toMatchObject([...settled, sent, { ...created, deleted: true }]);
  });
  it('goes on as it is told, whoever has sent it', () => {
    const { v2, webhook } = sandbox.pact;
    v2.settle(ids.documentedMessage, 'delivered');
    expect(v2.message(ids.documentedMessage).status).toBe('delivered');
    webhook.ack(ids.documentedMessage, 3);
    expect(v2.message(ids.documentedMessage).status).toBe('read');
  });
  it('waits for nobody after a reset', async () => {
    sandbox.pact.delivery('async');
    await send(ids.documented, { text: 'Hi' });
    sandbox.reset();
    sandbox.pact.settleJobs();
    expect(sandbox.pact.stored()).toEqual(nothing);
    const { data } = (await send(ids.documented, { text: 'Hi' })).body;
    expect(await read(ids.documented, data.id)).toMatchObject(sent);
  });
});

describe('Pact emulator, v2: starting', () => {
  it.each([
    ['whatsapp', { phone: '79250000099' }],
    ['whatsapp_business', { phone: '79250000099', waba_id: '12', substitutions: ['a'] }],
    ['telegram_personal', { phone: '79250000099' }],
    ['telegram_personal', { nickname: 'anna' }],
    ['vkontakte', { vkontakte_id: '12345' }],
    ['max', { phone: '79250000099' }],
  ])('begins a conversation on %s with %p', async (provider, address) => {
    const answer = await start({ provider, ...address, text: 'Hi' });
    const [id] = sandbox.pact.stored().conversations;
    expect(answer).toMatchObject({
      status: 200,
      body: { status: 'created', data: { conversation_id: id, status: 'created', message: 'Hi' } },
    });
    const [contact] = Object.values(address);
    expect((await get(`/conversations/${id}`)).body.data).toMatchObject({
      ...{ id, provider, sender_external_id: contact, operational_state: 'open' },
      ...{ sender_phone: 'phone' in address ? contact : null },
      ...{ sender_external_public_id: 'nickname' in address ? contact : null },
      last_message_id: answer.body.data.id,
    });
    expect(sandbox.pact.stored().messages).toMatchObject([{ conversationId: id, text: 'Hi', jobId: null }]);
    expect(sandbox.pact.messages(id!)).toHaveLength(1);
  });
  it('goes on with the conversation that there is, whichever version began it', async () => {
    const address = { provider: 'whatsapp', phone: '79250000099' };
    const { external_id } = (await viaV1('', new URLSearchParams({ ...address, text: '1' }))).body.data
      .conversation;
    expect((await start({ ...address, text: '2' })).body.data.conversation_id).toBe(external_id);
    await start({ ...address, phone: '79250000098', text: '3' });
    const again = await viaV1('', new URLSearchParams({ ...address, phone: '79250000098', text: '4' }));
    const [, second] = sandbox.pact.stored().conversations;
    expect(again.body.data.conversation.external_id).toBe(second);
    expect(sandbox.pact.stored().messages.map(({ text }) => text)).toEqual(['1', '2', '3', '4']);
    // Another messenger is another conversation.
    await start({ ...address, provider: 'telegram_personal', text: '5' });
    expect(sandbox.pact.stored().conversations).toHaveLength(3);
  });
  it('sends a file first', async () => {
    const { id } = await uploaded();
    const { data } = (await start({ provider: 'vkontakte', vkontakte_id: '1', attachment_ids: [id] })).body;
    expect(data).toMatchObject({ message: null, attachments: [{ id, message_id: data.id }] });
  });
  it.each<[string, Record<string, unknown>]>([
    ['no messenger', { phone: '79250000099', text: 'Hi' }],
    ['a messenger where nothing can be begun', { provider: 'avito', phone: '79250000099', text: 'Hi' }],
    ['nobody', { provider: 'whatsapp', text: 'Hi' }],
    ['a phone that is none', { provider: 'whatsapp', phone: '+7 925', text: 'Hi' }],
    ['a nickname on WhatsApp', { provider: 'whatsapp', nickname: 'anna', text: 'Hi' }],
    ['a phone on VKontakte', { provider: 'vkontakte', phone: '79250000099', text: 'Hi' }],
    ['an id that is none', { provider: 'vkontakte', vkontakte_id: 'anna', text: 'Hi' }],
    [
      'a phone and a nickname',
      { provider: 'telegram_personal', phone: '79250000099', nickname: 'a', text: 'Hi' },
    ],
    ['nothing to say', { provider: 'whatsapp', phone: '79250000099' }],
    ['an unknown attachment', { provider: 'whatsapp', phone: '79250000099', attachment_ids: [1] }],
    ['two attachments', { provider: 'whatsapp', phone: '79250000099', text: 'Hi', attachment_ids: [1, 2] }],
    ['a reply', { provider: 'whatsapp', phone: '79250000099', text: 'Hi', replied_to_id: 'wamid.47098' }],
  ])('answers 400 for %s and begins nothing', async (_what, body) => {
    expect((await start(body)).status).toBe(400);
    expect(sandbox.pact.stored()).toEqual(nothing);
    expect(sandbox.pact.conversations()).toHaveLength(46);
  });
});

describe('Pact emulator, v2: deleting', () => {
  const standing = async (id: number) => (await get(`/conversations/${id}/messages`)).body.data;

  it('leaves the rows without what was in them, and v1 without the rows', async () => {
    const chosen: number[] = [ids.documentedMessage, ids.v2.reply];
    expect(await remove(ids.documented, chosen)).toMatchObject({
      status: 200,
      body: { status: 'deleted', data: {} },
    });
    const rows = (await standing(ids.documented)).filter(({ id }: any) => chosen.includes(id));
    expect(rows).toMatchObject(chosen.toReversed().map((id) => ({ id, deleted: true, message: null })));
    const listed = sandbox.pact.messages(ids.documented).map(({ external_id }) => external_id);
    expect(listed.filter((id) => chosen.includes(id))).toEqual([]);
    // Again is no mistake.
    expect((await remove(ids.documented, chosen)).status).toBe(200);
  });
  it('takes what was sent from what is stored, and lets nobody answer it', async () => {
    const { data } = (await send(ids.documented, { text: 'Hi' })).body;
    const { external_id } = sandbox.pact.v2.message(data.id);
    const reply = { text: 'Hi', replied_to_id: external_id };
    expect((await send(ids.documented, reply)).status).toBe(200);
    await remove(ids.documented, [data.id]);
    expect((await send(ids.documented, reply)).status).toBe(400);
    expect(sandbox.pact.stored().messages).toMatchObject([{ repliedToId: external_id }]);
  });
  it.each<[string, number, unknown]>([
    ['no ids', ids.documented, undefined],
    ['an empty list', ids.documented, []],
    ['ids that are none', ids.documented, ['x']],
    ['a messenger that can not', ids.attachments, [ids.v2.image]],
    ['WhatsApp Business, which is not named', ids.business, [1]],
  ])('answers 400 for %s', async (_what, id, messages) => {
    expect((await remove(id, messages)).status).toBe(400);
    expect((await standing(id)).filter(({ deleted }: any) => deleted)).toEqual([]);
  });
  it('answers 404 where one of them does not exist there, and deletes none', async () => {
    expect((await remove(1, [ids.documentedMessage])).status).toBe(404);
    expect((await remove(ids.documented, [ids.documentedMessage, ids.v2.image])).status).toBe(404);
    expect(sandbox.pact.v2.message(ids.documentedMessage).deleted).toBe(false);
  });
});

describe('Pact emulator, v2: archiving', () => {
  it('archives and reopens, and moves the conversation up', async () => {
    const answer = await update(ids.documented, { operational_state: 'archived' });
    expect(answer).toMatchObject({
      status: 200,
      body: { status: 'updated', data: { id: ids.documented, operational_state: 'archived' } },
    });
    expect((await get('/conversations')).body.data[0]).toEqual(answer.body.data);
    expect((await update(ids.documented, { operational_state: 'open' })).body.data).toMatchObject({
      operational_state: 'open',
    });
    expect((await update(ids.v2.archived, { operational_state: 'open' })).status).toBe(200);
  });
  it('says whose turn it is', async () => {
    const { data } = (await update(ids.documented, { replied_state: 'unreplied' })).body;
    expect(data).toMatchObject({ replied_state: 'unreplied', operational_state: 'open' });
  });
  it.each<[string, Record<string, unknown>]>([
    ['nothing', {}],
    ['blocking', { operational_state: 'blocked' }],
    ['a state that is none', { operational_state: 'closed' }],
    ['going back to the beginning', { replied_state: 'initialized' }],
    ['a field that is none', { group: true }],
  ])('answers 400 for %s and changes nothing', async (_what, body) => {
    const before = sandbox.pact.v2.conversation(ids.documented);
    expect((await update(ids.documented, body)).status).toBe(400);
    expect(sandbox.pact.v2.conversation(ids.documented)).toEqual(before);
  });
  it('answers 400 for reopening one that is blocked, 404 for one that does not exist', async () => {
    expect((await update(ids.v2.blocked, { operational_state: 'open' })).status).toBe(400);
    expect((await update(ids.v2.blocked, { operational_state: 'archived' })).status).toBe(400);
    expect(sandbox.pact.v2.conversation(ids.v2.blocked).operational_state).toBe('blocked');
    expect((await update(1, { operational_state: 'archived' })).status).toBe(404);
  });
});

describe('Pact emulator, v2: uploads', () => {
  it('answers the row of a file, which it serves', async () => {
    const answer = await upload(formWithFile('file', 'hello', image));
    expect(answer).toMatchObject({ status: 200, body: { status: 'created' } });
    const { data } = answer.body;
    const url = data.attachment_url;
    expect(data).toEqual({
      ...{ id: 1, message_id: null, file_name: 'photo.png', mime_type: 'image/png', size: 5 },
      ...{ attachment_url: url, preview_url: url, aspect_ratio: null, data: null, push_to_talk: false },
    });
    expect(await ask(url)).toMatchObject({ status: 200, type: 'image/png', body: 'hello' });
    expect(sandbox.pact.stored().uploads).toEqual([
      {
        ...{ id: 1, fileName: 'photo.png', mimeType: 'image/png', byteSize: 5 },
        sha256: createHash('sha256').update('hello').digest('hex'),
        ...{ conversationId: null, sourceUrl: null, jobId: null, messageId: null },
      },
    ]);
  });
  it('keeps what it is told of a file, also in its message', async () => {
    const traits = {
      'metadata[push_to_talk]': 'true',
      'metadata[data][width]': '30',
      'metadata[data][height]': '20',
    };
    const row = await uploaded('hello', { ...image, ...traits });
    const said = { push_to_talk: true, data: { width: 30, height: 20 }, aspect_ratio: 1.5 };
    expect(row).toMatchObject(said);
    expect(sandbox.pact.uploads()).toMatchObject([{ traits: { pushToTalk: true, width: 30, height: 20 } }]);
    const { data } = (await send(ids.documented, { attachment_ids: [row.id] })).body;
    expect((await read(ids.documented, data.id)).attachments).toEqual([{ ...row, message_id: data.id }]);
    expect(last(ids.documented).attachments).toMatchObject([said]);
  });
  it('takes the address of a file, and what is said of that', async () => {
    const file_url = 'https://example.com/a/voice.ogg?x=1';
    const metadata = { push_to_talk: true, data: { width: 3 } };
    const { status, body } = await write('POST', '/attachments/', { file_url, metadata });
    expect(status).toBe(200);
    expect(body.data).toMatchObject({
      ...{ file_name: 'voice.ogg', attachment_url: file_url, size: null },
      ...{ push_to_talk: true, data: { width: 3, height: null }, aspect_ratio: null },
    });
  });
  it.each<[string, FormData]>([
    ['no file', new FormData()],
    ['a file under another name', formWithFile('media', 'x')],
    ['a field that is none', formWithFile('file', 'x', { file_url: 'https://example.com/a.png' })],
    ['push_to_talk that is none', formWithFile('file', 'x', { 'metadata[push_to_talk]': 'yes' })],
    ['pixels that are none', formWithFile('file', 'x', { 'metadata[data][width]': '0' })],
  ])('answers 400 for %s', async (_what, form) => {
    expect((await upload(form)).status).toBe(400);
    expect(sandbox.pact.uploads()).toEqual([]);
  });
  it.each<[string, Record<string, unknown>]>([
    ['no address', {}],
    ['an address that is none', { file_url: 'nowhere' }],
    ['an address of another kind', { file_url: 'ftp://host/a' }],
    ['pixels that are none', { file_url: 'https://example.com/a', metadata: { data: { width: '3' } } }],
  ])('answers 400 for %s in JSON', async (_what, body) => {
    expect((await write('POST', '/attachments/', body)).status).toBe(400);
    expect(sandbox.pact.uploads()).toEqual([]);
  });
});

describe('Pact emulator, v2: the limit of uploads', () => {
  /** More than a minute allows, at once: on a slow machine a second may be over before the sixth. */
  const many = async () => {
    const answers = await Promise.all(
      Array.from({ length: 36 }, () => {
        const form = formWithFile('file', 'x');
        form.append('company_id', '154');
        form.append('private_api_token', sandbox.pact.token);
        return fetch(`${sandbox.pact.url}/api/p2/attachments/`, { method: 'POST', body: form });
      }),
    );
    await Promise.all(answers.map((answer) => answer.arrayBuffer()));
    return answers.filter(({ status }) => status === 429);
  };

  it('refuses what is too much once it is switched on, and says for how long', async () => {
    sandbox.pact.v2.uploadLimit(true);
    const refused = await many();
    expect(refused.length).toBeGreaterThanOrEqual(6);
    for (const { headers } of refused) expect(headers.get('retry-after')).toMatch(/^([1-9]|[1-5]\d|60)$/);
    expect(sandbox.pact.uploads()).toHaveLength(36 - refused.length);
  });
  it('is off unless switched on, and after a reset', async () => {
    expect(await many()).toEqual([]);
    sandbox.pact.v2.uploadLimit(true);
    await many();
    sandbox.reset();
    expect(await many()).toEqual([]);
  });
  it('counts 5 files a second and 30 a minute', () => {
    const window = createUploadWindow();
    const take = (now: number) => window.take(now);
    expect([0, 0, 0, 100, 100].map(take)).toEqual([0, 0, 0, 0, 0]);
    expect(take(400)).toBe(600);
    expect(take(1_000)).toBe(0);
    expect([2_000, 3_000, 4_000, 5_000].flatMap((at) => [at, at, at, at, at]).map(take)).toEqual(
      Array.from({ length: 20 }, () => 0),
    );
    expect([6_000, 7_000, 8_000, 9_000].map(take)).toEqual([0, 0, 0, 0]);
    // Thirty by now, the first of which were at 0.
    expect(take(10_000)).toBe(50_000);
    expect(take(59_999)).toBe(1);
    expect(take(60_000)).toBe(0);
  });
});

describe('Pact emulator, v2: writes whose answers are lost', () => {
  it.each([
    ['v2SendMessage', () => send(ids.documented, { text: 'Hi' }), 'messages'],
    [
      'v2StartConversation',
      () => start({ provider: 'vkontakte', vkontakte_id: '1', text: 'Hi' }),
      'conversations',
    ],
    ['v2UploadAttachment', () => upload(formWithFile('file', 'x')), 'uploads'],
  ] as const)('%s is dropped, or done once', async (call, perform, what) => {
    sandbox.pact.failNext({ reset: true }, { call });
    await expect(perform()).rejects.toThrow('fetch failed');
    expect(sandbox.pact.stored()).toEqual(nothing);
    sandbox.pact.failNext({ acceptThen: 'reset' }, { call });
    await expect(perform()).rejects.toThrow('fetch failed');
    expect(sandbox.pact.stored()[what]).toHaveLength(1);
  });
});
