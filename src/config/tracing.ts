import { z } from 'zod';
import { baseUrl } from './baseUrl.ts';
import { exactUrl } from './exactUrl.ts';

const HEADERS = 'must be name=value, several with commas, values percent-encoded';
const RATIO = 'must be a number from 0 to 1';

const headers = z.string().transform((text, context) => {
  const parsed = parseHeaders(text);
  if (parsed) return parsed;
  // The message must not quote it: it holds a credential.
  context.addIssue({ code: 'custom', message: HEADERS });
  return z.NEVER;
});

/** The environment variables of traces, by the names that OpenTelemetry has given them. */
export const tracingVariables = {
  OTEL_EXPORTER_OTLP_ENDPOINT: baseUrl.optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: exactUrl.optional(),
  OTEL_EXPORTER_OTLP_HEADERS: headers.optional(),
  // Counts more than the former. The exporter would read it anyway, and what nobody knows of is kept out of no log.
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: headers.optional(),
  OTEL_SERVICE_NAME: z.string().max(200, 'must have 200 characters at the most').default('parley'),
  OTEL_TRACES_SAMPLER_ARG: z
    .string()
    .regex(/^(0|1|0?\.\d{1,9}|1\.0)$/, RATIO)
    .transform(Number)
    .default(1),
};

type TracingSettings = z.output<z.ZodObject<typeof tracingVariables>>;

/** Where traces go. */
export interface TracingConfig {
  /** Where OTLP over HTTP takes traces, in JSON. */
  readonly url: string;
  /** They may hold a credential. */
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  /** The part of traces that begin here that is kept; one that comes from elsewhere has been decided about there. */
  readonly ratio: number;
}

/** Undefined where no endpoint is set: nothing is traced. */
export function toTracing(settings: TracingSettings): TracingConfig | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: own } = settings;
  const url = own ?? (base && `${base}/v1/traces`);
  if (url === undefined) return undefined;
  return {
    url,
    headers: { ...settings.OTEL_EXPORTER_OTLP_HEADERS, ...settings.OTEL_EXPORTER_OTLP_TRACES_HEADERS },
    serviceName: settings.OTEL_SERVICE_NAME,
    ratio: settings.OTEL_TRACES_SAMPLER_ARG,
  };
}

function parseHeaders(text: string): Readonly<Record<string, string>> | undefined {
  const parsed: Record<string, string> = {};
  for (const pair of text.split(',')) {
    const [, name, encoded = ''] = /^\s*([\w!#$%&'*+.^`|~-]+)\s*=(.*)$/.exec(pair) ?? [];
    const value = decode(encoded.trim());
    if (name === undefined || value === undefined) return undefined;
    parsed[name.toLowerCase()] = value;
  }
  return parsed;
}

/** Undefined for what is no header's value. */
function decode(encoded: string): string | undefined {
  try {
    const value = decodeURIComponent(encoded);
    return /^[\x20-\x7e]+$/.test(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
