import { afterNewest } from '../core/afterNewest.ts';
import { wellKnown } from '../wellKnown.ts';
import type { PactCompany } from './company.ts';
import type { PactSend } from './requests.ts';
import type { PactConversationRow, PactMessageRow } from './rows.ts';
import type { PactMessageFacts } from './v2/facts.ts';

export type DeliveryResult = 'DELIVERED' | 'NOT DELIVERED';

/** A delivery job as Pact v1 answers it (pact.md, "Delivery job"). */
export interface PactJobRow {
  readonly id: number;
  readonly company_id: number;
  readonly channel: { readonly id: number; readonly type: string };
  readonly conversation_id: number | null;
  /** pact.md names the first two; the state of what failed is our invention. */
  readonly state: 'trying_deliver' | 'delivered' | 'not_delivered';
  /** Null until known. */
  readonly message_id: number | null;
  readonly details: { readonly result: DeliveryResult; readonly reason?: string } | null;
  /** Seconds since 1970. */
  readonly created_at: number;
}

/** A job as the emulator keeps it. */
export interface PactStoredJob extends PactJobRow {
  /** What was to be delivered; never answered. */
  readonly sent: PactSend;
}

/** When a job settles: 'asked twice' is still being tried when its details are asked for the first time. */
export type Settling = 'at once' | 'asked twice' | 'told';

/** The delivery jobs of one company. */
export interface PactJobs {
  list(): readonly PactStoredJob[];
  start(conversation: PactConversationRow, sent: PactSend, settling: Settling): PactJobRow;
  /** What asking for a job answers; undefined when that channel has no such job. */
  ask(channelId: number, id: number): PactJobRow | undefined;
  /** Throws `RangeError` when there is no such job or it has settled. */
  settle(id: number, result: DeliveryResult, reason?: string): void;
  /** Delivers whatever waits, oldest first. */
  settleAll(): void;
}

/** Of an answer to a send only, where the conversation itself has none: a job always names a channel. */
const CHANNEL_OF_NONE = 427;

/** The documented job; those of a sandbox follow it. */
const FIRST_ID = 18;

/** What a delivery changes. */
type Delivering = Pick<PactCompany, 'state' | 'facts' | 'uploads' | 'written' | 'events'>;

/** None yet. A message is written to the company when its job settles as delivered. */
export function createPactJobs(company: Delivering): PactJobs {
  const jobs = new Map<number, PactStoredJob>();
  const asked = new Map<number, number>();

  const settled = (job: PactStoredJob, result: DeliveryResult, reason?: string): PactStoredJob => {
    const details = { result, ...(reason !== undefined && { reason }) };
    const end =
      result === 'DELIVERED'
        ? { ...job, state: 'delivered' as const, message_id: deliver(job, company), details }
        : { ...job, state: 'not_delivered' as const, details };
    jobs.set(job.id, end);
    asked.delete(job.id);
    company.events.job(end);
    return end;
  };
  const waiting = (id: number): PactStoredJob => {
    const job = jobs.get(id);
    if (job?.state !== 'trying_deliver')
      throw new RangeError(`the Pact emulator has no job ${id} that waits`);
    return job;
  };

  return {
    list: () => [...jobs.values()],

    start(conversation, sent, settling) {
      const job: PactStoredJob = {
        id: FIRST_ID + jobs.size,
        company_id: wellKnown.pact.companyId,
        channel: { id: conversation.channel_id ?? CHANNEL_OF_NONE, type: conversation.channel_type },
        conversation_id: conversation.external_id,
        state: 'trying_deliver',
        message_id: null,
        details: null,
        created_at: Math.floor(Date.now() / 1000),
        sent,
      };
      jobs.set(job.id, job);
      company.uploads.use(sent.attachmentIds, { jobId: job.id });
      if (settling === 'asked twice') asked.set(job.id, 0);
      return answerOf(settling === 'at once' ? settled(job, 'DELIVERED') : job);
    },

    ask(channelId, id) {
      const job = jobs.get(id);
      if (job?.channel.id !== channelId) return undefined;
      const times = asked.get(id);
      if (times === undefined) return answerOf(job);
      asked.set(id, times + 1);
      return answerOf(times > 0 ? settled(job, 'DELIVERED') : job);
    },

    settle: (id, result, reason) => void settled(waiting(id), result, reason),

    settleAll() {
      for (const job of jobs.values()) if (job.state === 'trying_deliver') settled(job, 'DELIVERED');
    },
  };
}

/** Answers the id of the new message. */
function deliver({ id, conversation_id, sent }: PactStoredJob, company: Delivering): number {
  const { uploads } = company;
  const row = addOutbound(company, conversation_id!, sent.message, {
    attachmentsOf: (messageId) => uploads.attachments(sent.attachmentIds, messageId),
    jobId: id,
  });
  uploads.use(sent.attachmentIds, { messageId: row.external_id });
  return row.external_id;
}

interface OutboundOptions {
  readonly attachmentsOf?: (messageId: number) => PactMessageRow['attachments'];
  /** The job that delivers it. */
  readonly jobId?: number;
  /** What only v2 says of it. */
  readonly facts?: PactMessageFacts;
}

/** Puts a message of the company at the end of a conversation, at the present time. */
export function addOutbound(
  { state, facts, written, events }: Omit<Delivering, 'uploads'>,
  conversationId: number,
  text: string,
  { attachmentsOf = () => [], jobId, facts: said }: OutboundOptions = {},
): PactMessageRow {
  const at = afterNewest(state.messages(conversationId).at(-1)?.created_at);
  const external_id = state.nextMessageId();
  written.addMessage(conversationId, external_id);
  if (said) facts.setMessage(external_id, said);
  const row = state.addMessage(conversationId, {
    external_id,
    message: text || null,
    income: false,
    created_at: new Date(at).toISOString(),
    attachments: attachmentsOf(external_id),
  });
  events.message(conversationId, row, jobId);
  return row;
}

function answerOf({ sent: _kept, ...job }: PactStoredJob): PactJobRow {
  return job;
}
