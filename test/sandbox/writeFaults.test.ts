import { once } from 'node:events';
import { Agent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startSandbox, type Fault, type Sandbox } from '../../src/sandbox/index.ts';
import { perform, writes, type Write, type WriteRequest } from './writes.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
beforeEach(() => sandbox.reset());
afterAll(() => sandbox.close());

let test = new AbortController();
beforeEach(() => {
  test = new AbortController();
});
afterEach(() => test.abort());

/** Waits for a fact, for as long as the test may run. */
async function until(holds: () => boolean): Promise<void> {
  const { signal } = test;
  while (!holds()) {
    signal.throwIfAborted();
    await turn();
  }
}

/** Starts a write that is not answered; resolves once `holds`. */
async function leaveWaiting(
  write: Write,
  fault: Fault,
  holds: () => boolean,
): Promise<{ leave: () => Promise<void>; isAnswered: () => boolean }> {
  sandbox[write.provider].failNext(fault, { call: write.call });
  const leaving = new AbortController();
  let answered = false;
  const answer = perform(write.request(sandbox), leaving.signal);
  answer.then(
    () => (answered = true),
    () => undefined,
  );
  await until(holds);
  return {
    isAnswered: () => answered,
    async leave() {
      leaving.abort();
      await expect(answer).rejects.toThrow('aborted');
    },
  };
}

const arrived = (write: Write) => () =>
  sandbox[write.provider].requests.some(({ call }) => call === write.call);

describe.each(writes)('faults: %s', (_name, write) => {
  const { provider, call, request, count } = write;

  it('writes once when nothing fails', async () => {
    expect(count(sandbox)).toBe(0);
    expect((await perform(request(sandbox))).ok).toBe(true);
    expect(count(sandbox)).toBe(1);
  });
  it.each<Fault>([503, { malformed: true }, { html: true }, { redirect: '/elsewhere' }])(
    'is dropped by %p',
    async (fault) => {
      sandbox[provider].failNext(fault, { call });
      await (await perform(request(sandbox))).text();
      expect(count(sandbox)).toBe(0);
      await perform(request(sandbox));
      expect(count(sandbox)).toBe(1);
    },
  );
  it('is dropped with its connection by reset', async () => {
    sandbox[provider].failNext({ reset: true }, { call });
    await expect(perform(request(sandbox))).rejects.toThrow('fetch failed');
    expect(count(sandbox)).toBe(0);
    expect(sandbox[provider].requests).toMatchObject([{ call, status: null }]);
  });
  it('is dropped by hang', async () => {
    const { leave, isAnswered } = await leaveWaiting(write, { hang: true }, arrived(write));
    // A whole request later it has still not been taken.
    await (await fetch(sandbox[provider].url)).text();
    expect([count(sandbox), isAnswered()]).toEqual([0, false]);
    await leave();
    expect(count(sandbox)).toBe(0);
  });
  it('is stored once, and the connection lost, by acceptThen reset', async () => {
    sandbox[provider].failNext({ acceptThen: 'reset' }, { call });
    await expect(perform(request(sandbox))).rejects.toThrow('fetch failed');
    expect(count(sandbox)).toBe(1);
    expect(sandbox[provider].requests).toMatchObject([{ call, status: null }]);
  });
  it('is stored once, and never answered, by acceptThen hang', async () => {
    const stored = (): boolean => count(sandbox) > 0;
    const { leave, isAnswered } = await leaveWaiting(write, { acceptThen: 'hang' }, stored);
    await (await fetch(sandbox[provider].url)).text();
    expect(isAnswered()).toBe(false);
    await leave();
    expect(count(sandbox)).toBe(1);
  });
  it('is stored once, and answered with an error of that provider, by acceptThen 500', async () => {
    sandbox[provider].failNext(500);
    const usual = await (await fetch(sandbox[provider].url)).json();
    sandbox[provider].failNext({ acceptThen: 500 }, { call });
    const answer = await perform(request(sandbox));
    expect([answer.status, await answer.json()]).toEqual([500, usual]);
    expect(count(sandbox)).toBe(1);
    expect(sandbox[provider].requests.at(-1)).toMatchObject({ call, status: 500 });
  });
  it.each<Fault>([{ truncate: true }, { oversize: 100_000 }, { delay: 1 }, { body: () => ({}) }])(
    'is stored once by %p',
    async (fault) => {
      sandbox[provider].failNext(fault, { call });
      const answer = await perform(request(sandbox));
      await answer.text();
      expect([answer.ok, count(sandbox)]).toEqual([true, 1]);
    },
  );
  it('is stored once, later, although its client has left, by acceptLate', async () => {
    const { leave } = await leaveWaiting(write, { acceptLate: 50 }, arrived(write));
    await leave();
    await until(() => count(sandbox) > 0);
    expect(count(sandbox)).toBe(1);
  });
  it('is stored once although its client leaves before the answer', async () => {
    const stored = (): boolean => count(sandbox) > 0;
    const { leave } = await leaveWaiting(write, { delay: 600_000 }, stored);
    await leave();
    expect(count(sandbox)).toBe(1);
  });
});

