import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sandboxAccounts } from '../../../src/accounts.ts';
import { conversationId } from '../../../src/messaging/ids.ts';
import type { Emulator } from '../../../src/sandbox/index.ts';
import type { Answer, Harness } from '../../harness.ts';
import { emulators, startHarness } from '../../harness.ts';
import { EACH_FAULT_BY_ITSELF } from '../../openSandboxAccounts.ts';
import { pactV2Account } from '../../pactV2Account.ts';
import { freePort } from '../../freePort.ts';
import { send, sentTexts } from '../writes.ts';
import type { FaultClass, ReadExpectation } from './faults.ts';
import { FAULTS, MAX_ANSWER_BYTES } from './faults.ts';
import type { Held } from './leaks.ts';
import { findLeaks, lookAtHeld } from './leaks.ts';
import { SUBJECTS } from './subjects.ts';

/** A conversation of the broken account, and one of a healthy one. */
const QUERY = `query ($accountId: ID!, $externalId: String!, $healthyAccountId: ID!, $healthyExternalId: String!) {
  broken: conversationByExternalId(accountId: $accountId, externalId: $externalId) { messages(last: 2) { nodes { id } } }
  healthy: conversationByExternalId(accountId: $healthyAccountId, externalId: $healthyExternalId) {
    messages(last: 2) { nodes { id } }
  }
}`;

/** The same as a router asks for them, two of the broken account. */
const ENTITIES = `query ($representations: [_Any!]!) {
  _entities(representations: $representations) { ... on Conversation { id messages(last: 1) { nodes { id } } } }
}`;

const LIST = `query ($accountId: ID!) {
  account(id: $accountId) {
    status
    conversations(first: 3) { nodes { id } sources { answered error { code retryable retryAfter } } }
  }
}`;

const SHORT = { readTimeout: 600, sendTimeout: 600, maxAnswerBytes: MAX_ANSWER_BYTES };

