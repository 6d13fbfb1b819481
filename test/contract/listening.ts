import type { LiveConnection, OpenLive, ProviderEvent } from '../../src/messaging/live.ts';
import { operation } from './operation.ts';

/** All that a live connection has told, in its order. */
export interface Listening {
  readonly heard: readonly Told[];
  readonly events: () => ProviderEvent[];
  /** Resolves with the first thing that it tells from `from` on and of which that is true. */
  readonly until: <T extends Told>(is: (told: Told) => told is T, from?: number) => Promise<T>;
  /** Resolves with the first event of which that is true. */
  readonly event: (is: (event: ProviderEvent) => boolean) => Promise<ProviderEvent>;
  readonly close: LiveConnection['close'];
}

export type Told =
  | { readonly kind: 'event'; readonly event: ProviderEvent }
  | { readonly kind: 'connected' }
  | { readonly kind: 'disconnected'; readonly reason: string };

export const isConnected = (told: Told): told is Told & { kind: 'connected' } => told.kind === 'connected';
export const isLoss = (told: Told): told is Told & { kind: 'disconnected' } => told.kind === 'disconnected';

/** Opens a live connection and writes down what it tells. */
export function listenTo(open: OpenLive): Listening {
  const heard: Told[] = [];
  const waiting = new Set<() => void>();
  const hear = (told: Told) => {
    heard.push(told);
    for (const look of [...waiting]) look();
  };
  const connection = open(
    {
      event: (event) => hear({ kind: 'event', event }),
      connected: () => hear({ kind: 'connected' }),
      disconnected: (reason) => hear({ kind: 'disconnected', reason }),
    },
    operation(),
  );
  const until = <T extends Told>(is: (told: Told) => told is T, from = 0) =>
    new Promise<T>((resolve) => {
      const look = () => {
        const found = heard.slice(from).find(is);
        if (!found) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  return {
    heard,
    events: () => heard.flatMap((told) => (told.kind === 'event' ? [told.event] : [])),
    until,
    async event(is) {
      const isIt = (told: Told): told is Told & { kind: 'event' } => told.kind === 'event' && is(told.event);
      return (await until(isIt)).event;
    },
    close: () => connection.close(),
  };
}
