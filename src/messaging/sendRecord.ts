import { createHash } from 'node:crypto';
import { deliveryId } from './ids.ts';
import type { Progress, StartConversation } from './outgoing.ts';
import type { Delivery } from './provider.ts';
import type { UserError } from './userErrors.ts';

/**
 * What is remembered of a send, so that the same key never sends twice. It is written before the provider is called, and
 * holds no text: who reads the store learns what was sent by its digest only.
 */
export interface SendRecord {
  readonly viewerId: string;
  readonly accountId: string;
  /** The provider's id of the conversation; null while a start has not got one. */
  readonly conversationId: string | null;
  /** What tells its content from another one under the same key. */
  readonly fingerprint: string;
  /** What was to be started, without its text; null for a message in a conversation that is there. */
  readonly start: StartConversation | null;
  readonly parts: readonly PartRecord[];
}

/** One message of a send. */
export interface PartRecord {
  /** The name that the provider is given for it. */
  readonly name: string;
  readonly digest: string;
  readonly fileCount: number;
  /** The provider's ids of its files, where they were uploaded there. */
  readonly fileIds?: readonly string[];
  /** How often it was tried. */
  readonly attempt: number;
  readonly step: Step;
}

/**
 * Where a part stands: waiting to be tried (again, where a try was refused), on its way until some instant at the latest,
 * lost on the way, or taken by the provider.
 */
export type Step =
  | { readonly at: 'WAITING'; readonly refusal: UserError | null; readonly asOf: string }
  | ({ readonly at: 'SENDING' } & Try)
  | ({ readonly at: 'LOST'; readonly asOf: string } & Try)
  | { readonly at: 'TAKEN'; readonly progress: Progress; readonly asOf: string };

/** One try: whose it is, and its time at the earliest and at the latest; UTC ISO 8601. */
export interface Try {
  /** Tells it from a try of another process, which may have begun in the same millisecond. */
  readonly token: string;
  readonly from: string;
  readonly until: string;
}

/** The name of a send's record: nobody can tell from it who sent, or with which key. */
export function scopeOf(viewerId: string, mutation: string, key: string): string {
  return createHash('sha256')
    .update(JSON.stringify([viewerId, mutation, key]))
    .digest('base64url');
}

/** Whether nothing of it has gone out, nor may have: its key is free for another content. */
export function isFree({ parts }: SendRecord): boolean {
  return parts.every(({ step }) => step.at === 'WAITING');
}

/** The part that is next to be dealt with; -1 when all have been taken. */
export function nextPart({ parts }: SendRecord): number {
  return parts.findIndex(({ step }) => step.at !== 'TAKEN');
}

export function withStep(record: SendRecord, index: number, step: Step): SendRecord {
  return withPart(record, index, { ...record.parts[index]!, step });
}

/** A part as it is tried once more. */
export function withTry(record: SendRecord, index: number, next: Try): SendRecord {
  const part = record.parts[index]!;
  return withPart(record, index, { ...part, attempt: part.attempt + 1, step: { at: 'SENDING', ...next } });
}

function withPart(record: SendRecord, index: number, part: PartRecord): SendRecord {
  return { ...record, parts: record.parts.with(index, part) };
}

/** What is known now, given what was: states only move forward, and what was learned is not forgotten. */
export function moveForward(known: Progress, news: Progress): Progress {
  if (known.final) return known;
  const isTooLate = news.state === 'FAILED' && RANKS[known.state] >= RANKS.DELIVERED;
  const isBehind = isTooLate || RANKS[news.state] < RANKS[known.state];
  // Late news may still be the first that name the message.
  const [first, second] = isBehind ? [known, news] : [news, known];
  return {
    ...first,
    messageId: first.messageId ?? second.messageId,
    job: first.job ?? second.job,
    sentAt: first.sentAt ?? second.sentAt,
    deliveredAt: first.deliveredAt ?? second.deliveredAt,
    readAt: first.readAt ?? second.readAt,
  };
}

const RANKS: Readonly<Record<Delivery['state'], number>> = {
  UNKNOWN: 0,
  QUEUED: 1,
  SENT: 2,
  DELIVERED: 3,
  READ: 4,
  // Before it was delivered; after that it is too late to fail.
  FAILED: 5,
};

/** A part as callers see it. */
export function toDelivery(scope: string, record: SendRecord, index: number): Delivery {
  const { attempt, step } = record.parts[index]!;
  const { accountId, conversationId } = record;
  // What was never tried is no delivery yet that could be asked for.
  const id = attempt === 0 ? null : deliveryId({ accountId, scope, part: index, attempt });
  switch (step.at) {
    case 'WAITING':
      return {
        ...NOTHING_KNOWN,
        id,
        state: 'FAILED',
        asOf: step.asOf,
        failureReason: toReason(step.refusal),
      };
    case 'SENDING':
      return { ...NOTHING_KNOWN, id, state: 'QUEUED', asOf: step.from };
    case 'LOST':
      return { ...NOTHING_KNOWN, id, state: 'UNKNOWN', asOf: step.asOf };
    case 'TAKEN': {
      const { messageId, job: _job, final: _final, ...told } = step.progress;
      const message =
        messageId === null || conversationId === null
          ? null
          : { accountId, conversationExternalId: conversationId, externalId: messageId };
      return { ...told, id, asOf: step.asOf, message };
    }
  }
}

/** A try that came to nothing, and was followed by another one. */
export function toFailedDelivery(id: string, asOf: string): Delivery {
  const failureReason = 'Not sent by this try. The same key was tried again, as a delivery of another id.';
  return { ...NOTHING_KNOWN, id, state: 'FAILED', asOf, failureReason };
}

const NOTHING_KNOWN = {
  evidence: 'NONE',
  message: null,
  sentAt: null,
  deliveredAt: null,
  readAt: null,
  failureReason: null,
} as const;

function toReason(refusal: UserError | null): string {
  return `Not sent${refusal ? `: ${refusal.message}` : '.'} The same mutation with the same key sends it.`;
}
