import type { GraphQLFormattedError } from 'graphql';
import { GraphQLError } from 'graphql';
import type { Logger } from 'pino';
import { InputError, ParleyError, publicMessageOf } from '../messaging/errors.ts';

/**
 * The one place where errors become what the public sees. Errors of our own carry a code and words that are safe to
 * show; GraphQL's own (syntax, validation, coercion) are about the caller's document; anything else is masked, and
 * logged, since nobody knows what its message may quote.
 */
export function createErrorFormatter(log: Logger) {
  return (formatted: GraphQLFormattedError, thrown: unknown): GraphQLFormattedError => {
    const error = thrown instanceof GraphQLError ? (thrown.originalError ?? thrown) : thrown;
    if (error instanceof ParleyError) {
      if (error.code === 'INTERNAL_SERVER_ERROR') log.error({ err: error.cause ?? error }, 'internal error');
      return { ...formatted, message: publicMessageOf(error), extensions: toExtensions(error) };
    }
    const { code, argument } = formatted.extensions ?? {};
    if (formatted.extensions?.['validationErrorCode'] === 'INTROSPECTION_DISABLED')
      return { ...formatted, message: NO_INTROSPECTION, extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } };
    // Apollo's words about a request that is none, which it gives a status and no code.
    if (thrown instanceof GraphQLError && isRequestError(thrown))
      return { ...formatted, extensions: { code: 'BAD_REQUEST' } };
    // GraphQL's own errors about a document have a code; one without has come from inside.
    if (typeof code === 'string' && code !== 'INTERNAL_SERVER_ERROR') {
      return { ...formatted, extensions: { code, ...(argument !== undefined && { argument }) } };
    }
    log.error({ err: error }, 'internal error');
    return {
      ...formatted,
      message: 'Parley failed to answer this.',
      extensions: { code: 'INTERNAL_SERVER_ERROR' },
    };
  };
}

const NO_INTROSPECTION = 'This graph does not tell its schema by introspection.';

function isRequestError({ extensions }: GraphQLError): boolean {
  const { code, http } = extensions as { code?: unknown; http?: { status?: number } };
  return code === undefined && http?.status !== undefined && http.status < 500;
}

function toExtensions(error: ParleyError): Record<string, unknown> {
  return {
    code: error.code,
    ...(error instanceof InputError && { argument: error.argument }),
    ...(error.source && { provider: error.source.provider, accountId: error.source.accountId }),
    ...(error.code !== 'BAD_USER_INPUT' && { retryable: error.retryable }),
    ...(error.retryAfter !== undefined && { retryAfter: error.retryAfter }),
  };
}
