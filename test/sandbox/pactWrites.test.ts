import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startSandbox, wellKnown, type Sandbox } from '../../src/sandbox/index.ts';
import { ask, formWithFile, type Answer } from './ask.ts';

const ids = wellKnown.pact;

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
beforeEach(() => sandbox.reset());
afterAll(() => sandbox.close());

type Fields = Record<string, string> | [string, string][];

const token = (): Record<string, string> => ({ 'X-Private-Api-Token': sandbox.pact.token });
const company = (path: string): string => `${sandbox.pact.url}/p1/companies/${ids.companyId}${path}`;
const post = (path: string, body: URLSearchParams | FormData): Promise<Answer> =>
  ask(company(`/conversations${path}`), token(), { method: 'POST', body });
const send = (id: number, fields: Fields): Promise<Answer> =>
  post(`/${id}/messages`, new URLSearchParams(fields));
const start = (fields: Fields): Promise<Answer> => post('', new URLSearchParams(fields));
const image = { name: 'photo.png', type: 'image/png' };
const upload = async (id: number, bytes = 'hello', more = {}): Promise<number> =>
  (await post(`/${id}/messages/attachments`, formWithFile('file', bytes, more))).body.data.external_id;
const job = async (channel: number, id: number): Promise<any> =>
  (await ask(company(`/channels/${channel}/jobs/${id}`), token())).body.data;
const last = (id: number): any => sandbox.pact.messages(id).at(-1);
const count = (id: number): number => sandbox.pact.messages(id).length;

describe('Pact emulator: sending on WhatsApp', () => {
  it('delivers at once: the job names the message, which is the newest of its conversation', async () => {
    const before = last(ids.documented);
    const began = Date.now();
    const answer = await send(ids.documented, { message: 'Привет 👋' });
    const row = last(ids.documented);
    expect(answer).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(answer.body.data).toEqual({
      id: 18,
      company_id: 154,
      channel: { id: 381, type: 'whatsapp' },
      conversation_id: ids.documented,
      state: 'delivered',
      message_id: row.external_id,
      details: { result: 'DELIVERED' },
      created_at: expect.any(Number),
    });
    expect(row).toMatchObject({ message: 'Привет 👋', income: false, channel_id: 381, attachments: [] });
    expect(row.external_id).toBeGreaterThan(before.external_id);
    expect(Date.parse(row.created_at)).toBeGreaterThanOrEqual(began);
  });
  it('answers the new message as the last of the list and the first of the reversed one', async () => {
    await send(ids.imported, { message: 'now' });
    const url = company(`/conversations/${ids.imported}/messages?per=1&sort_direction=desc`);
    expect((await ask(url, token())).body.data.messages).toEqual([last(ids.imported)]);
  });
  it('keeps the order of sends that come within one millisecond, also behind a row from the future', async () => {
    sandbox.pact.addMessage(ids.documented, { created_at: '2100-01-01T00:00:00.000Z' });
    for (const message of ['1', '2', '3']) await send(ids.documented, { message });
    const texts = sandbox.pact.messages(ids.documented).slice(-3);
    expect(texts.map((row) => row.message)).toEqual(['1', '2', '3']);
    expect(new Set(texts.map((row) => row.created_at)).size).toBe(3);
  });
  it('keeps what the send said of the CRM, which is true unless given', async () => {
    await send(ids.documented, { message: 'a' });
    await send(ids.documented, { message: 'b', send_to_crm: 'false' });
    expect(sandbox.pact.jobs().map(({ sent }) => sent.sendToCrm)).toEqual([true, false]);
  });
  it.each<[string, Fields]>([
    ['no message', {}],
    ['an empty message without attachments', { message: '' }],
    ['an attachment without the message field', { 'attachments_ids[]': '1' }],
    ['two messages', [...Object.entries({ message: 'a' }), ['message', 'b']]],
    ['an attachment id that is none', { message: 'a', 'attachments_ids[]': 'x' }],
    ['an unknown attachment', { message: 'a', 'attachments_ids[]': '1' }],
    ['attachments under another name', { message: 'a', 'attachment_ids[]': '1' }],
    ['a send_to_crm that is none', { message: 'a', send_to_crm: 'yes' }],
    ['buttons', { message: 'a', interactive: '{"type":"button","buttons":["fine"]}' }],
  ])('answers 400 for %s and stores nothing', async (_what, fields) => {
    const before = count(ids.documented);
    expect((await send(ids.documented, fields)).status).toBe(400);
    expect([count(ids.documented), sandbox.pact.jobs()]).toEqual([before, []]);
  });
  it('answers 400 for bodies that are not form-encoded', async () => {
    const url = company(`/conversations/${ids.documented}/messages`);
    const json = { ...token(), 'Content-Type': 'application/json' };
    expect((await ask(url, json, { method: 'POST', body: '{"message":"a"}' })).body).toMatchObject({
      status: 'error',
      error: { code: 400 },
    });
    const multipart = new FormData();
    multipart.append('message', 'a');
    expect((await post(`/${ids.documented}/messages`, multipart)).status).toBe(400);
    expect((await ask(url, token(), { method: 'POST' })).status).toBe(400);
  });
  it('answers 401 without the token, and 404 for what does not exist', async () => {
    const init = { method: 'POST', body: new URLSearchParams({ message: 'a' }) };
    expect((await ask(company(`/conversations/${ids.documented}/messages`), {}, init)).status).toBe(401);
    expect((await send(1, { message: 'a' })).status).toBe(404);
    expect((await post('/1/messages/attachments', formWithFile('file', 'x'))).status).toBe(404);
    expect((await ask(company('/nowhere'), token(), init)).status).toBe(404);
  });
});

