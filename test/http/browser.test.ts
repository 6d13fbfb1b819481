import { createHmac } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fastify } from 'fastify';
import { sandboxAccounts } from '../../src/accounts.ts';
import { addBrowserSafety } from '../../src/browserSafety.ts';
import { EXAMPLE_OPERATIONS } from '../../src/graph/exampleOperations.ts';
import { answerClientError } from '../../src/httpErrors.ts';
import { conversationId } from '../../src/messaging/ids.ts';
import { wellKnown } from '../../src/sandbox/index.ts';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';
import { formOf, openConnection, postUpload, PREFLIGHT, UPLOAD } from '../uploading.ts';

const APP = 'https://app.example';
const STUDIO = 'https://studio.apollographql.com';
const PRODUCTION = { NODE_ENV: 'production' };
/** Nobody is let in who has no token. */
const JWT = {
  AUTH: 'jwt',
  JWT_SECRET: 'a secret of the tests, and long enough',
  JWT_ISSUER: 'https://issuer.example',
  JWT_AUDIENCE: 'parley',
};

const SAFE = {
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};
const NOTHING = "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'";

let harness: Harness;
const startWith = (environment: Record<string, string>) => async () => {
  harness = await startHarness({ environment });
};
const ask = (path: string, init: RequestInit = {}) => fetch(`${harness.url}${path}`, init);
const post = (query: string, headers: Record<string, string> = {}) =>
  ask('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });
const preflight = (origin: string, requestHeaders = 'content-type,authorization') =>
  ask('/graphql', {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': requestHeaders,
    },
  });
const corsOf = ({ headers }: Response) =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-')));

