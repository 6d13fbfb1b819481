import type { ErrorSource } from '../../messaging/errors.ts';
import { beforeWriting, InputError, NotFoundError, ParleyError } from '../../messaging/errors.ts';
import type {
  OutgoingDevice,
  OutgoingMessage,
  Progress,
  StartConversation,
} from '../../messaging/outgoing.ts';
import { progressOf } from '../../messaging/outgoing.ts';
import type { Provider, ReadContext } from '../../messaging/provider.ts';
import { unshared } from '../../messaging/viewer.ts';
import type { HttpRequest } from '../../http/client.ts';
import type { WireContext } from '../../http/wire.ts';
import { toDevice } from './device.ts';
import type { PigeonsConversationRow, PigeonsMessageRow, PigeonsMessages } from './wire.ts';
import { parsePlacedRow, parseSent, parseStarted } from './wire.ts';

export interface PigeonsWritesOptions {
  readonly source: ErrorSource;
  readonly wire: WireContext;
  /** Makes a call in the user's name. */
  readonly call: (
    request: Pick<HttpRequest, 'call' | 'method' | 'path' | 'body'>,
    context: ReadContext,
  ) => Promise<unknown>;
  readonly loadRows: (context: ReadContext) => Promise<readonly PigeonsConversationRow[]>;
  readonly loadAll: (conversationId: string, context: ReadContext) => Promise<PigeonsMessages>;
  /** Who "I" am, as far as the list tells; null when it does not. */
  readonly selfAmong: (rows: readonly PigeonsConversationRow[]) => string | null;
  /** What is told where it would have to be known. */
  readonly selfUnknown: () => ParleyError;
  readonly isPigeonsId: (id: string) => boolean;
}

type PigeonsWrites = Pick<
  Provider,
  | 'namesSends'
  | 'sendMessage'
  | 'loadProgress'
  | 'findSent'
  | 'addReaction'
  | 'markMessageRead'
  | 'startConversation'
  | 'findStarted'
>;

/** Under which key our name stands in a message's metadata, which Pigeons keeps and gives back. */
const NAME = 'parley_send';

/** Characters. */
const MAX_EMOJI_LENGTH = 10;

/** Writing at Pigeons: a message carries our name in its metadata, and its history comes whole. Source: `pigeons.md`. */
export function createPigeonsWrites(options: PigeonsWritesOptions): PigeonsWrites {
  const { source, wire, call, loadRows, loadAll, selfAmong, selfUnknown, isPigeonsId } = options;

  return {
    namesSends: true,

    async sendMessage(message, context) {
      if (!isPigeonsId(message.conversationId)) throw new NotFoundError(source);
      const receiver = await beforehand(findReceiver(message.conversationId, context));
      const json = toWire(message, receiver, message.device ?? toDevice(context.header('user-agent')));
      const answer = await call(
        { call: 'sendMessage', method: 'POST', path: '/messages', body: { json } },
        context,
      );
      return toProgress(parseSent(answer, wire), 'RESPONSE');
    },

    async loadProgress(conversationId, { messageId }, context) {
      if (conversationId === null || messageId === null) return null;
      const { rows } = await loadAll(conversationId, context);
      const row = rows.find(({ id }) => id === messageId);
      return row ? { conversationId, progress: toProgress(parsePlacedRow(row), 'HISTORY') } : null;
    },

    // Here and below unshared: what was read before a write, or before the provider had time to store one, proves nothing about it.
    async findSent(conversationId, { name }, context) {
      const { rows } = await loadAll(conversationId, unshared(context));
      const found = rows.map(parsePlacedRow).filter(({ metadata }) => metadata?.[NAME] === name);
      return { found: found.map((row) => toProgress(row, 'HISTORY')), complete: true };
    },

    async addReaction({ conversationExternalId, externalId }, emoji, context) {
      if (!isPigeonsId(externalId)) throw new NotFoundError(source);
      if (Array.from(emoji).length > MAX_EMOJI_LENGTH)
        throw new InputError('emoji', `A reaction has at most ${MAX_EMOJI_LENGTH} characters.`);
      const load = () => loadReactors(conversationExternalId, externalId, emoji, context);
      const before = await beforehand(load());
      // Where nobody has put it there, this account has not either, whoever that is.
      const self = before.length === 0 ? null : await beforehand(findSelf(context));
      const path = `/messages/${externalId}/reactions`;
      await call({ call: 'addReaction', method: 'POST', path, body: { json: { emoji } } }, context);
      if (before.length === 0) return 'ADDED';
      if (self !== null) return before.includes(self) ? 'UNCHANGED' : 'ADDED';
      return (await load()).length > before.length ? 'ADDED' : 'UNCHANGED';
    },

    async markMessageRead({ externalId }, context) {
      if (!isPigeonsId(externalId)) throw new NotFoundError(source);
      await call({ call: 'markRead', method: 'PATCH', path: `/messages/${externalId}/read` }, context);
    },

    async startConversation(start, context) {
      const { participantId, taggableType, taggableId } = ofPigeons(start);
      const json = {
        participant_uuid: participantId,
        ...(taggableType !== null && { taggable_type: taggableType }),
        ...(taggableId !== null && { taggable_id: toTaggableId(taggableId) }),
      };
      const request = {
        call: 'startConversation',
        method: 'POST',
        path: '/conversations',
        body: { json },
      } as const;
      const conversationId = parseStarted(await call(request, context), wire);
      return { conversationId, progress: progressOf({ state: 'SENT', evidence: 'RESPONSE', final: true }) };
    },

    async findStarted({ start }, context) {
      const { participantId, taggableType, taggableId } = ofPigeons(start);
      const found = (await loadRows(unshared(context))).filter(
        (row) =>
          row.participants?.some(({ uuid }) => uuid === participantId) &&
          row.taggableType === taggableType &&
          row.taggableId === taggableId,
      );
      const progress = progressOf({ state: 'SENT', evidence: 'HISTORY', final: true });
      return { found: found.map(({ uuid }) => ({ conversationId: uuid, progress })), complete: true };
    },
  };

  /** The other participant. Only the list of conversations tells it. */
  async function findReceiver(conversationId: string, context: ReadContext): Promise<string> {
    const rows = await loadRows(context);
    const conversation = rows.find(({ uuid }) => uuid === conversationId);
    if (!conversation) throw new NotFoundError(source);
    const self = selfAmong(rows);
    if (self === null) throw selfUnknown();
    const others = (conversation.participants ?? []).filter(({ uuid }) => uuid !== self);
    if (others.length !== 1) {
      const message =
        'A message goes to the one other participant, and this conversation has not exactly one.';
      throw new ParleyError('UNSUPPORTED', message, { source });
    }
    return others[0]!.uuid;
  }

  async function findSelf(context: ReadContext): Promise<string | null> {
    return selfAmong([]) ?? selfAmong(await loadRows(context));
  }

  /** Whose reactions with that emoji stand at a message; null for whoever is not named. */
  async function loadReactors(
    conversationId: string,
    messageId: string,
    emoji: string,
    context: ReadContext,
  ): Promise<(string | null)[]> {
    const { rows } = await loadAll(conversationId, unshared(context));
    const row = rows.find(({ id }) => id === messageId);
    if (!row) throw new NotFoundError(source);
    const { reactions } = parsePlacedRow(row);
    return reactions.filter((reaction) => reaction.emoji === emoji).map(({ userUuid }) => userUuid);
  }
}

