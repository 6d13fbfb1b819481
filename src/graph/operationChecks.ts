import type { ApolloServerPlugin } from '@apollo/server';
import type {
  FieldNode,
  FragmentDefinitionNode,
  GraphQLCompositeType,
  GraphQLField,
  GraphQLSchema,
  OperationDefinitionNode,
  SelectionSetNode,
} from 'graphql';
import {
  getArgumentValues,
  getDirectiveValues,
  getNamedType,
  getVariableValues,
  GraphQLError,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  isCompositeType,
  isObjectType,
  Kind,
  typeFromAST,
} from 'graphql';
import { checkCursor } from '../messaging/cursors.ts';
import { InputError } from '../messaging/errors.ts';
import type { GraphContext } from './context.ts';
import { parsePageArguments } from './pageArguments.ts';

/**
 * Checks a whole operation before any of it runs: a page size out of range deep inside must not cost the provider calls
 * of everything above it, and a small operation must not ask for millions of items by nesting lists in lists.
 */
export function createOperationChecks(): ApolloServerPlugin<GraphContext> {
  return {
    requestDidStart: () =>
      Promise.resolve({
        didResolveOperation({ schema, document, operation, request }) {
          if (!operation) return Promise.resolve();
          const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
          checkOperation(schema, operation, fragments as FragmentDefinitionNode[], request.variables ?? {});
          return Promise.resolve();
        },
      }),
  };
}

/** The most items that the lists of one operation may have together, nested lists multiplied. */
const MAX_ITEMS = 50_000;
/** The most references in one `_entities`. */
const MAX_REFERENCES = 1_000;

function checkOperation(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  fragments: readonly FragmentDefinitionNode[],
  inputs: Record<string, unknown>,
): void {
  const root = schema.getRootType(operation.operation);
  if (!root) {
    throw refusal(
      operation,
      'OPERATION_RESOLUTION_FAILURE',
      `There are no ${operation.operation}s in this graph.`,
    );
  }
  // Variables that do not fit their types are GraphQL's own to refuse, when the operation runs.
  const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], inputs);
  if (!coerced) return;
  const variables = coerced;

  const fragmentsByName = new Map(fragments.map((fragment) => [fragment.name.value, fragment]));
  // A fragment costs the same wherever it is spread, and is looked into once.
  const fragmentItems = new Map<string, number>();

  const items = itemsOf(operation.selectionSet, root);
  if (items > MAX_ITEMS) {
    throw refusal(
      operation,
      'BAD_USER_INPUT',
      `This operation asks for up to ${items} items in its lists; ${MAX_ITEMS} is the most. Ask for smaller pages.`,
    );
  }

  function itemsOf({ selections }: SelectionSetNode, type: GraphQLCompositeType): number {
    let sum = 0;
    for (const selection of selections) {
      if (!isIncluded(selection)) continue;
      if (selection.kind === Kind.FIELD) sum += itemsOfField(selection, type);
      else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition && typeFromAST(schema, selection.typeCondition);
        sum += itemsOf(selection.selectionSet, (condition as GraphQLCompositeType | undefined) ?? type);
      } else sum += itemsOfFragment(selection.name.value);
    }
    return sum;
  }

  function itemsOfFragment(name: string): number {
    const known = fragmentItems.get(name);
    if (known !== undefined) return known;
    const fragment = fragmentsByName.get(name);
    const type = fragment && typeFromAST(schema, fragment.typeCondition);
    const sum = isCompositeType(type) ? itemsOf(fragment!.selectionSet, type) : 0;
    fragmentItems.set(name, sum);
    return sum;
  }

  function itemsOfField(node: FieldNode, type: GraphQLCompositeType): number {
    const definition = isObjectType(type) ? type.getFields()[node.name.value] : undefined;
    if (!definition) return 0;
    const size = sizeOf(node, definition);
    const child = getNamedType(definition.type);
    const nested = node.selectionSet && isCompositeType(child) ? itemsOf(node.selectionSet, child) : 0;
    return size === undefined ? nested : size * (1 + nested);
  }

  function isIncluded(node: Parameters<typeof getDirectiveValues>[1]): boolean {
    const skip = getDirectiveValues(GraphQLSkipDirective, node, variables);
    const include = getDirectiveValues(GraphQLIncludeDirective, node, variables);
    return skip?.['if'] !== true && include?.['if'] !== false;
  }

  /** How many items a list field may have; undefined for other fields. */
  function sizeOf(node: FieldNode, definition: GraphQLField<unknown, unknown>): number | undefined {
    if (definition.name === '_entities') {
      const { representations } = getArgumentValues(definition, node, variables) as {
        representations: unknown[];
      };
      if (representations.length <= MAX_REFERENCES) return representations.length;
      throw refusal(
        node,
        'BAD_USER_INPUT',
        `"representations" has at most ${MAX_REFERENCES} references.`,
        'representations',
      );
    }
    if (!definition.args.some(({ name }) => name === 'first')) return undefined;
    try {
      // The usual direction makes no difference to what is allowed.
      const { size, cursor } = parsePageArguments(getArgumentValues(definition, node, variables), 'forward');
      if (cursor) {
        const kind = definition.name === 'messages' ? 'messages' : 'conversations';
        checkCursor(kind, cursor.value, cursor.argument);
      }
      return size;
    } catch (error) {
      if (error instanceof InputError) throw refusal(node, error.code, error.message, error.argument);
      throw error;
    }
  }
}

function refusal(
  nodes: FieldNode | OperationDefinitionNode,
  code: string,
  message: string,
  argument?: string,
): GraphQLError {
  return new GraphQLError(message, {
    nodes,
    extensions: { code, ...(argument && { argument }), http: { status: 400 } },
  });
}
