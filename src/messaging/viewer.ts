import type { Provider, ReadContext } from './provider.ts';
import type { Accounts } from './registry.ts';

/** What a viewer may be allowed to do, over and above seeing that their accounts exist. */
export const SCOPES = ['messages:read', 'messages:write', 'conversations:write'] as const;

export type Scope = (typeof SCOPES)[number];

/** Who calls, and what they may. What one viewer sends or uploads is nobody else's. */
export interface Viewer {
  /** Tells viewers apart, by whichever way they came. */
  readonly id: string;
  /** False for a router that speaks for nobody: it may learn the schema, and nothing else. */
  readonly authenticated: boolean;
  /** The ids of the accounts that they may use, or `*` for every one there is. */
  readonly accounts: ReadonlySet<string> | '*';
  readonly scopes: ReadonlySet<Scope>;
  /** Whether a router that has shown who it is passed the request on. */
  readonly viaRouter: boolean;
  /** Milliseconds since 1970 at which what they have shown holds no more; undefined where it has no end. */
  readonly expiresAt?: number | undefined;
}

/** A viewer, with what the operation that they call with knows. */
export interface Caller {
  readonly viewer: Viewer;
  /** The accounts that the viewer may use. Whatever reaches an account reaches it by these. */
  readonly accounts: Accounts;
  readonly read: ReadContext;
}

/**
 * Whose sends and uploads are meant at a provider. Where callers bring credentials of their own, those tell who they are as
 * well. Throws what {@link Provider.actor} throws.
 */
export async function viewerIdOf(
  provider: Provider,
  { viewer, read }: Pick<Caller, 'viewer' | 'read'>,
): Promise<string> {
  return provider.actor ? JSON.stringify([viewer.id, await provider.actor(read)]) : viewer.id;
}

/** A context that reads anew, whatever the operation has read before. */
export function unshared(read: ReadContext): ReadContext {
  return { ...read, share: (_key, load) => load() };
}