/** What a write needs to be read first: when that fails, nothing has been written. */
async function beforehand<T>(read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (error) {
    throw beforeWriting(error);
  }
}

function ofPigeons(start: StartConversation) {
  if (start.provider !== 'PIGEONS') throw new Error('the start of another provider');
  return start;
}

// Of what is documented with numbers a number is written: the platform may check for one.
function toTaggableId(id: string): number | string {
  return /^(0|[1-9]\d{0,14})$/.test(id) ? Number(id) : id;
}

/** Pigeons tells when a message was delivered and read: until then there is more to hear. */
function toProgress(
  { id, sent, delivered, read, sentAt, deliveredAt, readAt }: PigeonsMessageRow,
  evidence: 'RESPONSE' | 'HISTORY',
): Progress {
  const state = read ? 'READ' : delivered ? 'DELIVERED' : sent === false ? 'QUEUED' : 'SENT';
  const final = state === 'READ';
  return progressOf({ state, evidence, final, messageId: id, sentAt, deliveredAt, readAt });
}

function toWire(
  { conversationId, name, text, files }: OutgoingMessage,
  receiver: string,
  device: OutgoingDevice,
) {
  return {
    conversation_uuid: conversationId,
    receiver_uuid: receiver,
    context_text: text,
    context_type: contextType(files[0]?.mimeType),
    ...(files.length > 0 && {
      attachments: files.map(({ url, fileName, mimeType, byteSize }) => ({
        ...{ url, name: fileName, mime_type: mimeType, size: byteSize },
      })),
    }),
    metadata: { [NAME]: name },
    device: toWireDevice(device),
  };
}

function toWireDevice({ type, os, osVersion, appVersion, model, browser, browserVersion }: OutgoingDevice) {
  const known = {
    ...{ os_version: osVersion, app_version: appVersion, model, browser },
    browser_version: browserVersion,
  };
  return {
    ...{ type: type.toLowerCase(), os },
    ...Object.fromEntries(Object.entries(known).filter(([, value]) => value !== null)),
  };
}

function contextType(mimeType: string | undefined): string {
  if (mimeType === undefined) return 'text';
  const [kind] = mimeType.split('/');
  return kind === 'image' || kind === 'audio' || kind === 'video' ? kind : 'file';
}