describe.each(SUBJECTS)('a fault of $name', (subject) => {
  const { provider, accountId, healthy, conversations } = subject;
  let before: Held;
  let harness: Harness;
  let emulator: Emulator;

  beforeAll(async () => {
    before = await lookAtHeld();
    harness = await startHarness({
      accounts: (sandbox) => [...sandboxAccounts(sandbox), pactV2Account(sandbox)],
      callLimits: { ...EACH_FAULT_BY_ITSELF, ...SHORT },
    });
    emulator = emulators(harness.sandbox)[provider];
    await readAll();
  });
  beforeEach(() => {
    harness.reset();
  });
  afterAll(async () => {
    await harness.close();
    expect(await findLeaks(before)).toEqual([]);
  });

  const variables = {
    ...{ accountId, externalId: conversations[0] },
    ...{ healthyAccountId: healthy.accountId, healthyExternalId: healthy.externalId },
  };
  const representations = [
    ...conversations.map((externalId) => ({ __typename: 'Conversation', accountId, externalId })),
    { __typename: 'Conversation', ...healthy },
  ];
  const query = () => harness.query(QUERY, { variables });
  const entities = () => harness.query(ENTITIES, { variables: { representations } });
  const list = () => harness.query(LIST, { variables: { accountId } });

  async function readAll(): Promise<Answer[]> {
    return [await query(), await entities(), await list()];
  }

  /** Nothing of what the provider said, nor of how it was asked, and no more calls than there may be. */
  function check(answer: Answer): Answer {
    const { token } = harness.sandbox.pact;
    for (const secret of ['upstream', 'elsewhere', token, harness.sandbox.pact.url, '/p1/', '/p2/'])
      expect(JSON.stringify(answer.errors ?? [])).not.toContain(secret);
    expect(emulator.requests.length).toBeLessThanOrEqual(subject.maxCalls);
    emulator.clearRequests();
    return answer;
  }

  function expectError(error: object | undefined, expected: Exclude<ReadExpectation, string>): void {
    expect(error).toMatchObject(expected);
    if (expected.retryAfter === undefined)
      expect(error).not.toMatchObject({ retryAfter: expect.any(Number) });
  }

  describe.each(FAULTS)('$name', ({ fault, read, send: sent }: FaultClass) => {
    it('costs a query what it asked of that account, and nothing else', async () => {
      emulator.failNext(fault, { times: Infinity });
      const { data, errors = [] } = check(await query());
      expect(data.healthy.messages.nodes).toHaveLength(2);
      if (read === 'data') {
        expect(data.broken.messages.nodes).toHaveLength(2);
        expect(errors).toEqual([]);
      } else if (read === 'null') {
        expect(data.broken).toBeNull();
        expect(errors).toEqual([]);
      } else {
        expect(data.broken?.messages ?? null).toBeNull();
        expect(errors).toHaveLength(1);
        expect(errors[0]!.path?.[0]).toBe('broken');
        expectError(errors[0]!.extensions, read);
      }
      emulator.clearFaults();
      expect((await query()).errors).toBeUndefined();
    });

    it('costs a batch of entities those of that account, and none of the others', async () => {
      emulator.failNext(fault, { times: Infinity });
      const { data, errors = [] } = check(await entities());
      const [one, other, third] = data._entities;
      expect(third.messages.nodes).toHaveLength(1);
      if (read === 'data') {
        expect([one.messages.nodes.length, other.messages.nodes.length]).toEqual([1, 1]);
        expect(errors).toEqual([]);
      } else {
        expect([one?.messages ?? null, other?.messages ?? null]).toEqual([null, null]);
        if (read === 'null') expect(errors).toEqual([]);
        else for (const { extensions } of errors) expectError(extensions, read);
        expect(errors.length).toBeLessThanOrEqual(4);
      }
      emulator.clearFaults();
      expect((await entities()).errors).toBeUndefined();
    });

    it('costs a list its rows, and `sources` say why', async () => {
      emulator.failNext(fault, { times: Infinity });
      const { data } = check(await list());
      const { nodes, sources } = data.account.conversations;
      const [source] = sources;
      if (provider === 'letstalk') {
        expect(source).toMatchObject({ answered: false, error: { code: 'UNSUPPORTED' } });
      } else if (read === 'data') {
        expect([nodes.length, source.answered]).toEqual([3, true]);
      } else {
        expect(nodes).toEqual([]);
        expect(source.answered).toBe(false);
        // A list that is not there is a breach of what is documented, whatever one conversation that is not there is.
        if (read !== 'null') expectError(source.error, read);
      }
    });

    it('is told by the status of the account, until a call succeeds', async () => {
      emulator.failNext(fault, { times: Infinity });
      await query();
      const status = async () => (await list()).data.account.status;
      const told = await harness.data('query ($id: ID!) { account(id: $id) { status } }', { id: accountId });
      const isAilment = typeof read === 'object' && AILMENTS.has(read.code);
      expect(told.account.status === 'OPERATIONAL').toBe(!isAilment);
      emulator.clearFaults();
      await query();
      expect(await status()).toBe('OPERATIONAL');
    });

    it('lets a send be sent once, whatever comes of the first try', async () => {
      const text = `Fault ${randomUUID()}`;
      const input = {
        conversationId: conversationId({ accountId, externalId: conversations[0] }),
        ...{ text, idempotencyKey: randomUUID() },
      };
      emulator.failNext(fault, { times: Infinity, call: subject.sendCall });
      const first = await send(harness, input);
      expect(JSON.stringify(first)).not.toContain('upstream');
      if (typeof sent === 'object') {
        expect(first.delivery).toBeNull();
        expect(first.userErrors).toMatchObject([{ code: sent.refused }]);
        expect(sentTexts(harness)).not.toContain(text);
      } else {
        expect(first.userErrors).toEqual([]);
        expect(first.delivery.state === 'UNKNOWN').toBe(sent === 'UNKNOWN');
      }

      emulator.clearFaults();
      const again = await send(harness, input);
      const stored = sentTexts(harness).filter((other) => other === text).length;
      expect(stored).toBeLessThanOrEqual(1);
      if (typeof sent === 'object' || sent === 'SENT') {
        expect([stored, again.userErrors]).toEqual([1, []]);
        expect(again.delivery.state).not.toBe('UNKNOWN');
      } else {
        // In doubt as long as there is nothing to be seen of it, and known as soon as there is.
        expect(again.delivery.state === 'UNKNOWN').toBe(stored === 0);
      }
    });
  });

  const rows = (change: (rows: any[]) => any[]) => ({
    body: (body: any) => {
      try {
        return subject.withRows(body, change(subject.rowsOf(body)));
      } catch {
        // The answer of another call.
        return body;
      }
    },
  });
  const messages = () =>
    harness.query(
      `query ($accountId: ID!, $externalId: String!) {
        conversationByExternalId(accountId: $accountId, externalId: $externalId) { messages(last: 50) { nodes { id text sentAt } } }
      }`,
      { variables: { accountId, externalId: conversations[0] } },
    );
  const nodesOf = ({ data }: Answer): any[] => data.conversationByExternalId.messages.nodes;

  describe('in the rows of an answer', () => {
    it.each<[string, (rows: any[]) => any[]]>([
      ['twice the same', (list) => [...list, ...structuredClone(list)]],
      ['in another order', (list) => list.toReversed()],
    ])('such as %s makes no difference', async (_what, change) => {
      const usual = nodesOf(await messages());
      emulator.failNext(rows(change), { times: Infinity, call: subject.messagesCall });
      expect(nodesOf(await messages())).toEqual(usual);
      expect(emulator.requests.length).toBeLessThanOrEqual(2 * subject.maxCalls);
    });

    it.each<[string, (row: any) => unknown]>([
      ['null', () => null],
      ['a text', () => 'upstream'],
      ['a number', () => 7],
      ['a list', () => [[]]],
      ['an empty object', () => ({})],
    ])('such as %s where a message was costs that message alone, and is counted', async (_what, spoil) => {
      const usual = nodesOf(await messages());
      const spoilFirst = (list: any[]) => list.map((row, index) => (index === 0 ? spoil(row) : row));
      emulator.failNext(rows(spoilFirst), { times: Infinity, call: subject.messagesCall });
      const answer = await messages();
      expect(answer.errors).toBeUndefined();
      const rest = nodesOf(answer).map(({ id }) => id);
      expect(usual.filter(({ id }) => !rest.includes(id))).toHaveLength(1);
      const metrics = await (await fetch(harness.metricsUrl)).text();
      expect(metrics).toMatch(
        new RegExp(`parley_lost_rows_total\\{account="${accountId}",.*call="messages"\\} [1-9]`),
      );
    });

    it('such as a field that is missing, null or nonsense costs the field or the message, never the page', async () => {
      for (const key of await keysOfRows()) {
        for (const value of [undefined, null, 'nonsense', -1, [], { a: 1 }]) {
          const spoilAll = (list: any[]) =>
            list.map((row, at) => (at % 2 === 0 ? { ...row, [key]: value } : row));
          emulator.failNext(rows(spoilAll), { times: Infinity, call: subject.messagesCall });
          const answer = await messages();
          emulator.clearFaults();
          const where = `${key} = ${JSON.stringify(value)}`;
          expect([where, answer.errors, nodesOf(answer).length > 0]).toEqual([where, undefined, true]);
        }
      }
    });
  });

  async function keysOfRows(): Promise<string[]> {
    let keys: string[] = [];
    const look = (list: any[]) => {
      keys = Object.keys(list[0]);
      return list;
    };
    emulator.failNext(rows(look), { call: subject.messagesCall });
    await messages();
    return keys;
  }
});

