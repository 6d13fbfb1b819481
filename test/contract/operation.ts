import type { ReadContext } from '../../src/messaging/provider.ts';
import { createUpstreamCalls } from '../../src/messaging/upstreamCalls.ts';

/** What an adapter gets of one GraphQL operation. */
export function operation({
  signal = new AbortController().signal,
  headers = {},
}: {
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
} = {}): ReadContext {
  const shared = new Map<string, Promise<unknown>>();
  return {
    signal,
    calls: createUpstreamCalls(),
    header: (name) => headers[name],
    share: <T>(key: string, load: () => Promise<T>) => {
      if (!shared.has(key)) shared.set(key, load());
      return shared.get(key) as Promise<T>;
    },
  };
}
