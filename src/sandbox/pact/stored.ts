import type { PactCompany } from './company.ts';
import type { PactJobRow } from './jobs.ts';
import type { PactUploadRow } from './uploads.ts';
import type { PactMessageFacts } from './v2/facts.ts';

/** What clients wrote to Pact over HTTP since the seed and the emulator still holds, each list oldest first. */
export interface PactStored {
  /** Ids of the conversations that were begun. */
  readonly conversations: readonly number[];
  /** What is in the history: of a send by v1 only once its job has delivered. */
  readonly messages: readonly {
    readonly conversationId: number;
    readonly id: number;
    /** Null when there are only attachments. */
    readonly text: string | null;
    /** How many. */
    readonly attachments: number;
    /** Null for the first message of a start that answered the conversation, and for whatever came by v2. */
    readonly jobId: number | null;
    /** Only of a reply: the messenger's id of what it answers. */
    readonly repliedToId?: string;
  }[];
  /** Every send that v1 has accepted, delivered or not. */
  readonly jobs: readonly {
    readonly id: number;
    readonly conversationId: number | null;
    readonly state: PactJobRow['state'];
    readonly messageId: number | null;
    readonly text: string;
    /** How many. */
    readonly attachments: number;
  }[];
  /** Every upload, used or not, without its bytes. */
  readonly uploads: readonly Omit<PactUploadRow, 'head'>[];
}

/** Sums up what was written to a company. */
export function storedAtPact({ state, facts, uploads, jobs, written }: PactCompany): PactStored {
  const list = jobs.list();
  const jobOf = new Map(list.map((job) => [job.message_id, job.id]));
  const messages = written.messages(
    (conversationId) => state.messages(conversationId),
    (row) => row.external_id,
  );
  return {
    conversations: written.conversations(),
    messages: messages.map(([conversationId, { external_id: id, message: text, attachments }]) => ({
      ...{ conversationId, id, text, attachments: attachments.length },
      jobId: jobOf.get(id) ?? null,
      ...replyOf(facts.message(id)),
    })),
    jobs: list.map(({ id, conversation_id: conversationId, state, message_id: messageId, sent }) => ({
      ...{ id, conversationId, state, messageId },
      ...{ text: sent.message, attachments: sent.attachmentIds.length },
    })),
    uploads: uploads.list().map(({ head: _bytes, ...upload }) => upload),
  };
}

function replyOf({ repliedToId }: PactMessageFacts): { repliedToId?: string } {
  return repliedToId == null ? {} : { repliedToId };
}
