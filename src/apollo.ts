import type { ApolloServerOptionsWithGateway } from '@apollo/server';
import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import type { GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import type { Config } from './config/index.ts';
import type { GraphContext } from './graph/context.ts';
import type { Execute } from './graph/createExecute.ts';
import { createAnswerLimits } from './graph/answerLimits.ts';
import { createDocumentLimits } from './graph/documentLimits.ts';
import { createErrorFormatter } from './graph/errors.ts';
import { createOperationChecks } from './graph/operationChecks.ts';
import type { OperationReport } from './graph/operationReport.ts';
import { createOperationReport } from './graph/operationReport.ts';
import { createOperationSpan } from './graph/operationSpan.ts';

export interface ApolloOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly schema: GraphQLSchema;
  readonly execute: Execute;
  /** Told what each operation has come to. */
  readonly report: (report: OperationReport) => void;
}

/** What runs operations: the schema, the limits before it, and what is told of errors and costs after it. */
export function createApollo({
  config,
  log,
  schema,
  execute,
  report,
}: ApolloOptions): ApolloServer<GraphContext> {
  const { production, introspection, limits, persistedOperations } = config;
  return new ApolloServer<GraphContext>({
    gateway: executedBy(schema, execute),
    introspection,
    hideSchemaDetailsFromClientErrors: !introspection,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    // With locations, each error counts the lines before each of its nodes: a page of line breaks and a thousand mistakes
    // would keep the process for a minute. Syntax errors, of which there is one, have theirs anyway.
    parseOptions: { maxLexicalTokens: limits.maxTokens, noLocation: true },
    validationRules: [...createDocumentLimits(limits)],
    // A list has put the documents in their place before Apollo sees the request.
    ...(persistedOperations.kind !== 'apq' && { persistedQueries: false }),
    formatError: createErrorFormatter(log),
    logger: log,
    plugins: [
      createOperationChecks(limits.maxCost),
      createAnswerLimits(limits.maxAnswerBytes),
      createOperationReport({ report, told: production ? undefined : { limit: limits.maxCost } }),
      createOperationSpan(),
      // Both wrap every field of the schema, and Parley gives neither cache hints nor traces by field.
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      // Pages for browsers are served before anybody is asked who they are.
      ApolloServerPluginLandingPageDisabled(),
    ],
  });
}

/** What Apollo calls a gateway is the one way to execute otherwise than by GraphQL's own algorithm. */
function executedBy(
  schema: GraphQLSchema,
  execute: Execute,
): ApolloServerOptionsWithGateway<GraphContext>['gateway'] {
  return {
    onSchemaLoadOrUpdate(listener) {
      listener({ apiSchema: schema, coreSupergraphSdl: '' });
      return () => undefined;
    },
    load: () =>
      Promise.resolve({
        executor: async ({ document, request, context }) =>
          execute({
            document,
            operationName: request.operationName,
            variables: request.variables,
            contextValue: context as GraphContext,
          }),
      }),
    stop: () => Promise.resolve(),
  };
}
