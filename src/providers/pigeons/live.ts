import type { LiveConnection, OpenLive } from '../../messaging/live.ts';
import type { Message, ReadContext } from '../../messaging/provider.ts';
import { openPusher } from './pusher.ts';
import type { PigeonsMessageRow } from './wire.ts';
import { findMessage, isWhole, parseEventMessage } from './wire.ts';

export interface PigeonsLiveOptions {
  /** The key of the platform's Pusher app. */
  readonly key: string;
  /** Where its WebSocket is, without `/app/{key}`. */
  readonly url: string;
  /** Gets the signature that lets a connection into a conversation's channel. */
  readonly sign: (channel: string, socketId: string, context: ReadContext) => Promise<string>;
  readonly toMessage: (row: PigeonsMessageRow, conversationId: string) => Message;
  readonly isPigeonsId: (id: string) => boolean;
  /** Told how many events could not be read. */
  readonly lost: (call: string, count: number) => void;
  /** Milliseconds without a connection after which everything begins anew. */
  readonly patience?: number;
}

const CHANNEL = 'private-conversation.';

/** Each costs a call whenever the connection comes back. */
const MOST_CHANNELS = 1_000;
/** The one documented name: a message has come. */
const ADDED = 'message.sent';

/**
 * Pigeons' events: the Pusher protocol, with a private channel for each conversation. Of their names only `message.sent` is documented:
 * whatever else happens on a channel says that there is something to read. Source: `pigeons.md`, "Events".
 */
export function createPigeonsLive(options: PigeonsLiveOptions): OpenLive {
  const { key, url, sign, toMessage, isPigeonsId, lost, patience } = options;

  return (listener, context): LiveConnection => {
    const ending = new AbortController();
    const own = { ...context, signal: AbortSignal.any([context.signal, ending.signal]) };
    const stale = (channel: string) =>
      listener.event({ kind: 'STALE', conversationExternalId: conversationOf(channel) });
    const pusher = openPusher({
      ...{ key, url },
      ...(patience !== undefined && { patience }),
      sign: (channel, socketId) => sign(channel, socketId, own),
      event(channel, name, data) {
        const message = readMessage(name, data, conversationOf(channel));
        if (message) listener.event({ kind: 'MESSAGE', message, isNew: name === ADDED });
        else stale(channel);
      },
      unreadable: () => lost('events', 1),
      connected: () => listener.connected(),
      // Whoever followed it may have read it before anything of it was told.
      began: stale,
      disconnected: (reason) => listener.disconnected(reason),
    });
    return {
      follow(conversationExternalId) {
        const channel = CHANNEL + conversationExternalId;
        if (pusher.has(channel)) return true;
        if (!isPigeonsId(conversationExternalId) || pusher.size >= MOST_CHANNELS) return false;
        pusher.subscribe(channel);
        return true;
      },
      async close() {
        ending.abort();
        await pusher.close();
      },
    };
  };

  function readMessage(name: string, data: unknown, conversationId: string): Message | null {
    const raw = findMessage(data);
    const isNew = name === ADDED;
    if (!isNew && !(raw && isWhole(raw))) return null;
    const row = raw && parseEventMessage(raw, conversationId);
    if (!row) lost('events', 1);
    return row && toMessage(row, conversationId);
  }
}

function conversationOf(channel: string): string {
  return channel.slice(CHANNEL.length);
}
