import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sandboxAccounts } from '../../src/accounts.ts';
import { conversationId, messageId } from '../../src/messaging/ids.ts';
import type { Fault } from '../../src/sandbox/index.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import type { Answer, Harness } from '../harness.ts';
import { emulators, startHarness } from '../harness.ts';
import { AUDIENCE, ISSUER, seconds, sign, startGuarded } from '../identity.ts';
import { freePort } from '../freePort.ts';
import { startRedis, canStartRedis } from '../redis.ts';
import { conversations, PDF, SEND, START, upload } from './writes.ts';

const { whatsApp, letstalk, pigeons } = conversations;
const PHONE = '79995550123';
const CALLERS_TOKEN = 'pigeons-sandbox-token-1';
const ownTokens = conversationId({ accountId: 'callers', externalId: wellKnown.pigeons.documented });
const message = messageId({
  ...{ accountId: 'app', conversationExternalId: wellKnown.pigeons.documented },
  externalId: wellKnown.pigeons.documentedMessage,
});

describe('what is secret', () => {
  let harness: Harness;

  beforeAll(async () => {
    harness = await startHarness({
      accounts: (sandbox) => {
        const [pact, letstalk, pigeons] = sandboxAccounts(sandbox) as [any, any, any];
        const { token: _own, ...callers } = pigeons;
        const { clientKey } = sandbox.letstalk;
        return [
          ...[pact, letstalk, pigeons],
          { ...callers, id: 'callers', tokenHeader: 'x-pigeons-token' },
          { ...letstalk, id: 'visitor', apiKey: clientKey, role: 'client' },
        ];
      },
    });
  });
  afterAll(() => harness.close());
  beforeEach(() => {
    harness.reset();
  });

  /** What no answer and no log line may hold, whatever happens. */
  const secrets = () => {
    const { pact, letstalk, pigeons } = harness.sandbox;
    return [
      ...[pact.token, letstalk.agentKey, letstalk.clientKey, pigeons.user.token, pigeons.publicKey],
      ...[letstalk.agentKey, letstalk.clientKey].map((key) => Buffer.from(`${key}:X`).toString('base64')),
      ...[CALLERS_TOKEN, PHONE, 'very secret words', 'the words of a customer', 'a label of theirs'],
    ];
  };

  /** Every write there is, each with words and numbers that are somebody's own. */
  const writes = (): (() => Promise<unknown>)[] => {
    const text = 'the words of a customer';
    const query = async (document: string, variables: object, headers = {}): Promise<Answer> =>
      harness.query(document, { variables: { ...variables }, headers });
    const input = (given: object) => ({ input: { idempotencyKey: randomUUID(), ...given } });
    const items = [{ quickReply: { label: 'a label of theirs', message: text } }];
    const startPact = { accountId: 'sales', messenger: 'WHATSAPP', phone: PHONE, text };
    return [
      () => query(SEND, input({ conversationId: whatsApp, text })),
      () => query(SEND, input({ conversationId: letstalk, text })),
      () => query(SEND, input({ conversationId: letstalk, actionList: { title: text, items } })),
      () => query(SEND, input({ conversationId: pigeons, text })),
      () => query(SEND, input({ conversationId: ownTokens, text }), { 'x-pigeons-token': CALLERS_TOKEN }),
      () => query(START, { input: { pact: { ...startPact, idempotencyKey: randomUUID() } } }),
      () =>
        query(START, {
          input: {
            letstalk: { accountId: 'visitor', idempotencyKey: randomUUID(), organizationId: '9', text },
          },
        }),
      () => upload(harness, whatsApp, { ...PDF, bytes: `%PDF-1.7 ${text}` }),
      () =>
        query(
          'mutation ($id: ID!) { addReaction(input: { messageId: $id, emoji: "👍" }) { userErrors { message } } markMessageRead(input: { messageId: $id }) { userErrors { message } } }',
          { id: message },
        ),
      () =>
        query(
          'mutation ($id: ID!) { closeConversation(input: { conversationId: $id }) { userErrors { message } } }',
          { id: letstalk },
        ),
      () =>
        query(
          `mutation ($id: ID!, $message: ID!) {
            archiveConversation(input: { conversationId: $id }) { userErrors { message } }
            reopenConversation(input: { conversationId: $id }) { userErrors { message } }
            deleteMessages(input: { messageIds: [$message] }) { userErrors { message } }
          }`,
          { id: whatsApp, message },
        ),
    ];
  };

  const echo = () => ({ error: ['very secret words', ...secrets()] });

  it.each<[string, () => Fault]>([
    ['a refusal that quotes the request', () => ({ status: 400, body: echo() })],
    ['a refusal in words', () => ({ status: 422, body: secrets().join(' ') })],
    ['401', () => ({ status: 401, body: echo() })],
    ['500', () => ({ status: 500, body: echo() })],
    ['a page', () => ({ html: true })],
    ['an answer that quotes the request', () => ({ status: 200, body: echo() })],
    ['an answer that is not JSON', () => ({ status: 200, body: `{"error": "${secrets().join(' ')}` })],
    ['a redirect', () => ({ redirect: `https://elsewhere.example.com/${secrets()[0]}` })],
    ['a lost answer', () => ({ acceptThen: 'reset' })],
    ['a lost request', () => ({ reset: true })],
  ])('stands in no answer and no log line when a write fails: %s', async (_what, fault) => {
    const before = harness.logged().length;
    for (const write of writes()) {
      for (const emulator of Object.values(emulators(harness.sandbox))) {
        // Only what writes: what is read afterwards may well be what was written.
        emulator.failNext(fault(), { match: ({ method }) => method !== 'GET', times: Infinity });
      }
      const answer = JSON.stringify(await write());
      for (const secret of secrets()) expect(answer).not.toContain(secret);
    }
    const logged = harness.logged().slice(before);
    expect(logged).toContain('provider call');
    for (const secret of secrets()) expect(logged).not.toContain(secret);
  });

  it('stands in no log line when everything goes well, or is refused by us', async () => {
    const before = harness.logged().length;
    for (const write of writes()) await write();
    await harness.query(SEND, {
      variables: { input: { conversationId: pigeons, idempotencyKey: randomUUID(), text: `${PHONE}\0` } },
    });
    await harness.query(`mutation { sendMessage(input: { text: "the words of a customer" ] }`);
    const logged = harness.logged().slice(before);
    for (const secret of secrets()) expect(logged).not.toContain(secret);
  });
});

