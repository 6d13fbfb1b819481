import type { FastifyReply, FastifyRequest } from 'fastify';

/** Ends a request with that status. */
export function refuse(reply: FastifyReply, status: number): FastifyReply {
  return reply.code(status).send(refusal(status));
}

const reasons: Readonly<Record<number, string>> = {
  400: 'Solicitud inválida.',
  401: 'Credenciales inválidas.',
  403: 'Bloqueo de IP o solicitud no autorizada.',
  404: 'El recurso referenciado no existe.',
  429: 'Demasiadas solicitudes.',
};

/** An error's body, which is our invention: theirs are not documented. */
export function refusal(status: number): unknown {
  return { error: reasons[status] ?? 'Error interno.' };
}

/** The number in the path; undefined when it is none. */
export function idOf(request: FastifyRequest): number | undefined {
  const { id } = request.params as { id: string };
  return /^\d{1,15}$/.test(id) ? Number(id) : undefined;
}
