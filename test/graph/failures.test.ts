import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Fault } from '../../src/sandbox/index.ts';
import { emulators, startHarness } from '../harness.ts';
import type { Harness } from '../harness.ts';
import { EACH_FAULT_BY_ITSELF } from '../openSandboxAccounts.ts';

const FAULTS: [string, Fault, object][] = [
  ['401', 401, { code: 'PROVIDER_UNAUTHENTICATED', retryable: false }],
  ['403', 403, { code: 'PROVIDER_FORBIDDEN', retryable: false }],
  [
    '429',
    { status: 429, headers: { 'retry-after': '120' } },
    { code: 'PROVIDER_RATE_LIMITED', retryable: true, retryAfter: 120 },
  ],
  ['500', 500, { code: 'PROVIDER_UNAVAILABLE', retryable: true }],
  ['an HTML page', { html: true }, { code: 'PROVIDER_CONTRACT', retryable: false }],
  ['half of the JSON', { truncate: true }, { code: 'PROVIDER_CONTRACT', retryable: false }],
  ['a redirect', { redirect: 'http://127.0.0.1:9/' }, { code: 'PROVIDER_CONTRACT', retryable: false }],
  ['a reset', { reset: true }, { code: 'PROVIDER_UNAVAILABLE', retryable: true }],
  ['silence', { hang: true }, { code: 'PROVIDER_TIMEOUT', retryable: true }],
];

