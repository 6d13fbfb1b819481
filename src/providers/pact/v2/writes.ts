import type { ErrorSource } from '../../../messaging/errors.ts';
import { beforeWriting, InputError, NotFoundError, ProviderError } from '../../../messaging/errors.ts';
import { textDigest } from '../../../messaging/content.ts';
import type {
  LostSend,
  OutgoingFile,
  Progress,
  StartConversation,
  Started,
} from '../../../messaging/outgoing.ts';
import { progressOf } from '../../../messaging/outgoing.ts';
import type { Provider, ReadContext } from '../../../messaging/provider.ts';
import type { Http } from '../../../http/client.ts';
import type { MultipartField } from '../../../http/multipart.ts';
import type { WireContext } from '../../../http/wire.ts';
import { createContract } from '../../../http/wire.ts';
import { NOT_DELIVERED } from '../map.ts';
import { hasFiles } from '../sentFiles.ts';
import { isPactId } from '../wire.ts';
import { STATUSES } from './map.ts';
import type { NumberedListOptions } from './numberedList.ts';
import { readPage } from './numberedList.ts';
import type { Messages } from './walkBack.ts';
import { walkBack } from './walkBack.ts';
import type { PactV2ConversationRow, PactV2MessageRow } from './wire.ts';
import { checkDone, parseSent, parseUploaded } from './wire.ts';

export interface PactV2WritesOptions {
  readonly source: ErrorSource;
  readonly wire: WireContext;
  readonly http: Http;
  readonly conversationList: (context: ReadContext) => NumberedListOptions<PactV2ConversationRow>;
  readonly messagesOf: (conversationId: string, context: ReadContext) => Messages;
  readonly fetchMessage: (
    conversationId: string,
    id: string,
    context: ReadContext,
  ) => Promise<PactV2MessageRow>;
}

type PactV2Writes = Pick<
  Provider,
  | 'namesSends'
  | 'sendMessage'
  | 'loadProgress'
  | 'findSent'
  | 'uploadFile'
  | 'startConversation'
  | 'findStarted'
  | 'archiveConversation'
  | 'reopenConversation'
  | 'deleteMessages'
>;

const API = '/api/p2';

/** How many of the latest conversations are looked through for one whose start was lost. */
const LATEST = 100;

/**
 * Writing at Pact v2. A send is answered by the message itself, which then tells how far it has come. It carries no name of ours: a lost
 * one is sought by its content. That a message stands in the history as soon as it was taken is documented nowhere, so that one that is
 * not there is never said not to exist. Source: `pact.md`, "v2".
 */
export function createPactV2Writes(options: PactV2WritesOptions): PactV2Writes {
  const { source, wire, http, conversationList, messagesOf, fetchMessage } = options;

  return {
    namesSends: false,

    async sendMessage({ conversationId, text, files, replyTo }, context) {
      checkId(conversationId);
      const repliedTo = replyTo === null ? null : await loadMessengerId(conversationId, replyTo, context);
      const json = {
        ...(text !== null && { text }),
        ...(files.length > 0 && { attachment_ids: files.map(({ externalId }) => toNumber(externalId!)) }),
        ...(repliedTo !== null && { replied_to_id: repliedTo }),
      };
      const path = messagesPath(conversationId);
      const body = await http({ call: 'sendMessage', method: 'POST', path, body: { json }, context });
      return toProgress(parseSent(body, 'sendMessage', wire), 'RESPONSE');
    },

    async loadProgress(conversationId, { messageId }, context) {
      if (conversationId === null || messageId === null) return null;
      const row = await fetchMessage(conversationId, messageId, context);
      return { progress: toProgress(row, 'HISTORY'), conversationId };
    },

    async findSent(conversationId, lost, context) {
      checkId(conversationId);
      return { found: await findOutbound(conversationId, lost, context), complete: false };
    },

    async uploadFile(conversationId, file: OutgoingFile, context) {
      // The call names no conversation. One that can't be is refused here, as anywhere.
      checkId(conversationId);
      const { fileName, mimeType } = file;
      const body = await http({
        call: 'uploadAttachment',
        method: 'POST',
        path: `${API}/attachments/`,
        body: {
          multipart: [...toMetadata(file), ['file', { fileName, mimeType, body: await file.open() }]],
        },
        context,
      });
      return parseUploaded(body, wire);
    },

    async startConversation(start, context) {
      const json = toStartFields(start);
      const path = `${API}/messages`;
      const body = await http({ call: 'startConversation', method: 'POST', path, body: { json }, context });
      const row = parseSent(body, 'startConversation', wire);
      // Without it the message could not be asked for: where it went, the latest conversations show.
      const conversationId =
        row.conversationId ?? createContract(wire, 'startConversation').breach('data.conversation_id');
      return { conversationId, progress: toProgress(row, 'RESPONSE') };
    },

    async findStarted({ start, ...lost }, context) {
      if (start.provider !== 'PACT') return { found: [], complete: false };
      // One that was begun just now is among the latest.
      const { items } = await readPage(conversationList(context), { direction: 'forward', size: LATEST });
      const found: Started[] = [];
      for (const { item } of items.filter(({ item }) => isWith(item, start))) {
        const messages = await findOutbound(item.id, { ...lost, fileCount: 0 }, context);
        found.push(...messages.map((progress) => ({ conversationId: item.id, progress })));
      }
      return { found, complete: false };
    },

    archiveConversation: (conversationId, context) => changeState(conversationId, 'archived', context),
    reopenConversation: (conversationId, context) => changeState(conversationId, 'open', context),

    async deleteMessages(conversationId, externalIds, context) {
      checkId(conversationId);
      externalIds.forEach(checkId);
      const json = { message_ids: externalIds.map(toNumber) };
      const path = messagesPath(conversationId);
      const body = await http({ call: 'deleteMessages', method: 'DELETE', path, body: { json }, context });
      checkDone(body, 'deleteMessages', wire);
    },
  };

  function checkId(id: string): void {
    if (!isPactId(id)) throw new NotFoundError(source);
  }

  async function changeState(
    conversationId: string,
    state: 'archived' | 'open',
    context: ReadContext,
  ): Promise<void> {
    checkId(conversationId);
    const path = `${API}/conversations/${conversationId}`;
    const json = { operational_state: state };
    const body = await http({ call: 'updateConversation', method: 'PUT', path, body: { json }, context });
    checkDone(body, 'updateConversation', wire);
  }

  /** What the messenger calls a message that is to be answered. */
  async function loadMessengerId(
    conversationId: string,
    id: string,
    context: ReadContext,
  ): Promise<string | number> {
    if (!isPactId(id)) throw noSuchMessage();
    const row = await fetchMessage(conversationId, id, context).catch((error: unknown) => {
      throw error instanceof NotFoundError ? noSuchMessage() : beforeWriting(error);
    });
    if (row.deleted) throw noSuchMessage();
    if (row.messengerId !== null) return row.messengerId;
    throw new ProviderError(
      'PROVIDER_REJECTED',
      'The messenger has not taken the message that this one answers yet. Nothing was sent.',
      { source, refused: true, retryable: true },
    );
  }

  /** The outbound messages with that content from that time, oldest first. */
  async function findOutbound(
    conversationId: string,
    { digest, fileCount, fileIds = [], from, until }: Omit<LostSend, 'name'>,
    context: ReadContext,
  ): Promise<Progress[]> {
    const found = new Map<string, Progress>();
    let isBefore = false;
    await walkBack(messagesOf(conversationId, context), {
      take(row) {
        if (isSent(row)) found.set(row.id, toProgress(row, 'HISTORY'));
        isBefore ||= row.sentAt < from;
      },
      goOn: () => !isBefore,
    });
    return [...found.values()].reverse();

    function isSent(row: PactV2MessageRow): boolean {
      const inTime = row.sentAt >= from && row.sentAt <= until;
      const isSame = textDigest(row.message) === digest && hasFiles(row, fileCount, fileIds);
      return row.income === false && inTime && isSame;
    }
  }
}

