import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ActiveFault } from './faultQueue.ts';

const JSON_TYPE = 'application/json; charset=utf-8';

/** What one kind of fault does, before the route runs or to the answer that the route gave. */
export interface FaultActions {
  /** When it resolves, `reply.sent` says whether the request is dealt with; if not, the route should answer. */
  before(fault: ActiveFault, request: FastifyRequest, reply: FastifyReply): Promise<unknown>;
  /** Resolves when a request that has been read is to be dealt with. */
  meanwhile(fault: ActiveFault): Promise<void>;
  /** The payload to send in place of the normal one; never resolves when there is to be none. */
  after(fault: ActiveFault, request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown>;
}

/** The faults in terms of Fastify; `refusal` gives the provider's own error body for a status, `closing` ends delays. */
export function createFaultActions(
  refusal: (status: number, request: FastifyRequest) => unknown,
  closing: AbortSignal,
): FaultActions {
  const pause = (milliseconds: number) =>
    wait(milliseconds, undefined, { signal: closing }).catch(() => undefined);
  return {
    async before(fault, request, reply) {
      if (isAnsweredAtOnce(fault)) await discardBody(request.raw);
      if ('status' in fault) {
        const body = 'body' in fault ? fault.body : refusal(fault.status, request);
        const text = typeof body === 'string';
        reply.code(fault.status).header('content-type', text ? 'text/plain; charset=utf-8' : JSON_TYPE);
        return reply.headers(fault.headers ?? {}).send(text ? body : JSON.stringify(body));
      }
      if ('hang' in fault) return reply.hijack();
      if ('reset' in fault) {
        reply.hijack();
        request.raw.socket.resetAndDestroy();
        return reply;
      }
      if ('malformed' in fault) {
        return reply.header('content-type', JSON_TYPE).send('{"status": ok, "data": [}');
      }
      if ('html' in fault) {
        const page =
          '<!doctype html><html><head><title>One moment</title></head><body><h1>One moment, please</h1></body></html>';
        return reply.header('content-type', 'text/html; charset=utf-8').send(page);
      }
      if ('redirect' in fault) return reply.code(302).header('location', fault.redirect).send();
      return undefined;
    },

    async meanwhile(fault) {
      if ('acceptLate' in fault) await pause(fault.acceptLate);
    },

    async after(fault, request, reply, payload) {
      if ('acceptThen' in fault) {
        const { acceptThen } = fault;
        if (acceptThen === 'reset') request.raw.socket.resetAndDestroy();
        if (typeof acceptThen !== 'number') return new Promise(() => undefined);
        reply.code(acceptThen).removeHeader('content-length').header('content-type', JSON_TYPE);
        return JSON.stringify(refusal(acceptThen, request));
      }
      if ('delay' in fault) {
        // After the route: a client that loses patience has written all the same, as with a provider that is slow.
        await pause(fault.delay);
        return payload;
      }
      if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) return payload;
      const bytes = Buffer.from(payload as string);
      const half = bytes.subarray(0, bytes.length >> 1);
      if ('truncate' in fault) {
        reply.header('content-length', half.length);
        return half;
      }
      if ('hangBody' in fault) {
        reply.header('content-length', bytes.length);
        return startingWith(half);
      }
      if ('oversize' in fault) return Readable.from(padded(bytes, fault.oversize));
      const json = String(reply.getHeader('content-type')).startsWith('application/json');
      // A status fault may carry a body too: only the function form rewrites.
      if ('body' in fault && typeof fault.body === 'function' && json) {
        const rewrite = fault.body as (body: unknown) => unknown;
        reply.removeHeader('content-length');
        return JSON.stringify(rewrite(JSON.parse(bytes.toString())));
      }
      return payload;
    },
  };
}

function isAnsweredAtOnce(fault: ActiveFault): boolean {
  return 'status' in fault || 'malformed' in fault || 'html' in fault || 'redirect' in fault;
}

/**
 * Reads what nobody will look at, as proxies do. To answer and close the connection while its sender is still writing would
 * look to them like a connection that broke.
 */
async function discardBody(request: IncomingMessage): Promise<void> {
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
  if (!hasBody) return;
  request.resume();
  await finished(request).catch(() => undefined);
}

/** A stream that gives these bytes and then neither more nor its end. */
function startingWith(bytes: Buffer): Readable {
  const stream = new Readable({ read: () => undefined });
  stream.push(bytes);
  return stream;
}

function* padded(bytes: Buffer, total: number): Generator<Buffer> {
  yield bytes;
  const spaces = Buffer.alloc(64 * 1024, ' ');
  for (let left = total - bytes.length; left > 0; left -= spaces.length) {
    yield left < spaces.length ? spaces.subarray(0, left) : spaces;
  }
}
