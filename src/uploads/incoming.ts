import { EventEmitter } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { IncomingBody, tooLarge, wentAway } from './incomingBody.ts';
import { IncomingUpload } from './incomingUpload.ts';

export interface UploadLimits {
  readonly maxFileBytes: number;
  readonly maxFiles: number;
  /** Of `operations` and `map` each. */
  readonly maxFieldBytes: number;
  /** Milliseconds without a byte. */
  readonly idleTimeout: number;
  /** Milliseconds from the headers to the last byte of the request; reading the files does not count. */
  readonly totalTimeout: number;
}

export const DEFAULT_UPLOAD_LIMITS: UploadLimits = {
  maxFileBytes: 25 * 1024 * 1024,
  maxFiles: 10,
  maxFieldBytes: 1024 * 1024,
  idleTimeout: 20_000,
  totalTimeout: 300_000,
};

/** Bytes of a request beside its files: enough for both fields. */
const OVERHEAD = 2 * 1024 * 1024;

export function isMultipart(headers: IncomingHttpHeaders): boolean {
  return /^multipart\/form-data[ \t]*(;|$)/i.test(headers['content-type'] ?? '');
}

/**
 * Whether a header is there that no page of another site can make a browser send without asking first. A multipart
 * request, which a plain HTML form can send, is refused without one.
 */
export function hasPreflightHeader(headers: IncomingHttpHeaders): boolean {
  return Boolean(headers['apollo-require-preflight']) || Boolean(headers['x-apollo-operation-name']);
}

/**
 * Gives the GraphQL request that a multipart request holds as soon as that is known, with a `FilePromise` for each
 * file: the files themselves come later. Throws, as the promises and streams of the files do, `ParleyError`s:
 * BAD_REQUEST, PAYLOAD_TOO_LARGE, REQUEST_TIMEOUT, CANCELLED, STORAGE_UNAVAILABLE. Nothing is left on disk once the
 * response or its connection is closed.
 */
export async function parseMultipart(
  request: IncomingMessage,
  response: ServerResponse,
  limits: UploadLimits,
): Promise<unknown> {
  const maxBytes = limits.maxFiles * limits.maxFileBytes + OVERHEAD;
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
    response.setHeader('Connection', 'close');
    throw tooLarge(maxBytes);
  }
  if (request.destroyed || response.closed) throw wentAway();
  const upload = new IncomingUpload(limits);
  const body = new IncomingBody(request, response, { ...limits, maxBytes }, (error) => {
    upload.fail(error);
  });
  bodies.set(request, body);
  return upload.parse(body, whenOver(request, response));
}

const bodies = new WeakMap<IncomingMessage, IncomingBody>();

/**
 * Resolves when an upload has been received, or nothing more of it will be: the time to answer. Few clients look for
 * an answer while they still send. For any other request it resolves at once.
 */
export async function whenReceived(request: IncomingMessage): Promise<void> {
  await bodies.get(request)?.settled;
}

/** Emits `close` when the answer is out, or can't go out any more. */
function whenOver({ socket }: IncomingMessage, response: ServerResponse): EventEmitter {
  const over = new EventEmitter();
  const close = () => {
    socket.off('close', close);
    response.off('close', close);
    over.emit('close');
  };
  response.once('close', close);
  // An answer that waits for an earlier one on the same connection is never told that the connection is gone.
  socket.once('close', close);
  return over;
}
