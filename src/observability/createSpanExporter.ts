import type { ExportResult } from '@opentelemetry/core';
import { ExportResultCode } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { Logger } from 'pino';
import type { TracingConfig } from '../config/tracing.ts';
import { createCuttableAgent } from './createCuttableAgent.ts';

export interface SpanExporterOptions {
  readonly log: Logger;
  /** Cuts its connections when it aborts. */
  readonly signal: AbortSignal;
}

/** Milliseconds that a batch may take to be sent, with the retries that the exporter makes of its own accord. */
const TIMEOUT = 5_000;
/** One follows the other; those that wait go together when Parley stops. */
const MAX_BATCHES = 16;

/** Sends spans as OTLP over HTTP, in JSON, and says once that they can't be sent, until they can again. */
export function createSpanExporter(
  config: TracingConfig,
  { log, signal }: SpanExporterOptions,
): SpanExporter {
  const exporter = new OTLPTraceExporter({
    url: config.url,
    headers: { ...config.headers },
    timeoutMillis: TIMEOUT,
    concurrencyLimit: MAX_BATCHES,
    httpAgentOptions: (protocol) => createCuttableAgent(protocol, signal),
  });
  let failing = false;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const failed = result.code !== ExportResultCode.SUCCESS;
        if (failed && !failing && !signal.aborted)
          log.warn({ spans: spans.length, ...reasonOf(result) }, 'traces can not be sent, and are lost');
        failing = failed;
        done(result);
      });
    },
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
}

/** The HTTP status, or Node's code. The rest of it would tell addresses, and what the collector has answered. */
function reasonOf({ error }: ExportResult): { status?: number; code?: string } {
  const { code } = (error ?? {}) as { code?: unknown };
  if (typeof code === 'number') return { status: code };
  return typeof code === 'string' && /^[A-Z][A-Z\d_]*$/.test(code) ? { code } : {};
}
