import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { ask } from './ask.ts';
import type { Listener, ListenOptions, Transport } from './listen.ts';
import { listen, TRANSPORTS } from './listen.ts';
import { postWebhooks, writeAtPact } from './sandbox.ts';
import type { Stack } from './startStack.ts';
import { ROUTER_SECRET, startStack } from './startStack.ts';

const ADDED = `subscription ($after: String) {
  messageAdded(after: $after) { text sentiment conversation { title customer { name tier } } }
}`;
const CHANGES = `subscription ($after: String) {
  changes(after: $after) { cursor node { ... on MessageAdded { message { text sentiment } } } }
}`;

// Parley knows messages again, and tells of each once: so that the sandbox, which would number them anew, is not reset here.
describe('Subscriptions through Hive Gateway', () => {
  let stack: Stack;
  let url: string;
  let now: string;
  const listeners: Listener[] = [];
  before(async () => {
    stack = await startStack();
    url = stack.gateways['Hive Gateway'];
    await postWebhooks(stack.sandboxUrl, stack.webhookUrl);
  });
  after(() => (stack as Stack | undefined)?.close());
  beforeEach(async () => {
    // Whoever begins from here misses nothing, however long beginning takes.
    const { data } = await ask(url, '{ changes { pageInfo { endCursor } } }');
    now = data.changes.pageInfo.endCursor;
    stack.proxy.arrived.length = 0;
  });
  afterEach(() => Promise.all(listeners.splice(0).map((listener) => listener.leave())));

  function open(transport: Transport, query: string, options: ListenOptions = {}): Listener {
    const listener = listen(url, transport, query, { variables: { after: now }, ...options });
    listeners.push(listener);
    return listener;
  }

  for (const transport of TRANSPORTS) {
    describe(`over ${transport}`, () => {
      const subscribe = (query: string, options?: ListenOptions) => open(transport, query, options);

      it('tell of messages as they come, with the other subgraph’s fields', async () => {
        const listener = subscribe(ADDED);
        const conversation = {
          title: 'Lucía Fernández',
          customer: { name: 'Lucía Fernández', tier: 'GOLD' },
        };
        for (const [text, sentiment] of [
          ['Muchas gracias', 1],
          ['Llega tarde', -1],
        ] as const) {
          await writeAtPact(stack.sandboxUrl, 8781, text);
          assert.deepEqual(await listener.next(), {
            data: { messageAdded: { text, sentiment, conversation } },
          });
        }
      });

      it('go on from the cursor of a change', async () => {
        for (const text of ['Muchas gracias', 'Llega tarde']) await writeAtPact(stack.sandboxUrl, 8781, text);
        const first = await subscribe(CHANGES).next();
        assert.deepEqual(first.data.changes.node, { message: { text: 'Muchas gracias', sentiment: 1 } });

        const since = subscribe(ADDED, { variables: { after: first.data.changes.cursor } });
        assert.equal((await since.next()).data.messageAdded.text, 'Llega tarde');
      });

      it('bring the user’s token and the gateway’s secret to Parley, and nothing else that a client says', async () => {
        const listener = subscribe(ADDED, {
          headers: {
            ...{ authorization: 'Bearer of the user', 'accept-language': 'pt' },
            ...{ 'router-claims': '{"parley_accounts":"*"}', 'router-authorization': 'a guess' },
            ...{ 'x-api-key': 'a key', cookie: 'a=b' },
          },
        });
        await writeAtPact(stack.sandboxUrl, 8781, 'Hola');
        await listener.next();
        assert.equal(stack.proxy.arrived.length, 1);
        const { authorization, 'accept-language': language, ...rest } = stack.proxy.arrived[0]!;
        assert.deepEqual([authorization, language], ['Bearer of the user', 'pt']);
        assert.equal(rest['router-authorization'], ROUTER_SECRET);
        for (const name of ['router-claims', 'x-api-key', 'cookie']) assert.equal(rest[name], undefined);
        // In an address, the document and its variables would stand in logs.
        assert.equal(rest['content-type'], 'application/json');
      });

      it('end at Parley when the client leaves', async () => {
        const listener = subscribe(ADDED);
        await writeAtPact(stack.sandboxUrl, 8781, 'Hola');
        await listener.next();
        const [stream] = stack.proxy.streams;
        const closed = once(stream!, 'close');
        await listener.leave();
        await closed;
        assert.equal(stack.proxy.streams.size, 0);
      });

      it('end with an error that names no address when Parley is lost', async () => {
        const listener = subscribe(ADDED);
        await writeAtPact(stack.sandboxUrl, 8781, 'Hola');
        await listener.next();
        for (const stream of stack.proxy.streams) stream.destroy();
        const last = await listener.next();
        assert.equal(last.errors.length, 1);
        assert.doesNotMatch(JSON.stringify(last), /127\.0\.0\.1|localhost|node_modules/);
        assert.equal(await listener.next(), undefined);
      });

      it('keep the code and the argument of what is wrong with them', async () => {
        const { data, errors } = await subscribe(ADDED, { variables: { after: 'no cursor' } }).next();
        assert.equal(data, null);
        assert.equal(errors.length, 1);
        const { code, argument } = errors[0].extensions;
        assert.deepEqual({ code, argument }, { code: 'BAD_USER_INPUT', argument: 'after' });
      });
    });
  }

  it('end with a code, by which clients know to come again, when Parley stops', async () => {
    const told = TRANSPORTS.map((transport) => open(transport, ADDED));
    await writeAtPact(stack.sandboxUrl, 8781, 'Hola');
    await Promise.all(told.map((listener) => listener.next()));
    await stack.stopParley();
    for (const listener of told) {
      const { errors } = await listener.next();
      assert.equal(errors.length, 1);
      assert.equal(errors[0].extensions.code, 'SHUTTING_DOWN');
      assert.equal(await listener.next(), undefined);
    }
  });
});
