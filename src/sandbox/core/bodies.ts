import type { IncomingMessage } from 'node:http';
import { finished } from 'node:stream/promises';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { readMultipart } from './multipart.ts';

/** The kinds of body that a provider's calls take. */
export type BodyKind = 'json' | 'form' | 'multipart';

/** A body that can't be read as what it says it is. */
class UnreadableBody extends Error {
  /** Fastify answers with it. */
  readonly statusCode = 400;
}

/**
 * Lets routes have `request.body` as any JSON, as `URLSearchParams` (form) or as `MultipartBody`. Every other content type is
 * refused before the route runs.
 */
export function acceptBodies(app: FastifyInstance, kinds: readonly BodyKind[]): void {
  app.removeAllContentTypeParsers();
  if (kinds.includes('json')) {
    app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => {
      try {
        // A call without a body may still name its type.
        done(null, text === '' ? undefined : JSON.parse(text as string));
      } catch (cause) {
        done(new UnreadableBody('malformed JSON', { cause }));
      }
    });
  }
  if (kinds.includes('form')) {
    const type = 'application/x-www-form-urlencoded';
    app.addContentTypeParser(type, { parseAs: 'string' }, (_request, text, done) => {
      done(null, new URLSearchParams(text as string));
    });
  }
  if (kinds.includes('multipart')) {
    app.addContentTypeParser(
      'multipart/form-data',
      async (request: FastifyRequest, payload: IncomingMessage) => {
        try {
          return await readMultipart(payload, request.headers);
        } catch (cause) {
          // To its end: Fastify closes after this, and a sender that is still sending would not see the answer.
          payload.resume();
          await finished(payload).catch(() => undefined);
          throw new UnreadableBody('malformed multipart body', { cause });
        }
      },
    );
  }
}
