import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { messageId } from '../../src/messaging/ids.ts';
import { conversations, sentTexts } from '../graph/writes.ts';
import type { Harness } from '../harness.ts';
import type { IdentityProvider } from '../identity.ts';
import {
  bearer,
  claimsOf,
  ISSUER,
  seconds,
  startGuarded,
  startIdentityProvider,
  UNAUTHENTICATED,
} from '../identity.ts';

const ACCOUNTS = '{ accounts { id } }';
const SECRET = 'the-secret-that-routers-show-in-tests';
const CERTIFICATE = 'CN=router,O=Example Inc.';

const secret = { 'router-authorization': SECRET };
const passed = (claims: unknown) => ({ 'router-claims': JSON.stringify(claims) });
const userOf = (account: string) => ({ sub: 'ann', parley_accounts: [account] });
const base64 = (claims: unknown, encoding: 'base64' | 'base64url' = 'base64url') =>
  Buffer.from(JSON.stringify(claims)).toString(encoding);

let provider: IdentityProvider;
let harness: Harness;
beforeAll(async () => {
  provider = await startIdentityProvider();
  harness = await startGuarded({
    environment: {
      ...provider.environment,
      AUTH: 'jwt,router',
      ROUTER_SECRET: SECRET,
      ROUTER_CLAIMS_HEADER: 'router-claims',
      ROUTER_CERTIFICATE: CERTIFICATE,
      ROUTER_CERTIFICATE_HEADER: 'X-Client-Subject',
    },
  });
});
afterAll(async () => {
  await harness.close();
  await provider.close();
});

/** The ids of the accounts that a caller sees, else the status. */
async function ask(headers: Readonly<Record<string, string>>, of = harness): Promise<unknown> {
  const { status, data, errors } = await of.query(ACCOUNTS, { headers });
  if (errors) return [status, errors[0]!.extensions['code']];
  return data.accounts.map(({ id }: { id: string }) => id);
}

const REFUSED = [401, 'UNAUTHENTICATED'];

