import type { ApolloServerPlugin } from '@apollo/server';
import type { FormattedExecutionResult } from 'graphql';
import { getOperationAST } from 'graphql';
import type { GraphContext } from './context.ts';

/** What an operation has come to. */
export interface OperationReport {
  /** What its author calls it; undefined where it has no name. */
  readonly name: string | undefined;
  /** Undefined for what could not be told, such as a document that does not parse. */
  readonly type: 'query' | 'mutation' | 'subscription' | undefined;
  /** Whether it was answered, answered with errors, or refused before it began. */
  readonly outcome: 'ok' | 'errors' | 'refused';
  /** The calls to providers that it could have come to; undefined where it was refused before that was known. */
  readonly cost: number | undefined;
  /** The calls to providers that it has made, each retry counted. */
  readonly upstreamCalls: number;
  /** Seconds. */
  readonly duration: number;
  /** The codes of its errors, and of what its writes were refused for; each once, sorted. `CANCELLED` where nobody waits for the answer. */
  readonly codes: readonly string[];
  readonly viewerId: string;
  /** Undefined while nothing is traced. */
  readonly traceId: string | undefined;
}

export interface OperationReportOptions {
  readonly report: (report: OperationReport) => void;
  /** Whether a caller who sends the header `parley-cost` is told what the operation costs; the most that it may. */
  readonly told: { readonly limit: number } | undefined;
}

/** Tells what each operation costs. */
export function createOperationReport({
  report,
  told,
}: OperationReportOptions): ApolloServerPlugin<GraphContext> {
  return {
    requestDidStart() {
      const startedAt = performance.now();
      return Promise.resolve({
        willSendResponse({ operation: resolved, document, request, response, contextValue }) {
          // Without incremental delivery, which this schema has not got, there is no other kind.
          if (response.body.kind !== 'single') return Promise.resolve();
          const { singleResult } = response.body;
          const { cost, read, caller, watch } = contextValue;
          const upstreamCalls = read.calls.count;
          // What does not fit the schema is not resolved, and yet has a name: whoever looks into it wants to know whose it is.
          const operation = resolved ?? (document && getOperationAST(document, request.operationName));
          const whole: OperationReport = {
            name: operation?.name?.value,
            type: operation?.operation,
            outcome: outcomeOf(singleResult),
            cost: cost.estimate,
            upstreamCalls,
            duration: (performance.now() - startedAt) / 1_000,
            codes: codesOf(singleResult, contextValue),
            viewerId: caller.viewer.id,
            traceId: read.span?.traceId,
          };
          watch?.reported(whole);
          report(whole);
          if (told && request.http?.headers.has(COST_HEADER)) {
            singleResult.extensions = {
              ...singleResult.extensions,
              cost: { estimate: cost.estimate ?? null, limit: told.limit, upstreamCalls },
            };
          }
          return Promise.resolve();
        },
      });
    },
  };
}

/** What has become of an operation, by its result. */
export function outcomeOf(result: FormattedExecutionResult): OperationReport['outcome'] {
  if (!result.errors) return 'ok';
  return 'data' in result ? 'errors' : 'refused';
}

/** Never taken from data, where callers give fields the names that they like. */
function codesOf(
  { errors = [] }: FormattedExecutionResult,
  { read, refusals }: GraphContext,
): readonly string[] {
  const codes = new Set<string>(refusals);
  for (const { extensions } of errors)
    if (typeof extensions?.['code'] === 'string') codes.add(extensions['code']);
  // Where others have gone on to the end, nothing else tells of it.
  if (read.signal.aborted) codes.add('CANCELLED');
  return [...codes].sort();
}

const COST_HEADER = 'parley-cost';
