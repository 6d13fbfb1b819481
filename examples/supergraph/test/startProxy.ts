import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request as ask } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands between the gateways and Parley, and loses answers when it is told to. */
export interface Proxy {
  readonly url: string;
  /** Where requests go from now on. */
  passTo(targetUrl: string): void;
  /** The headers of every request that arrived. */
  readonly arrived: IncomingHttpHeaders[];
  /** The subscriptions under way: answers that come bit by bit. */
  readonly streams: ReadonlySet<ServerResponse>;
  /** The answers to come, in order, that Parley gives and nobody gets. */
  readonly losses: Loss[];
  close(): Promise<void>;
}

/** How an answer is lost: the connection breaks, something between the two says 502, or what Parley says of a rate stands instead. */
export type Loss = 'reset' | 'bad gateway' | 'too many requests';

export async function startProxy(): Promise<Proxy> {
  let target = '';
  const arrived: IncomingHttpHeaders[] = [];
  const losses: Loss[] = [];
  const streams = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    arrived.push(request.headers);
    const loss = losses.shift();
    const { method, headers } = request;
    const onward = ask(new URL(request.url!, target), { method, headers }, (answer) => {
      if (loss) lose(loss, answer, response);
      else answer.pipe(response.writeHead(answer.statusCode!, answer.headers));
      if (answer.headers['content-type']?.startsWith('text/event-stream')) streams.add(response);
    });
    onward.on('error', () => response.destroy());
    response.once('close', () => {
      streams.delete(response);
      onward.destroy();
    });
    request.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passTo: (targetUrl) => (target = targetUrl),
    ...{ arrived, streams, losses },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function lose(loss: Loss, answer: IncomingMessage, response: ServerResponse): void {
  // Parley is done with it, and the other side will never know.
  answer.resume().once('end', () => {
    if (loss === 'reset') response.destroy();
    else if (loss === 'bad gateway') response.writeHead(502).end();
    else
      response
        .writeHead(429, { 'retry-after': '3600', 'content-type': 'application/json' })
        .end(RATE_LIMITED);
  });
}

const RATE_LIMITED = JSON.stringify({
  errors: [{ message: 'At most 1 operations in 3600 seconds.', extensions: { code: 'RATE_LIMITED' } }],
});
