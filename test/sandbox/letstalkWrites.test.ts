import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startSandbox, wellKnown, type Sandbox } from '../../src/sandbox/index.ts';
import { ask, askJson, formWithFile, type Answer } from './ask.ts';

const ids = wellKnown.letstalk;

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
beforeEach(() => sandbox.reset());
afterAll(() => sandbox.close());

type Role = 'agent' | 'client';
type Fields = Record<string, unknown>;

const url = (path: string): string => `${sandbox.letstalk.url}/api/v1${path}`;
const basic = (role: Role): Record<string, string> => ({
  Authorization: `Basic ${btoa(`${sandbox.letstalk[`${role}Key`]}:X`)}`,
});
const call = (method: string, path: string, body: unknown, role: Role = 'agent'): Promise<Answer> =>
  askJson(method, url(path), basic(role), body);
const message = (fields: Fields = {}): Fields => ({
  ...{ content: 'Hola 👋', content_type: 'text/plain' },
  ...{ remote_id: randomUUID(), conversation_id: ids.documented, ...fields },
});
const send = (fields: Fields = {}, role?: Role): Promise<Answer> =>
  call('POST', '/messages', message(fields), role);
const sendForm = (body: FormData, role: Role = 'agent'): Promise<Answer> =>
  ask(url('/messages'), basic(role), { method: 'POST', body });
const fileFields = (fields: Record<string, string> = {}): Record<string, string> => ({
  ...{ name: 'factura.pdf', type: 'application/pdf', content: 'attachment', content_type: 'application/pdf' },
  ...{ conversation_id: String(ids.documented), remote_id: randomUUID(), ...fields },
});
const list = async (id: number, role: Role = 'agent'): Promise<any[]> =>
  (await ask(url(`/messages?conversation_id=${id}`), basic(role))).body;
const last = (id: number): any => sandbox.letstalk.messages(id).at(-1);
const count = (id: number): number => sandbox.letstalk.messages(id).length;

describe('Letstalk emulator: sending a text', () => {
  it('answers the message as documented, in the name of the key that it came with', async () => {
    const remote_id = randomUUID();
    const began = Date.now();
    const answer = await send({ remote_id }, 'client');
    const { id, created_at } = last(ids.documented);
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      id,
      content_type: 'text/plain',
      content: 'Hola 👋',
      who: 'client',
      replied_on: created_at,
      mtype: 'NORMAL',
      subject: null,
      created_at,
      conversation_id: ids.documented,
      remote_id,
      internal: false,
      type: 'NORMAL',
      person: expect.objectContaining({ id: sandbox.letstalk.clientId, type: 'Client' }),
    });
    expect(created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/);
    expect(Date.parse(created_at)).toBeGreaterThanOrEqual(began);
    expect((await send()).body).toMatchObject({
      who: 'user',
      person: { id: sandbox.letstalk.agentId, type: 'User' },
    });
  });
  it('has it as the newest of the list, with what a list says of its conversation', async () => {
    const { body } = await send();
    const [first] = await list(ids.documented);
    expect(first).toEqual(last(ids.documented));
    expect(first).toMatchObject({ id: body.id, remote_id: body.remote_id, conversation_status: 'Open' });
    expect([first.conversation_internal_issue, first.person_type]).toEqual(['hola', 'User']);
    expect(first).not.toHaveProperty('who');
  });
  it('keeps the order of sends that come within one millisecond, also behind a row from the future', async () => {
    sandbox.letstalk.addMessage(ids.documented, { created_at: '2100-01-01T00:00:00.000+0000' });
    for (const content of ['1', '2', '3']) await send({ content });
    const rows = sandbox.letstalk.messages(ids.documented).slice(-3);
    expect(rows.map(({ content }) => content)).toEqual(['1', '2', '3']);
    expect(new Set(rows.map(({ created_at }) => created_at)).size).toBe(3);
  });
  it('stores a remote_id that it knows a second time', async () => {
    const remote_id = randomUUID();
    const before = count(ids.documented);
    const [first, second] = [await send({ remote_id }), await send({ remote_id })];
    expect(second.body.id).toBeGreaterThan(first.body.id);
    expect(count(ids.documented)).toBe(before + 2);
  });
  it('takes a text of any length', async () => {
    const content = 'ñ'.repeat(1_500_000);
    expect((await send({ content })).status).toBe(201);
    expect(last(ids.documented).content).toBe(content);
  });
  it.each<[string, Fields]>([
    ['no content', { content: undefined }],
    ['an empty content', { content: '' }],
    ['a content that is no text', { content: { a: 1 } }],
    ['no content_type', { content_type: undefined }],
    ['the type of a file', { content_type: 'image/png' }],
    ['no remote_id', { remote_id: undefined }],
    ['a remote_id that is no GUID', { remote_id: 'abc' }],
    ['no conversation_id', { conversation_id: undefined }],
    ['a conversation_id in quotes', { conversation_id: String(ids.documented) }],
    ['a field that is not documented', { contenttype: 'text/plain' }],
  ])('answers 400 for %s and stores nothing', async (_what, fields) => {
    const before = count(ids.documented);
    const answer = await send(fields);
    expect(answer).toMatchObject({ status: 400, body: { error: expect.any(String) } });
    expect(count(ids.documented)).toBe(before);
  });
  it('answers 400 for a body that is no JSON or no message', async () => {
    const headers = { ...basic('agent'), 'Content-Type': 'application/json' };
    for (const body of ['{', '', '[]', 'null'])
      expect((await ask(url('/messages'), headers, { method: 'POST', body })).status).toBe(400);
    const form = new URLSearchParams({ content: 'a' });
    expect((await ask(url('/messages'), basic('agent'), { method: 'POST', body: form })).status).toBe(400);
  });
  it('answers 401, 403 and 404 where a list does', async () => {
    expect((await askJson('POST', url('/messages'), {}, message())).status).toBe(401);
    expect((await send({ conversation_id: ids.ofAnotherClient }, 'client')).status).toBe(403);
    expect((await send({ conversation_id: 1 })).status).toBe(404);
    expect((await send({ conversation_id: ids.ofAnotherClient }, 'agent')).status).toBe(201);
  });
});

