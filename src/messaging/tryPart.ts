import { ParleyError } from './errors.ts';
import type { Background } from './background.ts';
import type { Contending, Contention } from './contention.ts';
import type { Progress } from './outgoing.ts';
import type { ReadContext } from './provider.ts';
import type { PartRecord, Step, Try } from './sendRecord.ts';
import type { UserError } from './userErrors.ts';

/** One message of what is to be sent. */
export interface PlannedPart extends Omit<PartRecord, 'attempt' | 'step'> {
  /** Milliseconds that one try may take. */
  readonly timeout: number;
  send(
    context: ReadContext,
  ): Promise<{ readonly progress: Progress; readonly conversationId: string | null }>;
  /** Before a try: what it needs must not be lost as long as nobody knows what became of it. */
  readonly prepare?: (own: Try) => Promise<void>;
  /** After a try that certainly came to nothing. May come late, when another try has begun. */
  readonly undo?: (own: Try) => Promise<void>;
  /** What a caller is told of a refusal. */
  readonly toUserError: (error: ParleyError) => UserError;
}

/** How a try ended. */
export interface Tried {
  readonly step: Exclude<Step, { at: 'SENDING' }>;
  readonly conversationId: string | null;
}

export interface TryOptions {
  /** Aborts when Parley stops, and waits for answers no longer. */
  readonly stopping: AbortSignal;
  /** Absent where the provider keeps our names, so that nobody can be taken for another. */
  readonly contention: Contention | undefined;
  readonly background: Background;
  readonly now: () => number;
  readonly report: (error: unknown, what: string) => void;
}

/** Whose try it is: a part of a record that is claimed for it. */
export interface Claim extends Contending {
  readonly own: Try;
}

/** Tries a part that is claimed, once. Whatever happens from the provider's call on is a way to end, and no error. */
export async function tryPart(
  planned: PlannedPart,
  claim: Claim,
  context: ReadContext,
  { contention, background, now, report, stopping }: TryOptions,
): Promise<Tried> {
  const { own } = claim;
  const { conversationId } = claim.record;
  const asOf = () => new Date(now()).toISOString();
  const refused = async (error: ParleyError): Promise<Tried> => {
    await Promise.all([
      contention && background.surely(() => contention.leave(claim, own), 'an unsent message'),
      planned.undo && background.surely(() => planned.undo!(own), 'an unsent file'),
    ]);
    const refusal = planned.toUserError(error);
    return { step: { at: 'WAITING', refusal, asOf: asOf() }, conversationId };
  };

  try {
    await contention?.enter(claim, own);
    await planned.prepare?.(own);
  } catch (error) {
    if (error instanceof ParleyError) return refused(error);
    throw error;
  }
  const remaining = Date.parse(own.until) - now();
  // A process that stood still for so long may have been given up by others, who look for what it is about to send.
  if (remaining <= 0) return refused(tooLate());
  try {
    // The caller may leave: a message that is on its way is not called back by that.
    const sent = await until(remaining, stopping, (signal) => planned.send({ ...context, signal }));
    const { progress } = sent;
    const told = { conversationId: sent.conversationId, messageId: progress.messageId };
    if (contention) await background.surely(() => contention.settle(claim, told, own), 'whose a message is');
    return { step: { at: 'TAKEN', progress, asOf: asOf() }, conversationId: sent.conversationId };
  } catch (error) {
    if (error instanceof ParleyError && error.refused) return refused(error);
    report(error, 'the answer to a send is lost');
    return { step: { at: 'LOST', ...own, asOf: asOf() }, conversationId };
  }
}

/**
 * Gives work a signal that aborts after so many milliseconds, or when Parley stops. Not `AbortSignal.any`, which leaves something behind in
 * a signal that lives as long as the process.
 */
async function until<T>(
  milliseconds: number,
  stopping: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const end = () => over.abort();
  const timeout = AbortSignal.timeout(Math.ceil(milliseconds));
  timeout.addEventListener('abort', end, { once: true });
  stopping.addEventListener('abort', end, { once: true });
  if (stopping.aborted) end();
  try {
    return await work(over.signal);
  } finally {
    timeout.removeEventListener('abort', end);
    stopping.removeEventListener('abort', end);
  }
}

function tooLate(): ParleyError {
  return new ParleyError('PROVIDER_TIMEOUT', 'There was no time left to send it in. Nothing was sent.', {
    refused: true,
    retryable: true,
  });
}