function messagesPath(conversationId: string): string {
  return `${API}/conversations/${conversationId}/messages`;
}

function noSuchMessage(): InputError {
  return new InputError('replyTo', 'There is no such message in this conversation to answer.');
}

/** `READ` and `FAILED` are the last that v2 tells of a message. */
function toProgress(row: PactV2MessageRow, evidence: 'RESPONSE' | 'HISTORY'): Progress {
  const state = row.status === null ? 'SENT' : STATUSES[row.status];
  const isOnItsWay = state === 'QUEUED' || state === 'FAILED';
  return progressOf({
    state,
    evidence,
    final: state === 'READ' || state === 'FAILED',
    messageId: row.id,
    sentAt: isOnItsWay ? null : row.sentAt,
    failureReason: state === 'FAILED' ? NOT_DELIVERED : null,
  });
}

/** Ids are numbers in v2's own answers. */
function toNumber(id: string): number | string {
  const number = Number(id);
  return Number.isSafeInteger(number) ? number : id;
}

function toMetadata({ mimeType, traits }: OutgoingFile): MultipartField[] {
  const { pushToTalk, width, height } = traits;
  return [
    ...(pushToTalk && mimeType.startsWith('audio/') ? [['metadata[push_to_talk]', 'true'] as const] : []),
    ...(width === null ? [] : [['metadata[data][width]', String(width)] as const]),
    ...(height === null ? [] : [['metadata[data][height]', String(height)] as const]),
  ];
}

type PactStart = Extract<StartConversation, { provider: 'PACT' }>;

function toStartFields(start: StartConversation): Record<string, string> {
  if (start.provider !== 'PACT') throw new Error('the start of another provider');
  const { messenger, phone, username, vkontakteId, text } = start;
  return {
    provider: MESSENGERS[messenger],
    ...(phone !== null && { phone }),
    ...(username !== null && { nickname: username }),
    ...(vkontakteId !== null && { vkontakte_id: vkontakteId }),
    text,
  };
}

const MESSENGERS: Readonly<Record<PactStart['messenger'], string>> = {
  WHATSAPP: 'whatsapp',
  TELEGRAM_PERSONAL: 'telegram_personal',
  VKONTAKTE: 'vkontakte',
};

function isWith(
  { provider, senderPhone, senderExternalId }: PactV2ConversationRow,
  { messenger, phone, username, vkontakteId }: PactStart,
): boolean {
  if (!provider?.startsWith(MESSENGERS[messenger].split('_')[0]!)) return false;
  const addresses = [senderPhone, senderExternalId].map((address) => address?.replace(/^[+@]/, ''));
  const wanted = phone ?? username?.replace(/^@/, '') ?? vkontakteId;
  return addresses.some((address) => address !== undefined && address === wanted);
}
