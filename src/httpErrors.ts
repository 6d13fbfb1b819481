import type { IncomingMessage, ServerResponse } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { ErrorCode } from './messaging/errors.ts';
import { STATUSES } from './messaging/httpStatuses.ts';
import { ParleyError } from './messaging/errors.ts';
import { SECURITY_HEADERS } from './securityHeaders.ts';

/** Whether, and after how many seconds, the same request may succeed. */
type RetryAdvice = Pick<Partial<ParleyError>, 'retryable' | 'retryAfter'>;
type ErrorParts = readonly [status: number, code: string, message: string, advice?: RetryAdvice];

/** What fails before GraphQL is reached has the same form as what fails in it. */
export function toErrorBody(
  code: string,
  message: string,
  { retryable, retryAfter }: RetryAdvice = {},
): object {
  const advice = retryable && { retryable, ...(retryAfter !== undefined && { retryAfter }) };
  return { errors: [{ message, extensions: { code, ...advice } }] };
}

/** What is said of a body that is not what it should be. */
export const UNREADABLE = "The request can't be read: its body is JSON, in UTF-8.";

export interface ErrorAnswerOptions {
  readonly maxRequestBytes: number;
  readonly log: Logger;
  /** How to say who one is, as HTTP names it. */
  readonly challenge: string;
  /** Told the code of each. */
  readonly refused: (code: string) => void;
}

/** Answers for bodies that can't be read, paths that nobody knows, and what our own hooks throw. */
export function answerErrorsAsGraphQL(app: FastifyInstance, options: ErrorAnswerOptions): void {
  const { maxRequestBytes, log, refused } = options;
  const answer = (reply: FastifyReply, ...[status, code, message, advice]: ErrorParts) => {
    refused(code);
    return sendError(reply, status, code, message, advice);
  };
  // Not by Fastify's own handler, which would read the body before.
  app.addHook('onRequest', async ({ is404, raw, url }, reply) => {
    if (!is404) return undefined;
    linger(raw, reply.raw);
    // Only of another method, or it would have been found.
    return url.split('?', 1)[0] === '/graphql'
      ? answer(reply.header('allow', 'GET, POST, OPTIONS'), 405, 'BAD_REQUEST', WRONG_METHOD)
      : answer(reply, 404, 'NOT_FOUND', 'There is nothing here. The graph is at /graphql.');
  });
  app.setErrorHandler((error: FastifyError | ParleyError, { raw }: FastifyRequest, reply) => {
    linger(raw, reply.raw);
    if (error instanceof ParleyError && error.code === 'STORAGE_UNAVAILABLE')
      log.warn({ code: error.code, err: error.cause }, error.message);
    if (error instanceof ParleyError && STATUSES[error.code] !== undefined) {
      if (error.code === 'UNAUTHENTICATED') void reply.header('www-authenticate', options.challenge);
      if (error.retryAfter !== undefined) void reply.header('retry-after', error.retryAfter);
      return answer(reply, STATUSES[error.code]!, error.code, error.message, error);
    }
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

/**
 * Few clients look for an answer while they still send, so that what is refused is taken in for a while, and thrown away. Who goes
 * on for longer finds the connection closed.
 */
export function linger(request: IncomingMessage, response: ServerResponse): void {
  // Not before the answer is out: that to an upload waits for the upload.
  response.once('finish', () => {
    if (request.complete) return;
    const late = setTimeout(() => request.destroy(), LINGER);
    // Of an answered request Node does not say that its connection has gone: the process must not stay for that.
    late.unref();
    const stop = () => clearTimeout(late);
    request.once('end', stop);
    request.once('close', stop);
  });
}

/** Milliseconds. */
const LINGER = 5_000;

/** For Fastify's `frameworkErrors`, which come before any hook. */
export function answerBadPath(_error: unknown, _request: FastifyRequest, reply: FastifyReply): void {
  void sendError(reply.headers(SECURITY_HEADERS), 400, 'BAD_REQUEST', "The request's path can't be read.");
}

/** For Fastify's `clientErrorHandler`: what is no HTTP, or too much or too slow of it, never becomes a request. */
export function answerClientError({ code }: { readonly code?: string }, socket: Socket): void {
  // A second answer would be taken for a part of the first. Node's own handler looks at the same.
  const { _httpMessage: underWay } = socket as { _httpMessage?: ServerResponse | null };
  if (code === 'ECONNRESET' || !socket.writable || underWay?.headersSent) {
    socket.destroy();
    return;
  }
  const [status, errorCode, message] = CLIENT_ERRORS[code ?? ''] ?? MALFORMED;
  const body = JSON.stringify(toErrorBody(errorCode, message));
  const headers = {
    ...SECURITY_HEADERS,
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]!}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

/** For Node's `checkExpectation`: what a client expects, beside to be told to go on, nobody here can do. */
export function answerExpectation(_request: IncomingMessage, response: ServerResponse): void {
  const body = JSON.stringify(
    toErrorBody('BAD_REQUEST', 'What the header "expect" asks for can\'t be done.'),
  );
  response.writeHead(417, {
    ...SECURITY_HEADERS,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  });
  response.end(body);
}

const MALFORMED = [400, 'BAD_REQUEST', "The request can't be read: it is not HTTP."] as const;

const CLIENT_ERRORS: Readonly<Record<string, readonly [number, ErrorCode, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'REQUEST_TIMEOUT', 'The request did not arrive in time.'],
  HPE_HEADER_OVERFLOW: [431, 'BAD_REQUEST', "The request's headers are too long."],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'PAYLOAD_TOO_LARGE', "The request's chunk extensions are too long."],
};

const WRONG_METHOD = 'The graph is asked by POST, or for a query by GET.';

const WRONG_TYPE =
  'A request body is JSON, with the content type application/json, or for an upload multipart/form-data.';

function sendError(reply: FastifyReply, ...[status, code, message, advice]: ErrorParts): FastifyReply {
  return reply.code(status).send(toErrorBody(code, message, advice));
}
