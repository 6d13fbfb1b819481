import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { print } from 'graphql-sse';
import { ParleyError } from '../../messaging/errors.ts';
import type { Subscribe, SubscriptionRequest, SubscriptionResult } from '../../messaging/subscribing.ts';
import type { Viewer } from '../../messaging/viewer.ts';
import { acceptedTypes } from './accepts.ts';
import { stopping, toFormattedError } from './formattedError.ts';
import type { CloseReason, TransportObserver } from './observer.ts';
import { NO_OBSERVER } from './observer.ts';
import type { OpenSubscription } from './openSubscription.ts';
import { openSubscription } from './openSubscription.ts';
import { checkIsSubscription, operationKindOf } from './operationKind.ts';
import type { Stream } from './streams.ts';
import { endStreams } from './streams.ts';
import type { SubscriptionLimits } from './subscriptionLimits.ts';
import { watchDrain } from './watchDrain.ts';
import { isClosed, whenClosed } from './whenClosed.ts';

export interface SseOptions {
  readonly subscribe: Subscribe;
  readonly limits: SubscriptionLimits;
  /** Whether the page that asks by GET, if it is one, may: browsers let every page do that, and only keep the answer from it. */
  readonly checkOrigin?: (headers: IncomingHttpHeaders) => boolean;
  readonly observer?: TransportObserver;
  /** Milliseconds between comments, by which whoever is in between learns that the connection is in use; 0 for none. */
  readonly heartbeat?: number;
  /** Milliseconds that what is sent may wait to go out. */
  readonly drainTimeout?: number;
}

export interface SseTransport {
  /**
   * Whether a request wants its answer as events. Some clients accept them for everything that they send: whoever takes JSON as
   * well gets events for a subscription alone.
   *
   * @param parameters of the request, not checked yet
   */
  wants(headers: IncomingHttpHeaders, parameters: unknown): boolean;
  /** Answers, until the subscription ends or its client goes. Throws a `ParleyError`, without having answered, for who may not begin. */
  serve(
    request: FastifyRequest,
    reply: FastifyReply,
    subscription: SubscriptionRequest,
    viewer: Viewer,
  ): Promise<void>;
  /** Begins no more, and ends all that have begun; cuts off what is left when the signal aborts. */
  close(signal: AbortSignal): Promise<void>;
}

const EVENT_STREAM = 'text/event-stream';
const HEADERS = {
  'content-type': `${EVENT_STREAM}; charset=utf-8`,
  'cache-control': 'no-cache, no-transform',
  // Or nginx would keep events to itself until there are enough of them.
  'x-accel-buffering': 'no',
};
const HEARTBEAT = ':\n\n';
const COMPLETE = print<false, 'complete'>({ event: 'complete', data: null });
const DEFAULTS = { checkOrigin: () => true, heartbeat: 12_000, drainTimeout: 30_000 };

/**
 * GraphQL over server-sent events, each subscription with a connection of its own ("distinct connections"). graphql-sse's handler
 * keeps whatever a client does not take in memory, so that only its words are used.
 */
