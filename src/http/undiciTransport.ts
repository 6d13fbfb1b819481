import type { Dispatcher } from 'undici';
import { Agent } from 'undici';
import type { HttpLimits } from './client.ts';
import type { Answer, Transport } from './transport.ts';

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
    transport: ({ method, url, headers }, signal) =>
      new Promise((resolve, reject) => {
        const { origin, path } = splitUrl(url);
        agent.dispatch({ origin, path, method: method, headers }, toHandler({ signal, resolve, reject }));
      }),
    close: () => agent.destroy(),
  };
}

interface Awaited {
  readonly signal: AbortSignal;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: unknown) => void;
}

/** Collects an answer. Undici's own `request` makes a stream of it first, which costs as much as all else of a call. */
function toHandler({ signal, resolve, reject }: Awaited): Dispatcher.DispatchHandler {
  const chunks: Buffer[] = [];
  let status = 0;
  let headers: Readonly<Record<string, string | string[] | undefined>> = {};
  let abort: (() => void) | undefined;
  const done = () => {
    if (abort) signal.removeEventListener('abort', abort);
  };
  return {
    // Again where another connection has to be taken.
    onRequestStart(controller) {
      done();
      abort = () => controller.abort(new Error('not waited for'));
      if (signal.aborted) abort();
      else signal.addEventListener('abort', abort, { once: true });
    },
    onResponseStart(_controller, statusCode, answered) {
      status = statusCode;
      headers = answered;
    },
    onResponseData(_controller, chunk) {
      chunks.push(chunk);
    },
    onResponseEnd() {
      done();
      resolve({ status, header: (name) => [headers[name] ?? []].flat()[0], body: toText(chunks) });
    },
    onResponseError(_controller, error) {
      done();
      reject(error);
    },
  };
}

function toText(chunks: readonly Buffer[]): string {
  const bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return bytes.toString('utf8', hasMark ? 3 : 0);
}

/** Addresses are well-formed already: it is only what may lead elsewhere than it says that has to be looked at. */
function splitUrl(url: string): { readonly origin: string; readonly path: string } {
  const start = url.indexOf('/', url.indexOf('//') + 2);
  if (start < 0 || url.includes('/.') || url.includes('@')) {
    const { origin, pathname, search } = new URL(url);
    return { origin, path: pathname + search };
  }
  return { origin: url.slice(0, start), path: url.slice(start) };
}
