import type { ServerResponse } from 'node:http';
import type { RequestHandler } from '../core/listener.ts';

/** Letstalk's events, which PubNub carries: whoever has a person's key hears that person's channel (letstalk.md, "Events"). */
export interface LetstalkLive {
  readonly subscribeKey: string;
  readonly publishKey: string;
  /** In place of PubNub's own address. */
  readonly origin: string;
  /** Puts any payload on a channel, the agent's unless given. */
  readonly publish: (payload: unknown, options?: { readonly channel?: string }) => void;
  /** Cuts every connection and refuses new ones, until `restore`. */
  drop(): void;
  restore(): void;
  /** The next long poll's answer breaks off in the middle. */
  cutNext(): void;
  /** Empties what a subscriber that comes back could catch up with. */
  forget(): void;
  /** How many long polls hang right now. */
  subscribers(): number;
}

export interface MountedLive {
  readonly live: LetstalkLive;
  /** Beginnings of its paths. */
  readonly prefixes: readonly string[];
  readonly handle: RequestHandler;
  /** Nothing to catch up with, nothing refused. Who listens goes on listening. */
  reset(): void;
  close(): void;
}

export interface LiveParts {
  readonly url: string;
  /** The channels that the owner of a key may hear; none for a key that is none. */
  readonly channelsOf: (authKey: string) => readonly string[];
  readonly defaultChannel: string;
}

const SUBSCRIBE_KEY = 'letstalk-sandbox-subscribe-key';
const PUBLISH_KEY = 'letstalk-sandbox-publish-key';

/** How long a poll hangs without news. PubNub's hang for 280 seconds, which nobody wants to wait for here. */
const HOLD_MS = 25_000;

/** How many of all channels together can be caught up with: what runs for days must not grow for ever. */
const BACKLOG = 1000;

interface Published {
  readonly timetoken: bigint;
  readonly channel: string;
  readonly payload: unknown;
}

interface Poll {
  readonly channels: readonly string[];
  readonly since: bigint;
  readonly response: ServerResponse;
  readonly timer: NodeJS.Timeout;
}

/**
 * As much of PubNub's REST protocol as its SDK needs to subscribe. It stands beside the emulator's other calls: a poll is no request
 * of the log, and meets no fault.
 */
export function createLetstalkLive({ url, channelsOf, defaultChannel }: LiveParts): MountedLive {
  const polls = new Set<Poll>();
  let backlog: Published[] = [];
  let latest = 0n;
  let dropped = false;
  let cut = false;

  // 17 digits: tenths of microseconds. Two are never the same.
  const nextTimetoken = (): bigint => {
    const now = BigInt(Date.now()) * 10_000n;
    latest = now > latest ? now : latest + 1n;
    return latest;
  };

  const live: LetstalkLive = {
    ...{ subscribeKey: SUBSCRIBE_KEY, publishKey: PUBLISH_KEY, origin: url },
    publish(payload, { channel = defaultChannel } = {}) {
      // As it is now: a row that changes later was published as it was.
      backlog.push({ timetoken: nextTimetoken(), channel, payload: structuredClone(payload) });
      backlog = backlog.slice(-BACKLOG);
      for (const poll of [...polls]) answerNews(poll);
    },
    drop() {
      dropped = true;
      for (const poll of [...polls]) {
        end(poll);
        poll.response.destroy();
      }
    },
    restore() {
      dropped = false;
    },
    cutNext() {
      cut = true;
    },
    forget() {
      backlog = [];
    },
    subscribers: () => polls.size,
  };

  return {
    live,
    prefixes: ['/v2/subscribe/', '/v2/presence/', '/time/'],
    handle(request, response) {
      if (dropped) {
        request.socket.destroy();
        return;
      }
      const { pathname, searchParams } = new URL(request.url ?? '/', url);
      const [, version, kind, ...rest] = pathname.split('/').map(decode);
      if (version === 'time') send(response, 200, [Number(nextTimetoken())]);
      else if (version === 'v2' && kind === 'subscribe') subscribe(rest, searchParams, response);
      else if (version === 'v2' && kind === 'presence') answerPresence(rest, searchParams, response);
      else send(response, 404, refusal(404, 'Not Found'));
    },
    reset() {
      live.forget();
      live.restore();
      cut = false;
    },
    close() {
      for (const poll of [...polls]) {
        end(poll);
        poll.response.destroy();
      }
    },
  };

  function subscribe(
    [subscribeKey, names = '']: readonly string[],
    query: URLSearchParams,
    response: ServerResponse,
  ): void {
    const channels = names.split(',');
    if (!mayHear(subscribeKey, channels, query)) {
      refuse(response, channels);
      return;
    }
    const since = toTimetoken(query.get('tt'));
    // Who comes for the first time learns from when on to ask.
    if (since === 0n) {
      answer(response, nextTimetoken(), []);
      return;
    }
    const poll: Poll = {
      ...{ channels, since, response },
      timer: setTimeout(() => {
        end(poll);
        answer(response, nextTimetoken(), []);
      }, HOLD_MS),
    };
    polls.add(poll);
    response.once('close', () => end(poll));
    answerNews(poll);
  }

  function answerPresence(
    [, subscribeKey, , names = '']: readonly string[],
    query: URLSearchParams,
    response: ServerResponse,
  ): void {
    const channels = names.split(',');
    if (!mayHear(subscribeKey, channels, query)) refuse(response, channels);
    else send(response, 200, { status: 200, message: 'OK', service: 'Presence' });
  }

  function mayHear(subscribeKey: string | undefined, channels: readonly string[], query: URLSearchParams) {
    const own = channelsOf(query.get('auth') ?? '');
    return subscribeKey === SUBSCRIBE_KEY && channels.every((channel) => own.includes(channel));
  }

  function answerNews(poll: Poll): void {
    const news = backlog.filter(
      ({ timetoken, channel }) => timetoken > poll.since && poll.channels.includes(channel),
    );
    const newest = news.at(-1);
    if (!newest) return;
    end(poll);
    answer(poll.response, newest.timetoken, news);
  }

  function answer(response: ServerResponse, timetoken: bigint, news: readonly Published[]): void {
    const body = {
      t: { t: String(timetoken), r: 1 },
      m: news.map((one) => ({
        ...{ a: '1', f: 0, i: 'letstalk', p: { t: String(one.timetoken), r: 1 }, k: SUBSCRIBE_KEY },
        ...{ c: one.channel, d: one.payload },
      })),
    };
    if (cut && news.length > 0) {
      cut = false;
      sendHalf(response, body);
    } else send(response, 200, body);
  }

  function end(poll: Poll): void {
    clearTimeout(poll.timer);
    polls.delete(poll);
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, headersOf(text)).end(text);
}

function sendHalf(response: ServerResponse, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(200, headersOf(text));
  response.write(text.slice(0, text.length / 2), () => response.destroy());
}

function headersOf(text: string): Record<string, string | number> {
  return { 'content-type': 'text/javascript; charset="UTF-8"', 'content-length': Buffer.byteLength(text) };
}

function refuse(response: ServerResponse, channels: readonly string[]): void {
  send(response, 403, { ...refusal(403, 'Forbidden'), payload: { channels } });
}

function refusal(status: number, message: string) {
  return { message, error: true, service: 'Access Manager', status };
}

function toTimetoken(text: string | null): bigint {
  return /^\d{1,17}$/.test(text ?? '') ? BigInt(text!) : 0n;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
