import type { ApolloServerPlugin } from '@apollo/server';
import type { FormattedExecutionResult } from 'graphql';
import { OperationTypeNode } from 'graphql';
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
  /** The codes of its errors, and of what its writes were refused for; each once, sorted. */
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
        willSendResponse({ operation, request, response, contextValue }) {
          // Without incremental delivery, which this schema has not got, there is no other kind.
          if (response.body.kind !== 'single') return Promise.resolve();
          const { singleResult } = response.body;
          const { cost, read, caller } = contextValue;
          const upstreamCalls = read.calls.count;
          report({
            name: operation?.name?.value,
            type: operation?.operation,
            outcome: outcomeOf(singleResult),
            cost: cost.estimate,
            upstreamCalls,
            duration: (performance.now() - startedAt) / 1_000,
            codes: codesOf(singleResult, operation?.operation === OperationTypeNode.MUTATION),
            viewerId: caller.viewer.id,
            traceId: read.span?.traceId,
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

/** What has become of an operation, by its result. */
export function outcomeOf(result: FormattedExecutionResult): OperationReport['outcome'] {
  if (!result.errors) return 'ok';
  return 'data' in result ? 'errors' : 'refused';
}

/** Those of a write's `userErrors` are known where the caller has asked for them. */
function codesOf({ errors = [], data }: FormattedExecutionResult, isMutation: boolean): string[] {
  const codes = errors.map(({ extensions }) => extensions?.['code']);
  if (isMutation) {
    for (const payload of Object.values(data ?? {})) {
      const { userErrors } = (payload ?? {}) as { userErrors?: unknown };
      if (Array.isArray(userErrors)) codes.push(...userErrors.map((error: { code?: unknown }) => error.code));
    }
  }
  return [...new Set(codes.filter((code) => typeof code === 'string'))].sort();
}

const COST_HEADER = 'parley-cost';
