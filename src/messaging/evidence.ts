import type { Contending, Contention } from './contention.ts';
import { windowOf } from './contention.ts';
import type { Progress, StartConversation } from './outgoing.ts';
import type { Provider, ReadContext } from './provider.ts';
import type { Step } from './sendRecord.ts';

/** What the provider's history tells of a try whose answer was lost. */
export type Evidence =
  | { readonly verdict: 'TAKEN'; readonly progress: Progress; readonly conversationId: string }
  /** It is certain that nothing came of it. */
  | { readonly verdict: 'ABSENT' }
  | { readonly verdict: 'UNKNOWN' };

export interface EvidenceOptions {
  readonly contention: Contention;
  /** Milliseconds after the end of a try in which its message may still turn up in the history. */
  readonly settlingTime: number;
  readonly now: () => number;
}

interface Candidate {
  readonly conversationId: string;
  readonly messageId: string;
  readonly progress: Progress;
}

/** Looks for evidence of a lost part. Throws what the provider's reads throw; changes nothing at the provider. */
export async function findEvidence(
  lost: Contending,
  provider: Provider,
  context: ReadContext,
  { contention, settlingTime, now }: EvidenceOptions,
): Promise<Evidence> {
  const step = lost.record.parts[lost.index]!.step as Extract<Step, { at: 'LOST' }>;
  // Before the search: what turns up while it runs is not seen by it.
  const settled = now() >= Date.parse(step.until) + settlingTime;
  const { candidates, complete } = await search(lost, step, provider, context);
  if (candidates.length === 0) return { verdict: settled && complete ? 'ABSENT' : 'UNKNOWN' };
  // Of several with our name the oldest is the one: whatever made the others, it was not another key.
  const own = provider.namesSends ? candidates[0]! : await contention.claim(lost, step, candidates);
  return own
    ? { verdict: 'TAKEN', progress: own.progress, conversationId: own.conversationId }
    : { verdict: 'UNKNOWN' };
}

async function search(
  { record, index }: Contending,
  step: Extract<Step, { at: 'LOST' }>,
  provider: Provider,
  context: ReadContext,
): Promise<{ candidates: readonly Candidate[]; complete: boolean }> {
  const { conversationId, start } = record;
  const { name, digest, fileCount, fileIds = [] } = record.parts[index]!;
  const window = windowOf(step);
  if (start) {
    const search = await provider.findStarted?.({ start: toWhole(start), name, digest, ...window }, context);
    const candidates = (search?.found ?? []).flatMap(({ conversationId, progress }) =>
      conversationId === null ? [] : [toCandidate(conversationId, progress)],
    );
    return { candidates, complete: search?.complete ?? false };
  }
  const lost = { name, digest, fileCount, fileIds, ...window };
  const search = await provider.findSent?.(conversationId!, lost, context);
  const candidates = (search?.found ?? []).map((progress) => toCandidate(conversationId!, progress));
  return { candidates, complete: search?.complete ?? false };
}

/** A start as it was remembered: one from before VKontakte could be named has no word of it. */
type Remembered = StartConversation | Omit<Extract<StartConversation, { provider: 'PACT' }>, 'vkontakteId'>;

function toWhole(start: Remembered): StartConversation {
  return start.provider !== 'PACT' || 'vkontakteId' in start ? start : { ...start, vkontakteId: null };
}

// A start without a message is known by its conversation.
function toCandidate(conversationId: string, progress: Progress): Candidate {
  return { conversationId, messageId: progress.messageId ?? '', progress };
}
