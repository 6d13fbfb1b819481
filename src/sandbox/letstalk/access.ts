import type { FastifyInstance, FastifyRequest } from 'fastify';
import { refuse } from './answers.ts';
import { personIds } from './people.ts';
import type { LetstalkConversationRow, LetstalkPersonRow } from './rows.ts';
import type { LetstalkState } from './state.ts';

export const AGENT_KEY = 'letstalk-sandbox-agent-key';
export const CLIENT_KEY = 'letstalk-sandbox-client-key';

/** The owner of the key that a request came with. */
export interface Caller {
  readonly role: 'agent' | 'client';
  readonly id: number;
}

/** Who asks, and what they may reach. */
export interface Access {
  readonly callerOf: (request: FastifyRequest) => Caller;
  /** The conversation, or the status with which this caller is refused. */
  readonly reach: (request: FastifyRequest, id: number | undefined) => LetstalkConversationRow | 403 | 404;
}

/** Refuses requests without a known key, and remembers the callers of the others. */
export function addAccess(app: FastifyInstance, now: () => LetstalkState): Access {
  const callers = new WeakMap<FastifyRequest, Caller>();

  app.addHook('onRequest', async (request, reply) => {
    const caller = ownerOf(request.headers.authorization);
    if (!caller) return refuse(reply, 401);
    callers.set(request, caller);
    return undefined;
  });

  const callerOf = (request: FastifyRequest): Caller => callers.get(request)!;
  return {
    callerOf,
    reach(request, id) {
      const conversation = id === undefined ? undefined : now().conversation(id);
      if (!conversation) return 404;
      const caller = callerOf(request);
      return caller.role === 'agent' || caller.id === conversation.client_id ? conversation : 403;
    },
  };
}

/** A caller as the author of a message. */
export function authorOf({ role, id }: Caller, { people }: LetstalkState): LetstalkPersonRow {
  return role === 'agent' ? people.agents.find((agent) => agent.id === id)! : people.author(id);
}

function ownerOf(authorization: string | undefined): Caller | undefined {
  const [scheme, encoded] = (authorization ?? '').split(' ');
  if (scheme?.toLowerCase() !== 'basic' || !encoded) return undefined;
  const credentials = Buffer.from(encoded, 'base64').toString();
  if (credentials === `${AGENT_KEY}:X`) return { role: 'agent', id: personIds.agent };
  if (credentials === `${CLIENT_KEY}:X`) return { role: 'client', id: personIds.client };
  return undefined;
}
