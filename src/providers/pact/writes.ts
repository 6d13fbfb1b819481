import type { ErrorSource } from '../../messaging/errors.ts';
import { InputError, NotFoundError } from '../../messaging/errors.ts';
import { textDigest } from '../../messaging/content.ts';
import type {
  LostSend,
  OutgoingFile,
  OutgoingMessage,
  Progress,
  StartConversation,
  Started,
} from '../../messaging/outgoing.ts';
import { progressOf } from '../../messaging/outgoing.ts';
import type { Provider, ReadContext } from '../../messaging/provider.ts';
import type { Http } from '../../http/client.ts';
import type { WireContext } from '../../http/wire.ts';
import { NOT_DELIVERED } from './map.ts';
import type { FetchPage } from './seek.ts';
import { hasFiles } from './sentFiles.ts';
import type { PactConversationRow, PactJob, PactMessageRow } from './wire.ts';
import { isPactId, parseJob, parseStarted, parseUploaded } from './wire.ts';

export interface PactWritesOptions {
  readonly source: ErrorSource;
  readonly wire: WireContext;
  readonly http: Http;
  /** The path of the company, and that of its conversations. */
  readonly company: string;
  readonly conversations: string;
  readonly fetchMessages: (conversationId: string, context: ReadContext) => FetchPage<PactMessageRow>;
  readonly fetchConversations: (context: ReadContext) => FetchPage<PactConversationRow>;
}

type PactWrites = Pick<
  Provider,
  | 'namesSends'
  | 'sendMessage'
  | 'loadProgress'
  | 'findSent'
  | 'uploadFile'
  | 'startConversation'
  | 'findStarted'
>;

/** How many pages of 100 are read back to find a lost message. */
const MAX_PAGES = 20;

/**
 * Writing at Pact v1. A send is answered by a delivery job, and carries no name of ours: a lost one is sought by its
 * content, and can never be said not to exist, since a job may still be under way. Source: `pact.md`, "v1".
 */
export function createPactWrites(options: PactWritesOptions): PactWrites {
  const { source, wire, http, company, conversations, fetchMessages, fetchConversations } = options;

  return {
    namesSends: false,

    async sendMessage({ conversationId, text, files, buttons }: OutgoingMessage, context) {
      if (!isPactId(conversationId)) throw new NotFoundError(source);
      // With attachments alone the text is still required, and empty.
      const form = new URLSearchParams({ message: text ?? '' });
      for (const { externalId } of files) form.append('attachments_ids[]', externalId!);
      if (buttons.length > 0) form.append('interactive', JSON.stringify({ type: 'button', buttons }));
      const path = `${conversations}/${conversationId}/messages`;
      const body = await http({ call: 'sendMessage', method: 'POST', path, body: { form }, context });
      return toProgress(parseJob(body, 'sendMessage', wire), 'RESPONSE');
    },

    async loadProgress(conversationId, { job }, context) {
      if (job === null) return null;
      const [channelId, jobId] = job.split('/');
      const path = `${company}/channels/${channelId}/jobs/${jobId}`;
      const answer = parseJob(await http({ call: 'job', path, context }), 'job', wire);
      return {
        progress: toProgress(answer, 'JOB'),
        conversationId: conversationId ?? answer.conversationId,
      };
    },

    async findSent(conversationId, lost, context) {
      if (!isPactId(conversationId)) throw new NotFoundError(source);
      return { found: await findOutbound(conversationId, lost, context), complete: false };
    },

    async uploadFile(conversationId, file: OutgoingFile, context) {
      if (!isPactId(conversationId)) throw new NotFoundError(source);
      const { fileName, mimeType } = file;
      const body = await http({
        call: 'uploadAttachment',
        method: 'POST',
        path: `${conversations}/${conversationId}/messages/attachments`,
        body: { multipart: [['file', { fileName, mimeType, body: await file.open() }]] },
        context,
      });
      return parseUploaded(body, wire);
    },

    async startConversation(start, context) {
      const form = toStartForm(start);
      const call = { call: 'startConversation', method: 'POST', path: conversations, context } as const;
      const answer = parseStarted(await http({ ...call, body: { form } }), wire);
      if ('job' in answer)
        return { conversationId: answer.job.conversationId, progress: toProgress(answer.job, 'RESPONSE') };
      const progress = progressOf({ state: 'SENT', evidence: 'RESPONSE', final: true });
      return { conversationId: answer.conversationId, progress };
    },

    async findStarted({ start, ...lost }, context) {
      if (start.provider !== 'PACT') return { found: [], complete: false };
      // The newest hundred: a conversation that was begun just now is among them.
      const { rows } = await fetchConversations(context)({ sort: 'desc', token: undefined, per: 100 });
      const found: Started[] = [];
      for (const row of rows.filter((row) => isWith(row, start))) {
        const messages = await findOutbound(row.id, { ...lost, fileCount: 0 }, context);
        found.push(...messages.map((progress) => ({ conversationId: row.id, progress })));
      }
      return { found, complete: false };
    },
  };

  /** The outbound messages with that content from that time, oldest first. */
  async function findOutbound(
    conversationId: string,
    { digest, fileCount, fileIds = [], from, until }: Omit<LostSend, 'name'>,
    context: ReadContext,
  ): Promise<Progress[]> {
    const fetchPage = fetchMessages(conversationId, context);
    const found = new Map<string, Progress>();
    let token: string | undefined;
    for (let pages = 0; pages < MAX_PAGES; pages += 1) {
      const { rows, next } = await fetchPage({ sort: 'desc', token, per: 100 });
      for (const row of rows) {
        const inTime = row.createdAt >= from && row.createdAt <= until;
        const isSame = textDigest(row.message) === digest && hasFiles(row, fileCount, fileIds);
        if (row.income === false && inTime && isSame) found.set(row.id, toSent(row));
      }
      if (next === null || rows.some(({ createdAt }) => createdAt < from)) break;
      token = next;
    }
    return [...found.values()].reverse();
  }
}

