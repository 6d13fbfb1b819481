import type { PactCompany } from '../company.ts';
import type { Settling } from '../jobs.ts';
import type { PactMessageStatus } from './facts.ts';
import { findMessage, lookFor } from './history.ts';
import { messengerId, messengerIdOf } from './rows.ts';

/** How far a message can come once it has left. */
export type PactDelivered = Exclude<PactMessageStatus, 'created'>;

/** What becomes of the messages that v2 has taken: they stand in the history from the beginning, and their messenger answers later. */
export interface PactV2Delivery {
  /** Lets a message wait, unless it need not. */
  start(id: number, settling: Settling): void;
  /** A message is asked for: for the second time, one that waits for that is sent. */
  ask(id: number): void;
  /** Says how far any message has come. Throws `RangeError` when there is none. */
  settle(id: number, status: PactDelivered, details?: string): void;
  /** Sends whatever waits, oldest first. */
  settleAll(): void;
}

// pact.md, `message/ack` of v1. Of what has failed v1 says nothing there.
const ACKS = { sent: 1, delivered: 2, read: 3, error: undefined } as const;

/** What `message/ack` of v1 says in the words of v2. */
export function statusOfAck(ack: number): PactMessageStatus | undefined {
  return ack === -1 ? 'created' : (['created', 'sent', 'delivered', 'read'] as const)[ack];
}

/** Nothing waits. */
export function createPactV2Delivery(
  company: Pick<PactCompany, 'state' | 'facts' | 'events' | 'changes'>,
): PactV2Delivery {
  const { facts, events, changes } = company;
  /** How often each was asked for; of those for which that makes no difference, null. */
  const waiting = new Map<number, number | null>();

  const settle: PactV2Delivery['settle'] = (id, status, details) => {
    const { conversationId, row } = findMessage(company, id);
    waiting.delete(id);
    const externalId = status === 'error' ? messengerIdOf(company, row) : messengerId(row);
    changes.message(id, { status, details: details ?? null, externalId });
    const ack = ACKS[status];
    if (ack !== undefined) events.ack(conversationId, row, ack);
  };
  const send = (id: number): void => {
    waiting.delete(id);
    // Meanwhile it may have been deleted, or a test may have said what has become of it.
    const found = lookFor(company, id);
    if (found && !found.isDeleted && facts.message(id).status === 'created') settle(id, 'sent');
  };

  return {
    start(id, settling) {
      if (settling === 'at once') send(id);
      else waiting.set(id, settling === 'asked twice' ? 0 : null);
    },

    ask(id) {
      const times = waiting.get(id) ?? null;
      if (times === null) return;
      if (times > 0) send(id);
      else waiting.set(id, times + 1);
    },

    settle,

    settleAll() {
      for (const id of waiting.keys()) send(id);
    },
  };
}
