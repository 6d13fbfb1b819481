import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Agent } from 'undici';
import { ParleyError } from '../../messaging/errors.ts';
import { STATUSES } from '../../messaging/httpStatuses.ts';
import { pause } from '../../messaging/pause.ts';
import type { FormattedError, Subscribe, SubscriptionRequest } from '../../messaging/subscribing.ts';
import type { Viewer } from '../../messaging/viewer.ts';
import { acceptedTypes } from './accepts.ts';
import type { Call, Outcome, Say } from './callbackCalls.ts';
import { createSay, PROTOCOL, PROTOCOL_HEADER } from './callbackCalls.ts';
import type { CallbackAddress } from './callbackUrl.ts';
import { parseCallbackAddress } from './callbackUrl.ts';
import { stopping, toFormattedError } from './formattedError.ts';
import type { CloseReason, TransportObserver } from './observer.ts';
import { NO_OBSERVER } from './observer.ts';
import type { Begun, OpenSubscription } from './openSubscription.ts';
import { openSubscription } from './openSubscription.ts';
import { checkIsSubscription } from './operationKind.ts';
import type { Stream } from './streams.ts';
import { endStreams } from './streams.ts';
import type { SubscriptionLimits } from './subscriptionLimits.ts';

export interface CallbackOptions {
  readonly subscribe: Subscribe;
  readonly limits: SubscriptionLimits;
  /** Where events may be sent: `host`, at the port that is the scheme's own, or `host:port`. With none, nobody gets any. */
  readonly hosts: readonly string[];
  readonly observer?: TransportObserver;
  /** Milliseconds that each call may take. */
  readonly deadline?: number;
  /** Milliseconds between heartbeats, at least, whatever a router asks for. */
  readonly heartbeatFloor?: number;
  /** Milliseconds before each further try to deliver an event. */
  readonly retryPauses?: readonly number[];
  /** How many heartbeats in a row may go unheard. */
  readonly maxFailures?: number;
}

export interface CallbackTransport {
  /** Whether a request asks for its events to be sent somewhere. */
  wants(headers: IncomingHttpHeaders): boolean;
  /** Answers whether events will come, and then sends them, for as long as there are any. */
  serve(
    request: FastifyRequest,
    reply: FastifyReply,
    subscription: SubscriptionRequest,
    viewer: Viewer,
  ): Promise<void>;
  /** Begins no more, and ends all that have begun; drops what is left when the signal aborts. */
  close(signal: AbortSignal): Promise<void>;
}

const DEFAULTS = { deadline: 5_000, heartbeatFloor: 1_000, retryPauses: [250, 1_000], maxFailures: 3 };
/** Connections to each router. */
const CONNECTIONS = 32;

/**
 * Apollo's HTTP callback protocol, 1.0: a router that has shown who it is names an address, to which the events of a subscription are
 * posted, each once the one before has been taken. Only hosts that are listed are ever asked anything.
 */
export function createCallbackTransport(given: CallbackOptions): CallbackTransport {
  const options = { ...DEFAULTS, observer: NO_OBSERVER, ...given };
  const { subscribe, limits, observer, deadline } = options;
  const hosts = new Set(options.hosts.map((host) => host.toLowerCase()));
  const agent = new Agent({ connections: CONNECTIONS, connect: { timeout: deadline } });
  const say = createSay(agent, deadline);
  const streams = new Set<Stream>();
  const stopped = new AbortController();
  let isClosing = false;

  return {
    wants: ({ accept }) =>
      acceptedTypes(accept).some(
        ({ type, parameters }) => type === 'application/json' && parameters.get('callbackspec') === '1.0',
      ),

    async serve({ headers }, reply, request, viewer) {
      void reply.header(PROTOCOL_HEADER, PROTOCOL);
      try {
        const address = addressOf(request, viewer);
        await begin(address, request, { viewer, headers });
        void reply.send({ data: null });
      } catch (error) {
        answerError(reply, error);
      }
    },

    async close(signal) {
      isClosing = true;
      await endStreams(streams, signal, () => stopped.abort());
      // A router that is asked whether it is there is not one of them yet.
      stopped.abort();
      await agent.destroy();
    },
  };

  function addressOf(request: SubscriptionRequest, { viaRouter }: Viewer): CallbackAddress {
    if (isClosing) throw stopping();
    if (!viaRouter) throw new ParleyError('FORBIDDEN', NO_ROUTER);
    if (hosts.size === 0) throw new ParleyError('FORBIDDEN', NO_HOSTS);
    checkIsSubscription(request);
    return parseCallbackAddress(request, hosts, options.heartbeatFloor);
  }

  /** Settles once the router is known to listen, and the subscription has begun, or has not. */
  async function begin(
    address: CallbackAddress,
    request: SubscriptionRequest,
    caller: { readonly viewer: Viewer; readonly headers: IncomingHttpHeaders },
  ): Promise<void> {
    const held = limits.connect();
    try {
      held.belongTo(caller.viewer.id);
      checkIsHeard(await say(address, { action: 'check' }, stopped.signal));
      if (isClosing) throw stopping();
    } catch (error) {
      held.release();
      throw error;
    }
    observer.opened('callback');
    const failed = (error: unknown) => observer.failed?.('callback', error);
    const subscription = openSubscription(request, {
      ...{ ...caller, subscribe, failed },
      over: () => undefined,
    });
    const stream = createStream(address, subscription, { ...options, say });
    streams.add(stream);
    void stream.over.then(() => {
      streams.delete(stream);
      held.release();
      observer.closed('callback', stream.reason());
    });
    await stream.begun;
  }
}

