import { ParleyError } from './errors.ts';
import type { MessageRef } from './ids.ts';
import type { Conversation, Delivery, Message } from './provider.ts';

/**
 * Something that has happened, told once: what subscriptions tell, and `Query.changes` repeats. It holds what there is to show of it, so
 * that telling ten thousand clients costs no call to a provider. It survives JSON: a message's direction is settled.
 */
export type Change = MessageChange | DeliveryChange | ConversationChange;

export interface MessageChange {
  readonly kind: 'MESSAGE_ADDED' | 'MESSAGE_UPDATED' | 'REACTIONS_UPDATED';
  readonly message: SettledMessage;
  /** What is known of its conversation. */
  readonly conversation: Conversation;
}

export interface DeliveryChange {
  readonly kind: 'DELIVERY_UPDATED';
  readonly accountId: string;
  /** Null where only the job is known by which its provider calls the send. */
  readonly message: MessageRef | null;
  readonly jobId: string | null;
  readonly delivery: Delivery;
}

export interface ConversationChange {
  readonly kind: 'CONVERSATION_UPDATED';
  readonly conversation: Conversation;
}

/** A message of which it is known who sent it, or known that nobody can tell. */
export type SettledMessage = Message & { readonly direction: 'INBOUND' | 'OUTBOUND' | null };

/** Where a change stands among all: `<milliseconds since 1970>-<number>`, rising. */
export type ChangeId = string;

/** A change at its place. */
export interface LoggedChange {
  readonly id: ChangeId;
  readonly accountId: string;
  readonly change: Change;
}

/** Before every change there can be. */
export const FIRST: ChangeId = '0-0';

/** Which of two comes first: below, at or above 0. */
export function compareChangeIds(a: ChangeId, b: ChangeId): number {
  const [left, right] = [parts(a), parts(b)];
  return left.time - right.time || left.number - right.number;
}

/** Milliseconds since 1970, by the clock of whoever keeps the log. */
export function timeOf(id: ChangeId): number {
  return parts(id).time;
}

export function isChangeId(value: unknown): value is ChangeId {
  return typeof value === 'string' && /^\d{1,15}-\d{1,15}$/.test(value);
}

/** The conversation that a change speaks of; undefined where only a job is known. */
export function conversationOf(change: Change): string | undefined {
  if (change.kind === 'DELIVERY_UPDATED') return change.message?.conversationExternalId;
  return change.kind === 'CONVERSATION_UPDATED'
    ? change.conversation.externalId
    : change.message.conversationExternalId;
}

/** Whoever asks from there has to read anew: what has happened since is not known any more. */
export function cursorExpired(): ParleyError {
  return new ParleyError(
    'CURSOR_EXPIRED',
    'What has happened since this cursor is not known any more. Read what you show anew, and go on from a new cursor: `changes` without "after" gives one.',
  );
}

function parts(id: ChangeId): { time: number; number: number } {
  const dash = id.indexOf('-');
  return { time: Number(id.slice(0, dash)), number: Number(id.slice(dash + 1)) };
}
