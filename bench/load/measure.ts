import type { Front } from '../fronts/Front.ts';
import { forgetPeak, memoryOf } from '../subscribers/use.ts';
import type { Upstream } from '../upstream/startUpstream.ts';
import type { Ask } from '../work/Workload.ts';
import { cpuTimeOf } from './cpuTimeOf.ts';
import { quantile } from './quantile.ts';
import { runClients } from './runClients.ts';

/** One measurement of one front. */
export interface Measured {
  /** Requests a second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Milliseconds of a processor for each request. */
  readonly cpu: number;
  /** Calls to providers for each request. */
  readonly calls: number;
  /** Megabytes that were resident at the most. */
  readonly peak: number;
}

export interface MeasureOptions {
  readonly front: Front;
  readonly upstream: Upstream;
  readonly ask: Ask;
  readonly clients: number;
  readonly seconds: number;
  readonly requests?: number | undefined;
}

/** Part of the time that is not measured, before. */
const WARM_UP = 0.15;

export async function measure({
  front,
  upstream,
  ask,
  clients,
  seconds,
  requests,
}: MeasureOptions): Promise<Measured> {
  const pid = front.child.pid!;
  const load = { port: front.port, request: ask, clients };
  await runClients({ ...load, seconds: seconds * WARM_UP, ...(requests !== undefined && { requests: 1 }) });
  forgetPeak(pid);
  await upstream.countCalls();
  const before = cpuTimeOf(pid);
  const { latencies, seconds: taken } = await runClients({
    ...load,
    seconds,
    ...(requests !== undefined && { requests: Math.max(requests, clients) }),
  });
  const cpu = cpuTimeOf(pid) - before;
  const count = latencies.length;
  return {
    rate: count / taken,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    cpu: cpu / count,
    calls: (await upstream.countCalls()) / count,
    peak: memoryOf(pid, 'VmHWM'),
  };
}
