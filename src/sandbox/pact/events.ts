import type { PactJobRow } from './jobs.ts';
import type { PactConversationRow, PactMessageRow } from './rows.ts';

/** Tells of what happens in a company. A version that has no word for something does not tell it. */
export interface PactEvents {
  readonly conversation: (row: PactConversationRow) => void;
  /** Anything but a new message. */
  readonly conversationChanged: (row: PactConversationRow) => void;
  readonly message: (conversationId: number, row: PactMessageRow, jobId?: number) => void;
  readonly messageChanged: (conversationId: number, row: PactMessageRow) => void;
  readonly messageDeleted: (conversationId: number, row: PactMessageRow) => void;
  readonly ack: (conversationId: number, row: PactMessageRow, ack: number) => void;
  /** A job that has settled. */
  readonly job: (job: PactJobRow) => void;
}

/** What `message/ack` says (pact.md): -1 preparing, 0 delivering, 1 sent, 2 delivered, 3 read. */
const SENT = 1;

/** As webhooks of v1 do (pact.md, "Webhooks v1"). */
export function createPactEvents(post: (body: unknown) => void): PactEvents {
  return {
    conversation: ({ avatar, created_at, ...row }) =>
      post({
        type: 'conversation',
        event: 'new',
        data: { ...row, created_at: toWebhookDate(created_at), avatar_url: avatar },
      }),

    message: (conversation_id, { external_id, message, income, attachments, ...row }, job_id) =>
      post({
        type: 'message',
        event: 'new',
        data: {
          ...{
            external_id,
            external_public_id: `sandbox-${external_id}`,
            ...channelOf(row),
            conversation_id,
          },
          ...{ message, location: null, income },
          created_at: row.created_at,
          created_at_timestamp: Math.floor(Date.parse(row.created_at) / 1000),
          // Of what comes from a client pact.md says nothing.
          ack: income ? null : SENT,
          ...{ attachments, job_id: job_id ?? null },
        },
      }),

    conversationChanged: () => undefined,
    messageChanged: () => undefined,
    messageDeleted: () => undefined,

    ack: (conversation_id, { external_id, ...row }, ack) =>
      post({
        type: 'message',
        event: 'ack',
        data: { external_id, channel: channelOf(row).channel, conversation_id, ack },
      }),

    job: ({ id, details, message_id }) =>
      post({
        type: 'job',
        event: 'executed',
        data: { id, ...details, message_id, date: Math.floor(Date.now() / 1000) },
      }),
  };
}

/** Tells each thing in the version that is in use just then. */
export function eventsOf(version: () => PactEvents): PactEvents {
  return {
    conversation: (row) => version().conversation(row),
    conversationChanged: (row) => version().conversationChanged(row),
    message: (conversationId, row, jobId) => version().message(conversationId, row, jobId),
    messageChanged: (conversationId, row) => version().messageChanged(conversationId, row),
    messageDeleted: (conversationId, row) => version().messageDeleted(conversationId, row),
    ack: (conversationId, row, ack) => version().ack(conversationId, row, ack),
    job: (job) => version().job(job),
  };
}

function channelOf({ channel_id, channel_type }: Pick<PactMessageRow, 'channel_id' | 'channel_type'>) {
  const channel = channel_id === null ? null : { id: channel_id, type: channel_type };
  return { channel_id, channel_type, channel };
}

/** As in `2017-11-11 12:45:53 UTC`. What a test has put in place of a date stays as it is. */
function toWebhookDate(iso: unknown): unknown {
  return typeof iso === 'string' ? `${iso.slice(0, 19).replace('T', ' ')} UTC` : iso;
}
