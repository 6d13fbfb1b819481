import type { UpstreamContent, UpstreamProvider } from '../upstream/Upstream.ts';

/**
 * Each client that asks at the same time as others has accounts of its own, on the same content: readers of one account would share
 * their calls, and there would be nothing left to compare.
 */
export interface LaneAccount {
  readonly id: string;
  /** What it shows the provider. */
  readonly secret: string;
}

export function laneAccount(content: UpstreamContent, provider: UpstreamProvider, lane: number): LaneAccount {
  const { pactToken, letstalkKey, pigeonsToken } = content;
  const secrets = { pact: pactToken, letstalk: letstalkKey, pigeons: pigeonsToken };
  const names = { pact: 'sales', letstalk: 'support', pigeons: 'app' };
  return { id: `${names[provider]}-${lane}`, secret: `${secrets[provider]}.${lane}` };
}