describe('Pact emulator: sending elsewhere', () => {
  it('answers a job that is still trying, and settles it when its details are asked for the second time', async () => {
    const before = count(ids.sameTime);
    const { data } = (await send(ids.sameTime, { message: 'hi' })).body;
    expect(data).toMatchObject({ state: 'trying_deliver', message_id: null, details: null });
    expect(await job(data.channel.id, data.id)).toEqual(data);
    expect(count(ids.sameTime)).toBe(before);
    const settled = await job(data.channel.id, data.id);
    expect(settled).toEqual({
      ...data,
      state: 'delivered',
      message_id: last(ids.sameTime).external_id,
      details: { result: 'DELIVERED' },
    });
    expect(last(ids.sameTime)).toMatchObject({ message: 'hi', channel_type: 'telegram' });
    expect(await job(data.channel.id, data.id)).toEqual(settled);
    expect(count(ids.sameTime)).toBe(before + 1);
  });
  it('answers 404 for an unknown job and for a job of another channel', async () => {
    const { data } = (await send(ids.sameTime, { message: 'hi' })).body;
    for (const path of [`/channels/${data.channel.id}/jobs/99`, `/channels/381/jobs/${data.id}`])
      expect((await ask(company(path), token())).status).toBe(404);
  });
  it('names a channel also where the conversation has none', async () => {
    const { external_id } = sandbox.pact.addConversation({ channel_id: null, channel_type: 'avito' });
    const { data } = (await send(external_id, { message: 'hi' })).body;
    expect(data.channel).toEqual({ id: expect.any(Number), type: 'avito' });
    expect(await job(data.channel.id, data.id)).toEqual(data);
  });
  it('takes buttons on WhatsApp Business', async () => {
    const interactive = { type: 'button', buttons: ['fine', 'awesome'] };
    await send(ids.business, { message: 'How are you?', interactive: JSON.stringify(interactive) });
    expect(sandbox.pact.jobs()).toMatchObject([
      { channel: { type: 'whatsapp_business' }, sent: { interactive } },
    ]);
  });
  it.each([
    '{',
    '[]',
    '{"type":"list","buttons":["a"]}',
    '{"type":"button","buttons":[]}',
    '{"type":"button"}',
  ])('answers 400 for the buttons %s', async (interactive) => {
    expect((await send(ids.business, { message: 'a', interactive })).status).toBe(400);
  });
});

