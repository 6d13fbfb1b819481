import type { ApolloServerPlugin } from '@apollo/server';
import type { GraphQLFormattedError } from 'graphql';
import { isLargerThan } from './answerSize.ts';
import type { GraphContext } from './context.ts';

/** The most errors that an answer lists. Each repeats the names on the way to its field. */
const MAX_ERRORS = 1_000;
/** Fields below which an answer is not worth measuring. */
const FEW_FIELDS = 1_000;

/**
 * Keeps answers to a size that can be written and sent: texts of providers have no length that could be told before, and one may be
 * asked for under many names.
 */
export function createAnswerLimits(maxAnswerBytes: number): ApolloServerPlugin<GraphContext> {
  return {
    requestDidStart: () =>
      Promise.resolve({
        willSendResponse({ response, contextValue }) {
          if (response.body.kind !== 'single') return Promise.resolve();
          const { singleResult } = response.body;
          const { errors } = singleResult;
          if (errors && errors.length > MAX_ERRORS)
            singleResult.errors = [...errors.slice(0, MAX_ERRORS), andMore(errors.length - MAX_ERRORS)];
          const mayBeLarge = errors !== undefined || (contextValue.cost.fields ?? 0) > FEW_FIELDS;
          if (mayBeLarge && isLargerThan(maxAnswerBytes, [singleResult.data, singleResult.errors])) {
            singleResult.errors = [tooLarge(maxAnswerBytes)];
            if ('data' in singleResult) singleResult.data = null;
          }
          return Promise.resolve();
        },
      }),
  };
}

function andMore(count: number): GraphQLFormattedError {
  return {
    message: `And ${count} more errors, which are not listed.`,
    extensions: { code: 'ANSWER_TOO_LARGE' },
  };
}

function tooLarge(most: number): GraphQLFormattedError {
  return {
    message: `The answer has more than ${most} characters. Ask for smaller pages, or for less at once.`,
    extensions: { code: 'ANSWER_TOO_LARGE' },
  };
}
