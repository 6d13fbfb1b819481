import { createRandom } from '../../../src/sandbox/content/random.ts';
import type { Fault } from '../../../src/sandbox/index.ts';
import { wellKnown } from '../../../src/sandbox/index.ts';

export type ProviderKey = 'pact' | 'letstalk' | 'pigeons';

export const PROVIDERS: readonly ProviderKey[] = ['pact', 'letstalk', 'pigeons'];

/** What one client wants to send, and how it goes about it. */
export interface PlannedSend {
  readonly key: string;
  readonly provider: ProviderKey;
  readonly conversation: string;
  readonly text: string;
  /** What it does, one after the other, until it knows how its send has ended. */
  readonly tries: readonly PlannedTry[];
  /** Whether it gives up when it is told that nothing was sent. */
  readonly givesUp: boolean;
}

export interface PlannedTry {
  /** Switched on at the provider right before, for whichever send comes next. */
  readonly fault: Fault | undefined;
  /** How many requests at once, all alike. */
  readonly duplicates: number;
  /** Milliseconds after which the client loses its signal; undefined for one that waits. */
  readonly leavesAfter: number | undefined;
  /** Which of the processes each of them goes to. */
  readonly instances: readonly number[];
}

const CONVERSATIONS: Record<ProviderKey, readonly string[]> = {
  // On WhatsApp and on VKontakte: delivered at once, and by a job.
  pact: [String(wellKnown.pact.documented), String(wellKnown.pact.vkontakte), String(wellKnown.pact.long)],
  letstalk: [String(wellKnown.letstalk.documented), String(wellKnown.letstalk.second)],
  pigeons: [wellKnown.pigeons.documented, wellKnown.pigeons.long],
};

/** Texts that many customers get: they can't be told apart by what they say. */
const COMMON = ['Thank you!', 'On its way 🚚', 'ok'];

/** The four ways to lose an answer, one that turns up after somebody has looked for it, and refusals. */
const FAULTS: readonly Fault[] = [
  { acceptThen: 'reset' },
  { acceptThen: 500 },
  { acceptThen: 'hang' },
  { reset: true },
  { acceptLate: 900 },
  { status: 503 },
  429,
  403,
];

export const INSTANCES = 2;

/** The same plan for the same seed. */
export function planChaos(seed: number, count: number): PlannedSend[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, (_none, index) => {
    const provider = random.pick(PROVIDERS);
    const isCommon = random.chance(0.15);
    return {
      key: random.uuid(),
      provider,
      conversation: random.pick(CONVERSATIONS[provider]),
      text: isCommon ? random.pick(COMMON) : `Message ${index} of ${seed}`,
      givesUp: random.chance(0.3),
      tries: Array.from({ length: random.between(1, 4) }, () => {
        const duplicates = random.chance(0.25) ? random.between(2, 4) : 1;
        return {
          fault: random.chance(0.35) ? random.pick(FAULTS) : undefined,
          duplicates,
          leavesAfter: random.chance(0.3) ? random.between(0, 120) : undefined,
          instances: Array.from({ length: duplicates }, () => random.between(0, INSTANCES - 1)),
        };
      }),
    };
  });
}
