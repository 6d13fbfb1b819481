import { fastify } from 'fastify';
import { z } from 'zod';
import type { LoggedRequest } from './core/Emulator.ts';
import type { RequestHandler } from './core/listener.ts';
import { emulatorNames } from './emulators.ts';
import type { Emulators } from './emulators.ts';
import { parseFaultRequest } from './faultRequest.ts';
import type { Sandbox } from './Sandbox.ts';

/** The part of the one-port sandbox that is no provider: it switches faults on and shows what arrived. */
export interface ControlDoor {
  readonly prefix: '/_sandbox/';
  readonly handle: RequestHandler;
  close(): Promise<void>;
}

const webhookRequest = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).nullable(),
  version: z.literal([1, 2]).optional(),
});

const secretHeaders = new Set(['authorization', 'x-private-api-token', 'x-public-key', 'cookie']);

/**
 * `POST` and `DELETE /_sandbox/faults`, `GET /_sandbox/requests`, `GET /_sandbox/stored`, `POST /_sandbox/reset`, and
 * `PUT /_sandbox/pact/webhook` with the `url` to which Pact posts what happens, or null for none, and the `version` of what it posts,
 * 1 unless given. It also answers for every path that belongs to nobody.
 *
 * `stored` is `{ pact: PactStored, letstalk: LetstalkStored, pigeons: PigeonsStored }`: what was written through the providers'
 * own calls since the start or the last reset, whoever's key it came with, and is still there. Neither the seed, nor what a test
 * puts in by `addMessage` and the like, nor bytes of files. What merely changes a row (reading, reacting, metadata) is no entry.
 */
export async function createControlDoor(sandbox: Emulators & Pick<Sandbox, 'reset'>): Promise<ControlDoor> {
  const app = fastify();

  app.post('/_sandbox/faults', (request, reply) => {
    const parsed = parseFaultRequest(request.body, (provider) => sandbox[provider].calls);
    if (!('fault' in parsed))
      return reply.code(400).send({ error: 'This fault makes no sense.', issues: parsed });
    sandbox[parsed.provider].failNext(parsed.fault, parsed.options);
    return reply.code(204).send();
  });
  app.delete('/_sandbox/faults', (_request, reply) => {
    for (const provider of emulatorNames) sandbox[provider].clearFaults();
    return reply.code(204).send();
  });
  app.get('/_sandbox/requests', () =>
    Object.fromEntries(
      emulatorNames.map((provider) => [provider, sandbox[provider].requests.map(withoutSecrets)]),
    ),
  );
  app.get('/_sandbox/stored', () =>
    Object.fromEntries(emulatorNames.map((provider) => [provider, sandbox[provider].stored()])),
  );
  app.put('/_sandbox/pact/webhook', (request, reply) => {
    const parsed = webhookRequest.safeParse(request.body);
    if (!parsed.success)
      return reply.code(400).send({
        error:
          'Give the "url" of a webhook, http or https, or null for none, and a "version", 1 or 2, if you like.',
      });
    const { url, version = 1 } = parsed.data;
    sandbox.pact.setWebhook(url ?? undefined, { version });
    return reply.code(204).send();
  });
  app.post('/_sandbox/reset', (_request, reply) => {
    sandbox.reset();
    return reply.code(204).send();
  });
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({
      error:
        'Nobody lives here: /p1/… and /api/p2/… are Pact, /api/v1/pigeons/… Pigeons, other /api/v1/… Letstalk.',
    }),
  );
  await app.ready();

  return {
    prefix: '/_sandbox/',
    handle: (request, response) => app.routing(request, response),
    close: () => app.close(),
  };
}

// Somebody may point a client with real credentials here by mistake; the log is fine in memory but not in a terminal's history.
function withoutSecrets(request: LoggedRequest): LoggedRequest {
  const headers = Object.entries(request.headers).map(([name, value]) => [
    name,
    secretHeaders.has(name) ? '[redacted]' : value,
  ]);
  // Pact v2 has its token in the query of what it reads.
  const query = { ...request.query };
  if ('private_api_token' in query) query['private_api_token'] = '[redacted]';
  return { ...request, query, headers: Object.fromEntries(headers) as Record<string, string> };
}