describe('Pact emulator: delivery as a test wants it', () => {
  it('delivers everything at once', async () => {
    sandbox.pact.delivery('sync');
    const { data } = (await send(ids.sameTime, { message: 'hi' })).body;
    expect(data).toMatchObject({ state: 'delivered', message_id: last(ids.sameTime).external_id });
  });
  it('waits to be told, however often it is asked', async () => {
    sandbox.pact.delivery('async');
    const before = count(ids.documented);
    const { data } = (await send(ids.documented, { message: 'hi' })).body;
    for (let time = 0; time < 3; time += 1) expect(await job(381, data.id)).toEqual(data);
    expect(count(ids.documented)).toBe(before);
    const later = sandbox.pact.addMessage(ids.documented, { message: 'meanwhile' });
    sandbox.pact.settleJob(data.id, 'DELIVERED');
    const row = last(ids.documented);
    expect(row).toMatchObject({ message: 'hi', income: false });
    expect(Date.parse(row.created_at)).toBeGreaterThan(Date.parse(later.created_at));
    expect(await job(381, data.id)).toMatchObject({ message_id: row.external_id, state: 'delivered' });
  });
  it('fails a job with a reason, and then there is no message', async () => {
    sandbox.pact.delivery('async');
    const before = count(ids.documented);
    const { data } = (await send(ids.documented, { message: 'hi' })).body;
    sandbox.pact.settleJob(data.id, 'NOT DELIVERED', 'no such number');
    expect(await job(381, data.id)).toMatchObject({
      state: 'not_delivered',
      message_id: null,
      details: { result: 'NOT DELIVERED', reason: 'no such number' },
    });
    expect(count(ids.documented)).toBe(before);
  });
  it('settles whatever waits, oldest first', async () => {
    sandbox.pact.delivery('async');
    for (const message of ['1', '2']) await send(ids.documented, { message });
    sandbox.pact.settleJobs();
    expect(
      sandbox.pact
        .messages(ids.documented)
        .slice(-2)
        .map((row) => row.message),
    ).toEqual(['1', '2']);
    expect(sandbox.pact.jobs().map(({ state }) => state)).toEqual(['delivered', 'delivered']);
  });
  it('refuses to settle a job twice or one that does not exist', async () => {
    await send(ids.documented, { message: 'hi' });
    const [done] = sandbox.pact.jobs();
    expect(() => sandbox.pact.settleJob(done!.id, 'DELIVERED')).toThrow(RangeError);
    expect(() => sandbox.pact.settleJob(99, 'DELIVERED')).toThrow(RangeError);
  });
  it('is as usual after reset, without jobs and uploads', async () => {
    sandbox.pact.delivery('async');
    await upload(ids.documented);
    await send(ids.documented, { message: 'hi' });
    sandbox.reset();
    expect([sandbox.pact.jobs(), sandbox.pact.uploads()]).toEqual([[], []]);
    expect((await send(ids.documented, { message: 'hi' })).body.data.state).toBe('delivered');
  });
});

