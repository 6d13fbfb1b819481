import { randomUUID } from 'node:crypto';
import { setImmediate as turnOfTheEventLoop } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sandboxAccounts } from '../../src/accounts.ts';
import type { AccountConfig } from '../../src/config/accounts.ts';
import type { ResilienceConfig } from '../../src/config/resilience.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import type { Answer, Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';
import type { Door, Visit } from '../http/door.ts';
import { startDoor } from '../http/door.ts';
import { conversations, send, sentTexts } from './writes.ts';

const { documented } = wellKnown.pact;

const TITLE = `{ conversationByExternalId(accountId: "sales", externalId: "${documented}") { externalId title } }`;
const MESSAGES = `{ conversationByExternalId(accountId: "sales", externalId: "${documented}") { messages(last: 50) { nodes { text } } } }`;
const MINE =
  '{ account(id: "callers") { conversations(first: 50) { nodes { externalId } sources { answered } } } }';

/** An account of Pact and one of Pigeons whose callers bring their tokens, each behind a door. */
async function startGraph(resilience: ResilienceConfig = {}) {
  const doors = { pact: await startDoor(), pigeons: await startDoor() };
  const harness = await startHarness({ accounts: (sandbox) => accountsBehind(doors, sandbox, resilience) });
  return { ...harness, doors, closeAll: () => harness.close().then(() => closeDoors(doors)) };
}

type Graph = Awaited<ReturnType<typeof startGraph>>;

function accountsBehind(
  doors: Record<'pact' | 'pigeons', Door>,
  sandbox: Sandbox,
  resilience: ResilienceConfig,
): AccountConfig[] {
  doors.pact.leadTo(sandbox.pact.url);
  doors.pigeons.leadTo(sandbox.pigeons.url);
  const [pact] = sandboxAccounts(sandbox);
  const { publicKey } = sandbox.pigeons;
  return [
    { ...pact!, baseUrl: doors.pact.url, resilience },
    {
      ...{ id: 'callers', provider: 'pigeons', publicKey, tokenHeader: 'x-pigeons-token' },
      ...{ baseUrl: doors.pigeons.url, resilience },
    },
  ];
}

async function closeDoors(doors: Record<string, Door>): Promise<void> {
  for (const door of Object.values(doors)) await door.close();
}

/** How many reads and operations have been answered without a call of their own so far, as the metrics say. */
async function sharedOf({ metricsUrl }: Harness, how: 'in_flight' | 'cache'): Promise<number> {
  const text = await (await fetch(metricsUrl)).text();
  return text
    .split('\n')
    .filter(
      (line) =>
        (line.startsWith('parley_upstream_shared_total{') && line.includes(`how="${how}"`)) ||
        (how === 'in_flight' && line.startsWith('parley_operations_shared_total ')),
    )
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

/** How many operations have been given another one's answer so far. */
async function sharedAnswersOf({ metricsUrl }: Harness): Promise<number> {
  const text = await (await fetch(metricsUrl)).text();
  return Number(/^parley_operations_shared_total (\d+)$/m.exec(text)![1]);
}

/** Waits until so many more operations have joined a call since `before`. */
async function joined(graph: Graph, before: number, count: number): Promise<void> {
  while ((await sharedOf(graph, 'in_flight')) < before + count) await turnOfTheEventLoop();
}

const isRead = ({ method }: Visit) => method === 'GET';

/** An operation whose caller may leave. */
function leavable({ url }: Harness, query: string, headers: Record<string, string>) {
  const caller = new AbortController();
  const answer = fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
    signal: caller.signal,
  }).then((response) => response.json() as Promise<Answer>);
  answer.catch(() => undefined);
  return { answer, leave: () => caller.abort() };
}

