import type { ApolloServerPlugin } from '@apollo/server';
import type {
  FieldNode,
  FragmentDefinitionNode,
  GraphQLCompositeType,
  GraphQLField,
  GraphQLSchema,
  OperationDefinitionNode,
  SelectionNode,
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
 * of everything above it, and a small operation must not ask for millions of items or fields, by lists in lists or by
 * fragments in fragments.
 *
 * @param accountCount how many accounts there are, which is how long lists of accounts are
 */
export function createOperationChecks(accountCount: number): ApolloServerPlugin<GraphContext> {
  return {
    requestDidStart: () =>
      Promise.resolve({
        didResolveOperation({ schema, document, operation, request }) {
          if (!operation) return Promise.resolve();
          const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
          const inputs = request.variables ?? {};
          checkOperation({
            schema,
            operation,
            fragments: fragments as FragmentDefinitionNode[],
            inputs,
            accountCount,
          });
          return Promise.resolve();
        },
      }),
  };
}

/** The most items that the lists of one operation may have together, nested lists multiplied. */
const MAX_ITEMS = 50_000;
/** The most fields that the answer to one operation may have, those of each item counted. */
const MAX_FIELDS = 1_000_000;
/** The most references in one `_entities`. */
const MAX_REFERENCES = 1_000;

interface Check {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly fragments: readonly FragmentDefinitionNode[];
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly accountCount: number;
}

/** What a selection can come to at the most. */
interface Size {
  readonly items: number;
  readonly fields: number;
}

const NOTHING: Size = { items: 0, fields: 0 };

function checkOperation({ schema, operation, fragments, inputs, accountCount }: Check): void {
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
  // A fragment comes to the same wherever it is spread, and is looked into once.
  const fragmentSizes = new Map<string, Size>();

  const { items, fields } = sizeOf(operation.selectionSet, root);
  if (items > MAX_ITEMS) {
    throw refusal(
      operation,
      'BAD_USER_INPUT',
      `This operation asks for up to ${items} items in its lists; ${MAX_ITEMS} is the most. Ask for smaller pages.`,
    );
  }
  if (fields > MAX_FIELDS) {
    throw refusal(
      operation,
      'BAD_USER_INPUT',
      `The answer to this operation could have ${fields} fields; ${MAX_FIELDS} is the most. Ask for less at once.`,
    );
  }

  function sizeOf({ selections }: SelectionSetNode, type: GraphQLCompositeType): Size {
    let items = 0;
    let fields = 0;
    for (const selection of selections) {
      if (!isIncluded(selection)) continue;
      const size = sizeOfSelection(selection, type);
      items += size.items;
      fields += size.fields;
    }
    return { items, fields };
  }

  function sizeOfSelection(selection: SelectionNode, type: GraphQLCompositeType): Size {
    switch (selection.kind) {
      case Kind.FIELD:
        return sizeOfField(selection, type);
      case Kind.FRAGMENT_SPREAD:
        return sizeOfFragment(selection.name.value);
      case Kind.INLINE_FRAGMENT: {
        const condition = selection.typeCondition && typeFromAST(schema, selection.typeCondition);
        return sizeOf(selection.selectionSet, isCompositeType(condition) ? condition : type);
      }
    }
  }

  function sizeOfFragment(name: string): Size {
    const known = fragmentSizes.get(name);
    if (known) return known;
    const fragment = fragmentsByName.get(name);
    const type = fragment && typeFromAST(schema, fragment.typeCondition);
    const size = isCompositeType(type) ? sizeOf(fragment!.selectionSet, type) : NOTHING;
    fragmentSizes.set(name, size);
    return size;
  }

  function sizeOfField(node: FieldNode, type: GraphQLCompositeType): Size {
    const definition = isObjectType(type) ? type.getFields()[node.name.value] : undefined;
    if (!definition) return { items: 0, fields: 1 };
    const length = lengthOf(node, definition);
    const child = getNamedType(definition.type);
    const nested = node.selectionSet && isCompositeType(child) ? sizeOf(node.selectionSet, child) : NOTHING;
    const times = length ?? 1;
    return {
      items: times * ((length === undefined ? 0 : 1) + nested.items),
      fields: 1 + times * nested.fields,
    };
  }

  function isIncluded(node: Parameters<typeof getDirectiveValues>[1]): boolean {
    const skip = getDirectiveValues(GraphQLSkipDirective, node, variables);
    const include = getDirectiveValues(GraphQLIncludeDirective, node, variables);
    return skip?.['if'] !== true && include?.['if'] !== false;
  }

  /** How many items a list field may have; undefined for other fields, and for lists that a provider keeps short. */
  function lengthOf(node: FieldNode, definition: GraphQLField<unknown, unknown>): number | undefined {
    if (definition.name === 'accounts' || definition.name === 'sources') return accountCount;
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
