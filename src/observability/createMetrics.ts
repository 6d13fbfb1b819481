import { Registry } from 'prom-client';
import type { OperationReport } from '../graph/operationReport.ts';
import type { Health } from '../health.ts';
import type { CallObserver } from '../http/observer.ts';
import type { WriteObserver } from '../messaging/writeObserver.ts';
import type { StoreObserver } from '../store/observeStore.ts';
import type { WatchedAccount } from './callMetrics.ts';
import { createCallMetrics } from './callMetrics.ts';
import type { EventObserver } from './eventMetrics.ts';
import { createEventMetrics } from './eventMetrics.ts';
import { createOperationMetrics } from './operationMetrics.ts';
import { startProcessMetrics } from './processMetrics.ts';
import { serveMetrics } from './serveMetrics.ts';
import { createStateMetrics } from './stateMetrics.ts';

/** What is counted, for whoever watches over Parley. No label holds an id, a name or a text of a caller. */
export interface Metrics {
  operation(report: OperationReport): void;
  /** A request that did not get as far as GraphQL. */
  refused(code: string): void;
  /** A request that was turned away since there is too much of something. */
  /** An operation was given the answer to an equal one. */
  sharedAnswer(): void;
  shed(reason: string): void;
  readonly calls: CallObserver;
  readonly writes: WriteObserver;
  readonly store: StoreObserver;
  readonly events: EventObserver;
  /** Says where to look when somebody asks. */
  watchAccounts(load: () => readonly WatchedAccount[]): void;
  watchStore(isUsable: () => boolean): void;
  watchOperations(count: () => number): void;
  watchSubscriptions(count: () => number): void;
  /** Serves them, and what load balancers are told, on a port of their own; gives the address. */
  listen(host: string, port: number, health: () => Health): Promise<string>;
  close(): Promise<void>;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  const { observer: calls, watchAccounts } = createCallMetrics(registry);
  const closers: (() => void | Promise<void>)[] = [];
  return {
    ...createOperationMetrics(registry),
    ...createEventMetrics(registry),
    ...createStateMetrics(registry),
    ...{ calls, watchAccounts },
    async listen(host, port, health) {
      const served = await serveMetrics({ registry, host, port, health });
      closers.push(() => served.close());
      // Nobody measures for nobody.
      const measured = startProcessMetrics(registry);
      closers.push(() => measured.stop());
      return served.url;
    },
    async close() {
      for (const close of closers) await close();
    },
  };
}
