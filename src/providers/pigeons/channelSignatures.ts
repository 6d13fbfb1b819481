import type { ChannelAuthorizationCallback } from 'pusher-js';
import { ParleyError } from '../../messaging/errors.ts';

/** Gets the signatures that let a connection into its private channels. */
export interface ChannelSignatures {
  /** pusher-js asks for one. */
  ask(channel: string, socketId: string, callback: ChannelAuthorizationCallback): void;
  /** The connection is gone, and with it the use of whatever was asked for. */
  drop(): void;
}

export interface ChannelSignaturesOptions {
  /** Makes the call. */
  readonly sign: (channel: string, socketId: string) => Promise<string>;
  /** Whether the connection is still that one. */
  readonly isCurrent: (socketId: string) => boolean;
  /** Lets pusher-js ask again. */
  readonly again: (channels: readonly string[]) => void;
}

interface Ask {
  readonly channel: string;
  readonly socketId: string;
  readonly callback: ChannelAuthorizationCallback;
}

const MOST_AT_ONCE = 4;

/** Milliseconds until what failed is asked for again: doubled each time, as long as nothing succeeds. */
const FIRST_PAUSE = 5_000;
const LONGEST_PAUSE = 300_000;

/**
 * A few calls at a time. A signature that is refused is not asked for again on the same connection; a failure of the provider puts
 * off all that wait, so that a provider in trouble gets a handful of calls a round, and not one for each conversation.
 */
export function createChannelSignatures(options: ChannelSignaturesOptions): ChannelSignatures {
  const { sign, isCurrent, again } = options;
  const late = new Set<string>();
  let waiting: Ask[] = [];
  let running = 0;
  let pause = FIRST_PAUSE;
  let timer: NodeJS.Timeout | undefined;

  return {
    ask(channel, socketId, callback) {
      const ask = { channel, socketId, callback };
      if (timer) putOff([ask], new Error('put off'));
      else waiting.push(ask);
      next();
    },
    drop() {
      waiting = [];
      late.clear();
      clearTimeout(timer);
      timer = undefined;
    },
  };

  function next(): void {
    while (running < MOST_AT_ONCE && waiting.length > 0) void run(waiting.shift()!);
  }

  async function run(ask: Ask): Promise<void> {
    running += 1;
    try {
      const auth = await sign(ask.channel, ask.socketId);
      pause = FIRST_PAUSE;
      // A signature is good for one connection.
      if (isCurrent(ask.socketId)) ask.callback(null, { auth });
    } catch (error) {
      if (isCurrent(ask.socketId)) fail(ask, error);
    } finally {
      running -= 1;
      next();
    }
  }

  function fail(ask: Ask, error: unknown): void {
    if (!(error instanceof ParleyError && error.retryable)) {
      ask.callback(new Error('refused'), null);
      return;
    }
    const asks = [...waiting, ask];
    waiting = [];
    if (!timer) {
      const least = (error.retryAfter ?? 0) * 1_000;
      timer = setTimeout(askAgain, Math.max(least, pause * (0.5 + Math.random() / 2)));
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    }
    putOff(asks, error);
  }

  function putOff(asks: readonly Ask[], error: Error): void {
    for (const { channel, callback } of asks) {
      late.add(channel);
      callback(error, null);
    }
  }

  function askAgain(): void {
    const channels = [...late];
    timer = undefined;
    late.clear();
    again(channels);
  }
}
