import { Agent } from 'undici';
import type { HttpLimits } from './client.ts';
import type { Transport } from './transport.ts';

/** Keep-alive connections for reads that carry no body. */
export interface ReadPool {
  readonly transport: Transport;
  close(): Promise<void>;
}

/**
 * JSON reads go by undici: one costs a seventh of the CPU that got needs, and it does without Node's own `http.Agent`,
 * which Node 20 gets no fixes for any more.
 */
export function createReadPool(limits: HttpLimits): ReadPool {
  const agent = new Agent({
    connections: limits.maxConnections,
    connect: { timeout: limits.connectTimeout },
    headersTimeout: limits.readTimeout,
    bodyTimeout: limits.readTimeout,
    maxResponseSize: limits.maxAnswerBytes,
  });

  return {
    async transport({ method, url, headers }, signal) {
      const { origin, pathname, search } = new URL(url);
      const answer = await agent.request({
        origin,
        path: pathname + search,
        method,
        headers,
        signal,
      });
      return {
        status: answer.statusCode,
        header: (name) => [answer.headers[name] ?? []].flat()[0],
        body: await answer.body.text(),
      };
    },
    close: () => agent.destroy(),
  };
}