describe('what callers show of who they are', () => {
  const JWT_SECRET = 'the secret of the identity provider';
  const ROUTER_SECRET = 'the-secret-that-the-router-shows-us';
  const API_KEY = 'parley_a-key-of-some-program-at-night';
  const SUBJECT = 'ann.smith@customers.example';
  const ROLE = 'a-role-that-a-claim-names';
  let harness: Harness;

  beforeAll(async () => {
    harness = await startGuarded({
      environment: {
        ...{ AUTH: 'jwt,api-key,router', JWT_SECRET, JWT_ISSUER: ISSUER, JWT_AUDIENCE: AUDIENCE },
        ...{
          ROUTER_SECRET,
          ROUTER_CLAIMS_HEADER: 'router-claims',
          ROUTER_CERTIFICATE_HEADER: 'x-client-cert',
          ROUTER_CERTIFICATE: 'CN=the-router',
        },
      },
      clients: [{ id: 'night', keys: [API_KEY], accounts: '*', scopes: ['messages:read', 'messages:write'] }],
    });
  });
  afterAll(() => harness.close());

  it('stands in no log line, answer, header or metric, whether it is believed or not', async () => {
    const token = (changes: object, secret = JWT_SECRET) =>
      sign(new TextEncoder().encode(secret), { alg: 'HS256' }, { sub: SUBJECT, role: ROLE, ...changes });
    const claims = {
      sub: SUBJECT,
      role: ROLE,
      parley_accounts: ['sales', ROLE],
      scope: `messages:read ${ROLE}`,
    };
    const passed = JSON.stringify(claims);
    const tokens = {
      good: await token({}),
      expired: await token({ exp: seconds(-1_000) }),
      forged: await token({}, 'the secret of somebody else altogether'),
      'for somebody else': await token({ aud: 'another service' }),
      'without a subject': await token({ sub: undefined }),
    };
    const router = { 'router-authorization': ROUTER_SECRET };
    const shown: Record<string, string>[] = [
      ...Object.values(tokens).map((value) => ({ authorization: `Bearer ${value}` })),
      ...Object.values(tokens).map((value) => ({ ...router, authorization: `Bearer ${value}` })),
      { authorization: `Bearer ${ROUTER_SECRET}` },
      { authorization: `Basic ${Buffer.from(`ann:${API_KEY}`).toString('base64')}` },
      { 'x-api-key': API_KEY },
      { 'x-api-key': `${API_KEY}.` },
      { 'x-api-key': JWT_SECRET },
      router,
      { 'router-authorization': `${ROUTER_SECRET}.` },
      { ...router, 'router-claims': passed },
      { ...router, 'router-claims': Buffer.from(passed).toString('base64url') },
      { ...router, 'router-claims': `${passed}}` },
      { ...router, 'router-claims': JSON.stringify({ ...claims, exp: 1 }) },
      { 'router-claims': passed },
      { 'x-client-cert': 'CN=the-router', 'router-claims': passed },
    ];
    const everything = [
      ...[JWT_SECRET, ROUTER_SECRET, API_KEY, SUBJECT, ROLE, 'CN=the-router'],
      ...Object.values(tokens).flatMap((value) => [value, value.split('.')[2]!, value.split('.')[1]!]),
      ...[passed, Buffer.from(passed).toString('base64url'), Buffer.from(SUBJECT).toString('base64')],
    ];

    const texts: string[] = [];
    const codes = new Set<unknown>();
    for (const headers of shown) {
      harness.sandbox.pact.failNext({ status: 401, body: { error: everything } });
      for (const query of [
        '{ accounts { id conversations(first: 1) { nodes { title } } } }',
        '{ conversation(id: "x") { id } }',
      ]) {
        const response = await fetch(`${harness.url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: JSON.stringify({ query }),
        });
        const text = await response.text();
        codes.add(response.status);
        texts.push(text, JSON.stringify([...response.headers]));
      }
      harness.sandbox.pact.clearFaults();
    }
    const metrics = await (await fetch(harness.metricsUrl)).text();

    // Each way was gone: let in, and turned away.
    expect(codes).toEqual(new Set([200, 401]));
    expect(metrics).toContain('parley_refused_requests_total{code="UNAUTHENTICATED"}');
    expect(harness.logged()).toContain('a caller was not let in');
    expect(harness.logged()).toContain('provider call');
    for (const secret of everything)
      for (const text of [...texts, metrics, harness.logged()]) expect(text).not.toContain(secret);
  });
});

describe('what opens the store and the storage', () => {
  const PASSWORD = 'the-password-of-redis';
  const S3_SECRET = 'the-secret-of-the-object-storage';

  (canStartRedis ? it : it.skip)(
    'stands in no log line and no answer, also when neither is there',
    async () => {
      const redis = (await startRedis({ args: ['--requirepass', PASSWORD] }))!;
      const harness = await startHarness({
        environment: {
          REDIS_URL: redis.url.replace('//', `//:${PASSWORD}@`),
          ...{ S3_BUCKET: 'files', S3_ENDPOINT: `http://127.0.0.1:${await freePort()}` },
          ...{ S3_ACCESS_KEY_ID: 'an-access-key-id', S3_SECRET_ACCESS_KEY: S3_SECRET },
        },
      });
      const answers: unknown[] = [];
      const ask = async () => {
        answers.push(await upload(harness, pigeons));
        answers.push(
          await harness.query(SEND, {
            variables: { input: { conversationId: pigeons, text: 'hello', idempotencyKey: randomUUID() } },
          }),
        );
      };
      await ask();
      await redis.stop();
      await ask();

      const text = JSON.stringify(answers);
      for (const code of ['STORAGE_UNAVAILABLE', 'STORE_UNAVAILABLE']) expect(text).toContain(code);
      const metrics = await (await fetch(harness.metricsUrl)).text();
      for (const secret of [PASSWORD, S3_SECRET])
        for (const place of [text, metrics, harness.logged()]) expect(place).not.toContain(secret);
      await harness.close();
    },
    60_000,
  );
});

describe('the harness of these tests', () => {
  it('fails in the end when something secret has come back, without saying it', async () => {
    const harness = await startHarness();
    await harness.query('{ aSecretOfSomebody }', { headers: { 'x-api-key': 'aSecretOfSomebody' } });
    const closing = harness.close();
    await expect(closing).rejects.toThrow('the header x-api-key of a request in: ');
    await expect(closing).rejects.not.toThrow('aSecretOfSomebody');
  });
});
