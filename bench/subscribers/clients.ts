/**
 * Subscribers of one transport, as light as they can be, in a process of their own: `subscribers.ts` tells it what to do. They write
 * down when each result has come.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { request as httpRequest } from 'node:http';
import { WebSocket } from 'ws';
import { now } from './now.ts';
import { QUERY } from './query.ts';

export type Transport = 'websocket' | 'sse';

export type Order =
  /** Adds subscribers until there are that many, spread evenly over the conversations. */
  | {
      readonly kind: 'open';
      readonly transport: Transport;
      readonly url: string;
      readonly conversationIds: readonly string[];
      readonly count: number;
    }
  /** From now on results are waited for, all with this text. */
  | { readonly kind: 'expect'; readonly count: number; readonly text: string }
  | { readonly kind: 'close' };

export type Answer =
  | { readonly kind: 'opened' }
  /** Of each result in turn: the place of its conversation, and when it has come, in milliseconds. */
  | { readonly kind: 'arrived'; readonly conversations: Uint32Array; readonly times: Float64Array }
  | { readonly kind: 'expecting' }
  | { readonly kind: 'closed' }
  | { readonly kind: 'failed'; readonly reason: string };

interface Subscriber {
  /** What has come, in whichever words. */
  received: (text: string) => void;
  failed: (reason: string) => void;
}

/** Milliseconds in which servers have seen that thousands of connections are closed. */
const CLOSING = 500;
/** Opened at once. */
const CONCURRENCY = 32;
const IS_RESULT = '"messageAdded":{';

const endings: (() => void)[] = [];
let isClosing = false;
let expected = { text: '', left: 0, conversations: new Uint32Array(), times: new Float64Array() };

process.on('message', (order: Order) => void obey(order).catch((error: unknown) => fail(String(error))));
// Whoever gave the orders is gone.
process.on('disconnect', () => process.exit(1));
// A Ctrl-C is for the parent to deal with.
process.on('SIGINT', () => undefined);

async function obey(order: Order): Promise<void> {
  if (order.kind === 'open') await openAll(order);
  else if (order.kind === 'expect') expect(order);
  else await closeAll();
}

async function openAll({ transport, url, conversationIds, count }: Order & { kind: 'open' }): Promise<void> {
  isClosing = false;
  const subscribe = transport === 'websocket' ? subscribeByWebSocket : subscribeBySse;
  let next = endings.length;
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      while (next < count) {
        const conversation = next % conversationIds.length;
        next += 1;
        await subscribe(url, conversationIds[conversation]!, {
          received: (text) => received(text, conversation),
          failed(reason) {
            if (!isClosing) fail(`a subscriber by ${transport}: ${reason}`);
          },
        });
      }
    }),
  );
  say({ kind: 'opened' });
}

function expect({ text, count }: Order & { kind: 'expect' }): void {
  const words = `"text":${JSON.stringify(text)}`;
  expected = {
    ...{ text: words, left: count },
    conversations: new Uint32Array(count),
    times: new Float64Array(count),
  };
  say({ kind: 'expecting' });
}

async function closeAll(): Promise<void> {
  isClosing = true;
  for (const end of endings.splice(0)) end();
  // Nothing tells when the servers have seen it: what they hold is measured after that.
  await wait(CLOSING);
  say({ kind: 'closed' });
}

function received(text: string, conversation: number): void {
  const at = now();
  if (!text.includes(IS_RESULT) || !text.includes(expected.text)) {
    fail(`a subscriber got ${text.slice(0, 500)}`);
    return;
  }
  expected.left -= 1;
  if (expected.left < 0) {
    fail('a subscriber got more than was expected');
    return;
  }
  expected.conversations[expected.left] = conversation;
  expected.times[expected.left] = at;
  if (expected.left === 0)
    say({ kind: 'arrived', conversations: expected.conversations, times: expected.times });
}

function subscribeByWebSocket(url: string, id: string, { received, failed }: Subscriber): Promise<void> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url.replace(/^http/, 'ws'), 'graphql-transport-ws', {
      perMessageDeflate: false,
      skipUTF8Validation: true,
    });
    endings.push(() => socket.terminate());
    socket.on('open', () => socket.send('{"type":"connection_init"}'));
    socket.on('error', ({ message }) => failed(message));
    socket.on('close', (code, reason) => failed(`closed: ${code} ${reason.toString()}`));
    socket.on('message', (data: Buffer) => {
      const text = data.toString();
      if (!text.includes('"type":"connection_ack"')) {
        received(text);
        return;
      }
      const payload = { query: QUERY, variables: { id } };
      socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload }), () => resolve());
    });
  });
}

function subscribeBySse(url: string, id: string, { received, failed }: Subscriber): Promise<void> {
  return new Promise((resolve) => {
    const headers = { accept: 'text/event-stream', 'content-type': 'application/json' };
    const request = httpRequest(url, { method: 'POST', agent: false, headers }, (response) => {
      if (response.statusCode !== 200) failed(`status ${String(response.statusCode)}`);
      let rest = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        // A comment is the first thing to come.
        resolve();
        const events = (rest + chunk).split('\n\n');
        rest = events.pop()!;
        for (const event of events) if (event !== ':' && event !== '') received(event);
      });
      response.on('error', ({ message }) => failed(message));
      response.on('close', () => failed('closed'));
    });
    endings.push(() => request.destroy());
    request.on('error', ({ message }) => failed(message));
    request.end(JSON.stringify({ query: QUERY, variables: { id } }));
  });
}

function fail(reason: string): void {
  say({ kind: 'failed', reason });
}

function say(answer: Answer): void {
  process.send!(answer);
}
