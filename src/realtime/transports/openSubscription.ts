import type {
  FormattedError,
  Subscribe,
  Subscribed,
  Subscriber,
  SubscriptionRequest,
  SubscriptionResult,
} from '../../messaging/subscribing.ts';
import { stopped, toFormattedError } from './formattedError.ts';

type Read = IteratorResult<SubscriptionResult, undefined>;

/** Results, to be read one after the other. A read ends at once when somebody says `return`, which no generator does. */
export interface Results {
  next(): Promise<Read>;
  return(): Promise<Read>;
  /** The same: whoever iterates has nothing to throw at a subscription. */
  throw(): Promise<Read>;
  [Symbol.asyncIterator](): Results;
}

export type Begun =
  | { readonly results: Results; readonly errors?: undefined }
  | { readonly results?: undefined; readonly errors: readonly FormattedError[] };

/** A subscription of a client, from its request to its end. */
export interface OpenSubscription {
  /** Never fails. */
  readonly begun: Promise<Begun>;
  /** Parley stops: the last result will say so. */
  stop(): void;
  /** Nobody is there any more to read. Also before it has begun. */
  leave(): void;
}

export interface OpenOptions extends Pick<Subscriber, 'viewer' | 'headers'> {
  readonly subscribe: Subscribe;
  /** Told of what should never be thrown. */
  readonly failed: (error: unknown) => void;
  /** Called once, when nothing of it is left. */
  readonly over: () => void;
}

const DONE: Read = { done: true, value: undefined };

export function openSubscription(request: SubscriptionRequest, options: OpenOptions): OpenSubscription {
  const { subscribe, viewer, headers, failed } = options;
  const told = new AbortController();
  let source: AsyncIterator<SubscriptionResult> | undefined;
  let isOver = false;
  let hasLeft = false;
  let endRead: () => void = () => undefined;
  return {
    begun: begin(),
    stop: () => told.abort(stopped()),
    leave: () => void leave(),
  };

  async function begin(): Promise<Begun> {
    const subscribed = await trySubscribe();
    if (subscribed.errors) {
      finish();
      return subscribed.errors.length > 0 ? subscribed : { errors: [toFormattedError(undefined)] };
    }
    source = subscribed.results;
    if (hasLeft) await giveBack();
    const results: Results = { next, return: leave, throw: leave, [Symbol.asyncIterator]: () => results };
    return { results };
  }

  async function trySubscribe(): Promise<Subscribed> {
    try {
      return await subscribe(request, { viewer, headers, signal: told.signal });
    } catch (error) {
      failed(error);
      return { errors: [toFormattedError(error)] };
    }
  }

  /** Not a race of promises: the one that waits for the end would remember each result there ever was. */
  function next(): Promise<Read> {
    if (isOver || hasLeft) return Promise.resolve(DONE);
    return new Promise((resolve) => {
      endRead = () => resolve(DONE);
      source!.next().then(
        ({ done, value }) => {
          if (done) finish();
          resolve(done ? DONE : { done: false, value });
        },
        (error: unknown) => {
          failed(error);
          finish();
          resolve({ done: false, value: { errors: [toFormattedError(error)] } });
        },
      );
    });
  }

  async function leave(): Promise<Read> {
    if (isOver || hasLeft) return DONE;
    hasLeft = true;
    told.abort();
    endRead();
    if (source) await giveBack();
    return DONE;
  }

  async function giveBack(): Promise<void> {
    try {
      await source!.return?.();
    } catch (error) {
      failed(error);
    }
    finish();
  }

  function finish(): void {
    if (isOver) return;
    isOver = true;
    options.over();
  }
}
