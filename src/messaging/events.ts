import type { Change, ChangeId, LoggedChange, SettledMessage } from './changes.ts';
import type { ChangePlace } from './cursors.ts';
import type { ParleyError } from './errors.ts';
import type { ConversationRef, MessageRef } from './ids.ts';
import type { EventProgress } from './live.ts';
import type { Reading } from './noticeReads.ts';
import type { Conversation, ConversationState, ProviderName } from './provider.ts';
import type { Account, Accounts } from './registry.ts';

/** What happens at all providers: told as it happens, told again to who has missed it, and in order in the inbox. */
export interface Events {
  /**
   * What happens to accounts, or to one conversation: from now on, or from a place on, in order, each once. Ends when the signal aborts.
   * Throws a `ParleyError`: `CURSOR_EXPIRED` for a place that is too old, `SUBSCRIPTION_TOO_SLOW`, `STORE_UNAVAILABLE`.
   */
  follow(request: FollowRequest): AsyncGenerator<PlacedChange, void>;
  /**
   * Up to `count` changes after a place; without one, none, and where "now" is. What happened while nobody wanted to know is read first,
   * as far as that takes a few seconds; the rest comes behind the page's end. Throws what {@link Events.follow} throws. */
  changes(request: ChangesRequest): Promise<ChangePage>;
  /** A page of the conversations of accounts by what happened last. Costs no call to a provider. */
  inbox(request: InboxRequest): Promise<InboxPage>;
  /** What events have told of a message's way. */
  progressOf(message: MessageRef): Promise<EventProgress | undefined>;
  /** Something was written to a conversation. */
  touched(conversation: ConversationRef): void;
  /** A read for a client has shown something: the inbox takes it, where there is one, behind the reader's back. */
  noticed(reading: Reading): void;
}

export interface FollowRequest {
  readonly accounts: readonly Account[];
  /** Of one of the accounts. */
  readonly conversation?: ConversationRef | undefined;
  /** Only changes of these kinds; undefined for all. */
  readonly kinds?: readonly Change['kind'][] | undefined;
  readonly after?: ChangePlace | undefined;
  readonly signal: AbortSignal;
}

/** A change with what it takes to go on from it. */
export interface PlacedChange extends LoggedChange {
  readonly epoch: string;
}

export interface ChangesRequest {
  readonly accounts: readonly Account[];
  readonly after: ChangePlace | undefined;
  readonly count: number;
}

export interface ChangePage {
  readonly epoch: string;
  readonly changes: readonly LoggedChange[];
  /** From where to go on. */
  readonly end: ChangeId;
  readonly hasMore: boolean;
}

export interface InboxFilter {
  readonly accountIds?: readonly string[] | undefined;
  readonly providers?: readonly ProviderName[] | undefined;
  readonly states?: readonly ConversationState[] | undefined;
  readonly unread?: boolean | undefined;
  readonly text?: string | undefined;
}

export interface InboxRequest {
  readonly accounts: Accounts;
  readonly filter: InboxFilter;
  readonly size: number;
  readonly cursor: string | undefined;
}

export interface InboxPage {
  readonly items: readonly InboxItem[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly from: string | undefined;
  readonly cursorAt: (index: number) => string;
  /** From where to go on, also where nothing on the way was wanted. */
  readonly end: string | undefined;
  readonly sources: readonly InboxSource[];
}

/** A conversation as the inbox knows it: unknown facts are null, and cost no call. */
export interface InboxItem {
  readonly conversation: Conversation;
  readonly lastMessage: SettledMessage | null;
  readonly lastActivityAt: string;
  readonly asOf: string;
}

/** How much of an account the inbox knows. */
export interface InboxSource {
  readonly account: Account;
  /**
   * All of its conversations; those found so far; those of which something was heard, where its provider can't list them; or none, where
   * each caller brings credentials of their own.
   */
  readonly completeness: 'COMPLETE' | 'FILLING' | 'PARTIAL' | 'NONE';
  /** When all of them were last looked at; null where that has not been done. */
  readonly asOf: string | null;
  readonly error: ParleyError | undefined;
}