describe('Pact emulator: attachments', () => {
  const bytes = 'order,city\r\n1,Лиссабон\r\n';

  it('keeps an upload until a message takes it, and serves it under the URL in that message', async () => {
    const id = await upload(ids.documented, bytes, { name: 'Заказы №5.csv', type: 'text/csv' });
    const stored = {
      id,
      conversationId: ids.documented,
      fileName: 'Заказы №5.csv',
      mimeType: 'text/csv',
      byteSize: Buffer.byteLength(bytes),
      sha256: createHash('sha256').update(bytes).digest('hex'),
      messageId: null,
    };
    expect(sandbox.pact.uploads()).toMatchObject([stored]);
    await send(ids.documented, { message: '', 'attachments_ids[]': String(id) });
    const row = last(ids.documented);
    expect(sandbox.pact.uploads()).toMatchObject([{ ...stored, messageId: row.external_id }]);
    expect(row).toMatchObject({
      message: null,
      attachments: [{ id, file_name: 'Заказы №5.csv', mime_type: 'text/csv', size: stored.byteSize }],
    });
    expect(await ask(row.attachments[0].attachment_url)).toEqual({
      status: 200,
      type: 'text/csv',
      body: bytes,
    });
  });
  it.each([ids.documented, ids.business])(
    'takes a text with an image on WhatsApp (%p), and none with another file',
    async (conversation) => {
      sandbox.pact.delivery('sync');
      const id = await upload(conversation, 'x', image);
      const pdf = String(await upload(conversation, 'x', { name: 'bill.pdf', type: 'application/pdf' }));
      await send(conversation, { message: 'see', 'attachments_ids[]': String(id) });
      expect(last(conversation)).toMatchObject({ message: 'see', attachments: [{ id }] });
      const before = count(conversation);
      expect((await send(conversation, { message: 'see', 'attachments_ids[]': pdf })).status).toBe(400);
      expect([count(conversation), sandbox.pact.jobs().length]).toEqual([before, 1]);
      // The same file alone is fine.
      expect((await send(conversation, { message: '', 'attachments_ids[]': pdf })).status).toBe(200);
    },
  );
  it('takes a text with any file on vkontakte', async () => {
    const id = await upload(ids.vkontakte);
    sandbox.pact.delivery('sync');
    await send(ids.vkontakte, { message: 'see', 'attachments_ids[]': String(id) });
    expect(last(ids.vkontakte)).toMatchObject({ message: 'see', attachments: [{ id }] });
  });
  it('refuses a used attachment, one of another conversation, and the same one twice', async () => {
    const id = String(await upload(ids.documented, 'x', image));
    const foreign = String(await upload(ids.vkontakte, 'x', image));
    expect((await send(ids.documented, { message: 'a', 'attachments_ids[]': foreign })).status).toBe(400);
    const twice: Fields = [
      ['message', 'a'],
      ['attachments_ids[]', foreign],
      ['attachments_ids[]', foreign],
    ];
    expect((await send(ids.vkontakte, twice)).status).toBe(400);
    sandbox.pact.delivery('async');
    expect((await send(ids.documented, { message: 'a', 'attachments_ids[]': id })).status).toBe(200);
    // Its job has not settled, but it is taken.
    expect((await send(ids.documented, { message: 'a', 'attachments_ids[]': id })).status).toBe(400);
  });
  it('takes several in one message on vkontakte only', async () => {
    for (const [conversation, status] of [
      [ids.vkontakte, 200],
      [ids.documented, 400],
    ] as const) {
      const list = [await upload(conversation), await upload(conversation)];
      const fields = list.map((id): [string, string] => ['attachments_ids[]', String(id)]);
      expect((await send(conversation, [['message', ''], ...fields])).status).toBe(status);
    }
    sandbox.pact.settleJobs();
    expect(last(ids.vkontakte).attachments).toHaveLength(2);
  });
  it('takes the address of a file instead, which it does not fetch', async () => {
    const form = new URLSearchParams({ file_url: 'https://example.com/a/photo.png' });
    const { external_id } = (await post(`/${ids.documented}/messages/attachments`, form)).body.data;
    expect(sandbox.pact.uploads()).toMatchObject([
      { id: external_id, fileName: 'photo.png', byteSize: 0, sourceUrl: 'https://example.com/a/photo.png' },
    ]);
    await send(ids.documented, { message: '', 'attachments_ids[]': String(external_id) });
    expect(last(ids.documented).attachments[0].attachment_url).toBe('https://example.com/a/photo.png');
  });
  it.each<[string, () => FormData | URLSearchParams]>([
    ['nothing', () => new FormData()],
    ['a file under another name', () => formWithFile('media', 'x')],
    ['a file and an address', () => formWithFile('file', 'x', { file_url: 'https://example.com/a' })],
    ['a file and another field', () => formWithFile('file', 'x', { foo: '1' })],
    ['an address that is none', () => new URLSearchParams({ file_url: '/etc/passwd' })],
    ['an address of another kind', () => new URLSearchParams({ file_url: 'file:///etc/passwd' })],
    ['an empty form', () => new URLSearchParams()],
  ])('answers 400 for %s and stores nothing', async (_what, body) => {
    expect((await post(`/${ids.documented}/messages/attachments`, body())).status).toBe(400);
    expect(sandbox.pact.uploads()).toEqual([]);
  });
});

