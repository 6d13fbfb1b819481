import { createHash } from 'node:crypto';
import type { HttpRequest } from '../../http/client.ts';
import type { AdapterOptions } from '../../http/adapterOptions.ts';
import type { ErrorSource } from '../../messaging/errors.ts';
import { ContractError, InputError, NotFoundError, ParleyError } from '../../messaging/errors.ts';
import type { Position } from '../../messaging/paging.ts';
import { mapPage, pageOf } from '../../messaging/paging.ts';
import type { Message, Provider, ReadContext } from '../../messaging/provider.ts';
import { createPigeonsLive } from './live.ts';
import { LIMITS, toConversation, toMessage, toState } from './map.ts';
import type { PigeonsConversationRow, PigeonsMessageRow, PigeonsMessages } from './wire.ts';
import { createPigeonsWrites } from './writes.ts';
import { byTime, parseConversations, parseMessages, parsePlacedRow, parseSignature } from './wire.ts';

export interface PigeonsOptions extends AdapterOptions {
  /** The account's own token, or the name of the incoming header that brings the caller's. */
  readonly token: { readonly value: string } | { readonly header: string };
  /** The UUID of the user that the token belongs to, where configured. */
  readonly userUuid?: string | undefined;
  /** Where the platform tells what happens. Goes with a token of the account's own. */
  readonly live?: { readonly key: string; readonly url: string; readonly authUrl: string } | undefined;
}

/** The platform's key. The user's token joins it with each call, since it may be the caller's own. */
export function pigeonsHeaders(publicKey: string): Record<string, string> {
  return { 'x-public-key': publicKey };
}

/**
 * Pigeons, for one user of a platform. Its lists come whole, without paging: one call each serves everything that an
 * operation asks of them. Source: `pigeons.md`.
 */