describe('a page of another origin', () => {
  beforeAll(async () => {
    harness = await startHarness({
      environment: { ...JWT, CORS_ORIGINS: `${APP}, https://b.example:8443` },
      accounts: (sandbox) =>
        sandboxAccounts(sandbox).map((account) => {
          if (account.provider !== 'pigeons') return account;
          const { token: _token, userUuid: _userUuid, ...callers } = account;
          return { ...callers, tokenHeader: 'x-pigeons-token' };
        }),
    });
  });
  afterAll(() => harness.close());

  it.each([APP, 'https://b.example:8443'])(
    'may ask from the listed %s, and is told so first',
    async (origin) => {
      const answer = await preflight(origin);
      expect(answer.status).toBe(204);
      expect(corsOf(answer)).toMatchObject({
        'access-control-allow-origin': origin,
        'access-control-allow-methods': 'GET, POST',
        'access-control-max-age': '600',
      });
      expect(answer.headers.get('vary')).toContain('Origin');
    },
  );

  it.each([
    'content-type',
    'authorization',
    'x-api-key',
    'apollo-require-preflight',
    'x-apollo-operation-name',
    'apollographql-client-name',
    'apollographql-client-version',
    'traceparent',
    'x-pigeons-token',
  ])('may send %s', async (name) => {
    const { 'access-control-allow-headers': allowed } = corsOf(await preflight(APP, name));
    expect(allowed!.split(', ')).toContain(name);
  });

  it('may not say that it is a router', async () => {
    const { 'access-control-allow-headers': allowed } = corsOf(await preflight(APP));
    expect(allowed).not.toContain('router');
  });

  it('reads what is answered, also a refusal, and when to come back; cookies take no part', async () => {
    const answers = await Promise.all([
      post('{ __typename }', { origin: APP, authorization: `Bearer ${token()}` }),
      post('{ __typename }', { origin: APP }),
      ask('/nowhere', { headers: { origin: APP } }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 404]);
    for (const answer of answers) {
      expect(corsOf(answer)).toEqual({
        'access-control-allow-origin': APP,
        'access-control-expose-headers': 'retry-after',
      });
    }
  });

  it.each([
    'https://evil.example',
    'http://app.example',
    'https://app.example:444',
    'https://x.app.example',
    'https://app.example.evil.example',
    'HTTPS://APP.EXAMPLE',
    'null',
    '*',
    '',
  ])('is told nothing at %j', async (origin) => {
    for (const answer of [
      await preflight(origin),
      await post('{ __typename }', { origin, authorization: `Bearer ${token()}` }),
    ]) {
      expect(corsOf(answer)).toEqual({});
      expect(answer.headers.get('vary')).toContain('Origin');
    }
  });

  it('can make no browser send an operation unasked', async () => {
    const headers = { origin: 'https://evil.example', authorization: `Bearer ${token()}` };
    const body = JSON.stringify({ query: '{ __typename }' });
    const asForm = (type: string) =>
      ask('/graphql', { method: 'POST', headers: { ...headers, 'content-type': type }, body });
    const upload = formOf({ query: UPLOAD }, { 0: ['variables.input.file'] });
    const answers = await Promise.all([
      asForm('text/plain'),
      asForm('application/x-www-form-urlencoded'),
      ask('/graphql', { method: 'POST', headers, body: upload }),
      ask('/graphql?query={__typename}', { headers }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([400, 415, 400, 400]);
    for (const answer of answers)
      expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
  });
});

describe('the page of Apollo Studio', () => {
  it('may ask in development', async () => {
    await startWith({})();
    expect(corsOf(await preflight(STUDIO))).toMatchObject({ 'access-control-allow-origin': STUDIO });
    await harness.close();
  });

  it('may not in production, unless it is listed', async () => {
    await startWith(PRODUCTION)();
    expect(corsOf(await preflight(STUDIO))).toEqual({});
    await harness.close();
    await startWith({ ...PRODUCTION, CORS_ORIGINS: STUDIO })();
    expect(corsOf(await preflight(STUDIO))).toMatchObject({ 'access-control-allow-origin': STUDIO });
    await harness.close();
  });
});

describe('every answer is neither kept, nor framed, nor run:', () => {
  beforeAll(startWith({ ...JWT, EXPLORER: 'graphiql' }));
  afterAll(() => harness.close());

  const json = { 'content-type': 'application/json' };
  const bearer = () => ({ authorization: `Bearer ${token()}` });
  it.each<[what: string, status: number, request: () => Promise<Response>]>([
    ['data', 200, () => post('{ __typename }', bearer())],
    ['an error of GraphQL', 400, () => post('{ nothing }', bearer())],
    [
      'a body that is no JSON',
      400,
      () => ask('/graphql', { method: 'POST', headers: { ...json, ...bearer() }, body: '{' }),
    ],
    ['an upload without a preflight', 400, () => ask('/graphql', { method: 'POST', body: formOf({}, {}) })],
    [
      'an upload that is none',
      400,
      () => ask('/graphql', { method: 'POST', headers: { ...PREFLIGHT, ...bearer() }, body: formOf({}, {}) }),
    ],
    ['a caller whom nobody knows', 401, () => post('{ __typename }')],
    ['an unknown path', 404, () => ask('/nowhere')],
    ['an unknown method', 405, () => ask('/graphql', { method: 'DELETE' })],
    ['a file that is not there', 404, () => ask(`/files/${'A'.repeat(43)}`)],
    ['a body that is too large', 413, () => post(' '.repeat(2_000_000), bearer())],
    [
      'a body of another type',
      415,
      () =>
        ask('/graphql', {
          method: 'POST',
          headers: { ...bearer(), 'content-type': 'application/xml' },
          body: 'text',
        }),
    ],
    ['a path that is none', 400, () => ask('/graphql/%zz')],
    ['health', 200, () => ask('/health/live')],
    ['an asset of the explorer', 200, () => ask('/graphql/explorer/json.js')],
    ['a preflight', 204, () => preflight(STUDIO)],
    ['the preflight of a stranger', 401, () => preflight('https://evil.example')],
  ])('%s', async (_what, status, request) => {
    const answer = await request();
    expect(answer.status).toBe(status);
    expect(Object.fromEntries(answer.headers)).toMatchObject({ ...SAFE, 'content-security-policy': NOTHING });
    expect(answer.headers.get('x-powered-by')).toBeNull();
    await answer.arrayBuffer();
  });

  it('a file, which is saved instead, and shown by apps of other sites', async () => {
    const support = conversationId({ accountId: 'support', externalId: String(wellKnown.letstalk.empty) });
    const file = { bytes: '1;2', fileName: 'a.csv', type: 'text/csv' };
    const { data } = await postUpload(harness.url, { conversationId: support }, file, bearer());
    const answer = await fetch(data.uploadAttachment.attachment.url);
    expect(await answer.text()).toBe('1;2');
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      ...SAFE,
      'content-security-policy': "default-src 'none'; sandbox",
      'cross-origin-resource-policy': 'cross-origin',
    });
  });

  it.each([
    [400, 'what is no HTTP', 'HELLO\r\n\r\n'],
    [400, 'a header that is none', 'GET /health/live HTTP/1.1\r\nhost: parley\r\nno header\r\n\r\n'],
    [
      431,
      'headers that are too long',
      `GET /health/live HTTP/1.1\r\nhost: parley\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`,
    ],
  ])('%i for %s', async (status, _what, bytes) => {
    const { socket, closed } = await openConnection(harness.url);
    socket.write(bytes);
    const [head, body] = (await closed).split('\r\n\r\n');
    const [first, ...lines] = head!.split('\r\n');
    expect(first).toContain(` ${status} `);
    expect(Object.fromEntries(lines.map((line) => line.split(': ')))).toMatchObject({
      ...SAFE,
      'content-security-policy': NOTHING,
      'content-type': 'application/json; charset=utf-8',
      connection: 'close',
    });
    expect(JSON.parse(body!)).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
  });

  it('what Fastify does not write itself', async () => {
    const app = fastify();
    addBrowserSafety(app, { corsOrigins: [], requestHeaders: [] });
    app.get('/', (_request, reply) => {
      reply.hijack();
      reply.raw.writeHead(408, { connection: 'close' }).end();
    });
    const answer = await fetch(await app.listen({ port: 0, host: '127.0.0.1' }));
    expect(Object.fromEntries(answer.headers)).toMatchObject({ ...SAFE, 'content-security-policy': NOTHING });
    await app.close();
  });

  it('an answer that has begun is cut, and no second one follows', async () => {
    const app = fastify({ clientErrorHandler: answerClientError });
    addBrowserSafety(app, { corsOrigins: [], requestHeaders: [] });
    app.get('/', (_request, reply) => {
      reply.hijack();
      reply.raw.writeHead(200).write('begun');
    });
    const connection = await openConnection(await app.listen({ port: 0, host: '127.0.0.1' }));
    connection.socket.write('GET / HTTP/1.1\r\nhost: parley\r\n\r\n');
    await connection.received(/begun/);
    connection.socket.write('HELLO\r\n\r\n');
    expect(await connection.closed).not.toContain('BAD_REQUEST');
    await app.close();
  });
});

describe('whoever opens the graph in a browser', () => {
  const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

  describe.each(['sandbox', 'graphiql'])('and EXPLORER=%s', (EXPLORER) => {
    beforeAll(startWith({ ...JWT, EXPLORER }));
    afterAll(() => harness.close());

    it('gets a page with the example operations, and need not say who they are', async () => {
      const answer = await ask('/graphql', { headers: browser });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(await answer.text()).toContain(JSON.stringify(EXAMPLE_OPERATIONS));
    });

    it('gets a policy that lets in the scripts of this page, once, and no others', async () => {
      const pages = await Promise.all(
        [1, 2].map(async () => {
          const answer = await ask('/graphql', { headers: browser });
          expect(Object.fromEntries(answer.headers)).toMatchObject({
            ...SAFE,
            'cross-origin-opener-policy': expect.stringMatching(/^same-origin/) as unknown,
          });
          const policy = answer.headers.get('content-security-policy')!;
          expect(policy).toContain(
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
          );
          expect(policy).not.toMatch(/unsafe-eval|script-src[^;]*unsafe-inline|\*/);
          const [, nonce] = /script-src 'nonce-([^']+)'(?:;|$)/.exec(policy)!;
          const scripts = [...(await answer.text()).matchAll(/<script([^>]*)>/g)];
          expect(scripts).toHaveLength(2);
          for (const [, attributes] of scripts) expect(attributes).toContain(` nonce="${nonce}"`);
          return nonce;
        }),
      );
      expect(new Set(pages).size).toBe(2);
    });

    it('is not taken for a program that asks for JSON', async () => {
      for (const accept of [
        'application/json',
        '*/*',
        'application/graphql-response+json, text/html;q=0.1',
      ]) {
        const answer = await ask('/graphql?query={__typename}', {
          headers: { ...PREFLIGHT, accept, authorization: `Bearer ${token()}` },
        });
        expect(await answer.json()).toEqual({ data: { __typename: 'Query' } });
      }
    });
  });

  it('loads GraphiQL from here alone, compressed or not', async () => {
    await startWith({ EXPLORER: 'graphiql' })();
    const page = await (await ask('/graphql', { headers: browser })).text();
    expect(page).not.toMatch(/https?:/);
    for (const name of ['graphiql.js', 'graphiql.css', 'editorWorkerService.js', 'json.js', 'graphql.js']) {
      const [plain, compressed] = await Promise.all(
        ['identity', 'gzip'].map((encoding) =>
          ask(`/graphql/explorer/${name}`, { headers: { 'accept-encoding': encoding } }),
        ),
      );
      expect([plain!.headers.get('content-encoding'), compressed!.headers.get('content-encoding')]).toEqual([
        null,
        'gzip',
      ]);
      const text = await plain!.text();
      expect(text.length).toBeGreaterThan(100_000);
      expect((await compressed!.text()) === text).toBe(true);
    }
    await harness.close();
  });

  it.each([
    ['in production', PRODUCTION],
    ['where it is off', { EXPLORER: 'off' }],
  ])('gets no page %s', async (_when, environment: Record<string, string>) => {
    await startWith(environment)();
    const answer = await ask('/graphql', { headers: browser });
    expect(answer.headers.get('content-type')).toContain('application/json');
    expect(answer.status).toBe(400);
    expect((await ask('/graphql/explorer/graphiql.js')).status).toBe(404);
    await harness.close();
  });

  it('gets one in production where it is switched on', async () => {
    await startWith({ ...PRODUCTION, EXPLORER: 'graphiql' })();
    expect(await (await ask('/graphql', { headers: browser })).text()).toContain('graphiql.js');
    await harness.close();
  });
});

