import type { ReadContext } from './provider.ts';
import { createUpstreamCalls } from './upstreamCalls.ts';

/**
 * What Parley reads with on its own account: nobody's headers, and what is read is as it is now. It lasts as long as its signal, and counts
 * calls without an end to them.
 */
export function createSystemContext(signal: AbortSignal): ReadContext {
  return {
    signal,
    calls: createUpstreamCalls(),
    fresh: true,
    header: () => undefined,
    share: (_key, load) => load(),
  };
}
