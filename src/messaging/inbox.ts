import type { ConversationState } from './conversationState.ts';
import { lastMessageOf, toConversation } from './conversationState.ts';
import type { InboxPlace } from './cursors.ts';
import { encodeInboxCursor, parseInboxCursor } from './cursors.ts';
import type { InboxFilter, InboxItem, InboxPage } from './events.ts';
import type { ActiveState, ActivityPlace } from './liveStore.ts';

/** Reads a stretch of an account's conversations, the latest first. */
export type ReadLatest = (
  accountId: string,
  after: ActivityPlace | undefined,
  count: number,
) => Promise<readonly ActiveState[]>;

export interface InboxQuery {
  readonly accountIds: readonly string[];
  readonly filter: InboxFilter;
  readonly size: number;
  readonly cursor: string | undefined;
}

/** Conversations looked at for one page: a filter that hardly any fits must not read all of them at once. */
const MAX_LOOKED_AT = 5_000;
const STRETCH = 100;

/** One account's conversations, as far as they have been read. */
interface Lane {
  readonly accountId: string;
  rows: readonly ActiveState[];
  next: number;
  isRead: boolean;
}

/**
 * Merges what is known of accounts into one list by activity, newest first; those of one instant by account. Throws an `InputError` for
 * a cursor of another list.
 */
export async function readInbox(
  { accountIds, filter, size, cursor }: InboxQuery,
  readLatest: ReadLatest,
): Promise<Omit<InboxPage, 'sources'>> {
  const list = nameOf(filter);
  const from = cursor === undefined ? undefined : parseInboxCursor(list, cursor, 'after');
  const lanes = accountIds
    .toSorted()
    .map((accountId): Lane => ({ accountId, rows: [], next: 0, isRead: false }));
  const items: (InboxItem & { readonly place: InboxPlace })[] = [];
  let last = from;
  let lookedAt = 0;
  let hasNextPage = false;
  for (;;) {
    await Promise.all(lanes.map((lane) => fill(lane, from, Math.max(size + 1, STRETCH), readLatest)));
    const lane = latestOf(lanes);
    if (!lane) break;
    if (items.length === size || lookedAt === MAX_LOOKED_AT) {
      hasNextPage = true;
      break;
    }
    const row = lane.rows[lane.next]!;
    lane.next += 1;
    lookedAt += 1;
    const state = JSON.parse(row.state) as ConversationState;
    const place = { activityAt: row.activityAt, accountId: lane.accountId, externalId: state.ref.externalId };
    last = place;
    const item = toItem(state, row.activityAt);
    if (fits(item, filter)) items.push({ ...item, place });
  }
  return {
    items,
    hasNextPage,
    hasPreviousPage: from !== undefined,
    from: cursor,
    cursorAt: (index) => encodeInboxCursor(list, items[index]!.place),
    end: last && encodeInboxCursor(list, items.length === size ? items.at(-1)!.place : last),
  };
}

async function fill(
  lane: Lane,
  from: InboxPlace | undefined,
  count: number,
  read: ReadLatest,
): Promise<void> {
  if (lane.isRead || lane.next < lane.rows.length) return;
  const after = lane.rows.at(-1) ?? (from && startOf(lane.accountId, from));
  lane.rows = await read(lane.accountId, after, count);
  lane.next = 0;
  lane.isRead = lane.rows.length < count;
}

/** Where an account's own list goes on after a place that may be another account's. */
function startOf(accountId: string, { activityAt, accountId: owner, externalId }: InboxPlace): ActivityPlace {
  if (accountId === owner) return { activityAt, key: `conversation:${externalId}` };
  // Of the same instant, all of those before the owner have been shown, and none of those behind it.
  return { activityAt, key: accountId < owner ? '' : LAST_KEY };
}

/** After every key, as bytes go. */
const LAST_KEY = '\u{10ffff}';

function latestOf(lanes: readonly Lane[]): Lane | undefined {
  return lanes
    .filter(({ rows, next }) => next < rows.length)
    .reduce<Lane | undefined>((best, lane) => {
      const isLater = !best || lane.rows[lane.next]!.activityAt > best.rows[best.next]!.activityAt;
      return isLater ? lane : best;
    }, undefined);
}

function toItem(state: ConversationState, activityAt: number): InboxItem {
  return {
    conversation: toConversation(state),
    lastMessage: lastMessageOf(state),
    lastActivityAt: new Date(activityAt).toISOString(),
    asOf: state.asOf,
  };
}

function fits({ conversation }: InboxItem, { states, unread, text }: InboxFilter): boolean {
  const { state, unreadCount, title } = conversation;
  if (states && !states.some((wanted) => wanted === state)) return false;
  if (unread !== undefined && (unreadCount == null || unreadCount > 0 !== unread)) return false;
  return text === undefined || fold(title ?? '').includes(fold(text));
}

/** Letters alike are one, whatever their case and form. */
function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

/** The same for every page of one list, so that a cursor can't be carried over to another filter. */
function nameOf({ accountIds, providers, states, unread, text }: InboxFilter): string {
  const sorted = (values: readonly string[] | undefined) => (values ? [...new Set(values)].sort() : null);
  return JSON.stringify([
    sorted(accountIds),
    sorted(providers),
    sorted(states),
    unread ?? null,
    text ?? null,
  ]);
}