describe('the schema', () => {
  const INTROSPECTION = '{ __schema { queryType { name } } }';
  const MISTAKE = '{ acounts { id } }';

  it.each([
    ['in production', PRODUCTION],
    ['where it is off', { INTROSPECTION: 'false' }],
  ])('is not told %s, nor guessed from suggestions', async (_when, environment: Record<string, string>) => {
    await startWith(environment)();
    const introspection = await harness.query(INTROSPECTION);
    expect(introspection.data).toBeUndefined();
    expect(introspection.errors).toHaveLength(1);
    const mistake = await harness.query(MISTAKE);
    expect(mistake.errors![0]!.message).toContain('acounts');
    expect(mistake.errors![0]!.message).not.toContain('accounts');
    await harness.close();
  });

  it.each([
    ['in development', {}],
    ['in production where it is switched on', { ...PRODUCTION, INTROSPECTION: 'true' }],
  ])('is told %s, with suggestions', async (_when, environment: Record<string, string>) => {
    await startWith(environment)();
    expect(await harness.query(INTROSPECTION)).toMatchObject({
      data: { __schema: { queryType: { name: 'Query' } } },
    });
    const mistake = await harness.query(MISTAKE);
    expect(mistake.errors![0]!.message).toContain('Did you mean "accounts"');
    await harness.close();
  });
});

