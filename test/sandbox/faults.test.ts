import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  startSandbox,
  wellKnown,
  type Fault,
  type LoggedRequest,
  type Sandbox,
} from '../../src/sandbox/index.ts';
import { ask, type Answer } from './ask.ts';

const list = `/p1/companies/154/conversations/${wellKnown.pact.documented}/messages`;

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
beforeEach(() => sandbox.reset());
afterAll(() => sandbox.close());

const token = (): Record<string, string> => ({ 'X-Private-Api-Token': sandbox.pact.token });
const get = (path = list): Promise<Answer> => ask(sandbox.pact.url + path, token());

/** Switches the fault on and starts a request; resolves as soon as the emulator has it. */
async function meet(emulator: Sandbox['pact'], fault: Fault): Promise<{ answer: Promise<Response> }> {
  let answer: Promise<Response> | undefined;
  await new Promise<void>((arrived) => {
    emulator.failNext(fault, {
      match() {
        arrived();
        return true;
      },
    });
    answer = fetch(emulator.url + list, { headers: { 'X-Private-Api-Token': emulator.token } });
    // Observed here so that a rejection before the test looks at it is not an unhandled one.
    answer.catch(() => undefined);
  });
  return { answer: answer! };
}

describe('faults: which requests they hit', () => {
  it('hits one request unless told otherwise, then all is as before', async () => {
    sandbox.pact.failNext(503);
    expect((await get()).status).toBe(503);
    expect((await get()).status).toBe(200);
  });
  it('hits as many as asked, or all of them until cleared', async () => {
    sandbox.pact.failNext(429, { times: 2 });
    expect([(await get()).status, (await get()).status, (await get()).status]).toEqual([429, 429, 200]);
    sandbox.pact.failNext(500, { times: Infinity });
    expect([(await get()).status, (await get()).status]).toEqual([500, 500]);
    sandbox.pact.clearFaults();
    expect((await get()).status).toBe(200);
  });
  it('waits for the named call', async () => {
    sandbox.pact.failNext(500, { call: 'conversations' });
    expect((await get()).status).toBe(200);
    expect((await get('/p1/companies/154/conversations')).status).toBe(500);
  });
  it('waits for a request that matches', async () => {
    sandbox.pact.failNext(500, { match: ({ query }) => query['per'] === '7' });
    expect((await get()).status).toBe(200);
    expect((await get(`${list}?per=7`)).status).toBe(500);
  });
  it('uses several in the order in which they were switched on', async () => {
    sandbox.pact.failNext(500);
    sandbox.pact.failNext(429);
    expect([(await get()).status, (await get()).status, (await get()).status]).toEqual([500, 429, 200]);
  });
  it('stays with its own provider', async () => {
    sandbox.letstalk.failNext(500);
    expect((await get()).status).toBe(200);
  });
  it.each([
    [42, {}],
    [{ status: 600 }, {}],
    [{ delay: -1 }, {}],
    [{ oversize: 0 }, {}],
    [500, { times: 0 }],
    [500, { times: 1.5 }],
  ])('refuses %p %p where it is switched on', (fault, options) => {
    expect(() => sandbox.pact.failNext(fault as Fault, options)).toThrow(RangeError);
  });
});

