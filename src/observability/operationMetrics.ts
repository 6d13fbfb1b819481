import type { Registry } from 'prom-client';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { OperationReport } from '../graph/operationReport.ts';

/** Calls to providers: from none to the default limit, and past it. */
const CALLS = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** What callers ask for, and what they get. */
export function createOperationMetrics(registry: Registry) {
  const registers = [registry];
  const operations = new Counter({
    registers,
    name: 'parley_operations_total',
    help: 'GraphQL operations by type and outcome: ok, errors, or refused before they began.',
    labelNames: ['type', 'outcome'],
  });
  const duration = new Histogram({
    registers,
    name: 'parley_operation_duration_seconds',
    help: 'How long operations took.',
    labelNames: ['type'],
    buckets: SECONDS,
  });
  const cost = new Histogram({
    registers,
    name: 'parley_operation_cost',
    help: 'Calls to providers that operations could have come to, as they were estimated.',
    labelNames: ['type'],
    buckets: CALLS,
  });
  const upstreamCalls = new Histogram({
    registers,
    name: 'parley_operation_upstream_calls',
    help: 'Calls to providers that operations have made, each retry counted.',
    labelNames: ['type'],
    buckets: CALLS,
  });
  const errors = new Counter({
    registers,
    name: 'parley_graphql_errors_total',
    help: 'Operations with errors, by code; one with several codes counts for each.',
    labelNames: ['code'],
  });
  const refused = new Counter({
    registers,
    name: 'parley_refused_requests_total',
    help: 'Requests that did not get as far as GraphQL, by code.',
    labelNames: ['code'],
  });
  const shared = new Counter({
    registers,
    name: 'parley_operations_shared_total',
    help: 'Operations that were given the answer to an equal one that was under way.',
  });
  const shed = new Counter({
    registers,
    name: 'parley_shed_requests_total',
    help: 'Requests that were turned away with 503, by what there was too much of.',
    labelNames: ['reason'],
  });
  let countOperations = () => 0;
  new Gauge({
    registers,
    name: 'parley_operations_in_flight',
    help: 'Operations under way.',
    collect() {
      this.set(countOperations());
    },
  });

  return {
    operation(report: OperationReport): void {
      const type = report.type ?? 'unknown';
      operations.inc({ type, outcome: report.outcome });
      duration.observe({ type }, report.duration);
      if (report.cost !== undefined) cost.observe({ type }, report.cost);
      upstreamCalls.observe({ type }, report.upstreamCalls);
      for (const code of report.codes) errors.inc({ code });
    },
    refused(code: string): void {
      refused.inc({ code });
    },
    sharedAnswer(): void {
      shared.inc();
    },
    shed(reason: string): void {
      shed.inc({ reason });
    },
    watchOperations(count: () => number): void {
      countOperations = count;
    },
  };
}
