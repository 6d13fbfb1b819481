import { randomUUID } from 'node:crypto';
import { setImmediate as turnOfTheEventLoop } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { sandboxAccounts } from '../../src/accounts.ts';
import type { Answer, Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';
import { conversations, PNG, send, SEND, sentTexts } from '../graph/writes.ts';
import { postUpload, temporaryFiles } from '../uploading.ts';
import type { Door } from './door.ts';
import { startDoor } from './door.ts';
import { connectTo } from './incomingClient.ts';

const ORIGIN = 'https://console.example';

const READ = '{ conversationByExternalId(accountId: "sales", externalId: "8741") { title } }';

/** Parley with its account of Pact behind a door. */
async function startBehindDoor(
  environment: Record<string, string>,
): Promise<{ harness: Harness; door: Door; close: () => Promise<void> }> {
  const door = await startDoor();
  const harness = await startHarness({
    environment: { CORS_ORIGINS: ORIGIN, ...environment },
    accounts: (sandbox) => {
      door.leadTo(sandbox.pact.url);
      return sandboxAccounts(sandbox).map((account) =>
        account.provider === 'pact' ? { ...account, baseUrl: door.url } : account,
      );
    },
  });
  return { harness, door, close: () => harness.close().then(() => door.close()) };
}

const newInput = () => ({
  conversationId: conversations.whatsApp,
  ...{ text: `Too much ${randomUUID()}`, idempotencyKey: randomUUID() },
});

const SHED = {
  message: expect.any(String),
  extensions: { code: 'OVERLOADED', retryable: true, retryAfter: 1 },
};

/** How many requests have been turned away for a reason, as the metrics say. */
async function shedFor({ metricsUrl }: Harness, reason: string): Promise<number> {
  const text = await (await fetch(metricsUrl)).text();
  return Number(
    new RegExp(`^parley_shed_requests_total\\{reason="${reason}"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0,
  );
}

const readiness = async ({ url }: Harness) => {
  const answer = await fetch(`${url}/health/ready`);
  return { status: answer.status, body: (await answer.json()) as object };
};

describe('a process with as many operations as it takes on', () => {
  const MOST = 3;
  let harness: Harness;
  let door: Door;
  let close: () => Promise<void>;
  let file: string;

  beforeAll(async () => {
    ({ harness, door, close } = await startBehindDoor({ MAX_OPERATIONS: String(MOST) }));
    const { data } = await postUpload(harness.url, { conversationId: conversations.letstalk }, PNG);
    file = data.uploadAttachment.attachment.url;
  });
  afterAll(() => close());
  afterEach(() => {
    door.open();
    harness.reset();
    door.forget();
  });

  /** Keeps it busy until the door is opened. */
  async function fill(): Promise<Promise<Answer>[]> {
    door.keep(() => true);
    const busy = Array.from({ length: MOST }, (_, index) =>
      // None shares a call with another one.
      harness.query(
        `{ conversationByExternalId(accountId: "sales", externalId: "87${41 + index}") { title } }`,
      ),
    );
    await door.come(MOST);
    return busy;
  }

  it('turns others away with 503, a code and a time to come again, in words that a page may read', async () => {
    const busy = await fill();
    const before = await shedFor(harness, 'operations');
    const answer = await fetch(`${harness.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: ORIGIN },
      body: JSON.stringify({ query: READ }),
    });
    expect(answer.status).toBe(503);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      ...{ 'retry-after': '1', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' },
      ...{ 'access-control-allow-origin': ORIGIN, 'content-type': 'application/json; charset=utf-8' },
    });
    expect(await answer.json()).toEqual({ errors: [SHED] });
    expect(await shedFor(harness, 'operations')).toBe(before + 1);
    door.open();
    for (const { status, errors } of await Promise.all(busy))
      expect([status, errors]).toEqual([200, undefined]);
  });

  it('does nothing at all of what it turns away: no read, no send, no file', async () => {
    const busy = await fill();
    const input = newInput();
    const read = await harness.query(READ);
    const sending = await harness.query(SEND, { variables: { input } });
    const upload = await postUpload(harness.url, { conversationId: conversations.letstalk }, PNG);
    for (const answer of [read, sending, upload])
      expect(answer).toMatchObject({ status: 503, errors: [SHED] });
    expect(sentTexts(harness)).toEqual([]);
    expect(door.visits).toHaveLength(MOST);
    expect(temporaryFiles()).toEqual([]);
    door.open();
    await Promise.all(busy);

    // Nor is the key used up.
    expect(await send(harness, input)).toMatchObject({ message: { text: input.text }, userErrors: [] });
    expect(sentTexts(harness)).toEqual([input.text]);
  });

  it('is not ready meanwhile, and alive, and goes on to serve files', async () => {
    expect(await readiness(harness)).toEqual({ status: 200, body: { status: 'ready' } });
    const busy = await fill();
    expect(await readiness(harness)).toEqual({ status: 503, body: { status: 'overloaded' } });
    const metricsReady = await fetch(harness.metricsUrl.replace('/metrics', '/health/ready'));
    expect(metricsReady.status).toBe(503);
    expect((await fetch(`${harness.url}/health/live`)).status).toBe(200);
    expect((await fetch(file)).status).toBe(200);
    door.open();
    await Promise.all(busy);
    while ((await readiness(harness)).status !== 200) await turnOfTheEventLoop();
    expect((await harness.query(READ)).errors).toBeUndefined();
  });

  it('ends a write that it has begun', async () => {
    door.keep(({ method }) => method === 'POST');
    const input = newInput();
    const sending = send(harness, input);
    while (!door.visits.some(({ method }) => method === 'POST')) await turnOfTheEventLoop();
    const other = harness.query(READ.replace('8741', '8743'));
    expect((await other).status).toBe(200);
    const busy = Array.from({ length: MOST }, () =>
      harness.query(
        'mutation Send($input: SendMessageInput!) { sendMessage(input: $input) { userErrors { code } } }',
        {
          variables: { input: newInput() },
        },
      ),
    );
    while ((await readiness(harness)).status === 200) await turnOfTheEventLoop();
    door.open();
    expect(await sending).toMatchObject({ message: { text: input.text }, userErrors: [] });
    const statuses = (await Promise.all(busy)).map(({ status }) => status).toSorted();
    expect(statuses).toEqual([200, 200, 503]);
    expect(sentTexts(harness)).toHaveLength(3);
  });

  it('takes on no more when many come at the same moment', async () => {
    door.keep(() => true);
    const answers = Array.from({ length: 40 }, (_, index) =>
      harness.query(
        `{ conversationByExternalId(accountId: "sales", externalId: "${9_000 + index}") { title } }`,
      ),
    );
    let turnedAway = 0;
    for (const answer of answers) void answer.then(({ status }) => (turnedAway += Number(status === 503)));
    while (turnedAway < 40 - MOST) await turnOfTheEventLoop();
    await door.come(MOST);
    expect(door.visits).toHaveLength(MOST);
    door.open();
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(MOST);
  });

  it('takes on no more when the requests of many end at the same moment', async () => {
    door.keep(() => true);
    const connections = await Promise.all(
      Array.from({ length: 12 }, () => connectTo(Number(new URL(harness.url).port))),
    );
    const toBody = (index: number) => JSON.stringify({ query: READ.replace('8741', String(9_100 + index)) });
    for (const [index, connection] of connections.entries()) {
      connection.socket.write(
        'POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\nexpect: 100-continue\r\n' +
          `content-type: application/json\r\ncontent-length: ${toBody(index).length}\r\n\r\n`,
      );
      // It has been let in as far as its headers go.
      await connection.received(/^HTTP\/1.1 100 Continue/);
    }
    for (const [index, { socket }] of connections.entries()) socket.write(toBody(index));
    const statuses: string[] = [];
    const all = connections.map(async ({ closed }) => {
      const [, status] = /HTTP\/1.1 (200|503)/.exec(await closed)!;
      statuses.push(status!);
    });
    while (statuses.length < 12 - MOST) await turnOfTheEventLoop();
    await door.come(MOST);
    expect(door.visits).toHaveLength(MOST);
    door.open();
    await Promise.all(all);
    expect(statuses.filter((status) => status === '200')).toHaveLength(MOST);
  });

  it('counts nobody who has left', async () => {
    door.keep(() => true);
    for (let rounds = 0; rounds < 2; rounds += 1) {
      const callers = Array.from({ length: MOST }, () => new AbortController());
      const leaving = callers.map(({ signal }, index) =>
        fetch(`${harness.url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ query: READ.replace('8741', String(8741 + index)) }),
          signal,
        }).catch(() => undefined),
      );
      await door.come(MOST * (rounds + 1));
      expect((await readiness(harness)).status).toBe(503);
      for (const caller of callers) caller.abort();
      await Promise.all(leaving);
      while ((await readiness(harness)).status !== 200) await turnOfTheEventLoop();
    }
  });
});

describe('a process whose event loop is late', () => {
  let harness: Harness;
  let door: Door;
  let close: () => Promise<void>;

  beforeAll(async () => {
    ({ harness, door, close } = await startBehindDoor({ MAX_EVENT_LOOP_DELAY: '60ms' }));
  });
  afterAll(() => close());

  /** Lets nothing else be done for a while. */
  function block(milliseconds: number): void {
    const until = performance.now() + milliseconds;
    while (performance.now() < until);
  }

  it('turns requests away, ends what it has begun, and takes on all again once it is in time', async () => {
    while ((await readiness(harness)).status !== 200) await turnOfTheEventLoop();
    const before = await shedFor(harness, 'event_loop');
    door.keep(({ method }) => method === 'POST');
    const input = newInput();
    const sending = send(harness, input);
    while (!door.visits.some(({ method }) => method === 'POST')) await turnOfTheEventLoop();

    let health = await readiness(harness);
    while (health.status === 200) {
      block(250);
      health = await readiness(harness);
    }
    expect(health.body).toEqual({ status: 'overloaded' });
    const late = newInput();
    const shed = await harness.query(SEND, { variables: { input: late } });
    expect(shed).toMatchObject({ status: 503, errors: [SHED] });
    expect(await shedFor(harness, 'event_loop')).toBe(before + 1);
    expect((await fetch(`${harness.url}/health/live`)).status).toBe(200);
    door.open();
    expect(await sending).toMatchObject({ message: { text: input.text }, userErrors: [] });

    while ((await readiness(harness)).status !== 200) await turnOfTheEventLoop();
    expect(sentTexts(harness)).toEqual([input.text]);
    expect(await send(harness, late)).toMatchObject({ message: { text: late.text } });
  });
});
