import type PubNub from 'pubnub';

/** Whose channel is listened to, and with what. */
export interface LetstalkLiveOptions {
  readonly subscribeKey: string;
  readonly publishKey?: string | undefined;
  /** What PubNub knows the person by: their API key. */
  readonly authKey: string;
  readonly userId: number;
  /** PubNub's address, or that of whoever stands in for it. */
  readonly origin: string;
}

export interface ChannelOptions extends LetstalkLiveOptions {
  readonly channel: string;
  /** Milliseconds without a sign of life before the connection is made anew. */
  readonly quiet?: number | undefined;
}

export interface ChannelListener {
  message(payload: unknown): void;
  connected(): void;
  /** The reason is in our words. */
  disconnected(reason: string): void;
}

/**
 * Listens to a channel at PubNub until it is closed.
 *
 * The SDK reconnects a few times and then never again, and forgets where it was when that fails. So it does not reconnect here: each
 * connection is a client of its own, and goes on after the last message that was heard.
 */
export function openChannel(
  options: ChannelOptions,
  listener: ChannelListener,
): { readonly close: () => void } {
  const { quiet = QUIET } = options;
  let client: PubNub | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  /** Where the last message was; before the first one, where the connection began. */
  let place: string | undefined;
  /** How often the connection was lost since a message was heard. */
  let losses = 0;
  /** What the listener knows: that it is connected, or why not. */
  let told: string | undefined;

  begin();
  return {
    close() {
      closed = true;
      end();
    },
  };

  function begin(): void {
    connect().catch(() => lose('the connection could not be made'));
  }

  async function connect(): Promise<void> {
    // Not before it is needed: it is by far the largest thing that the adapter brings with it.
    const { default: Client } = await import('pubnub');
    if (closed) return;
    const from = place;
    const one = new Client({ ...toConfiguration(options), retryConfiguration: Client.NoneRetryPolicy() });
    client = one;
    watch(Math.min(quiet, HANDSHAKE), () => lose(NO_ANSWER));
    one.addListener({
      message({ message, timetoken }) {
        if (client !== one) return;
        [place, losses] = [timetoken, 0];
        watch(quiet, renew);
        listener.message(message);
      },
      status(status) {
        if (client !== one) return;
        const category: string = status.category;
        if (category === 'PNConnectedCategory') {
          place ??= timetokenOf(status);
          watch(quiet, renew);
          tellConnected();
        } else if (LOST.has(category)) {
          const error = String(status.error);
          // Whatever makes no sense would be there again.
          if (error === 'PNBadRequestCategory') place = undefined;
          lose(REASONS.get(error) ?? 'the connection broke off');
        }
      },
    });
    const { channel } = options;
    one.subscribe({ channels: [channel], ...(from !== undefined && { timetoken: from }) });
  }

  function end(): void {
    clearTimeout(timer);
    client?.removeAllListeners();
    // "Offline": without a farewell, which would outlive the client.
    client?.destroy(true);
    client = undefined;
  }

  function lose(reason: string): void {
    if (closed) return;
    end();
    timer = setTimeout(begin, pauseAfter(losses));
    losses += 1;
    if (told === reason) return;
    told = reason;
    listener.disconnected(reason);
  }

  function tellConnected(): void {
    // Not after a mere look whether it is still alive: nothing is missed by that.
    if (told === CONNECTED) return;
    told = CONNECTED;
    listener.connected();
  }

  // An answer that breaks off in the middle is taken by the SDK for a request that it has cancelled itself: it is deaf from then on.
  function watch(milliseconds: number, act: () => void): void {
    clearTimeout(timer);
    timer = setTimeout(act, milliseconds);
  }

  function renew(): void {
    end();
    begin();
  }
}

/** A poll without news does not show, and may hang for 280 seconds; to begin anew costs three small requests. */
const QUIET = 120_000;

/** A little more than the SDK itself waits for an answer to its first request. */
const HANDSHAKE = 12_000;

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;

/** Milliseconds; at random, so that all who have lost the same server do not come back at once. */
function pauseAfter(losses: number): number {
  const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** losses);
  return longest / 2 + (Math.random() * longest) / 2;
}

const CONNECTED = 'connected';
const NO_ANSWER = 'the server does not answer in time';

const LOST = new Set<string>(['PNConnectionErrorCategory', 'PNDisconnectedUnexpectedlyCategory']);

/** In our words: the SDK's may name an address, which holds the key. */
const REASONS = new Map([
  ['PNAccessDeniedCategory', 'the keys are refused'],
  ['PNBadRequestCategory', 'the request is refused, or its answer makes no sense'],
  ['PNMalformedResponseCategory', 'the answer makes no sense'],
  ['PNNetworkIssuesCategory', 'the server is not reached'],
  ['PNServerErrorCategory', 'the server has an error'],
  ['PNTimeoutCategory', NO_ANSWER],
]);

function toConfiguration({ subscribeKey, publishKey, authKey, userId, origin }: LetstalkLiveOptions) {
  return {
    ...{ subscribeKey, authKey, userId: String(userId) },
    ...(publishKey !== undefined && { publishKey }),
    origin: origin.replace(/^https?:\/\//i, ''),
    ssl: /^https:/i.test(origin),
    // The other one of the SDK's two ways does not tell of every loss.
    enableEventEngine: true,
    suppressLeaveEvents: true,
    // Seconds. A poll has none: its time would run on when the answer breaks off, and here it is watched over anyway.
    ...{ subscribeRequestTimeout: 0, transactionalRequestTimeout: 10 },
  };
}

function timetokenOf(status: PubNub.Status | PubNub.StatusEvent): string | undefined {
  const { currentTimetoken } = status;
  return typeof currentTimetoken === 'string' || typeof currentTimetoken === 'number'
    ? String(currentTimetoken)
    : undefined;
}
