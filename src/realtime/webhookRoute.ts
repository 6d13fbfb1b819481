import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import { ContractError, ParleyError } from '../messaging/errors.ts';
import type { ProviderEvent } from '../messaging/live.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Of a webhook that may be listened to: the account that it is for. */
    webhookAccountId: string | null;
  }
}

/** An account whose provider posts webhooks. */
export interface WebhookAccount {
  readonly secret: string;
  /** Whether it may come from an IP address; from any where absent. */
  readonly allows?: (address: string) => boolean;
  /** Throws a `ContractError` for what is not what the provider documents. */
  read(body: unknown): readonly ProviderEvent[];
}

/** What has become of a webhook. */
export type WebhookOutcome =
  /** Its events were taken; there may have been none. */
  | 'accepted'
  /** For no account, with the wrong secret, or from where none may come. */
  | 'refused'
  | 'too_large'
  /** No JSON. */
  | 'unreadable'
  /** Not what the provider documents. */
  | 'breached'
  /** Its events could not be taken on. */
  | 'overloaded'
  | 'failed';

export interface WebhookRouteOptions {
  /** By id. */
  readonly accounts: ReadonlyMap<string, WebhookAccount>;
  /** Takes events on, to be worked off later: once it resolves they are not lost. Where it rejects they are posted again. */
  readonly take: (accountId: string, events: readonly ProviderEvent[]) => Promise<void> | void;
  /**
   * Told of each webhook when it is answered, for logs and metrics. The account is null where nobody has shown to know its secret.
   * The error is a breach, or what went wrong here: one about a body that is no JSON would quote it.
   */
  readonly answered?: (accountId: string | null, outcome: WebhookOutcome, error?: unknown) => void;
  /** Bounds how long whoever was refused may go on sending. */
  readonly linger?: (request: IncomingMessage, response: ServerResponse) => void;
}

/** Before an account's id, and behind that the secret. */
export const WEBHOOKS_PATH = '/webhooks/pact';

/** Bytes of a webhook. A message with its attachments' addresses is a few thousand. */
const MAX_BODY_BYTES = 2 ** 20;
/** Seconds: a provider that posts again gives up within a minute. */
const RETRY_AFTER = 5;

/**
 * `POST /webhooks/pact/<account>/<secret>`. Webhooks are not signed: whoever knows the address may post. An unknown account, a wrong
 * secret and a source that is not allowed get one and the same answer, before anything of the body is read.
 */
export function addWebhookRoute(app: FastifyInstance, options: WebhookRouteOptions): void {
  const { accounts, take, answered, linger } = options;
  const find = createDoor(accounts);
  app.decorateRequest('webhookAccountId', null);

  void app.register((scope, _options, done) => {
    acceptAnyType(scope);
    scope.route<{ Params: { '*': string } }>({
      method: 'POST',
      // A parameter of its own would have a highest length, past which the answer is another one.
      url: `${WEBHOOKS_PATH}/*`,
      bodyLimit: MAX_BODY_BYTES,
      // Fastify's own log lines have the address, and with it the secret.
      logLevel: 'silent',
      async onRequest(request, reply) {
        request.webhookAccountId = find(request.params['*'], request.ip);
        if (request.webhookAccountId !== null) return undefined;
        answered?.(null, 'refused');
        linger?.(request.raw, reply.raw);
        return refuse(reply, 404, 'NOT_FOUND', 'There is no such webhook.');
      },
      async handler({ webhookAccountId, body }, reply) {
        const accountId = webhookAccountId!;
        const events = accounts.get(accountId)!.read(body);
        // Also where there are none: who stops takes nothing on, and a probe shows whether all is well.
        await accept(accountId, events);
        answered?.(accountId, 'accepted');
        return reply.header('cache-control', 'no-store').send({});
      },
      errorHandler(error, request, reply) {
        // It has not come as far as this route: a hook of the whole server does not want it.
        if (request.webhookAccountId === null) throw error;
        const { outcome, status, code, message } = toRefusal(error);
        answered?.(request.webhookAccountId, outcome, TELLING.has(outcome) ? error : undefined);
        linger?.(request.raw, reply.raw);
        if (status === 503) void reply.header('retry-after', RETRY_AFTER);
        void refuse(reply, status, code, message);
      },
    });
    done();
  });

  async function accept(accountId: string, events: readonly ProviderEvent[]): Promise<void> {
    try {
      await take(accountId, events);
    } catch (cause) {
      throw new ParleyError('OVERLOADED', NOT_TAKEN, { retryable: true, retryAfter: RETRY_AFTER, cause });
    }
  }
}

const TELLING: ReadonlySet<WebhookOutcome> = new Set(['breached', 'overloaded', 'failed']);

const NOT_TAKEN = 'Parley can not take this on now. Post it again.';

/** Says whose webhook an address is, or null for nobody's. */
function createDoor(
  accounts: ReadonlyMap<string, WebhookAccount>,
): (path: string, address: string) => string | null {
  const hashes = new Map([...accounts].map(([id, { secret }]) => [id, hash(secret)]));
  const ofNobody = randomBytes(HASH_BYTES);

  return (path, address) => {
    const slash = path.indexOf('/');
    const id = slash < 0 ? path : path.slice(0, slash);
    const secret = slash < 0 ? '' : path.slice(slash + 1);
    // Compared also for an account that there is not: that takes the same time. Hashes all have the length that this needs.
    const isRight = timingSafeEqual(hash(secret), hashes.get(id) ?? ofNobody);
    const account = accounts.get(id);
    if (!isRight || !account) return null;
    return account.allows?.(address) === false ? null : id;
  };
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

const HASH_BYTES = 32;

/** JSON, in whatever type it says that it is: Pact does not document what its webhooks say. */
function acceptAnyType(scope: FastifyInstance): void {
  const parse = scope.getDefaultJsonParser('remove', 'remove');
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      void parse(request, utf8.decode(body as Buffer), done);
    } catch (cause) {
      done(new ParleyError('BAD_REQUEST', UNREADABLE, { cause }));
    }
  });
}

const UNREADABLE = "The webhook can't be read: its body is JSON, in UTF-8.";

interface Refusal {
  readonly outcome: WebhookOutcome;
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

function toRefusal(error: FastifyError | Error): Refusal {
  if (error instanceof ContractError)
    return { outcome: 'breached', status: 400, code: error.code, message: error.message };
  if (error instanceof ParleyError && error.code === 'OVERLOADED')
    return { outcome: 'overloaded', status: 503, code: error.code, message: error.message };
  const status = 'statusCode' in error ? (error.statusCode ?? 500) : 500;
  if (status === 413) return { outcome: 'too_large', status, code: 'PAYLOAD_TOO_LARGE', message: TOO_LARGE };
  if (status < 500 || error instanceof ParleyError)
    return { outcome: 'unreadable', status: 400, code: 'BAD_REQUEST', message: UNREADABLE };
  return { outcome: 'failed', status: 500, code: 'INTERNAL_SERVER_ERROR', message: FAILED };
}

const TOO_LARGE = `A webhook has at most ${MAX_BODY_BYTES} bytes.`;
const FAILED = 'Parley failed to answer this.';

function refuse(reply: FastifyReply, status: number, code: string, message: string): FastifyReply {
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .send({ errors: [{ message, extensions: { code } }] });
}
