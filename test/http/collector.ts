import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as OTLP writes it in JSON. */
export interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  /** What came with the request's `tracestate`. */
  readonly traceState?: string;
  readonly name: string;
  readonly kind: number;
  readonly status: { readonly code?: number; readonly message?: string };
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[];
}

/** Takes traces, as a collector of OpenTelemetry does. */
export interface Collector {
  readonly url: string;
  readonly spans: SentSpan[];
  /** Everything that has arrived, headers and bodies, as it was. */
  readonly received: () => string;
  /** How many are open. */
  connections(): Promise<number>;
  close(): Promise<void>;
}

/** @param answer what it does once a batch has been read; 200 unless given */
export async function startCollector(
  answer: (response: ServerResponse) => void = (response) => response.end('{}'),
): Promise<Collector> {
  const spans: SentSpan[] = [];
  let received = '';
  const server = createServer((request, response) => {
    void read(request).then((body) => {
      received += `${request.url ?? ''} ${JSON.stringify(request.headers)} ${body}\n`;
      for (const resource of (JSON.parse(body) as Batch).resourceSpans)
        for (const scope of resource.scopeSpans) spans.push(...scope.spans);
      answer(response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    received: () => received,
    connections: () =>
      new Promise((resolve) => {
        server.getConnections((_error, count) => resolve(count));
      }),
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Batch {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly SentSpan[] }[];
  }[];
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
