import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { wellKnown } from '../../src/sandbox/index.ts';
import type { Harness } from '../harness.ts';
import { startHarness } from '../harness.ts';
import type { Listener, ListenOptions, Transport } from './listening.ts';
import { listen, subscribed } from './listening.ts';

const ADDED = `subscription Added($conversationId: ID, $accountIds: [ID!], $after: String) {
  messageAdded(conversationId: $conversationId, accountIds: $accountIds, after: $after) {
    id text direction sentAt conversation { id externalId }
  }
}`;

let parley: Harness;
let listeners: Listener[] = [];

beforeAll(async () => {
  parley = await startHarness({ webhooks: true });
});
afterAll(() => parley.close());
afterEach(async () => {
  await Promise.all(listeners.map((listener) => listener.stop()));
  listeners = [];
});

const { pact } = wellKnown;

function open(transport: Transport, query: string, options?: ListenOptions): Listener {
  const listener = listen(parley.url, transport, query, options);
  listeners.push(listener);
  return listener;
}

async function idOf(externalId: number | string, accountId = 'sales'): Promise<string> {
  const { conversationByExternalId } = await parley.data(
    `query($accountId: ID!, $externalId: String!) { conversationByExternalId(accountId: $accountId, externalId: $externalId) { id } }`,
    { accountId, externalId: String(externalId) },
  );
  return conversationByExternalId.id;
}

describe.each<Transport>(['websocket', 'sse'])('over %s', (transport) => {
  it('tells of messages as they come, in order, with cursors to go on from', async () => {
    const listener = open(transport, ADDED);
    await subscribed(parley.metricsUrl, 1);

    for (const message of ['one', 'two', 'three'])
      parley.sandbox.pact.addMessage(pact.documented, { message });
    const results = await listener.until(3);

    expect(listener.told('messageAdded').map(({ text }) => text)).toEqual(['one', 'two', 'three']);
    const { cursor } = results[0].extensions;
    const missed = open(transport, ADDED, { variables: { after: cursor } });
    await missed.until(2);
    expect(missed.told('messageAdded').map(({ text }) => text)).toEqual(['two', 'three']);
    expect(missed.results.map(({ extensions }) => extensions)).toEqual(
      results.slice(1).map(({ extensions }) => extensions),
    );
  });

  it('tells of one conversation alone, or of named accounts alone', async () => {
    const conversationId = await idOf(pact.documented);
    const one = open(transport, ADDED, { variables: { conversationId } });
    const others = open(transport, ADDED, { variables: { accountIds: ['app'] } });
    const all = open(transport, ADDED);
    await subscribed(parley.metricsUrl, 3);

    parley.sandbox.pact.addMessage(pact.sameTime, { message: 'elsewhere' });
    parley.sandbox.pact.addMessage(pact.documented, { message: 'here' });

    await all.until(2);
    await one.until(1);
    expect(one.told('messageAdded').map(({ text }) => text)).toEqual(['here']);
    expect(others.results).toEqual([]);
  });

  it.each([
    ['no document of GraphQL', 'subscription {', {}, 'GRAPHQL_PARSE_FAILED'],
    ['a field that is not there', 'subscription { messageGone { id } }', {}, 'GRAPHQL_VALIDATION_FAILED'],
    ['an account that is not there', ADDED, { accountIds: ['nobody'] }, 'BAD_USER_INPUT'],
    ['a malformed conversation', ADDED, { conversationId: 'no' }, 'BAD_USER_INPUT'],
    ['a malformed cursor', ADDED, { after: 'no' }, 'BAD_USER_INPUT'],
    ['a variable of another type', ADDED, { accountIds: { not: 'a list' } }, 'BAD_USER_INPUT'],
  ])('refuses %s', async (_what, query, variables, code) => {
    const listener = open(transport, query, { variables });

    const told = await listener.over.then(
      () => listener.results.at(-1)?.errors,
      (errors: unknown) => errors,
    );
    expect(told).toEqual([expect.objectContaining({ extensions: expect.objectContaining({ code }) })]);
  });
});