export function createSseTransport(given: SseOptions): SseTransport {
  const options = { ...DEFAULTS, observer: NO_OBSERVER, ...given };
  const { subscribe, limits, checkOrigin, observer } = options;
  const streams = new Set<Stream>();
  let isClosing = false;

  return {
    wants({ accept }, parameters) {
      const types = acceptedTypes(accept).map(({ type }) => type);
      if (!types.includes(EVENT_STREAM)) return false;
      return types.length === 1 || isSubscription(parameters);
    },

    async serve({ method, headers }, reply, request, viewer) {
      if (method === 'GET' && !checkOrigin(headers)) throw new ParleyError('FORBIDDEN', STRANGE_ORIGIN);
      const held = limits.connect();
      let reason: CloseReason = 'refused';
      observer.opened('sse');
      try {
        if (isClosing) throw stopping();
        held.belongTo(viewer.id);
        const subscription = toSubscription(request, viewer, headers);
        reason = await run(reply, subscription);
      } finally {
        held.release();
        observer.closed('sse', reason);
      }
    },

    async close(signal) {
      isClosing = true;
      await endStreams(streams, signal);
    },
  };

  function toSubscription(
    request: SubscriptionRequest,
    viewer: Viewer,
    headers: IncomingHttpHeaders,
  ): OpenSubscription {
    try {
      checkIsSubscription(request);
    } catch (error) {
      return { begun: Promise.resolve({ errors: [toFormattedError(error)] }), ...NOTHING_TO_END };
    }
    const failed = (error: unknown) => observer.failed?.('sse', error);
    return openSubscription(request, { subscribe, viewer, headers, failed, over: () => undefined });
  }

  async function run(reply: FastifyReply, subscription: OpenSubscription): Promise<CloseReason> {
    const { raw } = reply;
    // From now on it is not Fastify's.
    reply.hijack();
    const ending: { reason?: CloseReason } = {};
    const cut = (reason: CloseReason) => {
      ending.reason = reason;
      raw.destroy();
    };
    const stop = () => {
      ending.reason ??= 'stopped';
      subscription.stop();
    };
    const over = new Promise<void>((resolve) => whenClosed(raw, resolve));
    const stream: Stream = { over, stop, cut };
    streams.add(stream);
    void over.then(() => subscription.leave());
    try {
      await send(reply, subscription, cut);
    } catch (error) {
      observer.failed?.('sse', error);
      raw.destroy();
    }
    await over;
    streams.delete(stream);
    return ending.reason ?? (raw.writableFinished ? 'completed' : 'left');
  }

  async function send(
    reply: FastifyReply,
    { begun }: OpenSubscription,
    cut: (reason: CloseReason) => void,
  ): Promise<void> {
    const { raw } = reply;
    const writer = createWriter(raw, options.drainTimeout, () => cut('slow'));
    let beat: NodeJS.Timeout | undefined;
    const { results, errors } = await begun;
    if (raw.destroyed || isClosed(raw)) return;
    raw.writeHead(200, { ...(reply.getHeaders() as OutgoingHttpHeaders), ...HEADERS });
    // Some browsers take note of an answer only when something of its body has come.
    writer.beat();
    if (options.heartbeat > 0) beat = setInterval(() => writer.beat(), options.heartbeat);
    whenClosed(raw, () => clearInterval(beat));
    if (errors) await writer.write(toEvent({ errors }));
    else for await (const result of results) await writer.write(toEvent(result));
    writer.end();
  }
}

function isSubscription(parameters: unknown): boolean {
  const { query, operationName } = (parameters ?? {}) as Partial<Record<string, unknown>>;
  if (typeof query !== 'string') return false;
  const name = typeof operationName === 'string' ? operationName : undefined;
  return operationKindOf({ query, operationName: name }) === 'subscription';
}

const STRANGE_ORIGIN = 'Pages of this origin may not ask for events here: CORS_ORIGINS names those that may.';

const NOTHING_TO_END = { stop: () => undefined, leave: () => undefined };

function toEvent(result: SubscriptionResult): string {
  // The same JSON; its types differ.
  return print({ event: 'next', data: result } as unknown as Parameters<typeof print<false, 'next'>>[0]);
}

interface Writer {
  /** Settles once it has gone out; where it can't, when all is closed. */
  write(text: string): Promise<void>;
  /** Shows that the connection is there, unless it has something to show already. */
  beat(): void;
  /** Says that this was all. */
  end(): void;
}

function createWriter(raw: ServerResponse, drainTimeout: number, late: () => void): Writer {
  const drain = watchDrain(drainTimeout, late);
  let settle: () => void = () => undefined;
  let isOver = false;
  whenClosed(raw, () => {
    isOver = true;
    drain.end();
    settle();
  });
  return {
    write: (text) =>
      new Promise((resolve) => {
        settle = resolve;
        if (isOver) resolve();
        else if (!raw.destroyed) send(text, resolve);
      }),
    beat() {
      if (drain.waiting === 0 && !raw.writableEnded && !raw.destroyed) send(HEARTBEAT, () => undefined);
    },
    end() {
      if (raw.destroyed) return;
      drain.sent();
      raw.end(COMPLETE, () => drain.wentOut());
    },
  };

  function send(text: string, out: () => void): void {
    drain.sent();
    raw.write(text, (error) => {
      drain.wentOut();
      if (!error) out();
    });
  }
}
