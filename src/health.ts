import type { ShedReason } from './overload.ts';

export type Stage = 'starting' | 'running' | 'stopping';

/** What load balancers are told. */
export interface Health {
  /** Whether requests should be sent here. */
  readonly ready: boolean;
  readonly body: { readonly status: string; readonly store?: 'unavailable' };
}

/** Calls nobody. Without its store Parley still reads: it is degraded, and as good as any other process that shares the store. */
export function healthOf(stage: Stage, overload: ShedReason | undefined, isStoreUsable: boolean): Health {
  const store = isStoreUsable ? {} : ({ store: 'unavailable' } as const);
  if (stage !== 'running') return { ready: false, body: { status: stage, ...store } };
  if (overload) return { ready: false, body: { status: 'overloaded', ...store } };
  return { ready: true, body: { status: isStoreUsable ? 'ready' : 'degraded', ...store } };
}
