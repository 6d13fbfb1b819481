import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ParleyError } from '../messaging/errors.ts';
import type { StagedFile, Staging } from '../messaging/staging.ts';
import { contentDisposition } from './contentDisposition.ts';
import { FILES_PATH } from './fileUrl.ts';

/**
 * Serves staged files at `/files/<key>`, with or without a name behind it. There is no other permission than to know the
 * key: whoever is sent a file's address, a provider or a customer, may read it.
 */
export function addFileRoute(app: FastifyInstance, staging: Staging): void {
  app.route<{ Params: { '*': string } }>({
    method: ['GET', 'HEAD'],
    // A parameter of its own would have a highest length, past which the answer is another one.
    url: `${FILES_PATH}/*`,
    // Fastify's own log lines have the address, and with it the key.
    logLevel: 'silent',
    handler: (request, reply) => serve(staging, request.params['*'].split('/', 1)[0]!, request, reply),
    errorHandler: answerError,
  });
}

async function serve(
  staging: Staging,
  key: string,
  { method }: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const file = await staging.find(key);
  if (!file) return notFound(reply);
  if (method === 'HEAD') return reply.headers(headersOf(file)).send();
  const body = await staging.read(key);
  if (!body) return notFound(reply);
  return reply.headers(headersOf(file)).send(body);
}

/** Whatever is in a file, a browser saves it and runs none of it, least of all in our name. */
function headersOf({ fileName, mimeType, byteSize }: StagedFile): Record<string, string> {
  return {
    'content-type': mimeType,
    'content-length': String(byteSize),
    'content-disposition': contentDisposition(fileName),
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    // An app of another site may show it as a picture.
    'cross-origin-resource-policy': 'cross-origin',
    // It is somebody's, and is removed some day: from caches as well.
    'cache-control': 'no-store',
    'accept-ranges': 'none',
  };
}

// The same for a key that is none: nothing is learnt by asking.
function notFound(reply: FastifyReply): FastifyReply {
  return answer(reply, 404, 'NOT_FOUND', 'There is no such file.');
}

// Once the headers are out, Fastify ends the connection instead of coming here: no file looks whole that is not.
function answerError(error: unknown, _request: FastifyRequest, reply: FastifyReply): void {
  if (!(error instanceof ParleyError) || error.code !== 'STORAGE_UNAVAILABLE') throw error;
  for (const name of ['content-type', 'content-length', 'content-disposition']) reply.removeHeader(name);
  void answer(reply, 503, error.code, error.message);
}

function answer(reply: FastifyReply, status: number, code: string, message: string): FastifyReply {
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .send({ errors: [{ message, extensions: { code } }] });
}