interface StreamOptions {
  readonly say: Say;
  readonly retryPauses: readonly number[];
  readonly maxFailures: number;
}

/** Sends what there is: one thing at a time, in order, and heartbeats in between. */
function createStream(
  address: CallbackAddress,
  subscription: OpenSubscription,
  { say, retryPauses, maxFailures }: StreamOptions,
): Stream & { readonly begun: Promise<unknown>; reason(): CloseReason } {
  /** Aborts when nothing is to be said any more. */
  const gone = new AbortController();
  const isGone = () => gone.signal.aborted;
  const whenGone = new Promise<undefined>((resolve) => {
    gone.signal.addEventListener('abort', () => resolve(undefined));
  });
  const hasBegun = Promise.race([subscription.begun, whenGone]);
  const ending: { reason?: CloseReason } = {};
  let lastTurn: Promise<unknown> = Promise.resolve();
  let failures = 0;
  let isChecking = false;
  return {
    begun: hasBegun,
    over: run(),
    reason: () => ending.reason ?? 'completed',
    stop() {
      ending.reason ??= 'stopped';
      subscription.stop();
    },
    cut,
  };

  async function run(): Promise<void> {
    const begun = await hasBegun;
    if (!begun) return;
    const beat = address.heartbeat > 0 ? setInterval(check, address.heartbeat) : undefined;
    await deliver(begun);
    clearInterval(beat);
    // A heartbeat that waits for its turn is none any more.
    gone.abort();
    await lastTurn;
  }

  async function deliver({ results, errors }: Begun): Promise<void> {
    if (results) {
      for await (const payload of results) {
        if ((await inTurn(() => insist({ action: 'next', payload }))) !== 'unheard') continue;
        // It may be there nevertheless: then its client learns that something is missing.
        await inTurn(() => tell({ action: 'complete', errors: [MISSED] }));
        cut('silent');
      }
    }
    if (errors) ending.reason ??= 'refused';
    if (!isGone()) await inTurn(() => insist({ action: 'complete', ...(errors && { errors }) }));
  }

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = lastTurn.then(work);
    lastTurn = turn;
    return turn;
  }

  function check(): void {
    // The one before still waits for its turn.
    if (isChecking) return;
    isChecking = true;
    void inTurn(async () => {
      const outcome = await tell({ action: 'check' });
      isChecking = false;
      if (outcome !== 'unheard') return;
      failures += 1;
      if (failures >= maxFailures) cut('silent');
    });
  }

  /** Again after a while, where it was not heard. An event may so be heard twice, which its cursor shows. */
  async function insist(call: Call): Promise<Outcome> {
    for (const milliseconds of retryPauses) {
      const outcome = await tell(call);
      if (outcome !== 'unheard') return outcome;
      await pause(milliseconds, gone.signal).catch(() => undefined);
    }
    return tell(call);
  }

  async function tell(call: Call): Promise<Outcome> {
    if (isGone()) return 'over';
    const outcome = await say(address, call, gone.signal);
    if (outcome === 'heard') failures = 0;
    // Of a subscription that is complete nothing more is known there.
    if (outcome === 'over' && call.action !== 'complete') cut('left');
    return isGone() ? 'over' : outcome;
  }

  function cut(reason: CloseReason): void {
    ending.reason = reason;
    gone.abort();
    subscription.leave();
  }
}

function checkIsHeard(outcome: Outcome): void {
  if (outcome === 'heard') return;
  throw new ParleyError('BAD_REQUEST', NOT_CONFIRMED, { retryable: outcome === 'unheard' });
}

function answerError(reply: FastifyReply, error: unknown): void {
  const { code, retryAfter } = error instanceof ParleyError ? error : {};
  if (retryAfter !== undefined) void reply.header('retry-after', retryAfter);
  void reply.code((code && STATUSES[code]) ?? 500).send({ errors: [toFormattedError(error)] });
}

const NO_ROUTER = 'Events are sent to a callback address only for a router that shows who it is.';
const NO_HOSTS = 'Events are sent to no callback address here: none is allowed.';
const NOT_CONFIRMED = 'Who answers at the callback address did not confirm the subscription.';

const MISSED: FormattedError = {
  message: 'The router did not take an event. Subscribe again, from the last cursor on.',
  extensions: { code: 'INTERNAL_SERVER_ERROR', retryable: true },
};