describe('a router that shows its secret', () => {
  it('says who its user is by claims, as JSON or in base64url', async () => {
    expect(await ask({ ...secret, ...passed(userOf('support')) })).toEqual(['support']);
    for (const encoding of ['base64', 'base64url'] as const) {
      const claims = base64({ ...userOf('app'), note: '???>>>~~~' }, encoding);
      expect(await ask({ ...secret, 'router-claims': claims })).toEqual(['app']);
    }
  });

  it('says who its user is by the user’s own token', async () => {
    expect(await ask({ ...secret, ...bearer(await provider.token(userOf('app'))) })).toEqual(['app']);
    expect(await ask({ ...secret, ...bearer(await provider.token({ exp: seconds(-60) })) })).toEqual(REFUSED);
  });

  it('says nothing by claims about a user who has a token: its client may have made them up', async () => {
    const token = bearer(await provider.token(userOf('app')));
    expect(await ask({ ...secret, ...token, ...passed(userOf('sales')) })).toEqual(['app']);
    const bad = bearer(await provider.token({ aud: 'another' }));
    expect(await ask({ ...secret, ...bad, ...passed(userOf('sales')) })).toEqual(REFUSED);
  });

  it.each<[string, unknown]>([
    ['that are over', { ...userOf('app'), exp: seconds(-120) }],
    ['whose end is a text', { ...userOf('app'), exp: String(seconds(600)) }],
    ['whose end is null', { ...userOf('app'), exp: null }],
    ['that do not hold yet', { ...userOf('app'), nbf: seconds(3_600) }],
    ['of nobody', { parley_accounts: ['app'] }],
    ['of an empty subject', { ...userOf('app'), sub: '' }],
    ['of a subject that is an object', { ...userOf('app'), sub: { toString: 'ann' } }],
    ['that are a list', [userOf('app')]],
    ['that are null', null],
    ['that are a text', 'ann'],
    ['that are a number', 7],
  ])('is refused with claims %s', async (_what, claims) => {
    expect(await ask({ ...secret, ...passed(claims) })).toEqual(REFUSED);
    expect(await ask({ ...secret, 'router-claims': base64(claims) })).toEqual(REFUSED);
  });

  it.each([
    ['nothing', ''],
    ['no JSON', '{'],
    ['no base64', '!!!'],
    ['two lists of claims', `${JSON.stringify(userOf('app'))}, ${JSON.stringify(userOf('sales'))}`],
    ['two lists of claims in base64url', `${base64(userOf('app'))}, ${base64(userOf('sales'))}`],
    ['base64 in two pieces', base64(userOf('app')).replace(/^(.{20})/, '$1, ')],
    ['bytes that are no UTF-8', Buffer.from('{"sub":"\xff"}', 'latin1').toString('base64')],
    ['a token', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ.'],
  ])('is refused with a header of %s', async (_what, header) => {
    expect(await ask({ ...secret, 'router-claims': header })).toEqual(REFUSED);
  });

  it('may pass on claims whose clock differs a little', async () => {
    expect(await ask({ ...secret, ...passed({ ...userOf('app'), exp: seconds(-20) }) })).toEqual(['app']);
    expect(await ask({ ...secret, ...passed({ ...userOf('app'), nbf: seconds(20) }) })).toEqual(['app']);
  });

  it('can say names that are no ASCII, the same by every way', async () => {
    const claims = { ...userOf('app'), iss: ISSUER, sub: 'Zoë 👋', scope: 'messages:write' };
    const key = randomUUID();
    const deliveries = [];
    for (const headers of [
      bearer(await provider.token(claims)),
      { ...secret, 'router-claims': base64(claims) },
      // As an HTTP client sends a header whose bytes are UTF-8.
      { ...secret, 'router-claims': Buffer.from(JSON.stringify(claims)).toString('latin1') },
    ])
      deliveries.push((await sendAs(headers, key)).id);
    expect(new Set(deliveries).size).toBe(1);
  });
});

describe('whoever does not show the secret', () => {
  it.each([
    ['another', 'the-secret-that-nobody-shows-in-tests'],
    ['the beginning of it', SECRET.slice(0, -1)],
    ['it and more', `${SECRET}s`],
    ['it in capitals', SECRET.toUpperCase()],
    ['nothing', ''],
    ['it as a token', `Bearer ${SECRET}`],
    ['it twice', `${SECRET}, ${SECRET}`],
  ])('but %s can’t say who a user is', async (_what, shown) => {
    const headers = { 'router-authorization': shown, ...passed(userOf('app')) };
    expect(await harness.query(ACCOUNTS, { headers })).toEqual(UNAUTHENTICATED);
    expect(await ask({ ...headers, ...bearer(await provider.token(userOf('sales'))) })).toEqual(['sales']);
  });

  it('but claims alone is nobody, and beside a token they do not count', async () => {
    expect(await ask(passed(userOf('app')))).toEqual(REFUSED);
    expect(await ask({ ...bearer(SECRET), ...passed(userOf('app')) })).toEqual(REFUSED);
    expect(await ask({ ...bearer(await provider.token(userOf('sales'))), ...passed(userOf('app')) })).toEqual(
      ['sales'],
    );
  });

  it('in a header that comes twice has not shown it', async () => {
    const status = await new Promise((resolve, reject) => {
      const twice = ['router-authorization', SECRET, 'router-authorization', 'x'];
      request(`${harness.url}/graphql?query=${encodeURIComponent(ACCOUNTS)}`, {
        headers: ['host', 'parley', 'apollo-require-preflight', '1', ...twice],
      })
        .on('error', reject)
        .on('response', (response) => {
          response.resume();
          resolve(response.statusCode);
        })
        .end();
    });
    expect(status).toBe(401);
  });
});

describe('a router whose certificate was verified', () => {
  it('says who its user is', async () => {
    expect(await ask({ 'x-client-subject': CERTIFICATE, ...passed(userOf('app')) })).toEqual(['app']);
  });

  it.each([
    ['another certificate', 'CN=client,O=Example Inc.'],
    ['one that begins the same', `${CERTIFICATE},OU=Clients`],
    ['one in other letters', CERTIFICATE.toLowerCase()],
    ['two of them', `${CERTIFICATE}, ${CERTIFICATE}`],
    ['none', ''],
    ['the secret', SECRET],
  ])('is not one with %s', async (_what, subject) => {
    expect(await ask({ 'x-client-subject': subject, ...passed(userOf('app')) })).toEqual(REFUSED);
  });
});

describe('a router that speaks for nobody', () => {
  const query = (document: string, variables?: Record<string, unknown>) =>
    harness.query(document, { headers: secret, ...(variables && { variables }) });

  it('may ask what the graph is', async () => {
    const { data, errors } = await query('{ __typename _service { sdl } }');
    expect(errors).toBeUndefined();
    expect(data).toEqual({ __typename: 'Query', _service: { sdl: expect.stringContaining('type Message') } });
  });

  const id = conversations.whatsApp;
  it.each([
    ['accounts', ACCOUNTS],
    ['account', '{ account(id: "sales") { id } }'],
    ['conversation', `{ conversation(id: "${id}") { id } }`],
    [
      'conversationByExternalId',
      '{ conversationByExternalId(accountId: "sales", externalId: "8741") { id } }',
    ],
    ['message', `{ message(id: "m") { id } }`],
    ['attachment', `{ attachment(id: "a") { id } }`],
    ['delivery', `{ delivery(id: "d") { id } }`],
    ['conversations', '{ conversations { nodes { id } } }'],
    [
      'sendMessage',
      `mutation { sendMessage(input: { conversationId: "${id}", text: "a", idempotencyKey: "k" }) { userErrors { code } } }`,
    ],
    [
      'closeConversation',
      `mutation { closeConversation(input: { conversationId: "${id}" }) { userErrors { code } } }`,
    ],
    [
      'archiveConversation',
      `mutation { archiveConversation(input: { conversationId: "${id}" }) { userErrors { code } } }`,
    ],
    [
      'reopenConversation',
      `mutation { reopenConversation(input: { conversationId: "${id}" }) { userErrors { code } } }`,
    ],
    ['deleteMessages', 'mutation { deleteMessages(input: { messageIds: ["m"] }) { userErrors { code } } }'],
    [
      'startConversation',
      `mutation { startConversation(input: { pact: { accountId: "sales", messenger: WHATSAPP, phone: "79250000001", text: "a", idempotencyKey: "k" } }) { userErrors { code } } }`,
    ],
    ['markMessageRead', 'mutation { markMessageRead(input: { messageId: "m" }) { userErrors { code } } }'],
    [
      'addReaction',
      'mutation { addReaction(input: { messageId: "m", emoji: "a" }) { userErrors { code } } }',
    ],
  ])('may not ask %s', async (field, document) => {
    harness.takeCalls();
    const { status, data, errors } = await query(document);
    expect(status).toBe(200);
    expect(data === null || data[field] === null).toBe(true);
    expect(errors).toMatchObject([{ path: [field], extensions: { code: 'UNAUTHENTICATED' } }]);
    expect(harness.takeCalls()).toEqual([]);
  });

  it('may not ask for an entity, of whichever type', async () => {
    const message = { accountId: 'sales', conversationExternalId: '8741', externalId: '47098' };
    const of = [
      { __typename: 'Account', id: 'sales' },
      { __typename: 'Conversation', id },
      { __typename: 'Conversation', accountId: 'sales', externalId: '8741' },
      { __typename: 'Message', id: messageId(message) },
      { __typename: 'Message', ...message },
      { __typename: 'Attachment', id: 'a' },
    ];
    const { data, errors } = await query(
      'query ($of: [_Any!]!) { _entities(representations: $of) { __typename } }',
      { of },
    );
    expect(data).toEqual({ _entities: of.map(() => null) });
    expect(errors!.map(({ extensions }) => extensions['code'])).toEqual(of.map(() => 'UNAUTHENTICATED'));
    expect(harness.takeCalls()).toEqual([]);
  });
});

describe('with AUTH=router alone', () => {
  let alone: Harness;
  beforeAll(async () => {
    alone = await startGuarded({
      environment: {
        AUTH: 'router',
        ROUTER_SECRET: SECRET,
        ROUTER_CLAIMS_HEADER: 'X-User',
        NODE_ENV: 'production',
      },
    });
  });
  afterAll(() => alone.close());

  it('claims come in the header that is configured, and in no other', async () => {
    const claims = JSON.stringify(userOf('app'));
    expect(await ask({ ...secret, 'x-user': claims }, alone)).toEqual(['app']);
    expect(await ask({ ...secret, 'router-claims': claims }, alone)).toEqual([200, 'UNAUTHENTICATED']);
    expect(await ask({ 'x-user': claims }, alone)).toEqual(REFUSED);
  });

  it('a token says nothing: nobody has verified it', async () => {
    const token = bearer(await provider.token());
    expect(await ask({ ...secret, ...token }, alone)).toEqual([200, 'UNAUTHENTICATED']);
    expect(await ask(token, alone)).toEqual(REFUSED);
  });

  it('a header for another way to show who is a router counts for nothing', async () => {
    expect(await ask({ 'x-client-subject': CERTIFICATE, 'x-user': '{"sub":"ann"}' }, alone)).toEqual(REFUSED);
    expect(await ask({ undefined: 'undefined' }, alone)).toEqual(REFUSED);
  });

  it('the schema is told in production too, but not by introspection', async () => {
    // Whether it speaks for somebody at the time or not.
    for (const user of [{}, { 'x-user': JSON.stringify({ sub: 'ann' }) }]) {
      const { data } = await alone.query('{ _service { sdl } }', { headers: { ...secret, ...user } });
      expect(data._service.sdl).toContain('@requiresScopes');
    }
    const { errors } = await alone.query('{ __schema { types { name } } }', { headers: secret });
    expect(errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]);
  });
});

