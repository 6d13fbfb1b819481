import type { OpenLive, ProviderEvent } from '../../messaging/live.ts';
import type { LetstalkLiveOptions } from './channel.ts';
import { openChannel } from './channel.ts';
import type { LetstalkEvent } from './events.ts';
import { parseEvent } from './events.ts';
import type { LetstalkMapping } from './map.ts';
import { toMessage, toToldConversation } from './map.ts';

export interface LetstalkLiveParts {
  readonly live: LetstalkLiveOptions;
  readonly mapping: LetstalkMapping;
  readonly lost: (call: string, count: number) => void;
  /** Milliseconds without a sign of life before the connection is made anew. */
  readonly quiet?: number;
}

/**
 * The channel of the key's owner. It does not mark them as online, for which there are other channels (`presence.…`): nobody is there
 * to answer because Parley listens.
 */
export function createLetstalkLive({ live, mapping, lost, quiet }: LetstalkLiveParts): OpenLive {
  const { userId } = live;
  const channel = mapping.role === 'agent' ? `user-${userId}-channel` : `client-${userId}-channel`;

  return (listener) => {
    const { close } = openChannel(
      { ...live, channel, quiet },
      {
        message(payload) {
          const event = read(payload);
          if (event) listener.event(event);
        },
        connected: () => listener.connected(),
        disconnected: (reason) => listener.disconnected(reason),
      },
    );
    return {
      close() {
        close();
        return Promise.resolve();
      },
    };
  };

  function read(payload: unknown): ProviderEvent | undefined {
    try {
      const event = parseEvent(payload);
      if (event !== undefined) return event ? toProviderEvent(event, userId, mapping) : undefined;
    } catch {
      // Nobody could catch it further up, and what came together with it would be lost as well.
    }
    lost('events', 1);
    return undefined;
  }
}

/** Undefined for what is not for this person. */
function toProviderEvent(
  event: LetstalkEvent,
  userId: number,
  mapping: LetstalkMapping,
): ProviderEvent | undefined {
  const { kind, conversationId } = event;
  switch (kind) {
    case 'MESSAGE': {
      const { row } = event;
      // As in what is read: a note between agents must never reach a client, whether or not the provider keeps it back.
      if (row.internal && mapping.role === 'client') return undefined;
      return {
        kind,
        message: toMessage(row, conversationId, mapping),
        conversation: toToldConversation(conversationId, row.conversation, mapping),
        isNew: true,
      };
    }
    case 'CONVERSATION': {
      const conversation = toToldConversation(conversationId, event.told, mapping);
      const tellsNothing = conversation.title === undefined && conversation.state === undefined;
      return tellsNothing
        ? { kind: 'STALE', conversationExternalId: conversationId }
        : { kind, conversation };
    }
    case 'MEMBERSHIP': {
      const type = mapping.role === 'agent' ? 'User' : 'Client';
      const isOwn = event.personId === String(userId) && (event.personType ?? type) === type;
      // What was said before somebody joined has to be read (letstalk.md).
      return isOwn ? { kind: 'STALE', conversationExternalId: conversationId } : undefined;
    }
  }
}
