import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { wellKnown } from '../../src/sandbox/index.ts';
import { startSandboxOnOnePort, type OnePortSandbox } from '../../src/sandbox/startSandboxOnOnePort.ts';
import { ask } from './ask.ts';
import { perform, writes } from './writes.ts';

let sandbox: OnePortSandbox;
beforeAll(async () => {
  sandbox = await startSandboxOnOnePort({ port: 0 });
});
beforeEach(() => sandbox.reset());
afterAll(() => sandbox.close());

const pactList = `/p1/companies/154/conversations/${wellKnown.pact.documented}/messages`;
const control = (method: string, path: string, body?: unknown): Promise<Response> =>
  fetch(`${sandbox.url}/_sandbox/${path}`, {
    method,
    ...(body !== undefined && {
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    }),
  });

describe('the sandbox on one port', () => {
  it('serves all three providers and their files', async () => {
    const { url, pact, letstalk, pigeons } = sandbox;
    expect([pact.url, letstalk.url, pigeons.url]).toEqual([url, url, url]);
    expect((await ask(url + pactList, { 'X-Private-Api-Token': pact.token })).status).toBe(200);
    const basic = { Authorization: `Basic ${btoa(`${letstalk.clientKey}:X`)}` };
    expect((await ask(`${url}/api/v1/clients/${letstalk.clientId}`, basic)).status).toBe(200);
    const bearer = { Authorization: `Bearer ${pigeons.user.token}`, 'X-PUBLIC-KEY': pigeons.publicKey };
    expect((await ask(`${url}/api/v1/pigeons/chat/conversations`, bearer)).status).toBe(200);
    for (const path of [
      '/avatars/original/missing.png',
      '/assets/default-avatar.gif',
      '/files/pigeons/invoice.pdf',
    ]) {
      expect((await ask(url + path)).status).toBe(200);
    }
  });
  it('lets each provider answer 404 in its own way, and says what is where elsewhere', async () => {
    expect((await ask(`${sandbox.url}/p1/x`)).body).toMatchObject({ status: 'error' });
    expect((await ask(`${sandbox.url}/api/v1/x`)).body).toEqual({ error: expect.any(String) });
    expect((await ask(`${sandbox.url}/api/v1/pigeons/x`)).body).toEqual({ message: expect.any(String) });
    expect(await ask(`${sandbox.url}/`)).toMatchObject({
      status: 404,
      body: { error: expect.stringContaining('/p1/') },
    });
  });
  it.each([
    { status: 429, headers: { 'retry-after': '1' } },
    { delay: 1 },
    { hang: true },
    { hangBody: true },
    { truncate: true },
    { malformed: true },
    { html: true },
    { redirect: '/elsewhere' },
    { reset: true },
    { acceptThen: 'reset' },
    { acceptThen: 'hang' },
    { acceptThen: 500 },
    { oversize: 100 },
  ])('switches on %p over HTTP', async (fault) => {
    expect(
      (await control('POST', 'faults', { provider: 'pact', call: 'messages', times: 'always', ...fault }))
        .status,
    ).toBe(204);
    expect((await control('DELETE', 'faults')).status).toBe(204);
    expect((await ask(sandbox.url + pactList)).status).toBe(401);
  });
  it('lets a fault that was switched on over HTTP hit its call as often as asked', async () => {
    await control('POST', 'faults', { provider: 'pact', call: 'messages', times: 2, status: 429 });
    const statuses = [
      await ask(sandbox.url + pactList),
      await ask(sandbox.url + pactList),
      await ask(sandbox.url + pactList),
    ];
    expect(statuses.map(({ status }) => status)).toEqual([429, 429, 401]);
  });
  it.each<[string, unknown, string]>([
    ['no fault', { provider: 'pact' }, 'exactly one of'],
    ['two faults', { provider: 'pact', hang: true, html: true }, 'exactly one of'],
    ['an unknown provider', { provider: 'nobody', status: 500 }, 'provider'],
    [
      'an unknown call',
      { provider: 'pact', call: 'client', status: 500 },
      'conversations, conversation, messages',
    ],
    ['a status that is none', { provider: 'pact', status: 42 }, 'status'],
    ['an acceptThen that is none', { provider: 'pact', acceptThen: 'rest' }, 'acceptThen'],
    ['a reset that is none', { provider: 'pact', reset: 1 }, 'expected true'],
    ['times that is none', { provider: 'pact', status: 500, times: 0 }, 'times'],
    ['an unknown field', { provider: 'pact', status: 500, tims: 2 }, 'tims'],
    ['no object', [], 'exactly one of'],
  ])('answers 400 and says what is wrong with %s', async (_what, body, hint) => {
    const response = await control('POST', 'faults', body);
    expect(response.status).toBe(400);
    expect(JSON.stringify(await response.json())).toContain(hint);
  });
  it('shows what arrived, without credentials', async () => {
    await ask(sandbox.url + pactList, { 'X-Private-Api-Token': 'secret' });
    const text = await (await control('GET', 'requests')).text();
    expect(JSON.parse(text)).toMatchObject({
      pact: [{ call: 'messages', path: pactList, status: 401 }],
      letstalk: [],
      pigeons: [],
    });
    expect(text).not.toContain('secret');
  });
  it('goes back to the seed over HTTP', async () => {
    sandbox.pact.deleteMessage(wellKnown.pact.documentedMessage);
    expect((await control('POST', 'reset')).status).toBe(204);
    expect(sandbox.pact.messages(wellKnown.pact.documented)[0]?.external_id).toBe(
      wellKnown.pact.documentedMessage,
    );
  });
  it('rejects with EADDRINUSE when the port is taken', async () => {
    const port = Number(new URL(sandbox.url).port);
    await expect(startSandboxOnOnePort({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

describe('the control door and the writes', () => {
  const stored = async (): Promise<any> => (await control('GET', 'stored')).json();
  const nothing = {
    pact: { conversations: [], messages: [], jobs: [], uploads: [] },
    letstalk: { conversations: [], messages: [] },
    pigeons: { conversations: [], messages: [] },
  };
  const writeAll = async (): Promise<void> => {
    for (const [, write] of writes) await perform(write.request(sandbox)).catch(() => undefined);
  };

  it('has nothing stored in the seed, nor of what tests put in', async () => {
    sandbox.pact.addMessage(wellKnown.pact.documented, { income: false });
    sandbox.letstalk.addMessage(wellKnown.letstalk.documented);
    sandbox.pigeons.addMessage(wellKnown.pigeons.documented);
    expect(await stored()).toMatchObject(nothing);
  });
  it('shows what every write has stored, until reset', async () => {
    await writeAll();
    const { pact, letstalk, pigeons } = await stored();
    const conversations = [pact, letstalk, pigeons].map((one) => one.conversations);
    expect(conversations.map(({ length }) => length)).toEqual([1, 1, 1]);
    const [begunAtPact, begunAtLetstalk] = conversations.flat();
    const text = 'written by a test';
    expect(pact).toEqual({
      conversations: [begunAtPact],
      messages: [
        {
          ...{ conversationId: wellKnown.pact.documented, id: expect.any(Number) },
          ...{ text, attachments: 0, jobId: 18 },
        },
        {
          ...{ conversationId: begunAtPact, id: expect.any(Number) },
          ...{ text, attachments: 0, jobId: null },
        },
      ],
      jobs: [
        {
          ...{ id: 18, conversationId: wellKnown.pact.documented, state: 'delivered' },
          ...{ messageId: pact.messages[0].id, text, attachments: 0 },
        },
      ],
      uploads: [
        {
          ...{
            id: 1,
            conversationId: wellKnown.pact.documented,
            fileName: 'note.txt',
            mimeType: 'text/plain',
          },
          ...{ byteSize: text.length, sha256: expect.stringMatching(/^[\da-f]{64}$/) },
          ...{ sourceUrl: null, jobId: null, messageId: null },
        },
      ],
    });
    const conversationId = wellKnown.letstalk.documented;
    expect(letstalk.messages).toMatchObject([
      { conversationId, type: 'NORMAL', content: text, contentType: 'text/plain', file: null },
      { conversationId, content: 'attachment', contentType: 'text/csv', file: { byteSize: text.length } },
      { conversationId: begunAtLetstalk, content: text },
      { conversationId, type: 'SYSTEM', content: 'closed', remoteId: null },
    ]);
    expect(pigeons.messages).toEqual([
      {
        ...{ conversationId: wellKnown.pigeons.documented, id: expect.stringMatching(/^msg_/) },
        ...{ text, attachments: 0, metadata: { padding: '' } },
      },
    ]);
    await control('POST', 'reset');
    expect(await stored()).toMatchObject(nothing);
  });
  it('shows a job that waits, and its message once it has settled', async () => {
    sandbox.pact.delivery('async');
    await perform(writes[0]![1].request(sandbox));
    expect((await stored()).pact).toMatchObject({ messages: [], jobs: [{ state: 'trying_deliver' }] });
    sandbox.pact.settleJobs();
    const { messages, jobs } = (await stored()).pact;
    expect(messages).toMatchObject([{ id: jobs[0].messageId, jobId: jobs[0].id }]);
    sandbox.pact.deleteMessage(messages[0].id);
    expect((await stored()).pact.messages).toEqual([]);
  });
  it.each(writes)(
    'drops %s, or stores it and loses the answer, when told over HTTP',
    async (_name, write) => {
      const { provider, call, request, count } = write;
      for (const [fault, so] of [
        [{ reset: true }, 0],
        [{ acceptThen: 'reset' }, 1],
      ] as const) {
        sandbox.reset();
        expect((await control('POST', 'faults', { provider, call, ...fault })).status).toBe(204);
        await expect(perform(request(sandbox))).rejects.toThrow('fetch failed');
        expect(count(sandbox)).toBe(so);
      }
    },
  );
  it('drops every write of a provider for as long as it is told to', async () => {
    for (const provider of ['pact', 'letstalk', 'pigeons'])
      await control('POST', 'faults', { provider, reset: true, times: 'always' });
    await writeAll();
    expect(await stored()).toMatchObject(nothing);
    await control('DELETE', 'faults');
    await writeAll();
    for (const [, write] of writes) expect(write.count(sandbox)).toBe(1);
  });
});

describe('npm run sandbox', () => {
  const start = (env: Record<string, string>) =>
    spawn(process.execPath, ['--import', 'tsx', 'src/sandbox/main.ts'], { env: { ...process.env, ...env } });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'says where it listens with a call per provider, and exits 0 on %s',
    async (signal) => {
      const child = start({ SANDBOX_PORT: '0' });
      const exit = once(child, 'exit');
      let printed = '';
      for await (const chunk of child.stdout) {
        printed += String(chunk);
        if (printed.includes('/_sandbox/reset')) break;
      }
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(printed)?.[0] ?? '';
      expect((await ask(`${url}/_sandbox/requests`)).status).toBe(200);
      for (const path of ['/p1/companies/154', '/api/v1/messages', '/api/v1/pigeons/chat'])
        expect(printed).toContain(url + path);
      child.kill(signal);
      expect(await exit).toEqual([0, null]);
    },
  );
  it('says what to do when the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const child = start({ SANDBOX_PORT: String((other.address() as AddressInfo).port) });
    let said = '';
    child.stderr.on('data', (chunk) => (said += String(chunk)));
    const [code] = (await once(child, 'close')) as [number];
    other.close();
    expect(code).toBe(1);
    expect(said).toContain('is taken');
    expect(said).toContain('SANDBOX_PORT=');
  });
  it('refuses a port that is none', async () => {
    const child = start({ SANDBOX_PORT: 'http' });
    let said = '';
    child.stderr.on('data', (chunk) => (said += String(chunk)));
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(1);
    expect(said).toContain('SANDBOX_PORT');
  });
});
