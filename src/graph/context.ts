import type { Logger } from 'pino';
import type { Gestures } from '../messaging/gestures.ts';
import type { ReadContext } from '../messaging/provider.ts';
import type { Registry } from '../messaging/registry.ts';
import type { Sending } from '../messaging/sending.ts';
import type { Uploading } from '../messaging/uploading.ts';
import type { Caller, Viewer } from '../messaging/viewer.ts';
import type { Loaders } from './loaders.ts';
import { createLoaders } from './loaders.ts';

/** What the graph can do, whoever asks. */
export interface GraphServices {
  readonly registry: Registry;
  readonly sending: Sending;
  readonly uploading: Uploading;
  readonly gestures: Gestures;
  readonly log: Logger;
}

/** What every resolver of one operation gets. */
export interface GraphContext extends GraphServices {
  readonly loaders: Loaders;
  /** What reads at a provider need of the operation. */
  readonly read: ReadContext;
  /** Who asks. */
  readonly caller: Caller;
  /** Forgets what the operation has read: what comes after a write reads what was written. */
  readonly forget: () => void;
}

export interface ContextOptions extends GraphServices {
  readonly viewer: Viewer;
  /** The incoming request's headers, by lower-case name. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Aborts when the caller is gone. */
  readonly signal: AbortSignal;
}

/** Nothing in a context outlives its operation, so that no caller can see what another one read. */
export function createContext({ viewer, headers, signal, ...services }: ContextOptions): GraphContext {
  const shared = new Map<string, Promise<unknown>>();
  const read: ReadContext = {
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
  const loaders = createLoaders(services.registry, read);
  return {
    ...services,
    loaders,
    read,
    caller: { viewer, read },
    forget() {
      shared.clear();
      loaders.clear();
    },
  };
}