describe('the schema', () => {
  const SDL = '{ _service { sdl } }';
  const INTROSPECTION = '{ __schema { queryType { name } } }';

  it('is told to every caller in development', async () => {
    const options = { headers: bearer(await provider.token({ scope: '', parley_accounts: [] })) };
    expect((await harness.query(SDL, options)).data._service.sdl).toContain('type Message');
    expect((await harness.query(INTROSPECTION, options)).errors).toBeUndefined();
  });

  it('is told to no caller but routers in production, unless switched on', async () => {
    const options = { headers: bearer(await provider.token()) };
    const production = { ...provider.environment, NODE_ENV: 'production' };
    const closed = await startGuarded({ environment: production });
    const { data, errors } = await closed.query(SDL, options);
    expect(data).toBeNull();
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    expect((await closed.query(INTROSPECTION, options)).errors).toHaveLength(1);
    await closed.close();

    const opened = await startGuarded({ environment: { ...production, INTROSPECTION: 'true' } });
    expect((await opened.query(SDL, options)).errors).toBeUndefined();
    expect((await opened.query(INTROSPECTION, options)).errors).toBeUndefined();
    await opened.close();
  });
});

describe('a viewer', () => {
  it('is the same by whichever way, so that a message goes out once', async () => {
    const key = randomUUID();
    const ways = [
      bearer(await provider.token()),
      { ...secret, ...bearer(await provider.token()) },
      { ...secret, ...passed(claimsOf()) },
      { 'x-client-subject': CERTIFICATE, 'router-claims': base64(claimsOf({ exp: undefined })) },
    ];
    harness.reset();
    const ids = [];
    for (const headers of ways) ids.push((await sendAs(headers, key)).id);
    expect(new Set(ids).size).toBe(1);
    expect(sentTexts(harness).filter((text) => text === `text of ${key}`)).toHaveLength(1);
  });

  it.each<[string, Record<string, unknown>]>([
    ['another name', { sub: 'bob' }],
    ['the same name at another issuer', { iss: 'https://another.example' }],
    ['the same name at no issuer', { iss: undefined }],
  ])('of %s is somebody else', async (_what, changes) => {
    const key = randomUUID();
    const one = await sendAs({ ...secret, ...passed(claimsOf()) }, key);
    const other = await sendAs({ ...secret, ...passed(claimsOf(changes)) }, key);
    expect(other.id).not.toBe(one.id);
  });
});

async function sendAs(headers: Record<string, string>, key: string): Promise<any> {
  const input = { conversationId: conversations.pigeons, text: `text of ${key}`, idempotencyKey: key };
  const document = `mutation ($input: SendMessageInput!) {
    sendMessage(input: $input) { delivery { id state } userErrors { code message } }
  }`;
  const { data, errors } = await harness.query(document, { headers, variables: { input } });
  expect({ errors, userErrors: data?.sendMessage.userErrors }).toEqual({ errors: undefined, userErrors: [] });
  return data.sendMessage.delivery;
}
