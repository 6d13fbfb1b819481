import { expect } from '@jest/globals';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWsClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { eventually } from '../eventually.ts';

export type Transport = 'websocket' | 'sse';

/** Somebody who subscribes, and writes down what they are told. */
export interface Listener {
  readonly results: readonly any[];
  /** The field of all results so far. */
  told(field: string): any[];
  /** Waits until that many results have come. */
  until(count: number): Promise<readonly any[]>;
  /** Settles when the subscription has ended; rejects with why it was refused or lost. */
  readonly over: Promise<void>;
  stop(): Promise<void>;
}

export interface ListenOptions {
  readonly variables?: Record<string, unknown>;
  readonly headers?: Record<string, string>;
  /** Told of each result as it comes. */
  readonly next?: (result: any) => void;
}

/** Until that many are told of events: of what came before nobody is. */
export async function subscribed(metricsUrl: string, count: number): Promise<void> {
  await eventually(async () => {
    const metrics = await (await fetch(metricsUrl)).text();
    expect(metrics).toContain(`parley_subscriptions ${count}\n`);
  });
}

/** Subscribes by a real client of the transport, which does not connect again by itself. */
export function listen(
  url: string,
  transport: Transport,
  query: string,
  { variables = {}, headers = {}, next }: ListenOptions = {},
): Listener {
  const results: any[] = [];
  const client =
    transport === 'sse'
      ? createSseClient({ url: `${url}/graphql`, headers, retryAttempts: 0 })
      : createWsClient({
          url: `${url.replace('http', 'ws')}/graphql`,
          webSocketImpl: WebSocket,
          connectionParams: headers,
          retryAttempts: 0,
        });
  let unsubscribe: () => void = () => undefined;
  const over = new Promise<void>((resolve, reject) => {
    unsubscribe = client.subscribe(
      { query, variables },
      {
        next(result) {
          results.push(result);
          next?.(result);
        },
        error: reject,
        complete: () => resolve(),
      },
    );
  });
  over.catch(() => undefined);
  return {
    results,
    over,
    told: (field) => results.map(({ data }) => data?.[field]),
    until: (count) =>
      eventually(() => {
        if (results.length < count) throw new Error(`${results.length} of ${count} results`);
        return results;
      }),
    async stop() {
      unsubscribe();
      await over.catch(() => undefined);
      await client.dispose();
    },
  };
}
