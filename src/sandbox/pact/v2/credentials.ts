import type { FastifyInstance, FastifyRequest } from 'fastify';
import { wellKnown } from '../../wellKnown.ts';
import { refuse } from '../answers.ts';

/** Refuses whoever does not say, where v2 wants it said, which company they are and its token (pact.md). */
export function addPactV2Credentials(app: FastifyInstance, token: string): void {
  // Not before the body is read, which is where most of them are.
  app.addHook('preValidation', async (request, reply) => {
    const fieldOf = request.method === 'GET' ? inQuery(request) : inBody(request);
    // Addresses get into logs: only a GET, which has no body, may have its token there.
    const leaks = request.method !== 'GET' && inQuery(request)('private_api_token') !== undefined;
    if (leaks || fieldOf('private_api_token') !== token) return refuse(reply, 401);
    if (String(fieldOf('company_id')) !== String(wellKnown.pact.companyId)) return refuse(reply, 404);
    return undefined;
  });
}

type Fields = (name: string) => unknown;

function inQuery({ query }: FastifyRequest): Fields {
  return (name) => (query as Record<string, unknown>)[name];
}

/** Of JSON, or of a form with files. */
function inBody({ body }: FastifyRequest): Fields {
  if (typeof body !== 'object' || body === null) return () => undefined;
  const { fields } = body as { fields?: unknown };
  return fields instanceof URLSearchParams
    ? (name) => fields.get(name) ?? undefined
    : (name) => (body as Record<string, unknown>)[name];
}
