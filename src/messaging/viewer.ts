import type { Provider, ReadContext } from './provider.ts';

/** Who calls. What one viewer sends or uploads is nobody else's. */
export interface Viewer {
  readonly id: string;
}

/** A viewer, with what the operation that they call with knows. */
export interface Caller {
  readonly viewer: Viewer;
  readonly read: ReadContext;
}

/**
 * Whose sends and uploads are meant at a provider. Where callers bring credentials of their own, those tell who they are as
 * well. Throws what {@link Provider.actor} throws.
 */
export async function viewerIdOf(provider: Provider, { viewer, read }: Caller): Promise<string> {
  return provider.actor ? JSON.stringify([viewer.id, await provider.actor(read)]) : viewer.id;
}

/** A context that reads anew, whatever the operation has read before. */
export function unshared(read: ReadContext): ReadContext {
  return { ...read, share: (_key, load) => load() };
}
