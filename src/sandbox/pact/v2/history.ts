import { comparePlaces, type Place } from '../page.ts';
import type { PactConversationRow, PactMessageRow } from '../rows.ts';
import { messagePlace, type PactState } from '../state.ts';
import type { PactFacts } from './facts.ts';

/** The rows that both versions show, and what only v2 says of them. */
export interface PactHistory {
  readonly state: PactState;
  readonly facts: PactFacts;
}

/** A message with the conversation that it belongs to. */
export interface FoundMessage {
  readonly conversationId: number;
  readonly row: PactMessageRow;
  readonly isDeleted: boolean;
}

/** Every message of a conversation, deleted ones too, by `external_created_at`, then id. */
export function historyOf({ state, facts }: PactHistory, conversationId: number): readonly PactMessageRow[] {
  const rows = state.messages(conversationId);
  const deleted = facts.deleted(conversationId);
  // Nearly always v1's list as it is, which may be long.
  if (deleted.length === 0 && !facts.isRedated()) return rows;
  const placeOf = (row: PactMessageRow): Place => {
    const { externalCreatedAt } = facts.message(row.external_id);
    return externalCreatedAt === undefined
      ? messagePlace(row)
      : { at: externalCreatedAt, id: row.external_id };
  };
  return [...rows, ...deleted].sort((a, b) => comparePlaces(placeOf(a), placeOf(b)));
}

/** A message of a conversation, deleted or not. */
export function findIn(
  { state, facts }: PactHistory,
  conversationId: number,
  id: number,
): FoundMessage | undefined {
  const isIt = (row: PactMessageRow): boolean => row.external_id === id;
  const standing = state.messages(conversationId).find(isIt);
  if (standing) return { conversationId, row: standing, isDeleted: false };
  const row = facts.deleted(conversationId).find(isIt);
  return row && { conversationId, row, isDeleted: true };
}

/** A message of any conversation, deleted or not. */
export function lookFor(history: PactHistory, id: number): FoundMessage | undefined {
  for (const { external_id } of history.state.conversations) {
    const found = findIn(history, external_id, id);
    if (found) return found;
  }
  return undefined;
}

/** A message of any conversation, deleted or not. Throws `RangeError` when there is none. */
export function findMessage(history: PactHistory, id: number): FoundMessage {
  const found = lookFor(history, id);
  if (!found) throw new RangeError(`the Pact emulator has no message ${id}`);
  return found;
}

/** Throws `RangeError` when there is none. */
export function findConversation({ state }: PactHistory, id: number): PactConversationRow {
  const row = state.conversation(id);
  if (!row) throw new RangeError(`the Pact emulator has no conversation ${id}`);
  return row;
}

/**
 * The time of its latest message or change, else that of its creation: an assumption, for pact.md says only that lists are sorted
 * by it. What happens to a message (a status, a reaction) does not count.
 */
export function lastUpdatedAt(history: PactHistory, conversation: PactConversationRow): string {
  const { external_id, created_at } = conversation;
  const newest = historyOf(history, external_id).at(-1);
  const messageAt =
    newest && (history.facts.message(newest.external_id).externalCreatedAt ?? newest.created_at);
  const { changedAt } = history.facts.conversation(external_id);
  if (messageAt === undefined || changedAt === undefined) return messageAt ?? changedAt ?? created_at;
  return messageAt > changedAt ? messageAt : changedAt;
}
