import type { Seeded } from '../../core/createSeeded.ts';
import type { PactCompany } from '../company.ts';
import type { PactDelivered } from './delivery.ts';
import type { PactConversationFacts, PactMessageFacts } from './facts.ts';
import { findConversation, findMessage } from './history.ts';
import { toConversationRow, toMessageRow } from './rows.ts';
import type { PactV2ConversationRow, PactV2MessageRow } from './rows.ts';

/** What a test can do with the second version. All of it ends with a reset. */
export interface PactV2Controls {
  /** Says more of a message; `deleted` takes it from v1's lists for good. Throws `RangeError` when there is no such message. */
  setMessage(id: number, facts: PactMessageFacts & { readonly deleted?: true }): void;
  /** Says more of a conversation, which is a change of it: it moves up its list. Throws `RangeError` when there is none. */
  setConversation(id: number, facts: PactConversationFacts): void;
  /** Says how far a message has come; one that waits waits no more. Throws `RangeError` when there is no such message. */
  settle(messageId: number, status: PactDelivered, details?: string): void;
  /** Which way both lists run: `desc`, newest first, unless told. */
  order(order: 'asc' | 'desc'): void;
  /** Whether more than 5 uploads a second or 30 a minute are refused with 429; they are not unless told. */
  uploadLimit(on: boolean): void;
  /** The row as the API would answer it. Throws `RangeError` when there is no such message. */
  message(id: number): PactV2MessageRow;
  /** The row as the API would answer it. Throws `RangeError` when there is no such conversation. */
  conversation(id: number): PactV2ConversationRow;
}

/** What a test can switch in v2, apart from faults. */
export interface PactV2Settings {
  order: 'asc' | 'desc';
  uploadLimit: boolean;
}

export function createPactV2Controls(
  { now, change }: Seeded<PactCompany>,
  settings: PactV2Settings,
): PactV2Controls {
  return {
    setMessage(id, { deleted, ...facts }) {
      const { changes } = change();
      if (Object.keys(facts).length > 0 || !deleted) changes.message(id, facts);
      if (deleted) changes.bury(id);
    },
    setConversation: (id, facts) => change().changes.conversation(id, facts),
    settle: (messageId, status, details) => change().delivery.settle(messageId, status, details),
    order(order) {
      settings.order = order;
    },
    uploadLimit(on) {
      settings.uploadLimit = on;
    },
    message: (id) => toMessageRow(now(), findMessage(now(), id)),
    conversation: (id) => toConversationRow(now(), findConversation(now(), id)),
  };
}