describe('faults: what they do', () => {
  it('answers a status with the error body of that provider', async () => {
    sandbox.pact.failNext(402);
    expect(await get()).toMatchObject({ status: 402, body: { status: 'error' } });
    sandbox.pigeons.failNext(422);
    const answer = await ask(`${sandbox.pigeons.url}/api/v1/pigeons/chat/conversations`, {
      'Accept-Language': 'pt-BR',
    });
    expect(answer.body).toMatchObject({
      message: 'Os dados fornecidos são inválidos.',
      errors: expect.any(Object),
    });
    sandbox.letstalk.failNext(403);
    expect((await ask(`${sandbox.letstalk.url}/api/v1/messages`)).body).toEqual({
      error: expect.any(String),
    });
  });
  it('answers a status with the given body and headers', async () => {
    sandbox.pact.failNext({ status: 429, body: { slow: 'down' }, headers: { 'retry-after': '3' } });
    const response = await fetch(sandbox.pact.url + list);
    expect(response.headers.get('retry-after')).toBe('3');
    expect(await response.json()).toEqual({ slow: 'down' });
  });
  it('answers 200 with an error inside, or with a text', async () => {
    sandbox.pact.failNext({ status: 200, body: { status: 'error' } });
    expect(await get()).toMatchObject({ status: 200, body: { status: 'error' } });
    sandbox.pact.failNext({ status: 502, body: 'Bad gateway' });
    expect(await get()).toMatchObject({
      status: 502,
      type: 'text/plain; charset=utf-8',
      body: 'Bad gateway',
    });
  });
  it('delays the normal answer', async () => {
    sandbox.pact.failNext({ delay: 1 });
    expect(await get()).toMatchObject({ status: 200, body: { status: 'ok' } });
  });
  it('sends half of the body, complete from the point of view of HTTP', async () => {
    const whole = await (await fetch(sandbox.pact.url + list, { headers: token() })).arrayBuffer();
    sandbox.pact.failNext({ truncate: true });
    const response = await fetch(sandbox.pact.url + list, { headers: token() });
    const half = Buffer.from(await response.arrayBuffer());
    expect(response.headers.get('content-length')).toBe(String(half.length));
    expect(half).toEqual(Buffer.from(whole).subarray(0, whole.byteLength >> 1));
    expect(() => void JSON.parse(half.toString())).toThrow(SyntaxError);
  });
  it('sends headers and half of the body, then nothing', async () => {
    sandbox.pact.failNext({ hangBody: true });
    const leaving = new AbortController();
    const response = await fetch(sandbox.pact.url + list, { headers: token(), signal: leaving.signal });
    const promised = Number(response.headers.get('content-length'));
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let received = 0;
    while (received < promised >> 1) received += (await reader.read()).value?.length ?? 0;
    expect(received).toBe(promised >> 1);
    const rest = reader.read();
    leaving.abort();
    await expect(rest).rejects.toThrow();
  });
  it('sends JSON that is none', async () => {
    sandbox.pact.failNext({ malformed: true });
    const response = await fetch(sandbox.pact.url + list);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    const text = await response.text();
    expect(() => void JSON.parse(text)).toThrow(SyntaxError);
  });
  it('sends an HTML page', async () => {
    sandbox.pact.failNext({ html: true });
    expect(await get()).toMatchObject({
      status: 200,
      type: 'text/html; charset=utf-8',
      body: expect.stringContaining('<html>'),
    });
  });
  it('redirects', async () => {
    sandbox.pact.failNext({ redirect: 'http://169.254.169.254/latest' });
    const response = await fetch(sandbox.pact.url + list, { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([
      302,
      'http://169.254.169.254/latest',
    ]);
  });
  it('destroys the socket', async () => {
    sandbox.pact.failNext({ reset: true });
    await expect(get()).rejects.toThrow();
    expect(sandbox.pact.requests).toMatchObject([{ call: 'messages', status: null }]);
  });
  it('rewrites the normal answer and leaves the stored rows alone', async () => {
    sandbox.pact.failNext({
      body(body) {
        const { data } = body as { data: { messages: { external_id: unknown }[] } };
        for (const row of data.messages) row.external_id = String(row.external_id);
        return body;
      },
    });
    const rewritten = (await get()).body as { data: { messages: { external_id: unknown }[] } };
    expect(rewritten.data.messages[0]?.external_id).toBe('47098');
    expect(sandbox.pact.messages(wellKnown.pact.documented)[0]?.external_id).toBe(47098);
  });
  it('leaves alone what is not JSON when told to rewrite', async () => {
    sandbox.pact.failNext({ body: () => 'rewritten' });
    expect(await get('/files/pact/orders.csv')).toMatchObject({ status: 200, type: 'text/csv' });
  });
  it('sends a body of at least so many bytes that is still the normal answer', async () => {
    const normal = await get();
    sandbox.pact.failNext({ oversize: 3_000_000 });
    const response = await fetch(sandbox.pact.url + list, { headers: token() });
    expect(response.headers.has('content-length')).toBe(false);
    const text = await response.text();
    expect(Buffer.byteLength(text)).toBe(3_000_000);
    expect(JSON.parse(text)).toEqual(normal.body);
  });
  it.each<[string, Fault]>([
    ['hangs', { hang: true }],
    ['waits', { delay: 600_000 }],
  ])('lets close() end a request that %s', async (_what, fault) => {
    const own = await startSandbox();
    const { answer } = await meet(own.pact, fault);
    await own.close();
    await expect(answer).rejects.toThrow();
  });
  it('hits a request before its credentials are looked at', async () => {
    sandbox.pact.failNext(503);
    expect((await ask(sandbox.pact.url + list)).status).toBe(503);
  });
});

describe('the log of requests', () => {
  it('has every request in order, with query, lower-case headers and status', async () => {
    await get(`${list}?per=2&per=3&sort_direction=desc`);
    await ask(`${sandbox.pact.url}/nowhere`);
    await ask(`${sandbox.pact.url}/avatars/original/missing.png`);
    const [first] = sandbox.pact.requests;
    expect(first).toMatchObject({
      call: 'messages',
      method: 'GET',
      path: list,
      query: { per: '3', sort_direction: 'desc' },
      status: 200,
    } satisfies Partial<LoggedRequest>);
    expect(first?.headers['x-private-api-token']).toBe(sandbox.pact.token);
    expect(sandbox.pact.requests.map(({ call, status }) => [call, status])).toEqual([
      ['messages', 200],
      ['unknown', 404],
      ['file', 200],
    ]);
  });
  it('logs a request that met a fault, with the status that it got', async () => {
    sandbox.pact.failNext(429);
    await get();
    expect(sandbox.pact.requests.map(({ status }) => status)).toEqual([429]);
  });
  it('is emptied by clearRequests and by reset', async () => {
    await get();
    sandbox.pact.clearRequests();
    expect(sandbox.pact.requests).toEqual([]);
    await get();
    sandbox.reset();
    expect(sandbox.pact.requests).toEqual([]);
  });
});

describe('reset', () => {
  it('clears faults', async () => {
    sandbox.pact.failNext(500);
    sandbox.reset();
    expect((await get()).status).toBe(200);
  });
});
