import type { IncomingHttpHeaders } from 'node:http';
import type { Logger } from 'pino';
import type { TracingConfig } from '../config/tracing.ts';
import type { Span } from '../messaging/span.ts';

/** Traces of operations, as OpenTelemetry has them. */
export interface Tracing {
  /** The span of an operation, below the one that its `traceparent` names. */
  operation(headers: IncomingHttpHeaders): Span;
  /** Sends what there is, for so many milliseconds at the most. Never throws. */
  close(most: number): Promise<void>;
}

/** Loads OpenTelemetry only now, since most do without. */
export async function createTracing(config: TracingConfig, log: Logger): Promise<Tracing> {
  const { openTracing } = await import('./openTracing.ts');
  return openTracing(config, log);
}
