import type { Registry } from 'prom-client';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { WriteObserver } from '../messaging/writeObserver.ts';
import type { StoreObserver } from '../store/observeStore.ts';
import { toLabels } from './callMetrics.ts';

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 2];

/** What is written, to providers and into the store. */
export function createStateMetrics(registry: Registry) {
  const registers = [registry];
  const sends = new Counter({
    registers,
    name: 'parley_sends_total',
    help: 'Sends as whoever asked was told: SENT, REPEATED (sent before), UNKNOWN, REFUSED, CONFLICT.',
    labelNames: ['account', 'provider', 'outcome'],
  });
  const uploads = new Counter({
    registers,
    name: 'parley_uploads_total',
    help: 'Uploads, by outcome: OK, or a code.',
    labelNames: ['account', 'provider', 'outcome'],
  });
  const bytes = new Counter({
    registers,
    name: 'parley_upload_bytes_total',
    help: 'Bytes of uploads that were taken.',
    labelNames: ['account', 'provider'],
  });
  const storeCalls = new Counter({
    registers,
    name: 'parley_store_calls_total',
    help: 'Calls to the store, by method and outcome: OK, or a code.',
    labelNames: ['method', 'outcome'],
  });
  const storeDuration = new Histogram({
    registers,
    name: 'parley_store_call_duration_seconds',
    help: 'How long calls to the store took.',
    labelNames: ['method'],
    buckets: SECONDS,
  });
  let isStoreUsable = () => true;
  new Gauge({
    registers,
    name: 'parley_store_usable',
    help: 'Whether the store can be used, as last seen: 1 or 0.',
    collect() {
      this.set(isStoreUsable() ? 1 : 0);
    },
  });

  const writes: WriteObserver = {
    sent: (source, outcome) => sends.inc({ ...toLabels(source), outcome }),
    uploaded(source, outcome, size) {
      uploads.inc({ ...toLabels(source), outcome });
      bytes.inc(toLabels(source), size);
    },
  };
  const store: StoreObserver = {
    call(method, outcome, seconds) {
      storeCalls.inc({ method, outcome });
      storeDuration.observe({ method }, seconds);
    },
  };
  return {
    writes,
    store,
    watchStore(isUsable: () => boolean): void {
      isStoreUsable = isUsable;
    },
  };
}