function toSent({ id, createdAt }: PactMessageRow): Progress {
  return progressOf({ state: 'SENT', evidence: 'HISTORY', final: true, messageId: id, sentAt: createdAt });
}

/** A job's `DELIVERED` is the last that v1 tells of a message; a message's id alone says that it was sent. */
function toProgress(job: PactJob, evidence: 'RESPONSE' | 'JOB'): Progress {
  const { channelId, id, messageId, createdAt } = job;
  const known = {
    evidence,
    messageId,
    job: channelId === null ? null : `${channelId}/${id}`,
    sentAt: createdAt,
  };
  switch (job.outcome) {
    case 'DELIVERED':
      return progressOf({ ...known, state: 'DELIVERED', final: messageId !== null });
    case 'FAILED':
      return progressOf({
        ...known,
        state: 'FAILED',
        final: true,
        failureReason: NOT_DELIVERED,
      });
    default:
      return progressOf({
        ...known,
        state: messageId === null ? 'QUEUED' : 'SENT',
        final: known.job === null,
      });
  }
}

function toStartForm(start: StartConversation): URLSearchParams {
  if (start.provider !== 'PACT') throw new Error('the start of another provider');
  const { messenger, phone, username, text } = start;
  if (messenger === 'VKONTAKTE') {
    const message =
      'Pact v1 starts no conversations at VKontakte: this needs an account with `apiVersion: v2` in the accounts file.';
    throw new InputError('pact.messenger', message);
  }
  return new URLSearchParams({
    provider: messenger === 'WHATSAPP' ? 'whatsapp' : 'telegram_personal',
    ...(phone !== null && { phone }),
    ...(username !== null && { username }),
    text,
  });
}

function isWith(
  { senderExternalId, channelType }: PactConversationRow,
  { messenger, phone, username }: Extract<StartConversation, { provider: 'PACT' }>,
): boolean {
  const isMessenger = channelType?.startsWith(messenger === 'WHATSAPP' ? 'whatsapp' : 'telegram') ?? false;
  const address = senderExternalId?.replace(/^[+@]/, '');
  return (
    isMessenger && address !== undefined && (address === phone || address === username?.replace(/^@/, ''))
  );
}
