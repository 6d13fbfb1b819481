import { afterNewest } from '../../core/afterNewest.ts';
import type { PactCompany } from '../company.ts';
import type { PactConversationFacts, PactMessageFacts } from './facts.ts';
import { findConversation, findMessage, historyOf, lastUpdatedAt, lookFor } from './history.ts';

/** Changes what stands in a company, and tells of it. All but `vanish` throw `RangeError` for what there is not. */
export interface PactChanges {
  /** Says more of a message. */
  message(id: number, facts: PactMessageFacts): void;
  /** Says more of a conversation, which moves it up its list. */
  conversation(id: number, facts: PactConversationFacts): void;
  /** Takes a message from v1's lists; in those of v2 its row stays, without what was in it. */
  bury(id: number): void;
  /** Takes a message from all lists; false when there was none. */
  vanish(id: number): boolean;
}

export function createPactChanges(company: Pick<PactCompany, 'state' | 'facts' | 'events'>): PactChanges {
  const { state, facts, events } = company;

  return {
    message(id, said) {
      const { conversationId, row } = findMessage(company, id);
      facts.setMessage(id, said);
      events.messageChanged(conversationId, row);
    },

    conversation(id, { changedAt, ...said }) {
      const latest = lastUpdatedAt(company, findConversation(company, id));
      facts.setConversation(id, {
        ...said,
        ...(said.repliedState && { repliedAfter: historyOf(company, id).at(-1)?.external_id ?? null }),
        changedAt: changedAt ?? new Date(afterNewest(latest)).toISOString(),
      });
      events.conversationChanged(findConversation(company, id));
    },

    bury(id) {
      const { conversationId, row, isDeleted } = findMessage(company, id);
      if (isDeleted) return;
      state.deleteMessage(id);
      facts.bury(conversationId, row);
      events.messageDeleted(conversationId, row);
    },

    vanish(id) {
      const found = lookFor(company, id);
      if (!found || !state.deleteMessage(id)) return false;
      events.messageDeleted(found.conversationId, found.row);
      return true;
    },
  };
}
