import type { AdapterOptions } from '../../http/adapterOptions.ts';
import type { ErrorSource } from '../../messaging/errors.ts';
import { InputError, NotFoundError, ParleyError } from '../../messaging/errors.ts';
import type { PageRequest, Position } from '../../messaging/paging.ts';
import type { Conversation, Message, Outcome, Provider, ReadContext } from '../../messaging/provider.ts';
import type { LetstalkLiveOptions } from './channel.ts';
import { createLetstalkLive } from './live.ts';
import type { LetstalkRole } from './map.ts';
import { LIMITS, toConversation, toMessage } from './map.ts';
import { isLetstalkId, PER_PAGE } from './window.ts';
import { createLetstalkWrites } from './writes.ts';
import type { LetstalkMessageRow, LetstalkMessages } from './wire.ts';
import { parseMessages } from './wire.ts';

export interface LetstalkOptions extends AdapterOptions {
  readonly role: LetstalkRole;
  /** Where it is heard what happens; undefined for nowhere. */
  readonly live?: LetstalkLiveOptions | undefined;
}

/** Basic authentication with the key as the user and "X" as the password. */
export function letstalkHeaders(apiKey: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${apiKey}:X`).toString('base64')}` };
}

/** Letstalk, for one key. It can't list conversations, and knows them by their messages alone. Source: `letstalk.md`. */
export function createLetstalkProvider(options: LetstalkOptions): Provider {
  const { accountId, role, baseUrl, http, lost, breached, live } = options;
  const source: ErrorSource = { provider: 'LETSTALK', accountId };
  const wire = { source, lost, breached };
  const mapping = { accountId, role, baseUrl };

  return {
    ...createLetstalkWrites({
      source,
      wire,
      http,
      role,
      fetchBefore: (conversationId, location, context) =>
        fetchMessages(conversationId, { direction: 'backward', location, amount: PER_PAGE }, context),
    }),
    name: 'LETSTALK',
    limits: LIMITS,
    knownStates: ['OPEN', 'CLOSED'],
    listedBy: 'CREATION',
    isPosition,
    pagesTellConversation: true,
    ...(live && { openLive: createLetstalkLive({ live, mapping, lost }) }),

    loadConversations: (ids, context) => Promise.all(ids.map((id) => loadConversation(id, context))),

    async loadMessages(conversationId, request, context) {
      const { rows, hasMore } = await readVisible(conversationId, request, context);
      const isNewestPage = request.direction === 'backward' && !request.from;
      return {
        items: rows.map((row) => ({ item: toMessage(row, conversationId, mapping), position: [row.id] })),
        hasMore,
        ...(isNewestPage && { conversation: toConversation(conversationId, rows.at(-1), mapping) }),
      };
    },

    async findMessages(conversationId, ids, context) {
      const found = await findRows(conversationId, ids.filter(isLetstalkId).map(Number), context);
      return ids.map((id): Outcome<Message> => {
        if (!isLetstalkId(id)) return null;
        const row = found.get(Number(id));
        if (row === undefined) return messageUnreachable();
        return row && isVisible(row) ? toMessage(row, conversationId, mapping) : null;
      });
    },
  };

  async function loadConversation(id: string, context: ReadContext): Promise<Outcome<Conversation>> {
    try {
      const { rows } = await readVisible(id, { direction: 'backward', size: 1 }, context);
      return toConversation(id, rows.at(-1), mapping);
    } catch (error) {
      if (error instanceof NotFoundError) return null;
      // It exists, and shows nothing of itself to this role.
      if (error instanceof ParleyError && error.code === 'CURSOR_UNREACHABLE')
        return toConversation(id, undefined, mapping);
      return error as Error;
    }
  }

  /** A page of what the account's role may see. Each hidden note makes room for a message further on. */
  async function readVisible(
    conversationId: string,
    { direction, size, from, inclusive = false }: PageRequest,
    context: ReadContext,
  ): Promise<{ rows: LetstalkMessageRow[]; hasMore: boolean }> {
    const step = direction === 'forward' ? 1 : -1;
    let location = from && parsePosition(from) - (inclusive ? step : 0);
    let visible: LetstalkMessageRow[] = [];
    let goesOn = true;
    for (let calls = 0; goesOn && visible.length <= size && calls < MAX_CALLS; calls += 1) {
      // One more than asked for tells whether there are more. Assumed: what is asked for is given, as no cap on the
      // amount is documented.
      const amount = calls === 0 ? size + 1 : PER_PAGE;
      const { rows, received } = await fetchMessages(
        conversationId,
        { direction, location, amount },
        context,
      );
      const furthest = direction === 'forward' ? rows.at(-1) : rows[0];
      goesOn = received >= amount && furthest !== undefined;
      location = furthest?.id;
      const shown = rows.filter(isVisible);
      visible = direction === 'forward' ? [...visible, ...shown] : [...shown, ...visible];
      // Nothing is hidden from an agent: what the first answer lacks does not exist.
      if (role === 'agent') break;
    }
    // All that was read is hidden: there is nothing to show, nor to go on from.
    if (goesOn && visible.length === 0) throw cursorUnreachable();
    return {
      rows: direction === 'forward' ? visible.slice(0, size) : visible.slice(-size),
      hasMore: goesOn || visible.length > size,
    };
  }

  /**
   * Seeks messages by id, the newest first: each page settles all ids that fall into it. Null for what does not exist;
   * an id without an entry was not reached.
   */
  async function findRows(
    conversationId: string,
    ids: readonly number[],
    context: ReadContext,
  ): Promise<Map<number, LetstalkMessageRow | null>> {
    const found = new Map<number, LetstalkMessageRow | null>();
    let missing = [...new Set(ids)].sort((a, b) => b - a);
    for (let calls = 0; missing.length > 0 && calls < MAX_CALLS; calls += 1) {
      const newest = missing[0]!;
      const amount = missing.length === 1 ? 1 : PER_PAGE;
      const request = { direction: 'backward', location: newest + 1, amount } as const;
      const { rows, received } = await fetchMessages(conversationId, request, context);
      const byId = new Map(rows.map((row) => [row.id, row]));
      const reached = received < amount ? -Infinity : Math.min(newest, rows[0]?.id ?? newest);
      for (const id of missing.filter((id) => id >= reached)) found.set(id, byId.get(id) ?? null);
      missing = missing.filter((id) => id < reached);
    }
    return found;
  }

  interface Fetch {
    readonly direction: 'forward' | 'backward';
    /** Exclusive; undefined for the end that the walk starts from. */
    readonly location: number | undefined;
    readonly amount: number;
  }

  async function fetchMessages(
    conversationId: string,
    { direction, location, amount }: Fetch,
    context: ReadContext,
  ): Promise<LetstalkMessages> {
    if (!isLetstalkId(conversationId)) throw new NotFoundError(source);
    const forward = direction === 'forward';
    // Assumed: location 0 gives the oldest page, and no cursor at all the newest.
    const start = location ?? (forward ? 0 : undefined);
    const body = await http({
      call: 'messages',
      path: '/api/v1/messages',
      query: {
        conversation_id: conversationId,
        'cursor[type]': start === undefined ? undefined : forward ? 'some_after' : 'some_before',
        'cursor[location]': start,
        'cursor[amount]': amount,
      },
      context,
    });
    const { rows, received } = parseMessages(body, wire);
    return {
      rows: start === undefined ? rows : rows.filter(({ id }) => (forward ? id > start : id < start)),
      received,
    };
  }

  // A note between agents must never reach a client, whether or not the provider keeps it back.
  function isVisible({ internal }: LetstalkMessageRow): boolean {
    return role === 'agent' || !internal;
  }

  function cursorUnreachable(): Error {
    return new ParleyError(
      'CURSOR_UNREACHABLE',
      'The next messages that this account may see are too far away. Start again from the first or the last page.',
      { source },
    );
  }

  function messageUnreachable(): Error {
    return new ParleyError('MESSAGE_UNREACHABLE', 'Too many messages were asked for at once to be sought.', {
      source,
    });
  }
}

/** The most calls that one page or one search may cost. */
const MAX_CALLS = 20;

function isPosition(position: Position): boolean {
  const [id] = position;
  return position.length === 1 && typeof id === 'number' && Number.isSafeInteger(id) && id >= 0;
}

function parsePosition(position: Position): number {
  if (!isPosition(position)) throw new InputError('cursor', 'The cursor does not name a place in this list.');
  return position[0] as number;
}
