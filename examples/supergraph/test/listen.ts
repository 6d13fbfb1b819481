import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWebSocketClient } from 'graphql-ws';
import { WebSocket } from 'ws';

export const TRANSPORTS = ['server-sent events', 'a WebSocket'] as const;
export type Transport = (typeof TRANSPORTS)[number];

export interface ListenOptions {
  readonly variables?: Record<string, unknown>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Somebody who subscribes. */
export interface Listener {
  /** The next result; undefined when there are no more. Throws what the transport threw. */
  next(): Promise<any>;
  leave(): Promise<void>;
}

/** Subscribes by a real client, which does not connect again by itself. Over a WebSocket, headers are what it says on its connection. */
export function listen(
  url: string,
  transport: Transport,
  query: string,
  { variables = {}, headers = {} }: ListenOptions = {},
): Listener {
  const client =
    transport === 'a WebSocket'
      ? createWebSocketClient({
          url: url.replace('http', 'ws'),
          webSocketImpl: WebSocket,
          connectionParams: headers,
          retryAttempts: 0,
        })
      : createSseClient({ url, headers, retryAttempts: 0 });
  const results = client.iterate({ query, variables });
  return {
    async next() {
      const { done, value } = await results.next();
      return done ? undefined : value;
    },
    async leave() {
      await results.return?.();
      await client.dispose();
    },
  };
}
