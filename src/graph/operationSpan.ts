import type { ApolloServerPlugin, GraphQLRequestContext } from '@apollo/server';
import type { GraphContext } from './context.ts';
import { outcomeOf } from './operationReport.ts';

/**
 * Says in the span of an operation what it is, and what went wrong. It ends with the response, see {@link endOperationSpan}: when an
 * answer is complete, it still has to be written.
 */
export function createOperationSpan(): ApolloServerPlugin<GraphContext> {
  return {
    requestDidStart({ contextValue: { read } }) {
      const { span } = read;
      if (!span) return Promise.resolve();
      return Promise.resolve({
        // As soon as it is known: a caller who goes away gets no response.
        didResolveOperation({ operation }) {
          describe(span, operation);
          return Promise.resolve();
        },
        willSendResponse({ operation, response }) {
          // What was refused on the way was not described.
          describe(span, operation);
          if (response.body.kind !== 'single') return Promise.resolve();
          const { singleResult } = response.body;
          const outcome = outcomeOf(singleResult);
          span.set({ 'parley.outcome': outcome });
          if (outcome !== 'ok') span.set({ 'error.type': codeOf(singleResult.errors?.[0]) });
          return Promise.resolve();
        },
      });
    },
  };
}

/** @param isAnswered whether the caller has got the response */
export function endOperationSpan({ read, cost }: GraphContext, isAnswered: boolean): void {
  read.span?.set({
    'parley.upstream_calls': read.calls.count,
    ...(cost.estimate !== undefined && { 'parley.cost': cost.estimate }),
  });
  read.span?.end(isAnswered ? undefined : 'CANCELLED');
}

type Resolved = GraphQLRequestContext<GraphContext>['operation'];

/** By the names of OpenTelemetry's conventions. The document stays out: callers write into it what they like. */
function describe(span: NonNullable<GraphContext['read']['span']>, operation: Resolved): void {
  if (!operation) return;
  const { operation: type, name } = operation;
  span.rename(name ? `${type} ${name.value}` : type);
  span.set({ 'graphql.operation.type': type, ...(name && { 'graphql.operation.name': name.value }) });
}

function codeOf(error: { readonly extensions?: Readonly<Record<string, unknown>> } | undefined): string {
  const code = error?.extensions?.['code'];
  return typeof code === 'string' ? code : 'INTERNAL_SERVER_ERROR';
}
