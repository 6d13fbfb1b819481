import { randomUUID } from 'node:crypto';
import type { Background } from './background.ts';
import type { Contention } from './contention.ts';
import { ParleyError } from './errors.ts';
import { findEvidence } from './evidence.ts';
import { pause } from './pause.ts';
import type { Provider, ReadContext } from './provider.ts';
import type { SendRecord, Step, Try } from './sendRecord.ts';
import { isFree, moveForward, nextPart, withStep, withTry } from './sendRecord.ts';
import type { Entry, SendRecords } from './sendRecords.ts';
import type { Claim, PlannedPart } from './tryPart.ts';
import { tryPart } from './tryPart.ts';
import type { UserError } from './userErrors.ts';
import { toUserError, userError } from './userErrors.ts';

/** What is to be done once, whatever becomes of the caller, the process or the provider's answer. */
export interface Task {
  readonly scope: string;
  readonly provider: Provider;
  readonly fingerprint: string;
  /** Where in the input its key stands, dotted. */
  readonly keyField: string;
  /** What there is to send, checked and ready, or what is wrong with it. Only asked for when something has to be sent. */
  plan(): Promise<Plan | readonly UserError[]>;
  /** Told whenever this run itself has sent a part, also where the answer is lost. */
  sent?(): void;
}

export interface Plan {
  readonly record: Omit<SendRecord, 'fingerprint' | 'parts'>;
  readonly parts: readonly PlannedPart[];
}

/** How far a task has come. The record is absent where nothing of it has gone out. */
export interface Outcome {
  readonly record?: SendRecord;
  readonly errors: readonly UserError[];
}

/** Does each task once. */
export interface Once {
  /** Throws `STORE_UNAVAILABLE` where nothing was done because nothing could be remembered. */
  run(task: Task, context: ReadContext): Promise<Outcome>;
  /** What is written of a task. */
  look(scope: string): Promise<SendRecord | undefined>;
  /** Asks the provider what has become of a part, where that is not settled. Sends nothing. */
  refresh(place: PartPlace, context: ReadContext): Promise<SendRecord | undefined>;
}

export interface PartPlace {
  readonly scope: string;
  readonly index: number;
  readonly provider: Provider;
}

export interface OnceOptions {
  readonly records: SendRecords;
  readonly contention: Contention;
  readonly background: Background;
  /** Milliseconds after a try in which its message may still turn up in the provider's history. */
  readonly settlingTime: number;
  readonly now: () => number;
  /** Aborts when Parley stops, and waits for answers no longer. */
  readonly stopping: AbortSignal;
  /** Told of what went wrong behind a caller's back. */
  readonly report: (error: unknown, what: string) => void;
}

/** Milliseconds in which whoever has tried writes down how it ended, and by which clocks may differ. */
const GRACE = 2_000;
/** Milliseconds between two looks at what another one is doing. */
const FIRST_PAUSE = 20;
const LONGEST_PAUSE = 500;

/** One caller's run of a task. */
interface Call {
  readonly task: Task;
  readonly context: ReadContext;
  /** The attempt that another caller is making. */
  waitedFor?: number;
  pause: number;
  /** What this call itself has sent of it, or else has read, and so knows even when the store is gone. */
  sent?: SendRecord;
  seen?: SendRecord;
}