describe('Letstalk emulator: sending a file', () => {
  const bytes = '%PDF-1.7 Лиссабон';

  it('answers a message whose content is the word attachment, and keeps the file', async () => {
    const fields = fileFields({ name: 'Счёт №5.pdf' });
    const answer = await sendForm(formWithFile('media', bytes, fields), 'client');
    const row = last(ids.documented);
    const remote_id = fields['remote_id'];
    const said = { content: 'attachment', content_type: 'application/pdf', remote_id, id: row.id };
    expect(answer).toMatchObject({ status: 201, body: { ...said, who: 'client' } });
    expect((await list(ids.documented))[0]).toMatchObject(said);
    expect([...sandbox.letstalk.files()]).toEqual([
      [
        row.id,
        {
          field: 'media',
          fileName: 'Счёт №5.pdf',
          mimeType: 'application/pdf',
          byteSize: Buffer.byteLength(bytes),
          sha256: createHash('sha256').update(bytes).digest('hex'),
          head: Buffer.from(bytes),
        },
      ],
    ]);
    // Nothing documents a URL for it.
    expect(JSON.stringify(answer.body)).not.toContain('.pdf');
  });
  it('knows the whole of a file of which it keeps the beginning', async () => {
    const big = Buffer.alloc(3_000_000, 'parley');
    await sendForm(formWithFile('media', big, fileFields()));
    const [file] = sandbox.letstalk.files().values();
    expect(file).toMatchObject({
      byteSize: big.length,
      sha256: createHash('sha256').update(big).digest('hex'),
    });
    expect(file!.head).toEqual(big.subarray(0, 1024 * 1024));
  });
  it.each<[string, () => FormData]>([
    ['no file', () => formWithFile('media', 'x', fileFields())],
    ['a file under another name', () => formWithFile('file', 'x', fileFields())],
    [
      'a type that is not allowed',
      () => formWithFile('media', 'x', fileFields({ content_type: 'text/html' })),
    ],
    ['another content', () => formWithFile('media', 'x', fileFields({ content: 'Hola' }))],
    ['a remote_id that is no GUID', () => formWithFile('media', 'x', fileFields({ remote_id: '1' }))],
    ['a conversation_id that is none', () => formWithFile('media', 'x', fileFields({ conversation_id: '' }))],
    ['a field that is not documented', () => formWithFile('media', 'x', fileFields({ caption: 'a' }))],
    ['a field twice', () => formWithFile('media', 'x', fileFields())],
    ['two files', () => formWithFile('media', 'x', fileFields())],
  ])('answers 400 for %s and stores nothing', async (what, make) => {
    const before = count(ids.documented);
    const form = make();
    if (what === 'no file') form.delete('media');
    if (what === 'a field twice') form.append('content', 'attachment');
    if (what === 'two files') form.append('media', new Blob(['y']), 'b.pdf');
    expect((await sendForm(form)).status).toBe(400);
    expect([count(ids.documented), sandbox.letstalk.files().size]).toEqual([before, 0]);
  });
  it('answers 403 and 404 where a text gets them, and keeps no file', async () => {
    const to = (id: number): FormData =>
      formWithFile('media', 'x', fileFields({ conversation_id: String(id) }));
    expect((await sendForm(to(ids.ofAnotherClient), 'client')).status).toBe(403);
    expect((await sendForm(to(1))).status).toBe(404);
    expect(sandbox.letstalk.files().size).toBe(0);
  });
});