describe('Pact emulator: starting a conversation', () => {
  it('answers a new conversation whose first message is the text', async () => {
    const answer = await start({ provider: 'whatsapp', phone: '79250000001', text: 'Hello!' });
    const { conversation } = answer.body.data;
    expect(conversation).toMatchObject({
      sender_external_id: '79250000001',
      channel_type: 'whatsapp',
      channel_id: 381,
    });
    expect(conversation.external_id).toBe(
      Math.max(...sandbox.pact.conversations().map((row) => row.external_id)),
    );
    expect(sandbox.pact.messages(conversation.external_id)).toMatchObject([
      { message: 'Hello!', income: false },
    ]);
    expect((await ask(company(`/conversations/${conversation.external_id}`), token())).body.data).toEqual({
      conversation,
    });
  });
  it('goes on with the conversation that has the same phone in that messenger', async () => {
    const phone = '79250000001';
    const first = await start({ provider: 'whatsapp', phone, text: 'Hello!' });
    const again = await start({ provider: 'whatsapp', phone, text: 'Me again' });
    const elsewhere = await start({ provider: 'telegram_personal', phone, text: 'Here too' });
    const { external_id } = first.body.data.conversation;
    expect(again.body.data.conversation.external_id).toBe(external_id);
    expect(elsewhere.body.data.conversation.external_id).not.toBe(external_id);
    expect(sandbox.pact.messages(external_id).map((row) => row.message)).toEqual(['Hello!', 'Me again']);
  });
  it('answers the job that delivers the text instead, when told to', async () => {
    sandbox.pact.startAnswer('job');
    const fields = { provider: 'telegram_personal', username: 'zoe', text: 'Hoi' };
    const { data } = (await start(fields)).body;
    const { external_id } = sandbox.pact.conversations().at(-1)!;
    expect(data).toMatchObject({ conversation_id: external_id, state: 'trying_deliver', message_id: null });
    expect(sandbox.pact.messages(external_id)).toEqual([]);
    sandbox.pact.settleJobs();
    expect(await job(data.channel.id, data.id)).toMatchObject({ message_id: last(external_id).external_id });
    expect(last(external_id)).toMatchObject({ message: 'Hoi', income: false });
    sandbox.reset();
    expect((await start(fields)).body.data).toHaveProperty('conversation');
  });
  it('takes a user name on Telegram', async () => {
    const answer = await start({ provider: 'telegram_personal', username: 'zoe', text: 'Hoi' });
    expect(answer.body.data.conversation).toMatchObject({ name: 'zoe', channel_type: 'telegram_personal' });
  });
  it.each<Record<string, string>>([
    { phone: '79250000001', text: 'a' },
    { provider: 'viber', phone: '79250000001', text: 'a' },
    { provider: 'whatsapp', text: 'a' },
    { provider: 'whatsapp', phone: '+79250000001', text: 'a' },
    { provider: 'whatsapp', phone: '79250000001' },
    { provider: 'whatsapp', phone: '79250000001', text: '' },
    { provider: 'whatsapp', username: 'zoe', text: 'a' },
    { provider: 'telegram_personal', phone: '79250000001', username: 'zoe', text: 'a' },
    { provider: 'telegram_personal', username: '', text: 'a' },
    { provider: 'whatsapp', phone: '79250000001', text: 'a', message: 'a' },
  ])('answers 400 for %p and stores nothing', async (fields) => {
    const before = sandbox.pact.conversations();
    expect((await start(fields)).status).toBe(400);
    expect(sandbox.pact.conversations()).toEqual(before);
  });
});

describe('Pact emulator: what the log calls the writes', () => {
  it('names each of them', async () => {
    await start({});
    await send(ids.documented, {});
    await post(`/${ids.documented}/messages/attachments`, new URLSearchParams());
    await job(1, 1);
    expect(sandbox.pact.requests.map(({ call }) => call)).toEqual([
      'startConversation',
      'sendMessage',
      'uploadAttachment',
      'job',
    ]);
    for (const { call } of sandbox.pact.requests) expect(sandbox.pact.calls).toContain(call);
  });
});
