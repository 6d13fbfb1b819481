import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { ApolloServer } from '@apollo/server';
import { fastifyApolloDrainPlugin } from '@as-integrations/fastify';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { fastify } from 'fastify';
import { pino } from 'pino';
import type { GraphContext, GraphServices } from '../../src/graph/context.ts';
import { addGraphqlRoute } from '../../src/graphqlRoute.ts';
import { answerErrorsAsGraphQL } from '../../src/httpErrors.ts';
import { createRegistry } from '../../src/messaging/registry.ts';
import { createCallbackTransport } from '../../src/realtime/transports/callback.ts';
import { createSseTransport } from '../../src/realtime/transports/sse.ts';
import { createSubscriptionLimits } from '../../src/realtime/transports/subscriptionLimits.ts';
import { eventually } from '../eventually.ts';
import { authenticate, createFeeds, event } from './subscriptions.ts';

const SUBSCRIPTION = 'subscription { n }';
const URQL = 'application/graphql-response+json, application/json, text/event-stream, multipart/mixed';

describe('the route of the graph, with transports', () => {
  const feeds = createFeeds();
  const inFlight = new Set<AbortController>();
  const refused: string[] = [];
  let app: FastifyInstance;
  let apollo: ApolloServer<GraphContext>;
  let url: string;

  beforeAll(async () => {
    app = fastify();
    apollo = new ApolloServer<GraphContext>({
      typeDefs: 'type Query { n: Int never: Int } type Subscription { n: Int }',
      resolvers: { Query: { n: () => 7, never: () => new Promise(() => undefined) } },
      plugins: [fastifyApolloDrainPlugin(app)],
    });
    await apollo.start();
    const limits = createSubscriptionLimits({ connectionsPerViewer: 1 });
    const { subscribe } = feeds;
    addGraphqlRoute(app, {
      ...{ apollo, authenticate, inFlight, operations: undefined, documents: undefined, tracing: undefined },
      ...{ report: () => undefined, shared: () => undefined },
      ...{ services: {} as GraphServices, registry: createRegistry([]) },
      uploads: {} as never,
      ...{ maxTokens: 100, readTime: 1_000, overload: { reason: undefined, check: () => undefined } },
      sse: createSseTransport({ subscribe, limits }),
      callback: createCallbackTransport({ subscribe, limits, hosts: [] }),
    });
    answerErrorsAsGraphQL(app, {
      ...{ maxRequestBytes: 1_000, log: pino({ enabled: false }), challenge: 'Bearer' },
      refused: (code) => void refused.push(code),
    });
    url = `${await app.listen({ port: 0, host: '127.0.0.1' })}/graphql`;
  });
  afterAll(async () => {
    await apollo.stop();
    await app.close();
  });

  const post = (accept: string, body: object) =>
    fetch(url, {
      method: 'POST',
      headers: { accept, authorization: 'ann', 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  const requestFor = (query: string, accept: string) => {
    const body = JSON.stringify({ query });
    return (
      `POST /graphql HTTP/1.1\r\nhost: h\r\nauthorization: ann\r\naccept: ${accept}\r\n` +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
    );
  };

  /** Sends all of them before any is answered. */
  async function pipelined(...requests: readonly [query: string, accept: string][]): Promise<Socket> {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(requests.map(([query, accept]) => requestFor(query, accept)).join(''));
    return socket;
  }

  it('brings events, which are none of the operations that are counted', async () => {
    const begins = feeds.next();
    const answering = post(URQL, { query: SUBSCRIPTION });
    const feed = await begins;
    expect(inFlight.size).toBe(0);
    const second = await post('text/event-stream', { query: SUBSCRIPTION });
    expect(second.status).toBe(429);
    expect(second.headers.get('retry-after')).toBe('5');
    expect(await second.json()).toMatchObject({ errors: [{ extensions: { code: 'RATE_LIMITED' } }] });
    feed.push(event(1));
    feed.end();
    expect(await (await answering).text()).toContain('data: {"data":{"n":1}}');
  });

  it.each([
    ['a query of who accepts events as well', URQL, '{ n }'],
    ['a query', 'application/json', '{ n }'],
  ])('answers %s as ever', async (_what, accept, query) => {
    const answer = await post(accept, { query });
    expect(answer.headers.get('content-type')).toMatch('json');
    expect(await answer.json()).toEqual({ data: { n: 7 } });
  });

  it('counts no operation any more whose answer waits for another one when their connection closes', async () => {
    const socket = await pipelined(['{ never }', 'application/json'], ['{ n }', 'application/json']);
    await eventually(() => expect(inFlight.size).toBe(2));
    socket.destroy();
    await eventually(() => expect(inFlight.size).toBe(0));
  });

  it('takes nothing else from a connection on which events come, and goes on with it after them', async () => {
    refused.length = 0;
    const begins = feeds.next();
    const socket = await pipelined([SUBSCRIPTION, 'text/event-stream'], ['{ n }', 'application/json']);
    let received = '';
    socket.on('data', (chunk) => (received += String(chunk)));
    const feed = await begins;
    await eventually(() => expect(refused).toEqual(['BAD_REQUEST']));
    expect(inFlight.size).toBe(0);
    feed.end();
    await eventually(() => expect(received).toContain('answers nothing else on this connection'));
    socket.write(requestFor('{ n }', 'application/json'));
    await eventually(() => expect(received).toContain('{"data":{"n":7}}'));
    socket.destroy();
  });

  it('refuses what can not be read', async () => {
    const answer = await post('text/event-stream', { query: SUBSCRIPTION, variables: 'nonsense' });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
  });

  it('knows who asks for a callback', async () => {
    const answer = await post('application/json;callbackSpec=1.0', { query: SUBSCRIPTION });
    expect(answer.status).toBe(403);
    expect(answer.headers.get('subscription-protocol')).toBe('callback/1.0');
    expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
  });
});
