import type { Context, SpanKind as Kind, Tracer } from '@opentelemetry/api';
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Span } from '../messaging/span.ts';

/** Starts a span of OpenTelemetry's, as the rest of Parley knows them. */
export function startSpan(
  tracer: Tracer,
  parent: Context,
  { name, kind }: { name: string; kind: Kind },
): Span {
  const span = tracer.startSpan(name, { kind }, parent);
  const { traceId } = span.spanContext();
  if (!span.isRecording()) return createUnrecorded(traceId);
  const context = trace.setSpan(parent, span);
  // What comes after the end, such as the result of an operation whose caller has gone, has no place in it any more.
  let isOver = false;
  const self: Span = {
    traceId,
    child(childName, attributes = {}) {
      const isCall = 'server.address' in attributes;
      const childKind = isCall ? SpanKind.CLIENT : SpanKind.INTERNAL;
      const child = startSpan(tracer, context, { name: childName, kind: childKind });
      child.set(attributes);
      return child;
    },
    rename(newName) {
      if (!isOver) span.updateName(newName.slice(0, MAX_NAME_LENGTH));
    },
    set(attributes) {
      if (isOver) return;
      span.setAttributes(attributes);
      const code = attributes['error.type'];
      if (typeof code === 'string') span.setStatus({ code: SpanStatusCode.ERROR, message: code });
    },
    end(code) {
      if (isOver) return;
      if (code !== undefined) self.set({ 'error.type': code });
      isOver = true;
      span.end();
    },
  };
  return self;
}

/** Stands for all of a trace that is not kept: only its id is of use, for the log. */
function createUnrecorded(traceId: string): Span {
  const span: Span = {
    traceId,
    child: () => span,
    rename: () => undefined,
    set: () => undefined,
    end: () => undefined,
  };
  return span;
}

/** UTF-16 code units. */
const MAX_NAME_LENGTH = 200;
