import type { IncomingHttpHeaders } from 'node:http';
import type * as Api from '@opentelemetry/api';
import type { Context, Span as OtelSpan, SpanKind, Tracer } from '@opentelemetry/api';
import type { ExportResultCode } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { Logger } from 'pino';
import type { TracingConfig } from '../config/tracing.ts';
import type { Span, SpanAttributes } from '../messaging/span.ts';

/** Traces of operations, as OpenTelemetry has them. */
export interface Tracing {
  /** The span of an operation, below the one that its `traceparent` names. */
  operation(headers: IncomingHttpHeaders): Span;
  /** Sends what there is, for a while. Never throws. */
  close(): Promise<void>;
}

/** Spans that wait to be sent, and how many go at once: what is more is dropped, whoever asks for it. */
const MAX_QUEUE_SIZE = 4_096;
const MAX_BATCH_SIZE = 512;
/** Milliseconds between two batches, that one may take to be sent, and that closing waits. */
const SEND_EVERY = 2_000;
const SEND_TIMEOUT = 5_000;
const CLOSE_TIMEOUT = 2_000;
/** Longer names and values are cut. UTF-16 code units. */
const MAX_VALUE_LENGTH = 200;
/** As W3C has it: longer ones may be dropped. */
const MAX_TRACESTATE_LENGTH = 512;

/**
 * Loads OpenTelemetry only now, since most do without. Nothing is registered for the whole process: parents are passed on by hand,
 * which costs nothing where nothing is traced.
 */
export async function createTracing(config: TracingConfig, log: Logger): Promise<Tracing> {
  const [api, core, sdk, resources, { OTLPTraceExporter }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/core'),
    import('@opentelemetry/sdk-trace-base'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/exporter-trace-otlp-http'),
  ]);
  const exporter = new OTLPTraceExporter({
    url: config.url,
    headers: config.headers,
    timeoutMillis: SEND_TIMEOUT,
  });
  const provider = new sdk.BasicTracerProvider({
    resource: resources.resourceFromAttributes({ 'service.name': config.serviceName }),
    // Who sends a `traceparent` has decided whether it is kept; the bounded queue is what keeps a flood of those off.
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(config.ratio) }),
    spanLimits: { attributeCountLimit: 32, attributeValueLengthLimit: MAX_VALUE_LENGTH },
    spanProcessors: [
      new sdk.BatchSpanProcessor(reporting(exporter, core.ExportResultCode.FAILED, log), {
        maxQueueSize: MAX_QUEUE_SIZE,
        maxExportBatchSize: MAX_BATCH_SIZE,
        scheduledDelayMillis: SEND_EVERY,
        exportTimeoutMillis: SEND_TIMEOUT,
      }),
    ],
  });
  const tracer = provider.getTracer('parley');
  const propagator = new core.W3CTraceContextPropagator();

  return {
    operation(headers) {
      const carrier = pickTraceHeaders(headers);
      const parent = propagator.extract(api.ROOT_CONTEXT, carrier, api.defaultTextMapGetter);
      return start({ api, tracer }, parent, { name: 'operation', kind: api.SpanKind.SERVER });
    },
    async close() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, CLOSE_TIMEOUT);
      });
      // What could not be sent has been reported.
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
      clearTimeout(timer);
    },
  };
}

interface Otel {
  readonly api: typeof Api;
  readonly tracer: Tracer;
}

function start(otel: Otel, parent: Context, { name, kind }: { name: string; kind: SpanKind }): Span {
  const { api, tracer } = otel;
  const span = tracer.startSpan(name, { kind }, parent);
  const context = api.trace.setSpan(parent, span);
  let isOver = false;
  return {
    traceId: span.spanContext().traceId,
    child(childName, attributes = {}) {
      const isCall = 'server.address' in attributes;
      const child = { name: childName, kind: isCall ? api.SpanKind.CLIENT : api.SpanKind.INTERNAL };
      const started = start(otel, context, child);
      started.set(attributes);
      return started;
    },
    set: (attributes) => setOn(span, attributes),
    end(code) {
      if (isOver) return;
      isOver = true;
      if (code !== undefined) {
        span.setStatus({ code: api.SpanStatusCode.ERROR, message: code });
        span.setAttribute('error.type', code);
      }
      span.end();
    },
  };
}

function setOn(span: OtelSpan, attributes: SpanAttributes): void {
  const { 'span.name': name, ...rest } = attributes;
  if (typeof name === 'string') span.updateName(name.slice(0, MAX_VALUE_LENGTH));
  span.setAttributes(rest);
}

/** Only these two, each once, and of a bearable length. */
function pickTraceHeaders({ traceparent, tracestate }: IncomingHttpHeaders): Record<string, string> {
  return {
    ...(typeof traceparent === 'string' && { traceparent }),
    ...(typeof tracestate === 'string' && tracestate.length <= MAX_TRACESTATE_LENGTH && { tracestate }),
  };
}

/** Says once that spans can't be sent, until they can again. Why, the exporter would tell with headers and address. */
function reporting(exporter: SpanExporter, failure: ExportResultCode, log: Logger): SpanExporter {
  let failing = false;
  return {
    export(spans: ReadableSpan[], done) {
      exporter.export(spans, (result) => {
        const failed = result.code === failure;
        if (failed && !failing) log.warn({ spans: spans.length }, 'traces can not be sent, and are lost');
        failing = failed;
        done(result);
      });
    },
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
    shutdown: () => exporter.shutdown(),
  };
}