describe('Letstalk emulator: sending a list of actions', () => {
  const link = {
    type: 'link',
    payload: { label: 'Haz click', url: 'https://example.com', target: '_blank' },
  };
  const reply = { type: 'quick-reply', payload: { label: 'Sí 👍', message: 'Sí' } };
  const sendList = (content: unknown): Promise<Answer> =>
    send({
      content_type: 'actionable/list',
      content: typeof content === 'string' ? content : JSON.stringify(content),
    });

  it('answers it under the other type, its content the text that was sent', async () => {
    const content = {
      title: 'Elija:',
      options: { viewType: 'pill', showItemsIcon: true },
      items: [link, reply],
    };
    const answer = await sendList(content);
    expect(answer).toMatchObject({
      status: 201,
      body: { content_type: 'application/json', content: JSON.stringify(content) },
    });
    expect((await list(ids.documented))[0].content).toBe(JSON.stringify(content));
  });
  it('takes one without options, and a link without a target', async () => {
    const { target: _none, ...payload } = link.payload;
    expect((await sendList({ title: 'Elija:', items: [{ ...link, payload }] })).status).toBe(201);
  });
  it.each<[string, unknown]>([
    ['a text that is no JSON', '{"title":"a","items":[],}'],
    ['no title', { items: [reply] }],
    ['no items', { title: 'a', items: [] }],
    ['an unknown view', { title: 'a', options: { viewType: 'grid', showItemsIcon: true }, items: [reply] }],
    ['half of the options', { title: 'a', options: { viewType: 'list' }, items: [reply] }],
    ['an unknown kind of item', { title: 'a', items: [{ ...reply, type: 'call' }] }],
    ['an item without payload', { title: 'a', items: [{ type: 'quick-reply', ...reply.payload }] }],
    ['a link that goes nowhere', { title: 'a', items: [{ ...link, payload: { label: 'a', url: '/x' } }] }],
    ['an unknown target', { title: 'a', items: [{ ...link, payload: { ...link.payload, target: '_top' } }] }],
    [
      'a reply without its message',
      { title: 'a', items: [{ type: 'quick-reply', payload: { label: 'a' } }] },
    ],
  ])('answers 400 for %s and stores nothing', async (_what, content) => {
    const before = count(ids.documented);
    expect((await sendList(content)).status).toBe(400);
    expect(count(ids.documented)).toBe(before);
  });
});

describe('Letstalk emulator: starting a conversation', () => {
  const begin = (fields: Fields = {}, role: Role = 'client'): Promise<Answer> => {
    const { conversation_id: _none, ...first } = message();
    return call('POST', '/conversations', { message: first, organization_id: 3, ...fields }, role);
  };

  it('answers a conversation of the client, whose first message is the one that was given', async () => {
    const metadata = { campaign: 'verano', nested: { a: [1, null] } };
    const { status, body } = await begin({ issue: 'Pedido', inquiry_id: 9, metadata });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      issue: 'Pedido',
      status: 'Open',
      organization_id: 3,
      inquiry_id: 9,
      metadata,
    });
    expect(body.id).toBe(sandbox.letstalk.conversations().at(-1)!.id);
    expect(await list(body.id, 'client')).toMatchObject([
      { content: 'Hola 👋', person_id: sandbox.letstalk.clientId, conversation_internal_issue: 'Pedido' },
    ]);
    const read = await ask(url(`/conversations/${body.id}/metadata`), basic('client'));
    expect(read).toMatchObject({ status: 200, body: metadata });
  });
  it('makes a new one each time, with nothing more than a message and an organisation', async () => {
    const [first, second] = [await begin(), await begin()];
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body.id).not.toBe(first.body.id);
    expect(first.body).toMatchObject({ issue: null, metadata: {} });
  });
  it.each<[string, Fields]>([
    ['no message', { message: undefined }],
    ['a message without a remote_id', { message: { content: 'a', content_type: 'text/plain' } }],
    [
      'a message of another type',
      { message: { ...message(), conversation_id: undefined, content_type: 'a/b' } },
    ],
    ['no organisation', { organization_id: undefined }],
    ['metadata that is no object', { metadata: [1] }],
    ['a title that is no text', { issue: 5 }],
    ['a field that is not documented', { title: 'a' }],
  ])('answers 400 for %s and stores nothing', async (_what, fields) => {
    const before = sandbox.letstalk.conversations();
    expect((await begin(fields)).status).toBe(400);
    expect(sandbox.letstalk.conversations()).toEqual(before);
  });
  it('is for clients only', async () => {
    expect((await begin({}, 'agent')).status).toBe(403);
  });
});

