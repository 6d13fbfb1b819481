/**
 * The usual way to serve subscriptions, with nothing around it: graphql-ws on ws, and graphql-sse, over an emitter in the process.
 * `POST /emit` with a conversation and a text tells those who subscribed to the conversation.
 */
import { EventEmitter, on } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { createHandler } from 'graphql-sse/lib/use/http';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';

const typeDefs = `
  type Query { none: String }
  type Subscription { messageAdded(conversationId: ID!): Message! }
  type Message { id: ID! text: String direction: String sentAt: String! author: Author conversation: Conversation! }
  type Author { name: String }
  type Conversation { id: ID! externalId: ID! }
`;

const emitter = new EventEmitter().setMaxListeners(0);

const schema = makeExecutableSchema({
  typeDefs,
  resolvers: {
    Subscription: {
      messageAdded: {
        subscribe: (_root: unknown, { conversationId }: { conversationId: string }) =>
          on(emitter, conversationId),
        resolve: ([message]: readonly [object]) => message,
      },
    },
  },
});

const handle = createHandler({ schema });

const server = createServer((request, response) => {
  void (request.url === '/emit' ? emit(request, response) : handle(request, response));
});
useServer({ schema }, new WebSocketServer({ server, path: '/graphql', perMessageDeflate: false }));

async function emit(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { conversationId, text } = (await json(request)) as { conversationId: string; text: string };
  emitter.emit(conversationId, {
    ...{ id: `${conversationId}-1`, text, direction: 'INBOUND', sentAt: '2026-01-01T00:00:00.000Z' },
    author: { name: 'Customer' },
    conversation: { id: conversationId, externalId: conversationId },
  });
  response.end('{}');
}

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`http://127.0.0.1:${port}/graphql\n`);
});