describe('faults: a call that is refused', () => {
  it('has its answer lost by acceptThen too, and stores nothing', async () => {
    const [, write] = writes[0]!;
    sandbox.pact.failNext({ acceptThen: 'reset' });
    await expect(perform({ ...write.request(sandbox), headers: {} })).rejects.toThrow('fetch failed');
    sandbox.pact.failNext({ acceptThen: 500 });
    expect((await perform({ ...write.request(sandbox), body: new URLSearchParams() })).status).toBe(500);
    expect(write.count(sandbox)).toBe(0);
  });
});

describe('faults: bodies bigger than what a socket holds', () => {
  // Both ends of a connection on one machine buffer up to ten megabytes.
  const padding = 'x'.repeat(24 * 1024 * 1024);
  const big = writes.filter(([name]) => /sendMessage|upload/.test(name));
  let agent: Agent;
  beforeEach(() => {
    // One connection: what is left in it of a first request would be taken for the second.
    agent = new Agent({ keepAlive: true, maxSockets: 1 });
  });
  afterEach(() => agent.destroy());

  /** Begins to send the whole body at once, whatever the answer. */
  async function push({ url, method, headers, body }: WriteRequest, extra = 0): Promise<ClientRequest> {
    const encoded = new Response(body);
    const type = encoded.headers.get('content-type')!;
    const bytes = Buffer.from(await encoded.arrayBuffer());
    const length = { 'Content-Length': bytes.length + extra };
    const sending = httpRequest(url, {
      method,
      agent,
      headers: { 'Content-Type': type, ...headers, ...length },
    });
    if (extra > 0) sending.write(bytes);
    else sending.end(bytes);
    return sending;
  }
  async function answerOf(sending: ClientRequest): Promise<number> {
    const closed = once(sending, 'close');
    const [response] = (await once(sending, 'response')) as [IncomingMessage];
    response.resume();
    // Not before the last byte of the body has been taken.
    await closed;
    return response.statusCode!;
  }

  it.each(big)(
    '%s: answers a status before the body is read, and goes on with the connection',
    async (_n, write) => {
      sandbox[write.provider].failNext(503);
      expect(await answerOf(await push(write.request(sandbox, padding)))).toBe(503);
      expect(write.count(sandbox)).toBe(0);
      expect(await answerOf(await push(write.request(sandbox)))).toBeLessThan(300);
      expect(write.count(sandbox)).toBe(1);
    },
  );
  it.each(big)('%s: drops the connection before the body is read', async (_n, write) => {
    sandbox[write.provider].failNext({ reset: true });
    const [error] = await once(await push(write.request(sandbox, padding)), 'error');
    expect(['ECONNRESET', 'EPIPE']).toContain(error.code);
    expect(write.count(sandbox)).toBe(0);
    expect(await answerOf(await push(write.request(sandbox)))).toBeLessThan(300);
    expect(write.count(sandbox)).toBe(1);
  });
  it.each(big)('%s: stores one, and then loses its answer', async (_n, write) => {
    sandbox[write.provider].failNext({ acceptThen: 'reset' });
    const [error] = await once(await push(write.request(sandbox, padding)), 'error');
    expect([error.code, write.count(sandbox)]).toEqual(['ECONNRESET', 1]);
    sandbox[write.provider].failNext({ acceptThen: 502 });
    expect(await answerOf(await push(write.request(sandbox, padding)))).toBe(502);
    expect(write.count(sandbox)).toBe(2);
  });
  it.each(big)('%s: stores nothing of a body that ends too early', async (_n, write) => {
    const sending = await push(write.request(sandbox, padding), 1);
    sending.on('error', () => undefined);
    await until(arrived(write));
    sending.destroy();
    // What nobody hears is in the log all the same.
    await until(() => sandbox[write.provider].requests[0]!.status !== null);
    expect([sandbox[write.provider].requests[0]!.status, write.count(sandbox)]).toEqual([400, 0]);
  });
  it.each(big.filter(([name]) => /multipart|upload/.test(name)))(
    '%s: lets a sender read why its malformed body is refused',
    async (_n, write) => {
      const request = write.request(sandbox, padding);
      // Longer than any field may be, so that the rest of the body comes after the mistake.
      (request.body as FormData).append('note', padding);
      expect(await answerOf(await push(request))).toBe(400);
      const noBoundary = { ...request.headers, 'Content-Type': 'multipart/form-data' };
      expect(await answerOf(await push({ ...request, headers: noBoundary }))).toBe(400);
      expect(write.count(sandbox)).toBe(0);
    },
  );
});
