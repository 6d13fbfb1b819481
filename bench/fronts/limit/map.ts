/** The providers' rows as Parley's graph shows them: as few steps as it takes, and nothing checked. */

type Row = any;

export function idOf(...parts: readonly (string | number)[]): string {
  return Buffer.from(parts.join(':')).toString('base64url');
}

export function toPactPage(body: Row, account: string, conversation: string | number) {
  const { messages, next_page } = body.data;
  return {
    nodes: messages.reverse().map((row: Row) => toPactMessage(row, account, conversation)),
    pageInfo: { hasPreviousPage: Boolean(next_page) },
  };
}

export function toPactMessage(row: Row, account: string, conversation: string | number) {
  return {
    id: idOf('m', account, conversation, row.external_id),
    text: row.message || null,
    sentAt: row.created_at,
    direction: row.income ? 'INBOUND' : 'OUTBOUND',
    author: null,
    attachments: row.attachments.map((file: Row) => ({
      fileName: file.file_name ?? null,
      mimeType: file.mime_type ?? null,
      byteSize: file.size ?? null,
      url: file.attachment_url ?? null,
    })),
  };
}

export function toPactConversation(row: Row, account: string, messages: unknown) {
  return {
    id: idOf('c', account, row.external_id),
    title: row.name,
    lastActivityAt: row.last_message_at ? new Date(row.last_message_at * 1000).toISOString() : null,
    messages,
  };
}

/** `size` rows of one more than that, newest first. */
export function toLetstalkPage(rows: Row, size: number, account: string, conversation: string) {
  return {
    nodes: rows
      .slice(0, size)
      .reverse()
      .map((row: Row) => toLetstalkMessage(row, account, conversation)),
    pageInfo: { hasPreviousPage: rows.length > size },
  };
}

function toLetstalkMessage(
  { id, person, content, created_at, type }: Row,
  account: string,
  conversation: string,
) {
  const isSystem = type === 'SYSTEM';
  return {
    id: idOf('m', account, conversation, id),
    text: content,
    sentAt: new Date(created_at).toISOString(),
    direction: isSystem || !person ? null : person.type === 'User' ? 'OUTBOUND' : 'INBOUND',
    author: person || isSystem ? { name: person?.name ?? null } : null,
    attachments: [],
  };
}

export function toLetstalkConversation(
  [newest]: Row,
  account: string,
  conversation: string,
  messages: unknown,
) {
  return {
    id: idOf('c', account, conversation),
    title: newest.conversation_internal_issue,
    lastActivityAt: new Date(newest.created_at).toISOString(),
    messages,
  };
}

/** The last `size` of all, in whichever order they came. */
export function toPigeonsPage(body: Row, size: number, account: string, conversation: string, self: string) {
  const rows = body.data.sort(byTime).slice(-size);
  return {
    nodes: rows.map((row: Row) => toPigeonsMessage(row, account, conversation, self)),
    pageInfo: { hasPreviousPage: body.data.length > size },
  };
}

function toPigeonsMessage(row: Row, account: string, conversation: string, self: string) {
  return {
    id: idOf('m', account, conversation, row.message_id),
    text: row.context.text || null,
    sentAt: new Date(row.timestamps.sent_at).toISOString(),
    direction: row.sender.uuid === self ? 'OUTBOUND' : 'INBOUND',
    author: { name: row.sender.name },
    attachments: (row.attachments ?? []).map((file: Row) => ({
      fileName: file.name ?? null,
      mimeType: file.mime_type ?? null,
      byteSize: file.size ?? null,
      url: file.url ?? null,
    })),
  };
}

export function toPigeonsConversation(row: Row, account: string, messages: unknown) {
  return {
    id: idOf('c', account, row.uuid),
    title: row.taggable_info?.title ?? null,
    lastActivityAt: row.last_message_at ? new Date(row.last_message_at).toISOString() : null,
    messages,
  };
}

function byTime(a: Row, b: Row): number {
  const left = a.timestamps.sent_at;
  const right = b.timestamps.sent_at;
  return left < right ? -1 : left > right ? 1 : a.message_id < b.message_id ? -1 : 1;
}
