import type {
  Subscribe,
  Subscribed,
  Subscriber,
  SubscriptionRequest,
} from '../../src/messaging/subscribing.ts';
import type { SubscriptionResult } from '../../src/messaging/subscribing.ts';
import { ParleyError } from '../../src/messaging/errors.ts';
import type { Viewer } from '../../src/messaging/viewer.ts';
import type { CloseReason, TransportObserver } from '../../src/realtime/transports/observer.ts';

/** A subscription that a transport has begun, seen from behind the transport. */
export interface Feed {
  readonly request: SubscriptionRequest;
  readonly subscriber: Subscriber;
  /** How many results have been taken. */
  readonly taken: number;
  push(...results: SubscriptionResult[]): void;
  end(): void;
  /** Settles once the transport has given the results back. */
  readonly returned: Promise<void>;
}

export interface Feeds {
  readonly subscribe: Subscribe;
  readonly all: readonly Feed[];
  /** Settles with the next subscription that begins. */
  next(): Promise<Feed>;
}

export const event = (n: number): SubscriptionResult => ({ data: { n } });

export const SHUTTING_DOWN: SubscriptionResult = {
  errors: [{ message: 'Parley is stopping.', extensions: { code: 'SHUTTING_DOWN' } }],
};

/** Subscriptions whose results a test pushes. `answer` may answer first. */
export function createFeeds(
  answer: (request: SubscriptionRequest) => Subscribed | undefined = () => undefined,
): Feeds {
  const all: Feed[] = [];
  const waiting: ((feed: Feed) => void)[] = [];
  return {
    all,
    next: () => new Promise((resolve) => waiting.push(resolve)),
    subscribe(request, subscriber) {
      const answered = answer(request);
      if (answered) return Promise.resolve(answered);
      const { feed, results } = createFeed(request, subscriber);
      all.push(feed);
      waiting.shift()?.(feed);
      return Promise.resolve({ results });
    },
  };
}

function createFeed(request: SubscriptionRequest, subscriber: Subscriber) {
  const queue: SubscriptionResult[] = [];
  let ended = false;
  let taken = 0;
  let wake: () => void = () => undefined;
  let setReturned: () => void = () => undefined;
  const returned = new Promise<void>((resolve) => (setReturned = resolve));
  const end = () => {
    ended = true;
    wake();
  };
  subscriber.signal.addEventListener('abort', () => {
    queue.push(SHUTTING_DOWN);
    end();
  });
  const results: AsyncIterableIterator<SubscriptionResult> = {
    async next() {
      while (queue.length === 0 && !ended) await new Promise<void>((resolve) => (wake = resolve));
      if (queue.length === 0) return { done: true, value: undefined };
      taken += 1;
      return { done: false, value: queue.shift()! };
    },
    return() {
      queue.length = 0;
      end();
      setReturned();
      return Promise.resolve({ done: true, value: undefined });
    },
    [Symbol.asyncIterator]: () => results,
  };
  const feed: Feed = {
    ...{ request, subscriber, end, returned },
    get taken() {
      return taken;
    },
    push(...more) {
      queue.push(...more);
      wake();
    },
  };
  return { feed, results };
}

/** Lets in whoever names themselves in `authorization`, as a test says. */
export function authenticate(headers: Readonly<Record<string, unknown>>): Promise<Viewer> {
  const name = headers['authorization'] ?? headers['x-api-key'];
  if (typeof name !== 'string') return Promise.reject(new ParleyError('UNAUTHENTICATED', 'Who is it?'));
  if (name === 'banned') return Promise.reject(new ParleyError('FORBIDDEN', 'Not you.'));
  if (name === 'later')
    return Promise.reject(new ParleyError('AUTHENTICATION_UNAVAILABLE', 'Wait.', { retryable: true }));
  return Promise.resolve(viewerOf(name));
}

export function viewerOf(id: string, viaRouter = false): Viewer {
  return { ...{ id, viaRouter }, authenticated: true, accounts: '*', scopes: new Set(['messages:read']) };
}

/** Remembers what was counted, and lets a test wait for it. */
export function createCounts() {
  let open = 0;
  const closed: CloseReason[] = [];
  const failures: unknown[] = [];
  const waiting: (() => void)[] = [];
  const observer: TransportObserver = {
    opened: () => (open += 1),
    closed(_transport, reason) {
      open -= 1;
      closed.push(reason);
      for (const wake of waiting.splice(0)) wake();
    },
    failed: (_transport, error) => failures.push(error),
  };
  return {
    ...{ observer, closed, failures },
    open: () => open,
    async whenClosed(count: number) {
      while (closed.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
    },
  };
}
