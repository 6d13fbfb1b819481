import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import { maxDirectivesRule } from '@escape.tech/graphql-armor-max-directives';
import type { ValidationContext, ValidationRule } from 'graphql';
import { GraphQLError } from 'graphql';

/** How large a document may be; fragments count where they are spread. */
export interface DocumentLimits {
  readonly maxDepth: number;
  readonly maxAliases: number;
  readonly maxDirectives: number;
}

/** Validation rules that keep a small document from coming to a large operation. They run once for each document. */
export function createDocumentLimits(limits: DocumentLimits): readonly ValidationRule[] {
  const { maxDepth, maxAliases, maxDirectives } = limits;
  return [
    maxDepthRule({
      n: maxDepth,
      flattenFragments: true,
      ...refuse(`An operation is at most ${maxDepth} levels deep.`),
    }),
    maxAliasesRule({
      n: maxAliases,
      // Its own default leaves out `__typename`, of which there can be as many.
      allowList: [],
      ...refuse(`An operation has at most ${maxAliases} aliases.`),
    }),
    maxDirectivesRule({
      n: maxDirectives,
      ...refuse(`An operation has at most ${maxDirectives} directives.`),
    }),
  ] as ValidationRule[];
}

// What the rules throw by themselves would be taken for a fault of ours.
function refuse(message: string) {
  return {
    propagateOnRejection: false,
    onReject: [(context: ValidationContext | null) => context?.reportError(new GraphQLError(message))],
  };
}
