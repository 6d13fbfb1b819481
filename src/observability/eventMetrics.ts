import type { Registry } from 'prom-client';
import { Counter, Gauge } from 'prom-client';
import type { ErrorSource } from '../messaging/errors.ts';
import type { ProviderEvent } from '../messaging/live.ts';
import { toLabels } from './callMetrics.ts';

/** Told of what providers tell, and of who is told. */
export interface EventObserver {
  /** A live connection has come, or is lost; null where this process is not to have it any more. */
  connected(source: ErrorSource, isConnected: boolean | null): void;
  /** `outcome` is `TAKEN`, or a code. */
  event(source: ErrorSource, kind: ProviderEvent['kind'], outcome: string): void;
  webhook(outcome: string): void;
  opened(transport: string): void;
  closed(transport: string, reason: string): void;
}

export function createEventMetrics(registry: Registry) {
  const registers = [registry];
  const connections = new Gauge({
    registers,
    name: 'parley_live_connections',
    help: 'Whether a live connection that this process is to have is there, by account: 1 or 0.',
    labelNames: ['account', 'provider'],
  });
  const events = new Counter({
    registers,
    name: 'parley_events_total',
    help: 'Events of providers, by kind and outcome: TAKEN, or a code.',
    labelNames: ['account', 'provider', 'kind', 'outcome'],
  });
  const webhooks = new Counter({
    registers,
    name: 'parley_webhooks_total',
    help: 'Webhooks that were posted, by outcome.',
    labelNames: ['outcome'],
  });
  const subscribers = new Gauge({
    registers,
    name: 'parley_subscriber_connections',
    help: 'Connections of subscribers, by transport.',
    labelNames: ['transport'],
  });
  const ended = new Counter({
    registers,
    name: 'parley_subscriber_connections_closed_total',
    help: 'Connections of subscribers that have ended, by transport and reason.',
    labelNames: ['transport', 'reason'],
  });
  let followers = () => 0;
  new Gauge({
    registers,
    name: 'parley_subscriptions',
    help: 'Subscriptions under way.',
    collect() {
      this.set(followers());
    },
  });
  const observer: EventObserver = {
    connected(source, isConnected) {
      if (isConnected === null) connections.remove(toLabels(source));
      else connections.set(toLabels(source), isConnected ? 1 : 0);
    },
    event: (source, kind, outcome) => events.inc({ ...toLabels(source), kind, outcome }),
    webhook: (outcome) => webhooks.inc({ outcome }),
    opened: (transport) => subscribers.inc({ transport }),
    closed(transport, reason) {
      subscribers.dec({ transport });
      ended.inc({ transport, reason });
    },
  };
  return {
    events: observer,
    watchSubscriptions(count: () => number): void {
      followers = count;
    },
  };
}
