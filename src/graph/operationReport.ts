import type { ApolloServerPlugin } from '@apollo/server';
import type { GraphContext } from './context.ts';

/** What an operation has come to. */
export interface OperationReport {
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
        willSendResponse({ operation, request, response, contextValue }) {
          // Without incremental delivery, which this schema has not got, there is no other kind.
          if (response.body.kind !== 'single') return Promise.resolve();
          const { singleResult } = response.body;
          const { cost, read } = contextValue;
          const upstreamCalls = read.calls.count;
          report({
            type: operation?.operation,
            outcome: !singleResult.errors ? 'ok' : 'data' in singleResult ? 'errors' : 'refused',
            cost: cost.estimate,
            upstreamCalls,
            duration: (performance.now() - startedAt) / 1_000,
          });
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

const COST_HEADER = 'parley-cost';