describe('a provider that can not be reached', () => {
  it.each<[string, () => Promise<{ baseUrl: string; close?: () => Promise<void> }>]>([
    ['since nobody listens', async () => ({ baseUrl: `http://127.0.0.1:${await freePort()}` })],
    ['since its name is none', () => Promise.resolve({ baseUrl: 'http://no-such-host.invalid' })],
    ['since it closes every connection at once', () => listening((socket) => socket.destroy())],
    ['since it speaks something else', () => listening((socket) => socket.end('SSH-2.0-upstream\r\n'))],
    ['since it says nothing', () => listening(() => undefined)],
  ])('%s costs its own rows, and a send to it is refused or in doubt', async (_why, open) => {
    const before = await lookAtHeld();
    const { baseUrl, close } = await open();
    const harness = await startHarness({
      accounts: ({ pact, pigeons }) => [
        { id: 'sales', provider: 'pact', companyId: pact.companyId, token: pact.token, baseUrl },
        {
          ...{ id: 'app', provider: 'pigeons', publicKey: pigeons.publicKey },
          ...{ token: pigeons.user.token, baseUrl: pigeons.url },
        },
      ],
      callLimits: SHORT,
    });
    const { conversations } = await harness.data(
      '{ conversations(first: 3) { nodes { accountId } sources { account { id } error { code retryable } } } }',
    );
    expect(conversations.nodes).toHaveLength(3);
    const [broken] = conversations.sources.filter((source: any) => source.error !== null);
    expect(broken.account.id).toBe('sales');
    expect(broken.error.code).toMatch(/^PROVIDER_(UNAVAILABLE|TIMEOUT|CONTRACT)$/);
    const input = {
      conversationId: conversationId({ accountId: 'sales', externalId: '8741' }),
      text: 'hello',
    };
    const { delivery, userErrors } = await send(harness, input);
    // What a message may be depends on the messenger, which could not be asked for: nothing was sent.
    expect([delivery, userErrors[0].code]).toEqual([null, broken.error.code]);
    await harness.close();
    await close?.();
    expect(await findLeaks(before)).toEqual([]);
  });

  async function listening(onConnection: (socket: Socket) => void) {
    const server = createServer((socket) => {
      // What is not read is not noticed to be over.
      socket.on('error', () => undefined).resume();
      onConnection(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    return {
      baseUrl: `http://127.0.0.1:${port}`,
      close: () => new Promise<void>((resolve) => server.close(() => resolve())),
    };
  }
});

describe('a storm of failures', () => {
  it('opens the circuit, which the status tells, asks no more, and is noticed when it is over', async () => {
    const harness = await startHarness({
      callLimits: {
        ...SHORT,
        circuitBreaker: { failureRatio: 0.5, minimumCalls: 10, window: 20, openFor: 50 },
      },
    });
    const status = async () => (await harness.data('{ account(id: "sales") { status } }')).account.status;
    const read = () =>
      harness.query('{ conversationByExternalId(accountId: "sales", externalId: "8750") { title } }');
    harness.sandbox.pact.failNext(503, { times: Infinity });
    while (!(await isRefused(read))) expect(harness.sandbox.pact.requests.length).toBeLessThan(40);
    expect(await status()).toBe('UNAVAILABLE');

    harness.sandbox.pact.clearFaults();
    while ((await read()).errors) expect(await status()).toBe('UNAVAILABLE');
    expect(await status()).toBe('OPERATIONAL');
    await harness.close();
  });

  /** Whether a read is turned away without a call, and with a time to come back. */
  async function isRefused(read: () => Promise<Answer>): Promise<boolean> {
    const { errors } = await read();
    expect(errors).toMatchObject([{ extensions: { code: 'PROVIDER_UNAVAILABLE', retryable: true } }]);
    return errors![0]!.extensions['retryAfter'] !== undefined;
  }
});

describe('the look for leaks', () => {
  it('finds a server that nobody has closed', async () => {
    const before = await lookAtHeld();
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    expect(await findLeaks(before)).toContainEqual(expect.stringContaining('TCP'));
    await new Promise<void>((resolve) => server.close(() => resolve()));
    expect(await findLeaks(before)).toEqual([]);
  });
});

/** Codes that say something about the account, and not about what was asked for. */
const AILMENTS: ReadonlySet<string> = new Set([
  ...['PROVIDER_UNAVAILABLE', 'PROVIDER_TIMEOUT', 'PROVIDER_CONTRACT', 'PROVIDER_UNAUTHENTICATED'],
  ...['PROVIDER_PAYMENT_REQUIRED', 'PROVIDER_RATE_LIMITED'],
]);
