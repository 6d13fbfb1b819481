import type { FastifyReply, FastifyRequest } from 'fastify';
import { reasonFor, sayProblem, type OtherReason, type Problem } from './reasons.ts';

/** What is wrong with which field; empty when nothing is. */
export type Problems = Readonly<Record<string, Problem>>;

/** Ends a request with that status, for the status's usual reason or another. */
export function refuse(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  reason: number | OtherReason = status,
): FastifyReply {
  return reply.code(status).send({ message: reasonFor(reason, request.headers['accept-language']) });
}

/** Ends a request with 422. */
export function refuseFields(request: FastifyRequest, reply: FastifyReply, problems: Problems): FastifyReply {
  return reply.code(422).send(invalid(request, problems));
}

/** The provider's error body for a status that a fault asks for. */
export function refusal(status: number, request: FastifyRequest): unknown {
  // What a 422 adds is documented; the field is the first that a send requires.
  if (status === 422) return invalid(request, { context_text: 'required' });
  return { message: reasonFor(status, request.headers['accept-language']) };
}

function invalid(request: FastifyRequest, problems: Problems): unknown {
  const language = request.headers['accept-language'];
  const errors = Object.entries(problems).map(([field, problem]) => [
    field,
    [sayProblem(problem, field, language)],
  ]);
  return { message: reasonFor(422, language), errors: Object.fromEntries(errors) as unknown };
}
