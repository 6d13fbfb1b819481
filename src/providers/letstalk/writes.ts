import type { ErrorSource } from '../../messaging/errors.ts';
import { NotFoundError } from '../../messaging/errors.ts';
import type { OutgoingActionList, OutgoingMessage, Progress } from '../../messaging/outgoing.ts';
import { progressOf } from '../../messaging/outgoing.ts';
import type { Provider, ReadContext } from '../../messaging/provider.ts';
import type { Http, HttpBody } from '../../http/client.ts';
import type { WireContext } from '../../http/wire.ts';
import type { LetstalkRole } from './map.ts';
import { isLetstalkId, PER_PAGE } from './window.ts';
import type { LetstalkMessages } from './wire.ts';
import { parseSent, parseStarted } from './wire.ts';

export interface LetstalkWritesOptions {
  readonly source: ErrorSource;
  readonly wire: WireContext;
  readonly http: Http;
  readonly role: LetstalkRole;
  /** A page of the newest messages before one of an id; without it the newest of all. */
  readonly fetchBefore: (
    conversationId: string,
    location: number | undefined,
    context: ReadContext,
  ) => Promise<LetstalkMessages>;
}

type LetstalkWrites = Pick<
  Provider,
  'namesSends' | 'sendMessage' | 'findSent' | 'startConversation' | 'closeConversation'
>;

/** How many pages of 100 are read back to find a lost message. */
const MAX_PAGES = 20;

/**
 * Writing at Letstalk: a message carries our name in `remote_id`, by which its history is searched when an answer is lost.
 * It is not documented that the same `remote_id` twice were one message. Source: `letstalk.md`.
 */
export function createLetstalkWrites(options: LetstalkWritesOptions): LetstalkWrites {
  const { source, wire, http, role, fetchBefore } = options;

  return {
    namesSends: true,

    async sendMessage(message, context) {
      if (!isLetstalkId(message.conversationId)) throw new NotFoundError(source);
      const body = await toBody(message);
      const answer = await http({
        call: 'sendMessage',
        method: 'POST',
        path: '/api/v1/messages',
        body,
        context,
      });
      const { id, createdAt } = parseSent(answer, wire);
      return toSent(id, createdAt, 'RESPONSE');
    },

    async findSent(conversationId, { name, from }, context) {
      const found: Progress[] = [];
      let location: number | undefined;
      for (let pages = 0; pages < MAX_PAGES; pages += 1) {
        const { rows, received } = await fetchBefore(conversationId, location, context);
        for (const { id, createdAt, remoteId } of rows)
          if (remoteId?.toLowerCase() === name) found.push(toSent(id, createdAt, 'HISTORY'));
        const [oldest] = rows;
        const complete = received < PER_PAGE || (oldest !== undefined && oldest.createdAt < from);
        if (found.length > 0 || complete || !oldest) return { found, complete };
        location = oldest.id;
      }
      return { found, complete: false };
    },

    // Who asks begins, and who answers ends.
    ...(role === 'client' && { startConversation }),
    ...(role === 'agent' && { closeConversation }),
  };

  async function startConversation(
    start: Parameters<NonNullable<Provider['startConversation']>>[0],
    context: ReadContext,
  ) {
    if (start.provider !== 'LETSTALK') throw new Error('the start of another provider');
    const { title, text, name, organizationId, inquiryId, metadata } = start;
    const json = {
      ...(title !== null && { issue: title }),
      message: { content: text, content_type: 'text/plain', remote_id: name },
      organization_id: Number(organizationId),
      ...(inquiryId !== null && { inquiry_id: Number(inquiryId) }),
      ...(metadata !== null && { metadata }),
    };
    const call = {
      call: 'startConversation',
      method: 'POST',
      path: '/api/v1/conversations',
      context,
    } as const;
    const conversationId = parseStarted(await http({ ...call, body: { json } }), wire);
    // The answer names the conversation, and not the message that began it.
    return { conversationId, progress: progressOf({ state: 'SENT', evidence: 'RESPONSE', final: true }) };
  }

  async function closeConversation(conversationId: string, context: ReadContext): Promise<void> {
    if (!isLetstalkId(conversationId)) throw new NotFoundError(source);
    const path = `/api/v1/conversations/${conversationId}`;
    await http({
      call: 'closeConversation',
      method: 'PUT',
      path,
      body: { json: { status: 'Closed' } },
      context,
    });
  }
}

/** Letstalk tells nothing of a message's way after it has taken it. */
function toSent(id: number, createdAt: string | null, evidence: 'RESPONSE' | 'HISTORY'): Progress {
  return progressOf({ state: 'SENT', evidence, final: true, messageId: String(id), sentAt: createdAt });
}

async function toBody({ conversationId, name, text, files, actionList }: OutgoingMessage): Promise<HttpBody> {
  const [file] = files;
  if (file) {
    const { fileName, byteSize } = file;
    const mimeType = DOCUMENTED_NAMES.get(file.mimeType) ?? file.mimeType;
    const media = { fileName, mimeType, ...(byteSize !== null && { byteSize }), body: await file.open() };
    return {
      multipart: [
        ['content', 'attachment'],
        ['content_type', mimeType],
        ['conversation_id', conversationId],
        ['remote_id', name],
        ['media', media],
      ],
    };
  }
  const content = actionList
    ? { content_type: 'actionable/list', content: JSON.stringify(toWire(actionList)) }
    : { content_type: 'text/plain', content: text };
  return { json: { ...content, remote_id: name, conversation_id: Number(conversationId) } };
}

/** Types by the only name that Letstalk documents for them. */
const DOCUMENTED_NAMES = new Map([
  ['application/geo+json', 'application/geojson'],
  ['audio/mpeg', 'audio/mp3'],
]);

function toWire({ title, viewType, showItemIcons, items }: OutgoingActionList) {
  return {
    title,
    // Both or neither: each is documented as required, with the default that stands here.
    ...((viewType !== null || showItemIcons !== null) && {
      options: { viewType: viewType === 'PILL' ? 'pill' : 'list', showItemsIcon: showItemIcons ?? false },
    }),
    items: items.map((item) =>
      item.kind === 'link'
        ? {
            type: 'link',
            payload: {
              label: item.label,
              url: item.url,
              ...(item.target !== null && { target: item.target }),
            },
          }
        : { type: 'quick-reply', payload: { label: item.label, message: item.message } },
    ),
  };
}
