import type { FastifyReply, FastifyRequest } from 'fastify';

/** A success; `status` is one of the words that pact.md names. */
export function ok(data: unknown, status: 'ok' | 'created' | 'updated' | 'deleted' = 'ok'): unknown {
  return { status, data };
}

/** Ends a request with that status. */
export function refuse(reply: FastifyReply, status: number): FastifyReply {
  return reply.code(status).send(refusal(status));
}

const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  429: 'Too Many Requests',
};

/** An error's body, which is our invention: pact.md says that theirs are not documented. */
export function refusal(status: number): unknown {
  return { status: 'error', error: { code: status, message: reasons[status] ?? 'Internal Server Error' } };
}

/** The number in the path; -1, which nothing has, when it is none. */
export function idOf(request: FastifyRequest, name = 'id'): number {
  return toId((request.params as Record<string, string>)[name]) ?? -1;
}

/** Undefined for what is no id. */
export function toId(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