describe.each([
  { what: 'equal operations', isWhole: true, own: () => ({}) },
  // No two requests are the same, and their calls are.
  { what: 'equal reads of operations', isWhole: false, own: () => ({ 'x-request-id': randomUUID() }) },
])('$what that are under way at once', ({ isWhole, own }) => {
  let graph: Graph;
  const query = (document: string) => graph.query(document, { headers: own() });
  beforeAll(async () => {
    graph = await startGraph();
  });
  afterAll(() => graph.closeAll());
  beforeEach(() => {
    graph.reset();
    for (const door of Object.values(graph.doors)) door.forget();
  });
  afterEach(() => {
    for (const door of Object.values(graph.doors)) door.open();
  });

  it('are one call to the provider', async () => {
    const { pact } = graph.doors;
    const before = await sharedOf(graph, 'in_flight');
    const wholeBefore = await sharedAnswersOf(graph);
    pact.keep(isRead);
    const first = query(TITLE);
    await pact.come(1);
    const others = Array.from({ length: 5 }, () => query(TITLE));
    await joined(graph, before, 5);
    pact.open();
    const answers = await Promise.all([first, ...others]);
    expect(pact.visits).toHaveLength(1);
    expect(await sharedAnswersOf(graph)).toBe(wholeBefore + (isWhole ? 5 : 0));
    for (const { data, errors } of answers) {
      expect(errors).toBeUndefined();
      expect(data).toEqual(answers[0].data);
      expect(data.conversationByExternalId.externalId).toBe(String(documented));
    }
  });

  it('are calls of their own when they come one after the other', async () => {
    for (let count = 1; count <= 2; count += 1) {
      await graph.data(TITLE);
      expect(graph.doors.pact.visits).toHaveLength(count);
    }
  });

  it('fail for all of them, and for nobody who comes later', async () => {
    const { pact } = graph.doors;
    graph.sandbox.pact.failNext(403);
    const before = await sharedOf(graph, 'in_flight');
    pact.keep(isRead);
    const answers = [query(TITLE), query(TITLE)];
    await joined(graph, before, 1);
    pact.open();
    for (const { errors } of await Promise.all(answers))
      expect(errors).toMatchObject([{ extensions: { code: 'PROVIDER_FORBIDDEN' } }]);
    expect(pact.visits).toHaveLength(1);
    expect((await query(TITLE)).errors).toBeUndefined();
  });

  it('go on when one of their callers leaves, also the one who was first', async () => {
    const { pact } = graph.doors;
    const before = await sharedOf(graph, 'in_flight');
    pact.keep(isRead);
    const first = leavable(graph, TITLE, own());
    await pact.come(1);
    const second = query(TITLE);
    await joined(graph, before, 1);
    first.leave();
    await expect(first.answer).rejects.toThrow();
    // The one who stays is still waited for when a third one comes.
    const third = query(TITLE);
    await joined(graph, before, 2);
    pact.open();
    for (const { errors, data } of await Promise.all([second, third])) {
      expect(errors).toBeUndefined();
      expect(data.conversationByExternalId.title).not.toBeNull();
    }
    expect(pact.visits).toHaveLength(1);
  });

  it('end at the provider when the last of their callers leaves', async () => {
    const { pact } = graph.doors;
    const before = await sharedOf(graph, 'in_flight');
    pact.keep(isRead);
    const callers = [leavable(graph, TITLE, own()), leavable(graph, TITLE, own())];
    await joined(graph, before, 1);
    await pact.come(1);
    for (const { leave } of callers) leave();
    while (!pact.visits[0]!.hasLeft()) await turnOfTheEventLoop();
    pact.open();
    expect((await query(TITLE)).errors).toBeUndefined();
    expect(pact.visits).toHaveLength(2);
  });

  it('are never one for callers with other credentials, or who ask for another language', async () => {
    const { pigeons } = graph.doors;
    const [one, two] = graph.sandbox.pigeons.users;
    const ask = (token: string, language?: string) =>
      graph.query(MINE, {
        headers: { ...own(), 'x-pigeons-token': token, ...(language && { 'accept-language': language }) },
      });
    const before = await sharedOf(graph, 'in_flight');
    pigeons.keep(isRead);
    const same = [ask(one!.token), ask(one!.token)];
    await joined(graph, before, 1);
    const others = [ask(two!.token), ask(one!.token, 'ru'), ask(one!.token, 'en')];
    await pigeons.come(4);
    pigeons.open();
    const [first, again, foreign] = await Promise.all([...same, ...others]);
    expect(pigeons.visits).toHaveLength(4);
    expect(await sharedOf(graph, 'in_flight')).toBe(before + 1);
    expect(again!.data).toEqual(first!.data);
    const mine = (answer: Answer) =>
      answer.data.account.conversations.nodes.map((node: any) => node.externalId);
    expect(mine(first!)).not.toEqual([]);
    expect(mine(foreign!)).not.toEqual(mine(first!));
  });

  it('are not one with what was asked for before a write', async () => {
    const { pact } = graph.doors;
    pact.keep(({ method, path }) => method === 'GET' && path.includes('/messages'));
    const before = query(MESSAGES);
    await pact.come(1);
    pact.keep(() => false);
    const text = `Written meanwhile ${randomUUID()}`;
    await send(graph, { conversationId: conversations.whatsApp, text });

    const { data } = await query(MESSAGES);
    const texts = data.conversationByExternalId.messages.nodes.map((node: any) => node.text);
    expect(texts).toContain(text);
    pact.open();
    expect((await before).errors).toBeUndefined();
  });

  it('are not one with those that a write goes by', async () => {
    const { pact } = graph.doors;
    pact.keep(isRead);
    const reading = query(TITLE);
    await pact.come(1);
    pact.keep(() => false);
    const before = await sharedOf(graph, 'in_flight');
    const text = `Sent while it is read ${randomUUID()}`;
    // What the conversation takes is read before; by a call of its own, or it would wait here for ever.
    const { userErrors } = await send(graph, { conversationId: conversations.whatsApp, text });
    expect(userErrors).toEqual([]);
    expect(sentTexts(graph)).toEqual([text]);
    const same = pact.visits.filter(({ path }) => path === pact.visits[0]!.path);
    expect(same.length).toBeGreaterThan(1);
    expect(await sharedOf(graph, 'in_flight')).toBe(before);
    pact.open();
    await reading;
  });
});

