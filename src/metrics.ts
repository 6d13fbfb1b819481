import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Counter, Histogram, Registry } from 'prom-client';
import type { OpenAccounts } from './accounts.ts';
import type { Health } from './health.ts';
import type { CallObserver } from './http/observer.ts';
import { NO_OBSERVER } from './http/observer.ts';
import type { ShedReason } from './overload.ts';
import type { OperationReport } from './graph/operationReport.ts';
import { SECURITY_HEADERS } from './securityHeaders.ts';

/** What is counted, for whoever watches over Parley. No label holds an id, a name or a text of a caller. */
export interface Metrics {
  operation(report: OperationReport): void;
  /** A request that did not get as far as GraphQL. */
  refused(code: string): void;
  readonly calls: CallObserver;
  shed(reason: ShedReason): void;
  watchAccounts(load: OpenAccounts['load']): void;
  watchStore(isUsable: () => boolean): void;
  watchOperations(count: () => number): void;
  /** Serves them; gives the address. */
  listen(host: string, port: number, health: () => Health): Promise<string>;
  close(): Promise<void>;
}

/** Calls to providers: from none to the default limit, and past it. */
const CALLS = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export function createMetrics(): Metrics {
  const registry = new Registry();
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
  const refused = new Counter({
    registers,
    name: 'parley_refused_requests_total',
    help: 'Requests that did not get as far as GraphQL, by code.',
    labelNames: ['code'],
  });

  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404, SECURITY_HEADERS).end();
      return;
    }
    void registry.metrics().then((text) => {
      response.writeHead(200, { ...SECURITY_HEADERS, 'content-type': registry.contentType });
      response.end(text);
    });
  });

  return {
    operation(report) {
      const type = report.type ?? 'unknown';
      operations.inc({ type, outcome: report.outcome });
      duration.observe({ type }, report.duration);
      if (report.cost !== undefined) cost.observe({ type }, report.cost);
      upstreamCalls.observe({ type }, report.upstreamCalls);
    },
    refused: (code) => refused.inc({ code }),
    calls: NO_OBSERVER,
    shed: () => undefined,
    watchAccounts: () => undefined,
    watchStore: () => undefined,
    watchOperations: () => undefined,
    async listen(host, port) {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host, port }, resolve);
      });
      const { port: taken } = server.address() as AddressInfo;
      return `http://${host.includes(':') ? `[${host}]` : host}:${taken}/metrics`;
    },
    async close() {
      if (!server.listening) return;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
