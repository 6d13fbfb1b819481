import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** A router that takes events by Apollo's HTTP callback protocol. */
export interface FakeRouter {
  /** `host:port`. */
  readonly host: string;
  /** Subscribes at a process of Parley; rejects where it is refused. */
  subscribe(
    url: string,
    request: { query: string; variables?: Record<string, unknown> },
    headers: Record<string, string>,
    told: { next(result: any): void; over(): void },
  ): Promise<{ stop(): void }>;
  close(): Promise<void>;
}

const PROTOCOL = { 'subscription-protocol': 'callback/1.0' };

export async function startFakeRouter(): Promise<FakeRouter> {
  const subscriptions = new Map<string, { next(result: any): void; over(): void }>();
  const server: Server = createServer((request, response) => {
    void readJson(request).then(({ action, id, payload }) => {
      const known = subscriptions.get(id);
      if (action === 'next') known?.next(payload);
      if (action === 'complete') {
        subscriptions.delete(id);
        known?.over();
      }
      response
        .writeHead(known ? (action === 'complete' ? 202 : action === 'next' ? 200 : 204) : 404, PROTOCOL)
        .end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    async subscribe(url, request, headers, told) {
      const id = randomUUID();
      subscriptions.set(id, told);
      const subscription = {
        ...{ callbackUrl: `http://${host}/callback/${id}`, subscriptionId: id },
        ...{ verifier: randomUUID(), heartbeatIntervalMs: 1_000 },
      };
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: {
          accept: 'application/json;callbackSpec=1.0',
          'content-type': 'application/json',
          ...headers,
        },
        body: JSON.stringify({ ...request, extensions: { subscription } }),
      });
      const { errors } = (await response.json()) as { errors?: unknown };
      if (errors) throw new Error(JSON.stringify(errors));
      return { stop: () => void subscriptions.delete(id) };
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function readJson(request: IncomingMessage): Promise<any> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString());
}
