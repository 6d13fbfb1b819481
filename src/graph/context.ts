import type { Logger } from 'pino';
import type { ReadContext } from '../messaging/provider.ts';
import type { Registry } from '../messaging/registry.ts';
import type { Loaders } from './loaders.ts';
import { createLoaders } from './loaders.ts';

/** What every resolver of one operation gets. */
export interface GraphContext {
  readonly registry: Registry;
  readonly loaders: Loaders;
  /** What reads at a provider need of the operation. */
  readonly read: ReadContext;
  readonly log: Logger;
}

export interface ContextOptions {
  readonly registry: Registry;
  /** The incoming request's headers, by lower-case name. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Aborts when the caller is gone. */
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/** Nothing in a context outlives its operation, so that no caller can see what another one read. */
export function createContext({ registry, headers, signal, log }: ContextOptions): GraphContext {
  const read = createReadContext(headers, signal);
  return { registry, loaders: createLoaders(registry, read), read, log };
}

function createReadContext(headers: ContextOptions['headers'], signal: AbortSignal): ReadContext {
  const shared = new Map<string, Promise<unknown>>();
  return {
    signal,
    header: (name) => [headers[name] ?? []].flat()[0],
    share: <T>(key: string, load: () => Promise<T>) => {
      const known = shared.get(key) as Promise<T> | undefined;
      if (known) return known;
      const loading = load();
      shared.set(key, loading);
      return loading;
    },
  };
}