/** A token for every account, of nobody in particular. */
function token(): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = {
    iss: JWT.JWT_ISSUER,
    aud: JWT.JWT_AUDIENCE,
    sub: 'somebody',
    exp: Math.floor(Date.now() / 1000) + 600,
    parley_accounts: '*',
    scope: 'messages:read messages:write',
  };
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${signed}.${createHmac('sha256', JWT.JWT_SECRET).update(signed).digest('base64url')}`;
}

describe('a name that leads to this machine', () => {
  const accounts = JSON.stringify({ query: '{ accounts { id } }' });
  /** Browsers write the host as the page's address has it. */
  const askAs = (url: string, host: string) =>
    new Promise<{ status: number; body: string }>((resolve, reject) => {
      const headers = { host, 'content-type': 'application/json' };
      const request = httpRequest(`${url}/graphql`, { method: 'POST', headers }, (response) => {
        text(response).then((body) => resolve({ status: response.statusCode!, body }), reject);
      });
      request.once('error', reject);
      request.end(accounts);
    });

  it('is answered where it is one of this machine’s own, or that of PUBLIC_URL', async () => {
    const open = await startHarness({ environment: { PUBLIC_URL: 'https://parley.example' } });
    for (const host of ['localhost', 'LOCALHOST:4000', '127.0.0.1:1', '[::1]:80', 'parley.example'])
      expect(await askAs(open.url, host)).toMatchObject({ status: 200 });
    for (const host of [
      'evil.example',
      'localhost.evil.example',
      '127.0.0.1.evil.example:80',
      '169.254.169.254',
    ])
      expect(await askAs(open.url, host)).toMatchObject({
        status: 400,
        body: expect.stringContaining('BAD_REQUEST'),
      });
    expect(open.takeCalls()).toEqual([]);
    await open.close();
  });

  it('may be any where callers say who they are', async () => {
    const closed = await startHarness({
      environment: { AUTH: 'router', ROUTER_SECRET: 'a-secret-that-is-long-enough-to-be-one' },
    });
    expect(await askAs(closed.url, 'parley.example')).toMatchObject({ status: 401 });
    await closed.close();
  });
});
