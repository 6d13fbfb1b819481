import type { FastifyReply, FastifyRequest } from 'fastify';
import type { OperationDefinitionNode } from 'graphql';
import { Kind, OperationTypeNode } from 'graphql';
import { createAbort } from './messaging/abort.ts';
import type { OperationWatch } from './graph/context.ts';
import type { OperationReport } from './graph/operationReport.ts';
import { onAbort } from './http/onAbort.ts';
import type { UpstreamCalls } from './messaging/upstreamCalls.ts';

/**
 * Gives requests that are the same to the last byte, all their headers too, one answer where they are there at the same time: the
 * screens of a team that look at one conversation, an app that asks twice.
 *
 * Only queries, and only until the first of a query's reads has been answered: who joins gets nothing that reads of their own, which
 * would have joined the same calls, could not have got. What asks Parley's own memory has none to join. A mutation ends it for all that
 * is under way, before it begins and after it.
 */
export interface SharedAnswers {
  /** Answers a request by another one's answer, or by `answer`, which has said status and headers to the reply when it gives the body. */
  serve(request: FastifyRequest, reply: FastifyReply, answer: Answer): Promise<unknown>;
}

type Answer = (answering: Answering) => Promise<unknown>;

/** An operation for one request, or for several. */
export interface Answering {
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  readonly watch: OperationWatch;
  /** Calls a listener once there is an answer. */
  readonly whenOver: (listener: () => void) => void;
}

export interface SharedAnswersOptions {
  /** Whether answers are shared at all: an operation that is traced has a trace of its own, and calls of its own in it. */
  readonly shares: boolean;
  /** Told of each operation that has joined another one. */
  readonly shared: () => void;
  /** Told of each whose answer was another one's. */
  readonly report: (report: OperationReport) => void;
}

export function createSharedAnswers({ shares, shared, report }: SharedAnswersOptions): SharedAnswers {
  const underWay = new Map<string, SharedAnswer>();
  const drop = () => underWay.clear();

  return {
    async serve(request, reply, answer) {
      const key = shares ? keyOf(request) : undefined;
      const known = key === undefined ? undefined : underWay.get(key);
      const whole = known?.isOpen() ? await join(known, request, reply) : undefined;
      return whole ?? lead(key, { request, reply, answer });
    },
  };

  async function lead(key: string | undefined, { request, reply, answer }: Led): Promise<unknown> {
    const led = new SharedAnswer(drop);
    if (key !== undefined) underWay.set(key, led);
    led.follow(request.gone!);
    let whole: WholeAnswer | undefined;
    try {
      const body = await answer(led);
      if (typeof body === 'string') whole = toWhole(body, reply);
      return body;
    } finally {
      if (key !== undefined && underWay.get(key) === led) underWay.delete(key);
      led.end(whole);
    }
  }

  /** Undefined where what was waited for has come to nothing. */
  async function join(
    known: SharedAnswer,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<string | undefined> {
    const startedAt = performance.now();
    known.follow(request.gone!);
    shared();
    const whole = await known.answer;
    if (!whole) return undefined;
    const duration = (performance.now() - startedAt) / 1_000;
    if (known.report) report({ ...known.report, upstreamCalls: 0, duration });
    void reply.code(whole.status).header('content-type', whole.contentType);
    return whole.body;
  }
}

interface Led {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly answer: Answer;
}

interface WholeAnswer {
  readonly status: number;
  readonly contentType: unknown;
  readonly body: string;
}

function toWhole(body: string, reply: FastifyReply): WholeAnswer {
  return { status: reply.statusCode, contentType: reply.getHeader('content-type'), body };
}

class SharedAnswer implements Answering, OperationWatch {
  readonly #over = createAbort();
  readonly #drop: () => void;
  readonly #listeners: (() => void)[] = [];
  readonly answer: Promise<WholeAnswer | undefined>;
  report: OperationReport | undefined;
  #settle!: (answer: WholeAnswer | undefined) => void;
  #calls: UpstreamCalls | undefined;
  #isMutation = false;
  #readers = 0;

  constructor(drop: () => void) {
    this.#drop = drop;
    this.answer = new Promise((resolve) => (this.#settle = resolve));
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  get watch(): OperationWatch {
    return this;
  }

  whenOver(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Whether somebody may still join: its reads, if it has any, have not been answered yet. */
  isOpen(): boolean {
    return this.#calls !== undefined && !this.#calls.hasAnswer && !this.#over.signal.aborted;
  }

  /** One more waits for it, until they are gone. */
  follow(gone: AbortSignal): void {
    this.#readers += 1;
    const leave = () => {
      this.#readers -= 1;
      if (this.#readers === 0) this.#over.abort();
    };
    // They may have left while they were asked who they are.
    if (gone.aborted) leave();
    else onAbort(gone, leave);
  }

  began({ operation, selectionSet }: OperationDefinitionNode, calls: UpstreamCalls): void {
    this.#isMutation = operation === OperationTypeNode.MUTATION;
    if (this.#isMutation) this.#drop();
    const asksProviders = selectionSet.selections.every(
      (field) => field.kind === Kind.FIELD && OF_PROVIDERS.has(field.name.value),
    );
    if (operation === OperationTypeNode.QUERY && asksProviders) this.#calls = calls;
  }

  reported(report: OperationReport): void {
    this.report = report;
  }

  end(answer: WholeAnswer | undefined): void {
    this.#calls = undefined;
    if (this.#isMutation) this.#drop();
    this.#settle(answer);
    for (const listener of this.#listeners) listener();
  }
}

/** The fields of `Query` that know nothing but what providers answer. */
const OF_PROVIDERS: ReadonlySet<string> = new Set([
  'account',
  'accounts',
  'conversation',
  'conversations',
  'conversationByExternalId',
  'message',
  '_entities',
]);

/** All that an answer depends on; undefined for requests that are answered by themselves. */
function keyOf({ method, raw, bodyText }: FastifyRequest): string | undefined {
  return method === 'POST' && bodyText !== null ? `${raw.rawHeaders.join('\n')}\n\n${bodyText}` : undefined;
}