describe('Letstalk emulator: closing a conversation, and its metadata', () => {
  const close = (id: number, role?: Role, body: unknown = { status: 'Closed' }): Promise<Answer> =>
    call('PUT', `/conversations/${id}`, body, role);

  it('answers the closed conversation, whose end is a message of the system', async () => {
    const answer = await close(ids.documented);
    expect(answer).toMatchObject({ status: 200, body: { id: ids.documented, status: 'Closed' } });
    const [end, ...others] = await list(ids.documented);
    expect(end).toMatchObject({ type: 'SYSTEM', content: 'closed', person: null, remote_id: null });
    for (const row of [end, ...others]) expect(row.conversation_status).toBe('Closed');
  });
  it('closes a conversation once', async () => {
    await close(ids.documented);
    const before = count(ids.documented);
    expect(await close(ids.documented)).toMatchObject({ status: 200, body: { status: 'Closed' } });
    expect(count(ids.documented)).toBe(before);
  });
  it('takes messages afterwards, and stays closed', async () => {
    await close(ids.documented);
    expect((await send()).status).toBe(201);
    expect(last(ids.documented)).toMatchObject({ type: 'NORMAL', conversation_status: 'Closed' });
  });
  it('is for agents only, and can do nothing but close', async () => {
    const before = count(ids.documented);
    expect((await close(ids.documented, 'client')).status).toBe(403);
    expect((await close(1)).status).toBe(404);
    for (const body of [{ status: 'Open' }, {}, { status: 'Closed', issue: 'a' }])
      expect((await close(ids.documented, 'agent', body)).status).toBe(400);
    expect(count(ids.documented)).toBe(before);
  });
  it('keeps metadata in place of what was there, and gives it back to both', async () => {
    const metadata = { a: { b: [1, 'x', null] } };
    expect(await call('POST', `/conversations/${ids.documented}/metadata`, metadata, 'client')).toMatchObject(
      {
        status: 200,
        body: metadata,
      },
    );
    for (const role of ['agent', 'client'] as const)
      expect((await ask(url(`/conversations/${ids.documented}/metadata`), basic(role))).body).toEqual(
        metadata,
      );
  });
  it('answers 400, 403 and 404 for metadata that is no object, of somebody else, of nothing', async () => {
    const write = (id: number, body: unknown): Promise<Answer> =>
      call('POST', `/conversations/${id}/metadata`, body, 'client');
    for (const body of [[], 'a', null]) expect((await write(ids.documented, body)).status).toBe(400);
    expect((await write(ids.ofAnotherClient, {})).status).toBe(403);
    expect((await write(1, {})).status).toBe(404);
    expect(sandbox.letstalk.conversations().find(({ id }) => id === ids.documented)!.metadata).toEqual({
      campaign: 'primavera',
      items: [1, 2],
    });
  });
});

describe('Letstalk emulator: what is stored and how the log calls it', () => {
  it('sums up what came over HTTP, and nothing that a test put in', async () => {
    sandbox.letstalk.addMessage(ids.documented);
    const { body } = await send({ content: 'a' });
    await sendForm(formWithFile('media', 'xyz', fileFields()));
    await call('PUT', `/conversations/${ids.second}`, { status: 'Closed' });
    expect(sandbox.letstalk.stored()).toMatchObject({
      conversations: [],
      messages: [
        { conversationId: ids.documented, id: body.id, content: 'a', remoteId: body.remote_id, file: null },
        { contentType: 'application/pdf', file: { fileName: 'factura.pdf', byteSize: 3 } },
        { conversationId: ids.second, type: 'SYSTEM', content: 'closed', remoteId: null },
      ],
    });
    sandbox.reset();
    expect(sandbox.letstalk.stored()).toEqual({ conversations: [], messages: [] });
  });
  it('names each write', async () => {
    await call('POST', '/messages', {});
    await call('POST', '/conversations', {});
    await call('PUT', '/conversations/1', {});
    await call('POST', '/conversations/1/metadata', {});
    const calls = sandbox.letstalk.requests.map((request) => request.call);
    expect(calls).toEqual(['sendMessage', 'startConversation', 'closeConversation', 'setMetadata']);
    for (const name of calls) expect(sandbox.letstalk.calls).toContain(name);
  });
});
