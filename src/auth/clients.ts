import { createHash, timingSafeEqual } from 'node:crypto';
import type { Scope, Viewer } from '../messaging/viewer.ts';

/** A program that calls with a key of its own. */
export interface Client {
  readonly id: string;
  /** `sha256:` and the hexadecimal digest of each key that it may call with. */
  readonly keyHashes: readonly string[];
  readonly accounts: readonly string[] | '*';
  readonly scopes: readonly Scope[];
}

/**
 * Finds whose key it is. What is kept is a digest: keys are random and long, as `parley api-key` makes them, so that no slower
 * hash would protect them better.
 */
export function createClients(clients: readonly Client[]): (key: string) => Viewer | undefined {
  const known = clients.flatMap((client) =>
    client.keyHashes.map((hash) => ({ hash: Buffer.from(hash), viewer: toViewer(client) })),
  );
  return (key) => {
    const presented = Buffer.from(hashApiKey(key));
    let found: Viewer | undefined;
    // All of them, each in the same time: how long it takes tells nothing.
    for (const { hash, viewer } of known) if (timingSafeEqual(hash, presented)) found = viewer;
    return found;
  };
}

/** How a key is written down in the accounts file. */
export function hashApiKey(key: string): string {
  return `sha256:${createHash('sha256').update(key).digest('hex')}`;
}

function toViewer({ id, accounts, scopes }: Client): Viewer {
  return {
    id: JSON.stringify(['client', id]),
    authenticated: true,
    accounts: accounts === '*' ? '*' : new Set(accounts),
    scopes: new Set(scopes),
    viaRouter: false,
  };
}
