import { afterNewest } from '../../core/afterNewest.ts';
import type { Seeded } from '../../core/createSeeded.ts';
import type { PactCompany } from '../company.ts';
import type { PactConversationFacts, PactMessageFacts } from './facts.ts';
import { findConversation, findMessage, historyOf, lastUpdatedAt } from './history.ts';
import {
  toConversationRow,
  toMessageRow,
  type PactV2ConversationRow,
  type PactV2MessageRow,
} from './rows.ts';

/** What a test can do with the second version. All of it ends with a reset. */
export interface PactV2Controls {
  /** Says more of a message; `deleted` takes it from v1's lists for good. Throws `RangeError` when there is no such message. */
  setMessage(id: number, facts: PactMessageFacts & { readonly deleted?: true }): void;
  /** Says more of a conversation, which is a change of it: it moves up its list. Throws `RangeError` when there is none. */
  setConversation(id: number, facts: PactConversationFacts): void;
  /** Which way both lists run: `desc`, newest first, unless told. */
  order(order: 'asc' | 'desc'): void;
  /** The row as the API would answer it. Throws `RangeError` when there is no such message. */
  message(id: number): PactV2MessageRow;
  /** The row as the API would answer it. Throws `RangeError` when there is no such conversation. */
  conversation(id: number): PactV2ConversationRow;
}

/** What a test can switch in v2, apart from faults. */
export interface PactV2Settings {
  order: 'asc' | 'desc';
}

export function createPactV2Controls(
  { now, change }: Seeded<PactCompany>,
  settings: PactV2Settings,
): PactV2Controls {
  return {
    setMessage(id, { deleted, ...facts }) {
      const company = change();
      findMessage(company, id);
      company.facts.setMessage(id, facts);
      if (deleted) deletePactMessage(company, id);
    },
    setConversation: (id, facts) => changePactConversation(change(), id, facts),
    order(order) {
      settings.order = order;
    },
    message: (id) => toMessageRow(now(), findMessage(now(), id)),
    conversation: (id) => toConversationRow(now(), findConversation(now(), id)),
  };
}

/** Says more of a conversation at the present time. */
export function changePactConversation(
  company: PactCompany,
  id: number,
  { changedAt, ...facts }: PactConversationFacts,
): void {
  const latest = lastUpdatedAt(company, findConversation(company, id));
  company.facts.setConversation(id, {
    ...facts,
    ...(facts.repliedState && { repliedAfter: historyOf(company, id).at(-1)?.external_id ?? null }),
    changedAt: changedAt ?? new Date(afterNewest(latest)).toISOString(),
  });
}

/** Takes a message from v1's lists; in those of v2 its row stays, without what was in it. Does nothing to one that is deleted. */
export function deletePactMessage(company: PactCompany, id: number): void {
  const { conversationId, row, isDeleted } = findMessage(company, id);
  if (isDeleted) return;
  company.state.deleteMessage(id);
  company.facts.bury(conversationId, row);
}