describe("a provider's failure", () => {
  let harness: Harness;

  beforeAll(async () => {
    harness = await startHarness({ callLimits: { ...EACH_FAULT_BY_ITSELF, readTimeout: 1_000 } });
  });
  afterAll(() => harness.close());
  beforeEach(() => {
    harness.reset();
  });

  describe.each([
    ['pact', 'sales', 'app'],
    ['pigeons', 'app', 'sales'],
  ] as const)('at %s', (broken, brokenAccount, healthyAccount) => {
    it.each(FAULTS)(
      'with %s costs its rows of the merged list, and `sources` say which and why',
      async (_what, fault, error) => {
        emulators(harness.sandbox)[broken].failNext(fault, { times: Infinity });

        const { conversations } = await harness.data(
          `{ conversations(first: 200) {
             nodes { accountId }
             sources { account { id } answered error { code message retryable retryAfter } }
           } }`,
        );

        expect(conversations.nodes.length).toBeGreaterThan(10);
        expect(new Set(conversations.nodes.map((node: any) => node.accountId))).toEqual(
          new Set([healthyAccount]),
        );
        const sources = Object.fromEntries(
          conversations.sources.map((source: any) => [source.account.id, source]),
        );
        expect(sources[healthyAccount]).toMatchObject({ answered: true, error: null });
        expect(sources[brokenAccount]).toMatchObject({ answered: false, error });
      },
    );
  });

  it.each(FAULTS)(
    'with %s makes the messages of one conversation null beside its healthy siblings',
    async (_what, fault, error) => {
      harness.sandbox.pact.failNext(fault, {
        times: Infinity,
        call: 'messages',
        match: ({ path }) => path.includes('/8750/'),
      });

      const { data, errors } = await harness.query(
        `{
        broken: conversationByExternalId(accountId: "sales", externalId: "8750") { externalId title messages(last: 3) { nodes { text } } }
        healthy: conversationByExternalId(accountId: "sales", externalId: "8751") { externalId title messages(last: 3) { nodes { text } } }
      }`,
      );

      expect(data.broken).toMatchObject({ externalId: '8750', messages: null });
      expect(data.broken.title).toEqual(expect.any(String));
      expect(data.healthy.messages.nodes).toHaveLength(3);
      expect(errors).toHaveLength(1);
      expect(errors![0]!.path).toEqual(['broken', 'messages']);
      expect(errors![0]!.extensions).toEqual({ ...error, provider: 'PACT', accountId: 'sales' });
    },
  );

  it('in the list of messages inside the merged list costs that conversation only', async () => {
    harness.sandbox.pact.failNext(403, { times: 1, call: 'messages' });

    const { data, errors } = await harness.query(
      '{ conversations(first: 10) { nodes { id messages(last: 2) { nodes { id } } } } }',
    );

    expect(data.conversations.nodes.filter((node: any) => node.messages === null)).toHaveLength(1);
    expect(data.conversations.nodes.filter((node: any) => node.messages?.nodes.length > 0)).toHaveLength(9);
    expect(errors).toHaveLength(1);
  });

  it('shows nothing of what the provider said, nor of where and with what it was asked', async () => {
    const secrets = [harness.sandbox.pact.token, harness.sandbox.pact.url, 'very secret words', '/p1/'];
    harness.sandbox.pact.failNext({ status: 418, body: 'very secret words' }, { times: 2 });
    harness.sandbox.pact.failNext(
      { status: 200, body: { status: 'ok', data: 'very secret words' } },
      { times: 2 },
    );
    harness.sandbox.pact.failNext({ status: 200, body: 'very secret words {' }, { times: 2 });
    for (let count = 0; count < 6; count += 1) {
      const { data, errors } = await harness.query(
        '{ conversationByExternalId(accountId: "sales", externalId: "8750") { title } conversations { sources { error { message } } } }',
      );
      const shown = JSON.stringify([data, errors]);
      for (const secret of secrets) expect(shown).not.toContain(secret);
    }
    for (const secret of [
      harness.sandbox.pact.token,
      harness.sandbox.letstalk.agentKey,
      harness.sandbox.pigeons.user.token,
      'very secret words',
    ]) {
      expect(harness.logged()).not.toContain(secret);
    }
  });

  it('shows in the status of the account, which a success mends', async () => {
    const status = async () => (await harness.data('{ account(id: "app") { status } }')).account.status;
    const read = () => harness.query('{ account(id: "app") { conversations { nodes { id } } } }');
    await read();
    expect(await status()).toBe('OPERATIONAL');

    harness.sandbox.pigeons.failNext({ malformed: true });
    await read();
    expect(await status()).toBe('DEGRADED');

    harness.sandbox.pigeons.failNext(401);
    await read();
    expect(await status()).toBe('UNAVAILABLE');

    await read();
    expect(await status()).toBe('OPERATIONAL');
  });

  it('with 404 is null, not an error', async () => {
    const data = await harness.data(`{
      pact: conversationByExternalId(accountId: "sales", externalId: "999999") { title }
      pactMessages: conversationByExternalId(accountId: "sales", externalId: "999999") { messages { nodes { id } } }
      letstalk: conversationByExternalId(accountId: "support", externalId: "999999999") { title messages { nodes { id } } }
      pigeons: conversationByExternalId(accountId: "app", externalId: "550e8400-e29b-41d4-a716-446655449999") { title }
      strange: conversationByExternalId(accountId: "sales", externalId: "../../secrets") { title messages { nodes { id } } }
    }`);

    expect(data).toEqual({ pact: null, pactMessages: null, letstalk: null, pigeons: null, strange: null });
  });

  it("ends the provider's calls when the caller goes away", async () => {
    const logged = harness.logged().length;
    const caller = new AbortController();
    const arrived = new Promise<void>((resolve) => {
      harness.sandbox.pact.failNext({ hang: true }, { match: () => (resolve(), true) });
    });
    const asking = fetch(`${harness.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        query: '{ conversationByExternalId(accountId: "sales", externalId: "8750") { title } }',
      }),
      signal: caller.signal,
    });
    await arrived;
    caller.abort();
    await expect(asking).rejects.toThrow();

    // The call to the provider is over as soon as the caller is gone, and the account is not blamed.
    const isOver = () => harness.logged().slice(logged).includes('"call":"conversation"');
    while (!isOver()) await new Promise((resolve) => setImmediate(resolve));
    expect((await harness.data('{ account(id: "sales") { status } }')).account.status).toBe('OPERATIONAL');
    expect(harness.logged().slice(logged)).toContain('CANCELLED');
  });
});
