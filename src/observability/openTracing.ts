import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { defaultTextMapGetter, ROOT_CONTEXT, SpanKind } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';
import type { Logger } from 'pino';
import type { TracingConfig } from '../config/tracing.ts';
import type { Tracing } from './createTracing.ts';
import { createSpanExporter } from './createSpanExporter.ts';
import { startSpan } from './startSpan.ts';

/** Spans that wait to be sent, and how many go at once: what is more is dropped, whoever asks for it. */
const MAX_QUEUE_SIZE = 4_096;
const MAX_BATCH_SIZE = 512;
/** Milliseconds between two batches, and that one may take: a moment more than the exporter, which says why, has given itself. */
const SEND_EVERY = 2_000;
const SEND_TIMEOUT = 6_000;
/** Milliseconds that closing waits. */
const CLOSE_TIMEOUT = 2_000;
/** Longer names and values are cut. UTF-16 code units. */
const MAX_VALUE_LENGTH = 200;
/** As W3C has it: longer ones may be dropped. */
const MAX_TRACESTATE_LENGTH = 512;

/**
 * Traces with OpenTelemetry. Nothing is registered for the whole process: parents are passed on by hand, which costs nothing where nothing
 * is traced. Every option is given, since the packages take those that are not from the environment.
 */
export function openTracing(config: TracingConfig, log: Logger): Tracing {
  const closing = new AbortController();
  const exporter = createSpanExporter(config, { log, signal: closing.signal });
  const provider = new BasicTracerProvider({
    resource: defaultResource().merge(
      resourceFromAttributes({ 'service.name': config.serviceName, 'service.instance.id': randomUUID() }),
    ),
    // Who sends a `traceparent` has decided whether it is kept; the bounded queue is what keeps a flood of those off.
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(config.ratio) }),
    spanLimits: { attributeCountLimit: 32, attributeValueLengthLimit: MAX_VALUE_LENGTH },
    spanProcessors: [
      new BatchSpanProcessor(exporter, {
        maxQueueSize: MAX_QUEUE_SIZE,
        maxExportBatchSize: MAX_BATCH_SIZE,
        scheduledDelayMillis: SEND_EVERY,
        exportTimeoutMillis: SEND_TIMEOUT,
      }),
    ],
  });
  const tracer = provider.getTracer('parley');
  const propagator = new W3CTraceContextPropagator();

  return {
    operation(headers) {
      const parent = propagator.extract(ROOT_CONTEXT, pickTraceHeaders(headers), defaultTextMapGetter);
      return startSpan(tracer, parent, { name: 'operation', kind: SpanKind.SERVER });
    },
    async close(most) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, Math.min(most, CLOSE_TIMEOUT));
      });
      // What could not be sent has been reported.
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
      clearTimeout(timer);
      closing.abort();
    },
  };
}

/** Only these two, each once, and of a bearable length. */
function pickTraceHeaders({ traceparent, tracestate }: IncomingHttpHeaders): Record<string, string> {
  return {
    ...(typeof traceparent === 'string' && { traceparent }),
    ...(typeof tracestate === 'string' && tracestate.length <= MAX_TRACESTATE_LENGTH && { tracestate }),
  };
}