export function createOnce(options: OnceOptions): Once {
  const { records, contention, background, now } = options;

  return {
    run: (task, context) => background.track(run(task, context)),
    look: async (scope) => (await records.read(scope))?.record,
    refresh,
  };

  async function run(task: Task, context: ReadContext): Promise<Outcome> {
    const call: Call = { task, context, pause: FIRST_PAUSE };
    try {
      for (;;) {
        const outcome = await takeStep(call);
        if (outcome) return outcome;
      }
    } catch (error) {
      const known = call.sent ?? call.seen;
      if (!known || !(error instanceof ParleyError)) throw error;
      return { record: known, errors: [toUserError(error)] };
    }
  }

  /**
   * Looks at the record, and does what it says is next. Each step is written over exactly what was read, so that of many
   * who do this at once one gets through, and the others look again. Undefined while there is more to do.
   */
  async function takeStep(call: Call): Promise<Outcome | undefined> {
    const { task, context, waitedFor } = call;
    const entry = await records.read(task.scope);
    const index = entry ? nextPart(entry.record) : 0;
    const part = entry?.record.parts[index];
    // A store that does not know yet what this call has sent, or not any more, is no reason to send it again.
    if (call.sent?.parts[index]?.step.at === 'TAKEN' && part?.step.at !== 'SENDING') throw notWritten();
    // Who waited for a try gives the answer that the one who made it gives.
    if (part?.step.at === 'WAITING' && part.step.refusal && part.attempt === waitedFor)
      return refusal(entry!.record, [part.step.refusal]);
    if (!entry || isFree(entry.record)) return sendNext(call, entry, 0);
    const { record } = entry;
    if (record.fingerprint !== task.fingerprint) return conflict(task);
    call.seen = record;
    switch (part?.step.at) {
      case undefined:
      case 'TAKEN':
        return { record, errors: [] };
      case 'WAITING':
        return sendNext(call, entry, index);
      case 'LOST': {
        const known = await refresh({ ...task, index }, context);
        return known?.parts[index]?.step.at === 'LOST' ? { record: known, errors: [] } : undefined;
      }
      case 'SENDING':
        if (await endOverdue(task.scope, entry, index)) return undefined;
        call.waitedFor = part.attempt;
        await pause(call.pause, context.signal);
        call.pause = Math.min(call.pause * 1.5, LONGEST_PAUSE);
        return undefined;
    }
  }

  /** Claims a part, and tries it. Undefined when the record has to be looked at again. */
  async function sendNext(call: Call, entry: Entry | undefined, index: number): Promise<Outcome | undefined> {
    const { task, context } = call;
    const plan = await task.plan();
    if (!('parts' in plan)) return refusal(entry?.record, plan);
    const from = now();
    const known =
      entry && !isFree(entry.record) ? entry.record : toRecord(task, plan, entry?.record, toInstant(from));
    // What the conversation takes may have changed meanwhile, and with it how the content is split.
    if (!isSplitAlike(plan, known)) return refusal(known, [conflictAt(task.keyField)]);
    const planned = plan.parts[index]!;
    const until = toInstant(from + planned.timeout);
    const own: Try = { token: randomUUID(), from: toInstant(from), until };
    const claim = { scope: task.scope, record: withTry(known, index, own), index, own };
    if (!(await hold(claim, entry))) return undefined;
    const { step, conversationId } = await tryPart(planned, claim, context, {
      ...options,
      contention: task.provider.namesSends ? undefined : contention,
    });
    const record = await finish(claim, step, conversationId);
    // Unless others, who found it overdue, know better.
    if (step.at === 'WAITING')
      return record.parts[index]!.step.at === 'WAITING' ? refusal(record, [step.refusal!]) : undefined;
    call.sent = record;
    task.sent?.();
    // Others may have found it overdue, and what became of it.
    const isLost = record.parts[index]!.step.at === 'LOST';
    return isLost || nextPart(record) === -1 ? { record, errors: [] } : undefined;
  }

  /** Takes a part for a try. False when somebody else was faster. */
  async function hold(claim: Claim, entry: Entry | undefined): Promise<boolean> {
    try {
      return (await records.write(claim.scope, entry, claim.record)) !== undefined;
    } catch (error) {
      // It may have been written nevertheless, and would keep everybody from sending it.
      const asOf = toInstant(now());
      const letGo = () => change(claim, { at: 'WAITING', refusal: null, asOf }, claim.record.conversationId);
      void background.track(background.surely(letGo, 'a key that may be held for nothing'));
      throw error;
    }
  }

  /** Writes down how a try ended. The caller learns it even while the store does not. */
  async function finish(claim: Claim, step: Step, conversationId: string | null): Promise<SendRecord> {
    const written = await background.surely(() => change(claim, step, conversationId), 'how a send ended');
    return written ?? { ...withStep(claim.record, claim.index, step), conversationId };
  }

  function change({ scope, record: claimed, index, own }: Claim, step: Step, conversationId: string | null) {
    return records.change(scope, (record) => {
      const known = record.parts[index];
      const isOpen = known?.step.at === 'SENDING' || known?.step.at === 'LOST';
      // Whoever found the try overdue may have settled it already: only to be told that it was taken is better news.
      const isOwn = isOpen
        ? known.step.token === own.token
        : step.at === 'TAKEN' &&
          known?.step.at === 'WAITING' &&
          known.attempt === claimed.parts[index]!.attempt;
      return isOwn ? { ...withStep(record, index, step), conversationId } : undefined;
    });
  }

  /** Takes a try for lost whose end nobody has written down in time: its process is gone, or its store was. */
  async function endOverdue(scope: string, entry: Entry, index: number): Promise<boolean> {
    const { step } = entry.record.parts[index]!;
    if (step.at !== 'SENDING' || now() <= Date.parse(step.until) + GRACE) return false;
    const lost: Step = { ...step, at: 'LOST', asOf: toInstant(now()) };
    await records.write(scope, entry, withStep(entry.record, index, lost));
    return true;
  }

  async function refresh({ scope, index, provider }: PartPlace, context: ReadContext) {
    for (;;) {
      const entry = await records.read(scope);
      const step = entry?.record.parts[index]?.step;
      if (!entry || !step) return entry?.record;
      if (await endOverdue(scope, entry, index)) continue;
      const news = await newsOf(entry.record, { scope, index, provider }, context);
      if (!news) return entry.record;
      const written = await records.write(scope, entry, news);
      if (written) return written.record;
    }
  }

  /** What the provider can tell that the record does not; undefined where there is nothing to ask, or no answer. */
  async function newsOf(
    record: SendRecord,
    { scope, index, provider }: PartPlace,
    context: ReadContext,
  ): Promise<SendRecord | undefined> {
    const part = record.parts[index]!;
    const asOf = toInstant(now());
    try {
      if (part.step.at === 'LOST') {
        const evidence = await findEvidence({ scope, record, index }, provider, context, options);
        if (evidence.verdict === 'ABSENT')
          return withStep(record, index, { at: 'WAITING', refusal: null, asOf });
        if (evidence.verdict === 'UNKNOWN') return withStep(record, index, { ...part.step, asOf });
        const { progress, conversationId } = evidence;
        return { ...withStep(record, index, { at: 'TAKEN', progress, asOf }), conversationId };
      }
      if (part.step.at !== 'TAKEN' || part.step.progress.final) return undefined;
      const known = part.step.progress;
      const told = await provider.loadProgress?.(record.conversationId, known, context);
      if (!told) return undefined;
      const progress = moveForward(known, told.progress);
      const conversationId = record.conversationId ?? told.conversationId;
      const { messageId } = progress;
      if (!provider.namesSends && known.messageId === null && messageId !== null)
        await contention.settle({ scope, record, index }, { conversationId, messageId }, undefined);
      return { ...withStep(record, index, { at: 'TAKEN', progress, asOf }), conversationId };
    } catch (error) {
      if (!(error instanceof ParleyError) || context.signal.aborted) throw error;
      // What was known stays known, and says as of when.
      options.report(error, 'what became of a send');
      return undefined;
    }
  }
}