export function createPigeonsProvider(options: PigeonsOptions): Provider {
  const { accountId, token, userUuid, live, baseUrl, http, lost, breached } = options;
  const source: ErrorSource = { provider: 'PIGEONS', accountId };
  const wire = { source, lost, breached };
  const mapping = { accountId, baseUrl };
  // What an own token's user is called does not change. A caller's token may be somebody else's each time.
  let knownSelf: string | null = userUuid ?? null;

  return {
    ...createPigeonsWrites({
      ...{ source, wire, call, loadRows, loadAll, selfAmong, selfUnknown, isPigeonsId },
    }),
    // With callers' own tokens each is somebody else.
    ...('header' in token && { actor }),
    ...(live &&
      'value' in token && {
        openLive: createPigeonsLive({
          ...{ key: live.key, url: live.url, lost, isPigeonsId },
          toMessage: toDomain,
          sign: (channel, socketId, context) => sign(live.authUrl, channel, socketId, context),
        }),
      }),
    name: 'PIGEONS',
    limits: LIMITS,
    knownStates: ['OPEN', 'ARCHIVED'],
    listedBy: 'CREATION',
    isPosition,
    pagesTellConversation: true,

    async listConversations({ states, ...request }, context) {
      const from = request.from && parsePosition(request.from);
      const rows = await loadRows(context);
      const self = selfAmong(rows);
      const wanted = states ? rows.filter((row) => states.some((state) => state === toState(row))) : rows;
      const page = pageOf(
        wanted.toSorted(newestCreatedFirst),
        request,
        ({ createdAt, uuid }) => [createdAt ?? '', uuid],
        from && ((row) => newestCreatedFirst(row, { createdAt: from.instant, uuid: from.id })),
      );
      return mapPage(page, (row) => toConversation(row, self, mapping));
    },

    // The list holds all that the user takes part in, participants included: one call for any number of them.
    async loadConversations(ids, context) {
      const rows = new Map((await loadRows(context)).map((row) => [row.uuid, row]));
      const self = selfAmong([...rows.values()]);
      return ids.map((id) => {
        const row = rows.get(id);
        return row ? toConversation(row, self, mapping) : null;
      });
    },

    async loadMessages(conversationId, request, context) {
      const from = request.from && parsePosition(request.from);
      const { rows, conversation } = await loadAll(conversationId, context);
      const page = pageOf(
        rows,
        request,
        ({ sentAt, id }) => [sentAt, id],
        from && ((row) => byTime(row, { sentAt: from.instant, id: from.id })),
      );
      const { items, hasMore } = mapPage(page, (row) => toDomain(parsePlacedRow(row), conversationId));
      return {
        items,
        hasMore,
        ...(conversation?.uuid === conversationId && {
          conversation: toConversation(conversation, knownSelf, mapping),
        }),
      };
    },

    async findMessages(conversationId, ids, context) {
      const { rows } = await loadAll(conversationId, context);
      const byId = new Map(rows.map((row) => [row.id, row]));
      return ids.map((id) => {
        const row = byId.get(id);
        return row ? toDomain(parsePlacedRow(row), conversationId) : null;
      });
    },
  };

  /** Whose token a request brings. Pigeons has accepted it, or the list would not have come. */
  async function actor(context: ReadContext): Promise<string> {
    const self = selfAmong(await loadRows(context));
    // The user's conversations may not tell it. Then nothing can be sent either, and the token does for what is harmless twice.
    return self ?? createHash('sha256').update(tokenFrom(context)).digest('base64url');
  }

  function selfUnknown(): ParleyError {
    return 'value' in token
      ? new ParleyError(
          'SETTING_MISSING',
          `It can't be told who this account is in the conversation: set "userUuid" for it in the accounts file.`,
          { source },
        )
      : new ParleyError(
          'UNSUPPORTED',
          "It can't be told which participant the caller is, as long as all of their conversations are with the same one.",
          { source },
        );
  }

  function toDomain(row: PigeonsMessageRow, conversationId: string): Message {
    const sender = row.sender?.uuid;
    const directionFor = (self: string | null) =>
      self === null || sender === undefined ? null : sender === self ? 'OUTBOUND' : 'INBOUND';
    // Who "I" am is not in a message, and may cost the list of conversations: only when somebody asks.
    const direction =
      knownSelf === null && sender !== undefined
        ? async (context: ReadContext) => directionFor(selfAmong(await loadRows(context)))
        : directionFor(knownSelf);
    return toMessage(row, conversationId, direction, mapping);
  }

  function loadRows(context: ReadContext): Promise<readonly PigeonsConversationRow[]> {
    return context.share(`${accountId} conversations`, async () => {
      const body = await get('conversations', '/conversations', context).catch((error: unknown) => {
        // A list that is not there says nothing about any conversation.
        if (error instanceof NotFoundError)
          throw new ContractError(source, 'conversations', 'its address', error);
        throw error;
      });
      return parseConversations(body, wire);
    });
  }

  function loadAll(conversationId: string, context: ReadContext): Promise<PigeonsMessages> {
    if (!isPigeonsId(conversationId)) return Promise.reject(new NotFoundError(source));
    return context.share(`${accountId} messages ${conversationId}`, async () =>
      parseMessages(await get('messages', `/conversations/${conversationId}/messages`, context), wire),
    );
  }

  async function sign(
    authUrl: string,
    channel: string,
    socketId: string,
    context: ReadContext,
  ): Promise<string> {
    const { origin, pathname } = new URL(authUrl);
    const body = await http({
      ...{ call: 'broadcastingAuth', method: 'POST', base: origin, path: pathname, context },
      headers: { authorization: `Bearer ${tokenFrom(context)}` },
      body: { json: { channel_name: channel, socket_id: socketId } },
    });
    return parseSignature(body, wire);
  }

  function get(name: string, path: string, context: ReadContext): Promise<unknown> {
    return call({ call: name, path }, context);
  }

  function call(
    request: Pick<HttpRequest, 'call' | 'method' | 'path' | 'body'>,
    context: ReadContext,
  ): Promise<unknown> {
    const language = context.header('accept-language');
    return http({
      call: request.call,
      ...(request.method && { method: request.method }),
      ...(request.body && { body: request.body }),
      path: `/api/v1/pigeons/chat${request.path}`,
      headers: {
        authorization: `Bearer ${tokenFrom(context)}`,
        ...(language && { 'accept-language': language }),
      },
      context,
    });
  }

  function tokenFrom(context: ReadContext): string {
    if ('value' in token) return token.value;
    const value = context.header(token.header);
    if (!value) {
      throw new ParleyError(
        'UNAUTHENTICATED',
        `This account needs the caller's own token in the header "${token.header}".`,
        {
          source,
        },
      );
    }
    return value;
  }

  /** The one participant common to all conversations of the list, which is the user whose list it is. */
  function selfAmong(rows: readonly PigeonsConversationRow[]): string | null {
    if (knownSelf !== null) return knownSelf;
    const groups = rows.flatMap(({ participants }) =>
      participants ? [participants.map(({ uuid }) => uuid)] : [],
    );
    const common = groups[0]?.filter((uuid) => groups.every((uuids) => uuids.includes(uuid))) ?? [];
    const self = common.length === 1 ? common[0]! : null;
    // One conversation alone proves nothing for good.
    if ('value' in token && groups.length > 1) knownSelf = self;
    return self;
  }
}

function newestCreatedFirst(a: ConversationPlace, b: ConversationPlace): number {
  const left = a.createdAt ?? '';
  const right = b.createdAt ?? '';
  if (left !== right) return left > right ? -1 : 1;
  return a.uuid === b.uuid ? 0 : a.uuid < b.uuid ? -1 : 1;
}

/** All that a conversation's place in the list depends on. */
type ConversationPlace = Pick<PigeonsConversationRow, 'createdAt' | 'uuid'>;

function isPosition(position: Position): boolean {
  return position.length === 2 && position.every((part) => typeof part === 'string');
}

/** A place in either list: an instant, and an id among those of the same one. */
function parsePosition(position: Position): { instant: string; id: string } {
  if (!isPosition(position)) throw new InputError('cursor', 'The cursor does not name a place in this list.');
  const [instant, id] = position as [string, string];
  return { instant, id };
}

// Nothing that could leave the path: ids are UUIDs, and other forms are as good as unknown.
function isPigeonsId(id: string): boolean {
  return /^[A-Za-z0-9_-]{1,128}$/.test(id);
}
