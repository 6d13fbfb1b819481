import type { LiveListener, ProviderEvent } from '../../src/messaging/live.ts';

/** A listener that a test can wait with. */
export interface Heard extends LiveListener {
  /** Everything in order; a connection that comes or goes as its word. */
  readonly all: readonly (ProviderEvent | 'connected' | { readonly disconnected: string })[];
  /** The next that has not been waited for yet. */
  readonly next: () => Promise<ProviderEvent | 'connected' | { readonly disconnected: string }>;
}

export function createHeard(): Heard {
  const all: Heard['all'][number][] = [];
  const waiting: ((item: Heard['all'][number]) => void)[] = [];
  let taken = 0;
  const hear = (item: Heard['all'][number]): void => {
    all.push(item);
    const first = waiting.shift();
    if (!first) return;
    taken += 1;
    first(item);
  };
  return {
    all,
    event: hear,
    connected: () => hear('connected'),
    disconnected: (disconnected) => hear({ disconnected }),
    next() {
      const item = all[taken];
      if (item === undefined) return new Promise((resolve) => waiting.push(resolve));
      taken += 1;
      return Promise.resolve(item);
    },
  };
}
