import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { ErrorCode } from './messaging/errors.ts';
import { ParleyError } from './messaging/errors.ts';

/** What fails before GraphQL is reached has the same form as what fails in it. */
export function toErrorBody(code: string, message: string): object {
  return { errors: [{ message, extensions: { code } }] };
}

/** What is said of a body that is not what it should be. */
export const UNREADABLE = "The request can't be read: its body is JSON, in UTF-8.";

/** Answers for bodies that can't be read, paths that nobody knows, and what our own hooks throw. */
export function answerErrorsAsGraphQL(app: FastifyInstance, maxRequestBytes: number, log: Logger): void {
  app.setNotFoundHandler((_request, reply) =>
    answer(reply, 404, 'NOT_FOUND', 'There is nothing here. The graph is at /graphql.'),
  );
  app.setErrorHandler((error: FastifyError | ParleyError, _request: FastifyRequest, reply) => {
    if (error instanceof ParleyError && error.code === 'STORAGE_UNAVAILABLE')
      log.warn({ code: error.code, err: error.cause }, error.message);
    if (error instanceof ParleyError && STATUSES[error.code] !== undefined)
      return answer(reply, STATUSES[error.code]!, error.code, error.message);
    const status = 'statusCode' in error ? (error.statusCode ?? 500) : 500;
    if (status >= 500) {
      log.error({ err: error }, 'internal error');
      return answer(reply, 500, 'INTERNAL_SERVER_ERROR', 'Parley failed to answer this.');
    }
    if (status === 413)
      return answer(reply, 413, 'PAYLOAD_TOO_LARGE', `A request has at most ${maxRequestBytes} bytes.`);
    if (status === 415) return answer(reply, 415, 'BAD_REQUEST', WRONG_TYPE);
    return answer(reply, status, 'BAD_REQUEST', UNREADABLE);
  });
}

/** For Fastify's `frameworkErrors`. */
export function answerBadPath(_error: unknown, _request: FastifyRequest, reply: FastifyReply): void {
  void answer(reply, 400, 'BAD_REQUEST', "The request's path can't be read.");
}

const WRONG_TYPE =
  'A request body is JSON, with the content type application/json, or for an upload multipart/form-data.';

const STATUSES: Partial<Record<ErrorCode, number>> = {
  BAD_REQUEST: 400,
  UNAUTHENTICATED: 401,
  REQUEST_TIMEOUT: 408,
  PAYLOAD_TOO_LARGE: 413,
  // Nobody is there to read it: nginx's name for that.
  CANCELLED: 499,
  STORAGE_UNAVAILABLE: 503,
};

function answer(reply: FastifyReply, status: number, code: string, message: string): FastifyReply {
  return reply.code(status).send(toErrorBody(code, message));
}
