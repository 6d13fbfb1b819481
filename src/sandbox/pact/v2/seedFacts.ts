import { wellKnown } from '../../wellKnown.ts';
import type { PactState } from '../state.ts';
import { createPactFacts, type PactFacts } from './facts.ts';
import { findMessage } from './history.ts';
import { messengerId } from './rows.ts';

const ids = wellKnown.pact.v2;

/** What v2 knows of the seed and v1 does not: one of everything. */
export function seedPactFacts(state: PactState): PactFacts {
  const facts = createPactFacts();
  const { row: answered } = findMessage({ state, facts }, ids.answered);
  facts.setMessage(ids.reply, { repliedToId: messengerId(answered) });
  facts.setMessage(ids.reacted, { status: 'read', reactions: [{ emoji: '👍', count: 1 }] });
  facts.setMessage(ids.failed, {
    status: 'error',
    details: 'The phone of the channel is not connected.',
    externalId: null,
  });
  facts.setConversation(ids.archived, { operationalState: 'archived' });
  facts.setConversation(ids.blocked, { operationalState: 'blocked' });
  facts.setConversation(ids.group, { group: true });
  return facts;
}
