import type { ApolloServerPlugin } from '@apollo/server';
import type { DocumentNode, FieldNode, GraphQLField, GraphQLSchema, OperationDefinitionNode } from 'graphql';
import { getArgumentValues, GraphQLError, TypeInfo, visit, visitWithTypeInfo } from 'graphql';
import { isCursor } from '../messaging/cursors.ts';
import { InputError } from '../messaging/errors.ts';
import type { GraphContext } from './context.ts';
import type { PageArguments } from './pageArguments.ts';
import { parsePageArguments } from './pageArguments.ts';

/**
 * Checks the paging arguments of a whole operation before any of it runs: a page size out of range deep inside an
 * operation must not cost the provider calls of everything above it.
 */
export function createPageArgumentsPlugin(): ApolloServerPlugin<GraphContext> {
  const known = new WeakMap<DocumentNode, readonly PageField[]>();
  return {
    requestDidStart: () =>
      Promise.resolve({
        didResolveOperation({ schema, document, operation, request }) {
          let fields = known.get(document);
          if (!fields) known.set(document, (fields = findPageFields(schema, document)));
          for (const field of fields) checkField(field, operation, request.variables ?? {});
          return Promise.resolve();
        },
      }),
  };
}

interface PageField {
  readonly definition: GraphQLField<unknown, unknown>;
  readonly node: FieldNode;
  /** The operation that it stands in; undefined inside a fragment. */
  readonly operation: OperationDefinitionNode | undefined;
}

function findPageFields(schema: GraphQLSchema, document: DocumentNode): readonly PageField[] {
  const found: PageField[] = [];
  const typeInfo = new TypeInfo(schema);
  let operation: OperationDefinitionNode | undefined;
  visit(
    document,
    visitWithTypeInfo(typeInfo, {
      OperationDefinition: {
        enter: (node) => void (operation = node),
        leave: () => void (operation = undefined),
      },
      Field(node) {
        const definition = typeInfo.getFieldDef();
        if (definition?.args.some(({ name }) => name === 'first'))
          found.push({ definition, node, operation });
      },
    }),
  );
  return found;
}

function checkField(
  { definition, node, operation: own }: PageField,
  operation: OperationDefinitionNode | undefined,
  variables: Record<string, unknown>,
): void {
  if (own && own !== operation) return;
  const args = pageArgumentsOf(definition, node, variables);
  if (!args) return;
  try {
    // The usual direction makes no difference to what is allowed.
    const { cursor } = parsePageArguments(args, 'forward');
    if (cursor && !isCursor(cursor.value)) {
      throw new InputError(cursor.argument, `The argument "${cursor.argument}" is not a valid cursor.`);
    }
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new GraphQLError(error.message, {
      nodes: node,
      originalError: error,
      extensions: { code: error.code, argument: error.argument, http: { status: 400 } },
    });
  }
}

// What does not fit the argument's type is GraphQL's own to refuse, when the operation runs.
function pageArgumentsOf(
  definition: GraphQLField<unknown, unknown>,
  node: FieldNode,
  variables: Record<string, unknown>,
): PageArguments | undefined {
  try {
    const { first, after, last, before } = getArgumentValues(definition, node, variables);
    const isSize = (value: unknown) => value == null || Number.isInteger(value);
    const isText = (value: unknown) => value == null || typeof value === 'string';
    if (!isSize(first) || !isSize(last) || !isText(after) || !isText(before)) return undefined;
    return { first, after, last, before } as PageArguments;
  } catch {
    return undefined;
  }
}