describe('what asks Parley’s own memory, or writes', () => {
  let graph: Graph;
  beforeAll(async () => {
    graph = await startGraph();
  });
  afterAll(() => graph.closeAll());

  it('is never given the answer of another operation', async () => {
    const before = await sharedAnswersOf(graph);
    const input = {
      conversationId: conversations.whatsApp,
      ...{ text: `Twice ${randomUUID()}`, idempotencyKey: randomUUID() },
    };
    const [sent, again] = await Promise.all([send(graph, input), send(graph, input)]);
    expect(sent.delivery.id).toBe(again.delivery.id);
    expect(sentTexts(graph)).toEqual([input.text]);
    const state = `{ delivery(id: "${sent.delivery.id}") { state } }`;
    graph.doors.pact.keep(isRead);
    const asked = Array.from({ length: 5 }, () => graph.query(state));
    const mixed = Array.from({ length: 5 }, () =>
      graph.query(`{ delivery(id: "${sent.delivery.id}") { state } ${TITLE.slice(1)}`),
    );
    await graph.doors.pact.come(1);
    graph.doors.pact.open();
    for (const { errors } of await Promise.all([...asked, ...mixed])) expect(errors).toBeUndefined();
    expect(await sharedAnswersOf(graph)).toBe(before);
  });
});

describe('an account that keeps answers for a while', () => {
  let graph: Graph;
  beforeAll(async () => {
    graph = await startGraph({ cache: 3_600_000 });
  });
  afterAll(() => graph.closeAll());
  beforeEach(async () => {
    graph.reset();
    // A write drops all that is kept of its account.
    await send(graph, { conversationId: conversations.whatsApp, text: 'Forget it' });
    for (const door of Object.values(graph.doors)) door.forget();
  });

  const texts = async () => {
    const { conversationByExternalId } = await graph.data(MESSAGES);
    return conversationByExternalId.messages.nodes.map((node: any) => node.text) as string[];
  };
  const arrive = (message: string, income = true) =>
    graph.sandbox.pact.addMessage(documented, { message, income, created_at: new Date().toISOString() });

  it('gives them again, and makes no call', async () => {
    const before = await sharedOf(graph, 'cache');
    const first = await graph.data(TITLE);
    expect(await graph.data(TITLE)).toEqual(first);
    expect(graph.doors.pact.visits).toHaveLength(1);
    expect(await sharedOf(graph, 'cache')).toBe(before + 1);
  });

  it('gives nobody what was answered to other credentials', async () => {
    const [one, two] = graph.sandbox.pigeons.users;
    const mine = async (token: string) => {
      const { data } = await graph.query(MINE, { headers: { 'x-pigeons-token': token } });
      return data.account.conversations.nodes.map((node: any) => node.externalId) as string[];
    };
    const first = await mine(one!.token);
    expect(await mine(two!.token)).not.toEqual(first);
    expect(await mine(one!.token)).toEqual(first);
    expect(graph.doors.pigeons.visits).toHaveLength(2);
  });

  it('keeps no errors', async () => {
    graph.sandbox.pact.failNext(403);
    expect((await graph.query(TITLE)).errors).toHaveLength(1);
    expect((await graph.query(TITLE)).errors).toBeUndefined();
  });

  it('shows its own writes at once', async () => {
    const text = `Written ${randomUUID()}`;
    expect(await texts()).not.toContain(text);
    await send(graph, { conversationId: conversations.whatsApp, text });
    expect(await texts()).toContain(text);
  });

  it('drops what is kept also for a write that nobody knows the end of', async () => {
    const text = `Lost ${randomUUID()}`;
    expect(await texts()).not.toContain(text);
    graph.sandbox.pact.failNext({ acceptThen: 'reset' }, { call: 'sendMessage' });
    const { delivery } = await send(graph, { conversationId: conversations.whatsApp, text });
    expect(delivery.state).toBe('UNKNOWN');
    expect(await texts()).toContain(text);
  });

  it('looks for what became of a send at the provider itself', async () => {
    const input = {
      conversationId: conversations.whatsApp,
      ...{ text: `Late ${randomUUID()}`, idempotencyKey: randomUUID() },
    };
    graph.sandbox.pact.failNext({ reset: true }, { call: 'sendMessage' });
    expect((await send(graph, input)).delivery.state).toBe('UNKNOWN');
    // Kept now, without it.
    expect(await texts()).not.toContain(input.text);
    arrive(input.text, false);
    expect(await texts()).not.toContain(input.text);

    expect((await send(graph, input)).delivery.state).toBe('SENT');
  });
});
