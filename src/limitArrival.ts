import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { toErrorBody } from './httpErrors.ts';
import { isMultipart } from './uploads/incoming.ts';

/**
 * Ends requests whose body does not arrive in so many milliseconds. Node has one deadline for every request of a server, and uploads,
 * which have limits of their own, take longer than all others.
 */
export function limitArrival(app: FastifyInstance, bodyTimeout: number): void {
  app.addHook('onRequest', (request, reply, done) => {
    if (!isMultipart(request.headers) || request.is404) limit(request, reply, bodyTimeout);
    done();
  });
}

function limit({ raw }: FastifyRequest, reply: FastifyReply, bodyTimeout: number): void {
  const late = setTimeout(() => {
    if (raw.readableEnded || raw.complete || reply.sent) return;
    reply.hijack();
    reply.raw.writeHead(408, {
      ...(reply.getHeaders() as OutgoingHttpHeaders),
      'content-type': 'application/json; charset=utf-8',
      connection: 'close',
    });
    const body = toErrorBody('REQUEST_TIMEOUT', `A request arrives within ${bodyTimeout} ms.`);
    reply.raw.end(JSON.stringify(body), () => raw.destroy());
  }, bodyTimeout);
  const done = () => clearTimeout(late);
  raw.once('end', done);
  raw.once('close', done);
  // Of a request that is answered before it has arrived neither comes.
  reply.raw.once('close', done);
}
