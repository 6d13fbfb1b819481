import { monitorEventLoopDelay } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { Registry } from 'prom-client';
import { collectDefaultMetrics, Gauge } from 'prom-client';

const QUANTILES = [0.5, 0.99];
/** Milliseconds between two looks at the clock, which are no delay. */
const RESOLUTION = 10;

/** What every Node.js process has, and by how much its event loop is late. Measures until it is stopped. */
export function startProcessMetrics(registry: Registry): { stop(): void } {
  collectDefaultMetrics({ register: registry });
  new Gauge({
    registers: [registry],
    name: 'parley_heap_limit_bytes',
    help: 'The most that the heap may come to.',
  }).set(getHeapStatistics().heap_size_limit);
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION });
  delays.enable();
  new Gauge({
    registers: [registry],
    name: 'parley_event_loop_delay_seconds',
    help: 'By how much the event loop was late since somebody last looked.',
    labelNames: ['quantile'],
    collect() {
      for (const quantile of QUANTILES) {
        const milliseconds = delays.count === 0 ? 0 : delays.percentile(quantile * 100) / 1e6 - RESOLUTION;
        this.set({ quantile: String(quantile) }, Math.max(0, milliseconds) / 1_000);
      }
      delays.reset();
    },
  });
  return { stop: () => void delays.disable() };
}