/** A record of a plan; tries are counted on from one whose key was free. */
function toRecord(
  { fingerprint }: Task,
  { record, parts }: Plan,
  free: SendRecord | undefined,
  asOf: string,
): SendRecord {
  const attempt = Math.max(0, ...(free?.parts.map((part) => part.attempt) ?? []));
  const step = { at: 'WAITING', refusal: null, asOf } as const;
  return {
    ...record,
    fingerprint,
    parts: parts.map(({ name, digest, fileCount, fileIds = [] }) => ({
      ...{ name, digest, fileCount, fileIds, attempt, step },
    })),
  };
}

function isSplitAlike({ parts }: Plan, known: SendRecord): boolean {
  return (
    parts.length === known.parts.length &&
    parts.every(({ name, digest, fileCount }, index) => {
      const part = known.parts[index]!;
      return part.name === name && part.digest === digest && part.fileCount === fileCount;
    })
  );
}

function refusal(record: SendRecord | undefined, errors: readonly UserError[]): Outcome {
  return record && !isFree(record) ? { record, errors } : { errors };
}

function conflictAt(field: string): UserError {
  const message = 'This key was used for another content. Choose a new key for each thing that you send.';
  return userError('IDEMPOTENCY_CONFLICT', field, message);
}

/** A content that is wrong in itself is told so first. */
async function conflict(task: Task): Promise<Outcome> {
  const plan = await task.plan();
  return { errors: 'parts' in plan ? [conflictAt(task.keyField)] : plan };
}

function notWritten(): ParleyError {
  const message = 'What was sent could not be written down, so that nothing more is sent now. Try again.';
  return new ParleyError('STORE_UNAVAILABLE', message, { retryable: true });
}

function toInstant(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
